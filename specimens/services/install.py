"""The first start of an installation: the name of its ledger."""

from sqlalchemy import insert, select

from specimens.models.base import WRITES, db
from specimens.models.installation import Installation
from specimens.services import tree
from specimens.services.clock import now_ms


def install(origin: str) -> str:
    """Name this database's ledger once; return its name. Later calls leave it as it is, and complete its tree."""
    session = db.session
    session.rollback()
    session.connection(execution_options={WRITES: True})
    named = session.execute(select(Installation.origin)).scalar()
    if named is None:
        session.execute(insert(Installation), {"id": 1, "origin": origin, "made_at": now_ms()})
        named = origin
    tree.complete_tiles(session.connection(), tree.size_of(session.connection()))
    session.commit()
    return named

"""Whether the store answers, and how far its ledger has grown."""

from dataclasses import dataclass

from sqlalchemy import func, select, text
from sqlalchemy.exc import SQLAlchemyError

from specimens.domain.errors import Unavailable
from specimens.models.base import db
from specimens.models.ledger import LedgerEntry


@dataclass(frozen=True, slots=True)
class Health:
    """What the store says: its engine, the schema's version, and how many entries the ledger has."""

    engine: str
    schema: str
    entries: int


def read() -> Health:
    """Ask the store how it is.

    Raises:
        Unavailable: `store_unavailable` if it cannot be read.
    """
    try:
        schema = db.session.execute(text("SELECT version_num FROM alembic_version")).scalar_one()
        entries = db.session.execute(select(func.count(LedgerEntry.id))).scalar_one()
        return Health(db.engine.dialect.name, str(schema), int(entries))
    except SQLAlchemyError as error:
        db.session.rollback()
        raise Unavailable("store_unavailable") from error

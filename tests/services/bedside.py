"""What the tests of collection have in common."""

from sqlalchemy import select

from specimens.domain.access import Actor
from specimens.domain.specimen import Specimen
from specimens.domain.terms import Kind
from specimens.models.base import db
from specimens.models.ledger import LedgerEntry
from specimens.models.transfer import NearMissRow
from specimens.services import kit, tenancy
from tests.cast import Cast
from tests.history import History

MINUTE = 60_000


def begun(cast: Cast, made: History) -> str:
    code = made.kits["blood"]
    kit.begin(cast.nora, code)
    return code


def tube(actor: Actor, code: str) -> Specimen:
    found: Specimen = tenancy.load(Kind.SPECIMEN, code, actor)
    return found


def near_misses() -> list[NearMissRow]:
    return list(db.session.execute(select(NearMissRow).order_by(NearMissRow.id)).scalars())


def acts(code: str) -> list[str]:
    rows = select(LedgerEntry.act).where(LedgerEntry.subject_code == code).order_by(LedgerEntry.seq)
    return list(db.session.execute(rows).scalars())

"""What was to be scanned where a scan was refused: a near miss keeps it beside what was scanned."""

from typing import Any

from sqlalchemy import select

from specimens.domain.inventory import Inventory
from specimens.domain.kit import Kit
from specimens.domain.near_miss import MOST_EXPECTED
from specimens.domain.pick import Pick
from specimens.domain.terms import Kind, Status
from specimens.domain.transfer import Transfer, open_lines
from specimens.domain.visit import Visit
from specimens.models.identifier import Identifier
from specimens.models.specimen import SpecimenRow
from specimens.models.visit import KitRow
from specimens.services.record import Operation
from specimens.services.row import state_now


def at(op: Operation, subject: str | None) -> dict[str, Any]:
    """Return `expected` and `participant` of what is open: a kit, a visit, a list or a check; else nothing."""
    if subject is None:
        return {}
    kind = op.session.execute(select(Identifier.kind).where(Identifier.code == subject)).scalar()
    match kind:
        case Kind.KIT:
            kit: Kit = state_now(Kind.KIT, subject)
            planned = _codes(op, SpecimenRow.kit == subject, SpecimenRow.status == str(Status.PLANNED))
            return {"expected": planned, "participant": kit.participant}
        case Kind.TRANSFER:
            transfer: Transfer = state_now(Kind.TRANSFER, subject)
            return {"expected": list(open_lines(transfer))[:MOST_EXPECTED]}
        case Kind.VISIT:
            visit: Visit = state_now(Kind.VISIT, subject)
            kits = select(KitRow.code).where(KitRow.visit == subject, KitRow.finished_at.is_(None))
            found = op.session.execute(kits.order_by(KitRow.id).limit(MOST_EXPECTED)).scalars()
            return {"expected": list(found), "participant": visit.participant}
        case Kind.PICK:
            pick: Pick = state_now(Kind.PICK, subject)
            return {"expected": list(pick.open_lines)[:MOST_EXPECTED]}
        case Kind.INVENTORY:
            check: Inventory = state_now(Kind.INVENTORY, subject)
            unseen = SpecimenRow.code.not_in(check.judged)
            return {
                "expected": _codes(
                    op, SpecimenRow.place == check.box, SpecimenRow.study == check.study, unseen
                )
            }
        case Kind.BATCH:
            return {"expected": _codes(op, SpecimenRow.batch == subject)}
    return {}


def _codes(op: Operation, *conditions: Any) -> list[str]:
    rows = select(SpecimenRow.code).where(*conditions).order_by(SpecimenRow.id).limit(MOST_EXPECTED)
    return list(op.session.execute(rows).scalars())

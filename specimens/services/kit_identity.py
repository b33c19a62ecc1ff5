"""Who checked two identifiers: whoever takes something at the bedside has done so themself.

The kit stays open when somebody else takes the station over; what the one before attested says nothing about what the
new person saw. One scan of IDENTITY is asked of each before their first tube of this session, and stands in the record
as theirs.
"""

from collections.abc import Mapping

from sqlalchemy import Connection, Table, bindparam, select

from specimens.domain.access import Actor
from specimens.domain.custody import Refusal
from specimens.domain.entry import read_entry
from specimens.domain.kit import Kit
from specimens.domain.terms import Kind
from specimens.models.ledger import LedgerEntry
from specimens.models.statement import Statement
from specimens.services.hands import names_of
from specimens.services.kit_act import is_open
from specimens.services.record import Operation

_LEDGER: Table = LedgerEntry.__table__  # type: ignore[assignment]
_ATTESTED = Statement(
    select(_LEDGER.c.body)
    .where(
        _LEDGER.c.subject_kind == str(Kind.KIT),
        _LEDGER.c.subject_code == bindparam("of_kit"),
        _LEDGER.c.act == "identity_attested",
        _LEDGER.c.recorded_at >= bindparam("since"),
    )
    .order_by(_LEDGER.c.seq)
)


def attested(connection: Connection, kit: Kit) -> Mapping[str, int]:
    """Return who attested since an open kit was opened, and when (user → ms, UTC), in that order."""
    if not is_open(kit) or kit.identity_attested_at is None:
        return {}
    rows = _ATTESTED.all(connection, of_kit=kit.code, since=kit.opened_at)
    entries = [read_entry(row["body"]) for row in rows]
    return {each.actor["user"]: each.happened_at for each in entries}


def missing(operation: Operation, kit: Kit, actor: Actor) -> Refusal | None:
    """Return why this person may record nothing at an open kit yet: nobody attested, or only somebody else did."""
    if kit.identity_attested_at is None:
        return Refusal("identity_first", {"kit": kit.code})
    return by_another(operation, kit, actor)


def by_another(operation: Operation, kit: Kit, actor: Actor) -> Refusal | None:
    """Return the refusal where only others attested, who were there before; None where this person did."""
    last = kit.identity_attested_by
    if last == actor.user or actor.user in attested(operation.connection, kit):
        return None
    facts = {"who": names_of([last]).get(last or "", "–"), "attested_at": kit.identity_attested_at}
    return Refusal("identity_again", {"kit": kit.code, **facts})


def attest(operation: Operation, code: str, actor: Actor) -> None:
    """Write that this person checked two identifiers; saying it twice in a session writes it once."""
    if missing(operation, operation.load(Kind.KIT, code), actor):
        operation.append(Kind.KIT, code, "identity_attested")

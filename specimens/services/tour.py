"""The first steps of a role: shown to a person until they were ended, once for each role."""

from sqlalchemy import select

from specimens.domain.access import Actor
from specimens.domain.terms import Kind
from specimens.models.base import db
from specimens.models.ledger import LedgerEntry
from specimens.services.record import Operation
from specimens.services.request import perform

ENDED = "introduction_ended"


def ended(actor: Actor) -> bool:
    """Say whether this person ended the first steps of the role they work in."""
    found = select(LedgerEntry.id).where(
        LedgerEntry.subject_kind == str(Kind.USER),
        LedgerEntry.subject_code == actor.user,
        LedgerEntry.act == ENDED,
        LedgerEntry.actor_role == str(actor.role),
    )
    return db.session.execute(found.limit(1)).first() is not None


def end(actor: Actor) -> None:
    """Keep that this person has seen enough; a second time changes nothing."""

    def work(operation: Operation) -> bool:
        if not ended(actor):
            operation.append(Kind.USER, actor.user, ENDED)
        return True

    perform(actor, None, {}, work)

"""A person's PIN: set by themselves after the password; it counts for as long as the password was typed recently."""

from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import insert, select, update

from specimens.domain.access import Actor
from specimens.domain.errors import BadInput
from specimens.domain.pin import MOST_WRONG, normal, problem
from specimens.domain.terms import Kind
from specimens.models.badge import Pin
from specimens.models.base import db
from specimens.services.access import HASHER
from specimens.services.clock import now_ms
from specimens.services.record import Operation, writing
from specimens.services.request import perform

_HOUR = 60 * 60_000


def is_set(user: str) -> bool:
    """Say whether a person has a PIN."""
    row = _row(user)
    return row is not None and row.pin_hash is not None


def change(actor: Actor, pin: str, *, key: str | None = None) -> None:
    """Set one's own PIN; the door has asked for the password, so it counts at once.

    Raises:
        BadInput: field `pin`: `pin_unusable`, `pin_trivial`.
    """
    chosen = normal(pin)
    if wrong := problem(chosen):
        raise BadInput("form_incomplete", {"pin": wrong})
    hashed = HASHER.hash(chosen)

    def work(operation: Operation) -> dict[str, str]:
        now = operation.now
        row = {"pin_hash": hashed, "set_at": now, "proven_at": now, "failures": 0}
        changed = operation.session.execute(update(Pin).where(Pin.user == actor.user).values(row))
        if changed.rowcount == 0:  # type: ignore[attr-defined]
            operation.session.execute(insert(Pin), {"user": actor.user, **row})
        operation.append(Kind.USER, actor.user, "pin_set")
        return {"user": actor.user}

    # what was asked for is kept as a hash without salt, so the PIN is no part of it
    perform(actor, key, {"act": "pin_set"}, work)


def clear(operation: Operation, user: str) -> None:
    """Take somebody's PIN away within an operation, where there is one: somebody else set their password."""
    cleared = operation.session.execute(
        update(Pin).where(Pin.user == user, Pin.pin_hash.is_not(None)).values(pin_hash=None, proven_at=None)
    )
    if cleared.rowcount:  # type: ignore[attr-defined]
        operation.append(Kind.USER, user, "pin_removed")


def remove(actor: Actor) -> None:
    """Take one's own PIN away; without one nothing is written."""
    with writing(actor) as operation:
        operation.load(Kind.USER, actor.user)
        clear(operation, actor.user)


def prove(operation: Operation, user: str) -> None:
    """Let a person's PIN count from now on: the password was typed, and the second factor where one is set."""
    operation.session.execute(update(Pin).where(Pin.user == user).values(proven_at=operation.now, failures=0))


def proven_at(user: str) -> int | None:
    """Return when this person last typed the password, for as long as that makes a PIN count."""
    row = _row(user)
    return row.proven_at if row else None


def why_not(user: str, *, absolute_hours: int) -> str | None:
    """Return the code of why a person's PIN does not count just now; None when it does."""
    row = _row(user)
    if row is None or row.pin_hash is None:
        return "pin_not_set"
    if row.failures >= MOST_WRONG:
        return "pin_used_up"
    if row.proven_at is None or now_ms() - row.proven_at > absolute_hours * _HOUR:
        return "pin_not_proven"
    return None


def is_right(user: str, typed: str) -> bool:
    """Say whether somebody's PIN was typed; the caller slows guessing, and counts."""
    row = _row(user)
    try:
        right = row is not None and bool(HASHER.verify(row.pin_hash or "", normal(typed[:64])))
    except (VerificationError, InvalidHashError):
        right = False
    return right


def count(operation: Operation, user: str, *, right: bool) -> None:
    """Write down how a PIN was typed: wrong ones add up until the right one, or the password, is typed."""
    failures = 0 if right else Pin.failures + 1
    operation.session.execute(update(Pin).where(Pin.user == user).values(failures=failures))


def _row(user: str) -> Pin | None:
    return db.session.execute(select(Pin).where(Pin.user == user)).scalar()

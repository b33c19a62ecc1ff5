"""Where somebody is logged in: the sessions of one person, and ending them."""

from dataclasses import dataclass

from sqlalchemy import select, update

from specimens.domain.access import Actor
from specimens.domain.errors import NotFound
from specimens.domain.terms import Kind
from specimens.models.base import db
from specimens.models.site import StationRow
from specimens.models.user import GrantRow, LoginSession
from specimens.services.access import digest_of
from specimens.services.clock import now_ms
from specimens.services.record import Operation, writing

_MINUTE = 60_000


@dataclass(frozen=True, slots=True)
class Session:
    """One of one's own sessions; `here` is the one of this request. Instants in milliseconds UTC."""

    number: int
    role: str | None
    station: str | None
    began_at: int
    seen_at: int
    here: bool


def mine(actor: Actor, token: str, *, idle_minutes: int, absolute_hours: int) -> list[Session]:
    """Return the sessions of the person who is logged in that are still alive, newest first."""
    now = now_ms()
    rows = db.session.execute(
        select(LoginSession, GrantRow.role, StationRow.name)
        .outerjoin(GrantRow, GrantRow.code == LoginSession.grant)
        .outerjoin(StationRow, StationRow.code == LoginSession.station)
        .where(
            LoginSession.user == actor.user,
            LoginSession.ended_at.is_(None),
            LoginSession.seen_at >= now - idle_minutes * _MINUTE,
            LoginSession.began_at >= now - absolute_hours * 60 * _MINUTE,
        )
        .order_by(LoginSession.id.desc())
    )
    here = digest_of(token)
    return [
        Session(row.id, role, name, row.began_at, row.seen_at, row.token_hash == here)
        for row, role, name in rows
    ]


def end(actor: Actor, number: int) -> None:
    """End another of one's own sessions; ending it twice changes nothing.

    Raises:
        NotFound: `unknown_session`.
    """
    with writing(actor) as operation:
        row = operation.session.execute(
            select(LoginSession).where(LoginSession.id == number, LoginSession.user == actor.user)
        ).scalar()
        if row is None:
            raise NotFound("unknown_session")
        if row.ended_at is None:
            row.ended_at = operation.now
            operation.append(Kind.USER, actor.user, "session_ended")


def end_all(operation: Operation, user: str, *, but: str | None = None) -> None:
    """End every session of a person within an operation, but for the one of a token."""
    statement = update(LoginSession).where(LoginSession.user == user, LoginSession.ended_at.is_(None))
    if but:
        statement = statement.where(LoginSession.token_hash != digest_of(but))
    operation.session.execute(statement.values(ended_at=operation.now))

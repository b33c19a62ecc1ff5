"""Where somebody is logged in: the sessions of one person, ending them, and going on in another role or elsewhere."""

from dataclasses import dataclass

from sqlalchemy import or_, select, update

from specimens.domain.access import Actor
from specimens.domain.errors import BadInput, NotFound, Refused
from specimens.domain.terms import Kind
from specimens.domain.user import User
from specimens.models.base import db
from specimens.models.site import StationRow
from specimens.models.user import GrantRow, LoginSession
from specimens.services import access
from specimens.services.access import digest_of, forget_proof
from specimens.services.clock import now_ms
from specimens.services.record import Operation, writing
from specimens.services.row import state_now

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
            or_(
                LoginSession.station.is_not(None),  # locked rather than ended by idleness
                LoginSession.seen_at >= now - idle_minutes * _MINUTE,
            ),
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
            forget_proof(operation, actor.user)
            operation.append(Kind.USER, actor.user, "session_ended")


def end_all(operation: Operation, user: str, *, but: str | None = None) -> None:
    """End every session of a person within an operation, but for the one of a token."""
    statement = update(LoginSession).where(LoginSession.user == user, LoginSession.ended_at.is_(None))
    if but:
        statement = statement.where(LoginSession.token_hash != digest_of(but))
    operation.session.execute(statement.values(ended_at=operation.now))


def choose_grant(user: str, token: str, grant: str) -> str:
    """Go on in another role (or in the first one that is chosen) under a new token; the old one is worth nothing.

    Raises:
        BadInput: `choose_one` if the grant is not this person's or does not count today.
        Refused: `password_log_in_needed` for a role that is not at a station, after badge and PIN.
    """
    chosen = next((each for each in access.grants_today(user) if each.code == grant), None)
    if chosen is None:
        raise BadInput("choose_one")
    person: User = state_now(Kind.USER, user)
    return _go_on(access.actor_for(person, chosen, None), token, "logged_in", grant=grant, station=None)


def choose_station(actor: Actor, token: str, station: str) -> str:
    """Go on at another station under a new token.

    Raises:
        BadInput: `unknown_station` if there is none, it is switched off, or it is of a site without a grant.
    """
    place = access.place(station)
    if place is None or (actor.sites is not None and place.site not in actor.sites):
        raise BadInput("unknown_station")
    return _go_on(actor, token, "station_chosen", grant=None, station=station)


def _go_on(actor: Actor, token: str, act: str, *, grant: str | None, station: str | None) -> str:
    with writing(actor) as operation:
        old = operation.session.execute(
            select(LoginSession)
            .where(
                LoginSession.token_hash == digest_of(token),
                LoginSession.user == actor.user,
                LoginSession.ended_at.is_(None),
            )
            .with_for_update()
        ).scalar()
        if old is None:
            raise Refused("session_ended")
        if old.by_pin and actor.role not in access.STATION_ROLES:
            raise Refused("password_log_in_needed")
        old.ended_at = operation.now
        held = grant or old.grant
        # the longest time runs on
        new = access.new_session(operation, actor.user, held, station, old.began_at, by_pin=old.by_pin)
        operation.append(Kind.USER, actor.user, act, facts={"grant": held, "chosen_station": station})
    return new

"""Logging in, being remembered, and being forgotten."""

import base64
import hashlib
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import ColumnElement, ScalarSelect, Table, bindparam, select, update
from sqlalchemy.exc import DBAPIError

from specimens.domain.access import Actor, system_actor
from specimens.domain.errors import BadInput, Refused
from specimens.domain.grant import Grant, counts_on, is_seat
from specimens.domain.password import LONGEST, normal
from specimens.domain.station import Station
from specimens.domain.terms import Kind, Role
from specimens.domain.user import User
from specimens.models.badge import Pin
from specimens.models.base import WRITES, db
from specimens.models.site import SiteRow, StationRow
from specimens.models.statement import Statement
from specimens.models.user import Credential, LoginSession, UserRow
from specimens.services.clock import now_ms, today
from specimens.services.record import Operation, writing
from specimens.services.row import state_now, state_of, table_of

HASHER = PasswordHasher()
_MINUTE = 60_000

Rows = Sequence[Mapping[str, Any]]

#: Roles that work at a station: for them the station says where they stand.
STATION_ROLES = frozenset({Role.NURSE, Role.TECHNICIAN, Role.INVESTIGATOR})


_USER, _GRANT, _SITE = table_of(Kind.USER), table_of(Kind.GRANT), table_of(Kind.SITE)
_STATION = table_of(Kind.STATION)
_SESSION: Table = LoginSession.__table__  # type: ignore[assignment]

#: The columns of a station beside those of a person: `place_of` reads them.
PLACE = tuple(_STATION.c[each.name].label(f"station_{each.name}") for each in fields(Station))


def grants_of(person: ColumnElement[str] | ScalarSelect[str]) -> Statement:
    """Return the statement that reads a person's grants, each with the time zone of its site: for `granted_actor`."""
    return Statement(
        select(_GRANT, _SITE.c.zone, _SITE.c.active.label("open"))
        .outerjoin(_SITE, _SITE.c.code == _GRANT.c.site)
        .where(_GRANT.c.user == person)
        .order_by(_GRANT.c.id)
    )


_GRANTS = grants_of(bindparam("person"))
_HELD = Statement(
    select(
        _USER,
        *PLACE,
        _SESSION.c.id.label("number"),
        _SESSION.c.grant.label("chosen"),
        _SESSION.c.began_at.label("began"),
        _SESSION.c.seen_at.label("seen"),
        _SESSION.c.waits,
        _SESSION.c.locked_at,
        _SESSION.c.by_pin,
    )
    .join(_SESSION, _SESSION.c.user == _USER.c.code)
    .outerjoin(_STATION, _STATION.c.code == _SESSION.c.station)
    .where(_SESSION.c.token_hash == bindparam("hash"), _SESSION.c.ended_at.is_(None), _USER.c.active)
)
_MUST_CHANGE = Statement(select(_USER.c.must_change_password).where(_USER.c.code == bindparam("person")))


def digest_of(token: str) -> str:
    """Return what the database keeps of a session's token."""
    return hashlib.sha256(token.encode()).hexdigest()


def place_of(row: Mapping[str, Any]) -> Station | None:
    """Return the station of a session or a token, as it was read together with the person."""
    if row["station_code"] is None:
        return None
    return Station(**{each.name: row[f"station_{each.name}"] for each in fields(Station)})


def grants_today(user: str) -> list[Grant]:
    """Return the grants of a person that count today at their site; a site that is switched off gives none."""
    return [grant for grant, _ in _granted(user)]


def _granted(user: str, rows: Rows | None = None) -> list[tuple[Grant, str | None]]:
    """Return the grants that count today, each with the time zone of its site; *rows* where they were read already."""
    if rows is None:
        rows = _GRANTS.all(db.session.connection(), person=user)
    return [
        (grant, row["zone"])
        for row in rows
        if row["open"] is not False
        and counts_on(grant := state_of(Kind.GRANT, row), today(row["zone"] or "UTC").isoformat())
    ]


def choices(user: str) -> list[Grant]:
    """Return the grants that a person chooses among today.

    Grants of one role and study count together, so they are a choice only where the site does not follow from
    the station.
    """
    offered: dict[tuple[str, str | None, str | None], Grant] = {}
    for grant in grants_today(user):
        where = None if grant.role in STATION_ROLES else grant.site
        offered.setdefault((grant.role, grant.study, where), grant)
    return list(offered.values())


def actor_for(user: User | UserRow, grant: Grant, station: Station | StationRow | None) -> Actor:
    """Return the person in the role of one grant; grants of the same role and study add their sites."""
    return _actor(user, grant, station, _granted(user.code))


def granted_actor(user: User, grant: str, station: Station | None, rows: Rows | None = None) -> Actor | None:
    """Return the person in the role of the grant with this code; None when it does not count today."""
    granted = _granted(user.code, rows)
    found = next((each for each, _ in granted if each.code == grant), None)
    return _actor(user, found, station, granted) if found else None


def _actor(
    user: User | UserRow,
    grant: Grant,
    station: Station | StationRow | None,
    granted: list[tuple[Grant, str | None]],
) -> Actor:
    alike = [each for each, _ in granted if (each.role, each.study) == (grant.role, grant.study)]
    sites = None if any(each.site is None for each in alike) else frozenset(str(each.site) for each in alike)
    seated = all(is_seat(each) for each in alike)
    site = station.site if station else grant.site or (sorted(sites)[0] if sites else None)
    zone = next((zone for each, zone in granted if site and each.site == site), None) or _zone(site)
    return Actor(
        user=user.code,
        login=user.login,
        name=user.full_name,
        role=Role(grant.role),
        study=grant.study,
        sites=sites,
        site=site,
        zone=zone or "UTC",
        station=station.code if station else None,
        station_name=station.name if station else None,
        language=user.language,
        seat=grant.code if seated and is_seat(grant) else None,
    )


def _zone(site: str | None) -> str | None:
    """Return the time zone of a site; for somebody who stands at none, that of the site that was opened first."""
    statement = select(SiteRow.zone).order_by(SiteRow.id).limit(1)
    if site:
        statement = statement.where(SiteRow.code == site)
    return db.session.execute(statement).scalar()


def verify(login: str, password: str) -> User:
    """Return the person whom a log-in name and a password belong to.

    Raises:
        Refused: `login_failed`; unknown name and wrong password are one answer and take the same time.
    """
    found = (
        db.session.execute(
            select(table_of(Kind.USER), Credential.password_hash)
            .join(Credential, Credential.user == UserRow.code)
            .where(UserRow.login == login.strip().lower(), UserRow.active)
        )
        .mappings()
        .first()
    )
    try:
        HASHER.verify(found["password_hash"] if found else _NOBODY, normal(password[: 4 * LONGEST]))
    except (VerificationError, InvalidHashError) as error:
        raise Refused("login_failed") from error
    if found is None:
        raise Refused("login_failed")
    return state_of(Kind.USER, found)  # type: ignore[no-any-return]


#: A hash of no password, as slow to look at as any: an unknown name is told nothing by how long the answer takes. It is
#: put together, not reckoned: that would take 64 MB at every start.
_NOBODY = "$argon2id$v=19$m={},t={},p={}${}${}".format(
    HASHER.memory_cost, HASHER.time_cost, HASHER.parallelism,
    *(base64.b64encode(secrets.token_bytes(size)).decode().rstrip("=") for size in (HASHER.salt_len, HASHER.hash_len)),
)  # fmt: skip


def new_session(
    operation: Operation,
    user: str,
    grant: str | None,
    station: str | None,
    began_at: int,
    *,
    waits: bool = False,
    by_pin: bool = False,
) -> str:
    """Make a session within an operation; return its token."""
    token = secrets.token_urlsafe(32)
    operation.session.add(
        LoginSession(
            token_hash=digest_of(token),
            user=user,
            grant=grant,
            station=station,
            began_at=began_at,
            seen_at=operation.now,
            waits=waits,
            by_pin=by_pin,
        )
    )
    return token


def place(code: str | None) -> Station | None:
    if code is None:
        return None
    found: Station | None = state_now(Kind.STATION, code)
    if found is None or not found.active:
        raise BadInput("unknown_station")
    return found


def begin(user: User | UserRow, grant: Grant, station: str | None) -> str:
    """Begin a log-in session and return its token; the database keeps only the token's hash."""
    actor = actor_for(user, grant, place(station))
    with writing(actor) as operation:
        token = new_session(operation, actor.user, grant.code, station, operation.now)
        operation.append(Kind.USER, actor.user, "logged_in", facts={"grant": grant.code})
    return token


def begin_undecided(user: User) -> str:
    """Begin a session of somebody who has yet to choose a role: it opens nothing but that choice."""
    grant = grants_today(user.code)[0]
    with writing(actor_for(user, grant, None)) as operation:
        return new_session(operation, user.code, None, None, operation.now)


def begin_waiting(user: User) -> str:
    """Begin a session of somebody whose second factor is still to be asked: it opens nothing but that question."""
    with writing(actor_for(user, grants_today(user.code)[0], None)) as operation:
        return new_session(operation, user.code, None, None, operation.now, waits=True)


@dataclass(frozen=True, slots=True)
class Held:
    """A session that is alive: whose it is, in which grant (None: not chosen yet) and at which station, on or off.

    One that `waits` is to be told the second factor first; for `locked_at` and `by_pin` see `LoginSession`.
    """

    number: int
    user: User
    grant: str | None
    station: Station | None
    began_at: int
    seen_at: int
    waits: bool
    locked_at: int | None = None
    by_pin: bool = False

    @property
    def place(self) -> Station | None:
        """The station; one that was switched off is none: choose another."""
        return self.station if self.station and self.station.active else None

    def locked(self, lock_minutes: int) -> bool:
        """Say whether this session at a station asks who is there: by hand, or because nobody did anything.

        It was last seen up to a minute before anybody last did something, so it locks that much later.
        """
        idle = now_ms() - self.seen_at > (lock_minutes + 1) * _MINUTE
        return self.place is not None and self.grant is not None and (self.locked_at is not None or idle)


def _alive(token: str, absolute_hours: int) -> Held | None:
    row = _HELD.first(db.session.connection(), hash=digest_of(token))
    if row is None or now_ms() - row["began"] > absolute_hours * 60 * _MINUTE:
        return None
    return Held(
        row["number"], state_of(Kind.USER, row), row["chosen"], place_of(row), row["began"], row["seen"],
        row["waits"], row["locked_at"], row["by_pin"],
    )  # fmt: skip


def _held(token: str, idle_minutes: int, absolute_hours: int) -> Held | None:
    held = _alive(token, absolute_hours)
    return None if held is None or now_ms() - held.seen_at > idle_minutes * _MINUTE else held


def resume(
    token: str, *, idle_minutes: int, absolute_hours: int, lock_minutes: int | None = None
) -> Actor | None:
    """Return the person of a session token, or None when the session has ended, timed out or has no role yet.

    With *lock_minutes* a session at a station does not time out by idleness: it is locked (`present`), and then
    nobody is here.
    """
    held = _alive(token, absolute_hours)
    if held is None or held.grant is None:
        return None
    if lock_minutes is not None and held.place is not None:
        if held.locked(lock_minutes):
            return None
    elif now_ms() - held.seen_at > idle_minutes * _MINUTE:
        return None
    actor = granted_actor(held.user, held.grant, held.place)
    if actor is None:
        return None
    if now_ms() - held.seen_at > _MINUTE:  # once a minute is enough to measure minutes of idleness
        touch(held.number)
    return replace(actor, by_pin=True) if held.by_pin else actor


def present(token: str, *, absolute_hours: int) -> Held | None:
    """Return the session of a token that is at a station, locked or not; None for any other."""
    held = _alive(token, absolute_hours)
    return held if held and held.grant and held.place and not held.waits else None


def undecided(token: str, *, idle_minutes: int, absolute_hours: int) -> User | None:
    """Return the person of a session in which no role was chosen yet; None for any other."""
    held = _held(token, idle_minutes, absolute_hours)
    return held.user if held and held.grant is None and not held.waits else None


def waiting(token: str, *, idle_minutes: int, absolute_hours: int) -> User | None:
    """Return the person of a session that waits for the second factor; None for any other."""
    held = _held(token, idle_minutes, absolute_hours)
    return held.user if held and held.waits else None


def touch(number: int) -> None:
    """Note that somebody did something in a session."""
    session = db.session
    session.rollback()
    try:
        session.connection(execution_options={WRITES: True})
        session.execute(update(LoginSession).where(LoginSession.id == number).values(seen_at=now_ms()))
        session.commit()
    except DBAPIError:  # the store is busy: the next request tries again, and this one is only reading
        session.rollback()


def must_change_password(actor: Actor) -> bool:
    """Say whether somebody else set this person's password."""
    row = _MUST_CHANGE.first(db.session.connection(), person=actor.user)
    return bool(row and row["must_change_password"])


def forget_proof(operation: Operation, user: str) -> None:
    """Let nobody in with this person's badge and PIN before the password was typed again."""
    operation.session.execute(update(Pin).where(Pin.user == user).values(proven_at=None))


def end(actor: Actor, token: str) -> None:
    """End a log-in session; its token is worth nothing afterwards, nor the PIN before the password was typed again."""
    with writing(actor) as operation:
        forget_proof(operation, actor.user)
        operation.session.execute(
            update(LoginSession)
            .where(LoginSession.token_hash == digest_of(token))
            .values(ended_at=operation.now)
        )
        operation.append(Kind.USER, actor.user, "logged_out")


def drop(token: str) -> None:
    """End a session in which no role was chosen: nothing was done in it, so nothing is written down."""
    with writing(system_actor()) as operation:
        operation.session.execute(
            update(LoginSession)
            .where(LoginSession.token_hash == digest_of(token), LoginSession.grant.is_(None))
            .values(ended_at=operation.now)
        )

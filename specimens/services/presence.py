"""Who is at a station: locking it, taking up where one was, and taking over from somebody else.

The session decides, on the server. Whoever comes scans a badge and types a PIN (or the password); the one who was there
before is logged out by that, and what was open at the station stays open.
"""

from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any

from sqlalchemy import select, update

from specimens.domain.access import Actor, system_actor
from specimens.domain.badge import Badge, BadgeState
from specimens.domain.custody import Refusal
from specimens.domain.errors import BadInput, Refused
from specimens.domain.grant import Grant
from specimens.domain.identifiers import PERSON, read_scan
from specimens.domain.station import Station
from specimens.domain.terms import Kind
from specimens.domain.user import User
from specimens.models.base import db
from specimens.models.user import LoginDelay, LoginSession
from specimens.services import access, login, people, pin, scan
from specimens.services.record import writing
from specimens.services.request import perform
from specimens.services.row import state_now
from specimens.services.scan import ScanOutcome

#: Wrong PINs: two are free, then each waits twice as long as the one before, up to five minutes.
FREE_OF_PIN, LONGEST_OF_PIN = 3, 300
_LAST_GRANTS = 20


@dataclass(frozen=True, slots=True)
class Comer:
    """Somebody whose badge was scanned at a station, and the role in which they come."""

    user: User
    grant: Grant
    actor: Actor


@dataclass(frozen=True, slots=True)
class Proof:
    """What whoever comes typed: the PIN, or the password with the code of the second factor where one is set."""

    address: str
    pin: str = ""
    password: str = ""
    code: str = ""


@dataclass(frozen=True, slots=True)
class Come:
    """Who is at the station now, under which token; `same`: the one who was there before."""

    token: str
    actor: Actor
    same: bool


def looks_like_badge(raw: str) -> bool:
    """Say whether a scan is that of a badge, live, retired or of another installation."""
    try:
        code = read_scan(raw).code
    except BadInput:
        return False
    return code.startswith(PERSON) and scan.kind_of(code) in (Kind.BADGE, None)


def whose(raw: str) -> User:
    """Return the person whose live badge was scanned.

    Raises:
        BadInput: what cannot be read.
        Refused: `badge_unknown`, `badge_retired`, `person_is_off`.
    """
    code = read_scan(raw).code
    badge: Badge | None = state_now(Kind.BADGE, code)
    if badge is None:
        raise Refused("badge_unknown", code=code)
    user = people.person(badge.user)
    if badge.state != BadgeState.LIVE:
        raise Refused("badge_retired", code=code)
    if not user.active:
        raise Refused("person_is_off", code=code)
    return user


def keep(held: access.Held, raw: str, error: BadInput | Refused, *, once: str, mode: str) -> ScanOutcome:
    """Keep the scan of a badge that was refused at a station as a near miss, one time for each *once*.

    Who held it in the hand is not known, so the entry is the program's, at this station.
    """
    key = "badge-" + sha256(f"{held.number} {once} {raw}".encode("utf-8", "surrogatepass")).hexdigest()
    there = access.granted_actor(held.user, held.grant or "", held.place)
    study = there.study if there else None
    place: Station | None = held.place
    at = replace(
        system_actor(there.zone if there else "UTC", study),
        site=place.site if place else None,
        station=place.code if place else None,
        station_name=place.name if place else None,
    )
    code = str(error.facts.get("code") or "") or None
    refusal = Refusal(error.code, dict(error.facts))
    asked = {"act": "badge", "raw": raw, "session": held.number}

    def work(op: Any) -> dict[str, Any]:
        return scan.refuse(op, refusal, raw=raw, read=code).plain()

    return scan.revived(perform(at, key, asked, work, mode=mode))


def comer(user: User, held: access.Held) -> Comer:
    """Return in which role somebody comes to the station of a session: that of its study first, then the last one.

    Raises:
        Refused: `no_grant_at_station`, `password_first` after somebody else set the password.
    """
    place = held.place
    if place is None or held.grant is None:
        raise Refused("session_ended")
    offered = []
    for grant in access.choices(user.code):
        actor = access.actor_for(user, grant, place)
        here = actor.sites is None or place.site in actor.sites
        if here and (grant.role in access.STATION_ROLES or user.code == held.user.code):
            offered.append(Comer(user, grant, actor))
    if not offered:
        raise Refused("no_grant_at_station", station=place.name)
    if user.must_change_password:
        raise Refused("password_first")
    there = access.granted_actor(held.user, held.grant, place)
    study = there.study if there else None
    if user.code == held.user.code and there is not None:
        return next((each for each in offered if _alike(each.actor, there)), offered[0])
    used = _last_used(user.code)
    order = {grant: number for number, grant in enumerate(used)}
    return min(offered, key=lambda each: (each.actor.study != study, order.get(each.grant.code, len(order))))


def _alike(one: Actor, other: Actor) -> bool:
    return (one.role, one.study) == (other.role, other.study)


def _last_used(user: str) -> list[str]:
    rows = db.session.execute(
        select(LoginSession.grant)
        .where(LoginSession.user == user, LoginSession.grant.is_not(None))
        .order_by(LoginSession.id.desc())
        .limit(_LAST_GRANTS)
    ).scalars()
    return [str(each) for each in rows]


def pin_counts_not(user: User, *, absolute_hours: int) -> str | None:
    """Return the code of why a person's PIN does not count just now; None when it does."""
    return pin.why_not(user.code, absolute_hours=absolute_hours)


def leave(held: access.Held, came: User) -> None:
    """End the session of somebody at a station, because another logs in with the password in the same browser."""
    with writing(system_actor()) as operation:
        operation.session.execute(
            update(LoginSession).where(LoginSession.id == held.number).values(ended_at=operation.now)
        )
        facts = {"chosen_station": held.place.code if held.place else None, "came": came.code}
        operation.append(Kind.USER, held.user.code, "relieved", facts=facts)


def proven(user: User) -> None:
    """Let a person's PIN count from now on: the password was typed, and the second factor where one is set."""
    with writing(system_actor()) as operation:
        pin.prove(operation, user.code)


def lock(actor: Actor, token: str) -> None:
    """Lock a station by hand: from now on it asks who is there.

    Raises:
        Refused: `lock_needs_station`.
    """
    if actor.station is None:
        raise Refused("lock_needs_station")
    with writing(actor) as operation:
        operation.load(Kind.USER, actor.user)
        operation.session.execute(
            update(LoginSession)
            .where(LoginSession.token_hash == access.digest_of(token), LoginSession.ended_at.is_(None))
            .values(locked_at=operation.now)
        )
        operation.append(Kind.USER, actor.user, "station_locked", facts={"chosen_station": actor.station})


def come(coming: Comer, token: str, proof: Proof, *, absolute_hours: int, production: bool = False) -> Come:
    """Let somebody whose badge was scanned take up, or take over, the station of a session.

    Raises:
        Refused: `demonstration_login`, `login_wait`, `pin_wrong`, `pin_not_set`, `pin_used_up`, `pin_not_proven`,
            `pin_not_for_role`, `password_wrong`, `code_needed`, `code_wrong`, `session_ended`.
    """
    if production and login.is_demonstration(coming.user.code):
        login.keep_failure(coming.user.login, proof.address, "demonstration", coming.user.code)
        raise Refused("demonstration_login")
    by_pin = not proof.password
    if by_pin:
        _ask_pin(coming, proof, absolute_hours)
    else:
        login.ask_again(coming.actor, proof.password, proof.code, address=proof.address)
    # the longest time runs from when the password was typed, and a PIN adds nothing to it
    proven_at = pin.proven_at(coming.user.code) if by_pin else None
    return _gone_on(coming, token, proven_at, by_pin=by_pin)


def _gone_on(coming: Comer, token: str, proven_at: int | None, *, by_pin: bool) -> Come:
    actor = replace(coming.actor, by_pin=by_pin)
    with writing(actor) as operation:
        row = operation.session.execute(
            select(LoginSession)
            .where(LoginSession.token_hash == access.digest_of(token), LoginSession.ended_at.is_(None))
            .with_for_update()
        ).scalar()
        if row is None or row.station != actor.station:
            raise Refused("session_ended")
        there, same = row.user, row.user == actor.user
        operation.lock({(Kind.USER, there), (Kind.USER, actor.user)})
        said: dict[str, Any] = {
            "chosen_station": actor.station,
            "entered_by": "pin" if by_pin else "password",
        }
        if not by_pin:
            pin.prove(operation, actor.user)
        if same:
            row.locked_at, row.seen_at = None, operation.now
            row.by_pin = by_pin
            if not by_pin:
                row.began_at = operation.now
            operation.append(Kind.USER, actor.user, "station_unlocked", facts=said)
            return Come(token, actor, same=True)
        row.ended_at = operation.now
        began_at = operation.now if proven_at is None else proven_at
        new = access.new_session(
            operation, actor.user, coming.grant.code, actor.station, began_at, by_pin=by_pin
        )
        operation.append(
            Kind.USER, there, "relieved", facts={"chosen_station": actor.station, "came": actor.user}
        )
        operation.append(
            Kind.USER, actor.user, "took_over", facts={**said, "grant": coming.grant.code, "left": there}
        )
    return Come(new, actor, same=False)


def _ask_pin(coming: Comer, proof: Proof, absolute_hours: int) -> None:
    user = coming.user
    if coming.grant.role not in access.STATION_ROLES:
        raise Refused("pin_not_for_role")
    if why := pin.why_not(user.code, absolute_hours=absolute_hours):
        raise Refused(why)
    limits = login.limits_of_pin(user.code, FREE_OF_PIN, LONGEST_OF_PIN)
    login.take_turn(limits)
    right = pin.is_right(user.code, proof.pin)
    with writing(coming.actor) as operation:
        pin.count(operation, user.code, right=right)
        if right:
            operation.session.execute(
                update(LoginDelay).where(LoginDelay.key_hash.in_(limits)).values(failures=0, until_at=0)
            )
    if not right:
        login.keep_failure(user.login, proof.address, "pin", user.code)
        raise Refused("pin_wrong")

"""The badges of people: issued, printed, retired with a reason. Each act is an entry of the badge."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from labels.badge_card import BadgeCard, badge_card_pdf
from labels.errors import LabelError
from specimens.domain.access import Actor
from specimens.domain.badge import Badge, BadgeState, RetireReason
from specimens.domain.entry import Entry
from specimens.domain.errors import BadInput, Conflict, NotFound, Refused
from specimens.domain.identifiers import is_identifier
from specimens.domain.terms import Kind
from specimens.domain.user import User
from specimens.models.base import db
from specimens.models.user import Credential, UserRow
from specimens.services import people
from specimens.services.clock import now_ms
from specimens.services.entries import entries_of
from specimens.services.label_out import Printed
from specimens.services.label_stock import told
from specimens.services.label_words import language_of, printed_by
from specimens.services.record import Operation
from specimens.services.request import perform
from specimens.services.row import state_now, state_of, table_of


@dataclass(frozen=True, slots=True)
class BadgeLine:
    """A badge in the list of a person, with the reason (code) and who retired it."""

    badge: Badge
    reason: str | None
    retired_by: str | None


def of(actor: Actor, user: str) -> list[BadgeLine]:
    """Return the badges of a person, newest first: one's own, or those of people whom one manages.

    Raises:
        NotFound: `unknown_user`.
    """
    _may(actor, user)
    table = table_of(Kind.BADGE)
    rows = db.session.execute(select(table).where(table.c.user == user).order_by(table.c.id.desc()))
    found = []
    for badge in [state_of(Kind.BADGE, row) for row in rows.mappings()]:
        last = _retiring(badge.code) if badge.state == BadgeState.RETIRED else None
        found.append(BadgeLine(badge, last.reason if last else None, last.actor["name"] if last else None))
    return found


def _retiring(code: str) -> Entry | None:
    return next(
        (each for each in entries_of(db.session(), Kind.BADGE, code) if each.act == "badge_retired"), None
    )


def live(user: str) -> Badge | None:
    """Return the badge that stands for a person now."""
    table = table_of(Kind.BADGE)
    statement = select(table).where(table.c.user == user, table.c.state == str(BadgeState.LIVE))
    row = db.session.execute(statement).mappings().first()
    return None if row is None else state_of(Kind.BADGE, row)


def of_demonstration() -> dict[str, str]:
    """Return log-in name → live badge of the people whose password, and PIN, are those of the demonstration."""
    table = table_of(Kind.BADGE)
    rows = db.session.execute(
        select(UserRow.login, table.c.code)
        .join(UserRow, UserRow.code == table.c.user)
        .join(Credential, Credential.user == UserRow.code)
        .where(table.c.state == str(BadgeState.LIVE), Credential.demonstration)
        .order_by(table.c.id)
    )
    return {row.login: row.code for row in rows}


def issue(actor: Actor, user: str, *, key: str | None = None) -> Badge:
    """Issue a badge to a person who has none that is live.

    Raises:
        Conflict: `badge_is_live`.
        Refused: `password_log_in_needed`, `person_elsewhere`.
    """
    _may(actor, user)

    def work(operation: Operation) -> dict[str, str]:
        _may_write(operation, actor, user)
        table = table_of(Kind.BADGE)
        statement = select(table.c.id).where(table.c.user == user, table.c.state == str(BadgeState.LIVE))
        if operation.session.execute(statement).first():
            raise Conflict("badge_is_live")
        return {"badge": operation.create(Kind.BADGE, "badge_issued", facts={"user": user}).code}

    return get(perform(actor, key, {"act": "badge_issued", "user": user}, work)["badge"])


def retire(actor: Actor, code: str, reason: str, *, key: str | None = None) -> Badge:
    """Retire a badge: from now on a scan of it is refused and kept.

    Raises:
        BadInput: field `reason`.
        NotFound: `unknown_badge`.
        Refused: `badge_retired`, `password_log_in_needed`, `person_elsewhere`.
    """
    held = get(code)
    _may(actor, held.user)
    if reason not in frozenset(RetireReason):
        raise BadInput("form_incomplete", {"reason": "choose_one"})

    def work(operation: Operation) -> dict[str, str]:
        badge: Badge = operation.load(Kind.BADGE, code)
        _may_write(operation, actor, badge.user)
        if badge.state != BadgeState.LIVE:
            raise Refused("badge_retired", code=code)
        operation.append(Kind.BADGE, code, "badge_retired", reason=reason)
        return {"badge": code}

    return get(perform(actor, key, {"act": "badge_retired", "badge": code, "reason": reason}, work)["badge"])


def get(code: str) -> Badge:
    """Return a badge, whosever it is; raises NotFound (`unknown_badge`)."""
    badge: Badge | None = state_now(Kind.BADGE, code)
    if badge is None:
        raise NotFound("unknown_badge")
    return badge


def card_pdf(actor: Actor, code: str, *, key: str | None = None, language: str = "en") -> Printed:
    """Print a live badge as a card; the printing is an entry of the badge.

    Raises:
        NotFound: `unknown_badge`.
        Refused: `badge_retired`.
        BadInput: a name that cannot be printed.
    """
    badge = get(code)
    user = _may(actor, badge.user)
    spoken = language_of(language)

    def work(operation: Operation) -> dict[str, Any]:
        held: Badge = operation.load(Kind.BADGE, code)
        if held.state != BadgeState.LIVE:
            raise Refused("badge_retired", code=code)
        operation.append(Kind.BADGE, code, "label_printed")
        return {"at": operation.now}

    card = _drawn(actor, user, code, now_ms(), spoken)  # what cannot be drawn leaves no entry
    at = perform(actor, key, {"act": "print_badge", "code": code}, work)["at"]
    return Printed(card, f"badge-{code}.pdf", (code,), at)


def _drawn(actor: Actor, user: User, code: str, at: int, language: str) -> bytes:
    card = BadgeCard(code, user.full_name, printed_by(at, actor.zone, actor.name, language), language)
    try:
        return badge_card_pdf(card, check=is_identifier)
    except LabelError as error:
        raise told(error) from error


def _may(actor: Actor, user: str) -> User:
    return people.person(user) if user == actor.user else people.shown(actor, user)


def _may_write(operation: Operation, actor: Actor, user: str) -> None:
    operation.load(Kind.USER, user)
    if actor.by_pin:
        raise Refused("password_log_in_needed")
    if user != actor.user:
        people.wholly_mine(operation, actor, user)

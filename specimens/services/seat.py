"""Seats: an auditor's or a monitor's grant that opens for a period and closes by itself; what was looked at from it.

A seat sees codes, and of every sealed text only that there is one. Each record whose page it opens is an entry of the
seat, once an hour: in the seat's own chain, so that looking at a specimen changes nothing on the specimen.
"""

from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import func, select

from specimens.domain.access import Actor, Permission
from specimens.domain.errors import BadInput
from specimens.domain.grant import LONGEST_SEAT_DAYS, SEATED, Grant, is_seat
from specimens.domain.terms import Kind, Role
from specimens.models.base import db
from specimens.models.identifier import Identifier
from specimens.models.ledger import LedgerEntry
from specimens.models.request import AnsweredRequest
from specimens.models.user import GrantRow, UserRow
from specimens.services import audit_sight, grant, login
from specimens.services.clock import now_ms
from specimens.services.grant import GrantLine
from specimens.services.hands import permit
from specimens.services.record import Operation
from specimens.services.request import perform

_HOUR_MS = 3_600_000


@dataclass(frozen=True, slots=True)
class SeatLine:
    """A seat with how it stands today, who opened it and why, who sits in it, and how many records it looked at."""

    line: GrantLine
    name: str
    viewed: int


def seats(actor: Actor) -> tuple[SeatLine, ...]:
    """Return the seats for this person's study and sites, newest first.

    Raises:
        NotPermitted: without `audit:read`.
    """
    permit(actor, Permission.AUDIT_READ)
    rows = db.session.execute(
        select(GrantRow.code, GrantRow.user, UserRow.full_name)
        .join(UserRow, UserRow.code == GrantRow.user)
        .where(
            GrantRow.role.in_([str(role) for role in SEATED]),
            GrantRow.until_on.is_not(None),
            audit_sight.visible(Kind.GRANT, actor),
        )
        .order_by(GrantRow.id.desc())
    ).all()
    counts = _viewed([row.code for row in rows])
    lines = {line.grant.code: line for user in {row.user for row in rows} for line in grant.of(user)}
    return tuple(SeatLine(lines[row.code], row.full_name, counts.get(row.code, 0)) for row in rows)


def _viewed(codes: list[str]) -> dict[str, int]:
    rows = db.session.execute(
        select(LedgerEntry.subject_code, func.count())
        .where(
            LedgerEntry.subject_kind == str(Kind.GRANT),
            LedgerEntry.subject_code.in_(codes),
            LedgerEntry.act == "viewed",
        )
        .group_by(LedgerEntry.subject_code)
    )
    return {row[0]: row[1] for row in rows}


def open_seat(
    actor: Actor,
    name: str,
    role: str | None,
    *,
    from_on: date | None,
    until_on: date | None,
    training_on: date | None,
    reason: str,
    key: str | None = None,
) -> Grant:
    """Open a seat in one's own study and site for somebody who has an account, by their log-in *name*.

    Raises:
        NotPermitted: without `seat:open`.
        BadInput: fields `name`, `role`, `from_on`, `until_on`, `training_on`, `reason`.
        Refused: `not_yourself`, `not_yours_to_give`, `grant_exists`.
    """
    permit(actor, Permission.SEAT_OPEN)
    person = db.session.execute(
        select(UserRow.code).where(UserRow.login == login.plain_name(name), UserRow.active)
    ).scalar()
    wrong: dict[str, str] = {}
    if person is None:
        wrong["name"] = "no_such_person"
    if role not in SEATED:
        wrong["role"] = "choose_one"
    wrong |= {
        field: "date_needed"
        for field, given in (("from_on", from_on), ("until_on", until_on), ("training_on", training_on))
        if given is None
    }
    if from_on and until_on and until_on - from_on >= timedelta(days=LONGEST_SEAT_DAYS):
        wrong["until_on"] = "seat_too_long"
    if not reason.strip():
        wrong["reason"] = "reason_needed"
    if wrong or person is None or role is None or from_on is None:
        raise BadInput("form_incomplete", wrong)
    return grant.give(
        actor,
        person,
        Role(role),
        study=actor.study,
        site=actor.site,
        from_on=from_on,
        until_on=until_on,
        training_on=training_on,
        reason=reason,
        key=key,
    )


def close_seat(actor: Actor, code: str, reason: str, *, key: str | None = None) -> Grant:
    """Close a seat before its period ends; whoever sits in it sees nothing from the next request on.

    Raises:
        BadInput: `not_a_seat`; field `reason`.
        Refused: `already_revoked`, `not_yours_to_give`.
    """
    permit(actor, Permission.SEAT_OPEN)
    if not is_seat(grant.grant(code)):
        raise BadInput("not_a_seat")
    if not reason.strip():
        raise BadInput("form_incomplete", {"reason": "reason_needed"})
    return grant.revoke(actor, code, reason, key=key)


def viewed(actor: Actor, code: str, kind: str | None = None) -> None:
    """Write down that a record was looked at from a seat; once for each record and hour. Others leave no entry.

    *kind* is that of a record whose code is no identifier of the registry (a site, a log-in).
    """
    if actor.seat is None:
        return
    known = db.session.execute(select(Identifier.kind).where(Identifier.code == code)).scalar() or kind
    if known is None:
        return
    key = f"viewed {known} {code} {now_ms() // _HOUR_MS}"
    done = db.session.execute(
        select(AnsweredRequest.id).where(AnsweredRequest.actor_user == actor.user, AnsweredRequest.key == key)
    ).first()
    if done is not None:
        return
    seat = actor.seat

    def work(op: Operation) -> bool:
        op.append(Kind.GRANT, seat, "viewed", facts={"record_kind": known, "record": code})
        return True

    perform(actor, key, {"act": "viewed"}, work)

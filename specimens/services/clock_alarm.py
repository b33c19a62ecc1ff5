"""Alarms of a clock that went back: who sees them, and who closes them, with a reason.

Whoever sets the clock of a server is its administrator: an alarm is closed by an auditor.
"""

from dataclasses import dataclass

from sqlalchemy import select

from specimens.domain.access import Actor, Permission
from specimens.domain.clock_alarm import AlarmState, ClockAlarm
from specimens.domain.errors import BadInput, NotFound, Refused
from specimens.domain.terms import Kind
from specimens.models.base import db
from specimens.services.clock import now_ms
from specimens.services.entries import entries_of
from specimens.services.hands import names_of, noted, permit
from specimens.services.record import Operation
from specimens.services.request import perform
from specimens.services.row import state_now, state_of, table_of


@dataclass(frozen=True, slots=True)
class AlarmView:
    """An alarm as its page shows it: who closed it and why (None: redacted, or still open), by how much it is behind.

    `still_behind_ms` is how far the clock is behind `newest_at` at this moment, 0 when it is not.
    """

    alarm: ClockAlarm
    closed_by: str | None
    reason: str | None
    still_behind_ms: int


def alarms(actor: Actor) -> tuple[ClockAlarm, ...]:
    """Return the alarms that are open, newest first: to everybody who reads the audit."""
    permit(actor, Permission.AUDIT_READ)
    table = table_of(Kind.CLOCK_ALARM)
    rows = db.session.execute(
        select(table).where(table.c.state == str(AlarmState.OPEN)).order_by(table.c.id.desc()).limit(100)
    ).mappings()
    return tuple(state_of(Kind.CLOCK_ALARM, row) for row in rows)


def get(actor: Actor, code: str) -> AlarmView:
    """Return one alarm.

    Raises:
        NotFound: `unknown_clock_alarm`.
    """
    permit(actor, Permission.AUDIT_READ)
    alarm: ClockAlarm | None = state_now(Kind.CLOCK_ALARM, code)
    if alarm is None:
        raise NotFound("unknown_clock_alarm")
    last = entries_of(db.session(), Kind.CLOCK_ALARM, code)[-1]
    return AlarmView(
        alarm,
        names_of([alarm.closed_by]).get(alarm.closed_by or ""),
        last.opened.get("reason"),
        max(0, alarm.newest_at - now_ms()),
    )


def close(actor: Actor, code: str, reason: str, *, key: str | None = None) -> None:
    """Close an alarm, with a reason in words.

    Raises:
        NotPermitted: without `alarm:close`.
        BadInput: field `reason`.
        NotFound: `unknown_clock_alarm`.
        Refused: `alarm_is_closed` when somebody was first.
    """
    permit(actor, Permission.ALARM_CLOSE)
    if not reason.strip():
        raise BadInput("form_incomplete", {"reason": "reason_needed"})
    why = noted(reason, "reason")

    def work(op: Operation) -> str:
        alarm: ClockAlarm = op.load(Kind.CLOCK_ALARM, code)
        if alarm.state == AlarmState.CLOSED:
            raise Refused("alarm_is_closed")
        op.append(Kind.CLOCK_ALARM, code, "alarm_closed", sealed={"reason": why})
        return code

    perform(actor, key, {"act": "alarm_closed", "alarm": code, "reason": why}, work)

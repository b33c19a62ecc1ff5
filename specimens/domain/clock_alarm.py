"""An alarm: the server's clock was behind the newest entry of the ledger."""

from dataclasses import dataclass, replace
from enum import StrEnum

from specimens.domain.entry import Entry

#: A clock may be so far behind the newest entry before that is told: several machines never agree to the millisecond.
TOLERANCE_MS = 5_000

#: The fact in every entry that was written meanwhile: by how many ms the clock was behind `recorded_at`.
BEHIND = "clock_behind_ms"


class AlarmState(StrEnum):
    """Whether somebody has looked into it."""

    OPEN = "alarm_open"
    CLOSED = "alarm_closed"


@dataclass(frozen=True, slots=True)
class ClockAlarm:
    """One alarm for each instant from which the clock went back.

    `newest_at` is the newest instant in the ledger, at which `recorded_at` stays until the clock is there again;
    `behind_ms` is how far behind it the clock was when that was first seen. Instants in ms UTC.
    """

    code: str
    newest_at: int
    behind_ms: int
    state: str = AlarmState.OPEN
    opened_at: int | None = None
    closed_by: str | None = None
    closed_at: int | None = None


def after(state: ClockAlarm, entry: Entry) -> ClockAlarm:
    """An alarm is open from its first entry until somebody closes it."""
    match entry.act:
        case "clock_went_back":
            return replace(state, opened_at=entry.happened_at)
        case "alarm_closed":
            return replace(
                state, state=AlarmState.CLOSED, closed_by=entry.actor["user"], closed_at=entry.happened_at
            )
    return state

"""Typed local times: what a person writes down becomes one instant, or a question.

In the hour that daylight saving repeats a wall clock names two instants: the person says which. In the hour that it
skips a wall clock names none.
"""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from specimens.domain.errors import BadInput

EARLIER, LATER = "earlier", "later"

#: What is recorded so much later than it happened is late, and asks why (ms). The ledger has an index of what is late.
LATE_ENTRY_MS = 30 * 60_000

#: What a person can mean by a year.
YEARS = range(1900, 2200)


def instant_of(day: date, clock: time, zone: str, *, which: str | None = None) -> int:
    """Return the instant (ms, UTC) of a local date and time in *zone*.

    *which* is `earlier` or `later` in the hour that is there twice.

    Raises:
        BadInput: `time_repeats` when the hour is there twice and *which* is missing; `time_skipped` when it is
            not there at all.
    """
    place = ZoneInfo(zone)
    first = datetime.combine(day, clock, tzinfo=place)
    second = first.replace(fold=1)
    if first.utcoffset() != second.utcoffset():
        there = first.astimezone(UTC).astimezone(place)
        if (there.hour, there.minute) != (clock.hour, clock.minute):
            raise BadInput("time_skipped", clock=f"{clock:%H:%M}")
        if which not in (EARLIER, LATER):
            raise BadInput("time_repeats", clock=f"{clock:%H:%M}")
    moment = second if which == LATER else first
    return int(moment.astimezone(UTC).timestamp() * 1000)


def read_day(day: str, month: str, year: str) -> date:
    """Read a date that was typed as day, month, year.

    Raises:
        BadInput: `date_unreadable`.
    """
    parts = [part.strip() for part in (day, month, year)]
    try:
        if not all(part.isascii() and part.isdigit() for part in parts) or len(parts[2]) != 4:
            raise ValueError
        read = date(int(parts[2]), int(parts[1]), int(parts[0]))
        if read.year not in YEARS:
            raise ValueError
        return read
    except (ValueError, OverflowError) as error:
        raise BadInput("date_unreadable") from error


def read_clock(text: str) -> time:
    """Read a time of day, `14:03`, `14.03` or `1403`.

    Raises:
        BadInput: `clock_unreadable`.
    """
    digits = text.strip().replace(".", ":")
    if ":" not in digits and len(digits) == 4:
        digits = f"{digits[:2]}:{digits[2:]}"
    hour, _, minute = digits.partition(":")
    try:
        if not (
            hour.isascii() and hour.isdigit() and minute.isascii() and minute.isdigit() and len(minute) == 2
        ):
            raise ValueError
        return time(int(hour), int(minute))
    except (ValueError, OverflowError) as error:
        raise BadInput("clock_unreadable") from error

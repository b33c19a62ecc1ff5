"""When visits are due, and whether a specimen was collected in its window.

Days are local dates of the participant's site, counted from Day 0. An instant (milliseconds since 1970, UTC)
becomes a local date through the site's zone, so a change of the clocks moves no window.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from specimens.domain.protocol_plan import Timepoint
from specimens.domain.protocol_study import Protocol


class VisitStatus(StrEnum):
    """Where a visit stands on a day."""

    UPCOMING = "upcoming"  # its window has not opened
    IN_WINDOW = "in_window"  # its window is open and the target day is still to come
    DUE = "due"  # the target day has come and the window is open: now
    LATE = "late"  # the window has closed; it can still be made up for
    MISSED = "missed"  # too late: the next window has opened, or the days for being late are over
    DONE = "done"
    NOT_EXPECTED = "not_expected"  # the participant has left the study
    UNPLANNED = "unplanned"  # Day 0 has no date yet, or the timepoint has no window


class Timing(StrEnum):
    """Where an instant lies relative to a window."""

    IN_WINDOW = "in_window"
    EARLY = "early"
    LATE = "late"
    NO_WINDOW = "no_window"


class Baseline(StrEnum):
    """Whether something was collected before the first dose."""

    YES = "yes"
    NO = "no"
    UNDECIDED = "undecided"  # on the day of the first dose, and the hour of the dose is not known


@dataclass(frozen=True, slots=True)
class DayZero:
    """A participant's Day 0 at a site in *zone* (IANA): planned, and then the day and hour of the first dose.

    With `first_dosed_at` its local date is Day 0; with `dosed_on` alone the hour is not known.
    """

    zone: str
    planned_on: date | None = None
    dosed_on: date | None = None
    first_dosed_at: int | None = None

    @property
    def on(self) -> date | None:
        """The local date of Day 0: of the first dose where there was one, else as planned."""
        if self.first_dosed_at is not None:
            return local_date(self.first_dosed_at, self.zone)
        return self.dosed_on or self.planned_on

    @property
    def dosed(self) -> bool:
        """Whether the first dose was given."""
        return self.first_dosed_at is not None or self.dosed_on is not None


@dataclass(frozen=True, slots=True)
class Window:
    """The local dates of a visit, first and last inclusive; None without a window."""

    target_on: date | None
    first_on: date | None
    last_on: date | None


@dataclass(frozen=True, slots=True)
class PlannedVisit:
    """One timepoint of a participant's schedule on a day. `days_left` counts to the last day of the window."""

    timepoint: str
    window: Window
    status: VisitStatus
    days_left: int | None


@dataclass(frozen=True, slots=True)
class WindowJudgement:
    """Whether a collection lay in its window. `days_off` counts days outside it (negative: too early).

    `study_day` counts from Day 0; None while Day 0 has no date.
    """

    timing: Timing
    days_off: int
    collected_on: date
    study_day: int | None
    window: Window


def local_date(instant: int, zone: str) -> date:
    """Return the date at a site in *zone* at an instant in milliseconds UTC."""
    return (
        (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=instant)).astimezone(ZoneInfo(zone)).date()
    )


def window(timepoint: Timepoint, day_zero: DayZero) -> Window:
    """Return the dates of a timepoint; all None without a window or without Day 0."""
    zero = day_zero.on
    if zero is None or timepoint.first_day is None or timepoint.last_day is None:
        return Window(None, None, None)
    target = None if timepoint.target_day is None else zero + timedelta(days=timepoint.target_day)
    first = zero + timedelta(days=timepoint.first_day)
    return Window(target, first, zero + timedelta(days=timepoint.last_day))


def schedule(
    protocol: Protocol,
    day_zero: DayZero,
    today: date,
    *,
    done: Collection[str] = (),
    expected: bool = True,
) -> tuple[PlannedVisit, ...]:
    """Return the scheduled timepoints with their dates and status on the local date *today*.

    `done` names the timepoints whose visit is finished; `expected` is false once the participant has left.
    """
    points = [point for point in protocol.timepoints if point.scheduled]
    return tuple(
        _planned(protocol, point, points, day_zero, today, point.code in done, expected) for point in points
    )


def _planned(
    protocol: Protocol,
    point: Timepoint,
    points: list[Timepoint],
    day_zero: DayZero,
    today: date,
    done: bool,
    expected: bool,
) -> PlannedVisit:
    dates = window(point, day_zero)
    left = None if dates.last_on is None else (dates.last_on - today).days
    if done:
        return PlannedVisit(point.code, dates, VisitStatus.DONE, left)
    if not expected:
        return PlannedVisit(point.code, dates, VisitStatus.NOT_EXPECTED, left)
    zero = day_zero.on
    if zero is None or dates.first_on is None or dates.last_on is None:
        return PlannedVisit(point.code, dates, VisitStatus.UNPLANNED, None)
    if today < dates.first_on:
        status = VisitStatus.UPCOMING
    elif today <= dates.last_on:
        reached = dates.target_on is not None and today >= dates.target_on
        status = VisitStatus.DUE if reached else VisitStatus.IN_WINDOW
    else:
        # Nothing taken after the first dose is baseline: that visit cannot be made up for.
        over = point.baseline and day_zero.dosed
        late = not over and today <= zero + timedelta(days=_last_late_day(protocol, point, points))
        status = VisitStatus.LATE if late else VisitStatus.MISSED
    return PlannedVisit(point.code, dates, status, left)


def _last_late_day(protocol: Protocol, point: Timepoint, points: list[Timepoint]) -> int:
    """The last day, from Day 0, on which a visit can be made up for: before the next window opens."""
    assert point.last_day is not None  # noqa: S101  only scheduled timepoints come here
    limit = point.last_day + protocol.schedule.late_days
    later = [
        each.first_day for each in points if each.first_day is not None and each.first_day > point.last_day
    ]
    return min([limit, *(day - 1 for day in later)])


def judge_window(timepoint: Timepoint, day_zero: DayZero, collected_at: int) -> WindowJudgement:
    """Judge the instant of a collection against the window of its timepoint."""
    on = local_date(collected_at, day_zero.zone)
    dates = window(timepoint, day_zero)
    zero = day_zero.on
    day = None if zero is None else (on - zero).days
    if dates.first_on is None or dates.last_on is None:
        return WindowJudgement(Timing.NO_WINDOW, 0, on, day, dates)
    if on < dates.first_on:
        return WindowJudgement(Timing.EARLY, (on - dates.first_on).days, on, day, dates)
    if on > dates.last_on:
        return WindowJudgement(Timing.LATE, (on - dates.last_on).days, on, day, dates)
    return WindowJudgement(Timing.IN_WINDOW, 0, on, day, dates)


def is_baseline(day_zero: DayZero, collected_at: int) -> Baseline:
    """Say whether an instant lies before the first dose; on the day of the dose the hour decides.

    As long as nothing was given, everything is before the first dose: ask again once it was.
    """
    if day_zero.first_dosed_at is not None:
        return Baseline.YES if collected_at < day_zero.first_dosed_at else Baseline.NO
    if day_zero.dosed_on is None:
        return Baseline.YES
    on = local_date(collected_at, day_zero.zone)
    if on == day_zero.dosed_on:
        return Baseline.UNDECIDED
    return Baseline.YES if on < day_zero.dosed_on else Baseline.NO

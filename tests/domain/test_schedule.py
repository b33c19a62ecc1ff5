"""The schedule of a participant: windows, statuses, baseline; local dates, whatever the clocks do."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from specimens.domain import protocol
from specimens.domain.schedule import (
    Baseline,
    DayZero,
    Timing,
    VisitStatus,
    is_baseline,
    judge_window,
    local_date,
    schedule,
    window,
)

NAME = "belimumab_sle.toml"
PROTOCOL = protocol.load(protocol.shipped()[NAME], NAME)
AMSTERDAM = "Europe/Amsterdam"
ZERO = date(2026, 6, 1)
PLANNED = DayZero(AMSTERDAM, planned_on=ZERO)


def _at(year: int, month: int, day: int, hour: int = 12, minute: int = 0, zone: str = AMSTERDAM) -> int:
    return int(datetime(year, month, day, hour, minute, tzinfo=ZoneInfo(zone)).timestamp()) * 1000


def _status(code: str, day: int, **more: object) -> VisitStatus:
    plan = schedule(PROTOCOL, PLANNED, ZERO + timedelta(days=day), **more)  # type: ignore[arg-type]
    return next(each.status for each in plan if each.timepoint == code)


def test_week_12_is_due_84_days_after_day_zero_give_or_take_two_weeks() -> None:
    dates = window(PROTOCOL.timepoint("W12"), PLANNED)
    assert (dates.target_on, dates.first_on, dates.last_on) == (
        date(2026, 8, 24),
        date(2026, 8, 10),
        date(2026, 9, 7),
    )


def test_the_first_dose_moves_every_window() -> None:
    dosed = DayZero(AMSTERDAM, planned_on=ZERO, first_dosed_at=_at(2026, 6, 4, 10))
    assert dosed.on == date(2026, 6, 4)
    assert window(PROTOCOL.timepoint("W4"), dosed).target_on == date(2026, 7, 2)
    assert DayZero(AMSTERDAM, planned_on=ZERO, dosed_on=date(2026, 6, 3)).on == date(2026, 6, 3)


def test_only_timepoints_with_a_window_stand_in_the_schedule() -> None:
    plan = schedule(PROTOCOL, PLANNED, ZERO)
    assert [each.timepoint for each in plan] == ["SCR", "BL", "W4", "W12", "W24", "W52"]


@pytest.mark.parametrize(
    ("code", "day", "status"),
    [
        ("W4", 20, VisitStatus.UPCOMING), ("W4", 21, VisitStatus.IN_WINDOW), ("W4", 27, VisitStatus.IN_WINDOW),
        ("W4", 28, VisitStatus.DUE), ("W4", 35, VisitStatus.DUE), ("W4", 36, VisitStatus.LATE),
        ("W4", 63, VisitStatus.LATE), ("W4", 64, VisitStatus.MISSED),  # 28 days late at most
        ("BL", -15, VisitStatus.UPCOMING), ("BL", -14, VisitStatus.IN_WINDOW), ("BL", 0, VisitStatus.DUE),
        ("BL", 1, VisitStatus.LATE), ("BL", 20, VisitStatus.LATE), ("BL", 21, VisitStatus.MISSED),  # W4 opens
        ("SCR", -1, VisitStatus.IN_WINDOW), ("SCR", 0, VisitStatus.LATE),
        ("W52", 392, VisitStatus.DUE), ("W52", 393, VisitStatus.LATE), ("W52", 420, VisitStatus.LATE),
        ("W52", 421, VisitStatus.MISSED),
    ],
)  # fmt: skip
def test_a_visit_goes_from_upcoming_to_missed_on_the_right_days(
    code: str, day: int, status: VisitStatus
) -> None:
    assert _status(code, day) is status


def test_a_visit_that_was_done_stays_done_and_one_after_leaving_is_not_expected() -> None:
    assert _status("W4", 500, done=["W4"]) is VisitStatus.DONE
    assert _status("W4", 30, expected=False) is VisitStatus.NOT_EXPECTED
    assert _status("W4", 30, done=["W4"], expected=False) is VisitStatus.DONE


def test_a_baseline_visit_cannot_be_made_up_for_once_the_first_dose_was_given() -> None:
    dosed = DayZero(AMSTERDAM, first_dosed_at=_at(2026, 6, 1, 11))
    statuses = {each.timepoint: each.status for each in schedule(PROTOCOL, dosed, date(2026, 6, 2))}
    assert (statuses["BL"], statuses["SCR"]) == (VisitStatus.MISSED, VisitStatus.LATE)
    assert _status("BL", 1) is VisitStatus.LATE


def test_without_day_zero_nothing_is_planned_yet() -> None:
    plan = schedule(PROTOCOL, DayZero(AMSTERDAM), ZERO)
    assert {each.status for each in plan} == {VisitStatus.UNPLANNED}
    assert {each.days_left for each in plan} == {None}


@settings(deadline=None)
@given(st.sampled_from(["SCR", "BL", "W4", "W12", "W24", "W52"]), st.integers(-60, 600))
def test_a_visit_never_goes_back_to_an_earlier_status(code: str, day: int) -> None:
    order = [
        VisitStatus.UPCOMING,
        VisitStatus.IN_WINDOW,
        VisitStatus.DUE,
        VisitStatus.LATE,
        VisitStatus.MISSED,
    ]
    assert order.index(_status(code, day)) <= order.index(_status(code, day + 1))


@settings(deadline=None)
@given(st.sampled_from(["BL", "W4", "W12", "W24", "W52"]), st.integers(-60, 600), st.integers(0, 86_399_999))
def test_a_collection_is_in_its_window_on_its_first_and_last_day_and_on_no_day_outside(
    code: str, day: int, millisecond: int
) -> None:
    point = PROTOCOL.timepoint(code)
    first, last = point.first_day or 0, point.last_day or 0
    on = ZERO + timedelta(days=day)
    midnight = int(datetime(on.year, on.month, on.day, tzinfo=ZoneInfo("UTC")).timestamp()) * 1000
    judged = judge_window(point, DayZero("UTC", planned_on=ZERO), midnight + millisecond)
    assert (judged.collected_on, judged.study_day) == (on, day)
    assert judged.days_off == min(0, day - first) + max(0, day - last)
    assert judged.timing is (Timing.EARLY if day < first else Timing.LATE if day > last else Timing.IN_WINDOW)


def test_just_before_midnight_on_the_last_day_is_in_the_window_of_the_site() -> None:
    """At 23:59 in Amsterdam the date of UTC is the same, at 00:30 it is still the day before."""
    point = PROTOCOL.timepoint("W4")
    assert judge_window(point, PLANNED, _at(2026, 7, 6, 23, 59)).timing is Timing.IN_WINDOW
    late = judge_window(point, PLANNED, _at(2026, 7, 7, 0, 30))
    assert (late.timing, late.days_off) == (Timing.LATE, 1)
    assert datetime.fromtimestamp(_at(2026, 7, 7, 0, 30) / 1000, UTC).date() == date(2026, 7, 6)


def test_the_night_on_which_the_clocks_change_moves_no_window() -> None:
    """25 October 2026 has 25 hours in Amsterdam, 29 March 23."""
    zero = DayZero(AMSTERDAM, first_dosed_at=_at(2026, 9, 27, 23, 30))
    assert window(PROTOCOL.timepoint("W4"), zero).target_on == date(2026, 10, 25)
    assert judge_window(PROTOCOL.timepoint("W4"), zero, _at(2026, 11, 1, 23, 59)).days_off == 0
    assert judge_window(PROTOCOL.timepoint("W4"), zero, _at(2026, 11, 2, 0, 1)).days_off == 1
    spring = DayZero(AMSTERDAM, planned_on=date(2026, 3, 1))
    assert judge_window(PROTOCOL.timepoint("W4"), spring, _at(2026, 3, 29, 3, 30)).study_day == 28


def test_an_unscheduled_visit_has_no_window_to_miss() -> None:
    judged = judge_window(PROTOCOL.timepoint("UNS"), PLANNED, _at(2026, 6, 11))
    assert (judged.timing, judged.days_off, judged.study_day) == (Timing.NO_WINDOW, 0, 10)


def test_on_the_day_of_the_dose_the_hour_decides_what_is_baseline() -> None:
    dosed = DayZero(AMSTERDAM, planned_on=ZERO, first_dosed_at=_at(2026, 6, 1, 11))
    assert is_baseline(dosed, _at(2026, 6, 1, 10, 59)) is Baseline.YES
    assert is_baseline(dosed, _at(2026, 6, 1, 11)) is Baseline.NO
    assert is_baseline(dosed, _at(2026, 5, 20)) is Baseline.YES


def test_a_dose_without_its_hour_leaves_the_specimens_of_that_day_undecided() -> None:
    dosed = DayZero(AMSTERDAM, planned_on=ZERO, dosed_on=ZERO)
    assert is_baseline(dosed, _at(2026, 6, 1, 0, 1)) is Baseline.UNDECIDED
    assert is_baseline(dosed, _at(2026, 5, 31, 23, 59)) is Baseline.YES
    assert is_baseline(dosed, _at(2026, 6, 2, 0, 1)) is Baseline.NO


def test_before_any_dose_everything_is_baseline() -> None:
    assert is_baseline(PLANNED, _at(2026, 7, 1)) is Baseline.YES


def test_two_sites_in_two_zones_have_each_their_own_date() -> None:
    instant = _at(2026, 6, 1, 0, 30)
    assert local_date(instant, AMSTERDAM) == date(2026, 6, 1)
    assert local_date(instant, "Atlantic/Canary") == date(2026, 5, 31)

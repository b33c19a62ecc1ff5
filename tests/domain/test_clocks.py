"""Clocks: within the limit, at the limit, one past it; running, stopped, and out of order."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from specimens.domain import protocol
from specimens.domain.clocks import (
    ClockState,
    breach,
    breach_sentence,
    clocks_of,
    duration,
    moments_of,
    read_clock,
    read_clocks,
)
from specimens.domain.protocol_plan import ClockRule

NAME = "belimumab_sle.toml"
PROTOCOL = protocol.load(protocol.shipped()[NAME], NAME)
MINUTE = 60_000
START = 1_800_000_000_000
CLOTTING, FROZEN = PROTOCOL.clock("clotting"), PROTOCOL.clock("tissue_frozen")


def test_a_clock_that_has_not_started_says_so() -> None:
    clock = read_clock(FROZEN, {}, START)
    assert (clock.state, clock.stopped, clock.elapsed_minutes) == (ClockState.NOT_STARTED, False, None)


def test_a_core_that_is_not_frozen_yet_has_a_deadline() -> None:
    clock = read_clock(FROZEN, {"collected": START}, START + 12 * MINUTE + 59_999)
    assert (clock.state, clock.elapsed_minutes, clock.deadline_at) == (
        ClockState.RUNNING,
        12,
        START + 30 * MINUTE,
    )


@pytest.mark.parametrize(
    ("elapsed_ms", "state", "over", "elapsed"),
    [
        (30 * MINUTE, ClockState.MET, 0, 30),
        (30 * MINUTE + 1, ClockState.BREACHED, 1, 31),
        (31 * MINUTE, ClockState.BREACHED, 1, 31),
        (31 * MINUTE + 1, ClockState.BREACHED, 2, 32),
        (0, ClockState.MET, 0, 0),
    ],
)
def test_a_limit_is_kept_when_it_is_reached_exactly_and_broken_right_after(
    elapsed_ms: int, state: ClockState, over: int, elapsed: int
) -> None:
    clock = read_clock(FROZEN, {"collected": START, "frozen": START + elapsed_ms}, START + 10**9)
    assert (clock.state, clock.over_minutes, clock.elapsed_minutes) == (state, over, elapsed)


@pytest.mark.parametrize(
    ("minutes", "state", "under", "over"),
    [
        (29, ClockState.BREACHED, 1, 0), (30, ClockState.MET, 0, 0), (60, ClockState.MET, 0, 0),
        (61, ClockState.BREACHED, 0, 1),
    ],
)  # fmt: skip
def test_serum_must_clot_long_enough_and_not_too_long(
    minutes: int, state: ClockState, under: int, over: int
) -> None:
    clock = read_clock(CLOTTING, {"collected": START, "spun": START + minutes * MINUTE}, START)
    assert (clock.state, clock.under_minutes, clock.over_minutes) == (state, under, over)


def test_a_clock_that_runs_past_its_deadline_is_broken_before_it_stops() -> None:
    clock = read_clock(FROZEN, {"collected": START}, START + 45 * MINUTE)
    assert (clock.state, clock.stopped, clock.over_minutes) == (ClockState.BREACHED, False, 15)


def test_a_clock_that_still_runs_is_not_too_early_yet() -> None:
    assert read_clock(CLOTTING, {"collected": START}, START + MINUTE).state is ClockState.RUNNING


@settings(deadline=None)
@given(st.sampled_from(PROTOCOL.clocks), st.integers(0, 50_000), st.integers(0, MINUTE - 1))
def test_every_clock_of_the_protocol_is_met_exactly_within_its_limits(
    rule: ClockRule, minutes: int, rest: int
) -> None:
    taken = minutes * MINUTE + rest
    moments = {rule.from_event.value: START, rule.to_event.value: START + taken}
    clock = read_clock(rule, moments, START)
    within = (rule.min_minutes or 0) * MINUTE <= taken <= (rule.max_minutes or 10**6) * MINUTE
    assert (clock.state is ClockState.MET) is within
    assert (breach(rule, clock) is None) is within


def test_a_derivative_starts_with_the_first_of_its_parents_and_stops_with_itself() -> None:
    rule = PROTOCOL.clock("pbmc_frozen")
    tubes = [
        {"collected": START + 4 * MINUTE, "frozen": 1},
        {"collected": START},
        {"collected": START + MINUTE},
    ]
    clock = read_clock(rule, {"frozen": START + 480 * MINUTE}, START, tubes)
    assert (clock.state, clock.started_at, clock.elapsed_minutes) == (ClockState.MET, START, 480)
    assert read_clock(rule, {}, START, tubes).state is ClockState.RUNNING


def test_moments_of_a_derivative_are_its_own_before_those_of_its_parents() -> None:
    parents = [{"collected": 5, "stored": 9}, {"collected": 3}]
    assert moments_of({"stored": 20}, parents) == {"collected": 3, "stored": 20}
    assert parents == [{"collected": 5, "stored": 9}, {"collected": 3}]


def test_the_clocks_of_a_slot_and_of_its_derivative_are_those_of_the_protocol() -> None:
    assert [rule.code for rule in clocks_of(PROTOCOL, "SST")] == ["clotting"]
    assert [rule.code for rule in clocks_of(PROTOCOL, "HEP", "pbmc")] == ["pbmc_frozen", "into_nitrogen"]
    read = read_clocks(clocks_of(PROTOCOL, "HEP", "pbmc"), {"frozen": START}, START, [{"collected": START}])
    assert [clock.state for clock in read] == [ClockState.MET, ClockState.RUNNING]


@pytest.mark.parametrize(
    ("moments", "english", "dutch"),
    [
        ({"collected": START, "spun": START + 75 * MINUTE},
         "Clots 30 to 60 minutes, then is spun. It took 1 h 15 min: 15 min too long.",
         "Stolt 30 tot 60 minuten en wordt dan gecentrifugeerd. Het duurde 1 uur 15 min: 15 min te lang."),
        ({"collected": START, "spun": START + 20 * MINUTE},
         "Clots 30 to 60 minutes, then is spun. It took 20 min: 10 min too short.",
         "Stolt 30 tot 60 minuten en wordt dan gecentrifugeerd. Het duurde 20 min: 10 min te kort."),
        ({"collected": START},
         "Clots 30 to 60 minutes, then is spun. It has taken 1 h 40 min so far: 40 min too long.",
         "Stolt 30 tot 60 minuten en wordt dan gecentrifugeerd. Het duurt nu 1 uur 40 min: 40 min te lang."),
        ({"collected": START, "spun": START - 5 * MINUTE},
         "Clots 30 to 60 minutes, then is spun. Its end is recorded 5 min before its start: correct one of the times.",
         "Stolt 30 tot 60 minuten en wordt dan gecentrifugeerd. Het einde is 5 min vóór het begin geregistreerd: "
         "verbeter een van de tijden."),
    ],
)  # fmt: skip
def test_a_broken_limit_is_said_in_words_in_both_languages(
    moments: dict[str, int], english: str, dutch: str
) -> None:
    said = breach(CLOTTING, read_clock(CLOTTING, moments, START + 100 * MINUTE))
    assert said is not None and said.deviation == "late"
    assert (breach_sentence(said, "en"), breach_sentence(said, "nl")) == (english, dutch)


def test_an_end_before_its_start_breaks_a_clock_without_a_lower_limit_too() -> None:
    clock = read_clock(FROZEN, {"collected": START, "frozen": START - 1}, START)
    said = breach(FROZEN, clock)
    assert clock.state is ClockState.BREACHED
    assert said is not None and (said.kind, said.off_minutes) == ("disordered", 1)


@pytest.mark.parametrize(
    ("minutes", "words"),
    [
        (0, "0 min"),
        (59, "59 min"),
        (60, "1 h"),
        (125, "2 h 5 min"),
        (1440, "1 d"),
        (1441, "1 d 1 min"),
        (1500, "1 d 1 h"),
    ],
)
def test_a_duration_loses_no_minute(minutes: int, words: str) -> None:
    assert duration(minutes, "en") == words

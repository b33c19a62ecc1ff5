"""SPREC codes: the worked examples of the trial, and every letter at the bound of its band."""

import itertools

import pytest

from specimens.domain import protocol
from specimens.domain.sprec import (
    History,
    Spin,
    after_spin,
    before_spin,
    centrifugation,
    fixation_time,
    ischaemia,
    sprec,
    storage_letter,
)

NAME = "belimumab_sle.toml"
PROTOCOL = protocol.load(protocol.shipped()[NAME], NAME)
MINUTE, HOUR = 60_000, 3_600_000
START = 1_800_000_000_000
ROOM, COLD = 210, 40


def _spin(start: int, minutes: int, force_g: int, *, brake: bool) -> Spin:
    return Spin(START + start, START + start + minutes * MINUTE, force_g, ROOM, brake)


SERUM = History(
    {"collected": START, "spun": START + 45 * MINUTE, "frozen": START + 90 * MINUTE}, "sst",
    (_spin(45 * MINUTE, 10, 1500, brake=True),), ROOM, ROOM, "minus80",
)  # fmt: skip
PBMC = History(
    {"collected": START, "frozen": START + 3 * HOUR}, "sodium_heparin",
    (_spin(HOUR, 30, 400, brake=False), _spin(2 * HOUR, 10, 300, brake=True)), ROOM, ROOM, "ln2_vapour", True,
)  # fmt: skip
PAXGENE = History({"collected": START, "frozen": START + 3 * HOUR}, "paxgene_rna", (), ROOM, None, "minus80")
BLOCK = History(
    {"collected": START, "in_medium": START + MINUTE, "fixation_ended": START + 25 * HOUR}, "formalin_pot",
    storage="room",
)  # fmt: skip


@pytest.mark.parametrize(
    ("code", "history", "slot", "derivative"),
    [
        ("SER-SST-A-B-N-B-D", SERUM, "SST", "serum"),
        ("CEL-SHP-A-M-B-B-N", PBMC, "HEP", "pbmc"),
        ("BLD-PAX-C-N-N-N-Y", PAXGENE, "PAX", None),
        ("TIS-BPS-N-A-NBF-F-P", BLOCK, "LN_FFPE", "ln_block"),
    ],
)
def test_the_worked_examples_come_out_of_recorded_times(
    code: str, history: History, slot: str, derivative: str | None
) -> None:
    assert sprec(PROTOCOL, history, slot, derivative) == code


def test_a_snap_frozen_mould_and_synovium_in_formalin_have_codes_too() -> None:
    mould = History({"collected": START, "frozen": START + 5 * MINUTE}, "oct_mould", storage="minus80")
    assert sprec(PROTOCOL, mould, "LN_OCT") == "TIS-BPS-N-B-OCT-N-Z"
    moments = {"collected": START, "in_medium": START + 2 * MINUTE, "fixation_ended": START + 20 * HOUR}
    assert sprec(PROTOCOL, History(moments, "formalin_pot", storage="room"), "SYN_FFPE", "syn_block") == (
        "TIS-BPS-N-B-NBF-E-P"
    )


def test_another_tube_than_planned_shows_in_the_code() -> None:
    other = History(PBMC.moments, "lithium_heparin", PBMC.spins, ROOM, ROOM, "ln2_vapour", True)
    assert sprec(PROTOCOL, other, "HEP", "pbmc") == "CEL-HEP-A-M-B-B-N"


@pytest.mark.parametrize("slot", [slot.code for slot in PROTOCOL.slots])
def test_what_was_not_recorded_is_x_and_never_guessed(slot: str) -> None:
    nothing = History({}, PROTOCOL.slot(slot).container)
    expected = {
        None: {"PAX": "BLD-PAX-X-N-N-N-X", "LN_OCT": "TIS-BPS-N-X-OCT-N-X", "LN_RNA": "TIS-BPS-N-X-RNL-X-X"},
        "serum": "SER-SST-X-X-N-X-X",
        "pbmc": "CEL-SHP-X-X-X-X-X",
        "buffy_coat": "BUF-PED-X-X-N-X-X",
        "ln_block": "TIS-BPS-N-X-NBF-X-X",
        "ln_cells": "CLN-BTM-N-X-ZZZ-N-X",
    }
    for made in PROTOCOL.derivatives_of(slot):
        if made.code in expected:
            assert sprec(PROTOCOL, nothing, slot, made.code) == expected[made.code]
    planned = expected[None]
    assert isinstance(planned, dict)
    if slot in planned:
        assert sprec(PROTOCOL, nothing, slot) == planned[slot]


def test_a_tube_that_only_becomes_something_else_has_no_code() -> None:
    assert sprec(PROTOCOL, History({}, "sst"), "SST") is None


def test_one_spin_of_two_recorded_leaves_the_second_unknown() -> None:
    once = History(PBMC.moments, "sodium_heparin", PBMC.spins[:1], ROOM, ROOM, "ln2_vapour", True)
    assert sprec(PROTOCOL, once, "HEP", "pbmc") == "CEL-SHP-A-M-X-X-N"


def test_times_the_wrong_way_round_are_unknown() -> None:
    history = History({"collected": START, "frozen": START - HOUR}, "paxgene_rna", (), ROOM, None, "minus80")
    assert sprec(PROTOCOL, history, "PAX") == "BLD-PAX-X-N-N-N-Y"


@pytest.mark.parametrize(
    ("hours", "room", "cold"),
    [
        (0, "A", "B"),
        (2, "C", "D"),
        (4, "E", "F"),
        (8, "G", "H"),
        (12, "I", "J"),
        (24, "K", "L"),
        (48, "K", "L"),
    ],
)
def test_the_time_before_the_spin_changes_letter_at_its_bounds(hours: int, room: str, cold: str) -> None:
    assert (before_spin(hours * HOUR, ROOM), before_spin(hours * HOUR, COLD)) == (room, cold)


def test_beyond_48_hours_and_other_temperatures_have_letters_of_their_own() -> None:
    assert (before_spin(48 * HOUR + 1, ROOM), before_spin(48 * HOUR + 1, COLD)) == ("M", "N")
    assert (before_spin(2 * HOUR - 1, 370), before_spin(2 * HOUR, 370)) == ("O", "Z")
    assert (before_spin(0, 150), before_spin(0, None), before_spin(None, ROOM)) == ("Z", "X", "X")
    assert before_spin(2 * HOUR - 1, ROOM) == "A"


@pytest.mark.parametrize(
    ("hours", "cold", "room"),
    [(0, "A", "B"), (1, "C", "D"), (2, "E", "F"), (8, "G", "H"), (24, "G", "H"), (25, "I", "J")],
)
def test_after_the_spin_the_first_letter_is_the_cold_one(hours: int, cold: str, room: str) -> None:
    assert (after_spin(hours * HOUR, COLD), after_spin(hours * HOUR, ROOM)) == (cold, room)
    assert after_spin(hours * HOUR, None) == "X"


@pytest.mark.parametrize(
    ("minutes", "force_g", "tenths_c", "brake", "letter"),
    [
        (10, 2999, ROOM, False, "A"), (15, 2999, ROOM, True, "B"), (12, 1000, COLD, False, "C"),
        (12, 1000, COLD, True, "D"), (12, 3000, ROOM, None, "E"), (12, 5999, COLD, None, "F"),
        (12, 6000, ROOM, None, "G"), (12, 10000, COLD, None, "H"), (12, 10001, ROOM, None, "I"),
        (12, 20000, COLD, None, "J"), (30, 999, ROOM, False, "M"), (30, 999, ROOM, True, "Z"),
        (30, 999, ROOM, None, "X"), (30, 1000, ROOM, False, "Z"), (9, 1000, ROOM, True, "Z"),
        (16, 1000, ROOM, True, "Z"), (12, 1000, 370, True, "Z"), (12, 1000, ROOM, None, "X"),
    ],
)  # fmt: skip
def test_a_spin_has_a_letter_by_time_force_temperature_and_brake(
    minutes: int, force_g: int, tenths_c: int, brake: bool | None, letter: str
) -> None:
    assert centrifugation(Spin(START, START + minutes * MINUTE, force_g, tenths_c, brake)) == letter


def test_a_spin_of_which_something_was_not_recorded_is_unknown() -> None:
    whole = {
        "started_at": START,
        "stopped_at": START + 10 * MINUTE,
        "force_g": 1000,
        "temperature_tenths_c": ROOM,
    }
    for left_out in whole:
        some = {name: value for name, value in whole.items() if name != left_out}
        assert centrifugation(Spin(**some, brake=True)) == "X"


def test_ischaemia_changes_letter_at_2_10_20_30_and_60_minutes() -> None:
    bounds = [0, 2, 10, 20, 30, 60]
    assert "".join(ischaemia(minutes * MINUTE) for minutes in bounds) == "ABCDEE"
    assert "".join(ischaemia(minutes * MINUTE - 1) for minutes in bounds[1:]) == "ABCDE"
    assert (ischaemia(60 * MINUTE + 1), ischaemia(None)) == ("F", "X")


def test_fixation_changes_letter_at_its_bounds_and_one_hour_is_still_b() -> None:
    hours = [1, 4, 8, 24, 48, 72]
    assert (fixation_time(15 * MINUTE - 1), fixation_time(15 * MINUTE)) == ("A", "B")
    assert "".join(fixation_time(each * HOUR) for each in hours) == "BDEFGG"
    assert "".join(fixation_time(each * HOUR + 1) for each in hours) == "CDEFGZ"
    assert fixation_time(None) == "X"


def test_storage_letters_follow_vessel_and_temperature() -> None:
    cold, nitrogen = PROTOCOL.storage_temperature("minus80"), PROTOCOL.storage_temperature("ln2_vapour")
    assert [storage_letter("cryovial", nitrogen, through) for through in (True, False, None)] == [
        "N",
        "C",
        "X",
    ]
    assert [storage_letter(vessel, cold, None) for vessel in ("cryovial", "tube", "mould")] == ["D", "A", "Z"]
    assert storage_letter("cassette", PROTOCOL.storage_temperature("room"), None) == "P"
    assert storage_letter("cryovial", PROTOCOL.storage_temperature("room"), None) == "Z"
    assert {storage_letter(vessel, None, None) for vessel in ("tube", "cassette")} == {"X"}


def test_every_planned_code_has_seven_elements_of_the_right_length() -> None:
    planned = [(slot.code, None) for slot in PROTOCOL.slots if slot.sprec]
    planned_too = [(made.slot, made.code) for made in PROTOCOL.derivatives if made.sprec]
    for slot, made in itertools.chain(planned, planned_too):
        code = sprec(PROTOCOL, History({}, PROTOCOL.slot(slot).container), slot, made)
        assert code is not None
        lengths = [len(element) for element in code.split("-")]
        assert lengths in ([3, 3, 1, 1, 1, 1, 1], [3, 3, 1, 1, 3, 1, 1]), code


def test_an_act_in_the_same_instant_took_no_time_and_is_known() -> None:
    at_once = History({"collected": START, "frozen": START}, "oct_mould", storage="minus80")
    assert sprec(PROTOCOL, at_once, "LN_OCT") == "TIS-BPS-N-A-OCT-N-Z"

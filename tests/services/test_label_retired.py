"""Between a reprint and the scan back no scan of the code counts: it may be the old label."""

from time_machine import Traveller

from specimens.services import collection, kit, label, receipt, transfer, verify
from specimens.services.label import Again
from specimens.services.label_stock import Choice
from tests.cast import Cast
from tests.history import opened
from tests.services.bags import released, said

A4 = Choice("a4_21", 300)


def _reprinted(cast: Cast, code: str, actor: str = "nora") -> None:
    who = cast.actors[actor]
    if not label.label_set(who, "specimen", code).rows[0].printed:
        label.print_set(who, label.label_set(who, "specimen", code), A4)
    found = label.label_set(who, "specimen", code)
    label.print_set(who, found, A4, again=Again(frozenset([code]), "printer_fault"))


def test_a_tube_whose_label_was_reprinted_is_collected_once_the_new_one_is_scanned_back(
    cast: Cast, clock: Traveller
) -> None:
    made = opened(cast, clock)
    blood, tube = made.kits["blood"], made.tubes[0]
    _reprinted(cast, tube)
    kit.open_kit(cast.nora, blood)
    kit.attest_identity(cast.nora, blood)
    clock.shift(60)
    assert said(collection.collect(cast.nora, blood, tube, None)) == ("stop", "label_not_scanned_back")
    assert said(label.confirm(cast.nora, "kit", blood, tube, None)) == ("ok", "label_counts")
    assert collection.collect(cast.nora, blood, tube, None).saved
    assert verify.verify().sound


def test_a_first_label_alarms_nobody(cast: Cast, clock: Traveller) -> None:
    made = opened(cast, clock)
    blood, tube = made.kits["blood"], made.tubes[0]
    label.print_set(cast.nora, label.label_set(cast.nora, "specimen", tube), A4)
    kit.open_kit(cast.nora, blood)
    kit.attest_identity(cast.nora, blood)
    clock.shift(60)
    assert collection.collect(cast.nora, blood, tube, None).saved


def test_the_laboratory_is_stopped_by_a_retired_label_too(cast: Cast, clock: Traveller) -> None:
    made, (first, second) = released(cast, 2)
    receipt.open_receipt(cast.mei, made.code, condition="intact", temperature_tenths_c=210)
    assert receipt.receive(cast.mei, made.code, first).saved
    _reprinted(cast, first, "mei")
    listed = transfer.open_transfer(cast.mei, "station", cast.stations["AMS clinic"])
    assert said(transfer.pack(cast.mei, listed.code, first)) == ("stop", "label_not_scanned_back")
    label.confirm(cast.mei, "specimen", first, first, None)
    assert said(transfer.pack(cast.mei, listed.code, first)) == ("ok", "packed")
    assert receipt.receive(cast.mei, made.code, second).saved

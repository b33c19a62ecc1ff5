"""What was not collected, what is taken back, and the last five scans, on both engines."""

import pytest
import time_machine

from specimens.domain.errors import NotPermitted, Refused
from specimens.services import collection, kit, undo
from specimens.services.collection_last import last_scans
from specimens.services.verify import verify
from tests.cast import Cast
from tests.history import History
from tests.services.bedside import acts, begun, near_misses, tube


@pytest.fixture
def made(cast: Cast, visit_open: History) -> History:
    """A baseline visit that is open, with nothing collected."""
    return visit_open


def test_not_collected_asks_why_and_leaves_no_near_miss(cast: Cast, made: History) -> None:
    code = begun(cast, made)
    asked = collection.not_collected(cast.nora, code, made.tubes[0], None)
    assert (asked.verdict, asked.ask) == ("check", "not_collected")
    assert collection.not_collected(cast.nora, code, made.tubes[0], None, reason="no_safe_target").ask
    assert near_misses() == []
    assert collection.not_collected(cast.nora, code, made.tubes[0], None, reason="no_vein").saved
    assert tube(cast.nora, made.tubes[0]).ended_reason == "no_vein"
    assert collection.collect(cast.nora, code, made.tubes[0], None).verdict == "stop"


def test_one_reason_stops_a_session_and_what_was_taken_stays(cast: Cast, made: History) -> None:
    code = begun(cast, made)
    collection.collect(cast.nora, code, made.tubes[0], None)
    done = kit.stop(cast.nora, code, reason="unwell", key="s")
    assert kit.stop(cast.nora, code, reason="unwell", key="s") == done
    assert [each.status for each in kit.specimens_of(code)] == ["collected", *["not_collected"] * 6]
    with pytest.raises(Refused, match="nothing_outstanding"):
        kit.begin(cast.nora, code)


def test_undo_is_ones_own_last_act_within_a_quarter_of_an_hour(
    cast: Cast, made: History, clock: time_machine.Traveller
) -> None:
    code = begun(cast, made)
    first, second = made.tubes[:2]
    collection.collect(cast.nora, code, first, None)
    assert undo.undo(cast.nora, first, None, reason=None).ask == "undo"
    assert undo.undo(cast.nils, first, None, reason="wrong_scan").code == "not_your_act"
    elsewhere = cast.at("nora", "AMS clinic 2")
    assert undo.undo(elsewhere, first, None, reason="wrong_scan").code == "not_your_act"
    assert undo.undo(cast.nora, second, None, reason="wrong_scan").code == "nothing_to_undo"
    clock.shift(15 * 60)
    assert undo.undo(cast.nora, first, None, reason="wrong_scan").code == "undone_ok"
    assert tube(cast.nora, first).status == "planned"
    assert acts(first) == ["planned", "collected", "undone"]
    assert undo.undo(cast.nora, first, None, reason="wrong_scan").code == "nothing_to_undo"
    assert collection.collect(cast.nora, code, first, None).verdict == "ok"
    clock.shift(15 * 60 + 1)
    assert undo.undo(cast.nora, first, None, reason="wrong_scan").code == "too_late_to_undo"
    assert verify(lambda *_: None).sound


def test_an_auditor_undoes_nothing(cast: Cast, made: History) -> None:
    with pytest.raises(NotPermitted):
        undo.undo(cast.ada, made.tubes[0], None, reason="wrong_scan")


def test_the_last_five_are_read_from_the_ledger_newest_first(
    cast: Cast, made: History, clock: time_machine.Traveller
) -> None:
    code = begun(cast, made)
    for each in made.tubes[:4]:
        clock.shift(10)
        collection.collect(cast.nora, code, each, None)
    clock.shift(10)
    collection.collect(cast.nora, code, "nonsense", None)
    clock.shift(10)
    collection.not_collected(cast.nora, code, made.tubes[4], None, reason="no_vein")
    shown = last_scans(kit.get(cast.nora, code).kit)
    assert [each.verdict for each in shown] == ["ok", "stop", "ok", "ok", "ok"]
    assert [each.read for each in shown] == [made.tubes[4], None, *reversed(made.tubes[1:4])]


def test_among_the_last_five_a_tube_scanned_twice_changed_nothing_and_was_not_refused(
    cast: Cast, made: History
) -> None:
    code = begun(cast, made)
    for _ in range(2):
        collection.collect(cast.nora, code, made.tubes[0], None)
    shown = last_scans(kit.get(cast.nora, code).kit)
    assert [(each.verdict, each.code) for each in shown] == [
        ("already", "last_already"),
        ("ok", "last_collected"),
    ]

"""Collection by service, on both engines: the way of a kit, and everything that can come between."""

import threading
from dataclasses import replace

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from specimens.domain.access import Actor
from specimens.domain.errors import Conflict, NotFound, NotPermitted, Refused
from specimens.domain.identifiers import COMMAND_CODES
from specimens.models.base import db
from specimens.models.ledger import LedgerEntry, SealedText
from specimens.services import collection, kit, undo, visit
from specimens.services.clock import now_ms
from specimens.services.scan import ScanOutcome
from specimens.services.verify import verify
from tests.cast import Cast
from tests.history import History, enrolled
from tests.services.bedside import acts, begun, near_misses, tube


@pytest.fixture
def made(cast: Cast, visit_open: History) -> History:
    """A baseline visit that is open, with nothing collected."""
    return visit_open


def test_a_kit_goes_from_opening_to_confirming(
    cast: Cast, made: History, clock: time_machine.Traveller
) -> None:
    code = begun(cast, made)
    for each in made.tubes:
        clock.shift(60)
        outcome = collection.collect(cast.nora, code, each, f"key-{each}")
        assert (outcome.verdict, outcome.code) == ("ok", "collected_ok")
    assert outcome.next is None
    kit.finish(cast.nora, code)
    visit.confirm(cast.nora, made.visit)
    assert acts(code) == ["kit_planned", "kit_opened", "identity_attested", "kit_finished"]
    first = tube(cast.nora, made.tubes[0])
    assert (first.status, first.custodian, first.collected_by) == (
        "collected",
        cast.nora.user,
        cast.nora.user,
    )
    assert first.volume_ul == 8_500
    assert near_misses() == []
    assert verify(lambda *_: None).sound


def test_confirming_blocks_nothing(cast: Cast, made: History) -> None:
    visit.confirm(cast.nora, made.visit)
    code = begun(cast, made)
    assert collection.collect(cast.nora, code, made.tubes[0], None).verdict == "ok"
    with pytest.raises(Refused, match="already_confirmed"):
        visit.confirm(cast.nora, made.visit)


def test_a_tube_before_its_kit_is_open_is_stopped(cast: Cast, made: History) -> None:
    outcome = collection.collect(cast.nora, made.kits["blood"], made.tubes[0], None)
    assert (outcome.verdict, outcome.code) == ("stop", "kit_not_open")


def test_a_kit_at_another_station_is_not_open_here(cast: Cast, made: History) -> None:
    code = begun(cast, made)
    elsewhere = cast.at("nils", "AMS clinic 2")
    assert collection.collect(elsewhere, code, made.tubes[0], None).code == "kit_not_open"
    with pytest.raises(Refused) as refused:
        kit.begin(elsewhere, code)
    assert refused.value.code == "kit_open_elsewhere"
    assert refused.value.facts["place"] == "AMS clinic"
    assert refused.value.facts["who"] == "Nora de Wit"
    kit.open_kit(elsewhere, code, take_over=True)
    assert kit.get(elsewhere, code).kit.identity_attested_at is None  # identity is checked again, here
    with pytest.raises(Refused, match="kit_open_elsewhere"):
        kit.finish(cast.nora, code)


def test_opening_another_kit_pauses_the_one_that_was_left(cast: Cast, made: History) -> None:
    begun(cast, made)
    kit.open_kit(cast.nora, made.kits["lymph_node"])
    assert acts(made.kits["blood"])[-1] == "kit_paused"
    at_station = kit.open_at(cast.nora.station)
    assert at_station is not None
    assert at_station.code == made.kits["lymph_node"]


def test_two_kits_are_open_at_two_stations(cast: Cast, made: History) -> None:
    begun(cast, made)
    nils = cast.at("nils", "AMS clinic 2")
    kit.begin(nils, made.kits["lymph_node"])
    assert {each.code for each in kit.running(cast.nora)} == {made.kits["blood"], made.kits["lymph_node"]}


def test_without_a_station_no_kit_is_opened(cast: Cast, made: History) -> None:
    nowhere = replace(cast.nora, station=None)
    with pytest.raises(Refused, match="station_needed"):
        kit.begin(nowhere, made.kits["blood"])


def test_identity_comes_first(cast: Cast, made: History) -> None:
    kit.open_kit(cast.nora, made.kits["blood"])
    outcome = collection.collect(cast.nora, made.kits["blood"], made.tubes[0], None)
    assert (outcome.verdict, outcome.code, outcome.saved) == ("check", "identity_first", False)


def test_whoever_takes_over_checks_identity_themself_before_their_first_tube(
    cast: Cast, made: History, clock: time_machine.Traveller
) -> None:
    code, nils = begun(cast, made), cast.at("nils", "AMS clinic")
    first, second, third, *_ = made.tubes
    assert collection.collect(cast.nora, code, first, None).saved
    clock.shift(60)
    refused = collection.collect(nils, code, second, "before")
    assert (refused.verdict, refused.code, refused.saved) == ("check", "identity_again", False)
    assert refused.facts["who"] == "Nora de Wit"
    assert refused.facts["attested_at"] == kit.get(nils, code).kit.identity_attested_at
    assert near_misses()[-1].refusal == "identity_again"
    assert (
        collection.collect(nils, code, first, None).code == "already"
    )  # what is wrong with a tube comes first
    kit.begin(nils, code)
    kit.begin(nils, code)
    kit.attest_identity(nils, code)
    assert collection.collect(nils, code, second, "after").saved
    assert acts(code) == ["kit_planned", "kit_opened", "identity_attested", "identity_attested"]
    view = kit.get(nils, code)
    assert (view.kit.identity_attested_by, list(view.attested)) == (nils.user, [cast.nora.user, nils.user])
    assert collection.collect(cast.nora, code, third, None).saved  # she did so herself, for this session
    kit.finish(cast.nora, code)
    kit.begin(nils, code)  # opened again, it is checked again, by each
    refused = collection.collect(cast.nora, code, made.tubes[3], None)
    assert (refused.code, refused.facts["who"]) == ("identity_again", "Nils Bakker")
    assert verify().sound


def test_a_tube_of_another_participant_is_stopped_and_the_raw_text_is_sealed(
    cast: Cast, made: History, clock: time_machine.Traveller
) -> None:
    code = begun(cast, made)
    other = enrolled(cast, clock, "BEL-002")
    theirs = visit.open_visit(cast.nora, other, "BL")
    wrong = kit.specimens_of(theirs.kits[0].code)[0].code
    outcome = collection.collect(cast.nora, code, f"  {wrong.lower()} ", None)
    assert (outcome.verdict, outcome.code) == ("stop", "wrong_participant")
    (kept,) = near_misses()
    assert (kept.refusal, kept.read, kept.subject, kept.user) == (
        "wrong_participant",
        wrong,
        code,
        cast.nora.user,
    )
    entry = db.session.execute(select(LedgerEntry).where(LedgerEntry.subject_code == kept.code)).scalar_one()
    assert wrong.lower().encode() not in entry.body
    sealed = db.session.execute(
        select(SealedText.text).where(SealedText.entry_id == entry.entry_id)
    ).scalar_one()
    assert sealed == f"  {wrong.lower()} "
    assert tube(cast.nora, wrong).status == "planned"


def test_a_tube_of_another_visit_of_the_same_participant_is_stopped(cast: Cast, made: History) -> None:
    code = begun(cast, made)
    again = visit.open_visit(cast.nora, made.participant, "UNS", reason="flare", procedures=("blood",))
    wrong = kit.specimens_of(again.kits[0].code)[0].code
    assert collection.collect(cast.nora, code, wrong, None).code == "wrong_visit"


@pytest.mark.parametrize("raw", ["", "zzz", "x" * 500, "\x01\x02", "C4K7N2XD", "12345678901234"])
def test_what_cannot_be_read_is_refused_and_kept(cast: Cast, made: History, raw: str) -> None:
    code = begun(cast, made)
    outcome = collection.collect(cast.nora, code, raw, None)
    assert (outcome.verdict, outcome.saved) == ("stop", False)
    assert [each.subject for each in near_misses()] == [code]


def test_a_command_is_no_tube(cast: Cast, made: History) -> None:
    code = begun(cast, made)
    assert collection.collect(cast.nora, code, COMMAND_CODES["FINISH"], None).code == "command_elsewhere"
    assert undo.undo(cast.nora, COMMAND_CODES["UNDO"], None, reason="wrong_scan").code == "command_elsewhere"


def test_a_tube_scanned_again_says_who_and_when(cast: Cast, made: History) -> None:
    code = begun(cast, made)
    collection.collect(cast.nora, code, made.tubes[0], None)
    outcome = collection.collect(cast.nils, code, made.tubes[0], None)
    assert (outcome.verdict, outcome.code) == ("already", "already")
    assert outcome.facts["last_by"] == "Nora de Wit"
    assert outcome.facts["last_at"] == now_ms()


def test_two_people_scan_one_tube_at_once_and_one_wins(context: Flask, cast: Cast, made: History) -> None:
    code = begun(cast, made)
    kit.attest_identity(cast.nils, code)
    db.session.remove()
    outcomes: list[ScanOutcome] = []
    together = threading.Barrier(2)

    def scans(actor: Actor) -> None:
        with context.app_context():
            together.wait()
            outcomes.append(collection.collect(actor, code, made.tubes[0], None))
            db.session.remove()

    threads = [threading.Thread(target=scans, args=(each,)) for each in (cast.nora, cast.nils)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(each.verdict for each in outcomes) == ["already", "ok"]
    loser = next(each for each in outcomes if each.verdict == "already")
    winner = tube(cast.nora, made.tubes[0]).custodian
    assert (
        loser.facts["last_by"] == {cast.nora.user: "Nora de Wit", cast.nils.user: "Nils Bakker"}[winner or ""]
    )
    assert acts(made.tubes[0]).count("collected") == 1


def test_the_same_scan_under_the_same_key_is_one_event(cast: Cast, made: History) -> None:
    code = begun(cast, made)
    first = collection.collect(cast.nora, code, made.tubes[0], "k")
    again = collection.collect(cast.nora, code, made.tubes[0], "k")
    assert first.plain() == again.plain()
    assert acts(made.tubes[0]).count("collected") == 1
    with pytest.raises(Conflict, match="key_reused"):
        collection.collect(cast.nora, code, made.tubes[1], "k")


def test_a_kit_is_opened_and_finished_once_per_key(cast: Cast, made: History) -> None:
    code = made.kits["blood"]
    for _twice in range(2):
        kit.begin(cast.nora, code, key="b")
    for _twice in range(2):
        kit.finish(cast.nora, code, key="f")
    assert acts(code) == ["kit_planned", "kit_opened", "identity_attested", "kit_finished"]


# ------------------------------------------------------------------------------------------ who may, who sees


def test_another_site_finds_no_kit_and_no_tube(cast: Cast, made: History) -> None:
    begun(cast, made)
    for act in (
        lambda: kit.begin(cast.ola, made.kits["blood"]),
        lambda: kit.stop(cast.ola, made.kits["blood"], reason="unwell"),
        lambda: kit.get(cast.ola, made.kits["blood"]),
        lambda: visit.get(cast.ola, made.visit),
        lambda: visit.confirm(cast.ola, made.visit),
    ):
        with pytest.raises(NotFound):
            act()
    assert collection.collect(cast.ola, made.kits["blood"], made.tubes[0], None).code == "unknown_code"
    assert undo.undo(cast.ola, made.tubes[0], None, reason="wrong_scan").code in (
        "unknown_code",
        "nothing_to_undo",
    )


def test_only_the_clinic_collects(cast: Cast, made: History) -> None:
    for actor in (cast.mei, cast.luis, cast.mona, cast.ada, cast.adam):
        with pytest.raises(NotPermitted):
            collection.collect(actor, made.kits["blood"], made.tubes[0], None)
        with pytest.raises(NotPermitted):
            kit.begin(actor, made.kits["blood"])

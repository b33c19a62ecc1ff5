"""The pages of a visit: opening it, what is added, checking and confirming."""

from secrets import token_hex

import pytest
import time_machine

from specimens.domain.sentences import SENTENCES
from specimens.models.base import db
from specimens.services import kit
from tests.history import History, enrolled
from tests.web.conftest import Web


@pytest.fixture
def participant(web: Web, clock: time_machine.Traveller) -> str:
    """A participant who is enrolled, a week before Day 0, without a visit."""
    with web.app.app_context():
        code = enrolled(web.cast, clock)
        db.session.remove()
    return code


@pytest.fixture
def made(visit_open: History) -> History:
    """The same with the baseline visit open."""
    return visit_open


def new(participant: str, timepoint: str) -> str:
    return f"/participants/{participant}/visits/new?timepoint={timepoint}"


def test_the_page_says_what_will_be_planned_and_how_much_blood(web: Web, participant: str) -> None:
    page = web.client("nora").get(new(participant, "BL")).text
    for word in ("SST", "NA-HEPARIN", "OCT, core 4", "61 ml at this visit", "23 Feb 2026", "9 Mar 2026"):
        assert word in page, word
    assert 'name="reason"' not in page  # it is in its window: nothing to explain
    assert web.acts("visit") == []


def test_a_visit_is_opened_once_however_often_it_is_sent(web: Web, participant: str) -> None:
    nora = web.client("nora")
    sent = {"timepoint": "BL", "nonce": "n"}
    first = nora.post(new(participant, "BL"), data=sent)
    assert first.status_code == 303
    again = nora.post(new(participant, "BL"), data=sent)
    assert again.location == first.location
    assert web.acts("visit") == ["visit_opened"]
    assert nora.get(new(participant, "BL")).location == first.location


def test_out_of_window_asks_why_and_keeps_what_was_typed(web: Web, participant: str) -> None:
    nora = web.client("nora")
    page = nora.get(new(participant, "W4")).text
    assert "28 days before the window" in page
    answer = nora.post(new(participant, "W4"), data={"timepoint": "W4", "nonce": "1"})
    assert answer.status_code == 422
    assert "<title>Error:" in answer.text
    answer = nora.post(
        new(participant, "W4"),
        data={"timepoint": "W4", "nonce": "2", "reason": "other", "reason_note": "call 0612345678"},
    )
    assert answer.status_code == 422
    assert "call 0612345678" in answer.text
    answer = nora.post(new(participant, "W4"), data={"timepoint": "W4", "nonce": "3", "reason": "flare"})
    assert answer.status_code == 303


def test_an_unscheduled_visit_takes_what_was_ticked(web: Web, participant: str) -> None:
    nora = web.client("nora")
    assert " checked>" not in nora.get(new(participant, "UNS")).text
    sent = {"timepoint": "UNS", "reason": "flare", "nonce": "1"}
    assert nora.post(new(participant, "UNS"), data=sent).status_code == 422
    answer = nora.post(
        new(participant, "UNS"), data={**sent, "nonce": "2", "procedures": ["blood", "synovium"]}
    )
    page = nora.get(answer.location).text
    assert "Blood draw" in page
    assert "Synovial biopsy" in page
    assert "A procedure that was not chosen" in page


def test_a_timepoint_that_does_not_exist_is_not_found(web: Web, participant: str) -> None:
    nora = web.client("nora")
    for timepoint in ("", "W99", "<b>", "x" * 3000):
        assert (
            nora.get(
                f"/participants/{participant}/visits/new", query_string={"timepoint": timepoint}
            ).status_code
            == 404
        )


def test_a_visit_that_cannot_be_opened_says_why(web: Web, participant: str) -> None:
    page = web.client("nora").get(new(participant, "ET")).text
    assert "participant" in page
    with web.app.app_context():
        from specimens.services import participant as people

        people.change_course(web.cast.nora, participant, "terminated_early", reason="moved abroad")
        db.session.remove()
    page = web.client("nora").get(new(participant, "W4")).text
    assert "cannot be opened now" in page
    assert f'href="/participants/{participant}"' in page
    assert '<button class="btn btn-primary">Open visit' not in page


def test_the_visit_shows_its_tubes_its_kits_and_what_is_left(web: Web, made: History) -> None:
    page = web.client("nora").get(f"/visits/{made.visit}").text
    assert "0 of 20" in page
    assert "20 tubes are still to be taken" in page
    for code in (*made.kits.values(), *made.tubes):
        assert f"{code[:4]} {code[4:]}" in page
    assert f"/kits/{made.kits['blood']}/print" in page


def test_another_attempt_an_extra_tube_and_a_procedure_are_added(web: Web, made: History) -> None:
    nora = web.client("nora")
    blood = made.kits["blood"]
    with web.app.app_context():
        kit.begin(web.cast.nora, blood)
        kit.stop(web.cast.nora, blood, reason="no_vein")
        db.session.remove()
    answer = nora.post(f"/visits/{made.visit}/attempts", data={"procedure": "blood", "nonce": "1"})
    assert answer.status_code == 422
    sent = {"procedure": "blood", "reason": "first_attempt_failed", "nonce": "2"}
    for _twice in range(2):
        assert nora.post(f"/visits/{made.visit}/attempts", data=sent).status_code == 303
    assert "attempt 2" in nora.get(f"/visits/{made.visit}").text
    assert web.acts("kit").count("kit_planned") == 4
    tube = {"slot": f"{blood}:EDTA", "reason": "tube_rejected", "nonce": "3"}
    for _twice in range(2):
        assert nora.post(f"/visits/{made.visit}/tubes", data=tube).status_code == 303
    assert web.acts("specimen").count("added") == 1
    for slot in ("", f"{blood}:LN_OCT", "C4K7N2XD:EDTA", "nonsense"):
        sent = {"slot": slot, "reason": "tube_rejected", "nonce": token_hex(4)}
        assert nora.post(f"/visits/{made.visit}/tubes", data=sent).status_code == 422, slot
    answer = nora.post(f"/visits/{made.visit}/procedures", data={"procedures": "blood", "nonce": "4"})
    assert answer.status_code == 422


def test_a_long_note_is_told_and_not_cut(web: Web, made: History) -> None:
    nora = web.client("nora")
    sent = {
        "slot": f"{made.kits['blood']}:EDTA",
        "reason": "other",
        "reason_note": "x" * 10_000,
        "nonce": "1",
    }
    assert nora.post(f"/visits/{made.visit}/tubes", data=sent).status_code == 422
    assert "added" not in web.acts("specimen")


def test_checking_shows_everything_and_confirming_blocks_nothing(web: Web, made: History) -> None:
    nora = web.client("nora")
    page = nora.get(f"/visits/{made.visit}/check").text
    assert "20 tubes have no outcome yet" in page
    for _twice in range(2):
        answer = nora.post(f"/visits/{made.visit}/check", data={"nonce": "c"})
        assert answer.location == f"/visits/{made.visit}"
    assert web.acts("visit") == ["visit_opened", "visit_confirmed"]
    answer = nora.post(f"/visits/{made.visit}/check", data={"nonce": "d"})
    assert "confirmed already" in answer.text
    assert nora.get(f"/kits/{made.kits['blood']}/collect").status_code == 200


def test_finish_scanned_twice_confirms_nothing(web: Web, made: History) -> None:
    from specimens.domain.identifiers import COMMAND_CODES

    nora = web.client("nora")
    for raw in (COMMAND_CODES["FINISH"], made.tubes[0], "garbage", "C4K7N2XD"):
        answer = nora.post(f"/visits/{made.visit}/check", data={"scan": raw, "nonce": token_hex(4)})
        assert answer.status_code == 200
    answer = nora.post(f"/visits/{made.visit}/check", data={"scan": made.kits["synovium"], "nonce": "k"})
    assert answer.location == f"/kits/{made.kits['synovium']}/collect"
    assert web.acts("visit") == ["visit_opened"]


def test_markup_that_was_typed_is_shown_as_text(web: Web, made: History) -> None:
    nora = web.client("nora")
    sent = {"slot": "<script>", "reason": "other", "reason_note": '"><script>alert(1)</script>', "nonce": "1"}
    answer = nora.post(f"/visits/{made.visit}/tubes", data=sent)
    assert answer.status_code == 422
    assert "<script>alert" not in answer.text


def test_every_refusal_of_the_clinic_has_its_sentence() -> None:
    for code in (
        "kit_not_open", "kit_open_elsewhere", "station_needed", "identity_first", "yield_first",
        "wrong_participant", "wrong_visit", "wrong_kit", "label_retired", "late_entry_reason",
        "other_container_reason", "unknown_container", "nothing_outstanding", "kit_of_another_visit",
        "command_elsewhere", "nothing_to_undo", "not_your_act", "too_late_to_undo", "not_the_last",
        "other_body_site", "yield_below_taken", "place_fixed", "not_tissue", "pieces_unusable",
        "correction_impossible", "not_correctable", "unknown_entry", "reassign_the_parent",
        "not_collected_yet", "visit_open", "visit_state", "out_of_window_reason", "attempt_running",
        "procedure_planned", "already_confirmed", "kit_is_open", "identity_on_sheet", "line_needs_outcome",
        "one_outcome", "beyond_the_yield", "after_receipt", "sheet_of_another_kit", "nothing_from_paper",
        "own_paper", "already_checked", "stop_held", "no_such_choice", "blood_over_visit",
        "blood_over_period", "day0_unknown", "consent_missing", "consent_outdated",
        "consent_withdrawn_stop", "before_consent", "attempt_exists", "station_has_open_kit",
        "unknown_kit", "unknown_visit",
    ):  # fmt: skip
        assert code in SENTENCES, code

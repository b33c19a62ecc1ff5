"""The pages of receipt, differences, decisions and the bench."""

import re

import pytest
from time_machine import Traveller

from specimens.domain import receipt_codes
from specimens.domain.identifiers import COMMAND_CODES
from specimens.services import disposal, receipt, transfer, unlisted
from specimens.services.scan import specimen_now
from tests.cast import PASSWORD, Cast
from tests.services.bags import released
from tests.tubes import kit_of
from tests.web.conftest import Web
from tests.web.scanning import Do, doing, verdict

pytestmark = pytest.mark.usefixtures("clock")
OUTCOME = {outcome: code for code, outcome in receipt_codes.OUTCOMES.items()}
REASON = {reason: code for code, reason in receipt_codes.REASONS.items()}
FINISH = COMMAND_CODES["FINISH"]


@pytest.fixture
def cast(web: Web) -> Cast:
    return web.cast


@pytest.fixture
def do(web: Web) -> Do:
    return doing(web)


def begun(cast: Cast, do: Do, count: int = 3, **how: str) -> tuple[str, list[str]]:
    bag, tubes = do(released, cast, count, **how)
    do(receipt.open_receipt, cast.mei, bag.code, condition="intact", temperature_tenths_c=210)
    return f"/transfers/{bag.code}/receipt", tubes


def following(page: str) -> tuple[str, str]:
    """Return what the page says about the next tube: outcome and reason."""
    found = re.search(r'name="outcome" value="(\w*)" form="scan-form">.*?name="reason" value="(\w*)"', page)
    assert found
    return found.group(1), found.group(2)


def test_forty_tubes_are_forty_two_requests_and_no_mouse(web: Web, cast: Cast, do: Do) -> None:
    bag, tubes = do(released, cast, 40)
    address = f"/transfers/{bag.code}/receipt"
    mei = web.client("mei")
    opened = mei.post(f"{address}/open", data={"condition": "intact", "temperature": "21"})
    assert opened.location == address
    for tube in tubes:
        assert verdict(mei.post(address, data={"scan": tube, "outcome": "", "reason": ""})) == "ok"
    last = mei.post(address, data={"scan": FINISH})
    assert (last.status_code, verdict(last)) == (200, "ok")
    assert "The receipt is closed." in last.text
    assert do(transfer.transfer_now, bag.code).state == "closed"


def test_the_condition_and_the_temperature_come_first(web: Web, cast: Cast, do: Do) -> None:
    bag, tubes = do(released, cast)
    address, mei = f"/transfers/{bag.code}/receipt", web.client("mei")
    page = mei.get(address).text
    assert 'id="scan"' not in page
    assert " checked" not in page
    wrong = mei.post(f"{address}/open", data={"condition": "", "temperature": ""})
    assert wrong.status_code == 422
    assert "Say in what condition" in wrong.text or "Type the temperature" in wrong.text
    warm = mei.post(f"{address}/open", data={"condition": "intact", "temperature": "tepid"})
    assert (warm.status_code, 'value="tepid"' in warm.text) == (422, True)
    sent = {"condition": "damaged", "not_measured": "not_measured"}
    assert mei.post(f"{address}/open", data=sent).status_code == 303
    assert "Look at every tube." in mei.get(address).text
    assert verdict(mei.post(address, data={"scan": tubes[0]})) == "ok"


def test_out_of_band_is_told_before_the_first_tube(web: Web, cast: Cast, do: Do) -> None:
    bag, tubes = do(released, cast, 1)
    address, mei = f"/transfers/{bag.code}/receipt", web.client("mei")
    mei.post(f"{address}/open", data={"condition": "intact", "temperature": "31,5"})
    assert "It arrived at 31.5 °C, outside its band" in mei.get(address).text
    assert verdict(mei.post(address, data={"scan": tubes[0]})) == "check"


def test_an_outcome_and_its_reason_are_scanned_and_count_for_one_tube(web: Web, cast: Cast, do: Do) -> None:
    address, tubes = begun(cast, do)
    mei = web.client("mei")
    first = mei.post(address, data={"scan": OUTCOME["rejected"]})
    assert (verdict(first), following(first.text)) == ("check", ("rejected", ""))
    early = mei.post(address, data={"scan": tubes[0], "outcome": "rejected", "reason": ""})
    assert (verdict(early), following(early.text)) == ("check", ("rejected", ""))
    assert "Not saved" in early.text
    second = mei.post(address, data={"scan": REASON["RC"], "outcome": "rejected", "reason": ""})
    assert following(second.text) == ("rejected", "RC")
    done = mei.post(address, data={"scan": tubes[0], "outcome": "rejected", "reason": "RC"})
    assert (verdict(done), following(done.text)) == ("check", ("", ""))
    assert do(specimen_now, tubes[0]).status == "rejected"
    assert web.acts("near_miss") == []


def test_a_reason_alone_means_accepted_with_deviation(web: Web, cast: Cast, do: Do) -> None:
    address, tubes = begun(cast, do)
    mei = web.client("mei")
    said = mei.post(address, data={"scan": REASON["RH"]})
    assert following(said.text) == ("accepted_with_deviation", "RH")
    mei.post(address, data={"scan": tubes[0], "outcome": "accepted_with_deviation", "reason": "RH"})
    assert do(specimen_now, tubes[0]).flags == ("deviation", "haemolysed")


def test_buttons_do_what_the_codes_do_and_a_choice_can_be_cancelled(web: Web, cast: Cast, do: Do) -> None:
    address, tubes = begun(cast, do)
    mei = web.client("mei")
    chosen = mei.post(address, data={"outcome": "quarantined", "reason": "RM"})
    assert following(chosen.text) == ("quarantined", "RM")
    assert following(mei.post(address, data={}).text) == ("", "")
    assert following(mei.get(address).text) == ("", "")
    for_all = mei.post(address, data={"scan": OUTCOME["accepted"], "outcome": "quarantined", "reason": "RM"})
    assert following(for_all.text) == ("", "")
    mei.post(address, data={"scan": tubes[0], "outcome": "quarantined", "reason": "RM"})
    assert do(specimen_now, tubes[0]).holds == ("quarantine",)


def test_an_outcome_that_was_never_offered_saves_nothing(web: Web, cast: Cast, do: Do) -> None:
    address, tubes = begun(cast, do)
    for sent in ({"outcome": "lost", "reason": "RC"}, {"outcome": "rejected", "reason": "MADEUP"}):
        answer = web.client("mei").post(address, data={"scan": tubes[0], **sent})
        assert (answer.status_code, verdict(answer)) == (200, "check")
    assert do(specimen_now, tubes[0]).status == "released"


def test_a_mislabelled_biopsy_is_stopped_when_it_is_rejected(web: Web, cast: Cast, do: Do) -> None:
    address, tubes = begun(cast, do, 1, procedure="lymph_node")
    sent = {"scan": tubes[0], "outcome": "rejected", "reason": "RM"}
    answer = web.client("mei").post(address, data=sent)
    assert verdict(answer) == "stop"
    assert "A biopsy cannot be taken again." in answer.text
    assert do(specimen_now, tubes[0]).status == "released"


def test_missing_tubes_are_reported_and_a_straggler_comes_in_later(web: Web, cast: Cast, do: Do) -> None:
    address, tubes = begun(cast, do)
    mei = web.client("mei")
    mei.post(address, data={"scan": tubes[0]})
    early = mei.post(f"{address}/finish")
    assert (early.status_code, "Tubes of this list without an outcome: 2" in early.text) == (422, True)
    assert verdict(mei.post(address, data={"scan": FINISH})) == "check"
    assert mei.post(f"{address}/missing", data={"note": "x"}).status_code == 422
    sent = {"specimens": tubes[1:], "note": "the bag was torn", "nonce": "one"}
    for _ in range(2):
        assert mei.post(f"{address}/missing", data=sent).status_code == 303
    assert web.acts().count("reported_missing") == 2
    assert mei.post(f"{address}/finish").status_code == 303
    listed = mei.get(address.removesuffix("/receipt")).text
    assert "2 tubes are missing." in listed
    late = mei.post(address, data={"scan": tubes[1]})
    assert verdict(late) == "ok"
    assert "1 tube is missing." in mei.get(address.removesuffix("/receipt")).text


def test_the_last_scan_can_be_taken_back_and_the_tube_is_open_again(web: Web, cast: Cast, do: Do) -> None:
    address, tubes = begun(cast, do)
    mei = web.client("mei")
    mei.post(address, data={"scan": tubes[0]})
    first = mei.post(address, data={"scan": COMMAND_CODES["UNDO"]})
    assert following(first.text) == ("undo", "")
    assert verdict(mei.post(address, data={"scan": tubes[0], "outcome": "undo", "reason": ""})) == "check"
    done = mei.post(address, data={"scan": tubes[0], "outcome": "undo", "reason": "wrong_scan"})
    assert verdict(done) == "ok"
    assert do(specimen_now, tubes[0]).status == "released"
    assert "3 tubes outstanding" in done.text
    assert verdict(mei.post(address, data={"scan": tubes[0]})) == "ok"


def test_acknowledge_without_a_script_clears_the_panel_and_keeps_nothing(
    web: Web, cast: Cast, do: Do
) -> None:
    address, _ = begun(cast, do)
    answer = web.client("mei").post(address, data={"scan": COMMAND_CODES["ACKNOWLEDGE"]})
    assert verdict(answer) == ""
    assert web.acts("near_miss") == []


def test_a_double_submit_of_a_scan_is_one_event(web: Web, cast: Cast, do: Do) -> None:
    address, tubes = begun(cast, do)
    answers = [web.client("mei").post(address, data={"scan": tubes[0], "nonce": "same"}) for _ in range(2)]
    assert [verdict(each) for each in answers] == ["ok", "ok"]
    assert web.acts("specimen").count("accepted") == 1


def test_a_page_says_in_words_that_the_receiver_is_somebody_else(web: Web, cast: Cast, do: Do) -> None:
    bag, _ = do(released, cast, to=("station", cast.stations["AMS clinic 2"]))
    address = f"/transfers/{bag.code}/receipt"
    page = web.client("nora").get(address).text
    assert "somebody else has to receive it" in page
    assert "Start scanning" not in page
    sent = {"condition": "intact", "temperature": "21"}
    refused = web.client("nora").post(f"{address}/open", data=sent)
    assert (refused.status_code, "You released this yourself." in refused.text) == (422, True)
    assert web.client("nils").post(f"{address}/open", data=sent).status_code == 303
    named, _ = do(released, cast, to=("user", cast.nils.user))
    assert (
        "Nils Bakker, who receives it in person"
        in web.client("mei").get(f"/transfers/{named.code}/receipt").text
    )


def test_the_second_to_open_a_receipt_reads_who_was_first(web: Web, cast: Cast, do: Do) -> None:
    address, _ = begun(cast, do)
    sent = {"condition": "intact", "temperature": "21"}
    answer = web.client("nils").post(f"{address}/open", data=sent)
    assert (answer.status_code, "Mei Tan has already begun" in answer.text) == (422, True)


def test_a_tube_without_release_is_received_and_shown_as_open_with_the_nurse(
    web: Web, cast: Cast, do: Do
) -> None:
    _, (tube,) = do(kit_of, cast, cast.nora, 1, collected=False)
    answer = web.client("mei").post("/receive", data={"scan": tube})
    assert verdict(answer) == "check"
    assert "the clinic has not logged it yet" in answer.text
    assert "received, not logged by the clinic" in web.client("nora").get("/differences").text
    bag, (released_tube, *_) = do(released, cast)
    stopped = web.client("mei").post("/receive", data={"scan": released_tube})
    assert verdict(stopped) == "stop"
    assert f"/transfers/{bag.code}/receipt" in stopped.text


def test_differences_are_resolved_one_after_another(web: Web, cast: Cast, do: Do) -> None:
    address, tubes = begun(cast, do, 2)
    _, (stranger,) = do(kit_of, cast, cast.nora, 1)
    mei = web.client("mei")
    assert verdict(mei.post(address, data={"scan": stranger})) == "check"
    mei.post(f"{address}/missing", data={"specimens": tubes})
    here = address.replace("/receipt", "/differences")
    page = mei.get(here).text
    assert "Resolve the next" in page
    assert " selected" not in page
    wrong = mei.post(here, data={"specimen": tubes[0], "why": "", "reason_note": "in the fridge"})
    assert (wrong.status_code, 'value="in the fridge"' in wrong.text) == (422, True)
    for tube, why in ((tubes[0], "found:in_a_fridge"), (tubes[1], "lost:searched_for"),
                      (stranger, "linked:not_scanned_at_packing")):  # fmt: skip
        assert mei.post(here, data={"specimen": tube, "why": why}).status_code == 303
    assert "lists and tubes agree" in mei.get(here).text
    again = mei.post(here, data={"specimen": stranger, "why": "linked:not_scanned_at_packing"})
    assert (again.status_code, "Somebody else was first." in again.text) == (422, True)
    assert [do(specimen_now, tube).status for tube in (*tubes, stranger)] == ["received", "lost", "received"]


def test_who_only_reads_resolves_nothing(web: Web, cast: Cast, do: Do) -> None:
    address, tubes = begun(cast, do, 1)
    web.client("mei").post(f"{address}/missing", data={"specimens": tubes})
    here = address.replace("/receipt", "/differences")
    assert "Resolve the next" not in web.client("mona").get(here).text
    sent = {"specimen": tubes[0], "why": "lost:searched_for"}
    assert web.client("mona").post(here, data=sent).status_code == 403
    assert do(specimen_now, tubes[0]).status == "missing"


def test_the_investigator_decides_about_what_is_set_aside(web: Web, cast: Cast, do: Do) -> None:
    address, tubes = begun(cast, do, 2)
    mei, ivo = web.client("mei"), web.client("ivo")
    for tube in tubes:
        mei.post(address, data={"scan": tube, "outcome": "quarantined", "reason": "RM"})
    page = ivo.get("/decisions").text
    assert "RM · labelling" in page
    assert " checked" not in ivo.get(f"/decisions/{tubes[0]}").text
    assert ivo.post(f"/decisions/{tubes[0]}", data={"why": ""}).status_code == 422
    sent = {"why": "release:collector_verified", "reason_note": "Nora came and signed", "password": PASSWORD}
    assert ivo.post(f"/decisions/{tubes[0]}", data=sent).status_code == 303
    assert (
        ivo.post(f"/decisions/{tubes[1]}", data={"why": "destroy:unusable", "password": PASSWORD}).status_code
        == 303
    )
    assert do(specimen_now, tubes[0]).holds == ()
    assert "The laboratory destroys it" in ivo.get("/decisions").text
    assert ivo.get(f"/decisions/{tubes[0]}").status_code == 404
    again = ivo.post(f"/decisions/{tubes[0]}", data=sent)
    assert (again.status_code, "nothing to decide" in again.text) == (422, True)
    assert ivo.get("/decisions/C4K7N2XD").status_code == 404


def test_the_bench_shows_counts_lists_and_clocks(web: Web, cast: Cast, do: Do, clock: Traveller) -> None:
    _, tubes = do(kit_of, cast, cast.nora, 2)
    do(released, cast, 3)
    do(unlisted.receive_without_release, cast.mei, tubes[0])
    do(unlisted.receive_without_release, cast.mei, tubes[1])
    do(disposal.quarantine, cast.mei, tubes[1], reason="condition_doubtful")
    clock.shift(50 * 60)
    page = web.client("mei").get("/bench").text
    counts = dict(re.findall(r"<strong>(\d+)</strong><span>([^<]+)</span>", page))
    assert counts == {
        "0": "Expected",
        "3": "Released, not received",
        "2": "Received, not stored",
        "1": "In quarantine",
    }
    assert "<strong>10 min</strong>" in page
    assert "Start receipt" in page
    clock.shift(20 * 60)
    assert "10 min over" in web.client("mei").get("/bench").text
    for what in ("expected", "released", "unstored", "differences", "quarantined"):
        assert web.client("mei").get(f"/bench/{what}").status_code == 200
    assert web.client("mei").get("/bench/everything").status_code == 404


def test_an_empty_bench_says_so(web: Web) -> None:
    assert "Everything that was received is stored." in web.client("mei").get("/bench").text


def test_every_code_of_the_card_is_reserved_and_read_by_the_page(web: Web, cast: Cast, do: Do) -> None:
    page = web.client("mei").get("/transfers/codes").text
    address, _ = begun(cast, do)
    for code in (*receipt_codes.OUTCOMES, *receipt_codes.REASONS):
        assert f"{code[:4]} {code[4:]}" in page
        answer = web.client("mei").post(address, data={"scan": code})
        assert verdict(answer) == "check"
    assert web.acts("near_miss") == []


def test_texts_that_people_typed_are_shown_and_never_run(web: Web, cast: Cast, do: Do) -> None:
    address, tubes = begun(cast, do, 1)
    note = "<script>alert(1)</script>"
    web.client("mei").post(f"{address}/missing", data={"specimens": tubes, "note": note})
    for page in (address, address.replace("/receipt", ""), address.replace("/receipt", "/differences")):
        assert note not in web.client("mei").get(page).text
    long = web.client("mei").post(f"{address}/missing", data={"specimens": tubes, "note": "x" * 10_000})
    assert long.status_code == 422


def test_a_nurse_is_offered_only_what_she_may_resolve(web: Web, cast: Cast, do: Do) -> None:
    address, tubes = begun(cast, do, 1)
    _, (stranger,) = do(kit_of, cast, cast.nora, 1)
    web.client("mei").post(address, data={"scan": stranger})
    web.client("mei").post(f"{address}/missing", data={"specimens": tubes})
    page = web.client("nora").get("/differences").text
    assert 'value="linked:' in page
    assert 'value="found:' not in page
    assert 'value="lost:' not in page
    technician = web.client("mei").get(f"/differences?specimen={tubes[0]}").text
    assert 'value="found:' in technician

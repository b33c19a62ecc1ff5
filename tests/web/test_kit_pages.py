"""The procedure of tissue, stopping a session, taking a kit up again, at another station: page by page."""

import re
from secrets import token_hex

import pytest
from time_machine import Traveller

from specimens.services import kit
from tests.history import History
from tests.web.bedside import begun, command, scan, statuses, verdict
from tests.web.conftest import Web


@pytest.fixture
def made(visit_open: History) -> History:
    """An enrolled participant with the baseline visit open, a week before Day 0."""
    return visit_open


def test_tissue_asks_for_the_procedure_and_the_yield_fills_the_plan(web: Web, made: History) -> None:
    nora, code = web.client("nora"), made.kits["lymph_node"]
    answer = command(nora, code, "IDENTITY")
    assert answer.location == f"/kits/{code}/procedure"
    assert nora.get(answer.location).status_code == 200
    answer = nora.post(answer.location, data={"nonce": "p", "pieces": "abc"})
    assert answer.status_code == 422
    assert "Error:" in answer.text
    told = {
        "nonce": "q", "place": "inguinal:left", "operator": "radiologist", "performed_by": "R. Haak",
        "device": "14G", "pieces": "5",
    }  # fmt: skip
    for _twice in range(2):
        answer = nora.post(f"/kits/{code}/procedure", data=told)
        assert answer.location == f"/kits/{code}/collect"
    assert web.acts("kit").count("procedure_recorded") == 1
    page = nora.get(f"/kits/{code}/collect").text
    assert "insufficient yield" in page
    assert statuses(web, code).count("not_collected") == 3
    with web.app.app_context():
        tubes = [each.code for each in kit.specimens_of(code) if each.status == "planned"]
    for tube in tubes:
        assert verdict(scan(nora, code, tube)) == "ok"
    with web.app.app_context():
        first = kit.specimens_of(code)[0]
        assert (first.pieces, first.body_site, first.side) == (3, "inguinal", "left")
        assert first.collected_by == "R. Haak, radiologist"


def test_another_joint_asks_why(web: Web, made: History) -> None:
    nora, code = begun(web, made, "synovium")
    view = nora.get(f"/kits/{code}/procedure").text
    place = re.findall(r'value="(\w+:\w+)">\s*<label[^>]*>[^<]*<small>needs a reason', view)[0]
    told = {"place": place, "operator": "rheumatologist", "performed_by": "E. Blom", "pieces": "12"}
    answer = nora.post(f"/kits/{code}/procedure", data={**told, "nonce": "1"})
    assert answer.status_code == 422
    answer = nora.post(f"/kits/{code}/procedure", data={**told, "nonce": "2", "reason": "no_safe_site"})
    assert answer.status_code == 303
    with web.app.app_context():
        assert "other_body_site" in kit.get(web.cast.nora, code).kit.flags


def test_one_reason_stops_the_session(web: Web, made: History) -> None:
    nora, code = begun(web, made)
    scan(nora, code, made.tubes[0])
    assert nora.post(f"/kits/{code}/stop", data={"nonce": "1"}).status_code == 422
    answer = nora.post(f"/kits/{code}/stop", data={"nonce": "2", "reason": "unwell"})
    assert answer.location == f"/visits/{made.visit}/check"
    assert statuses(web, code) == ["collected", *["not_collected"] * 6]


def test_a_session_left_half_way_is_taken_up_again(web: Web, made: History) -> None:
    nora, code = begun(web, made)
    scan(nora, code, made.tubes[0])
    command(nora, code, "FINISH")
    page = nora.get(f"/kits/{code}/collect").text
    assert "Check two identifiers" in page
    command(nora, code, "IDENTITY")
    assert verdict(scan(nora, code, made.tubes[1])) == "ok"


def test_the_same_kit_at_two_stations_is_told_where_it_is_open_and_can_be_taken_over(
    web: Web, made: History
) -> None:
    _nora, code = begun(web, made)
    nils = web.client("nils", "AMS clinic 2")
    page = nils.get(f"/kits/{code}/collect").text
    assert "AMS clinic" in page
    answer = command(nils, code, "IDENTITY")
    assert verdict(answer) == "stop"
    assert "Nora de Wit" in answer.text
    assert verdict(scan(nils, code, made.tubes[0])) == "stop"
    nils.post(f"/kits/{code}/open", data={"take_over": "1", "nonce": "t"})
    command(nils, code, "IDENTITY")
    assert verdict(scan(nils, code, made.tubes[0])) == "ok"


def _procedure(**said: str) -> dict[str, str]:
    return {
        "place": "inguinal:left", "operator": "radiologist", "performed_by": "R. Haak", "device": "14G", "pieces": "8",
        "nonce": token_hex(4), **said,
    }  # fmt: skip


def test_lots_are_typed_once_and_chosen_the_next_time(web: Web, made: History) -> None:
    nora, code = begun(web, made, "lymph_node")
    page = nora.get(f"/kits/{code}/procedure").text
    assert page.count("Number of the lot") == 6
    assert "none of these" not in page and " checked>" not in page
    lots = {
        "lot_rnalater_tube": "RL 5", "lot_rnalater_tube_month": "3", "lot_rnalater_tube_year": "2027",
        "lot_cs10_vial": "CS 1", "lot_cs10_vial_month": "02", "lot_cs10_vial_year": "2026", "lot_oct_mould": "O-7",
    }  # fmt: skip
    answer = nora.post(f"/kits/{code}/procedure", data=_procedure(**lots), follow_redirects=True)
    assert "The lot of the cryovial with CryoStor CS10 had expired: its tubes are flagged." in answer.text
    assert web.acts("kit").count("lots_recorded") == 1
    with web.app.app_context():
        core = next(each.code for each in kit.specimens_of(code) if each.slot == "LN_RNA")
        tubes = [each.code for each in kit.specimens_of(code)]
    for tube in tubes:
        assert verdict(scan(nora, code, tube)) == "ok"
    command(nora, code, "FINISH")
    page = nora.get(f"/visits/{made.visit}/check").text
    assert "tube with RNAlater: RL 5, expires 03/2027" in page
    bare = re.search(r"Lot not recorded:</strong> ([^.]*)\.", page)
    assert bare and bare[1].startswith("tube with cold RPMI")
    assert "RL 5, expires 03/2027" in nora.get(f"/specimens/{core}").text
    page = nora.get(f"/kits/{code}/lots").text
    assert 'value="RL 5, 2027-03"' in page and " checked>" not in page
    assert "Recorded: RL 5, expires 03/2027" in page
    assert "expired" in page.split('value="CS 1, 2026-02"')[1][:160]
    told = {"lot_oct_mould_chosen": "O-7", "lot_formalin_pot": "F1", "nonce": "1"}
    for _twice in range(2):
        answer = nora.post(f"/kits/{code}/lots", data=told)
        assert answer.location == f"/visits/{made.visit}/check"
    assert web.acts("kit").count("lots_recorded") == 2
    assert "pot with neutral buffered formalin: F1" in nora.get(answer.location).text


@pytest.mark.parametrize(
    "lot",
    [
        {"lot_rnalater_tube_month": "3", "lot_rnalater_tube_year": "2027"},
        {"lot_rnalater_tube": "A", "lot_rnalater_tube_month": "3"},
        {"lot_rnalater_tube": "A", "lot_rnalater_tube_month": "13", "lot_rnalater_tube_year": "2027"},
        {"lot_rnalater_tube": "A", "lot_rnalater_tube_month": "3", "lot_rnalater_tube_year": "27"},
        {"lot_rnalater_tube": "x" * 41},
        {"lot_rnalater_tube": "A\x01B"},
        {"lot_rnalater_tube": "A", "lot_rnalater_tube_chosen": "B, 2027-03"},
        {"lot_rnalater_tube_chosen": "x" * 5000},
    ],
)
def test_what_is_no_lot_keeps_what_was_typed(web: Web, made: History, lot: dict[str, str]) -> None:
    nora, code = begun(web, made, "lymph_node")
    for page, more in (("procedure", _procedure()), ("lots", {"nonce": "1"})):
        answer = nora.post(f"/kits/{code}/{page}", data={**more, **lot})
        assert answer.status_code == 422
        assert "lot_rnalater_tube-error" in answer.text or len(lot.get("lot_rnalater_tube_chosen", "")) > 4000
    assert "lots_recorded" not in web.acts("kit") and "procedure_recorded" not in web.acts("kit")


def test_a_procedure_sent_twice_keeps_the_lot_of_a_container_that_the_yield_did_not_reach(
    web: Web, made: History
) -> None:
    nora, code = begun(web, made, "lymph_node")
    sent = _procedure(pieces="4", lot_cs10_vial="CS 9", nonce="twice")
    for _twice in range(2):
        answer = nora.post(f"/kits/{code}/procedure", data=sent)
        assert answer.status_code == 303
    assert web.acts("kit").count("lots_recorded") == 1


def test_a_kit_without_such_containers_asks_for_no_lot(web: Web, made: History) -> None:
    nora = web.client("nora")
    answer = nora.post(f"/kits/{made.kits['blood']}/lots", data={"nonce": "1"})
    assert answer.status_code == 422
    assert "choose or type a lot first" in answer.text


def test_the_minutes_until_the_medium_are_said_for_the_next_tube(
    web: Web, made: History, clock: Traveller
) -> None:
    clock.shift(900)  # a while after consent
    nora, code = begun(web, made, "lymph_node")
    nora.post(f"/kits/{code}/procedure", data=_procedure())
    assert "Minutes until it lay in its medium" in nora.get(f"/kits/{code}/collect").text
    with web.app.app_context():
        core = next(each.code for each in kit.specimens_of(code) if each.slot == "LN_RNA")
    for wrong in ("x", "-1", "1441"):
        answer = scan(nora, code, core, minutes_to_medium=wrong)
        assert verdict(answer) == "check"
        assert (
            f'name="minutes_to_medium" inputmode="numeric" maxlength="4" autocomplete="off" value="{wrong}"'
            in (answer.text)
        )
    answer = scan(nora, code, core, minutes_to_medium="9")
    assert "data-saved" in answer.text and 'autocomplete="off" value="9"' not in answer.text
    page = nora.get(f"/specimens/{core}").text
    assert "in its medium after 9 min" in page
    assert "It took 9 min: 4 min too long." in page
    answer = nora.get(f"/specimens/{core}/correct")
    assert "minutes until it lay in its medium" in answer.text
    entry = re.search(r"entry=([\w-]+)&amp;field=minutes_to_medium", answer.text)
    assert entry
    told = {"entry": entry[1], "field": "minutes_to_medium", "reason": "typing_error", "nonce": "c"}
    assert nora.post(f"/specimens/{core}/correct", data={**told, "value": "1441"}).status_code == 422
    assert nora.post(f"/specimens/{core}/correct", data={**told, "value": "4"}).status_code == 303
    page = nora.get(f"/specimens/{core}").text
    assert "<del>9</del> → <ins>4</ins>" in page and "too long" not in page


def test_a_tube_without_a_medium_takes_no_minutes(web: Web, made: History) -> None:
    nora, code = begun(web, made)
    assert verdict(scan(nora, code, made.tubes[0], minutes_to_medium="3")) == "check"
    assert verdict(scan(nora, code, made.tubes[0])) == "ok"

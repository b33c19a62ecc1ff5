"""The procedure of tissue, stopping a session, taking a kit up again, at another station: page by page."""

import re

import pytest

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

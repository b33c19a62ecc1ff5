"""Batches in the browser: scanning in, steps, pools, derivatives."""

import re

import pytest
from time_machine import Traveller

from specimens.domain.specimen import Specimen
from specimens.models.base import db
from specimens.services import batch_view
from tests.services.chain import Chain, labelled, now
from tests.web.conftest import Web


@pytest.fixture
def tubes(web: Web, clock: Traveller) -> dict[str, list[Specimen]]:
    """The received blood of one participant, by slot."""
    with web.app.app_context():
        return Chain(web.cast, clock).received()


def _batch(web: Web, *codes: str) -> str:
    mei = web.client("mei")
    answer = mei.post("/batches", data={"name": "serum, Monday", "nonce": "open"})
    assert answer.status_code == 303
    address = answer.headers["Location"]
    for number, code in enumerate(codes):
        page = mei.post(address, data={"scan": code, "nonce": f"n{number}"})
        assert page.status_code == 200
        assert 'data-verdict="ok"' in page.text
    return address


def test_the_first_page_shows_what_waits_with_its_clock(web: Web, tubes: dict[str, list[Specimen]]) -> None:
    page = web.client("mei").get("/batches").text
    assert "Received, in no batch" in page
    sst = tubes["SST"][0].code
    assert f"{sst[:4]} {sst[4:]}" in page
    assert "left" in page


def test_a_tube_scanned_twice_is_told_so(web: Web, tubes: dict[str, list[Specimen]]) -> None:
    sst = tubes["SST"][0].code
    address = _batch(web, sst)
    page = web.client("mei").post(address, data={"scan": sst, "nonce": "again"}).text
    assert 'data-verdict="already"' in page


def test_a_batch_spins_and_makes_serum_from_the_page(
    web: Web, tubes: dict[str, list[Specimen]], clock: Traveller
) -> None:
    mei, sst = web.client("mei"), tubes["SST"][0].code
    address = _batch(web, sst)
    clock.shift(1800)
    spin = {
        "groups": "slot-SST", "force_g": "2000", "temperature_tenths_c": "20", "minutes": "10",
        "kept_tenths_c": "21,5", "brake": "yes", "nonce": "spin",
    }  # fmt: skip
    assert mei.get(f"{address}/steps/spun").status_code == 200
    wrong = mei.post(f"{address}/steps/spun", data={**spin, "brake": "", "force_g": "fast"})
    assert wrong.status_code == 422 and "<title>Error:" in wrong.text
    assert mei.post(f"{address}/steps/spun", data=spin).status_code == 303
    made = {f"count_{sst}": "6", f"last_{sst}": "350", "volume": "500", "left": "none", "nonce": "made"}
    assert mei.get(f"{address}/derive/serum").status_code == 200
    none = mei.post(f"{address}/derive/serum", data={"nonce": "x"})
    assert none.status_code == 422
    unmeasured = mei.post(f"{address}/derive/serum", data={**made, "volume": "", "nonce": "y"})
    assert unmeasured.status_code == 422 and 'id="volume-error"' in unmeasured.text
    assert mei.post(f"{address}/derive/serum", data=made).status_code == 303
    assert mei.post(f"{address}/derive/serum", data=made).status_code == 303
    page = mei.get(address).text
    assert len(re.findall(r"SERUM [1-6]<", page)) == 6
    assert "350 µl" in page
    with web.app.app_context():
        assert now(sst).status == "used_up"


def test_a_clotted_tube_is_left_out_of_the_pool(web: Web, tubes: dict[str, list[Specimen]]) -> None:
    mei = web.client("mei")
    heparin = [each.code for each in tubes["HEP"]]
    address = _batch(web, *heparin)
    page = mei.get(address).text
    assert "Pool 4 × NA-HEPARIN" in page
    way = re.search(r'href="([^"]+/pool/[^"]+)"', page)
    assert way
    answers = {f"tube_{code}": "pour" for code in heparin[:3]} | {f"tube_{heparin[3]}": "RC"}
    missing = mei.post(way[1], data={**answers, f"tube_{heparin[0]}": "", "nonce": "a"})
    assert missing.status_code == 422
    assert mei.post(way[1], data={**answers, "volume": "6000", "nonce": "b"}).status_code == 303
    with web.app.app_context():
        assert [now(code).status for code in heparin] == ["pooled"] * 3 + ["rejected"]
    assert "NA-HEPARIN pool" in mei.get(address).text


def test_undo_takes_a_tube_out_of_the_batch_again(web: Web, tubes: dict[str, list[Specimen]]) -> None:
    mei, sst = web.client("mei"), tubes["SST"][0].code
    address = _batch(web, sst)
    from specimens.domain.identifiers import COMMAND_CODES

    page = mei.post(address, data={"scan": COMMAND_CODES["UNDO"], "nonce": "u1"}).text
    assert 'name="pending" value="undo"' in page
    asked = mei.post(address, data={"scan": sst, "pending": "undo", "nonce": "u2"}).text
    assert "Why?" in asked
    done = mei.post(
        address, data={"scan": sst, "pending": "undo", "reason": "wrong_scan", "nonce": "u3"}
    ).text
    assert 'data-verdict="ok"' in done
    with web.app.app_context():
        assert now(sst).batch is None


def test_nobody_but_the_laboratory_opens_a_batch(web: Web) -> None:
    for login in ("nora", "luis", "ivo", "mona", "ada", "adam"):
        assert web.client(login).get("/batches").status_code == 403, login


def test_a_batch_of_another_site_is_not_found(web: Web, tubes: dict[str, list[Specimen]]) -> None:
    address = _batch(web)
    assert web.client("ola").get(address).status_code == 403
    assert web.client("mei").get("/batches/C4K7N2XD").status_code == 404


def test_the_closed_batch_takes_no_tube(web: Web, tubes: dict[str, list[Specimen]]) -> None:
    mei = web.client("mei")
    address = _batch(web)
    assert mei.post(f"{address}/close", data={"nonce": "close"}).status_code == 303
    page = mei.post(address, data={"scan": tubes["SST"][0].code, "nonce": "late"}).text
    assert "was closed on" in page


def _first(page: str) -> str:
    """Return where the one prominent button of the work leads."""
    work = page.split('id="live-work"')[1].split('id="live-tubes"')[0]
    (address,) = re.findall(r'class="btn btn-primary" href="([^"]+)"', work)
    return str(address)


def test_the_next_step_stands_out_alone_from_the_spin_to_the_box(
    web: Web, tubes: dict[str, list[Specimen]], clock: Traveller
) -> None:
    mei, sst = web.client("mei"), tubes["SST"][0].code
    heparin = [each.code for each in tubes["HEP"]]
    address = _batch(web, sst)
    code = address.rsplit("/", 1)[-1]
    assert _first(mei.get(address).text) == f"{address}/steps/spun"
    clock.shift(1800)
    spin = {"force_g": "2000", "temperature_tenths_c": "20", "minutes": "10", "brake": "yes"}
    assert mei.post(f"{address}/steps/spun", data={**spin, "groups": "slot-SST"}).status_code == 303
    assert _first(mei.get(address).text) == f"{address}/derive/serum"
    made = {f"count_{sst}": "6", "volume": "500", "left": "none", "nonce": "made"}
    assert mei.post(f"{address}/derive/serum", data=made).status_code == 303
    assert _first(mei.get(address).text) == f"{address}/steps/frozen"
    assert mei.post(f"{address}/steps/frozen", data={"groups": "child-serum"}).status_code == 303
    assert _first(mei.get(address).text) == f"{address}/print"
    with web.app.app_context():
        vials = [each.specimen for each in batch_view.work(web.cast.mei, code).tubes if each.specimen.level]
        labelled(web.cast.mei, *vials)
        db.session.remove()
    assert _first(mei.get(address).text) == "/storage"
    for tube in heparin:
        mei.post(address, data={"scan": tube, "nonce": tube})
    assert _first(mei.get(address).text) == f"{address}/steps/spun"
    assert mei.post(f"{address}/steps/spun", data={**spin, "groups": "slot-HEP"}).status_code == 303
    assert "/pool/" in _first(mei.get(address).text)
    poured = {f"tube_{tube}": "pour" for tube in heparin}
    assert mei.post(_first(mei.get(address).text), data=poured).status_code == 303
    assert _first(mei.get(address).text) == f"{address}/steps/counted"

"""Storage in the browser: the tree, a box filled by scanning, taking out, an excursion; the forms of one specimen."""

import re

import pytest
from time_machine import Traveller

from specimens.domain.identifiers import COMMAND_CODES
from specimens.services import derivative, excursion
from specimens.services.derivative import Yield
from tests.cast import PASSWORD
from tests.services.chain import Chain, labelled, now, unit
from tests.web.conftest import Web


@pytest.fixture
def serum(web: Web, clock: Traveller) -> list[str]:
    """Twelve frozen vials of serum at the bench."""
    with web.app.app_context():
        chain = Chain(web.cast, clock)
        tube = chain.received()["SST"][0]
        batch = chain.batch([tube])
        made = derivative.derive(
            web.cast.mei, "serum", [Yield(tube.code, 12, 500)], batch=batch, reason="other", note="large draw"
        )
        labelled(web.cast.mei, *made)
        chain.step(batch, "frozen")
        return [each.code for each in made]


@pytest.fixture
def box(web: Web, clock: Traveller) -> str:
    with web.app.app_context():
        freezer = unit("freezer", name="F3")
        return unit(name="B07", parent=freezer)


def _scan(web: Web, box: str, code: str, **more: str) -> str:
    data = {"scan": code, "nonce": f"{code}{more}", **more}
    answer = web.client("mei").post(f"/boxes/{box}", data=data)
    assert answer.status_code == 200
    return answer.text


def test_a_box_fills_itself_well_by_well(web: Web, box: str, serum: list[str]) -> None:
    for well, code in zip(("A1", "A2", "A3"), serum, strict=False):
        page = _scan(web, box, code)
        assert 'data-verdict="ok"' in page and f"well {well}." in page
    assert "next: A4" in page
    assert page.count('class="well well-kept"') == 4  # three wells and the key
    with web.app.app_context():
        assert [(now(code).place, now(code).position) for code in serum[:3]] == [
            (box, "A1"), (box, "A2"), (box, "A3"),
        ]  # fmt: skip


def test_the_map_is_a_table_with_headers_and_a_list_beside_it(web: Web, box: str, serum: list[str]) -> None:
    _scan(web, box, serum[0])
    page = web.client("mei").get(f"/boxes/{box}").text
    assert len(re.findall(r'<th scope="col">[1-9]</th>', page)) == 9
    assert re.findall(r'<th scope="row">([A-I])</th>', page) == list("ABCDEFGHI")
    assert f"{serum[0][:4]} {serum[0][4:]}" in page and "SERUM 1" in page


def test_a_chosen_well_takes_one_tube_and_then_the_order_goes_on(
    web: Web, box: str, serum: list[str]
) -> None:
    page = web.client("mei").get(f"/boxes/{box}?well=e5").text
    assert 'name="well" value="E5"' in page
    assert "well E5." in _scan(web, box, serum[0], well="E5")
    page = _scan(web, box, serum[1], well="E5")
    assert 'data-verdict="stop"' in page and "E5" in page
    assert "well A1." in _scan(web, box, serum[2])


def test_another_temperature_asks_why_and_then_takes_it(web: Web, serum: list[str]) -> None:
    with web.app.app_context():
        warm = unit(name="N1 B01", temperature="ln2_vapour")
    page = _scan(web, warm, serum[0])
    assert 'data-verdict="check"' in page and "Why?" in page and "−80 °C" in page
    page = _scan(web, warm, serum[0], reason="no_space")
    assert 'data-verdict="ok"' in page


def test_the_code_of_another_box_leads_there(web: Web, box: str) -> None:
    with web.app.app_context():
        other = unit(name="B08")
    answer = web.client("mei").post(f"/boxes/{box}", data={"scan": other, "nonce": "n"})
    assert answer.status_code == 303 and answer.headers["Location"].endswith(other)


def test_undo_takes_the_tube_out_of_its_well(web: Web, box: str, serum: list[str]) -> None:
    _scan(web, box, serum[0])
    assert 'name="pending" value="undo"' in _scan(web, box, COMMAND_CODES["UNDO"])
    assert "Why?" in _scan(web, box, serum[0], pending="undo")
    assert 'data-verdict="ok"' in _scan(web, box, serum[0], pending="undo", reason="wrong_scan")
    with web.app.app_context():
        assert now(serum[0]).place is None


def test_rubbish_at_a_box_is_refused_and_kept(web: Web, box: str, serum: list[str]) -> None:
    for rubbish in ("", "hello", "A" * 500, "C4K7N2XF", "C4K7N2XD", "<script>", "=1+1", "\x00"):
        answer = web.client("mei").post(f"/boxes/{box}", data={"scan": rubbish, "nonce": f"r{rubbish!r}"})
        assert answer.status_code in (200, 422), rubbish
    assert web.acts("near_miss")


def test_the_store_finds_a_tube_by_its_code(web: Web, box: str, serum: list[str]) -> None:
    _scan(web, box, serum[0])
    mei = web.client("mei")
    assert "F3" in mei.get("/storage").text
    found = mei.post("/storage", data={"scan": serum[0]})
    assert found.status_code == 303 and serum[0] in found.headers["Location"]
    assert "is in no storage unit" in mei.post("/storage", data={"scan": serum[1]}).text
    assert mei.post("/storage", data={"scan": "nonsense"}).status_code == 200


def test_tubes_are_taken_out_by_scanning_with_one_reason(web: Web, box: str, serum: list[str]) -> None:
    _scan(web, box, serum[0])
    mei = web.client("mei")
    assert "Why are they taken out?" in mei.get("/storage/retrieve").text
    page = mei.post("/storage/retrieve", data={"scan": serum[0], "reason": "analysis", "nonce": "t"}).text
    assert 'data-verdict="ok"' in page
    again = mei.post("/storage/retrieve", data={"scan": serum[0], "reason": "analysis", "nonce": "u"}).text
    assert 'data-verdict="already"' in again


def test_an_excursion_needs_every_number_and_holds_what_lies_there(
    web: Web, box: str, serum: list[str], clock: Traveller
) -> None:
    for code in serum[:4]:
        _scan(web, box, code)
    clock.shift(900)
    mei = web.client("mei")
    empty = mei.post(f"/storage/{box}/excursion", data={"nonce": "a"})
    assert empty.status_code == 422 and empty.text.count('class="wrong"') >= 5
    values = {
        "lowest": "-80", "highest": "−41,5", "minutes": "8", "cause": "power_failure", "began_day": "2",
        "began_month": "3", "began_year": "2026", "began_hour": "9", "began_minute": "15", "nonce": "b",
    }  # fmt: skip
    assert mei.post(f"/storage/{box}/excursion", data=values).status_code == 303
    with web.app.app_context():
        assert all("excursion" in now(code).holds for code in serum[:4])
        assert not now(serum[4]).holds
        assert excursion.would_reach(web.cast.mei, box) == 4
    assert "H: on hold" in mei.get(f"/boxes/{box}").text


def test_one_specimen_is_thawed_used_and_used_up(web: Web, serum: list[str]) -> None:
    mei, address = web.client("mei"), f"/specimens/{serum[0]}/use"
    assert mei.post(address, data={"nonce": "0"}).status_code == 422
    wrong = mei.post(address, data={"act": "used", "purpose": "anti-dsDNA", "volume": "501", "nonce": "1"})
    assert wrong.status_code == 422 and "not that much left" in wrong.text
    used = {"act": "used", "purpose": "anti-dsDNA", "volume": "200", "nonce": "2"}
    assert mei.post(address, data=used).status_code == 303
    assert mei.post(address, data={"act": "thawed", "nonce": "3"}).status_code == 303
    assert mei.post(address, data={"act": "used_up", "purpose": "rest", "nonce": "4"}).status_code == 303
    with web.app.app_context():
        done = now(serum[0])
        assert (done.status, done.volume_ul, done.thaws) == ("used_up", 0, 1)


def test_destruction_needs_another_person_with_a_password(web: Web, serum: list[str]) -> None:
    mei, address = web.client("mei"), f"/specimens/{serum[0]}/destroy"
    asked = {"reason": "unusable", "password": PASSWORD, "witness": "ivo", "witness_password": PASSWORD}
    for number, (change, told) in enumerate(
        (
            ({"witness": "mei"}, "another person"),
            ({"witness_password": "wrong"}, "do not belong together"),
            ({"password": "wrong"}, "not your present password"),
            ({"witness": "nora"}, "may not be the witness"),
            ({"witness": ""}, "needed"),
            ({"reason": ""}, "Choose one"),
            ({"password": ""}, "needed"),
            ({"witness_password": ""}, "needed"),
        )
    ):
        answer = mei.post(address, data={**asked, **change, "nonce": f"w{number}"})
        assert answer.status_code == 422 and told in answer.text, change
        assert PASSWORD not in answer.text
    assert mei.post(address, data={**asked, "nonce": "done"}).status_code == 303
    with web.app.app_context():
        assert now(serum[0]).status == "destroyed"


def test_quarantine_and_shipping_from_the_page(web: Web, serum: list[str]) -> None:
    mei = web.client("mei")
    held = {"reason": "condition_doubtful", "nonce": "q"}
    assert mei.post(f"/specimens/{serum[0]}/quarantine", data=held).status_code == 303
    away = mei.post(f"/specimens/{serum[0]}/ship", data={"destination": "UMCU", "nonce": "s"})
    assert away.status_code == 422 and "on hold" in away.text
    assert (
        mei.post(f"/specimens/{serum[1]}/ship", data={"destination": "UMCU", "nonce": "t"}).status_code == 303
    )
    assert "came back" in mei.get(f"/specimens/{serum[1]}/ship").text
    assert mei.post(f"/specimens/{serum[1]}/ship", data={"nonce": "u"}).status_code == 303
    with web.app.app_context():
        assert [now(code).status for code in serum[:2]] == ["in_processing", "received"]


def test_a_derivative_recorded_by_mistake_is_taken_back(web: Web, serum: list[str]) -> None:
    address = f"/specimens/{serum[11]}/never-made"
    mei = web.client("mei")
    assert mei.get(address).status_code == 200
    assert mei.post(address, data={"reason": "wrong_scan", "nonce": "n"}).status_code == 303
    with web.app.app_context():
        assert now(serum[11]).status == "voided"


def test_the_map_of_a_full_ten_by_ten_box_shows_each_tube_and_says_that_it_is_full(
    web: Web, serum: list[str], clock: Traveller
) -> None:
    with web.app.app_context():
        chain = Chain(web.cast, clock)
        tube = chain.received()["SST"][0]
        batch = chain.batch([tube])
        vials: list[str] = []
        for many in (50, 50):
            made = derivative.derive(
                web.cast.mei, "serum", [Yield(tube.code, many, 50)], batch=batch, reason="other", note="test"
            )
            labelled(web.cast.mei, *made)
            vials += [each.code for each in made]
        big = unit(name="B10", rows=10, columns=10)
    for code in vials:
        _scan(web, big, code)
    mei = web.client("mei")
    page = mei.get(f"/boxes/{big}").text
    assert page.count("well well-kept") == 101 and "This box is full" in page


def test_who_only_reads_sees_the_map_but_no_field_to_scan(web: Web, box: str) -> None:
    for login in ("nora", "mona", "ada"):
        page = web.client(login).get(f"/boxes/{box}").text
        assert "Map of the box" in page and 'name="scan"' not in page, login
        assert web.client(login).post(f"/boxes/{box}", data={"scan": "x"}).status_code == 403, login
    assert web.client("ola").get(f"/boxes/{box}").status_code == 404
    assert web.client("luis").get(f"/boxes/{box}").status_code == 403


def test_after_a_stop_nothing_goes_in_until_somebody_has_looked(web: Web, box: str, serum: list[str]) -> None:
    page = _scan(web, box, "C4K7N2XD")
    assert 'name="held" value="1"' in page
    page = _scan(web, box, serum[0], held="1")
    assert 'data-verdict="stop"' in page and 'name="held" value="2"' in page
    assert 'name="held"' not in _scan(web, box, COMMAND_CODES["ACKNOWLEDGE"], held="2")
    assert 'data-verdict="ok"' in _scan(web, box, serum[0])


def test_a_resent_scan_is_one_event(web: Web, box: str, serum: list[str]) -> None:
    mei = web.client("mei")
    for _ in range(2):
        page = mei.post(f"/boxes/{box}", data={"scan": serum[0], "nonce": "same"}).text
        assert 'data-verdict="ok"' in page
    assert web.acts("specimen").count("stored") == 1

"""Scan anything."""

import pytest
import time_machine

from specimens.domain.identifiers import COMMAND_CODES
from tests.forms import without_tokens
from tests.history import History
from tests.web.conftest import Web


@pytest.fixture
def history(blood_received: History) -> History:
    """Blood received."""
    return blood_received


def _scan(web: Web, login: str, raw: str, nonce: str = "n") -> tuple[int, str, str]:
    answer = web.client(login).post("/", data={"scan": raw, "nonce": nonce})
    return answer.status_code, answer.headers.get("Location", ""), answer.text


def test_a_tube_opens_its_page(web: Web, history: History) -> None:
    tube = history.tubes[0]
    for raw in (tube, tube.lower(), f"]d1{tube}", f"{tube[:4]} {tube[4:]}"):
        assert _scan(web, "mei", raw)[:2] == (303, f"/specimens/{tube}")
    assert web.client("mei").get(f"/?scan={tube}").headers["Location"] == f"/specimens/{tube}"


def test_finding_writes_nothing(web: Web, history: History) -> None:
    web.client("mei")
    before = web.entries()
    _scan(web, "mei", history.tubes[0])
    assert web.entries() == before


def test_a_participant_opens_its_page(web: Web, history: History) -> None:
    assert _scan(web, "nora", history.participant)[1] == f"/participants/{history.participant}"


def test_a_kit_opens_collection_for_who_collects(web: Web, history: History) -> None:
    planned = history.kits["synovium"]
    assert _scan(web, "nora", planned)[1] == f"/kits/{planned}/collect"
    assert _scan(web, "mei", planned)[1] == f"/visits/{history.visit}"
    assert _scan(web, "nora", history.kits["blood"])[1] == f"/visits/{history.visit}"  # finished


def test_a_station_offers_to_work_there(web: Web, history: History) -> None:
    station = web.cast.stations["AMS clinic 2"]
    status, _, page = _scan(web, "nora", station)
    assert status == 200
    assert 'data-verdict="check"' in page
    assert "Work at AMS clinic 2" in page


def test_a_person_is_named(web: Web, history: History) -> None:
    assert "Mei Tan" in _scan(web, "nora", web.cast.mei.user)[2]


@pytest.mark.parametrize("word", sorted(COMMAND_CODES))
def test_a_command_says_what_it_is_for(word: str, web: Web) -> None:
    page = _scan(web, "nora", COMMAND_CODES[word])[2]
    assert 'data-verdict="check"' in page
    assert word.replace("_", " ") in page


@pytest.mark.parametrize(
    "raw",
    ["C4K7N2XD", "C4K7N2XF", "", " ", "x" * 500, "\x07", "<script>", "123456789", "=1+1", "C4K7N2X\x1b"],
)
def test_what_names_nothing_is_stop_and_kept(raw: str, web: Web) -> None:
    status, _, page = _scan(web, "nora", raw)
    assert status == 200
    assert 'data-verdict="stop"' in page
    assert "<script>" not in page.partition('data-verdict="stop"')[2]
    assert web.acts("near_miss") == ["scan_refused"]
    _scan(web, "nora", raw)  # sent again by Back or a double click
    assert web.acts("near_miss") == ["scan_refused"]


def test_a_link_that_names_nothing_is_kept_once_a_day(web: Web, clock: time_machine.Traveller) -> None:
    for _ in range(3):
        assert 'data-verdict="stop"' in web.client("nora").get("/?scan=C4K7N2XD").text
    assert web.acts("near_miss") == ["scan_refused"]


def test_what_is_out_of_sight_is_as_unknown_as_what_is_not_there(web: Web, history: History) -> None:
    there = without_tokens(_scan(web, "ola", history.tubes[0], "a")[2])
    absent = _scan(web, "ola", "C4K7N2XD", "b")[2]
    sentence = "That identifier is not known here"
    assert sentence in there
    assert sentence in absent
    assert "Nora" not in there
    assert "Mei" not in there
    assert "Last:" not in there


def test_a_role_without_a_page_is_told_so(web: Web, history: History) -> None:
    assert "not known here" in _scan(web, "luis", history.tubes[0])[2]  # a courier may not read tubes

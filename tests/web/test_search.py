"""Searching, and the list that is taken out."""

import csv
import io

import pytest

from specimens.domain.terms import Kind
from specimens.services import search_plan
from specimens.services.record import writing
from tests.history import History
from tests.web.conftest import Web


@pytest.fixture
def history(blood_received: History) -> History:
    """Blood received, the other kits of the visit planned."""
    return blood_received


def test_everything_is_listed_with_counts_by_state(web: Web, history: History) -> None:
    page = web.client("mei").get("/search").text
    assert "20 specimens" in page
    assert page.count('<th scope="row">') == 20
    assert "/search?status=received" in page


def test_what_was_not_counted_whole_says_so_and_is_counted_when_asked(
    web: Web, history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("FEW", "MOST_COUNTED"):
        monkeypatch.setattr(search_plan, name, 6)
    page = web.client("mei").get("/search?status=received").text
    assert "At least 7 specimens" in page  # as many as are shown
    assert "Not all were counted." in page
    assert "/search?status=received&amp;count=all" in page
    assert "≥" in page
    page = web.client("mei").get("/search?status=received&count=all").text
    assert "7 specimens" in page
    assert "At least" not in page
    assert "≥" not in page


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("status=received", 7), ("status=planned", 13), ("status=stored", 0), ("participant=BEL-001", 20),
        ("participant=BEL-002", 0), ("timepoint=BL", 20), ("timepoint=W4", 0), ("custodian=laboratory", 7),
        ("custodian=nora", 0), ("place=freezer", 0), ("mark=late", 0), ("from_day=2&from_month=3&from_year=2026", 7),
        ("to_day=1&to_month=3&to_year=2026", 0),
        ("from_day=2&from_month=3&from_year=2026&to_day=2&to_month=3&to_year=2026", 7),
        ("status=received&participant=bel-001", 0),
    ],
)  # fmt: skip
def test_a_search_finds_what_fulfils_it(query: str, count: int, web: Web, history: History) -> None:
    answer = web.client("mei").get(f"/search?{query}")
    assert answer.status_code == 200
    assert answer.text.count('<th scope="row">') == count
    assert ("Nothing was found" in answer.text) == (count == 0)


def test_an_identifier_is_read_as_a_scanner_or_a_person_writes_it(web: Web, history: History) -> None:
    tube = history.tubes[0]
    for written in (tube, f"{tube[:4]} {tube[4:]}", tube.lower(), f"]d1{tube}"):
        page = web.client("mei").get("/search", query_string={"q": written}).text
        assert page.count('<th scope="row">') == 1
        assert f"/specimens/{tube}" in page


@pytest.mark.parametrize(
    "query",
    [
        "q=C4K7N2XF", "status=elsewhere", "timepoint=W99", "type=x", "mark=x",
        "from_day=31&from_month=2&from_year=2026",
        "from_day=2", "to_day=1&to_month=1&to_year=9999", "participant=" + "x" * 200, "custodian=%07", "place=a%0Db",
        "from_day=3&from_month=3&from_year=2026&to_day=2&to_month=3&to_year=2026",
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_told_and_kept(query: str, web: Web, history: History) -> None:
    answer = web.client("mei").get(f"/search?{query}")
    assert answer.status_code == (200 if query == "place=a%0Db" else 422)
    assert ("This search cannot be read" in answer.text) == (answer.status_code == 422)


@pytest.mark.parametrize("said", ["%", "_", "'", "\\", "%27 OR 1=1 --", "<b>x</b>", "=1+1", "🧊", "a b"])
def test_nothing_that_is_typed_breaks_a_search(said: str, web: Web, history: History) -> None:
    for name in ("participant", "visit", "custodian", "place"):
        answer = web.client("mei").get("/search", query_string={name: said})
        assert answer.status_code == 200
        assert "<b>x</b>" not in answer.text


@pytest.mark.parametrize(
    "cursor", ["after=0", "after=-1", "after=x", "before=99999999999999999999", "after=²", "before=1"]
)
def test_a_cursor_from_anywhere_is_harmless(cursor: str, web: Web, history: History) -> None:
    assert web.client("mei").get(f"/search?{cursor}").status_code == 200


def test_another_site_finds_nothing(web: Web, history: History) -> None:
    page = web.client("ola").get("/search").text
    assert history.tubes[0] not in page
    assert "No specimen is here yet" in page


def _rows(answer: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(answer.decode("utf-8-sig"))))


def test_a_list_is_taken_out_as_csv_and_that_is_written_down(web: Web, history: History) -> None:
    answer = web.client("mei").post("/search.csv?status=received", data={"nonce": "a"})
    rows = _rows(answer.data)
    assert [row["specimen"] for row in rows] == list(history.tubes)
    assert {row["custodian"] for row in rows} == {"AMS laboratory"}
    assert rows[0]["collected_at"].startswith("2026-03-02T09:")
    assert "attachment" in answer.headers["Content-Disposition"]
    assert web.acts("user").count("specimens_exported") == 1
    web.client("mei").post("/search.csv?status=received", data={"nonce": "a"})  # sent twice by a double click
    assert web.acts("user").count("specimens_exported") == 1


def test_a_spreadsheet_is_not_attacked(web: Web, history: History) -> None:
    with web.app.app_context(), writing(web.cast.mei) as op:
        op.append(
            Kind.STATION, web.cast.stations["AMS laboratory"], "station_changed",
            facts={"name": '=HYPERLINK("http://x")'},
        )  # fmt: skip
    answer = web.client("mei").post("/search.csv?status=received")
    assert {row["custodian"] for row in _rows(answer.data)} == {'\'=HYPERLINK("http://x")'}


def test_a_role_without_export_gets_no_list(web: Web, history: History) -> None:
    assert "Export as CSV" not in web.client("mona").get("/search").text
    assert web.client("mona").post("/search.csv").status_code == 403
    assert web.client("luis").get("/search").status_code == 403
    assert web.client("adam").get("/search").status_code == 403


def test_an_empty_list_has_its_heading(web: Web, history: History) -> None:
    answer = web.client("mei").post("/search.csv?status=lost")
    assert answer.data.decode("utf-8-sig").startswith('"specimen","participant"')
    assert _rows(answer.data) == []


@pytest.mark.parametrize("cursor", ["9" * 30, "0" * 25 + "9" * 40, "0" * 5000, "-1", "²", str(2**63)])
def test_a_page_that_there_is_not_is_the_first_page(cursor: str, web: Web, history: History) -> None:
    for name in ("before", "after"):
        answer = web.client("mei").get("/search", query_string={name: cursor})
        assert answer.status_code == 200
        assert "20 specimens" in answer.text

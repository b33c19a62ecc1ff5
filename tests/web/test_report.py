"""The pages of custody reports and of the audit, as each role sees them."""

import csv
import io
import re

import pypdfium2
import pytest

from specimens.domain.terms import Kind
from specimens.models.base import db
from specimens.services import report
from specimens.services.record import writing
from specimens.services.report_scope import ReportScope
from tests.history import History
from tests.web.conftest import Web

MARKUP = "<script>alert(1)</script>"


@pytest.fixture
def made(web: Web, blood_received: History) -> History:
    """A participant with tubes that were collected, released and received, and one act with markup in its note."""
    with web.app.app_context():
        with writing(web.cast.nora) as op:
            op.append(
                Kind.SPECIMEN, blood_received.tubes[0], "flagged", reason="other",
                facts={"add_flags": ["extra"]}, sealed={"reason": f"{MARKUP} =1+1"},
            )  # fmt: skip
        db.session.remove()
    return blood_received


def _text(answer: bytes) -> str:
    with pypdfium2.PdfDocument(answer) as pdf:
        return "".join(page.get_textpage().get_text_bounded() for page in pdf)


def test_the_form_asks_what_about_and_shows_the_report(web: Web, made: History) -> None:
    ada = web.client("ada")
    assert b'name="code"' in ada.get("/reports/custody").data
    page = ada.get(f"/reports/custody?code={made.tubes[0].lower()}")
    assert page.status_code == 200
    text = page.get_data(as_text=True)
    assert f"{made.tubes[0][:4]} {made.tubes[0][4:]}" in text
    assert "Nora de Wit" in text and "Mei Tan" in text and "AMS laboratory" in text
    assert MARKUP not in text and "&lt;script&gt;" in text


@pytest.mark.parametrize("about", ["specimen", "participant", "visit", "transfer"])
def test_an_address_may_name_what_the_report_is_about(web: Web, made: History, about: str) -> None:
    codes = {"specimen": made.tubes[0], "participant": made.participant, "visit": made.visit}
    code = codes.get(about, made.transfer or "")
    assert web.client("nora").get(f"/reports/custody?{about}={code}").status_code == 200
    other = "visit" if about != "visit" else "specimen"
    assert web.client("nora").get(f"/reports/custody?{other}={code}").status_code == 422


def test_a_pdf_and_a_csv_are_made_by_a_form_and_kept_on_record(web: Web, made: History) -> None:
    ada = web.client("ada")
    sent = {"code": made.participant, "nonce": "one"}
    answer = ada.post("/reports/custody.pdf", data=sent)
    assert answer.status_code == 200 and answer.mimetype == "application/pdf"
    assert ada.post("/reports/custody.pdf", data=sent).data[:5] == b"%PDF-"
    assert web.acts("report") == ["report_made", "report_issued", "report_issued"]
    told = ada.post("/reports/custody.csv", data={"code": made.participant, "nonce": "two"})
    assert told.headers["Content-Disposition"].startswith("attachment")
    rows = list(csv.DictReader(io.StringIO(told.data.decode("utf-8-sig"))))
    with web.app.app_context():
        events = report.preview(web.cast.ada, ReportScope("participant", made.participant)).events
    assert [int(row["number"]) for row in rows] == [event.number for event in events]
    text = _text(answer.data)
    for event in events:
        assert len(re.findall(rf"^{event.number}\b", text, re.MULTILINE)) >= 1, event.number
    listed = ada.get("/reports").get_data(as_text=True)
    assert listed.count("/reports/") >= 2 and "Ada Jansen" in listed


def test_a_report_that_was_made_says_whether_it_still_holds(web: Web, made: History) -> None:
    ada = web.client("ada")
    ada.post("/reports/custody.pdf", data={"code": made.tubes[0], "nonce": "one"})
    code = re.search(r"/reports/([0-9A-Z]{8})", ada.get("/reports").get_data(as_text=True))
    assert code
    assert "Unchanged" in ada.get(f"/reports/{code[1]}").get_data(as_text=True)
    with web.app.app_context():
        with writing(web.cast.nora) as op:
            op.append(Kind.SPECIMEN, made.tubes[0], "flagged", reason="other")
        db.session.remove()
    assert "Not the same any more" in ada.get(f"/reports/{code[1]}").get_data(as_text=True)
    assert web.client("ola").get(f"/reports/{code[1]}").status_code == 404


def test_a_period_is_read_as_day_month_year(web: Web, made: History) -> None:
    ada = web.client("ada")
    day = "first_day=2&first_month=3&first_year=2026&last_day=2&last_month=3&last_year=2026"
    page = ada.get(f"/reports/custody?{day}").get_data(as_text=True)
    assert "2 Mar 2026" in page and made.tubes[0][:4] in page
    other = ada.get("/reports/custody?first_day=3&first_month=3&first_year=2026").get_data(as_text=True)
    assert "it is empty" in other


@pytest.mark.parametrize(
    "query",
    [
        "code=rubbish", "code=" + "x" * 5000, "code=%01%02", "first_day=31&first_month=2&first_year=2026",
        "last_day=31&last_month=12&last_year=9999", "code=C4K7N2XD", "from=-5&code=",
        "first_day=2&first_month=3&first_year=2026&last_day=1&last_month=3&last_year=2026",
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_told_on_the_form(web: Web, query: str) -> None:
    answer = web.client("ada").get(f"/reports/custody?{query}")
    assert answer.status_code in (200, 404, 422)
    text = answer.get_data(as_text=True)
    assert 'name="code"' in text
    assert answer.status_code == 200 or 'role="alert"' in text


def test_a_tube_of_another_site_is_not_found(web: Web, made: History) -> None:
    ola = web.client("ola")
    assert ola.get(f"/reports/custody?code={made.tubes[0]}").status_code == 404
    assert ola.post("/reports/custody.pdf", data={"code": made.tubes[0]}).status_code == 404
    assert ola.get(f"/transfers/{made.transfer}/manifest.pdf").status_code == 404
    assert ola.get(f"/visits/{made.visit}/worksheet.pdf").status_code == 404


def test_the_manifest_and_the_downtime_sheet_print(web: Web, made: History) -> None:
    text = _text(web.client("mei").get(f"/transfers/{made.transfer}/manifest.pdf").data)
    for tube in made.tubes:
        assert f"{tube[:4]} {tube[4:]}" in text
    assert "Nora de Wit" in text and "1 of 7" in text
    text = _text(web.client("nora").get(f"/visits/{made.visit}/worksheet.pdf").data)
    for tube in made.tubes:
        assert f"{tube[:4]} {tube[4:]}" in text
    assert "Two identifiers checked" in text


def test_the_pages_speak_dutch(web: Web, made: History) -> None:
    nora = web.client("nora")
    with nora.session_transaction() as session:
        session["language"] = "nl"
    answer = nora.post("/reports/custody.pdf", data={"code": made.tubes[0], "nonce": "nl"})
    assert "Handtekeningen" in _text(answer.data)
    assert nora.get(f"/reports/custody?code={made.tubes[0]}").status_code == 200


@pytest.mark.parametrize(
    ("login", "report_status", "audit_status"),
    [
        ("nora", 200, 403), ("mei", 200, 403), ("luis", 403, 403), ("ivo", 200, 200), ("mona", 200, 200),
        ("ada", 200, 200), ("adam", 403, 200),
    ],
)  # fmt: skip
def test_who_may_make_reports_and_who_may_audit(
    web: Web, login: str, report_status: int, audit_status: int
) -> None:
    client = web.client(login)
    assert client.get("/reports/custody").status_code == report_status
    assert client.get("/reports").status_code == report_status
    assert client.get("/audit").status_code == audit_status
    assert client.get("/audit/changes").status_code == audit_status
    assert client.get("/audit/late").status_code == audit_status
    reads = audit_status if login != "adam" else 403
    for page in ("near-misses", "open", "draws"):
        assert client.get(f"/audit/{page}").status_code == reads, page


def test_the_audit_counts_lead_to_lists(web: Web, made: History) -> None:
    ada = web.client("ada")
    page = ada.get("/audit").get_data(as_text=True)
    for address in ("/audit/changes", "/audit/near-misses", "/audit/late", "/audit/open", "/reports"):
        assert address in page
    found = ada.get(f"/audit?code={made.tubes[0]}")
    assert found.status_code == 303 and found.headers["Location"].endswith(f"/audit/specimen/{made.tubes[0]}")
    assert ada.get("/audit?code=rubbish").status_code == 422


def test_the_trail_of_a_tube_is_told_field_by_field(web: Web, made: History) -> None:
    text = web.client("ada").get(f"/audit/specimen/{made.tubes[0]}").get_data(as_text=True)
    assert "AMS laboratory" in text and "Nora de Wit" in text
    assert "&lt;script&gt;" in text and MARKUP not in text
    monitor = web.client("mona").get(f"/audit/specimen/{made.tubes[0]}").get_data(as_text=True)
    assert "script" not in monitor.split("<main")[1] and "not shown to your role" in monitor


def test_every_kind_of_record_has_a_trail(web: Web, made: History) -> None:
    ada = web.client("ada")
    cast = web.cast
    with web.app.app_context():
        made_report = report.make(cast.ada, ReportScope("visit", made.visit), "csv").code
    records = {
        "participant": made.participant, "visit": made.visit, "kit": made.kits["blood"],
        "specimen": made.tubes[0], "transfer": made.transfer, "user": cast.nora.user, "site": "AMS",
        "station": cast.stations["AMS clinic"], "protocol": cast.study, "report": made_report,
    }  # fmt: skip
    for kind, code in records.items():
        answer = ada.get(f"/audit/{kind}/{code}")
        assert answer.status_code == 200, kind
    assert ada.get("/audit/everything/C4K7N2XD").status_code == 404
    assert ada.get("/audit/specimen/C4K7N2XD").status_code == 404
    adam = web.client("adam")
    assert adam.get(f"/audit/user/{cast.nora.user}").status_code == 200
    assert adam.get(f"/audit/specimen/{made.tubes[0]}").status_code == 404


@pytest.mark.parametrize("cursor", ["-1", "0", "abc", "9" * 40, "1e9", ""])
def test_a_cursor_that_nobody_gave_is_harmless(web: Web, made: History, cursor: str) -> None:
    ada = web.client("ada")
    addresses = ("/reports", "/audit/changes", "/audit/near-misses", "/audit/late", "/audit/open")
    for address in (*addresses, f"/audit/specimen/{made.tubes[0]}"):
        for name in ("before", "after"):
            assert ada.get(f"{address}?{name}={cursor}").status_code == 200, address
    assert ada.get(f"/reports/custody?code={made.tubes[0]}&from={cursor}").status_code == 200
    assert ada.get(f"/audit/entries/{cursor or 0}").status_code == 404

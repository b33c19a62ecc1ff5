"""The page that verifies a report: what an auditor gives, and the answer in words."""

import io
import re
from collections.abc import Iterator

import pikepdf
import pypdfium2
import pytest
from PIL import Image
from sqlalchemy import text

from specimens.domain.terms import Kind
from specimens.ledger import offline
from specimens.models.base import db
from specimens.services import report
from specimens.services.record import writing
from specimens.services.report_scope import ReportScope
from tests.history import History
from tests.web.conftest import Web

OK, CHECK, STOP = 'data-verdict="ok"', 'data-verdict="check"', 'data-verdict="stop"'


@pytest.fixture
def made(web: Web, blood_received: History) -> History:
    """Tubes that were received, and one act with a note."""
    with web.app.app_context():
        with writing(web.cast.nora) as op:
            op.append(
                Kind.SPECIMEN,
                blood_received.tubes[0],
                "flagged",
                reason="other",
                sealed={"reason": "the cap was loose"},
            )
        db.session.remove()
    return blood_received


@pytest.fixture
def paper(web: Web, made: History) -> Iterator[report.Made]:
    """A report on the participant, made by Ada."""
    with web.app.app_context():
        yield report.make(web.cast.ada, ReportScope("participant", made.participant), "pdf")
        db.session.remove()


def _ask(
    web: Web, login: str = "ada", file: bytes = b"", typed: str = "", language: str = "en"
) -> tuple[int, str]:
    client = web.client(login)
    with client.session_transaction() as session:
        session["language"] = language
    sent: dict[str, object] = {"text": typed}
    if file:
        sent["file"] = (io.BytesIO(file), "report.pdf")
    answer = client.post("/verify", data=sent, content_type="multipart/form-data")
    return answer.status_code, re.sub(r"\s+", " ", answer.get_data(as_text=True))


def _flag(web: Web, tube: str) -> None:
    with web.app.app_context():
        with writing(web.cast.nora) as op:
            op.append(Kind.SPECIMEN, tube, "flagged", reason="other")
        db.session.remove()


def test_the_page_asks_and_offers_the_program_that_needs_no_system(web: Web, paper: report.Made) -> None:
    page = web.client("ada").get("/verify").get_data(as_text=True)
    assert 'name="file"' in page and 'name="text"' in page and "/verify/offline.py" in page
    assert re.search(r"\+[0-9a-f]{8}\+A", page)  # the key
    program = web.stranger().get("/verify/offline.py")
    assert program.status_code == 200 and program.data.startswith(b"#!/usr/bin/env python3")
    assert "attachment" in program.headers["Content-Disposition"]


def test_the_file_that_was_made_is_genuine_and_more_events_since_are_counted(
    web: Web, made: History, paper: report.Made
) -> None:
    status, page = _ask(web, file=paper.data)
    assert status == 200 and OK in page, page
    assert "byte for byte" in page and "Nothing more has been recorded since" in page
    assert "The history has not been rewritten" in page
    _flag(web, made.tubes[1])
    status, page = _ask(web, file=paper.data)
    assert OK in page and "Events recorded since then on what it is about: 1." in page
    assert web.acts("report") == ["report_made", "report_issued"]  # asking writes nothing


def test_a_page_that_was_changed_is_seen_though_the_data_inside_are_genuine(
    web: Web, paper: report.Made
) -> None:
    stream = io.BytesIO()
    with pikepdf.open(io.BytesIO(paper.data)) as pdf:
        pdf.pages[0].contents_add(b"q Q")
        pdf.save(stream)
    status, page = _ask(web, file=stream.getvalue())
    assert status == 200 and CHECK in page and "not the one that was made here" in page
    bundle, _ = offline.attachments(paper.data)
    status, page = _ask(web, file=bundle)
    assert status == 200 and OK in page and "word for word" in page


def test_data_that_were_changed_are_named(web: Web, paper: report.Made) -> None:
    bundle, _ = offline.attachments(paper.data)
    status, page = _ask(web, file=bundle.replace(b"the cap was loose", b"the cap was tight"))
    assert status == 200 and STOP in page and "the text of reason is not the one that was sealed" in page
    assert "data-acknowledge" not in page


@pytest.mark.parametrize(
    ("typed", "verdict", "said"),
    [
        ("{digest}", OK, "the same entries still give the same digest"),
        ("{short}", OK, "the same entries still give the same digest"),
        ("{code}", OK, "the same entries still give the same digest"),
        ("{spaced}", OK, "the same entries still give the same digest"),
        ("f" * 64, CHECK, "No report that you may see"),
        ("C4K7N2XD", CHECK, "No report that you may see"),
        ("{note}", OK, "The history"),
        ("{crlf}", OK, "The history"),
        ("{cut}", STOP, "not signed by the key"),
        ("{other}", STOP, "not signed by the key"),
    ],
)
def test_what_stands_on_the_paper_may_be_typed(
    web: Web, paper: report.Made, typed: str, verdict: str, said: str
) -> None:
    note = offline.read_json(offline.attachments(paper.data)[0])["checkpoint"]
    size = note.split("\n")[1]
    typed = typed.format(
        digest=paper.digest,
        short=paper.digest[:16].upper(),
        code=paper.code,
        spaced=f"{paper.code[:4]} {paper.code[4:]}",
        note=note,
        crlf=note.replace("\n", "\r\n"),
        cut=note[:-9],
        other=note.replace(f"\n{size}\n", f"\n{int(size) - 1}\n"),
    )
    status, page = _ask(web, typed=typed)
    assert status == 200 and verdict in page and said in page, page


def test_a_digest_tells_events_since_apart_from_a_history_that_changed(
    web: Web, made: History, paper: report.Made
) -> None:
    _flag(web, made.tubes[1])
    _, page = _ask(web, typed=paper.digest)
    assert OK in page and "Events recorded since then on what it is about: 1." in page


def test_the_qr_code_may_be_photographed(web: Web, paper: report.Made) -> None:
    with pypdfium2.PdfDocument(paper.data) as pdf:
        pictures = [page.render(scale=150 / 72, grayscale=True).to_pil() for page in pdf]
        at = next(
            number
            for number, page in enumerate(pdf)
            if "Signed checkpoint" in page.get_textpage().get_text_bounded()
        )
    stream = io.BytesIO()
    pictures[at].rotate(3, fillcolor="white").save(stream, "JPEG", quality=60)
    status, page = _ask(web, file=stream.getvalue())
    assert status == 200 and OK in page and "The history" in page
    blank = io.BytesIO()
    Image.new("L", (600, 400), 255).save(blank, "PNG")
    status, page = _ask(web, file=blank.getvalue())
    assert status == 422 and "No QR code could be read" in page


@pytest.mark.parametrize(
    ("file", "typed", "said"),
    [
        (b"", "", "Fill it in"),
        (b"", "hello", "no digest"),
        (b"", "x" * 5000, "too long"),
        (b"MZ\x90\x00", "", "This is no PDF"),
        (b"%PDF-1.7\n%%EOF", "", "holds no custody.json"),
        (b"%PDF-1.7\ntrailer <</Encrypt 4 0 R>>", "", "encrypted"),
        (b"{}", "", "cannot be read"),
        (b"{" * 100_000, "", "cannot be read"),
        (b"\xff\xd8\xff\xe0 broken", "", "picture"),
    ],
)
def test_what_is_no_report_is_told_on_the_form(web: Web, file: bytes, typed: str, said: str) -> None:
    status, page = _ask(web, file=file, typed=typed)
    assert status == 422 and 'role="alert"' in page
    assert said in page, page


def test_a_history_that_was_rewritten_is_said_from_the_paper_alone(
    web: Web, made: History, paper: report.Made
) -> None:
    note = offline.read_json(offline.attachments(paper.data)[0])["checkpoint"]
    with web.app.app_context():
        triggers = db.session.execute(
            text("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'ledger_entry'")
        )
        for name in triggers.scalars().all():
            db.session.execute(text(f"DROP TRIGGER {name}"))
        changed = text(
            "UPDATE ledger_entry SET body = CAST(replace(CAST(body AS TEXT), 'Nora', 'Norb') AS BLOB)"
            " WHERE id = (SELECT min(id) FROM ledger_entry WHERE act = 'collected')"
        )
        db.session.execute(changed)
        db.session.commit()
        db.session.remove()
    for given in ({"file": paper.data}, {"typed": note}):
        status, page = _ask(web, **given)  # type: ignore[arg-type]
        assert status == 200 and STOP in page and "The history was rewritten" in page, page[
            page.index("verdict-said") :
        ][:400]


def test_a_report_of_another_site_stays_out_of_sight(web: Web, paper: report.Made) -> None:
    status, page = _ask(web, "ola", typed=paper.digest)
    assert status == 200 and CHECK in page and "No report that you may see" in page
    assert paper.code[:4] not in page


def test_the_answer_comes_in_dutch(web: Web, paper: report.Made) -> None:
    status, page = _ask(web, file=paper.data, language="nl")
    assert status == 200 and OK in page and "Echt en ongewijzigd" in page
    status, page = _ask(web, typed="hallo", language="nl")
    assert status == 422 and "Fout:" in page


def test_only_who_makes_reports_or_reads_the_audit_may_ask(web: Web) -> None:
    assert web.client("luis").get("/verify").status_code == 403
    assert web.stranger().get("/verify").status_code == 303


def test_the_proof_for_two_papers_is_handed_out(web: Web, paper: report.Made) -> None:
    said = offline.read_json(offline.attachments(paper.data)[0])
    size = int(said["checkpoint"].split("\n")[1])
    answer = web.client("ada").get(f"/verify/consistency.txt?old=3&new={size}")
    assert answer.status_code == 200 and answer.mimetype == "text/plain"
    assert all(len(line) == 44 for line in answer.get_data(as_text=True).split())
    for query in (f"old={size}&new=3", "old=x&new=1", "", "old=1&new=999999999"):
        assert web.client("ada").get(f"/verify/consistency.txt?{query}").status_code == 422


def test_a_long_report_is_made_on_a_page_that_says_how_far_it_is(web: Web, made: History) -> None:
    ada = web.client("ada")
    answer = ada.post("/reports/custody/long", data={"code": made.participant, "nonce": "long"})
    page = answer.get_data(as_text=True)
    assert answer.status_code == 200 and "Reading the entries" in page and re.search(r"page \d+ of \d+", page)
    found = re.search(r'href="(/reports/[0-9A-Z]{8}/file\.pdf)"', page)
    assert found
    file = ada.get(found[1])
    assert file.status_code == 200 and file.data[:5] == b"%PDF-"
    assert _ask(web, file=file.data)[1].count(OK) == 1
    assert web.client("mei").get(found[1]).status_code == 404  # it waits for who made it
    wrong = ada.post("/reports/custody/long", data={"code": "rubbish"})
    assert wrong.status_code == 422
    gone = ada.post(
        "/reports/custody/long", data={"code": "", "first_day": "1", "first_month": "1", "first_year": "2026"}
    )
    assert gone.status_code == 200

"""The auditor's bench in the browser: a seat sees codes and no words, and what it opens is written down."""

import re
from datetime import timedelta

import pypdfium2
import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from time_machine import Traveller
from werkzeug.test import TestResponse

from specimens.domain.entry import read_entry
from specimens.models.base import db
from specimens.models.ledger import LedgerEntry, SealedText
from specimens.models.user import UserRow
from specimens.services import access, disposal, draw, finding, grant, seat, token
from specimens.services.clock import today
from specimens.services.signature import Pen
from specimens.web import guard
from tests.cast import PASSWORD, ZONE
from tests.history import History
from tests.web.conftest import Web

SECRET = "the quick brown hare"


@pytest.fixture
def made(web: Web, blood_received: History) -> History:
    """A history in which every free text that was typed holds words of its own."""
    with web.app.app_context():
        disposal.quarantine(web.cast.mei, blood_received.tubes[0], reason="identity_doubtful", note=SECRET)
        db.session.remove()
    return blood_received


def sits(web: Web, role: str = "auditor", days: int = 1) -> tuple[FlaskClient, str]:
    """Let Ivo open a seat for Mona, and log her in to it."""
    with web.app.app_context():
        day = today(ZONE)
        held = seat.open_seat(
            web.cast.ivo, "mona", role, from_on=day, until_on=day + timedelta(days=days - 1), training_on=day,
            reason="inspection",
        )  # fmt: skip
        user = db.session.execute(select(UserRow).where(UserRow.login == "mona")).scalar_one()
        begun = access.begin(user, grant.grant(held.code), None)
        db.session.remove()
    client = web.app.test_client()
    with client.session_transaction() as session:
        session[guard.TOKEN] = begun
    return client, held.code


def viewed(web: Web) -> list[str]:
    """Return what was looked at, as (kind code), oldest first."""
    with web.app.app_context():
        bodies = db.session.execute(
            select(LedgerEntry.body).where(LedgerEntry.act == "viewed").order_by(LedgerEntry.id)
        ).scalars()
        facts = [read_entry(body).facts for body in bodies]
        db.session.remove()
    return [f"{each['record_kind']} {each['record']}" for each in facts]


def test_the_investigator_opens_a_seat_on_a_page_and_closes_it(web: Web) -> None:
    ivo = web.client("ivo")
    wrong = ivo.post("/audit/seats/new", data={"name": "mona"})
    assert wrong.status_code == 422 and "<title>Error:" in wrong.text
    days = {}
    for name in ("from_on", "until_on", "training_on"):
        day = today(ZONE)
        days |= {f"{name}_day": day.day, f"{name}_month": day.month, f"{name}_year": day.year}
    sent = {"name": "Mona ", "role": "auditor", "reason": "announced", "nonce": "n", **days}
    assert ivo.post("/audit/seats/new", data=sent).status_code == 303
    page = ivo.get("/audit/seats").text
    assert "Mona Vos" in page and "announced" in page
    (code,) = set(re.findall(r"/audit/seats/([0-9A-Z]+)/close", page))
    assert ivo.post(f"/audit/seats/{code}/close", data={"reason": ""}).status_code == 422
    assert ivo.post(f"/audit/seats/{code}/close", data={"reason": "done"}).status_code == 303
    assert "done" in ivo.get("/audit/seats").text
    assert ivo.get("/audit/seats/C4K7N2XD/close").status_code == 404


def test_a_seat_shuts_when_its_days_are_over(web: Web, clock: Traveller) -> None:
    client, _ = sits(web)
    assert client.get("/audit").status_code == 200
    clock.shift(24 * 3600)
    assert client.get("/audit").status_code == 303


def _pages(web: Web, made: History, held: str) -> list[str]:
    """Return every page that a seat can open about this history."""
    with web.app.app_context():
        drew = draw.draw(web.cast.ada, 3).code
        found = finding.raise_finding(
            web.cast.ada, made.tubes[0], "minor", "plain words", pen=Pen(PASSWORD)
        ).code
        entries = list(db.session.execute(select(LedgerEntry.id)).scalars())
        db.session.remove()
    kit = made.kits["blood"]
    kinds = [("specimen", made.tubes[0]), ("participant", made.participant), ("visit", made.visit), ("kit", kit),
             ("transfer", str(made.transfer)), ("grant", held), ("user", web.cast.nora.user), ("site", "AMS"),
             ("finding", found), ("draw", drew)]  # fmt: skip
    return [
        "/audit", "/audit/changes", "/audit/late", "/audit/near-misses", "/audit/open", "/audit/seats",
        "/audit/draws", f"/audit/draws/{drew}", "/audit/findings", f"/audit/findings/{found}",
        f"/audit/trace/{made.tubes[0]}", *(f"/audit/{kind}/{code}" for kind, code in kinds),
        *(f"/audit/entries/{number}" for number in entries[-12:]),
        f"/specimens/{made.tubes[0]}", f"/participants/{made.participant}", f"/visits/{made.visit}",
        f"/transfers/{made.transfer}", f"/transfers/{made.transfer}/manifest.pdf", "/search", "/transfers",
        f"/reports/custody?code={made.tubes[0]}", f"/participants/{made.participant}/eligibility",
        f"/transfers/{made.transfer}/differences", "/reports", "/storage", "/participants",
    ]  # fmt: skip


def _read(answer: TestResponse) -> str:
    """Return what an answer says; of a PDF, the text on its pages."""
    if answer.mimetype != "application/pdf":
        return answer.text
    pages = pypdfium2.PdfDocument(answer.data)
    return " ".join(page.get_textpage().get_text_range() for page in pages)


def test_a_seat_reads_no_sealed_text_on_any_page_report_or_answer(web: Web, made: History) -> None:
    client, held = sits(web)
    with web.app.app_context():
        kept = db.session.execute(
            select(SealedText.text, LedgerEntry.act).join(
                LedgerEntry, LedgerEntry.entry_id == SealedText.entry_id
            )
        ).all()
        db.session.remove()
    codes = ("eligibility_answered", "eligibility_confirmed", "enrolled")
    words = {row.text for row in kept if row.text and row.act not in codes and len(row.text) > 6}
    assert SECRET in words and len(words) > 1
    shown = [(page, client.get(page)) for page in _pages(web, made, held)]
    shut = [page for page, answer in shown if answer.status_code != 200]
    assert all(page.startswith("/audit/entries/") for page in shut), shut  # those of Oslo are out of sight
    assert len(shut) < len(shown) // 4
    sent = {"code": made.tubes[0]}
    shown.append(("csv", client.post("/reports/custody.csv", data=sent)))
    shown.append(("pdf", client.post("/reports/custody.pdf", data=sent)))
    leaks = [(page, word) for page, answer in shown for word in words if word in _read(answer)]
    assert leaks == []
    assert "sealed" in client.get(f"/specimens/{made.tubes[0]}").text
    assert "[sealed]" in _read(shown[-1][1]) and "[sealed]" in shown[-2][1].text
    assert SECRET in web.client("ada").get(f"/specimens/{made.tubes[0]}").text


def test_the_json_door_gives_a_seat_no_sealed_text_and_notes_what_it_gave(web: Web, made: History) -> None:
    _, held = sits(web)
    with web.app.app_context():
        user = db.session.execute(select(UserRow).where(UserRow.login == "mona")).scalar_one()
        actor = access.actor_for(user, grant.grant(held), None)
        bearer = {"Authorization": f"Bearer {token.make(actor, 'seat')}"}
        db.session.remove()
    answer = web.stranger().get(f"/api/v1/specimens/{made.tubes[0]}/custody", headers=bearer)
    assert answer.status_code == 200
    assert SECRET not in answer.text and '"sealed"' in answer.text
    assert viewed(web) == [f"specimen {made.tubes[0]}"]


def test_what_a_seat_opens_is_in_the_ledger_and_what_others_open_is_not(web: Web, made: History) -> None:
    client, held = sits(web)
    for address in (
        f"/specimens/{made.tubes[0]}",
        f"/audit/trace/{made.tubes[0]}",
        f"/participants/{made.participant}",
    ):
        assert client.get(address).status_code == 200
        assert web.client("ada").get(address).status_code == 200
    assert client.get("/specimens/C4K7N2XD").status_code == 404
    assert client.get(f"/reports/custody?code={made.visit}").status_code == 200
    assert client.get("/audit").status_code == 200
    assert viewed(web) == [
        f"specimen {made.tubes[0]}", f"participant {made.participant}", f"visit {made.visit}",
    ]  # fmt: skip
    page = web.client("ivo").get(f"/audit/grant/{held}").text
    assert "looked at" in page


def test_an_auditor_draws_traces_and_raises_a_finding_that_the_site_answers(web: Web, made: History) -> None:
    ada, ivo = web.client("ada"), web.client("ivo")
    assert ada.post("/audit/draws/new", data={"count": "x", "seed": "a'b"}).status_code == 422
    drawn = ada.post("/audit/draws/new", data={"count": "2", "nonce": "d"})
    assert drawn.status_code == 303
    page = ada.get(drawn.location).text
    code = drawn.location.rsplit("/", 1)[1]
    about = re.findall(r"/audit/trace/([0-9A-Z]{8})", page)[0]
    listed = ada.get(f"{drawn.location}/population.txt")
    assert listed.mimetype == "text/plain" and about in listed.text.splitlines()
    form = ada.get(f"/audit/findings/new?about={about}&draw={code}").text
    assert about in form and f'name="draw" value="{code}"' in form
    sent = {"about": about, "draw": code, "severity": "major", "text": "<b>No time</b>", "nonce": "f"}
    wrong = ada.post("/audit/findings/new", data={**sent, "password": "not this one at all"})
    assert wrong.status_code == 422 and "&lt;b&gt;No time" in wrong.text
    raised = ada.post("/audit/findings/new", data={**sent, "password": PASSWORD})
    assert raised.status_code == 303
    assert "<b>No time" not in ivo.get(raised.location).text
    answer = {"step": "answer", "text": "Typed late.", "password": PASSWORD, "nonce": "a"}
    assert ivo.post(raised.location, data=answer).status_code == 303
    judged = {"step": "close", "text": "Fine.", "password": PASSWORD, "nonce": "c"}
    assert ada.post(raised.location, data=judged).status_code == 303
    told = ivo.get(raised.location).text
    assert told.count("Ada Jansen") >= 2 and "Typed late." in told and "finding closed" in told.lower()
    assert about in ada.get("/audit").text or "open findings" in ada.get("/audit").text
    assert ada.post(raised.location, data=judged | {"nonce": "z"}).status_code == 422


def test_an_entry_out_of_range_is_not_found(web: Web) -> None:
    for number in ("0", "9" * 30):
        assert web.client("ada").get(f"/audit/entries/{number}").status_code == 404

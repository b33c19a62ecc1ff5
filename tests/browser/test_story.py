"""The whole story through the pages, without and with JavaScript: from screening to a custody report on paper."""

import random
import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pypdfium2
import pytest
from flask import Flask
from playwright.sync_api import expect
from sqlalchemy import Row, text

from specimens.cli.demo_clinic import answers
from specimens.domain.access import system_actor
from specimens.domain.identifiers import COMMAND_CODES
from specimens.models.base import db
from specimens.services import kit, verify
from specimens.services.scan import specimen_now
from specimens.services.study import protocol_of
from tests.browser.conftest import Live, OpenPage
from tests.browser.story import Person, parts
from tests.cast import PASSWORD, STUDY, ZONE, Cast, build


@pytest.fixture
def cast(app: Flask) -> Cast:
    with app.app_context():
        made = build()
        db.session.remove()
    return made


@pytest.mark.parametrize("scripts", [False, True], ids=["without_script", "with_script"])
def test_a_participant_is_screened_drawn_received_processed_stored_and_reported(
    scripts: bool, open_page: OpenPage, live: Live, cast: Cast
) -> None:
    def person(login: str, station: str | None = None) -> Person:
        somebody = Person(open_page(java_script_enabled=scripts, accept_downloads=True))
        somebody.log_in(login, station)
        return somebody

    adam, nora = person("adam"), person("nora", "AMS clinic")
    box = _box(adam, live)
    participant = _screened(nora, person("ivo", "AMS clinic"), live)
    visit, kits = _planned(nora, participant, live)
    tubes = _blood(nora, kits["blood"], live)
    cores = _lymph_node(nora, kits["lymph_node"], live)
    mei = person("mei", "AMS laboratory")
    for each, codes, temperature in ((kits["blood"], tubes, "room"), (kits["lymph_node"], cores, "cold")):
        _handed_over(nora, mei, each, codes, temperature)
    serum = _serum(mei, tubes["SST"][0], live)
    mei.page.goto(f"/boxes/{box}")
    for vial in serum:
        mei.scan(vial)
    _reported(person("ada"), live, participant, tubes["SST"][0])
    with live.app.app_context():
        assert [specimen_now(vial).position for vial in serum] == ["A1", "A2", "A3", "A4", "A5", "A6"]
        assert verify.verify().sound
        db.session.remove()
    nora.page.goto(f"/visits/{visit}/check")
    expect(nora.page.locator("main")).to_contain_text("SST")


def _box(adam: Person, live: Live) -> str:
    """The administrator adds a freezer and a box in it."""
    adam.page.goto("/admin/storage/new")
    adam.fill(site="AMS", kind="freezer", name="Freezer F3", temperature="minus80", fill="row")
    adam.press("Add")
    adam.page.goto(f"/admin/storage/new?parent={_named(live, 'Freezer F3')}")
    adam.fill(kind="box", name="B01", rows="9", columns="9", fill="row")
    adam.press("Add")
    return _named(live, "B01")


def _named(live: Live, name: str) -> str:
    with live.app.app_context():
        code = db.session.execute(
            text("SELECT code FROM storage WHERE name = :name"), {"name": name}
        ).scalar_one()
        db.session.remove()
    return str(code)


def _screened(nora: Person, ivo: Person, live: Live) -> str:
    nora.page.goto("/participants/new")
    nora.fill(subject_number="BEL-001")
    nora.press("Register")
    code = nora.code()
    nora.page.goto(f"/participants/{code}/consent/new")
    signed = datetime.now(UTC) - timedelta(hours=1)
    nora.fill(
        version="1.0", scopes=["participation", "genetics"], obtained_by="Ivo Smit", original="binder 3"
    )
    nora.fill(**parts("happened", signed))
    nora.press("Record")
    ivo.page.goto(f"/participants/{code}")
    ivo.page.get_by_role("link", name="Check the consent").click()
    ivo.fill(same="yes", password=PASSWORD)
    ivo.press("Sign the check")
    expect(ivo.page.locator("main")).to_contain_text("Compared with the paper by Ivo Smit")
    nora.page.goto(f"/participants/{code}/eligibility")
    with live.app.app_context():
        told = answers(protocol_of(STUDY), random.Random(1), "A")
    for criterion, fields in told.items():
        nora.fill(**{f"{criterion}.{name}": value for name, value in fields.items()})
    zero = datetime.now(UTC) + timedelta(days=7)
    nora.fill(**parts("day0", zero, clock=False))
    nora.press("Save")
    ivo.page.goto(f"/participants/{code}/eligibility/confirm")
    ivo.fill(password=PASSWORD)
    ivo.press("Confirm")
    nora.page.goto(f"/participants/{code}/enrol")
    nora.press("Enrol")
    expect(nora.page.locator("main")).to_contain_text("enrolled")
    return code


def _planned(nora: Person, participant: str, live: Live) -> tuple[str, dict[str, str]]:
    nora.page.goto(f"/participants/{participant}/visits/new?timepoint=BL")
    nora.press("Open")
    visit = nora.code()
    nora.page.goto(f"/visits/{visit}")
    kits = dict.fromkeys(re.findall(r"/kits/([0-9A-Z]{8})/collect", nora.page.content()))
    with live.app.app_context():
        known = {kit.get(system_actor(ZONE, STUDY), each).kit.procedure: each for each in kits}
        db.session.remove()
    return visit, known


def _tubes(live: Live, code: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    with live.app.app_context():
        for tube in kit.specimens_of(code):
            if tube.status == "planned":
                found.setdefault(tube.slot, []).append(tube.code)
        db.session.remove()
    return found


def _blood(nora: Person, code: str, live: Live) -> dict[str, list[str]]:
    tubes = _tubes(live, code)
    nora.page.goto(f"/kits/{code}/collect")
    nora.scan(COMMAND_CODES["IDENTITY"])
    for each in [tube for slot in tubes.values() for tube in slot]:
        nora.scan(each)
    nora.scan(tubes["SST"][0], "already")
    return tubes


def _lymph_node(nora: Person, code: str, live: Live) -> dict[str, list[str]]:
    nora.page.goto(f"/kits/{code}/collect")
    nora.page.locator("#scan").fill(COMMAND_CODES["IDENTITY"])
    nora.page.locator("#scan").press("Enter")  # tissue asks for the procedure at once
    nora.page.wait_for_url("**/procedure")
    nora.page.locator('main [name="place"]').first.check()
    nora.page.locator('main [name="operator"]').first.check()
    nora.fill(performed_by="Dr. R. Haak", pieces="5")
    nora.press("Record")
    tubes = _tubes(live, code)
    nora.page.goto(f"/kits/{code}/collect")
    for each in [tube for slot in tubes.values() for tube in slot]:
        nora.scan(each)
    return tubes


def _handed_over(nora: Person, mei: Person, code: str, tubes: dict[str, list[str]], temperature: str) -> None:
    every = [tube for slot in tubes.values() for tube in slot]
    nora.page.goto(f"/transfers/new?kit={code}")
    place = nora.page.locator("#to option", has_text="AMS laboratory").first.get_attribute("value")
    nora.page.locator("#to").select_option(place)
    nora.fill(count=str(len(every)), transport="by_hand", temperature=temperature)
    nora.press("Release")
    transfer = nora.code()
    mei.page.goto(f"/transfers/{transfer}/receipt")
    mei.fill(condition="intact", temperature="21.0" if temperature == "room" else "4.5")
    mei.press("Start")
    for each in every:
        mei.scan(each)
    mei.scan(COMMAND_CODES["FINISH"])


def _serum(mei: Person, tube: str, live: Live) -> list[str]:
    mei.page.goto("/batches")
    mei.fill(name="serum")
    mei.press("Open")
    batch = mei.code()
    mei.scan(tube)
    mei.page.goto(f"/batches/{batch}/steps/spun")
    mei.fill(force_g="2000", temperature_tenths_c="20", minutes="10", brake="yes")
    mei.press("Record")
    mei.page.goto(f"/batches/{batch}/derive/serum")
    mei.page.locator('main [name^="count"]').first.fill("6")
    mei.fill(volume="500", left="none")
    mei.press("Make")
    mei.page.goto(f"/batches/{batch}/steps/frozen")
    mei.page.locator('main [name="groups"]').last.check()
    mei.fill(temperature_tenths_c="-80")
    mei.press("Record")
    with live.app.app_context():
        rows = db.session.execute(
            text("SELECT child FROM specimen_parent WHERE parent = :parent ORDER BY id"), {"parent": tube}
        ).all()
        db.session.remove()
    assert len(rows) == 6
    _labelled(mei, batch, [row.child for row in rows])
    return [row.child for row in rows]


def _labelled(mei: Person, batch: str, vials: list[str]) -> None:
    """Print the labels of a batch and scan each back: before that none of them counts."""
    mei.page.goto(f"/batches/{batch}/print")
    mei.fill(stock="roll_33@300")
    form = mei.page.locator("main form").first
    fields = form.evaluate("form => Object.fromEntries(new FormData(form))")
    # Sent as the button sends it; the browser's own viewer would keep the labels to itself.
    answer = mei.page.request.post(f"/batches/{batch}/print", form=fields)
    assert answer.headers["content-type"] == "application/pdf"
    mei.page.goto(f"/batches/{batch}/labels")
    for vial in vials:
        mei.scan(vial)


def _reported(ada: Person, live: Live, participant: str, tube: str) -> None:
    """The auditor's report of the participant: every page is read back, and its events equal the ledger's."""
    ada.page.goto(f"/reports/custody?code={participant}")
    form = ada.page.locator('form[action$="custody.pdf"]')
    fields = dict(form.locator("input").evaluate_all("all => all.map(each => [each.name, each.value])"))
    # Sent as the button sends it; the browser's own viewer would keep the file to itself.
    answer = ada.page.request.post(str(form.get_attribute("action")), form=fields)
    assert answer.headers["content-type"] == "application/pdf"
    pdf = pypdfium2.PdfDocument(answer.body())
    pages = [page.get_textpage().get_text_range() for page in pdf]
    for number, page in enumerate(pages, start=1):
        assert re.search(rf"page {number} of {len(pages)}", page, re.IGNORECASE), page[:300]
    said = "\n".join(pages)
    with live.app.app_context():
        hashes = [row.hash.hex() for row in _entries(tube)]
        db.session.remove()
    assert len(hashes) > 6
    for each in hashes:
        assert each[:8] in said


def _entries(tube: str) -> Sequence[Row[Any]]:
    return db.session.execute(
        text("SELECT hash FROM ledger_entry WHERE subject_kind = 'specimen' AND subject_code = :code"),
        {"code": tube},
    ).all()

"""The main pages by axe-core's rules, in both themes: WCAG 2.2 AA and its best practices, nothing found."""

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Page
from sqlalchemy import select

from specimens.domain.access import system_actor
from specimens.domain.errors import BadInput
from specimens.domain.terms import Kind
from specimens.models.base import db
from specimens.models.specimen import SpecimenRow
from specimens.services import badge, find, inventory
from specimens.services.record import writing
from tests.browser.conftest import Live, OpenPage
from tests.cast import Cast, build
from tests.services.bags import released
from tests.services.chain import unit

SignedIn = Callable[..., Page]
#: A theme changes colours and nothing else: the second one is judged by the rules about colours alone.
RULES = {
    "light": {
        "type": "tag",
        "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    },
    "dark": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]},
}

#: Who → what they look at, in English; the codes are those of one kit that was collected and released. Every other page
#: is judged by `test_every_page.py`.
PAGES = {
    "nora": """/today /participants/{participant} /visits/{visit} /kits/{kit}/collect /?pending=undo
        /help/collect?from=/today /today?step=5""",
    "mei": "/transfers/{transfer}/receipt /boxes/{box}/check /picks/{pick}",
    "ada": "/audit/specimen/{tube}",
}


@pytest.fixture
def cast(app: Flask) -> Cast:
    with app.app_context():
        made = build()
        db.session.remove()
    return made


@pytest.fixture
def codes(live: Live, cast: Cast) -> dict[str, str]:
    with live.app.app_context():
        transfer, tubes = released(cast)
        tube = db.session.execute(select(SpecimenRow).where(SpecimenRow.code == tubes[0])).scalar_one()
        found = {"transfer": transfer.code, "tube": tube.code, "kit": tube.kit, "visit": tube.visit}
        found["participant"], found["person"] = tube.participant, cast.nora.user
        badge.issue(cast.adam, cast.nora.user)
        find.refused(cast.nora, "8711700123456", BadInput("scan_unreadable"), key="k", mode="scan")
        box, system = unit(), system_actor()
        inventory.scan_in(cast.mei, box, box)
        inventory.scan_in(cast.mei, box, tube.code)
        with writing(system) as op:
            listed = {"study": cast.study, "site": "AMS", "purpose": "analysis", "specimens": tubes}
            found |= {"box": box, "pick": op.create(Kind.PICK, "pick_listed", facts=listed).code}
        db.session.remove()
    return found


def complaints(page: Page, theme: str) -> list[str]:
    page.emulate_media(reduced_motion="reduce")  # a colour on its way to another is neither
    page.evaluate("theme => { document.documentElement.dataset.bsTheme = theme }", theme)
    found = Axe().run(page, options={"runOnly": RULES[theme], "resultTypes": ["violations"]})
    assert found.response["passes"]  # the rules were run at all
    return [
        f"{page.url} {theme} {each['id']}: {each['nodes'][0]['html'][:200]}"
        for each in found.response["violations"]
    ]


def _twice(page: Page) -> list[str]:
    ids: list[str] = page.evaluate("() => [...document.querySelectorAll('[id]')].map(each => each.id)")
    return [
        f"{page.url}: the id {each} is there twice" for each in {each for each in ids if ids.count(each) > 1}
    ]


@pytest.mark.parametrize("login", PAGES)
def test_axe_finds_nothing_on_the_main_pages_in_both_themes(
    login: str, cast: Cast, codes: dict[str, str], open_page: OpenPage, signed_in: SignedIn
) -> None:
    page = signed_in(open_page(reduced_motion="reduce"), getattr(cast, login))
    found = []
    for address in PAGES[login].split():
        page.goto(address.format(**codes))
        found += _twice(page) + complaints(page, "light") + complaints(page, "dark")
    assert found == []


def test_axe_finds_nothing_on_a_form_with_errors_nor_before_the_log_in(
    cast: Cast, open_page: OpenPage, signed_in: SignedIn
) -> None:
    page = open_page(reduced_motion="reduce")
    page.goto("/login")
    found = complaints(page, "light") + complaints(page, "dark")
    signed_in(page, cast.nora)
    page.goto("/participants/new")
    page.get_by_role("button", name="Register").click()
    page.wait_for_load_state()
    assert page.title().startswith("Error:")
    assert page.locator(".errors li").inner_text() == "Subject number: This is needed. Fill it in."
    found += complaints(page, "light") + complaints(page, "dark")
    assert found == []

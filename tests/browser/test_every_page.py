"""Every kind of page of the program: by axe's rules, under the strict policy, with months in words.

Each is judged in the light on a wide window by all rules, then, as it stands, in the dark on a telephone by those that
colour and width can change; what the laboratory and the auditor see in Dutch, the other pages in English. `python -m
tests.browser.axe` judges every page for each role that sees it by all rules, in both themes and both languages.
"""

import re
from collections import defaultdict
from collections.abc import Callable

import pytest
from flask import Flask
from playwright.sync_api import Page
from sqlalchemy import select
from time_machine import Traveller

from specimens.domain.errors import BadInput
from specimens.models.base import db
from specimens.models.ledger import LedgerEntry
from specimens.models.transfer import NearMissRow
from specimens.services import badge, find, handover
from specimens.services.clock_alarm import alarms
from specimens.web import CONTENT_POLICY
from tests.browser.conftest import OpenPage
from tests.browser.every import NAMES, NO_PAGE, PAGES, doors, kind
from tests.browser.test_accessibility import RULES, Axe, _twice
from tests.house.test_matrix import MADE_UP, World, world  # noqa: F401 - a fixture
from tests.web.conftest import Web, web  # noqa: F401 - a fixture

SignedIn = Callable[..., Page]
Rules = dict[str, object]

#: What a colour or a narrow window can change.
_CHANGED: Rules = {"type": "rule", "values": ["color-contrast", "link-in-text-block", "target-size"]}
_WIDE, _TELEPHONE = {"width": 1280, "height": 720}, {"width": 390, "height": 844}
#: Whose pages are looked at in Dutch.
_DUTCH = {"mei", "ada", "luis"}

_INLINE = re.compile(r"<style|\sstyle=|\son\w+=\"|<script(?![^>]*\ssrc=)|href=\"javascript:", re.IGNORECASE)
_NUMBERED_MONTH = re.compile(r"(?<![\w.-])(\d{4}-\d{2}-\d{2}|\d{1,2}[/-]\d{1,2}[/-](\d{2}|\d{4}))(?![\w-])")
_WIDER = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"


def _axe(page: Page, rules: object) -> list[str]:
    """Return what axe says; its script is in the page already."""
    found = Axe("0").run(page, options={"runOnly": rules, "resultTypes": ["violations"]})
    assert found.response["passes"]  # the rules were run at all
    return [f"{each['id']}: {each['nodes'][0]['html'][:200]}" for each in found.response["violations"]]


def _whole(page: Page, answer: str, headers: dict[str, str], language: str) -> list[str]:
    """Judge a page in the light, on a wide window."""
    found = [f"inline: {each.group(0)}" for each in _INLINE.finditer(answer)]
    if headers.get("content-security-policy") != CONTENT_POLICY:
        found.append(f"another policy: {headers.get('content-security-policy')}")
    found += [
        f"a month as a number: {each.group(0)}" for each in _NUMBERED_MONTH.finditer(page.inner_text("body"))
    ]
    here = page.evaluate("[document.documentElement.lang, document.documentElement.dataset.bsTheme]")
    if here != [language, "light"]:
        found.append(f"it is in {here}")
    return [*found, *_twice(page), *_axe(page, RULES["light"])]


def _changed(page: Page) -> list[str]:
    """Judge the same page in the dark, on a telephone."""
    page.evaluate("document.documentElement.dataset.bsTheme = 'dark'")
    page.set_viewport_size(_TELEPHONE)
    over = page.evaluate(_WIDER)
    return [*([f"{over} px wider than a telephone"] if over > 0 else []), *_axe(page, _CHANGED)]


def _besides(world: World, clock: Traveller) -> dict[str, str]:  # noqa: F811
    """Let a scan be refused, the clock of the server go back for a moment and a courier be offered a bag.

    Returns what came of it. The courier's telephone runs no scripts; here it does, for axe waits for a timer, and where
    no script may run none ever ends (tests/browser/test_handover.py walks the page without).
    """
    with world.web.app.app_context():
        cast = world.web.cast
        find.refused(cast.nora, "8711700123456", BadInput("scan_unreadable"), key="k", mode="scan")
        miss = db.session.execute(select(NearMissRow.code).order_by(NearMissRow.id.desc())).scalars().first()
        clock.shift(-3600)
        badge.issue(cast.adam, cast.nora.user)
        clock.shift(3600)
        _offered, secret = handover.offer(cast.nora, world.codes[NAMES.index("transfer")])
        (alarm,) = alarms(cast.ada)
        entry = db.session.execute(
            select(LedgerEntry.id).where(LedgerEntry.subject_code == world.codes[1])
        ).scalars()
        number = entry.first()
        db.session.remove()
    return {"miss": str(miss), "alarm": alarm.code, "entry": str(number), "secret": secret}


def test_every_door_to_a_page_is_looked_at_or_it_is_said_why_not(app: Flask) -> None:
    seen = {
        kind(app, each.format_map(defaultdict(lambda: MADE_UP, entry="1")))
        for told in PAGES.values()
        for each in told.split()
    }
    assert doors(app) - seen - NO_PAGE.keys() == set()
    assert seen & NO_PAGE.keys() == set() and NO_PAGE.keys() <= doors(app)


@pytest.mark.timeout(900)
def test_every_page_holds_to_axe_to_the_policy_and_to_how_dates_are_written(
    world: World,  # noqa: F811
    clock: Traveller,
    open_page: OpenPage,
    signed_in: SignedIn,
) -> None:
    codes = dict(zip(NAMES, world.codes, strict=True)) | _besides(world, clock)
    wrong, shut = [], []
    for login, told in PAGES.items():
        language = "nl" if login in _DUTCH else "en"
        page = open_page(reduced_motion="reduce", locale=language, viewport=_WIDE)
        if login:
            signed_in(page, world.web.cast.actors[login]).goto("/help")
            if language == "nl":
                page.locator("button[name=language]").click()
        page.add_init_script(Axe().axe_script)
        for address in told.split():
            address = address.format(**codes)
            page.set_viewport_size(_WIDE)
            answer = page.goto(address)
            assert answer is not None
            landed = f"/{page.url.split('/', 3)[3]}"
            if answer.status != 200 or kind(world.web.app, landed) != kind(world.web.app, address):
                shut.append(f"{login} {address}: {answer.status} {page.url}")
                continue
            wrong += [
                f"{login} {address}: {each}"
                for each in _whole(page, answer.text(), answer.all_headers(), language)
            ]
            wrong += [f"{login} {address} (dark, 390): {each}" for each in _changed(page)]
        page.context.close()
    assert not shut, "\n".join(shut)
    assert not wrong, "\n".join(wrong)

"""An auditor at a telephone draws, raises and signs a finding; the site answers; nothing is wider than the screen."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from specimens.services import seat
from specimens.services.clock import today
from tests.browser.conftest import OpenPage
from tests.cast import PASSWORD, ZONE, Cast
from tests.services.bags import released
from tests.web.scanning import Do

PHONE = {"viewport": {"width": 390, "height": 800}}


def _fits(page: Page) -> None:
    page.wait_for_load_state()  # a page that a form led to has no stylesheet yet when its address is there
    assert page.evaluate("document.documentElement.scrollWidth") <= 390, page.url


@pytest.mark.parametrize("script", [True, False])
def test_a_finding_goes_from_the_draw_to_its_closing_on_a_telephone(
    open_page: OpenPage,
    signed_in: Callable[..., Page],
    screenshot: Callable[[Page, str], Path],
    cast: Cast,
    do: Do,
    script: bool,
) -> None:
    do(released, cast, 2)
    day = today(ZONE)
    do(
        seat.open_seat, cast.ivo, "mona", "auditor", from_on=day, until_on=day + timedelta(days=4),
        training_on=day, reason="inspection",
    )  # fmt: skip
    ada = signed_in(open_page(java_script_enabled=script, **PHONE), cast.ada)
    ada.goto("/audit/draws/new")
    ada.fill("#count", "2")
    ada.click("text=Commit the seed and draw")
    expect(ada.locator("tbody tr")).to_have_count(2)
    _fits(ada)
    ada.click("tbody tr:first-child >> text=Raise a finding")
    ada.check("input[value=minor]")
    ada.fill("#text", "The time on the sheet is another.")
    ada.fill("#password", PASSWORD)
    _fits(ada)
    ada.click("text=Sign the finding")
    address = ada.url
    ivo = signed_in(open_page(java_script_enabled=script, **PHONE), cast.ivo)
    ivo.goto(address)
    ivo.fill("#text", "It was copied an hour later.")
    ivo.fill("#password", PASSWORD)
    ivo.click("button:has-text('Sign')")
    ada.goto(address)
    ada.check("input[value=close]")
    ada.fill("#text", "Accepted.")
    ada.fill("#password", PASSWORD)
    ada.click("button:has-text('Sign')")
    expect(ada.locator("main")).to_contain_text("finding closed")
    expect(ada.locator(".signed li")).to_have_count(3)
    _fits(ada)
    screenshot(ada, "finding-closed")
    for page in ("/audit", "/audit/seats", "/audit/draws", "/audit/findings"):
        ada.goto(page)
        _fits(ada)

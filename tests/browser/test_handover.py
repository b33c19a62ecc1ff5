"""A courier without an account signs on a telephone: no script, no log-in, nothing wider than 360 pixels."""

from collections.abc import Callable
from pathlib import Path

import zxingcpp
from PIL import Image
from playwright.sync_api import Page, expect

from specimens.services.scan import specimen_now
from tests.browser.conftest import OpenPage
from tests.cast import Cast
from tests.services.bags import released
from tests.web.scanning import Do

PHONE = {"viewport": {"width": 360, "height": 740}, "java_script_enabled": False}


def _fits(page: Page) -> None:
    page.wait_for_load_state()
    assert page.evaluate("document.documentElement.scrollWidth") <= 360, page.url


def test_a_courier_photographs_the_code_and_takes_part_of_a_list_on_a_telephone(
    open_page: OpenPage,
    signed_in: Callable[..., Page],
    screenshot: Callable[[Page, str], Path],
    cast: Cast,
    do: Do,
) -> None:
    bag, tubes = do(released, cast, 3, transport="courier")
    nurse = signed_in(open_page(), cast.nora)
    nurse.goto(f"/transfers/{bag.code}")
    nurse.click("text=Hand over by one-time code")
    nurse.click("text=Make a one-time code")
    seen = zxingcpp.read_barcodes(Image.open(screenshot(nurse, "handover-offer")))
    (link,) = [each.text for each in seen]

    phone = open_page(locale="nl-NL", **PHONE)
    phone.goto(link)
    expect(phone.locator("html")).to_have_attribute("lang", "nl")
    _fits(phone)
    screenshot(phone, "handover-phone-nl")
    phone.click("text=English")
    phone.click("text=I take only the tubes that I tick below")
    phone.click("button:has-text('Sign')")
    expect(phone.locator(".errors")).to_contain_text("Type your name.")
    expect(phone).to_have_title(f"Error: Bag {bag.code[:4]} {bag.code[4:]} – Specimens")
    _fits(phone)
    screenshot(phone, "handover-phone-wrong")
    for tube in tubes[:2]:
        phone.click(f"label:has-text('{tube[:4]} {tube[4:]}')")
    phone.select_option("#reason", "condition_doubtful")
    phone.fill("#name", "Joris Janszoon")
    phone.fill("#organisation", "W" * 200)
    phone.click("button:has-text('Sign')")
    expect(phone.locator(".told-ok")).to_contain_text("you took 2 tubes")
    _fits(phone)
    screenshot(phone, "handover-phone-signed")
    phone.goto(link)
    phone.reload()
    expect(phone.locator(".told-ok")).to_contain_text("you took 2 tubes")
    assert [do(specimen_now, tube).status for tube in tubes] == ["in_transit", "in_transit", "collected"]
    nurse.goto(f"/transfers/{bag.code}")
    expect(nurse.locator(".timeline")).to_contain_text("Joris Janszoon")
    screenshot(nurse, "handover-list")


def test_a_courier_signs_on_the_screen_of_the_releaser(
    either_page: Page, signed_in: Callable[..., Page], cast: Cast, do: Do
) -> None:
    bag, tubes = do(released, cast, 1)
    page = signed_in(either_page, cast.nora)
    page.goto(f"/transfers/{bag.code}/handover")
    page.click("text=Make a one-time code")
    page.click("text=Let them sign on this screen")
    expect(page.locator("nav")).to_have_count(0)
    page.click("text=I take the 1 tube")
    page.fill("#name", "Joris Janszoon")
    page.fill("#organisation", "Snel Koeriers")
    page.click("button:has-text('Sign')")
    expect(page.locator(".told-ok")).to_contain_text("you took 1 tube")
    assert do(specimen_now, tubes[0]).status == "in_transit"

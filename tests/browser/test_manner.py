"""A station in a browser that is dark and mute, or as the device is set, before anybody logs in and after."""

from collections.abc import Callable

from playwright.sync_api import Page, expect

from specimens.domain.station import Manner, Theme, Tongue
from specimens.services import site
from tests.browser.conftest import OpenPage
from tests.cast import PASSWORD, Cast
from tests.tubes import open_kit
from tests.web.scanning import Do

#: Notes every tone that the page plays.
_LISTEN = """() => {
    window.heard = [];
    const start = OscillatorNode.prototype.start;
    OscillatorNode.prototype.start = function (...at) {
        window.heard.push(this.frequency.value);
        return start.apply(this, at);
    };
}"""


def _ground(page: Page) -> str:
    return str(page.evaluate("getComputedStyle(document.body).backgroundColor"))


def _log_in(page: Page, login: str, station: str) -> None:
    page.goto("/login")
    page.fill("#login", login)
    page.fill("#password", PASSWORD)
    page.get_by_role("button", name="Log in").click()
    page.locator(f"button[value={station}]").click()
    page.wait_for_url("**/today")


def test_a_dark_station_is_dark_and_mute_before_and_after_logging_in(
    cast: Cast, do: Do, page: Page, screenshot: Callable[[Page, str], object]
) -> None:
    room = cast.stations["AMS clinic"]
    do(site.change_station, cast.adam, room, "Freezer room", Manner(Theme.DARK, False, Tongue.PERSON))
    kit, tubes = do(open_kit, cast, 2)
    page.add_init_script(f"({_LISTEN})()")
    page.goto("/login")
    light = _ground(page)
    _log_in(page, "nora", room)
    page.goto(f"/kits/{kit}/collect")
    dark = _ground(page)
    assert dark != light
    page.keyboard.type(f"{tubes[0]}\n")
    expect(page.locator(".slot-done")).to_have_count(1)
    assert page.evaluate("window.heard") == []
    screenshot(page, "dark-station")
    page.get_by_role("button", name="Sound: off").click()
    expect(page.get_by_role("button", name="Sound: on")).to_be_visible()
    page.keyboard.type(f"{tubes[1]}\n")
    expect(page.locator(".slot-done")).to_have_count(2)
    assert (
        page.evaluate("window.heard.length") > 0
    )  # the same page can be heard: what was silent was the station
    page.get_by_role("button", name="Log out").click()
    page.locator("#login").wait_for()
    assert _ground(page) == dark and page.locator("body").get_attribute("data-sound") == "off"
    screenshot(page, "dark-login")
    _log_in(page, "nora", room)
    page.get_by_role("button", name="Lock").click()
    page.locator("#badge").wait_for()
    assert _ground(page) == dark
    screenshot(page, "dark-lock")


def test_a_station_as_the_device_is_set_follows_the_device_and_can_be_switched(
    cast: Cast, open_page: OpenPage
) -> None:
    page = open_page(color_scheme="dark")
    page.goto("/login")
    light = _ground(page)
    _log_in(page, "nora", cast.stations["AMS clinic"])
    dark = _ground(page)
    assert dark != light
    expect(page.get_by_role("button", name="Dark theme")).to_be_hidden()
    page.emulate_media(color_scheme="light")
    page.get_by_role("button", name="Dark theme").wait_for()  # it shows itself when the device turns light
    assert _ground(page) == light
    page.get_by_role("button", name="Dark theme").click()
    page.get_by_role("button", name="Light theme").wait_for()
    assert _ground(page) == dark

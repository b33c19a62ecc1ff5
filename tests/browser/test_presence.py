"""A station in a browser: it covers itself and gives back what was typed; a badge changes the person on the page."""

from collections.abc import Callable

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from specimens.domain.identifiers import COMMAND_CODES
from specimens.services.scan import specimen_now
from tests.badges import PIN, badge_of
from tests.browser.conftest import OpenPage
from tests.browser.test_accessibility import RULES
from tests.cast import Cast
from tests.tubes import open_kit
from tests.web.scanning import Do

SignedIn = Callable[..., Page]
IDLE = "12:01:00"  # the tests lock after twelve hours


def _complaints(page: Page) -> list[str]:
    found = []
    for theme, rules in RULES.items():
        page.evaluate("theme => { document.documentElement.dataset.bsTheme = theme }", theme)
        told = Axe().run(page, options={"runOnly": rules, "resultTypes": ["violations"]})
        found += [f"{each['id']}: {each['nodes'][0]['html'][:200]}" for each in told.response["violations"]]
    return found


def _unlock(page: Page, code: str) -> None:
    page.keyboard.type(code)
    page.keyboard.press("Enter")
    expect(page.locator("#pin")).to_be_focused()
    page.keyboard.type(PIN)
    page.keyboard.press("Enter")


def test_an_idle_station_covers_itself_and_gives_back_what_was_typed(
    cast: Cast, do: Do, open_page: OpenPage, signed_in: SignedIn, screenshot: Callable[[Page, str], object]
) -> None:
    nora, nils = do(badge_of, cast.nora), do(badge_of, cast.nils)
    page = signed_in(open_page(reduced_motion="reduce"), cast.nora)
    page.clock.install()
    page.goto("/participants/new")
    page.fill("#subject_number", "BEL-042")
    page.clock.fast_forward(IDLE)
    cover = page.locator("dialog.cover")
    expect(cover.locator("#badge")).to_be_focused()
    assert page.locator("main h1").first.is_hidden()
    page.keyboard.press("Escape")
    expect(cover).to_be_visible()
    assert (
        page.request.get("/today", max_redirects=0).status == 303
    )  # the server is locked, whatever the script does
    screenshot(page, "lock")
    assert _complaints(page) == []
    _unlock(page, str(nora))
    expect(cover).to_have_count(0)
    expect(page.locator("#subject_number")).to_have_value("BEL-042")
    page.get_by_role("button", name="Register").click()
    page.wait_for_url("**/participants/*")
    expect(page.locator("main")).to_contain_text("BEL-042")
    page.clock.fast_forward(IDLE)
    expect(cover.locator("#badge")).to_be_focused()
    _unlock(page, str(nils))
    expect(page.locator(".whereabouts")).to_contain_text("Nils Bakker")
    expect(cover).to_have_count(0)


def test_a_badge_on_a_scanning_page_changes_the_person_there_with_and_without_script(
    cast: Cast, do: Do, either_page: Page, signed_in: SignedIn, screenshot: Callable[[Page, str], object]
) -> None:
    codes = {each.name: str(do(badge_of, each)) for each in (cast.nora, cast.nils)}
    page = signed_in(either_page, cast.nora)
    page.goto("/")
    page.locator("#scan").press_sequentially(codes["Nils Bakker"])
    page.keyboard.press("Enter")
    page.locator("#pin").wait_for()
    screenshot(page, "badge")
    page.locator("#pin").press_sequentially("9417")
    page.keyboard.press("Enter")
    expect(page.locator("#pin-error")).to_be_visible()
    page.locator("#pin").press_sequentially(PIN)
    page.keyboard.press("Enter")
    expect(page.locator(".whereabouts")).to_contain_text("Nils Bakker")
    page.get_by_role("button", name="Lock").click()
    page.locator("#badge").wait_for()
    page.go_back()
    expect(page.locator("#badge")).to_be_visible()  # what was there before is not kept by the browser
    page.locator("#badge").press_sequentially(codes["Nora de Wit"])
    page.keyboard.press("Enter")
    page.locator("#pin").press_sequentially(PIN)
    page.keyboard.press("Enter")
    expect(page.locator(".whereabouts")).to_contain_text("Nora de Wit")


def test_whoever_takes_an_open_kit_over_scans_identity_once_and_goes_on_with_and_without_script(
    cast: Cast, do: Do, either_page: Page, signed_in: SignedIn, screenshot: Callable[[Page, str], object]
) -> None:
    nils = str(do(badge_of, cast.nils))
    kit, tubes = do(open_kit, cast, 3)
    page = signed_in(either_page, cast.nora)

    def scan(text: str) -> None:
        page.locator("#scan").press_sequentially(text)
        page.keyboard.press("Enter")

    page.goto(f"/kits/{kit}/collect")
    scan(tubes[0])
    expect(page.locator(".slot-done")).to_have_count(1)
    scan(nils)
    page.locator("#pin").press_sequentially(PIN)
    page.keyboard.press("Enter")
    expect(page.locator(".whereabouts")).to_contain_text("Nils Bakker")
    expect(page.locator(".verdict")).to_contain_text("Nora de Wit checked two identifiers at")
    screenshot(page, "taken-over")
    scan(tubes[1])
    expect(page.locator("[data-verdict=check]")).to_contain_text("before you came")
    assert do(lambda: specimen_now(tubes[1]).status) == "planned"
    scan(COMMAND_CODES["IDENTITY"])
    expect(page.locator("[data-verdict=ok]")).to_contain_text("Two identifiers are attested")
    scan(tubes[1])
    expect(page.locator(".slot-done")).to_have_count(2)
    assert do(lambda: specimen_now(tubes[1]).collected_by) == cast.nils.user
    expect(page.locator(".tubes")).to_contain_text("Nils Bakker")


def test_a_scan_at_a_station_that_was_locked_elsewhere_is_kept_and_goes_out_when_its_person_is_back(
    cast: Cast, do: Do, page: Page, signed_in: SignedIn
) -> None:
    code = str(do(badge_of, cast.nora))
    kit, tubes = do(open_kit, cast, 2)
    signed_in(page, cast.nora).goto(f"/kits/{kit}/collect")
    other = page.context.new_page()
    other.goto("/today")
    other.get_by_role("button", name="Lock").click()
    other.locator("#badge").wait_for()
    page.keyboard.type(f"{tubes[0]}\n")
    page.locator("#badge").wait_for()  # not saved, and not lost
    assert do(lambda: [specimen_now(each).status for each in tubes]) == ["planned", "planned"]
    _unlock(page, code)
    expect(page.locator(".slot-done")).to_have_count(1)
    assert do(lambda: [specimen_now(each).status for each in tubes]) == ["collected", "planned"]

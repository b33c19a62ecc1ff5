"""How many acts the main ways of a day take, by scanner and keyboard alone: a visit, a receipt, a box."""

from collections.abc import Callable
from dataclasses import dataclass

from flask import Flask
from playwright.sync_api import Page, expect
from time_machine import Traveller

from specimens.domain.identifiers import COMMAND_CODES, printed
from specimens.models.base import db
from specimens.services import derivative, kit
from specimens.services.derivative import Yield
from specimens.services.scan import specimen_now
from tests.browser.conftest import OpenPage
from tests.browser.keys import Scanner
from tests.cast import Cast
from tests.history import History
from tests.services.bags import released
from tests.services.chain import Chain, labelled, unit
from tests.tubes import open_kit
from tests.web.scanning import Do

SignedIn = Callable[..., Page]


@dataclass
class Hand:
    """Somebody in gloves: a scanner, a keyboard, no mouse. Counts the scans, the forms, and the keys typed by hand."""

    page: Page
    scans: int = 0
    forms: int = 0
    typed: int = 0

    def scan(self, code: str, verdict: str | None = "ok") -> None:
        """Scan; wait for the verdict on this very code, or with None for another page."""
        was = self.page.url
        Scanner(self.page).type(code)
        self.scans += 1
        if verdict is None:
            self.page.wait_for_url(lambda url: url != was)
            return
        if code not in COMMAND_CODES.values():
            expect(self.page.locator(".verdict-code")).to_have_text(printed(code))
        expect(self.page.locator("[data-verdict]")).to_have_attribute("data-verdict", verdict)

    def to(self, selector: str) -> None:
        """Go from field to field with Tab until one that fits has the focus."""
        for _ in range(120):
            if self.page.evaluate("asked => document.activeElement.matches(asked)", selector):
                return
            self.page.keyboard.press("Tab")
        raise AssertionError(f"no way by keyboard to {selector}")

    def tick(self, selector: str) -> None:
        """Choose with the space bar."""
        self.to(selector)
        self.page.keyboard.press("Space")

    def write(self, selector: str, text: str) -> None:
        """Type into a field."""
        self.to(selector)
        self.page.keyboard.type(text)
        self.typed += len(text)

    def send(self) -> None:
        """Send the form, from its last field, and wait for the next page."""
        was = self.page.url
        self.to("main form button:not([type=button])")
        self.page.keyboard.press("Enter")
        self.page.wait_for_url(lambda url: url != was)
        self.forms += 1

    @property
    def acts(self) -> int:
        """Return how often something was scanned or sent."""
        return self.scans + self.forms


def test_a_kit_of_six_tubes_takes_ten_scans_and_nothing_else(
    cast: Cast, do: Do, page: Page, signed_in: SignedIn
) -> None:
    code, tubes = do(open_kit, cast, 6)
    signed_in(page, cast.nora).goto("/")
    nora = Hand(page)
    nora.scan(code, None)
    nora.scan(COMMAND_CODES["IDENTITY"])
    for number, tube in enumerate(tubes, start=1):
        nora.scan(tube)
        assert page.locator(".slots .slot-open").count() == len(tubes) - number  # what is left stays in sight
    newest = page.locator(".last-five li").all_inner_texts()
    assert len(newest) == 5 and printed(tubes[-1]) in newest[0]
    nora.scan(COMMAND_CODES["FINISH"], None)
    nora.scan(COMMAND_CODES["ACKNOWLEDGE"], None)
    assert (nora.scans, nora.forms, nora.typed) == (10, 0, 0)
    assert {do(specimen_now, tube).status for tube in tubes} == {"collected"}


def test_a_whole_baseline_visit_of_twenty_containers_takes_32_acts(
    everybody: Cast, visit_open: History, app: Flask, page: Page, signed_in: SignedIn
) -> None:
    signed_in(page, everybody.nora).goto("/")
    nora, taken = Hand(page), 0
    for procedure, code in visit_open.kits.items():
        nora.scan(code, None)
        tissue = procedure != "blood"
        nora.scan(COMMAND_CODES["IDENTITY"], None if tissue else "ok")
        if tissue:  # what no code can say: where, who, how many pieces; one form, by keyboard
            nora.tick("[name=place]")
            nora.tick("[name=operator]")
            nora.write("[name=performed_by]", "R. Haak")
            nora.write("[name=pieces]", "24" if procedure == "synovium" else "8")
            nora.send()
        with app.app_context():
            tubes = [each.code for each in kit.specimens_of(code) if each.status == "planned"]
            db.session.remove()
        for tube in tubes:
            nora.scan(tube)
        taken += len(tubes)
        nora.scan(COMMAND_CODES["FINISH"], None)
    nora.scan(COMMAND_CODES["ACKNOWLEDGE"], None)
    assert page.url.endswith(f"/visits/{visit_open.visit}")
    assert taken == 20
    assert (nora.scans, nora.forms) == (30, 2) and nora.acts <= 32


def test_a_receipt_of_forty_tubes_takes_42_scans_and_no_mouse(
    cast: Cast, do: Do, page: Page, signed_in: SignedIn
) -> None:
    bag, tubes = do(released, cast, 40)
    signed_in(page, cast.mei).goto("/")
    mei = Hand(page)
    mei.scan(bag.code, None)
    mei.tick("[name=condition]")
    mei.write("[name=temperature]", "21")
    mei.page.keyboard.press("Enter")
    page.wait_for_load_state()
    expect(page.locator("#scan")).to_be_focused()
    for tube in tubes:
        mei.scan(tube)
    assert page.locator(".last-five li").count() == 5
    assert printed(tubes[-1]) in page.locator(".last-five li").first.inner_text()
    mei.scan(COMMAND_CODES["FINISH"])
    expect(page.get_by_text("The receipt is closed.").first).to_be_visible()
    assert mei.scans == 42
    assert {do(specimen_now, tube).status for tube in tubes} == {"received"}


def test_a_box_of_81_wells_is_filled_in_82_scans_and_a_wrong_tube_loses_no_other(
    everybody: Cast, clock: Traveller, app: Flask, open_page: OpenPage, signed_in: SignedIn
) -> None:
    with app.app_context():
        chain = Chain(everybody, clock)
        tube = chain.received()["SST"][0]
        batch = chain.batch([tube])
        made = [
            vial
            for many in (50, 31)
            for vial in derivative.derive(
                everybody.mei, "serum", [Yield(tube.code, many, 50)], batch=batch, reason="other", note="test"
            )
        ]
        labelled(everybody.mei, *made)
        chain.step(batch, "frozen")
        box = unit(name="B81")
        vials = [each.code for each in made]
        db.session.remove()
    page = signed_in(open_page(viewport={"width": 1280, "height": 900}), everybody.mei)
    page.goto("/")
    mei = Hand(page)
    mei.scan(box, None)
    expect(page.locator("td.well-next")).to_have_attribute("title", "A1 · next")
    for number, vial in enumerate(vials):
        mei.scan(vial)
        if number == 40:
            was = mei.scans
            mei.scan("C4K7N2XD", "stop")
            Scanner(page).type(COMMAND_CODES["ACKNOWLEDGE"])
            mei.scans = was
    assert mei.scans == 82
    assert page.locator(".box-map td.well-kept").count() == 81
    with app.app_context():
        wells = [specimen_now(vial).position for vial in vials]
        db.session.remove()
    assert wells == [f"{row}{column}" for row in "ABCDEFGHI" for column in range(1, 10)]


def test_type_instead_brings_the_keyboard_back_and_a_wrong_character_is_refused(
    cast: Cast, do: Do, open_page: OpenPage, signed_in: SignedIn
) -> None:
    code, tubes = do(open_kit, cast, 2)
    page = signed_in(open_page(has_touch=True), cast.nora)
    page.goto(f"/kits/{code}/collect")
    field = page.locator("#scan")
    expect(field).to_have_attribute("inputmode", "none")
    assert field.get_attribute("type") == "text" and field.is_visible()
    page.get_by_role("link", name="Type instead").tap()
    expect(field).to_have_attribute("inputmode", "text")
    expect(field).to_be_focused()
    page.keyboard.type(f"{tubes[0][:7]}{'0' if tubes[0][7] != '0' else '1'}\n")
    expect(page.locator("[data-verdict]")).to_have_attribute("data-verdict", "stop")
    page.locator("button[data-acknowledge]").tap()
    page.keyboard.type(f"{tubes[0].lower()}\n")
    expect(page.locator("[data-verdict]")).to_have_attribute("data-verdict", "ok")
    assert [do(specimen_now, tube).status for tube in tubes] == ["collected", "planned"]

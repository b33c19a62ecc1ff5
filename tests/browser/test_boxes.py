"""Pick lists and checks of boxes in a real browser, by scanning: what is wrong is stopped, and the end is told."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from playwright.sync_api import Page, expect
from time_machine import Traveller

from specimens.domain.identifiers import COMMAND_CODES
from specimens.services import storage
from specimens.services.scan import specimen_now
from tests.browser.keys import Scanner
from tests.cast import Cast
from tests.services.chain import Chain, frozen_vials, unit
from tests.web.scanning import Do

SignedIn = Callable[..., Page]
pytestmark = pytest.mark.usefixtures("clock")  # before everybody is granted anything


@dataclass(frozen=True, slots=True)
class Freezer:
    """Two boxes: four vials in one, and one that the map has in the other."""

    box: str
    vials: list[str]
    stray: str


@pytest.fixture
def freezer(clock: Traveller, cast: Cast, do: Do) -> Freezer:
    def filled() -> Freezer:
        inside = unit("freezer", name="F3")
        box, other = unit(name="B07", parent=inside), unit(name="B08", parent=inside)
        *vials, stray = [each.code for each in frozen_vials(Chain(cast, clock), 5)]
        for where, vial in [*((box, each) for each in vials), (other, stray)]:
            assert storage.put(cast.mei, where, vial).saved
        return Freezer(box, vials, stray)

    made = do(filled)
    assert isinstance(made, Freezer)
    return made


class Bench:
    """A station at which somebody scans: with real keys where scripts run, by the form where none do."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self._scripts = bool(page.evaluate("matchMedia('(scripting: enabled)').matches"))
        self._scanner = Scanner(page)

    def _send(self, code: str) -> None:
        if self._scripts:
            self._scanner.type(code)
        else:
            self.page.fill("#scan", code)
            self.page.evaluate("document.querySelector('#scan').form.requestSubmit()")

    def acknowledge(self) -> None:
        """Let a STOP go by scanning: nothing is held any more."""
        self._send(COMMAND_CODES["ACKNOWLEDGE"])
        expect(self.page.locator("[data-acknowledge]")).to_have_count(0)

    def scan(self, code: str, verdict: str, said: str = "") -> None:
        """Scan one code and wait for its verdict, and for a word of what it says."""
        self._send(code)
        expect(self.page.locator("[data-verdict]")).to_have_attribute("data-verdict", verdict)
        if said:
            expect(self.page.locator("[data-verdict]")).to_contain_text(said)

    def counts(self, told: str) -> None:
        """Expect n of m."""
        expect(self.page.locator(".n-of-m strong")).to_have_text(told)


def test_three_tubes_are_fetched_from_a_list_and_a_fourth_is_stopped(
    freezer: Freezer, either_page: Page, signed_in: SignedIn, cast: Cast, do: Do
) -> None:
    page = signed_in(either_page, cast.mei)
    *listed, left = freezer.vials
    page.goto("/picks/new?" + "&".join(f"specimen={each}" for each in listed))
    page.select_option("[name=reason]", "analysis")
    page.click("button:has-text('Make the list')")
    expect(page.locator("#left")).to_have_text("3 tubes outstanding")
    expect(page.locator(".map-count")).to_contain_text("A1 F3 › B07")
    bench = Bench(page)
    bench.scan(listed[0], "ok", "1 of 3")
    bench.counts("1 of 3")
    bench.scan(left, "stop", "not on this list")
    bench.acknowledge()
    bench.counts("1 of 3")
    bench.scan(listed[0], "already")
    bench.scan(COMMAND_CODES["FINISH"], "check")
    for number, tube in enumerate(listed[1:], start=2):
        bench.scan(tube, "ok", f"{number} of 3")
        bench.counts(f"{number} of 3")
    expect(page.locator("#left")).to_have_text("0 tubes outstanding")
    bench.scan(COMMAND_CODES["FINISH"], "ok", "The list is finished: 3 of 3")
    page.goto(page.url)
    expect(page.locator("#scan")).to_have_count(0)
    expect(page.locator("main")).to_contain_text("finished")
    assert [do(specimen_now, each).status for each in freezer.vials] == [*["retrieved"] * 3, "stored"]


def test_a_check_finds_a_tube_that_is_missing_and_one_that_strayed(
    freezer: Freezer, either_page: Page, signed_in: SignedIn, cast: Cast, do: Do
) -> None:
    page = signed_in(either_page, cast.mei)
    *there, missing = freezer.vials
    page.goto(f"/boxes/{freezer.box}/check")
    bench = Bench(page)
    bench.scan(there[0], "check", "Scan the code of the box first")
    bench.scan(freezer.box, "ok", "4 tubes should be in it")
    for number, tube in enumerate(there, start=1):
        bench.scan(tube, "ok", f"{number} of 4")
        bench.counts(f"{number} of 4")
    bench.scan(freezer.stray, "check", "B08")
    bench.counts("3 of 4")
    bench.scan(COMMAND_CODES["FINISH"], "check", "1")
    expect(page.locator("#left")).to_have_text("1 tube outstanding")
    page.check(f"[name=specimens][value='{missing}']")
    page.click("summary:has-text('The ticked tubes are not in the box')")
    page.check("[name=finding][value=not_seen]")
    page.click("button:has-text('Record it for the ticked tubes')")
    bench.counts("4 of 4")
    page.click("button:has-text('Finish the check')")
    page.wait_for_url("**/checks")
    expect(page.locator(".told")).to_contain_text("Seen: 3; misplaced: 1; missing: 1")
    shown = page.locator("tbody tr").first
    for code, finding in ((missing, "missing"), (freezer.stray, "does not belong in the box")):
        expect(shown.locator(f"li:has-text('{code[:4]} {code[4:]}')")).to_contain_text(finding)
    assert do(specimen_now, missing).status == "missing"
    assert do(specimen_now, freezer.stray).status == "stored"

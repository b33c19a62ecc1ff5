"""Not saved is never OK: what becomes of scans while the line is down, and when it is back."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select

from specimens.domain.choice_codes import CHOICES
from specimens.domain.entry import read_entry
from specimens.domain.identifiers import COMMAND_CODES, printed
from specimens.domain.waited import DEVICE_CLOCK, DEVICE_SEQUENCE
from specimens.models.base import db
from specimens.models.ledger import LedgerEntry
from specimens.services import collection
from specimens.services.kit import attest_identity
from specimens.services.scan import specimen_now
from tests.browser.conftest import _FLAGS, Live
from tests.browser.keys import Scanner
from tests.browser.killed import scan_through_kills, served, station
from tests.browser.line import Line
from tests.browser.story import Person
from tests.browser.test_accessibility import complaints
from tests.browser.waiting import kept, not_saved, shown, until, waits
from tests.cast import Cast
from tests.tubes import open_kit
from tests.web.scanning import Do

SignedIn = Callable[..., Page]


@pytest.fixture
def live(line: Line, app: Flask) -> Live:
    """Let every page of this file go over that line."""
    return Live(line.url, app)


def _collected() -> list[tuple[str, str, dict[str, Any]]]:
    """Return the tubes in the order in which they were collected, who told the time, and the facts."""
    rows = select(LedgerEntry.body).where(LedgerEntry.act == "collected").order_by(LedgerEntry.id)
    entries = [read_entry(body) for body in db.session.execute(rows).scalars()]
    return [(each.code, each.happened_by, dict(each.facts)) for each in entries]


def _shown_or_sent(page: Page) -> None:
    """Wait until nothing waits any more."""
    expect(page.locator("[data-waiting]")).to_contain_text("Saved now, of the scans that waited: 1.")
    until(page, "queue.empty()")


def test_scans_wait_over_a_reload_and_go_out_once_and_in_order_and_what_differs_is_shown(
    page: Page, signed_in: SignedIn, cast: Cast, do: Do, line: Line
) -> None:
    kit, tubes = do(open_kit, cast, 6)
    signed_in(page, cast.nora).goto(f"/kits/{kit}/collect")
    kept(page)
    scanner = Scanner(page)
    scanner.type(tubes[0])
    shown(page, tubes[0])
    expect(page.locator("[data-line] dd")).to_have_text("up")

    line.cut()
    for tube in tubes[1:4]:
        scanner.type(tube)
    not_saved(page, tubes[3])
    waits(page, 3)
    expect(page.locator("[data-line] dd")).to_have_text("down")
    scanner.type(
        next(iter(CHOICES))
    )  # an answer to what the server asked: without the server it means nothing
    expect(page.locator("[data-verdict]")).to_have_attribute("data-verdict", "stop")
    scanner.type(tubes[5])
    expect(page.locator("[data-held-count]")).to_contain_text("1")
    scanner.type(COMMAND_CODES["ACKNOWLEDGE"])

    page.reload()  # the scan page is still there, and says how old it is
    expect(page.locator("[data-kept]")).to_be_visible()
    expect(page.locator("[data-kept]")).to_contain_text("2026")
    waits(page, 3)
    Scanner(page).type(tubes[4])
    not_saved(page, tubes[4])
    waits(page, 4)
    page.goto("/transfers")
    expect(page.locator("h1").first).to_have_text("No connection")
    page.goto(f"/kits/{kit}/collect")
    waits(page, 4)

    nils = cast.at("nils", "AMS clinic")  # meanwhile, elsewhere
    do(attest_identity, nils, kit)
    assert do(collection.collect, nils, kit, tubes[2], None).saved
    assert [code for code, _, _ in do(_collected)] == [tubes[0], tubes[2]]
    line.mend()
    expect(page.locator("[data-waiting]")).to_contain_text(
        "Saved now, of the scans that waited: 3. To look into: 1."
    )
    differs = page.locator("[data-differences] li")
    expect(differs).to_have_count(1)
    expect(differs).to_contain_text(printed(tubes[2]))
    expect(differs).to_contain_text("Nils Bakker")
    expect(page.locator("[data-verdict]")).not_to_have_attribute("data-verdict", "check")
    expect(page.locator(".slot-done")).to_have_count(5)

    assert complaints(page, "light") + complaints(page, "dark") == []

    found = do(_collected)
    assert [code for code, _, _ in found] == [tubes[0], tubes[2], tubes[1], tubes[3], tubes[4]]
    assert [by for _, by, _ in found] == ["server", "server", "device", "device", "device"]
    sequence = [facts[DEVICE_SEQUENCE] for _, _, facts in found[2:]]
    assert sequence == sorted(sequence)
    assert all(DEVICE_CLOCK in facts for _, _, facts in found[2:])

    page.reload()
    expect(page.locator("[data-kept]")).to_be_hidden()
    expect(differs).to_have_count(1)
    differs.get_by_role("button", name="Looked into").click()
    expect(page.locator("[data-differences]")).to_be_hidden()
    page.goto(f"/specimens/{tubes[1]}")
    expect(page.locator(".timeline")).to_contain_text("queued on a device")
    expect(page.locator(".timeline")).to_contain_text("device time")


def test_a_lost_answer_makes_no_second_event_and_two_tabs_send_nothing_twice(
    page: Page, plain_page: Page, signed_in: SignedIn, cast: Cast, do: Do, line: Line
) -> None:
    kit, tubes = do(open_kit, cast, 10)
    signed_in(page, cast.nora).goto(f"/kits/{kit}/collect")
    signed_in(plain_page, cast.nora).goto(f"/kits/{kit}/collect")
    nothing_waits = "Without JavaScript nothing waits here"
    expect(plain_page.get_by_text(nothing_waits)).to_be_visible()
    expect(page.get_by_text(nothing_waits)).to_be_hidden()
    scanner = Scanner(page)
    line.cut("deaf")
    scanner.type(tubes[0])
    not_saved(page, tubes[0])
    line.mend()
    expect(page.locator("[data-waiting]")).to_contain_text("Saved now, of the scans that waited: 1.")
    assert [(code, by) for code, by, _ in do(_collected)] == [(tubes[0], "server")]

    line.cut("mute")  # the line is there, and nothing comes over it
    scanner.type(tubes[1])
    expect(page.locator(".verdict-said")).to_contain_text("there is no answer so far")
    expect(page.locator("[data-verdict]")).to_have_attribute("data-verdict", "check")
    line.mend()
    _shown_or_sent(page)

    other = page.context.new_page()
    other.goto(f"/kits/{kit}/collect")
    second = Scanner(other)
    line.cut()
    for number in range(2, 10):
        (scanner if number % 2 else second).type(tubes[number])
    waits(page, 8)
    waits(other, 8)
    line.mend()
    for each in (page, other):
        expect(each.locator("[data-waiting]")).not_to_contain_text("wait on this device")
        expect(each.locator("[data-verdict]")).to_be_visible()
    found = [code for code, _, _ in do(_collected)]
    assert sorted(found) == sorted(tubes)
    for number in (2, 3):  # each tab in its own order
        assert [code for code in found if code in tubes[number::2]] == tubes[number::2]


def test_a_restarted_browser_sends_what_waits_when_its_own_person_logs_in_and_nobody_elses(
    chromium: Browser, cast: Cast, do: Do, line: Line, tmp_path: Path
) -> None:
    kit, tubes = do(open_kit, cast, 4)
    kind = chromium.browser_type

    def started() -> Any:
        options = {"executable_path": shutil.which("chromium"), "args": [*_FLAGS, "--no-sandbox"]}
        context = kind.launch_persistent_context(tmp_path / "profile", base_url=line.url, **options)
        context.set_default_timeout(10_000)
        return context

    context = started()
    page = context.pages[0]
    Person(page).log_in("nora", "AMS clinic")
    page.goto(f"/kits/{kit}/collect")
    kept(page)
    line.cut()
    for tube in tubes[:3]:
        Scanner(page).type(tube)
    waits(page, 3)
    context.close()

    context = started()
    page = context.pages[0]
    line.mend()
    Person(page).log_in("nils", "AMS clinic")
    expect(page.locator("[data-waiting]")).to_contain_text(
        "Scans of somebody else that wait on this device: 3"
    )
    page.goto(f"/kits/{kit}/collect")
    kept(page)
    assert [code for code, _, _ in do(_collected)] == []
    page.get_by_role("button", name="Log out").click()
    until(page, f"caches.match('/kits/{kit}/collect').then((found) => !found)")
    Person(page).log_in("nora", "AMS clinic")
    expect(page.locator("[data-waiting]")).to_contain_text("Saved now, of the scans that waited: 3.")
    assert [(code, by) for code, by, _ in do(_collected)] == [(tube, "device") for tube in tubes[:3]]
    assert [do(specimen_now, tube).custodian for tube in tubes[:3]] == [cast.nora.user] * 3
    context.close()


def test_a_program_that_is_killed_and_started_again_gets_each_scan_once_and_in_order(
    chromium: Browser, tmp_path: Path
) -> None:
    with served(tmp_path) as program, station(chromium, program, "mei") as page:
        assert scan_through_kills(program, page, 100, 1) > 0

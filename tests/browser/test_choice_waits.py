"""Without the line a choice waits together with its tube: it goes out once, and means what it meant then."""

from collections.abc import Callable

import pytest
from flask import Flask
from playwright.sync_api import Page, expect
from sqlalchemy import select

from specimens.domain import receipt_codes
from specimens.domain.choice_codes import CHOICES
from specimens.domain.entry import Entry, read_entry
from specimens.domain.identifiers import COMMAND_CODES, printed
from specimens.domain.terms import Kind
from specimens.domain.waited import DEVICE_SEQUENCE
from specimens.models.base import db
from specimens.models.ledger import LedgerEntry
from specimens.services import collection, receipt
from specimens.services.kit import attest_identity
from specimens.services.row import state_now
from specimens.services.scan import specimen_now
from specimens.services.transfer import transfer_now
from tests.browser.conftest import Live
from tests.browser.keys import Scanner
from tests.browser.line import Line
from tests.browser.waiting import kept, not_saved, shown, until, waits
from tests.cast import Cast
from tests.services.bags import released
from tests.tubes import open_kit
from tests.web.scanning import Do

SignedIn = Callable[..., Page]
OUTCOME = {outcome: code for code, outcome in receipt_codes.OUTCOMES.items()}
REASON = {reason: code for code, reason in receipt_codes.REASONS.items()}
NUMBER = {number: code for code, number in CHOICES.items()}
NOT_COLLECTED, UNDO, FINISH, ACKNOWLEDGE = (
    COMMAND_CODES[word] for word in ("NOT_COLLECTED", "UNDO", "FINISH", "ACKNOWLEDGE")
)

#: What stands in the browser's store of what waits: the names of the fields that would be sent.
_FIELDS = """() => new Promise((done) => {
  const asked = indexedDB.open("specimens");
  asked.onsuccess = () => {
    const all = asked.result.transaction("waiting").objectStore("waiting").getAll();
    all.onsuccess = () => done([...new Set(all.result.flatMap((each) => each.fields.map(([name]) => name)))].sort());
  };
})"""


@pytest.fixture
def live(line: Line, app: Flask) -> Live:
    """Let every page of this file go over a line that can be cut."""
    return Live(line.url, app)


def _acts(*codes: str) -> list[Entry]:
    """Return what happened to these subjects, in order, but for how they came about."""
    rows = select(LedgerEntry.body).where(LedgerEntry.subject_code.in_(codes)).order_by(LedgerEntry.id)
    entries = [read_entry(body) for body in db.session.execute(rows).scalars()]
    return [each for each in entries if DEVICE_SEQUENCE in each.facts or each.act == "not_collected"]


def _said(page: Page, text: str, verdict: str = "check") -> None:
    expect(page.locator("[data-verdict]")).to_contain_text(text)
    expect(page.locator("[data-verdict]")).to_have_attribute("data-verdict", verdict)


def _saved(page: Page, many: int, differ: int = 0) -> None:
    told = f"Saved now, of the scans that waited: {many}. To look into: {differ}."
    expect(page.locator("[data-waiting]")).to_contain_text(told)
    until(page, "queue.empty()")


def test_a_visit_that_was_opened_before_is_finished_without_the_line(
    page: Page, signed_in: SignedIn, cast: Cast, do: Do, line: Line
) -> None:
    kit, tubes = do(open_kit, cast, 5)
    signed_in(page, cast.nora).goto(f"/kits/{kit}/collect")
    kept(page)
    scanner = Scanner(page)
    line.cut()
    scanner.type(tubes[0])
    not_saved(page, tubes[0])

    scanner.type(NOT_COLLECTED)
    _said(page, "Scan the tube that was not collected")
    scanner.type(NOT_COLLECTED)  # scanned again it is left
    _said(page, "Nothing was changed")
    scanner.type(tubes[1])
    not_saved(page, tubes[1])
    expect(page.locator("[data-verdict]")).not_to_contain_text("Chosen for it")

    scanner.type(NOT_COLLECTED)
    scanner.type(tubes[2])
    _said(page, f"why was {printed(tubes[2])} not collected?")
    waits(page, 2)  # it does not wait before its reason is there
    number = 1 + page.locator("[data-answer]").all_inner_texts().index("3 no vein found")
    scanner.type(NUMBER[number])
    not_saved(page, tubes[2])
    _said(page, "Chosen for it: not collected · no vein found.")
    scanner.type(tubes[3])  # the page is back to normal
    not_saved(page, tubes[3])
    expect(page.locator("[data-verdict]")).not_to_contain_text("Chosen for it")

    page.get_by_role("button", name="Not collected").click()
    scanner.type(tubes[4])
    page.get_by_role("button", name="equipment failed or missing").first.click()
    not_saved(page, tubes[4])
    expect(page.locator(f'[data-code="{tubes[4]}"]')).to_have_attribute(
        "data-waits-here", "waits: not collected · equipment failed or missing"
    )
    page.reload()
    expect(page.locator("[data-kept]")).to_be_visible()
    waits(page, 5)
    page.get_by_role("button", name="Finish").click()
    waits(page, 6)
    assert page.evaluate(_FIELDS) == ["nonce", "pending", "reason", "scan", "typed"]
    assert [each.status for each in (do(specimen_now, tube) for tube in tubes)] == ["planned"] * 5

    line.mend()
    _saved(page, 6)
    expect(page.locator(".slot-done")).to_have_count(5)
    found = do(_acts, kit, *tubes)
    assert [(each.code, each.act, each.reason) for each in found] == [
        (tubes[0], "collected", None),
        (tubes[1], "collected", None),
        (tubes[2], "not_collected", "no_vein"),
        (tubes[3], "collected", None),
        (tubes[4], "not_collected", "equipment"),
        (kit, "kit_finished", None),
    ]
    assert {each.happened_by for each in found} == {"device"}
    assert do(state_now, Kind.KIT, kit).finished_at == found[-1].happened_at


def test_a_receipt_goes_on_without_the_line_although_tubes_are_damaged(
    page: Page, signed_in: SignedIn, cast: Cast, do: Do, line: Line
) -> None:
    bag, tubes = do(released, cast, 5)
    do(receipt.open_receipt, cast.mei, bag.code, condition="intact", temperature_tenths_c=210)
    signed_in(page, cast.mei).goto(f"/transfers/{bag.code}/receipt")
    kept(page)
    scanner, following = Scanner(page), page.locator(".next-tube")
    line.cut()
    scanner.type(tubes[0])
    not_saved(page, tubes[0])

    scanner.type(OUTCOME["rejected"])
    _said(page, "The next tube will be: rejected. Choose or scan the reason.")
    scanner.type(tubes[1])
    _said(page, f"choose the reason first, then scan {printed(tubes[1])} again")
    waits(page, 1)
    scanner.type(REASON["RC"])
    _said(page, "The next tube will be: rejected. Scan it now.")
    expect(following).to_contain_text("rejected · RC · ")
    scanner.type(tubes[1])
    not_saved(page, tubes[1])
    _said(page, "Chosen for it: rejected · RC · ")
    expect(following).to_have_count(0)

    page.get_by_label("Reason", exact=True).select_option("LEAK")
    page.get_by_role("button", name="Accepted with deviation").click()
    expect(following).to_contain_text("LEAK")
    page.get_by_role("button", name="Cancel").click()
    _said(page, "The next tube will be accepted")
    scanner.type(tubes[2])
    not_saved(page, tubes[2])
    expect(page.locator("[data-verdict]")).not_to_contain_text("Chosen for it")
    page.get_by_label("Reason", exact=True).select_option("LEAK")
    page.get_by_role("button", name="Accepted with deviation").click()
    scanner.type(tubes[3])
    not_saved(page, tubes[3])
    for code in (REASON["LATE"], OUTCOME["quarantined"], tubes[4], FINISH):
        scanner.type(code)
    waits(page, 6)
    assert page.evaluate(_FIELDS) == ["nonce", "outcome", "reason", "scan", "typed"]

    page.get_by_role(
        "button", name="Finish the receipt"
    ).click()  # a form that needs the line says so, and no more
    _said(page, "This needs the connection", "stop")
    scanner.type(ACKNOWLEDGE)
    line.mend()
    _saved(page, 6)
    assert do(transfer_now, bag.code).state == "closed"
    assert [(each.code, each.act, each.reason) for each in do(_acts, *tubes)] == [
        (tubes[0], "accepted", None),
        (tubes[1], "rejected", "RC"),
        (tubes[2], "accepted", None),
        (tubes[3], "accepted_with_deviation", "LEAK"),
        (tubes[4], "received_in_quarantine", "LATE"),
    ]


def test_a_choice_that_is_refused_later_comes_back_as_a_difference_that_says_what_it_was(
    page: Page, open_page: Callable[..., Page], signed_in: SignedIn, cast: Cast, do: Do, line: Line
) -> None:
    kit, planned = do(open_kit, cast, 2)
    bag, tubes = do(released, cast, 2)
    do(receipt.open_receipt, cast.mei, bag.code, condition="intact", temperature_tenths_c=210)
    bench = signed_in(open_page(), cast.mei)
    signed_in(page, cast.nora).goto(f"/kits/{kit}/collect")
    bench.goto(f"/transfers/{bag.code}/receipt")
    line.cut()
    for code in (NOT_COLLECTED, planned[0], NUMBER[3], planned[1]):
        Scanner(page).type(code)
    for code in (OUTCOME["rejected"], REASON["RC"], tubes[0], tubes[1]):
        Scanner(bench).type(code)
    waits(page, 2)
    waits(bench, 2)
    nils = cast.at("nils", "AMS clinic")
    do(attest_identity, nils, kit)
    assert do(collection.collect, nils, kit, planned[0], None).saved
    assert do(receipt.receive, cast.mei, bag.code, tubes[0]).saved  # she herself, at another bench
    assert do(receipt.receive, cast.mei, bag.code, tubes[1]).saved
    line.mend()
    _saved(page, 1, differ=1)
    _saved(bench, 1, differ=1)
    told = page.locator("[data-differences] li")
    expect(told).to_contain_text("Chosen for it: not collected · no vein found.")
    expect(told).to_contain_text(printed(planned[0]))
    expect(bench.locator("[data-differences] li")).to_contain_text("Chosen for it: rejected · RC · ")
    expect(bench.locator("[data-differences] li")).to_contain_text(printed(tubes[0]))
    assert [do(specimen_now, code).status for code in (*planned, *tubes)] == ["collected"] * 2 + [
        "received"
    ] * 2


def test_undo_takes_back_a_scan_that_waits_and_none_that_may_have_been_sent(
    page: Page, signed_in: SignedIn, cast: Cast, do: Do, line: Line
) -> None:
    kit, tubes = do(open_kit, cast, 4)
    signed_in(page, cast.nora).goto(f"/kits/{kit}/collect")
    scanner = Scanner(page)
    line.cut("deaf")
    scanner.type(tubes[0])  # it arrives, and the answer is lost
    not_saved(page, tubes[0])
    line.cut()
    for code in (tubes[1], tubes[2]):
        scanner.type(code)
    waits(page, 3)
    scanner.type(UNDO)
    _said(page, "Scan the tube whose waiting scan is taken back")
    scanner.type(UNDO)
    _said(page, "Nothing was changed")
    for code in (UNDO, tubes[1]):
        scanner.type(code)
    _said(page, "Taken back")
    waits(page, 2)
    trace = page.locator("[data-differences] li")
    expect(trace).to_contain_text(printed(tubes[1]))
    expect(trace).to_contain_text("You took it back before it was sent")
    for code in (UNDO, tubes[0]):
        scanner.type(code)
    _said(page, "Nothing was taken back", "stop")
    scanner.type(ACKNOWLEDGE)
    waits(page, 2)
    for code in (tubes[3], UNDO, tubes[3], UNDO, tubes[2]):
        scanner.type(code)
    waits(page, 1)
    line.mend()
    _saved(page, 1)
    assert [do(specimen_now, tube).status for tube in tubes] == ["collected"] + ["planned"] * 3
    scanner.type(tubes[1])  # the same tube is scanned as if nothing had been
    shown(page, tubes[1])
    expect(page.locator("[data-differences] li")).to_have_count(3)


def test_when_nothing_waits_any_more_the_page_finds_out_by_itself_that_the_line_is_back(
    page: Page, signed_in: SignedIn, cast: Cast, do: Do, line: Line
) -> None:
    kit, tubes = do(open_kit, cast, 2)
    signed_in(page, cast.nora).goto(f"/kits/{kit}/collect")
    scanner = Scanner(page)
    line.cut()
    for code in (tubes[0], tubes[1]):
        scanner.type(code)
    not_saved(page, tubes[1])
    for code in (UNDO, tubes[1]):
        scanner.type(code)
    _said(page, "Taken back")
    line.mend()
    _saved(page, 1)
    expect(page.locator("[data-line] dd")).to_have_text("up")


def test_a_choice_with_the_line_goes_with_its_tube_in_one_burst_and_a_lost_answer_makes_no_second_event(
    page: Page, signed_in: SignedIn, cast: Cast, do: Do, line: Line
) -> None:
    kit, tubes = do(open_kit, cast, 4)
    signed_in(page, cast.nora).goto(f"/kits/{kit}/collect")
    scanner = Scanner(page)
    for code in (tubes[0], NOT_COLLECTED, tubes[1], NUMBER[3], tubes[2]):
        scanner.type(code)
    shown(page, tubes[2])
    line.cut("deaf")
    for code in (NOT_COLLECTED, tubes[3], NUMBER[3]):
        scanner.type(code)
    not_saved(page, tubes[3])
    line.mend()
    _saved(page, 1)
    ended = [each for each in do(_acts, *tubes) if each.act == "not_collected"]
    assert [(each.code, each.happened_by) for each in ended] == [(tubes[1], "server"), (tubes[3], "server")]
    assert [do(specimen_now, tube).status for tube in tubes] == ["collected", "not_collected"] * 2


def test_what_was_scanned_behind_an_unanswered_undo_is_not_sent_by_the_next_page(
    page: Page, signed_in: SignedIn, cast: Cast, do: Do, line: Line
) -> None:
    kit, tubes = do(open_kit, cast, 2)
    signed_in(page, cast.nora).goto(f"/kits/{kit}/collect")
    kept(page)
    scanner = Scanner(page)
    scanner.type(tubes[0])
    shown(page, tubes[0])
    line.cut("mute")
    for code in (UNDO, tubes[1]):
        scanner.type(code)
    until(page, "queue.empty().then((none) => !none)")
    context = page.context
    page.close()
    line.mend()
    page = context.new_page()
    page.goto(f"/kits/{kit}/collect")
    difference = page.locator("[data-differences] li")
    expect(difference).to_contain_text(printed(tubes[1]))
    expect(difference).to_contain_text("The page was left before there was an answer")
    until(page, "queue.empty()")
    assert do(specimen_now, tubes[1]).status == "planned"

"""Receipt and packing in a real browser: a burst of scans, outcomes scanned beforehand, STOP that holds."""

from collections.abc import Callable

from playwright.sync_api import Page, expect

from specimens.domain import receipt_codes
from specimens.domain.identifiers import COMMAND_CODES
from specimens.services import receipt, transfer
from specimens.services.scan import specimen_now
from tests.cast import Cast
from tests.services.bags import packed, released
from tests.tubes import kit_of
from tests.web.scanning import Do

SignedIn = Callable[..., Page]
OUTCOME = {outcome: code for code, outcome in receipt_codes.OUTCOMES.items()}
REASON = {reason: code for code, reason in receipt_codes.REASONS.items()}


def scan(page: Page, *codes: str) -> None:
    """Type as a scanner does: all keys, then Enter, without waiting for an answer."""
    for code in codes:
        if page.evaluate("matchMedia('(scripting: none)').matches"):
            # Chromium drops keys until a page was painted; a person waits for the page, and so the form is sent.
            page.fill("#scan", code)
            page.evaluate("document.querySelector('#scan').form.requestSubmit()")
        else:
            page.keyboard.type(code)
            page.keyboard.press("Enter")
        # The script empties the field at once; without it the next page comes with an empty one.
        page.wait_for_function("() => !document.querySelector('#scan')?.value")


def shows(page: Page, verdict: str) -> None:
    expect(page.locator("[data-verdict]")).to_have_attribute("data-verdict", verdict)


def test_a_burst_of_forty_scans_is_forty_events_and_finish_closes(
    page: Page, signed_in: SignedIn, cast: Cast, do: Do
) -> None:
    bag, tubes = do(released, cast, 40)
    do(receipt.open_receipt, cast.mei, bag.code, condition="intact", temperature_tenths_c=210)
    signed_in(page, cast.mei).goto(f"/transfers/{bag.code}/receipt")
    page.locator("h1").click()  # the focus is on nothing
    scan(page, *tubes, COMMAND_CODES["FINISH"])
    expect(page.get_by_text("The receipt is closed.").first).to_be_visible()
    expect(page.locator(".n-of-m strong")).to_have_text("40 of 40")
    assert do(transfer.transfer_now, bag.code).state == "closed"


def test_outcome_and_reason_are_scanned_and_hold_for_one_tube(
    either_page: Page, signed_in: SignedIn, cast: Cast, do: Do
) -> None:
    bag, tubes = do(released, cast, 3)
    do(receipt.open_receipt, cast.mei, bag.code, condition="intact", temperature_tenths_c=210)
    page = signed_in(either_page, cast.mei)
    page.goto(f"/transfers/{bag.code}/receipt")
    for code, verdict in (
        (OUTCOME["rejected"], "check"),
        (REASON["RC"], "check"),
        (tubes[0], "check"),
        (tubes[1], "ok"),
    ):
        scan(page, code)
        shows(page, verdict)
        if code == REASON["RC"]:
            expect(page.locator(".next-tube")).to_contain_text("rejected")
            expect(page.locator(".next-tube")).to_contain_text("clotted")
        if code == tubes[0]:
            expect(page.locator(".verdict-code")).to_have_text(f"{code[:4]} {code[4:]}")
            expect(page.locator(".next-tube")).to_have_count(0)
    assert [do(specimen_now, tube).status for tube in tubes] == ["rejected", "received", "released"]


def test_stop_holds_until_it_is_acknowledged(page: Page, signed_in: SignedIn, cast: Cast, do: Do) -> None:
    bag, tubes = do(released, cast, 3)
    do(receipt.open_receipt, cast.mei, bag.code, condition="intact", temperature_tenths_c=210)
    signed_in(page, cast.mei).goto(f"/transfers/{bag.code}/receipt")
    scan(page, "C4K7N2XD")
    shows(page, "stop")
    scan(page, tubes[0], tubes[1])
    expect(page.locator("[data-held-count]")).to_contain_text("2")
    scan(page, COMMAND_CODES["ACKNOWLEDGE"], tubes[0])
    shows(page, "ok")
    assert [do(specimen_now, tube).status for tube in tubes] == ["received", "released", "released"]


def test_tubes_are_packed_and_finish_leads_to_counting(
    either_page: Page, signed_in: SignedIn, cast: Cast, do: Do
) -> None:
    _, tubes = do(kit_of, cast, cast.nora, 3)
    bag = do(packed, cast, [])
    page = signed_in(either_page, cast.nora)
    page.goto(f"/transfers/{bag.code}")
    for number, tube in enumerate(tubes, start=1):
        scan(page, tube)
        expect(page.locator("#in-bag")).to_contain_text(f"{number} tube")
    scan(page, COMMAND_CODES["FINISH"])
    page.wait_for_url("**/seal")
    page.fill("#count", "3")
    page.check("input[value=by_hand]")
    page.check("input[value=room]")
    page.click("text=Seal the bag")
    page.click("button:has-text('Release')")
    expect(page.locator("h1")).to_contain_text("List")
    assert do(transfer.transfer_now, bag.code).state == "released"


def test_nothing_is_wider_than_a_phone(
    open_page: Callable[..., Page], signed_in: SignedIn, cast: Cast, do: Do
) -> None:
    bag, _ = do(released, cast, 3)
    page = signed_in(open_page(viewport={"width": 390, "height": 800}), cast.luis)
    for address in ("/transfers", "/carry", f"/transfers/{bag.code}/carry", f"/transfers/{bag.code}"):
        page.goto(address)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, address

"""The scanning core in a real browser: layouts, focus, what ends a scan, tablets, STOP that holds."""

from collections.abc import Callable

from playwright.sync_api import Page, expect
from sqlalchemy import select

from specimens.domain.identifiers import COMMAND_CODES, printed
from specimens.models.base import db
from specimens.models.ledger import LedgerEntry
from specimens.services import receipt
from specimens.services.scan import specimen_now
from tests.browser.keys import DIGITS, Scanner
from tests.cast import Cast
from tests.services.bags import released
from tests.web.scanning import Do

SignedIn = Callable[..., Page]


def _begun(page: Page, signed_in: SignedIn, cast: Cast, do: Do, count: int) -> list[str]:
    bag, tubes = do(released, cast, count)
    do(receipt.open_receipt, cast.mei, bag.code, condition="intact", temperature_tenths_c=210)
    signed_in(page, cast.mei).goto(f"/transfers/{bag.code}/receipt")
    return list(tubes)


def _shows(page: Page, code: str, verdict: str = "ok") -> None:
    expect(page.locator(".verdict-code")).to_have_text(printed(code))
    expect(page.locator("[data-verdict]")).to_have_attribute("data-verdict", verdict)


def _modes(tubes: list[str]) -> list[str]:
    rows = select(LedgerEntry.mode).where(LedgerEntry.subject_code.in_(tubes), LedgerEntry.act == "accepted")
    return list(db.session.execute(rows.order_by(LedgerEntry.id)).scalars())


def test_five_layouts_with_and_without_caps_lock_are_read_right_and_the_record_says_what_was_corrected(
    page: Page, signed_in: SignedIn, cast: Cast, do: Do
) -> None:
    tubes = _begun(page, signed_in, cast, do, 2 * len(DIGITS))
    corrected = []
    for tube, (layout, caps) in zip(
        tubes, ((name, caps) for name in DIGITS for caps in (False, True)), strict=True
    ):
        Scanner(page, layout, caps=caps).type(tube if layout != "DE" else f"]d1{tube}")
        _shows(page, tube)
        if (layout == "FR" and any(symbol.isdigit() for symbol in tube)) or layout == "DE":
            corrected.append(tube)
    assert do(_modes, tubes) == ["layout_corrected" if tube in corrected else "scan" for tube in tubes]


def test_two_readings_that_pass_and_differ_are_refused(
    page: Page, signed_in: SignedIn, cast: Cast, do: Do
) -> None:
    tube, other = _begun(page, signed_in, cast, do, 2)
    scanner = Scanner(page)
    for symbol, place in zip(tube, other, strict=True):
        code = f"Digit{place}" if place.isdigit() else f"Key{place}"
        scanner._key(symbol, code, symbol)
    scanner.type("")
    expect(page.locator(".verdict-said").first).to_contain_text("two readings fit")
    assert [do(specimen_now, each).status for each in (tube, other)] == ["released", "released"]


def test_a_scan_lands_wherever_the_focus_is_and_its_enter_presses_nothing(
    page: Page, signed_in: SignedIn, cast: Cast, do: Do
) -> None:
    tubes = iter(_begun(page, signed_in, cast, do, 12))
    scanner = Scanner(page)

    def lands(end: str = "Enter", text: str = "{}", wait_ms: int = 0) -> None:
        tube = next(tubes)
        scanner.type(text.format(tube), end, wait_ms)
        _shows(page, tube)

    page.evaluate("document.activeElement.blur()")
    lands()
    page.locator("main button").last.focus()
    lands()
    page.locator("#reason").select_option(index=2)
    page.locator("#reason").focus()
    chosen = page.locator("#reason").input_value()
    scanner.type(tube := next(tubes), "")
    assert page.locator("#reason").input_value() == chosen  # a list does not jump to what the scanner types
    scanner.type("")
    _shows(page, tube)
    page.once("dialog", lambda dialog: dialog.accept())
    page.evaluate("alert('Battery low')")
    lands()
    page.locator("#note").fill("Torn bag ")
    page.locator("#note").focus()
    lands(text="]d1{}")
    assert page.url.endswith("/receipt")  # Enter in that field would have reported tubes as missing
    page.evaluate("document.activeElement.blur()")
    lands("Enter+Enter", "]C1{}")  # CR and LF
    lands("Tab")
    lands("", wait_ms=60)  # nothing: it is idle
    tube = next(tubes)
    scanner.type(f"{tube[:4]} {tube[4:]}".lower(), "")
    scanner.press([("]", "BracketRight"), ("j", "KeyJ")], modifiers=2)  # GS, and LF as a key
    _shows(page, tube)
    tube = next(tubes)
    scanner.type(tube[:6], "", wait_ms=200)
    scanner.type(tube[6:])
    _shows(page, tube)
    page.evaluate("document.activeElement.blur()")
    scanner.tablet(tube := next(tubes))
    _shows(page, tube)
    scanner.tablet(tube := next(tubes))
    scanner.type("", "Enter")
    _shows(page, tube)


def test_a_code_is_lifted_out_of_a_text_and_the_text_stays(
    page: Page, signed_in: SignedIn, cast: Cast, do: Do
) -> None:
    tube, _other = _begun(page, signed_in, cast, do, 2)
    note = page.locator("#note")
    note.fill("Torn bag ")
    note.focus()
    page.evaluate(
        "document.querySelector('#note').addEventListener('input', (e) => { window.left = e.target.value; })"
    )
    Scanner(page, "FR").type(f"]d1{tube}")
    _shows(page, tube)
    assert page.evaluate("window.left") == "Torn bag "


def test_stop_holds_and_counts_also_the_buttons_of_the_page(
    page: Page, signed_in: SignedIn, cast: Cast, do: Do
) -> None:
    tubes = _begun(page, signed_in, cast, do, 3)
    scanner = Scanner(page)
    scanner.type("C4K7N2XD")
    expect(page.locator("[data-verdict]")).to_have_attribute("data-verdict", "stop")
    for tube in tubes[:2]:
        scanner.type(tube)
    expect(page.locator("[data-held-count]")).to_contain_text("2")
    scanner.type(COMMAND_CODES["ACKNOWLEDGE"])
    scanner.type(tubes[2])
    _shows(page, tubes[2])
    assert [do(specimen_now, tube).status for tube in tubes] == ["released", "released", "received"]

"""How somebody of the cast uses the pages: logs in, fills in forms, scans; with or without JavaScript."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from playwright.sync_api import Page, expect

from specimens.domain.identifiers import COMMAND_CODES, printed
from tests.cast import PASSWORD, ZONE


def parts(name: str, at: datetime, *, clock: bool = True) -> dict[str, str]:
    """Return a date (and time) as the fields of a form."""
    local = at.astimezone(ZoneInfo(ZONE))
    told = {"day": local.day, "month": local.month, "year": local.year}
    if clock:
        told |= {"hour": local.hour, "minute": local.minute}
    return {f"{name}_{part}": str(value) for part, value in told.items()}


@dataclass
class Person:
    """Somebody at a browser of their own."""

    page: Page

    def log_in(self, login: str, station: str | None = None) -> None:
        """Log in by the form, and choose a station by its name where it is asked for."""
        self.page.goto("/login")
        self.fill(login=login, password=PASSWORD)
        self.press("Log in")
        if station:
            self.page.get_by_role("button", name=station).first.click()

    def fill(self, **fields: str | list[str]) -> None:
        """Fill in fields by their names: texts, choices, ticks, lists."""
        for name, value in fields.items():
            found = self.page.locator(f'main [name="{name}"]')
            kind = found.first.evaluate("each => each.type || each.tagName")
            if kind in ("radio", "checkbox"):
                for each in [value] if isinstance(value, str) else value:
                    self.page.locator(f'main [name="{name}"][value="{each}"]').check()
            elif kind == "select-one":
                found.first.select_option(value)
            else:
                found.first.fill(str(value))

    def press(self, label: str) -> None:
        """Press a button of the page by its words; wait until the next page is there."""
        self.page.locator("main").get_by_role("button", name=label).first.click()
        self.page.wait_for_load_state()

    def scan(self, code: str, verdict: str = "ok") -> None:
        """Scan: the keys, then Enter; the verdict for this very code has to be painted."""
        self.page.locator("#scan").fill(code)
        self.page.locator("#scan").press("Enter")
        panel = self.page.locator("[data-verdict]")
        if code not in COMMAND_CODES.values():
            expect(panel).to_contain_text(printed(code))
        expect(panel).to_have_attribute("data-verdict", verdict)

    def code(self) -> str:
        """Return the identifier in this page's address."""
        return self.page.url.split("?")[0].rstrip("/").split("/")[-1]

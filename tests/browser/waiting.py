"""What a page says of scans that wait, as tests expect it."""

from playwright.sync_api import Page, expect

from specimens.domain.identifiers import printed


def waits(page: Page, many: int) -> None:
    """Expect the page to say how many scans wait, and that they are not saved."""
    told = "1 scan waits" if many == 1 else f"{many} scans wait"
    expect(page.locator("[data-waiting]")).to_contain_text(told)


def not_saved(page: Page, code: str) -> None:
    """Expect the page to say of a scan that it is not saved, and waits: not merely that no answer came so far."""
    expect(page.locator(".verdict-code")).to_have_text(printed(code))
    expect(page.locator("[data-verdict]")).to_have_attribute("data-verdict", "check")
    expect(page.locator(".verdict-said").first).to_contain_text("This scan waits on this device")


def shown(page: Page, code: str) -> None:
    expect(page.locator(".verdict-code")).to_have_text(printed(code))
    expect(page.locator("[data-verdict]")).to_have_attribute("data-verdict", "ok")


def kept(page: Page) -> None:
    """Wait until this device keeps the page."""
    until(page, "caches.match(location.pathname)")


def until(page: Page, asked: str) -> None:
    for _ in range(100):
        if page.evaluate(f"async () => !!await {asked}"):
            return
        page.wait_for_timeout(50)
    raise AssertionError(asked)

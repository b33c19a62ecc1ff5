"""The browser of the tests is a real one, and its watch over pages sees what it should."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Error, Page

from tests.browser.conftest import Live, _foreign

SCRIPTED = "data:text/html,<title>plain</title><script>document.title = 'scripted'</script>"


def test_the_program_answers_a_real_browser(page: Page, live: Live) -> None:
    answer = page.goto("/static/specimens.css")
    assert answer is not None
    assert answer.status == 200
    assert answer.url == f"{live.url}/static/specimens.css"


def test_a_page_runs_scripts_and_a_plain_page_runs_none(page: Page, plain_page: Page) -> None:
    page.goto(SCRIPTED)
    plain_page.goto(SCRIPTED)
    assert (page.title(), plain_page.title()) == ("scripted", "plain")


def test_no_name_outside_this_machine_is_looked_up(chromium: object, open_page: Callable[..., Page]) -> None:
    with pytest.raises(Error, match="ERR_NAME_NOT_RESOLVED"):
        chromium.new_page().goto("http://specimens.example/")  # type: ignore[attr-defined]


def test_only_the_programs_own_addresses_are_at_home() -> None:
    home = "http://127.0.0.1:5000"
    assert _foreign(f"{home}/login", home) == []
    assert _foreign("http://127.0.0.1:50001/login", home)
    assert _foreign("https://specimens.example/font.woff2", home)


def test_a_screenshot_is_a_picture(page: Page, screenshot: Callable[[Page, str], Path]) -> None:
    page.goto(SCRIPTED)
    assert screenshot(page, "scripted").read_bytes().startswith(b"\x89PNG")

"""What a browser test may ask for: the program on a loopback port, and pages of a real Chromium.

A page with an uncaught script error, a breach of the content policy, or a request that leaves the program
fails its test at the end, whatever the test was about.
"""

import os
import shutil
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, ConsoleMessage, Page, expect, sync_playwright
from werkzeug.serving import make_server

from specimens.domain.access import Actor
from specimens.models.base import db
from tests.browser.line import Line
from tests.cast import Cast, build, log_in
from tests.web.scanning import Do

#: Chromium looks up nothing and asks nobody: only the loopback address resolves.
_FLAGS = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)

#: How long a page may take on a machine that is busy with something else.
PATIENCE_MS = 60_000
expect.set_options(timeout=PATIENCE_MS)

OpenPage = Callable[..., Page]


@dataclass(frozen=True, slots=True)
class Live:
    """The program, serving: its address, and the application for tests that also call services."""

    url: str
    app: Flask


@pytest.fixture(params=["sqlite"])
def engine_name(request: pytest.FixtureRequest) -> str:
    """Take SQLite: what a page shows does not depend on the engine; the services are tested on both."""
    return str(request.param)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Start Debian's Chromium once."""
    path = shutil.which("chromium")
    if path is None:
        raise RuntimeError("Chromium is missing, and the browser tests need it: apt-get install chromium")
    flags = [*_FLAGS, *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=flags)
        yield browser
        browser.close()


@pytest.fixture
def live(app: Flask) -> Iterator[Live]:
    """Serve the application on a free loopback port until the test ends."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    server.daemon_threads = True  # type: ignore[attr-defined]  # a kept-alive connection must not hold up the end
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield Live(f"http://127.0.0.1:{server.server_port}", app)
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def line(app: Flask) -> Iterator[Line]:
    """Serve the application behind a line that can be cut."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    server.daemon_threads = True  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    line = Line(server.server_port)
    yield line
    line.close()
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def open_page(chromium: Browser, live: Live) -> Iterator[OpenPage]:
    """Hand out pages of fresh browsers, each with its own cookies; `open_page(java_script_enabled=False, …)`.

    Takes what Playwright's `new_context` takes (viewport, locale, color_scheme …); addresses may be relative.
    """
    contexts, complaints = [], []

    def watch(page: Page) -> None:
        page.on("pageerror", lambda error: complaints.append(f"script error: {error}"))
        page.on("console", lambda message: complaints.extend(_breach(message)))
        page.on("request", lambda request: complaints.extend(_foreign(request.url, live.url)))

    def opened(**options: Any) -> Page:
        context = chromium.new_context(base_url=live.url, **options)
        contexts.append(context)
        context.on("page", watch)
        context.set_default_timeout(PATIENCE_MS)
        return context.new_page()

    yield opened
    for context in contexts:
        context.close()
    assert complaints == []


def _breach(message: ConsoleMessage) -> list[str]:
    return [message.text] if "Content Security Policy" in message.text else []


def _foreign(url: str, home: str) -> list[str]:
    return [] if url.startswith((f"{home}/", "data:", "blob:", "about:")) else [f"foreign request: {url}"]


@pytest.fixture
def page(open_page: OpenPage) -> Page:
    """Open a page with JavaScript."""
    return open_page()


@pytest.fixture
def plain_page(open_page: OpenPage) -> Page:
    """Open a page without JavaScript."""
    return open_page(java_script_enabled=False)


@pytest.fixture(params=["with_script", "without_script"])
def either_page(request: pytest.FixtureRequest, open_page: OpenPage) -> Page:
    """Walk through both: a page with JavaScript, and one without."""
    return open_page(java_script_enabled=request.param == "with_script")


@pytest.fixture
def signed_in(live: Live) -> Callable[..., Page]:
    """Give a page the session of somebody of the cast: `signed_in(page, cast.nora)`, a station by its code."""

    def enter(page: Page, actor: Actor, station: str | None = None) -> Page:
        name = live.app.config["SESSION_COOKIE_NAME"]
        cookie = log_in(live.app.test_client(), actor, station).get_cookie(name)
        assert cookie is not None
        page.context.add_cookies([{"name": name, "value": cookie.value, "url": live.url}])
        return page

    return enter


@pytest.fixture
def do(live: Live) -> Do:
    """Call a service beside the pages, in a context of its own."""

    def call(work: Callable[..., object], *given: object, **named: object) -> object:
        with live.app.app_context():
            try:
                return work(*given, **named)
            finally:
                db.session.remove()

    return call


@pytest.fixture
def cast(app: Flask) -> Cast:
    """Everybody."""
    with app.app_context():
        made = build()
        db.session.remove()
    return made


@pytest.fixture
def screenshot(tmp_path: Path) -> Callable[[Page, str], Path]:
    """Keep what a page looks like as a PNG, in the folder SPECIMENS_SCREENSHOTS when that is set."""
    folder = Path(os.environ.get("SPECIMENS_SCREENSHOTS", tmp_path))

    def taken(page: Page, name: str) -> Path:
        path = folder / f"{name}.png"
        page.screenshot(path=path, full_page=True)
        return path

    return taken

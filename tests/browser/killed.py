"""A station at a served program that is killed and started again while somebody scans: each scan exactly once.

python -m tests.browser.killed 1000 10
"""

import contextlib
import http.client
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from flask import Flask
from playwright.sync_api import Browser, Error, Page, sync_playwright
from sqlalchemy import select

from specimens.app import create_app
from specimens.domain.entry import read_entry
from specimens.domain.waited import DEVICE_SEQUENCE
from specimens.models.base import db
from specimens.models.ledger import LedgerEntry
from specimens.services.install import install
from tests.browser.keys import Scanner
from tests.browser.line import Line
from tests.cast import Cast, build, log_in
from tests.engines import fresh_sqlite, settings_for
from tests.tubes import kit_of

#: A kit of twenty tubes is a large one.
KIT = 20
_PATIENCE_S = 60


@dataclass
class Program:
    """A served program with its own database, which can be killed without warning and started again."""

    app: Flask
    cast: Cast
    environ: dict[str, str]
    port: int
    kills: int = 0
    _process: subprocess.Popen[bytes] | None = field(default=None)

    def start(self) -> None:
        """Start it, and wait until it answers."""
        self._process = subprocess.Popen(
            [sys.executable, "-m", "specimens", "serve"],
            env=self.environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
        until = time.monotonic() + _PATIENCE_S
        while time.monotonic() < until:
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
            with contextlib.suppress(OSError), contextlib.closing(connection):
                connection.request("GET", "/health")
                if connection.getresponse().status == 200:
                    return
            time.sleep(0.05)
        raise RuntimeError("the program did not answer")

    def kill(self, how: int = signal.SIGKILL) -> None:
        """End it and its workers, by default without a warning."""
        assert self._process is not None
        os.killpg(self._process.pid, how)
        self._process.wait(20)

    def cookie(self, who: str) -> dict[str, Any]:
        """Return the cookie of somebody's log-in at their station."""
        name = self.app.config["SESSION_COOKIE_NAME"]
        kept = log_in(self.app.test_client(), self.cast.actors[who]).get_cookie(name)
        assert kept is not None
        return {"name": name, "value": kept.value, "domain": "127.0.0.1", "path": "/"}

    def tubes(self, many: int) -> list[str]:
        """Collect so many tubes, for the laboratory to receive."""
        with self.app.app_context():
            made = [
                tube
                for at in range(0, many, KIT)
                for tube in kit_of(self.cast, self.cast.nora, min(KIT, many - at))[1]
            ]
            db.session.remove()
        return made

    def received(self) -> tuple[list[str], int]:
        """Return the tubes in the order in which they were received, and how many of those scans had waited."""
        with self.app.app_context():
            act = LedgerEntry.act == "received_without_release"
            rows = db.session.execute(select(LedgerEntry.body).where(act).order_by(LedgerEntry.id)).scalars()
            found = [read_entry(body) for body in rows]
            db.session.remove()
        return [each.code for each in found], sum(DEVICE_SEQUENCE in each.facts for each in found)


@contextmanager
def served(folder: Path) -> Iterator[Program]:
    """Serve a fresh installation with its cast."""
    database = fresh_sqlite(folder)
    app = create_app(settings_for(database, folder, env="development"))
    with app.app_context():
        install(app.config["SETTINGS"].origin)
        cast = build()
        db.session.remove()
    probe = Line(0)
    port = int(probe.url.rpartition(":")[2])
    probe.close()
    environ = os.environ | {
        "SPECIMENS_HOME": str(folder), "DATABASE_URL": database.url, "PORT": str(port), "SPECIMENS_ENV": "development",
        "SPECIMENS_SECRET_KEY": app.config["SETTINGS"].secret_key, "SPECIMENS_ORIGIN": app.config["SETTINGS"].origin,
    }  # fmt: skip
    program = Program(app, cast, environ, port)
    program.start()
    try:
        yield program
    finally:
        with contextlib.suppress(Exception):
            program.kill(signal.SIGTERM)


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start a Chromium of its own."""
    with sync_playwright() as playwright:
        flags = ["--disable-gpu", *(["--no-sandbox"] if os.geteuid() == 0 else [])]
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=flags)
        yield browser
        browser.close()


@contextmanager
def station(browser: Browser, program: Program, who: str) -> Iterator[Page]:
    """Open a page at which somebody is logged in."""
    context = browser.new_context(base_url=f"http://127.0.0.1:{program.port}")
    context.add_cookies([program.cookie(who)])  # type: ignore[list-item]
    context.set_default_timeout(_PATIENCE_S * 1000)
    yield context.new_page()
    context.close()


def scan_through_kills(program: Program, page: Page, scans: int, kills: int) -> int:
    """Receive tubes as Mei, while the program is killed and started again; return how many scans waited.

    Raises:
        AssertionError: if a scan is missing, is there twice, or stands before one that was made earlier.
    """
    tubes = program.tubes(scans)
    page.goto("/receive")
    killer = threading.Thread(target=_kill, args=(program, kills))
    killer.start()
    scanner = Scanner(page)
    for number, tube in enumerate(tubes, start=1):
        scanner.type(tube)
        # The kills come spread over the scans: while one is due, the hand waits a little.
        while killer.is_alive() and number * (kills + 1) > scans * (program.kills + 1):
            page.wait_for_timeout(20)
    killer.join()
    until(page, "queue.empty()")
    found, waited = program.received()
    assert found == tubes, (len(found), len(set(found)), scans)
    return waited


def until(page: Page, asked: str) -> None:
    """Wait until what is asked (a promise of the page) is true."""
    end = time.monotonic() + _PATIENCE_S
    while time.monotonic() < end:
        with contextlib.suppress(Error):  # the page may be on its way to another
            if page.evaluate(f"async () => !!await {asked}"):
                return
        page.wait_for_timeout(50)
    raise AssertionError(f"never: {asked}")


def _kill(program: Program, kills: int) -> None:
    for _ in range(kills):
        time.sleep(0.5)
        program.kill()
        program.kills += 1
        program.start()


def main(scans: int, kills: int) -> None:
    """Scan through kills on a program of its own."""
    with (
        tempfile.TemporaryDirectory(prefix="specimens-killed-") as folder,
        served(Path(folder)) as program,
        chromium() as browser,
        station(browser, program, "mei") as page,
    ):
        waited = scan_through_kills(program, page, scans, kills)
    print(f"{scans} scans, {kills} kills: each exactly once, in order; {waited} waited")


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))

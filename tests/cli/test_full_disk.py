"""The served program on a disk that is full: it says so, half-writes nothing, and goes on when there is space."""

import json
import resource
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import time_machine

from specimens.app import create_app
from specimens.models.base import db
from specimens.services import kit, token
from tests.cast import build
from tests.cli.conftest import Terminal
from tests.engines import Database, settings_for
from tests.history import History, opened

_ALL = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)


def _prepared(home: Path, url: str) -> tuple[History, str]:
    """Make a kit that is open at the bedside; return it with the token of its nurse."""
    app = create_app(settings_for(Database(url, None), home))
    with app.app_context():
        cast = build()
        with time_machine.travel(time.time() - 600, tick=False) as clock:
            made = opened(cast, clock)
            kit.open_kit(cast.nora, made.kits["blood"])
            kit.attest_identity(cast.nora, made.kits["blood"])
        said = token.make(cast.nora, "full", station=cast.nora.station)
        db.session.remove()
        db.engine.dispose()
    return made, said


def _asked(request: urllib.request.Request | str) -> tuple[int, dict[str, Any]]:
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as refused:
        return refused.code, json.load(refused)


def _processes(pid: int) -> list[int]:
    """Return a process and those that it started."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(each for child in children for each in _processes(int(child)))]


def test_a_served_program_says_that_the_disk_is_full_and_goes_on_afterwards(
    terminal: Terminal, port: int
) -> None:
    made, said = _prepared(terminal.home, f"sqlite:///{terminal.database}")
    terminal.environment["PORT"] = str(port)
    server = terminal.begin("serve")
    try:
        here = f"http://127.0.0.1:{port}"
        _wait_for(f"{here}/health", server)

        def scan(raw: str) -> tuple[int, dict[str, Any]]:
            body = json.dumps({"act": "collect", "kit": made.kits["blood"], "scan": raw}).encode()
            headers = {
                "Authorization": f"Bearer {said}", "Idempotency-Key": raw, "Content-Type": "application/json",
            }  # fmt: skip
            return _asked(urllib.request.Request(f"{here}/api/v1/scans", body, headers))

        assert scan(made.tubes[0])[1]["verdict"] == "ok"
        written = (terminal.home / "specimens.db-wal").stat().st_size
        for pid in _processes(server.pid):  # as on a full disk, no file grows any more
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (written, resource.RLIM_INFINITY))
        saved = 1
        while saved < len(made.tubes) and (answer := scan(made.tubes[saved]))[0] == 200:
            saved += 1  # its pages still found room in what was written before
        assert answer[0] == 503 and answer[1]["code"] in ("store_full", "store_unavailable")
        assert answer[1]["detail"].startswith("Not saved:")
        assert _asked(f"{here}/health")[0] == 200
        for pid in _processes(server.pid):
            resource.prlimit(pid, resource.RLIMIT_FSIZE, _ALL)
        for tube in made.tubes[saved:]:
            assert scan(tube)[1]["verdict"] == "ok"
    finally:
        server.terminate()
        server.communicate(timeout=60)
    told = terminal.run("verify", "--json")
    assert json.loads(told.out)["sound"] is True


def _wait_for(address: str, server: Any) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        try:
            if _asked(address)[0] == 200:
                return
        except OSError:
            assert server.poll() is None, server.communicate()
            time.sleep(0.1)
    raise AssertionError("it does not answer")

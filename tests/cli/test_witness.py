"""A witness as a clinic runs it, `specimens witness serve`, asked by `specimens checkpoint publish`."""

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

import config
from specimens.app import stored
from specimens.domain.access import system_actor
from specimens.domain.terms import Kind
from specimens.models.base import db
from specimens.services.record import writing
from tests.cli.conftest import Terminal
from tests.engines import ORIGIN, SECRET

NAME = "witness.clinic.example"


@dataclass(frozen=True, slots=True)
class Watching:
    """A witness that answers: its public key, where it is."""

    key: str
    url: str


@contextmanager
def watching(at: Terminal, folder: Path, *logs: str) -> Iterator[Watching]:
    """Let a witness of *logs* serve from a folder, until it is told to end as a service is.

    Not as by Ctrl-C: what is started in the background by a shell does not hear that.
    """
    words = ["witness", "serve", "--folder", str(folder), "--name", NAME, "--port", "0"]
    process = at.begin(*words, *(word for log in logs for word in ("--log", log)))
    assert process.stdout is not None
    try:
        key = process.stdout.readline().removeprefix("Public key: ").strip()
        where = re.search(r"http://[0-9.:]+", process.stdout.readline())
        assert where, process.stderr and process.stderr.read()
        yield Watching(key, where[0])
    finally:
        process.terminate()
        process.communicate(timeout=60)


def _keys(at: Terminal) -> list[str]:
    return re.findall(r"\S+\+[0-9a-f]{8}\+\S+", at.run("checkpoint", "show", "--keys").out)


def _grow(at: Terminal, *codes: str) -> None:
    """Add an entry for each code, in this process: a command would take longer than all of them."""
    told = {"SPECIMENS_HOME": str(at.home), "SPECIMENS_SECRET_KEY": SECRET, "SPECIMENS_ORIGIN": ORIGIN}
    with stored(config.read(told)).app_context():
        with writing(system_actor()) as op:
            for code in codes:
                op.create(Kind.SITE, "site_opened", code=code, facts={"name": code, "zone": "UTC"})
        db.session.remove()
        db.engine.dispose()


def _publish(at: Terminal, to: Watching) -> str:
    said = at.run("checkpoint", "publish", "--witness", to.url, "--key", to.key)
    return said.out if said.code == 0 else f"refused: {said.err}"


@pytest.fixture
def ledger(terminal: Terminal) -> Terminal:
    """An installation with a checkpoint."""
    assert terminal.run("checkpoint", "make").code == 0
    return terminal


def test_a_witness_cosigns_growth_remembers_over_a_restart_and_refuses_another_history(
    ledger: Terminal, tmp_path: Path
) -> None:
    folder, (log,) = tmp_path / "witness", _keys(ledger)
    other = Terminal(tmp_path / "other")
    shutil.copytree(ledger.home, other.home)  # the key and all: whoever has it can sign anything
    with watching(ledger, folder, log) as first:
        assert NAME in _publish(ledger, first)
    with watching(ledger, folder, log) as again:
        assert again.key == first.key
        _grow(ledger, "B")
        assert NAME in _publish(ledger, again)
        _grow(other, "C", "D", "E")  # another history, and a longer one
        told = _publish(other, again)
        assert told.startswith("refused") and NAME in told


def test_a_second_count_is_a_ledger_of_its_own_to_a_witness(ledger: Terminal, tmp_path: Path) -> None:
    folder, (log,) = tmp_path / "witness", _keys(ledger)
    backup = tmp_path / "backup.db"
    assert ledger.run("backup", str(backup)).code == 0
    with watching(ledger, folder, log) as first:
        _grow(ledger, "A")
        assert NAME in _publish(ledger, first)
        for path in ledger.home.glob("specimens.db*"):
            path.unlink()
        shutil.copy(backup, ledger.database)
        assert _publish(ledger, first).startswith("refused")  # by the signer itself
        assert ledger.run("checkpoint", "epoch", "--yes").code == 0
        assert _publish(ledger, first).startswith("refused")  # the witness does not know the new key
    new = next(key for key in _keys(ledger) if key.split("+")[0].endswith("/2"))
    with watching(ledger, folder, log, new) as both:
        assert NAME in _publish(ledger, both)
    assert ledger.run("verify", "--full").code == 0

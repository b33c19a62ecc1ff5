"""Commands as a person runs them: a process of their own, a data folder of their own."""

import atexit
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import pytest

from tests.engines import ORIGIN, SECRET, fresh_sqlite
from tests.ports import port_held

ROOT = Path(__file__).parents[2]


@dataclass(slots=True)
class Said:
    """What a command printed, and how it ended."""

    code: int
    out: str
    err: str


@dataclass(slots=True)
class Terminal:
    """A terminal with its environment."""

    home: Path
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def database(self) -> Path:
        """The SQLite file."""
        return self.home / "specimens.db"

    def _environment(self, **changes: str) -> dict[str, str]:
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("SPECIMENS", "DATABASE"))
        }
        return {
            **kept, "SPECIMENS_HOME": str(self.home), "SPECIMENS_SECRET_KEY": SECRET, "SPECIMENS_ORIGIN": ORIGIN,
            "PYTHONPATH": str(ROOT), **self.environment, **changes,
        }  # fmt: skip

    def begin(self, *words: str) -> subprocess.Popen[str]:
        """Begin `specimens` with some words, and let it run."""
        return subprocess.Popen(
            [sys.executable, "-m", "specimens", *words], cwd=self.home.parent, env=self._environment(),
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip

    def run(self, *words: str, typed: str = "", **changes: str) -> Said:
        """Run `specimens` with some words; *changes* are variables of the environment."""
        done = subprocess.run(
            [sys.executable, "-m", "specimens", *words], cwd=self.home.parent, env=self._environment(**changes),
            input=typed, capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
        return Said(done.returncode, done.stdout, done.stderr)

    def refused(self, *words: str, **changes: str) -> str:
        """Run a command that has to end with 1 and one line, and return that line."""
        said = self.run(*words, **changes)
        assert said.code == 1, (said.out, said.err)
        assert "Traceback" not in said.err
        (line,) = said.err.strip().splitlines()
        return line


@pytest.fixture
def empty(tmp_path: Path) -> Terminal:
    """A data folder with nothing in it."""
    home = tmp_path / "home"
    home.mkdir()
    return Terminal(home)


@cache
def _migrated() -> Path:
    """Migrate a data folder by the command, once in this process."""
    home = Path(tempfile.mkdtemp(prefix="specimens-home-"))
    atexit.register(shutil.rmtree, home, ignore_errors=True)
    made = Terminal(home)
    Path(fresh_sqlite(home).url.removeprefix("sqlite:///")).rename(made.database)
    said = made.run("migrate")
    assert said.code == 0, said.err
    return home


@pytest.fixture
def terminal(empty: Terminal) -> Terminal:
    """A data folder with a migrated database, named."""
    shutil.copytree(_migrated(), empty.home, dirs_exist_ok=True)
    return empty


@pytest.fixture
def port() -> Iterator[int]:
    """A port on which a server of this test may listen, and nobody else."""
    with port_held() as held:
        yield held

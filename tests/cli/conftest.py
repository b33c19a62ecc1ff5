"""Commands as a person runs them: a process of their own, a data folder of their own."""

import atexit
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
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
        """Run `specimens` with some words; *changes* are variables of the environment.

        Each command runs once from the beginning in every test process, and then by forking: most of its time goes
        into importing the program, a hundred times over.
        """
        if words[0] in _BEGUN and not _of_the_interpreter({**self.environment, **changes}):
            return _warm().run(words, typed, self.home.parent, self._environment(**changes))
        _BEGUN.add(words[0])
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


#: Commands that have run from the beginning in this test process.
_BEGUN: set[str] = set()


def _of_the_interpreter(changes: Mapping[str, str]) -> bool:
    return not all(name.startswith(("SPECIMENS_", "DATABASE_", "MIGRATION_", "PORT")) for name in changes)


class Warm:
    """A process that has imported the program, and becomes a command by forking (see `tests.cli.warm`)."""

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="specimens-warm-"))
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.cli.warm"], cwd=ROOT, env=environment,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        atexit.register(self._end)

    def run(self, words: tuple[str, ...], typed: str, folder: Path, environment: dict[str, str]) -> Said:
        """Run a command to its end."""
        files = {name: self._folder / name for name in ("stdin", "stdout", "stderr")}
        for name, file in files.items():
            file.write_text(typed if name == "stdin" else "", encoding="utf-8")
        named = {name: str(file) for name, file in files.items()}
        asked = {"words": words, "folder": str(folder), "environment": environment, **named}
        assert self._process.stdin and self._process.stdout
        print(json.dumps(asked), file=self._process.stdin, flush=True)
        code = int(self._process.stdout.readline())
        return Said(code, *(files[name].read_text(encoding="utf-8") for name in ("stdout", "stderr")))

    def _end(self) -> None:
        self._process.communicate()
        shutil.rmtree(self._folder, ignore_errors=True)


@cache
def _warm() -> Warm:
    return Warm()


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

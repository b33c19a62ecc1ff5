"""Databases that many tests begin with: each is made once in a test process, by the services, and then copied."""

import atexit
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import time_machine

from specimens.app import stored
from specimens.models.base import db
from specimens.services.install import install
from tests.engines import ORIGIN, Database, copy_of, lasting, settings_for

#: The instant at which the clock of the tests stands still.
MORNING = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)

Maker = Callable[[time_machine.Traveller], Any]


@dataclass(frozen=True, slots=True)
class Stage:
    """What a test begins with: database and data folder, what was made in them, and until when."""

    database: Database
    home: Path
    made: Any
    until: datetime


@cache
def stage(make: Maker, engine: str) -> Stage:
    """Let *make* fill an empty database from `MORNING` on; once in this process."""
    home = Path(tempfile.mkdtemp(prefix="specimens-stage-"))
    atexit.register(shutil.rmtree, home, ignore_errors=True)
    database = lasting(engine, home)
    with (
        time_machine.travel(MORNING, tick=False) as clock,
        stored(settings_for(database, home)).app_context(),
    ):
        install(ORIGIN)
        made = make(clock)
        until = datetime.now(UTC)
        db.session.remove()
        db.engine.dispose()
    return Stage(database, home, made, until)


def copied(set_up: Stage, home: Path) -> Iterator[Database]:
    """Yield a copy of the database, with the files of its data folder put into *home*."""
    shutil.copytree(set_up.home, home, dirs_exist_ok=True, ignore=shutil.ignore_patterns("*.db*"))
    yield from copy_of(set_up.database, home)

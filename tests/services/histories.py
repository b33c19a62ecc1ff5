"""Honest histories, whatever the machine's zone, locale and the database's isolation level: none raises an alarm.

    python -m tests.services.histories 1000     # so many, on both engines by turns

Each begins with the cast, goes its own random way, and is verified. What differs from one to the next is zone and
locale of the machine, the zones of the people, and on PostgreSQL zone, date style, locale and isolation level of every
session. The locales are those of the machine (`locale -a`) that write UTF-8; the last line names them.
"""

import itertools
import locale
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import time_machine
from sqlalchemy import event

from specimens.app import stored
from specimens.ledger.chain import Difference
from specimens.models.base import db
from specimens.services.verify import verify
from tests.cast import Cast, build
from tests.engines import ENGINES, settings_for
from tests.services.test_verify import Walk
from tests.stages import copied, stage

ZONES = (
    "UTC",
    "Europe/Amsterdam",
    "America/New_York",
    "Asia/Kathmandu",
    "Pacific/Kiritimati",
    "Australia/Lord_Howe",
)
STYLES = ("ISO, DMY", "SQL, MDY", "German", "Postgres, YMD")
LOCALES = tuple(
    sorted(
        name
        for name in subprocess.run(["locale", "-a"], capture_output=True, check=True)
        .stdout.decode("latin-1")
        .split()
        if name in ("C", "POSIX") or name.lower().endswith(("utf8", "utf-8"))
    )
)
LEVELS = ("READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE")
STEPS = 25


@dataclass(frozen=True, slots=True)
class Told:
    """What became of one history: how much was done in it, and what verifying found."""

    done: int
    differences: tuple[Difference, ...]


def _cast(clock: time_machine.Traveller) -> Cast:
    return build()


@contextmanager
def _machine_in(zone: str, language: str) -> Iterator[None]:
    before, spoken = os.environ.get("TZ"), locale.setlocale(locale.LC_ALL)
    os.environ["TZ"] = zone
    time.tzset()
    locale.setlocale(locale.LC_ALL, language)
    try:
        yield
    finally:
        locale.setlocale(locale.LC_ALL, spoken)
        os.environ.pop("TZ") if before is None else os.environ.update(TZ=before)
        time.tzset()


def _sessions_differ(number: int) -> None:
    """Let every session of the store in use have another zone, date style, locale and isolation level."""
    zones, styles, names = (
        itertools.cycle(ZONES[number % 6 :] + ZONES),
        itertools.cycle(STYLES),
        itertools.cycle(LOCALES[number % len(LOCALES) :] + LOCALES),
    )

    def connected(connection: Any, record: Any) -> None:
        with connection.cursor() as cursor:
            for name, value in (
                ("timezone", next(zones)), ("datestyle", next(styles)), ("lc_time", next(names)),
                ("lc_numeric", next(names)), ("lc_monetary", next(names)), ("intervalstyle", "sql_standard"),
            ):  # fmt: skip
                cursor.execute("SELECT set_config(%s, %s, false)", (name, value))
        connection.commit()

    event.listen(db.engine, "connect", connected)
    db.engine.update_execution_options(isolation_level=LEVELS[number % len(LEVELS)])


def history(engine: str, number: int) -> Told:
    """Let one history happen and verify it."""
    set_up = stage(_cast, engine)
    home = Path(tempfile.mkdtemp(prefix="specimens-history-"))
    zone = ZONES[number % len(ZONES)]
    try:
        with (
            _machine_in(zone, LOCALES[number % len(LOCALES)]),
            contextmanager(copied)(set_up, home) as database,
            time_machine.travel(set_up.until, tick=False) as clock,
            stored(settings_for(database, home)).app_context(),
        ):
            if engine == "postgresql":
                _sessions_differ(number)
            people = {name: replace(who, zone=ZONES[(number + place) % len(ZONES)])
                      for place, (name, who) in enumerate(set_up.made.actors.items())}  # fmt: skip
            walk = Walk(replace(set_up.made, actors=people), clock, number)
            walk.go(STEPS)
            db.session.rollback()
            found = verify()
            db.session.remove()
            db.engine.dispose()
            return Told(walk.done, found.differences)
    finally:
        shutil.rmtree(home, ignore_errors=True)


def main(count: int) -> int:
    """Let so many histories happen; 0 if none raised an alarm."""
    alarms = done = 0
    for number in range(count):
        told = history(ENGINES[number % 2], number // 2)
        done += told.done
        if told.differences:
            alarms += 1
            print(f"history {number}: {told.differences[:3]}", flush=True)
        if number % 50 == 49:
            print(f"{number + 1} histories, {done} acts, {alarms} false alarms", flush=True)
    print(f"{alarms} false alarms in {count} honest histories, {done} acts; locales {', '.join(LOCALES)}")
    return 1 if alarms else 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1])))

"""`make bench`: what is fast, each figure beside its limit, measured in the same run.

`python -m bench search` measures one section, `make bench SECTION="search verify"` some.
With `--write docs/usability.md` the figures that the thirty requirements name go onto that page; the others on it stay.
"""

import argparse
import contextlib
import hashlib
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import time_machine
from reportlab.pdfgen.canvas import Canvas

from bench import clone, labels, ledger, pages, person, raw, search, seed, serve, station, table, usability
from specimens.documents.custody import custody_pdf
from specimens.models.base import db
from specimens.services import verify
from tests.conftest import MORNING
from tests.documents.custody_records import report
from tests.engines import Database, fresh_postgresql, fresh_sqlite

SCANS = 150
MANY = 8


def main(asked: list[str], onto: Path | None = None) -> None:
    """Measure the sections that are asked for, or all, one after another; *onto*: the page that takes the figures."""
    if unknown := set(asked) - SECTIONS.keys():
        raise SystemExit(f"no such section: {', '.join(sorted(unknown))}; there are {', '.join(SECTIONS)}")
    table.head()
    start = time.perf_counter()
    for name in asked or SECTIONS:
        table.say(f"{name}, {time.perf_counter() - start:.0f} s since the beginning")
        before = len(table.ROWS)
        with tempfile.TemporaryDirectory(prefix="specimens-bench-") as folder:
            SECTIONS[name](Path(folder))
        if onto:
            usability.write(onto, usability.measured(table.ROWS[before:], name))
    table.say(f"done in {time.perf_counter() - start:.0f} s")


def _home(folder: Path, name: str) -> Path:
    """Make a data folder: each database has its own, for the checkpoints in it are of one ledger."""
    home = folder / name
    home.mkdir()
    return home


@contextmanager
def _postgresql() -> Iterator[Database]:
    with contextlib.contextmanager(fresh_postgresql)(durable=True) as database:
        yield database


def _databases(folder: Path) -> Iterator[tuple[str, Database]]:
    yield "SQLite", fresh_sqlite(folder)
    with _postgresql() as database:
        yield "PostgreSQL", database


def _scans(folder: Path) -> None:
    for engine, database in _databases(folder):
        _scans_on(engine, database, _home(folder, engine))


def _scans_on(engine: str, database: Database, folder: Path) -> None:
    app, cast = seed.installed(database, folder)
    for clients in (1, MANY):
        with app.app_context():  # type: ignore[attr-defined]
            lanes = seed.lanes(cast, clients, SCANS)
            db.session.remove()
            db.engine.dispose()
        with serve.serving(database, folder) as (port, _):
            serve.scan(port, [seed.Lane(each.token, each.kit, each.tubes[:10]) for each in lanes])
            rate, taken = serve.scan(
                port, [seed.Lane(each.token, each.kit, each.tubes[10:]) for each in lanes]
            )
        codes = [tube for lane in lanes for tube in lane.tubes]
        if engine == "SQLite":
            limit = raw.sqlite(database.url.removeprefix("sqlite:///"), codes, clients, SCANS)
        else:
            address = database.url.replace("postgresql+psycopg", "postgresql")
            limit = raw.postgresql(address, codes, clients, SCANS)
        table.add(
            f"{engine}: scans over HTTP, {clients} client{'s' if clients > 1 else ''}",
            f"{rate:.0f}/s, p99 {table.percentile_ms(taken, 99):.0f} ms",
            f"{limit:.0f}/s raw commits",
            rate / limit,
            "≥ 0.5 of raw, ≥ 650/s" if clients > 1 else "–",
        )


#: So many entries a large ledger has; each of its figures stands beside hashing the same bodies and nothing else.
LARGE = 1_000_000


def _search(folder: Path) -> None:
    sizes = {many: fresh_sqlite(folder) for many in search.SIZES}
    search.search("SQLite", sizes, _home(folder, "sqlite"))
    with contextlib.ExitStack() as stack:
        sizes = {many: stack.enter_context(_postgresql()) for many in search.SIZES}
        search.search("PostgreSQL", sizes, _home(folder, "postgresql"))


def _appends(folder: Path) -> None:
    for engine, database in _databases(folder):
        _appends_on(engine, database, _home(folder, engine))


def _appends_on(engine: str, database: Database, folder: Path) -> None:
    app, _ = seed.installed(database, folder)
    for writers in (1, MANY):
        ours = ledger.appended(app, writers, SCANS)
        limit = ledger.raw(database.url, writers, SCANS)
        table.add(
            f"{engine}: append, {writers} writer{'s' if writers > 1 else ''}", f"{ours:.0f}/s",
            f"{limit:.0f}/s raw commits", limit / ours, "≤ 2 × the time",
        )  # fmt: skip


def _verified(folder: Path) -> None:
    database = fresh_sqlite(folder)
    with time_machine.travel(MORNING, tick=False) as clock:
        app, cast = seed.installed(database, folder)
        with app.app_context():  # type: ignore[attr-defined]
            clone.walked(cast, clock)
            db.session.remove()
    with app.app_context():  # type: ignore[attr-defined]
        ledger.proofs((1_000, LARGE))
        db.session.remove()
        db.engine.dispose()  # the connection that filled it has a large cache of its own
        os.sync()  # what was made just now is on the disk, and no longer on its way there
        alone = _hashing()
        before = 0.0
        for workers in (1, 2):
            start = time.perf_counter()
            found = verify.verify(workers=workers)
            ours = time.perf_counter() - start
            if not found.sound:
                raise RuntimeError(f"verify found differences in an honest history: {found.differences[:3]}")
            table.add(
                f"verify, {found.entries:,} entries, {workers} core{'s' if workers > 1 else ''}", f"{ours:.1f} s",
                f"{before:.1f} s on one" if before else f"{alone:.1f} s hashing alone", ours / (before or alone),
                "faster than one" if before else "≤ 15 s",
            )  # fmt: skip
            before = ours


def _hashing() -> float:
    start = time.perf_counter()
    for (body,) in db.session.connection().exec_driver_sql("SELECT body FROM ledger_entry"):
        hashlib.sha256(b"\x00" + body).digest()
    taken = time.perf_counter() - start
    db.session.remove()
    return taken


def _stations(folder: Path) -> None:
    station.stations(folder)


def _labels(folder: Path) -> None:
    labels.labels()


def _reports(folder: Path) -> None:
    for events in (1_000, 10_000):
        told = report(events)
        start = time.perf_counter()
        made = custody_pdf(told)
        ours = time.perf_counter() - start
        drawn = _drawn(events)
        table.add(
            f"custody report, {events:,} events", f"{ours:.1f} s, {len(made) / 1e6:.1f} MB",
            f"{drawn:.1f} s raw drawing", ours / drawn, "time ÷ time of drawing the words",
        )  # fmt: skip


def _drawn(events: int) -> float:
    """The limit: the same number of lines and cells drawn at fixed places, with nothing laid out."""
    start = time.perf_counter()
    canvas = Canvas("", pagesize=(595, 842))
    for number in range(events):
        at = 800 - number % 14 * 55
        for line in range(4):
            for column in range(6):
                canvas.drawString(40 + column * 85, at - line * 12, f"{number} {column} collected")
        if number % 14 == 13:
            canvas.setFont("Helvetica", 9)
            canvas.showPage()
    canvas.getpdfdata()
    return time.perf_counter() - start


def _start(folder: Path) -> None:
    database = fresh_sqlite(folder)
    seed.installed(database, folder)
    with serve.serving(database, folder) as (_, seconds):
        ours = seconds
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", "import flask, sqlalchemy.orm, granian, pydantic"], check=True)
    alone = time.perf_counter() - start
    table.add(
        "start-up, until /health answers",
        f"{ours:.2f} s",
        f"{alone:.2f} s importing Flask and others",
        ours / alone,
    )


def _person(folder: Path) -> None:
    person.row(fresh_sqlite(folder), folder)


def _pages(folder: Path) -> None:
    pages.pages(folder)


#: What can be asked for by name, in the order in which all are measured.
SECTIONS: dict[str, Callable[[Path], None]] = {
    "scans": _scans,
    "appends": _appends,
    "search": _search,
    "verify": _verified,
    "reports": _reports,
    "labels": _labels,
    "stations": _stations,
    "start": _start,
    "person": _person,
    "pages": _pages,
}


def _asked() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("section", nargs="*", help=", ".join(SECTIONS))
    parser.add_argument("--write", type=Path, metavar="PAGE", help="docs/usability.md")
    parser.add_argument(
        "--words", action="store_true", help="measure nothing: write the page with the figures it has"
    )
    given = parser.parse_args()
    if given.words:
        usability.write(given.write or parser.error("--words needs --write"), [])
    else:
        main(given.section, given.write)


if __name__ == "__main__":
    _asked()

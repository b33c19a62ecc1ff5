"""Searching at two sizes, measured in turn: what is asked most, what is old, a page in the middle."""

from functools import partial
from pathlib import Path
from typing import Any

import psycopg
from flask.testing import FlaskClient

from bench import seed, table
from specimens.models.base import db
from tests.cast import log_in
from tests.engines import Database

SIZES = (10_000, 100_000)
_TIMES = 15


def search(engine: str, databases: dict[int, Database], folder: Path) -> None:
    """Measure the page of the search at each size, and compare the second with the first."""
    pages = {}
    for many, database in databases.items():
        home = folder / str(many)
        home.mkdir()
        pages[many] = _filled(engine, database, home, many)
    for what in pages[SIZES[0]]:
        taken: dict[int, list[float]] = {many: [] for many in SIZES}
        for _ in range(_TIMES + 1):
            for many in SIZES:
                taken[many].append(table.seconds(pages[many][what]))
        small, large = (table.median_ms(taken[many][1:]) for many in SIZES)
        table.add(
            f"{engine}: search, {what}, {SIZES[1]:,}", f"{large:.1f} ms", f"{small:.1f} ms at {SIZES[0]:,}",
            large / small, "≤ 1.5 ×, ≤ 50 ms",
        )  # fmt: skip


def _filled(engine: str, database: Database, home: Path, many: int) -> dict[str, Any]:
    """Return what is measured on a database with so many specimens."""
    app, cast = seed.installed(database, home)
    with app.app_context():  # type: ignore[attr-defined]
        seed.lanes(cast, 1, 100)
        there, kind, middle = seed.fill(cast, many)
        db.session.remove()
    if (
        database.migration_url is not None
    ):  # as autovacuum does within minutes; it belongs to the tables' owner
        address = database.migration_url.replace("postgresql+psycopg", "postgresql")
        with psycopg.connect(address, autocommit=True) as connection:
            connection.execute("VACUUM ANALYZE specimen")
    table.say(f"{engine}: {there:,} specimens to search")
    client = log_in(app.test_client(), cast.ada)  # type: ignore[attr-defined]
    queries = {
        "first page": "", "by state": "?status=stored", "by an old state": "?status=used_up",
        "by place": "?place=Bench+7.", "by type and state": f"?type={kind}&status=stored",
        "a page in the middle": f"?after={middle}",
    }  # fmt: skip
    return {what: partial(_page, client, query) for what, query in queries.items()}


def _page(client: FlaskClient, query: str) -> None:
    answer = client.get(f"/search{query}")
    if answer.status_code != 200 or answer.text.count('<th scope="row">') < 30:
        raise RuntimeError(f"{answer.status_code}: {answer.get_data(as_text=True)[:300]}")

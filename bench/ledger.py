"""The ledger's own figures: a checkpoint and a proof at two sizes, append against raw commit."""

import secrets
import sqlite3
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import psycopg
from sqlalchemy import text

from bench import clone, table
from bench.raw import LEAF, as_postgresql
from specimens.domain.access import system_actor
from specimens.domain.terms import Kind
from specimens.models.base import db
from specimens.services import checkpoint
from specimens.services.operate import operate


def station(number: object) -> str:
    """Append one entry, as every act of a person does."""
    facts = {"site": "AMS", "name": f"Bench {number}", "kind": "clinic"}
    return operate(system_actor(), lambda op: str(op.create(Kind.STATION, "station_added", facts=facts).code))


def proofs(sizes: tuple[int, int]) -> None:
    """Measure a checkpoint and an inclusion proof at two sizes; the second is compared with the first."""
    before: dict[str, float] = {}
    for size in sizes:
        clone.fill(size)
        newest = str(
            db.session.execute(text("SELECT entry_id FROM ledger_entry ORDER BY id LIMIT 1")).scalar_one()
        )
        db.session.remove()

        def sign(size: int = size) -> None:
            station(f"{size} {time.time_ns()}")
            checkpoint.make()

        acts: dict[str, Callable[[], object]] = {
            "entry and checkpoint": sign,
            "inclusion proof": partial(checkpoint.proofs_for, [newest], size),
        }
        for what, act in acts.items():
            now = table.median_ms(table.timed(act, times=9))
            first = before.setdefault(what, now)
            table.add(
                f"{what}, {size:,} entries", f"{now:.1f} ms",
                "–" if first == now else f"{first:.1f} ms at {sizes[0]:,}",
                None if first == now else now / first, "≤ 2 ×",
            )  # fmt: skip


def appended(app: Any, writers: int, each: int) -> float:
    """Return entries per second that *writers* threads append, each on subjects of its own."""

    def work(number: int) -> None:
        with app.app_context():
            for at in range(each):
                station(f"{number} {at} {time.time_ns()}")
            db.session.remove()

    return _rate(work, writers, each)


_ROWS = (
    "INSERT INTO identifier (code, kind, issued_at) VALUES ({0}, 'station', 1)",
    "INSERT INTO ledger_entry (entry_id, operation, subject_kind, subject_code, seq, act, actor_user, actor_role, "
    "mode, happened_at, recorded_at, body, hash) "
    "VALUES ({0}, {0}, 'raw', {0}, 1, 'station_added', 'U', 'system', 'form', 1, 1, {0}, {0})",
    "INSERT INTO station (code, site, name, kind, active, entry_seq, entry_hash) "
    "VALUES ({0}, 'AMS', {0}, 'clinic', {0}, 1, {0})",
)
_ENTRY = 1  # the place in `_ROWS` of the entry, which its place in the tree follows
_BODY, _HASH = b"x" * 800, b"h" * 32


def raw(address: str, writers: int, each: int) -> float:
    """The limit: the same rows committed raw by the driver, at the same durability, each entry a commit of its own."""
    gate = threading.Lock()
    sqlite = address.startswith("sqlite")

    def rows() -> list[tuple[Any, ...]]:
        key, code = secrets.token_hex(18), secrets.token_hex(4)
        return [(code,), (key, key, code, _BODY, _HASH), (code, code, True, _HASH)]

    def in_sqlite(number: int) -> None:
        connection = sqlite3.connect(address.removeprefix("sqlite:///"), isolation_level=None, timeout=30)
        connection.execute("PRAGMA synchronous = FULL")
        for _ in range(each):
            with gate:
                connection.execute("BEGIN IMMEDIATE")
                for at, (statement, values) in enumerate(zip(_ROWS, rows(), strict=True)):
                    connection.execute(statement.format("?"), values)
                    if at == _ENTRY:
                        connection.execute(LEAF.format("?"), (_HASH,))
                connection.execute("COMMIT")
        connection.close()

    def in_postgresql(number: int) -> None:
        with psycopg.connect(address.replace("postgresql+psycopg", "postgresql")) as connection:
            for _ in range(each):
                for statement, values in zip(_ROWS, rows(), strict=True):
                    connection.execute(as_postgresql(statement), values)
                connection.commit()

    return _rate(in_sqlite if sqlite else in_postgresql, writers, each)


def _rate(work: Callable[[int], None], writers: int, each: int) -> float:
    start = time.perf_counter()
    with ThreadPoolExecutor(writers) as pool:
        list(pool.map(work, range(writers)))
    return writers * each / (time.perf_counter() - start)

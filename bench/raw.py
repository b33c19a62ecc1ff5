"""The limit of the store: the rows of one scan committed raw, at the same durability, without anything of ours.

One collected scan writes one ledger entry and its place in the tree (PostgreSQL: the row by which it waits for one),
moves one specimen row on and keeps one answered request. The same tables are used, so triggers and indexes count. Each
scan is a commit of its own; the program shares commits on SQLite, where with many clients the limit lies higher.
"""

import sqlite3
import threading
import time
from typing import Any

import psycopg

_LEDGER = (
    "INSERT INTO ledger_entry (entry_id, operation, subject_kind, subject_code, seq, act, study, site, station, "
    "actor_user, actor_role, mode, happened_at, recorded_at, body, hash) "
    "VALUES ({0},{0},'raw',{0},{0},'collected','S','X','ST','U','nurse','scan',{0},{0},{0},{0})"
)
#: The statement of an entry → that of the entry with its row in the tree: one after another, or both at once.
LEAF = (
    "INSERT INTO leaf (id, entry, hash) SELECT coalesce(max(id) + 1, 0), last_insert_rowid(), {0} FROM leaf"
)
WAITING = "WITH entry AS ({entry} RETURNING id) INSERT INTO pending (id) SELECT id FROM entry"

_REQUEST = "INSERT INTO answered_request (actor_user, key, digest, outcome, answered_at) VALUES ('raw',{0},{0},{0},{0})"
_MOVE = "UPDATE specimen SET collected_at = {0}, entry_hash = {0} WHERE code = {0}"

BODY = b"x" * 1100  # the size of a real body of a collected scan
OUTCOME = "y" * 600
HASH = b"z" * 32


def _rows(client: int, number: int, code: str) -> list[tuple[str, tuple[Any, ...]]]:
    key = f"raw-{client}-{number}-{time.time_ns()}"
    at = 1_790_000_000_000 + number
    return [
        (_REQUEST, (key, "d" * 64, OUTCOME, at)),
        (
            _LEDGER,
            (key[-36:], key[-36:], f"R{client}-{number}-{time.time_ns()}"[:64], number, at, at, BODY, HASH),
        ),
        (LEAF, (HASH,)),
        (_MOVE, (at, HASH, code)),
    ]


def sqlite(path: str, codes: list[str], clients: int, scans: int) -> float:
    """Return commits per second of *clients* threads on an SQLite file."""
    gate = threading.Lock()  # the kindest baseline: no time is lost in the busy handler

    def client(number: int) -> None:
        connection = sqlite3.connect(path, isolation_level=None, timeout=30)
        connection.execute("PRAGMA synchronous = FULL")
        for each in range(scans):
            with gate:
                connection.execute("BEGIN IMMEDIATE")
                for statement, values in _rows(number, each, codes[(number * scans + each) % len(codes)]):
                    connection.execute(statement.format("?"), values)
                connection.execute("COMMIT")
        connection.close()

    return _rate(client, clients, scans)


def postgresql(address: str, codes: list[str], clients: int, scans: int) -> float:
    """Return commits per second of *clients* threads on PostgreSQL."""

    def client(number: int) -> None:
        with psycopg.connect(address) as connection:
            for each in range(scans):
                for statement, values in _rows(number, each, codes[(number * scans + each) % len(codes)]):
                    if statement is not LEAF:
                        connection.execute(as_postgresql(statement), values)
                connection.commit()

    return _rate(client, clients, scans)


def as_postgresql(statement: str) -> str:
    """Return a statement as PostgreSQL takes it; an entry takes along the row by which it waits for its place."""
    here = statement.format("%s")
    return WAITING.format(entry=here) if here.startswith("INSERT INTO ledger_entry") else here


def _rate(client: Any, clients: int, scans: int) -> float:
    threads = [threading.Thread(target=client, args=(number,)) for number in range(clients)]
    start = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return clients * scans / (time.perf_counter() - start)

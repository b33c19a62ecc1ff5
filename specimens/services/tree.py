"""The tree over all entries, as the store keeps it: leaves in order, and rows of complete 256-hash tiles.

SQLite has one writer: an entry gets its place in its own transaction. PostgreSQL has many: the entry and a row of
`pending` are one transaction, and whoever holds the lease gives those that wait their places, in batches. Never by "id
greater than the last": ids are given before commit, and what commits late would be missed.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Engine, Table, func, insert, select, text

from specimens.domain.errors import Tampered
from specimens.ledger import tree as rules
from specimens.ledger.tree import HASH, TILE
from specimens.models.base import db
from specimens.models.driver import execute
from specimens.models.ledger import LedgerEntry
from specimens.models.tree import Leaf, Pending, Tile
from specimens.services.process import NAME, Patience

_ENTRY: Table = LedgerEntry.__table__  # type: ignore[assignment]
_LEAF: Table = Leaf.__table__  # type: ignore[assignment]
_TILE: Table = Tile.__table__  # type: ignore[assignment]
_PENDING: Table = Pending.__table__  # type: ignore[assignment]

#: How many entries get their places in one transaction, and how long a lease is worth without being renewed.
BATCH = 4096
LEASE_MS = 5_000

#: SQLite, on the way of every scan: one statement, straight to the driver; the index is the new row's number.
_NEXT_LEAF = "INSERT INTO leaf (id, entry, hash) SELECT coalesce(max(id) + 1, 0), ?, ? FROM leaf"
_SIZE = text("SELECT max(id) + 1 FROM leaf")
_INSERT_LEAF = insert(_LEAF)

#: The database's clock decides, so that two machines need not agree on the time.
_TAKE = text(
    "UPDATE lease SET held_by = :me, until_at = (extract(epoch FROM clock_timestamp()) * 1000)::bigint + :worth "
    "WHERE id = (SELECT id FROM lease WHERE id = 1 AND (held_by = :me "
    "OR until_at < (extract(epoch FROM clock_timestamp()) * 1000)::bigint) FOR UPDATE SKIP LOCKED)"
)
_TAKEN_OUT = text("DELETE FROM pending WHERE id = ANY(:ids)")


def snapshot() -> Connection:
    """Open a connection that sees one moment: SQLite's WAL does so by itself, PostgreSQL when asked."""
    return snapshot_of(db.engine)


def snapshot_of(engine: Engine) -> Connection:
    """Open a connection of *engine* that sees one moment."""
    connection = engine.connect()
    if connection.dialect.name == "postgresql":
        connection = connection.execution_options(isolation_level="REPEATABLE READ")
    return connection


def size_of(connection: Connection) -> int:
    """Return how many leaves the tree has."""
    return int(connection.execute(_SIZE).scalar() or 0)


def add(connection: Connection, entries: Sequence[tuple[int, bytes]]) -> None:
    """Give the entries of one operation, as (row, hash), their places (SQLite)."""
    for row, hash_ in entries:
        index = execute(connection, _NEXT_LEAF, (row, hash_)).lastrowid
        if index % TILE == TILE - 1:
            complete_tiles(connection, index + 1)


def _append(connection: Connection, first: int, entries: Sequence[tuple[int, bytes]]) -> None:
    connection.execute(
        _INSERT_LEAF,
        [
            {"id": index, "entry": row, "hash": hash_}
            for index, (row, hash_) in enumerate(entries, start=first)
        ],
    )
    if (first + len(entries)) // TILE != first // TILE:
        complete_tiles(connection, first + len(entries))


def complete_tiles(connection: Connection, size: int) -> None:
    """Add the tiles that a tree of *size* leaves has complete and the store has not, from the lowest level up."""
    level, width = 0, size // TILE
    while width:
        there = connection.execute(select(func.max(_TILE.c.number)).where(_TILE.c.level == level)).scalar()
        for number in range(0 if there is None else there + 1, width):
            hashes = _read(connection, level, number * TILE, (number + 1) * TILE)
            row = {"level": level, "number": number, "hashes": hashes, "top": rules.top(hashes)}
            connection.execute(insert(_TILE), row)
        level, width = level + 1, width // TILE


def _read(connection: Connection, level: int, first: int, stop: int) -> bytes:
    """Return a run of hashes from the leaves, or from the tops of the tiles one level below."""
    if level == 0:
        query = select(_LEAF.c.hash).where(_LEAF.c.id >= first, _LEAF.c.id < stop).order_by(_LEAF.c.id)
    else:
        query = (
            select(_TILE.c.top)
            .where(_TILE.c.level == level - 1, _TILE.c.number >= first, _TILE.c.number < stop)
            .order_by(_TILE.c.number)
        )
    found = [bytes(each) for each in connection.execute(query).scalars()]
    if len(found) != stop - first or any(len(each) != HASH for each in found):
        raise Tampered("tree_incomplete", level=level, first=first, stop=stop)
    return b"".join(found)


class Stored:
    """The hashes of a tree of *size* leaves, read from the store a tile at a time, each tile once."""

    def __init__(self, connection: Connection, size: int) -> None:
        self._connection = connection
        self._size = size
        self._tiles: dict[tuple[int, int], bytes] = {}

    def hashes(self, level: int, first: int, stop: int) -> bytes:
        """Return a run of hashes, see `ledger.tree.Reader`.

        Raises:
            Tampered: `tree_incomplete` if the store does not have them.
        """
        number = first // TILE
        tile = self._tiles.get((level, number))
        if tile is None:
            tile = self._tiles[level, number] = self._tile(level, number)
        start = number * TILE
        return tile[(first - start) * HASH : (stop - start) * HASH]

    def _tile(self, level: int, number: int) -> bytes:
        nodes = self._size // TILE**level  # complete ones of this height
        first, stop = number * TILE, min((number + 1) * TILE, nodes)
        if stop - first == TILE:
            query = select(_TILE.c.hashes).where(_TILE.c.level == level, _TILE.c.number == number)
            kept = self._connection.execute(query).scalar()
            if kept is None or len(kept) != TILE * HASH:
                raise Tampered("tree_incomplete", level=level, first=first, stop=stop)
            return bytes(kept)
        return _read(self._connection, level, first, stop)


def sequence(connection: Connection) -> int:
    """Give the entries that wait their places, one batch, in a transaction of its own; return how many.

    PostgreSQL only; 0 where nothing waits or somebody else holds the lease. Whole or not at all: a process that is
    killed here leaves the entries waiting, and the next one gives them the same places.
    """
    if connection.dialect.name != "postgresql":
        return 0
    with connection.begin():
        if connection.execute(_TAKE, {"me": NAME, "worth": LEASE_MS}).rowcount != 1:
            return 0
        waiting: list[Any] = connection.execute(
            select(_PENDING.c.id, _ENTRY.c.hash)
            .join(_ENTRY, _ENTRY.c.id == _PENDING.c.id)
            .order_by(_PENDING.c.id)
            .limit(BATCH)
        ).all()  # type: ignore[assignment]
        if not waiting:
            return 0
        _append(connection, size_of(connection), [(row.id, bytes(row.hash)) for row in waiting])
        connection.execute(_TAKEN_OUT, {"ids": [row.id for row in waiting]})
    return len(waiting)


def waiting(connection: Connection) -> int:
    """Return how many entries wait for their place."""
    return int(connection.execute(select(func.count()).select_from(_PENDING)).scalar_one())


def catch_up() -> None:
    """Give every entry that waits now its place, by whoever holds the lease; return when that is done.

    Raises:
        Unavailable: `sequencer_busy` if somebody else holds the lease and does not get on.
    """
    engine = db.engine
    if engine.dialect.name != "postgresql":
        return
    patience = Patience()
    with engine.connect() as connection:
        while True:
            if sequence(connection):
                patience = Patience()
                continue
            with connection.begin():
                if not waiting(connection):
                    return
            patience.wait()


def sequence_waiting() -> None:
    """Give a place to what waits, if the lease is free; whoever holds it does so otherwise."""
    engine = db.engine
    if engine.dialect.name == "postgresql":
        with engine.connect() as connection:
            while sequence(connection):
                pass

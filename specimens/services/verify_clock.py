"""Verifying that time does not run backwards along the tree.

An entry that says how far the clock was behind has the newest instant before it: to say so excuses nothing.
"""

from typing import Any

from sqlalchemy import Connection, text

from specimens.domain.clock_alarm import TOLERANCE_MS
from specimens.ledger.chain import Difference
from specimens.ledger.entry import instant_text

#: An operation on PostgreSQL may wait for others' locks after it has read the clock, and its entries are placed in the
#: order of their commits; SQLite's one writer reads it when nobody else writes.
_WAITS_MS = 115_000
_MOST = 1000

#: Quick where the order of rows is that of the tree: the index alone is read, and an honest one has its rows in order.
_ORDER = text("SELECT id FROM ledger_entry WHERE id >= :first ORDER BY recorded_at, id")
_ROW = text("SELECT coalesce((SELECT entry FROM leaf WHERE id = :first), 0)")
_BACK = text(
    "SELECT subject_kind, subject_code, seq, recorded_at, newest FROM ("
    "SELECT e.subject_kind, e.subject_code, e.seq, e.recorded_at, "
    "max(e.recorded_at) OVER (ORDER BY l.id) AS newest "
    "FROM leaf l JOIN ledger_entry e ON e.id = l.entry WHERE l.id >= :first) AS told "
    "WHERE recorded_at < newest - :most ORDER BY subject_kind, subject_code, seq LIMIT :limit"
)
_CHUNK = 8192


def check_clock(connection: Connection, first: int = 0) -> list[Difference]:
    """Name every entry from the leaf *first* on that was recorded before one in front of it."""
    first = max(0, first - 1)  # the last one that was verified before: the next is not before it either
    sqlite = connection.dialect.name == "sqlite"
    if sqlite and _in_order(connection, first):
        return []
    most = TOLERANCE_MS + (0 if sqlite else _WAITS_MS)
    rows = connection.execute(_BACK, {"first": first, "most": most, "limit": _MOST})
    return [
        Difference(
            f"{row.subject_kind} {row.subject_code}", row.seq, "recorded_at",
            f"not before {_shown(row.newest)}", _shown(row.recorded_at),
        )
        for row in rows
    ]  # fmt: skip


def _in_order(connection: Connection, first: int) -> bool:
    row = int(connection.execute(_ROW, {"first": first}).scalar_one())
    last = -1
    with connection.execution_options(stream_results=True, max_row_buffer=_CHUNK).execute(
        _ORDER, {"first": row}
    ) as found:
        while rows := found.scalars().fetchmany(_CHUNK):
            if rows[0] < last or rows != sorted(rows):
                return False
            last = rows[-1]
    return True


def _shown(value: Any) -> str:
    return instant_text(value) if isinstance(value, int) and 0 <= value < 1 << 47 else str(value)

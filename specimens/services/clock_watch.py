"""The clock against the ledger: time never runs backwards in it, whatever the machine's clock says.

Asked once for each operation, on the way of every scan: one look at the end of an index.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Table, bindparam, func, select, text

from specimens.models.clock_alarm import ClockAlarmRow
from specimens.models.ledger import LedgerEntry
from specimens.models.statement import Statement

_ENTRY: Table = LedgerEntry.__table__  # type: ignore[assignment]
_ALARM: Table = ClockAlarmRow.__table__  # type: ignore[assignment]

NEWEST = Statement(select(func.max(_ENTRY.c.recorded_at).label("newest")))
_TOLD = Statement(select(_ALARM.c.id).where(_ALARM.c.newest_at == bindparam("newest")))

#: PostgreSQL: of several who see at once that the clock went back, one tells it. The number means nothing.
_ONE_TELLS = text("SELECT pg_advisory_xact_lock(7309457148)")


def newest(rows: Sequence[Mapping[str, Any]]) -> int:
    """Return the newest instant at which anything was recorded (ms, UTC), by the answer to `NEWEST`; 0: nothing was."""
    return rows[0]["newest"] or 0


def is_told(connection: Connection, newest_at: int) -> bool:
    """Say whether there is an alarm, open or closed, that the clock is behind *newest_at*.

    If not, nobody else can make one until the end of this transaction.
    """
    if _TOLD.first(connection, newest=newest_at) is not None:
        return True
    if connection.dialect.name == "sqlite":  # nobody else writes
        return False
    connection.execute(_ONE_TELLS)
    return _TOLD.first(connection, newest=newest_at) is not None

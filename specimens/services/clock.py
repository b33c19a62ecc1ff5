"""The server's clock, and local times."""

import time
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

_shift_ms = 0


def now_ms() -> int:
    """Return the present instant in milliseconds since 1970, UTC. The only clock that decides anything."""
    return time.time_ns() // 1_000_000 + _shift_ms


def pretend(milliseconds: int | None) -> None:
    """Let this process believe that it is another instant; None ends it.

    For making demonstration data in time order, and for nothing else: the command that uses it refuses to run in
    production, and no door reaches it.
    """
    global _shift_ms
    _shift_ms = 0 if milliseconds is None else milliseconds - time.time_ns() // 1_000_000


def local(milliseconds: int, zone: str) -> datetime:
    """Return an instant as a local time of *zone*, with its offset."""
    return datetime.fromtimestamp(milliseconds / 1000, UTC).astimezone(ZoneInfo(zone))


def offset_minutes(milliseconds: int, zone: str) -> int:
    """Return the offset of *zone* from UTC at an instant, in minutes."""
    offset = local(milliseconds, zone).utcoffset()
    return int(offset.total_seconds() // 60) if offset else 0


def today(zone: str) -> date:
    """Return the local date of *zone*."""
    return local(now_ms(), zone).date()

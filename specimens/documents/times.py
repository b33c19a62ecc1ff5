"""How a paper writes an instant, a duration and a temperature: the month is never a number."""

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from specimens.documents.records import Moment

_MONTHS = {
    "en": ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"],
    "nl": ["jan", "feb", "mrt", "apr", "mei", "jun", "jul", "aug", "sep", "okt", "nov", "dec"],
}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def local(moment: Moment) -> datetime:
    """Return the wall clock that hung at the site: the instant shifted by the offset that was recorded with it.

    Raises:
        ValueError: when the offset is not written `+01:00`.
    """
    return _EPOCH + timedelta(milliseconds=moment.at_ms, minutes=_offset_minutes(moment.offset))


@lru_cache(maxsize=256)
def _offset_minutes(offset: str) -> int:
    shifted = datetime.strptime(offset, "%z").utcoffset()
    if shifted is None or len(offset) != len("+01:00"):
        raise ValueError(f"an offset is written +01:00, not {offset!r}")
    return int(shifted.total_seconds()) // 60


@lru_cache(maxsize=4096)
def _abbreviation(at_minute: int, zone: str, offset_minutes: int) -> str:
    """Return ` CET`, or nothing where the zone has no letters or disagrees with the offset that was recorded."""
    try:
        there = (_EPOCH + timedelta(minutes=at_minute)).astimezone(ZoneInfo(zone))
    except (LookupError, ValueError, OSError):
        return ""
    name = there.tzname() or ""
    return f" {name}" if name.isalpha() and there.utcoffset() == timedelta(minutes=offset_minutes) else ""


def say_date(moment: Moment, language: str) -> str:
    """Write the local date, `22 Nov 2026`."""
    there = local(moment)
    return f"{there.day} {_MONTHS[language][there.month - 1]} {there.year}"


def say_clock(moment: Moment) -> str:
    """Write the local time, `14:03 CET`."""
    zone = _abbreviation(moment.at_ms // 60_000, moment.zone, _offset_minutes(moment.offset))
    return f"{local(moment):%H:%M}{zone}"


def say_moment(moment: Moment, language: str) -> str:
    """Write date and time, `22 Nov 2026 14:03 CET`. The offset is written by `say_offset`."""
    return f"{say_date(moment, language)} {say_clock(moment)}"


def say_offset(moment: Moment) -> str:
    """Write the offset that was recorded with the instant, `UTC+01:00`."""
    return f"UTC{moment.offset}"


def say_full(moment: Moment, language: str) -> str:
    """Write everything that is known of an instant, `22 Nov 2026 14:03 CET (UTC+01:00)`."""
    return f"{say_moment(moment, language)} ({say_offset(moment)})"


def iso(moment: Moment) -> str:
    """Write an instant for programs, `2026-11-22T14:03:11.123+01:00`."""
    return f"{local(moment):%Y-%m-%dT%H:%M:%S}.{moment.at_ms % 1000:03d}{moment.offset}"


def say_minutes(minutes: int, language: str) -> str:
    """Write minutes as `45 min` or `1 d 2 h 5 min`; in Dutch hours are `u`."""
    sign, minutes = ("−" if minutes < 0 else ""), abs(minutes)
    hour = "u" if language == "nl" else "h"
    days, hours, rest = minutes // 1440, minutes // 60 % 24, minutes % 60
    parts = [f"{days} d"] * bool(days) + [f"{hours} {hour}"] * bool(hours)
    if rest or not parts:
        parts.append(f"{rest} min")
    return sign + " ".join(parts)


def say_milliseconds(milliseconds: int, language: str) -> str:
    """Write a duration in milliseconds as seconds below two minutes, else as `say_minutes` does."""
    if milliseconds < 120_000:
        return f"{milliseconds // 1000} s"
    return say_minutes(milliseconds // 60_000, language)


def say_temperature(tenths_c: int, language: str) -> str:
    """Write tenths of a degree as `−79.5 °C`, with a comma in Dutch."""
    sign, mark = ("−" if tenths_c < 0 else ""), ("," if language == "nl" else ".")
    return f"{sign}{abs(tenths_c) // 10}{mark}{abs(tenths_c) % 10} °C"


def grouped(code: str) -> str:
    """Write an identifier as it stands on the label, `C4K7 N2XD`; anything else as it is."""
    return f"{code[:4]} {code[4:]}" if len(code) == 8 and code.isalnum() else code

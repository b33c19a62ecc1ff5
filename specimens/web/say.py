"""Sentences, words and times as this reader wants them."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from flask import g, request
from flask_babel import get_locale, gettext

from specimens.documents import times
from specimens.domain.errors import SpecimensError
from specimens.domain.identifiers import is_identifier, printed
from specimens.domain.sentences import SENTENCES
from specimens.domain.words import WORDS
from specimens.domain.words.genuine import PATTERNS
from specimens.services.clock import local
from specimens.web import manner

LANGUAGES = ("en", "nl")
_MONTHS = {
    "en": ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"],
    "nl": ["jan", "feb", "mrt", "apr", "mei", "jun", "jul", "aug", "sep", "okt", "nov", "dec"],
}


def language() -> str:
    """Return the reader's language: switched here, of the station, of the account, or what the browser asks for."""
    if chosen := manner.language():
        return chosen
    locked = g.get("locked")
    whose = locked.user if locked is not None else g.get("actor")
    own = getattr(whose, "language", None)
    return own or request.accept_languages.best_match(LANGUAGES) or "en"


def word(code: Any) -> str:
    """Return the word for a code of the house (a status, an act, a role, a reason)."""
    text = str(code)
    return gettext(WORDS[text]) if text in WORDS else text.replace("_", " ")


def sentence(code: str, facts: Mapping[str, Any] | None = None) -> str:
    """Return the sentence for a code, with its facts filled in."""
    template = gettext(SENTENCES.get(code, SENTENCES["not_found"]))
    shown = {name: _shown(name, value) for name, value in (facts or {}).items()}
    return template.format_map(_Kept(shown))


class _Kept(dict[str, Any]):
    def __missing__(self, name: str) -> str:
        return "–"


def _why(text: str) -> str:
    """Return a reason that the offline program gave, in the reader's language where it is one that is known."""
    for pattern, told in PATTERNS:
        if found := pattern.fullmatch(text):
            return gettext(told).format_map(found.groupdict())
    return word(text) if text in WORDS else text


def _shown(name: str, value: Any) -> Any:
    if name == "why":
        return _why(str(value))
    if isinstance(value, str) and is_identifier(value):
        return printed(value)
    if name.endswith("_at") and isinstance(value, int):
        return moment(value)
    if isinstance(value, str) and value in WORDS:
        return word(value)
    return value


def told(error: SpecimensError) -> str:
    """Return the sentence of an error."""
    return sentence(error.code, error.facts)


def zone() -> str:
    """Return the time zone in which this reader is told times."""
    return getattr(g.get("actor"), "zone", None) or "UTC"


def day(value: str | datetime | None) -> str:
    """Return a local date as `22 Nov 2026`; an ISO date or a local time is taken."""
    if not value:
        return ""
    when = datetime.fromisoformat(value) if isinstance(value, str) else value
    months = _MONTHS.get(str(get_locale()), _MONTHS["en"])
    return f"{when.day} {months[when.month - 1]} {when.year}"


def month(value: date) -> str:
    """Return the month of a local date, `Nov`; January with its year, `Jan 2026`."""
    months = _MONTHS.get(str(get_locale()), _MONTHS["en"])
    return f"{months[0]} {value.year}" if value.month == 1 else months[value.month - 1]


def moment(milliseconds: int | None, where: str | None = None) -> str:
    """Return an instant as local time with its zone: `22 Nov 2026 14:03 CET`."""
    if milliseconds is None:
        return ""
    when = local(milliseconds, where or zone())
    return f"{day(when)} {when:%H:%M} {when.tzname()}"


def lasted(milliseconds: int) -> str:
    """Return how long something lasted, `45 s` below two minutes, else `1 d 2 h 5 min`."""
    return times.say_milliseconds(milliseconds, "nl" if language() == "nl" else "en")


def clock_time(milliseconds: int | None) -> str:
    """Return an instant as local time of day, `14:03`."""
    return f"{local(milliseconds, zone()):%H:%M}" if milliseconds is not None else ""

"""In which language a report speaks: words come from the door that asked, sentences of the study from its protocol."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from dataclasses import field as kept
from functools import lru_cache
from sys import intern

from specimens.documents.language import tongue
from specimens.documents.records import Moment, Person, Worded, plain
from specimens.domain.entry import Entry
from specimens.domain.errors import NotFound
from specimens.domain.protocol import Protocol
from specimens.domain.words import WORDS
from specimens.ledger.entry import offset_text
from specimens.services import study
from specimens.services.clock import offset_minutes

#: Offsets from UTC change on a quarter of an hour.
_QUARTER_MS = 900_000


def english(code: str) -> str:
    """Return the English word for a code of the house."""
    return WORDS.get(code, code.replace("_", " "))


@dataclass(frozen=True, slots=True)
class Voice:
    """A language (`en`, `nl`), the words of the house in it, and the version of the program that speaks."""

    language: str = "en"
    say: Callable[[str], str] = english
    version: str = ""
    _words: dict[str, Worded] = kept(default_factory=dict)
    _people: dict[tuple[str, str], Person] = kept(default_factory=dict)
    _reasons: dict[str, Mapping[str, str]] = kept(default_factory=dict)
    _protocols: dict[tuple[str, str | None], Protocol | None] = kept(default_factory=dict)

    def word(self, code: str) -> Worded:
        """Return a code of the house with its word."""
        if (known := self._words.get(code)) is None:
            known = self._words[code] = Worded(code, self.say(code))
        return known

    def field(self, name: str) -> Worded:
        """Return the name of a field of a record."""
        return Worded(name, self._known(f"field_{name}", name))

    def refusal(self, code: str) -> Worded:
        """Return why a scan was refused, in a few words."""
        return Worded(code, self._known(f"refused_{code}", code))

    def _known(self, key: str, code: str) -> str:
        return self.say(key if key in WORDS else code)

    def value(self, value: object) -> Worded:
        """Return any value of an entry as its own code, worded where it is a code of the house."""
        if value is None:
            return Worded("", "–")
        if isinstance(value, bool):
            return self.word("yes" if value else "no")
        if isinstance(value, list | tuple):
            return Worded(
                ",".join(str(each) for each in value), ", ".join(self.say(str(each)) for each in value) or "–"
            )
        text = str(value)
        return Worded(text, text if isinstance(value, int) else self.say(text))

    def reason(self, study_code: str | None, code: str | None) -> Worded | None:
        """Return a reason: in the words of the study's protocol, else in those of the house."""
        if code is None:
            return None
        known = self._reasons_of(study_code)
        return _shared(code, known.get(code) or self.say(code))

    def _reasons_of(self, study_code: str | None) -> Mapping[str, str]:
        if study_code is None:
            return {}
        if study_code not in self._reasons:
            self._reasons[study_code] = _reasons(protocol(study_code), tongue(self.language))
        return self._reasons[study_code]

    def named(self, rules: Protocol | None, table: str, code: str) -> Worded:
        """Return a code of a protocol (*table*: `container`, `specimen_type`) with its word there."""
        if rules is not None:
            with suppress(
                NotFound
            ):  # a container that was used instead may be one that this protocol does not list
                return Worded(code, getattr(rules, table)(code).text.said(self.language))
        return plain(code)

    def protocol(self, study_code: str, version: str | None = None) -> Protocol | None:
        """Return a version of a protocol, the newest by default, looked up once for the whole report."""
        wanted = (study_code, version)
        if wanted not in self._protocols:
            self._protocols[wanted] = protocol(study_code, version)
        return self._protocols[wanted]

    def person(self, actor: Mapping[str, str]) -> Person:
        """Return the person of an entry, as the entry itself names them."""
        who = actor["name"], actor["role"]
        if (known := self._people.get(who)) is None:
            known = self._people[who] = Person(actor["name"], self.word(actor["role"]))
        return known


@lru_cache(maxsize=1024)
def _shared(code: str, word: str) -> Worded:
    return Worded(code, word)


def _reasons(told: Protocol | None, language: str) -> Mapping[str, str]:
    if told is None:
        return {}
    listed = (*told.reject_codes, *told.not_collected_reasons, *told.reasons)
    return {each.code: each.text.said(language) for each in listed}


def protocol(study_code: str, version: str | None = None) -> Protocol | None:
    """Return a protocol; None where that version was never published here."""
    try:
        return study.protocol_of(study_code, version)
    except NotFound:
        return None


@lru_cache(maxsize=65_536)
def _offset(at_quarter: int, zone: str) -> str:
    return offset_text(offset_minutes(at_quarter * _QUARTER_MS, zone))


def moment(at_ms: int, zone: str) -> Moment:
    """Return an instant as it was told at a place."""
    return _instant(at_ms, intern(zone), _offset(at_ms // _QUARTER_MS, zone))


def happened(entry: Entry) -> Moment:
    """Return when an act took place, with the offset that was recorded with it."""
    return _instant(entry.happened_at, intern(entry.zone), intern(entry.offset))


@lru_cache(maxsize=1024)
def _instant(at_ms: int, zone: str, offset: str) -> Moment:
    """Return an instant; one act on many specimens happened once, and a long report holds it once."""
    return Moment(at_ms, zone, offset)

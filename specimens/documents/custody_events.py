"""Section 4 of the custody report: every entry, in order, a row that never splits."""

from collections.abc import Iterator
from dataclasses import replace

from specimens.documents.flow import Block
from specimens.documents.fonts import BOLD, MONO, TEXT
from specimens.documents.paper import WIDTH
from specimens.documents.parts import cell, heading, listing, note_text, who
from specimens.documents.records import Event
from specimens.documents.table import Cell, Span
from specimens.documents.times import (
    grouped,
    say_clock,
    say_date,
    say_milliseconds,
    say_minutes,
    say_moment,
    say_offset,
    say_temperature,
)

Words = dict[str, str]

_MINUTE_MS = 60_000
_NUMBER, _WHEN, _SUBJECT, _ACT = 44.0, 82.0, 74.0, 146.0
#: How much of the 64 digits of a hash is printed.
HASH_DIGITS = 16


def events(told: tuple[Event, ...], words: Words, language: str) -> Iterator[Block]:
    """Section 4."""
    yield heading(words["events"])
    columns = (
        (words["number"], _NUMBER),
        (words["happened"], _WHEN),
        (words["subject"], _SUBJECT),
        (words["act"], _ACT),
        (words["details"], WIDTH - _NUMBER - _WHEN - _SUBJECT - _ACT),
    )
    rows = (_row(event, words, language) for event in told)
    yield from listing(columns, rows, words["none"])


def _row(event: Event, words: Words, language: str) -> tuple[tuple[Cell, ...], Cell]:
    struck = event.struck is not None
    cells = (
        (Span(str(event.number), BOLD),),
        _when(event, words, language),
        (Span(grouped(event.subject), MONO), Span(event.subject_kind.word)),
        (Span(event.act.word, BOLD, struck), *cell(*_doers(event, words))),
        _details(event, words, language),
    )
    return cells, _below(event, words, language)


def _when(event: Event, words: Words, language: str) -> Cell:
    happened = event.happened
    lines = [say_date(happened, language), say_clock(happened), say_offset(happened)]
    if event.happened_by.code != "server":
        lines.append(event.happened_by.word)
    if event.device_clock_ms is not None:
        said = replace(happened, at_ms=event.device_clock_ms)
        lines.append(words["device_clock"].format(when=say_moment(said, language)))
    if abs(event.recorded.at_ms - happened.at_ms) >= _MINUTE_MS:
        lines.append(f"{words['recorded']} {say_moment(event.recorded, language)}")
    if event.clock_behind_ms:
        lasted = say_milliseconds(event.clock_behind_ms, language)
        lines.append(words["clock_behind"].format(lasted=lasted))
    return cell(*lines)


def _doers(event: Event, words: Words) -> list[str | None]:
    performed = f"{words['performed_by']} {event.performed_by}" if event.performed_by else None
    second = f"{words['witness']} {event.witness}" if event.witness else None
    return [who(event.who), event.station, performed, second]


def _details(event: Event, words: Words, language: str) -> Cell:
    lines: list[str | None] = []
    if event.moved_from or event.moved_to:
        lines.append(
            words["from_to"].format(before=event.moved_from or "–", after=event.moved_to or "–"),
        )
    if event.seen_at:
        lines.append(words["seen_at"].format(where=event.seen_at))
    if event.minutes_to_medium is not None:
        minutes = say_minutes(event.minutes_to_medium, language)
        lines.append(
            words["in_medium_after"].format(length=minutes)
            if event.minutes_to_medium
            else words["in_medium_at_once"]
        )
    measured = []
    if event.condition:
        measured.append(f"{words['condition']}: {event.condition.word}")
    if event.temperature_tenths_c is not None:
        measured.append(say_temperature(event.temperature_tenths_c, language))
    lines += [", ".join(measured), event.mode.word]
    return (*cell(*lines), Span(event.entry_hash[:HASH_DIGITS], MONO))


def _below(event: Event, words: Words, language: str) -> Cell:
    spans = []
    if event.reason:
        spans.append(Span(f"{words['reason']}: {event.reason.word}"))
    if note := note_text(event.note, words, language):
        spans.append(Span(f"{words['note']}: {note}", TEXT))
    if event.struck:
        spans.append(
            Span(words["struck"].format(how=event.struck.how.word, number=event.struck.by_event), BOLD)
        )
    return tuple(spans)

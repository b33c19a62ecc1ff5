"""Section 5 of the custody report: corrections, gaps, near misses, open matters; “none” where there are none."""

from collections.abc import Iterator

from specimens.documents.flow import Block
from specimens.documents.fonts import BOLD, MONO
from specimens.documents.paper import WIDTH
from specimens.documents.parts import cell, heading, listing, note_text, subheading, who
from specimens.documents.records import Correction, CustodyReport, Gap, NearMiss, OpenMatter
from specimens.documents.table import Cell, Span
from specimens.documents.times import grouped, say_full, say_minutes

Words = dict[str, str]
Row = tuple[tuple[Cell, ...], Cell]

_CODE = 74.0


def findings(told: CustodyReport, words: Words, language: str) -> Iterator[Block]:
    """Section 5."""
    yield heading(words["findings"])
    none = words["none"]
    yield subheading(words["corrections"])
    columns = _columns(
        (words["entry"], 44), (words["corrects"], 56), (words["subject"], _CODE), (words["field"], 84),
        (words["before_after"], 110), (words["who_when_why"], None),
    )  # fmt: skip
    yield from listing(columns, (_correction(each, words, language) for each in told.corrections), none)
    yield subheading(words["gaps_over"])
    columns = _columns(
        (words["subject"], _CODE), (words["matter"], None), (words["between_entries"], 90),
        (words["lasted"], 80), (words["limit"], 70),
    )  # fmt: skip
    yield from listing(columns, (_gap(each, language) for each in told.gaps), none)
    yield subheading(words["near_misses"])
    columns = _columns(
        (words["happened"], 96), (words["refusal"], None), (words["read"], _CODE), (words["opened"], _CODE),
        (words["by"], 120),
    )  # fmt: skip
    yield from listing(columns, (_near_miss(each, language) for each in told.near_misses), none)
    yield subheading(words["open"])
    columns = _columns(
        (words["subject"], _CODE), (words["matter"], None), (words["since"], 120), (words["owner"], 120)
    )
    yield from listing(columns, (_open(each, language) for each in told.open_matters), none)


def _columns(*told: tuple[str, float | None]) -> tuple[tuple[str, float], ...]:
    """Give the one column without a width what the others leave."""
    left = WIDTH - sum(room for _, room in told if room is not None)
    return tuple((title, left if room is None else room) for title, room in told)


def _code(code: str | None) -> Cell:
    return (Span(grouped(code), MONO),) if code else cell("–")


def _correction(each: Correction, words: Words, language: str) -> Row:
    cells = (
        (Span(str(each.by_event), BOLD),),
        cell(str(each.of_event)),
        _code(each.subject),
        cell(each.field.word),
        (Span(each.before.word, struck=True), Span("→"), Span(each.after.word, BOLD)),
        cell(who(each.who), say_full(each.at, language), each.reason.word if each.reason else None),
    )
    note = note_text(each.note, words, language)
    return cells, cell(f"{words['note']}: {note}" if note else None)


def _gap(each: Gap, language: str) -> Row:
    entries = " → ".join(str(number) for number in (each.after_event, each.before_event) if number)
    limit = "–" if each.limit_minutes is None else say_minutes(each.limit_minutes, language)
    cells = (
        _code(each.subject),
        cell(each.what.word),
        cell(entries),
        (Span(say_minutes(each.minutes, language), BOLD),),
        cell(limit),
    )
    return cells, ()


def _near_miss(each: NearMiss, language: str) -> Row:
    cells = (
        cell(say_full(each.at, language)),
        cell(each.refusal.word),
        _code(each.read),
        _code(each.subject),
        cell(who(each.who), each.station),
    )
    return cells, ()


def _open(each: OpenMatter, language: str) -> Row:
    cells = (
        _code(each.subject),
        cell(each.what.word),
        cell(say_full(each.since, language)),
        cell(each.owner or "–"),
    )
    return cells, ()

"""Sections 6 and 8 of the custody report: legend, signatures."""

from collections.abc import Iterable, Iterator

from reportlab.pdfgen.canvas import Canvas

from specimens.documents.custody_events import HASH_DIGITS
from specimens.documents.flow import Block, space
from specimens.documents.fonts import BOLD, LEADING, MONO, SIZE, TEXT, draw, fit, wrap
from specimens.documents.paper import LEFT, WIDTH
from specimens.documents.parts import cell, heading, listing, pairs, said, subheading, who
from specimens.documents.records import CustodyReport, Person, SignatureLine, Worded
from specimens.documents.table import HAIRLINE, Cell, Span, rule
from specimens.documents.times import grouped, say_clock, say_date, say_offset

Words = dict[str, str]
_NUMBER, _WHO, _WHEN, _SIGNS = 44.0, 104.0, 82.0, 150.0
_RULES = ("time_rule", "legend_number", "legend_bar", "legend_struck", "legend_verdicts", "legend_hash")


def legend(told: CustodyReport, words: Words) -> Iterator[Block]:
    """Section 6: how to read this, and the words that occur in it with their codes."""
    yield heading(words["legend"])
    for key in _RULES:
        yield said(words[key])
    listed = (
        ("states", [each.status for each in told.specimens]),
        ("acts", [each.act for each in told.events]),
        ("reasons", [each.reason for each in told.events]),
    )
    for key, values in listed:
        if terms := _terms(values):
            yield subheading(words[key])
            yield from _glossary(terms)
    if told.legend:
        yield space(4)
        yield from pairs((each.term, each.meaning) for each in told.legend)


def _terms(values: Iterable[Worded | None]) -> list[str]:
    found = {value.code: value.word for value in values if value is not None}
    same = {code.replace("_", " ") for code in found}
    return sorted(
        word if word == code.replace("_", " ") and code.replace("_", " ") in same else f"{code} = {word}"
        for code, word in found.items()
    )


def _glossary(terms: list[str]) -> Iterator[Block]:
    """Return the terms in lines that can be parted anywhere: there may be many."""
    for line in wrap(" · ".join(terms), TEXT, SIZE, WIDTH):
        yield Block(LEADING, lambda canvas, top, line=line: draw(canvas, LEFT, top - SIZE, line))  # type: ignore[misc]
    yield space(4)


def signatures(told: CustodyReport, words: Words, language: str) -> Iterator[Block]:
    """Section 8: every electronic signature, then the lines for ink."""
    yield heading(words["signatures"])
    given = told.signatures
    yield said(words["signatures_rule"], keeps=True)
    yield subheading(words["signatures_records"])
    yield from _lines(given.given, words, language)
    yield subheading(words["signatures_report"])
    yield from _lines(given.of_report, words, language)
    yield subheading(words["signatures_ink"])
    yield _ink(
        words, "prepared", "meaning_prepared", given.prepared_by or told.header.generated_by, keeps=True
    )
    yield _ink(words, "reviewed", "meaning_reviewed", given.reviewed_by, keeps=True)
    yield _ink(words, "received_by", "meaning_received", given.received_by)


def _lines(given: Iterable[SignatureLine], words: Words, language: str) -> Iterator[Block]:
    """Return the signatures as a table: who, in which role, when, with which meaning, and what was signed."""
    columns = (
        (words["number"], _NUMBER),
        (words["signed_by"], _WHO),
        (words["date_zone"], _WHEN),
        (words["meaning"], WIDTH - _NUMBER - _WHO - _WHEN - _SIGNS),
        (words["signs"], _SIGNS),
    )
    yield from listing(columns, (_line(each, words, language) for each in given), words["none"])


def _line(each: SignatureLine, words: Words, language: str) -> tuple[tuple[Cell, ...], Cell]:
    cells = (
        (Span(str(each.number), BOLD),),
        (Span(each.who.name, BOLD), Span(each.who.role.word), Span(each.login)),
        cell(say_date(each.at, language), say_clock(each.at), say_offset(each.at)),
        cell(each.meaning.word),
        (
            Span(f"{each.subject_kind.word} {grouped(each.subject)}"),
            Span(words["signs_entry"].format(number=each.of_entry)),
            Span(each.of_hash[:HASH_DIGITS], MONO),
        ),
    )
    changed = words["changed_since"].format(number=each.changed_by) if each.changed_by else None
    return cells, (Span(changed, BOLD),) if changed else ()


def _ink(words: Words, title: str, meaning: str, person: Person | None, *, keeps: bool = False) -> Block:
    """Return the lines of one signature."""
    columns = (("name", 0.0, 0.30), ("date_zone", 0.34, 0.27), ("signature", 0.65, 0.35))

    def paint(canvas: Canvas, top: float) -> None:
        draw(canvas, LEFT, top - 16, f"{words[title]}: {words[meaning]}", BOLD)
        base = top - 58
        if person:
            draw(canvas, LEFT, base + 4, fit(who(person), TEXT, SIZE, WIDTH * 0.30))
        for key, start, share in columns:
            x = LEFT + start * WIDTH
            rule(canvas, x, base, share * WIDTH, HAIRLINE * 2)
            label = words[key] if key != "name" else f"{words['name']}, {words['role']}"
            draw(canvas, x, base - LEADING, fit(label, TEXT, SIZE, share * WIDTH))

    return Block(80, paint, keeps=keeps)

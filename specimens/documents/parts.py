"""What the papers share: headings, lists of term and value, notes and people in words."""

from collections.abc import Iterable, Iterator, Sequence

from reportlab.pdfgen.canvas import Canvas

from specimens.documents.flow import Block, space
from specimens.documents.fonts import BOLD, LEADING, SIZE, TEXT, draw, wrap
from specimens.documents.paper import LEFT, WIDTH
from specimens.documents.records import SEALED, Note, Person
from specimens.documents.table import GUTTER, RULE, Cell, Span, Table, paragraph, rule
from specimens.documents.times import say_full

TITLE_SIZE = 13.0
#: Width of the terms in a list of term and value (points).
TERM = 112.0


def heading(text: str) -> Block:
    """Return the heading of a section; it stays with what follows."""

    def paint(canvas: Canvas, top: float) -> None:
        draw(canvas, LEFT, top - 26, text, BOLD, TITLE_SIZE)
        rule(canvas, LEFT, top - 31, WIDTH, RULE)

    return Block(38, paint, keeps=True)


def subheading(text: str) -> Block:
    """Return the heading of a part of a section; it stays with what follows."""
    return Block(24, lambda canvas, top: draw(canvas, LEFT, top - 18, text, BOLD, 10), keeps=True)


def said(text: str, *, keeps: bool = False) -> Block:
    """Return a paragraph across the page."""
    return paragraph(LEFT, WIDTH, text, keeps=keeps)


def pairs(lines: Iterable[tuple[str, str]]) -> Iterator[Block]:
    """Return a list of terms, each with its value to the right of it."""
    for term, value in lines:
        yield _pair(term, value)
    yield space(4)


def _pair(term: str, value: str) -> Block:
    terms = wrap(term, BOLD, SIZE, TERM - GUTTER)
    values = wrap(value, TEXT, SIZE, WIDTH - TERM)
    height = max(len(terms), len(values)) * LEADING + 2

    def paint(canvas: Canvas, top: float) -> None:
        for texts, x, font in ((terms, LEFT, BOLD), (values, LEFT + TERM, TEXT)):
            for number, text in enumerate(texts):
                draw(canvas, x, top - SIZE - number * LEADING, text, font)

    return Block(height, paint)


def listing(
    columns: Sequence[tuple[str, float]], rows: Iterable[tuple[Sequence[Cell], Cell]], none: str
) -> Iterator[Block]:
    """Return a table; *rows* pairs the cells of a row with what stands below them. Without rows it says *none*."""
    table = Table(LEFT, tuple(columns))
    head = table.head()
    empty = True
    for cells, below in rows:
        if empty:
            yield head
            empty = False
        yield from table.rows(cells, head, below)
    if empty:
        yield said(none)


def cell(*lines: str | None) -> Cell:
    """Return a cell of plain lines; what is None or empty is left out."""
    return tuple(Span(line) for line in lines if line)


def who(person: Person) -> str:
    """Write a person with the role in which they acted."""
    return f"{person.name}, {person.role.word}"


def note_text(note: Note | None, words: dict[str, str], language: str) -> str | None:
    """Write a free text, or that it was redacted, by whom, when and why."""
    if note is None:
        return None
    gone = note.redaction
    if gone is None:
        return words["sealed"] if note.text == SEALED else note.printed_as or note.text or ""
    if gone.by is None or gone.at is None:
        return words["redacted"]
    reason = gone.reason.word if gone.reason else "–"
    return words["redacted_by"].format(who=who(gone.by), when=say_full(gone.at, language), reason=reason)

"""Tables on paper: columns of fixed width, cells that wrap, rows that never split, a head that repeats."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from reportlab.pdfgen.canvas import Canvas

from specimens.documents.flow import Block
from specimens.documents.fonts import BOLD, LEADING, SIZE, TEXT, draw, width, wrap

#: Room above and below the text of a row, and between the text and the edge of its column (points).
PADDING = 3.0
GUTTER = 6.0
#: A row with more lines than this would not fit a page: only such a row goes on in a second one.
MOST_LINES = 54

HAIRLINE, RULE = 0.4, 1.0
PALE, FAINT = 0.92, 0.6  # shades of grey that survive a photocopier: 0 is black


@dataclass(frozen=True, slots=True)
class Span:
    """A paragraph of a cell. `struck` draws a line through it."""

    text: str
    font: str = TEXT
    struck: bool = False


Cell = Sequence[Span]
_Line = tuple[str, str, bool]


@dataclass(frozen=True, slots=True)
class Table:
    """A table that starts at *left*; `columns` pairs each heading with its width in points."""

    left: float
    columns: tuple[tuple[str, float], ...]

    @property
    def width(self) -> float:
        """The width of the whole table, in points."""
        return sum(each for _, each in self.columns)

    def head(self) -> Block:
        """The row of headings; it stays with the first row."""
        cells = [wrap(title, BOLD, SIZE, room - GUTTER) if title else () for title, room in self.columns]
        lines = max(map(len, cells))
        height = lines * LEADING + 2 * PADDING

        def paint(canvas: Canvas, top: float) -> None:
            shade(canvas, self.left, top, self.width, height)
            x = self.left
            for texts, (_, room) in zip(cells, self.columns, strict=True):
                for number, text in enumerate(texts):
                    draw(canvas, x + GUTTER / 2, top - PADDING - SIZE - number * LEADING, text, BOLD)
                x += room
            rule(canvas, self.left, top - height, self.width, RULE)

        return Block(height, paint, keeps=True)

    def rows(self, cells: Sequence[Cell], head: Block, below: Cell = ()) -> Iterator[Block]:
        """One row, with *below* across its whole width under the cells. It is one block unless higher than a page."""
        columns = [
            [line for span in cell for line in _lines(span, room - GUTTER)]
            for cell, (_, room) in zip(cells, self.columns, strict=True)
        ]
        indent = self.columns[0][1]
        under = [line for span in below for line in _lines(span, self.width - indent - GUTTER)]
        count = max(map(len, columns))
        for start in range(0, max(count + len(under), 1), MOST_LINES):
            stop = start + MOST_LINES
            yield self._row(
                [lines[start:stop] for lines in columns],
                min(max(count - start, 0), MOST_LINES),
                under[max(start - count, 0) : max(stop - count, 0)],
                head,
            )

    def _row(self, columns: list[list[_Line]], count: int, under: list[_Line], head: Block) -> Block:
        height = (count + len(under)) * LEADING + 2 * PADDING

        def paint(canvas: Canvas, top: float) -> None:
            baseline = top - PADDING - SIZE
            x = self.left + GUTTER / 2
            for lines, (_, room) in zip(columns, self.columns, strict=True):
                _draw_lines(canvas, x, baseline, lines)
                x += room
            _draw_lines(
                canvas, self.left + self.columns[0][1] + GUTTER / 2, baseline - count * LEADING, under
            )
            rule(canvas, self.left, top - height, self.width, HAIRLINE, FAINT)

        return Block(height, paint, head=head)


def _lines(span: Span, room: float) -> list[_Line]:
    return [(text, span.font, span.struck) for text in wrap(span.text, span.font, SIZE, room)]


def _draw_lines(canvas: Canvas, x: float, y: float, lines: Sequence[_Line]) -> None:
    for text, font, struck in lines:
        draw(canvas, x, y, text, font)
        if struck and text:
            rule(canvas, x, y + SIZE * 0.3, width(text, font), 0.7)
        y -= LEADING


def rule(canvas: Canvas, x: float, y: float, length: float, weight: float, grey: float = 0.0) -> None:
    """Draw a horizontal line."""
    canvas.setLineWidth(weight)
    canvas.setStrokeGray(grey)
    canvas.line(x, y, x + length, y)
    canvas.setStrokeGray(0)


def shade(canvas: Canvas, x: float, top: float, length: float, height: float) -> None:
    """Fill a pale band below *top*."""
    canvas.setFillGray(PALE)
    canvas.rect(x, top - height, length, height, stroke=0, fill=1)
    canvas.setFillGray(0)


def paragraph(left: float, room: float, text: str, *, font: str = TEXT, keeps: bool = False) -> Block:
    """Return wrapped text as one block."""
    lines = [(line, font, False) for line in wrap(text, font, SIZE, room)]
    height = len(lines) * LEADING + PADDING

    def paint(canvas: Canvas, top: float) -> None:
        _draw_lines(canvas, left, top - SIZE, lines)

    return Block(height, paint, keeps=keeps)

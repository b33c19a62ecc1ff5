"""The sheet of a pick list: what to fetch in walking order, with the code that opens the list on a page."""

from collections.abc import Iterator
from itertools import groupby

from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas

from labels.symbols import data_matrix
from specimens.documents.flow import Block, space
from specimens.documents.fonts import BOLD, MONO, TEXT, draw, fit
from specimens.documents.language import own, tongue
from specimens.documents.paper import LEFT, WIDTH, render
from specimens.documents.parts import cell, pairs, said, subheading
from specimens.documents.sheet_records import PickLine, PickSheet
from specimens.documents.sheets import frame_of, ink
from specimens.documents.table import Cell, Span, Table
from specimens.documents.times import grouped

Words = dict[str, str]

#: A module is eight dots at 300 dpi: a scanner reads it from the bench.
_MODULE = 0.677 * mm
_COUNT, _WELL, _CODE, _WHO, _OUTCOME = 56.0, 44.0, 78.0, 108.0, 90.0


def pick_pdf(sheet: PickSheet) -> bytes:
    """Return the sheet as a PDF; a heading for each box, a row for each tube, a line for who fetched them."""
    words = own(tongue(sheet.head.language))
    table = Table(LEFT, _columns(words))

    def blocks() -> Iterator[Block]:
        yield _top(sheet, words)
        yield from pairs([(words["purpose"], sheet.purpose), (words["listed_by"], sheet.listed_by)])
        yield said(words["pick_rule"])
        head, number = table.head(), 0
        yield head
        for where, lines in groupby(sheet.lines, key=lambda line: line.where):
            yield subheading(where or words["no_place"])
            for line in lines:
                number += 1
                yield from table.rows(_row(line, number, len(sheet.lines), words), head, ())
        yield space(8, keeps=True)
        yield ink(((words["fetched_by"], 1.0),))

    return render(blocks, frame_of(sheet.head, "picklist"))


def _top(sheet: PickSheet, words: Words) -> Block:
    symbol = data_matrix(sheet.head.number)
    size = symbol.width * _MODULE

    def paint(canvas: Canvas, top: float) -> None:
        draw(canvas, LEFT, top - 24, grouped(sheet.head.number), MONO, 24)
        count = f"{words['tubes']}: {len(sheet.lines)}"
        draw(canvas, LEFT, top - 40, fit(count, BOLD, 10, WIDTH - size - 20), BOLD, 10)
        for x, y, width, height in symbol.bars:
            left, below = LEFT + WIDTH - size + x * _MODULE, top - 4 - (y + height) * _MODULE
            canvas.rect(left, below, width * _MODULE, height * _MODULE, stroke=0, fill=1)

    return Block(48, paint)


def _columns(words: Words) -> tuple[tuple[str, float], ...]:
    rest = WIDTH - _COUNT - _WELL - _CODE - _WHO - _OUTCOME
    return (
        (words["number"], _COUNT),
        (words["well"], _WELL),
        (words["identifier"], _CODE),
        (words["type"], rest),
        (f"{words['participant']}, {words['visit'].lower()}", _WHO),
        (words["outcome"], _OUTCOME),
    )


def _row(line: PickLine, number: int, of: int, words: Words) -> tuple[Cell, ...]:
    return (
        cell(words["count_of"].format(n=number, of=of)),
        (Span(line.well or "–", BOLD),),
        (Span(grouped(line.code), MONO),),
        (Span(line.what or "–", TEXT),),
        cell(f"{grouped(line.participant)} {line.visit or ''}" if line.participant else "–"),
        cell(line.outcome or "___________"),
    )

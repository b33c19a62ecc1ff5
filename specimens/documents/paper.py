"""A4 sheets: margins, the header and footer of every page, and how many pages become one file.

Pages are counted in a first pass, because each says `page x of y`, and drawn in a second; 50 at a time, so that a
long report does not have to stand in memory as reportlab's objects. The same blocks always give the same bytes.
"""

import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import BinaryIO, cast

import pikepdf
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas

from specimens.documents.flow import Block, paginate
from specimens.documents.fonts import (
    BOLD,
    LEADING,
    SIZE,
    TEXT,
    draw,
    draw_right,
    fit,
    printable,
    width,
    widths,
)
from specimens.documents.table import RULE, rule

PAGE_WIDTH, PAGE_HEIGHT = 210 * mm, 297 * mm
#: Wider on the left, where the holes are punched.
LEFT, RIGHT, TOP, BOTTOM = 18 * mm, 12 * mm, 12 * mm, 11 * mm
WIDTH = PAGE_WIDTH - LEFT - RIGHT
_HEADER = 2 * LEADING + 10
_FOOTER = 2 * LEADING + 8
ROOM = PAGE_HEIGHT - TOP - BOTTOM - _HEADER - _FOOTER
#: A canvas keeps its pages until it is saved: a long paper is drawn in parts, each put out of memory when it is full.
PAGES_PER_PART = 50
MOST_PARTS = 100

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Frame:
    """What every page says. `page_of` is the sentence with `{page}` and `{pages}`; the foot has two lines."""

    kind: str
    study: str
    number: str
    page_of: str
    foot: tuple[str, str]
    title: str
    author: str
    language: str

    def paint(self, canvas: Canvas, page: int, pages: int) -> None:
        """Draw header and footer."""
        y = PAGE_HEIGHT - TOP - SIZE
        right = LEFT + WIDTH
        paged = printable(self.page_of.format(page=page, pages=pages))
        draw(canvas, LEFT, y, fit(self.kind, BOLD, SIZE, WIDTH / 2), BOLD)
        draw_right(canvas, right, y, fit(self.number, BOLD, SIZE, WIDTH / 2), BOLD)
        room = WIDTH - width(paged, BOLD, SIZE) - 12
        draw(canvas, LEFT, y - LEADING, fit(self.study, TEXT, SIZE, room))
        draw_right(canvas, right, y - LEADING, paged, BOLD)
        rule(canvas, LEFT, y - LEADING - 5, WIDTH, RULE)
        rule(canvas, LEFT, BOTTOM + 2 * LEADING, WIDTH, RULE)
        for line, text in enumerate(self.foot):
            draw(canvas, LEFT, BOTTOM + (1 - line) * LEADING + 1, fit(text, TEXT, SIZE, WIDTH))


def render(blocks: Callable[[], Iterable[Block]], frame: Frame, progress: Progress | None = None) -> bytes:
    """Lay out what *blocks* yields (it is asked twice) and return the PDF. *progress*: see `drawn`."""
    with drawn(blocks, frame, progress) as paper:
        return paper.read()


def drawn(blocks: Callable[[], Iterable[Block]], frame: Frame, progress: Progress | None = None) -> BinaryIO:
    """Lay out what *blocks* yields (it is asked twice) and return the PDF as an open file of no name.

    *progress* is called with pages done and pages in all, after each page.
    """
    pages = sum(1 for _ in paginate(blocks(), ROOM))
    each_part = max(PAGES_PER_PART, -(-pages // MOST_PARTS))
    parts: list[BinaryIO] = []
    canvas, part = _canvas(frame)
    for number, page in enumerate(paginate(blocks(), ROOM), start=1):
        frame.paint(canvas, number, pages)
        top = PAGE_HEIGHT - TOP - _HEADER
        for block in page:
            block.draw(canvas, top)
            top -= block.height
        canvas.showPage()
        if number % each_part == 0 and number < pages:
            parts.append(_saved(canvas, part))
            canvas, part = _canvas(frame)
        if progress is not None:
            progress(number, pages)
    parts.append(_saved(canvas, part))
    return _joined(parts)


def _saved(canvas: Canvas, part: BinaryIO) -> BinaryIO:
    canvas.save()
    part.seek(0)
    return part


def _joined(parts: list[BinaryIO]) -> BinaryIO:
    """Return several PDFs as one; each is closed when its pages are there."""
    first, *others = parts
    if not others:
        return first
    with first, pikepdf.Pdf.open(first) as whole:
        for file in others:
            with file, pikepdf.Pdf.open(file) as part:
                whole.pages.extend(part.pages)
        joined = new_file()
        whole.save(joined, deterministic_id=True, object_stream_mode=pikepdf.ObjectStreamMode.generate)
    joined.seek(0)
    return joined


def new_file() -> BinaryIO:
    """Return a new file of no name, outside memory; whoever asked closes it."""
    return cast(BinaryIO, tempfile.TemporaryFile())


def _canvas(frame: Frame) -> tuple[Canvas, BinaryIO]:
    stream = new_file()
    widths(TEXT)  # registers the face: reportlab's own first one, Helvetica, could not be embedded
    canvas = Canvas(
        stream,
        pagesize=(PAGE_WIDTH, PAGE_HEIGHT),
        invariant=1,
        pageCompression=1,
        lang=frame.language,
        initialFontName=TEXT,
    )
    canvas.setTitle(printable(frame.title))
    canvas.setAuthor(printable(frame.author))
    canvas.setSubject(printable(frame.study))
    canvas.setCreator("specimens")
    return canvas, stream

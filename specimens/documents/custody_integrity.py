"""Section 7 of the custody report: the signed checkpoint as text and as QR code, and how to check it all."""

from collections.abc import Iterator

from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas

from labels.symbols import Symbol, qr_code
from specimens.documents.flow import Block, space
from specimens.documents.fonts import LEADING, MONO, SIZE, draw, wrap
from specimens.documents.paper import LEFT, WIDTH
from specimens.documents.parts import heading, pairs, said, subheading
from specimens.documents.records import CustodyReport, Key
from specimens.documents.table import paragraph

Words = dict[str, str]

#: More than 8 dots of a 300 dpi printer or scanner to a module: read back from a photocopy.
MODULE = 0.7 * mm


def integrity(told: CustodyReport, words: Words, digest: str, language: str) -> Iterator[Block]:
    """Section 7."""
    yield heading(words["integrity"])
    given = told.integrity
    yield said(words["integrity_on" if given.checkpoint else "integrity_off"], keeps=True)
    yield space(4, keeps=True)
    if given.checkpoint:
        yield _checkpoint(given.checkpoint, words)
    lines = []
    numbers = [event.number for event in told.events]
    if numbers:
        text = words["events_range"].format(count=len(numbers), first=min(numbers), last=max(numbers))
        yield said(text)
    lines.append((words["full_digest"], digest))
    if given.csv:
        lines.append((words["csv_digest"], given.csv))
    yield from pairs(lines)
    for key in given.keys:
        yield from _key(key, words)
    if given.checkpoint:
        yield subheading(words["verify_how"])
        for way in ("verify_online", "verify_offline", "verify_paper"):
            yield said(words[way])


def _key(key: Key, words: Words) -> Iterator[Block]:
    period = words["key_period"].format(since=key.since, until=key.until or "–")
    yield said(f"{words['key']} ({period}):", keeps=True)
    yield paragraph(LEFT, WIDTH, key.key, font=MONO)


def _checkpoint(note: str, words: Words) -> Block:
    """Return the checkpoint, line by line as it was signed, with its QR code at the right."""
    symbol = qr_code(note)
    side = (symbol.width + 2 * symbol.quiet) * MODULE
    lines = [
        part for line in note.rstrip("\n").split("\n") for part in wrap(line, MONO, SIZE, WIDTH - side - 6)
    ]
    height = max(side, (len(lines) + 4) * LEADING)

    def paint(canvas: Canvas, top: float) -> None:
        subheading(words["checkpoint"]).draw(canvas, top)
        y = top - 24 - SIZE
        for line in lines:
            draw(canvas, LEFT, y, line, MONO)
            y -= LEADING
        draw(canvas, LEFT, y - 4, words["qr_holds"])
        _symbol(canvas, symbol, LEFT + WIDTH - side, top)

    return Block(height, paint)


def _symbol(canvas: Canvas, symbol: Symbol, left: float, top: float) -> None:
    """Draw a symbol with its quiet zone: rectangles of whole modules, nothing scaled that was an image."""
    canvas.saveState()
    canvas.translate(left + symbol.quiet * MODULE, top - symbol.quiet * MODULE)
    canvas.scale(MODULE, -MODULE)
    path = canvas.beginPath()
    for x, y, width, height in symbol.bars:
        path.rect(x, y, width, height)
    canvas.drawPath(path, stroke=0, fill=1)
    canvas.restoreState()

"""The page that shows how far a printer is off: rulers, the outline of every label, and a length to check.

What is measured on it goes back as an offset, in mm to the right and down; printed with that offset, it lies right.
"""

from labels import faces
from labels.draw import fitted
from labels.errors import LabelError
from labels.faces import BOLD, TEXT
from labels.layout import Box, TextField
from labels.paper import Paper
from labels.sheet import Where
from labels.stock import Stock
from labels.surface import Surface
from labels.zpl import Program

_HAIR = 0.15
#: A frame on a roll stands so far from each edge.
_INSET = 1.0
_LENGTHS = (100, 50, 20, 10)

_WORDS = {
    "en": {
        "sheet": "{stock}, {dpi} dpi. Hold this page against a sheet of labels, to the light. Frames too far right "
        "or down: offset with a minus. Now: right {x} mm, down {y} mm.",
        "roll": "{dpi} dpi. Frame 1 mm from each edge? Half the difference is the offset. Now: {x}, {y} mm.",
        "length": "{length} mm",
        "point": ".",
    },
    "nl": {
        "sheet": "{stock}, {dpi} dpi. Houd deze pagina tegen een vel etiketten, naar het licht. Kaders te ver naar "
        "rechts of omlaag: verschuiving met een min. Nu: rechts {x} mm, omlaag {y} mm.",
        "roll": "{dpi} dpi. Kader 1 mm van elke rand? Het halve verschil is de verschuiving. Nu: {x}, {y} mm.",
        "length": "{length} mm",
        "point": ",",
    },
}  # fmt: skip


def calibration_pdf(
    stock: Stock, *, dpi: int, offset: tuple[float, float] = (0.0, 0.0), language: str = "en"
) -> bytes:
    """Return the page of a stock as PDF, moved by *offset* (mm right, mm down).

    >>> from labels.stock import stock
    >>> calibration_pdf(stock("a4_21"), dpi=300, offset=(0.5, -1))[:5]
    b'%PDF-'

    Raises:
        LabelError: `label_resolution`.
    """
    paper = Paper(*stock.page, dpi, f"Calibration {stock.code}")
    _drawn(paper, Where(stock, dpi, offset=offset), language)
    return paper.bytes()


def calibration_zpl(
    stock: Stock, *, dpi: int, offset: tuple[float, float] = (0.0, 0.0), language: str = "en"
) -> bytes:
    """Return the label of a roll as ZPL, moved by *offset* (mm right, mm down).

    >>> from labels.stock import stock
    >>> calibration_zpl(stock("roll_33"), dpi=203)[:9]
    b'^XA^CI28^'

    Raises:
        LabelError: `label_resolution`, `label_not_a_roll`.
    """
    if stock.is_sheet:
        raise LabelError("label_not_a_roll", stock=stock.code)
    program = Program(*stock.page, dpi)
    _drawn(program, Where(stock, dpi, offset=offset), language)
    return program.bytes()


def _drawn(surface: Surface, where: Where, language: str) -> None:
    where.cells()  # refuses a resolution that the stock does not have
    stock, (right, down) = where.stock, (surface.snapped(where.offset[0]), surface.snapped(where.offset[1]))
    whole = Box(x=0, y=0, width=stock.page[0], height=stock.page[1])
    point = _WORDS[language]["point"]
    across, along = (f"{each:.2f}".replace(".", point) for each in (right, down))
    said = {"stock": stock.text[language], "dpi": where.dpi, "x": across, "y": along}
    if stock.is_sheet:
        for number in range(stock.cells):
            x, y = stock.corner(number)
            cell = Box(x=x + right, y=y + down, width=stock.cell[0], height=stock.cell[1])
            if whole.beyond(cell):
                continue
            surface.frame(cell, _HAIR)
            surface.text(cell.x + 1, cell.y + 0.8, str(number + 1), BOLD, 8)
            if number == 0:
                _told(surface, _within(cell, 1.5, 4.5), _WORDS[language]["sheet"].format(**said))
                _length(surface, _within(cell, 1.5, cell.height - 4.5), _WORDS[language]["length"])
    else:
        inner = _within(whole, _INSET, _INSET)
        moved = Box(x=inner.x + right, y=inner.y + down, width=inner.width, height=inner.height)
        surface.frame(moved, _HAIR)
        _told(surface, _within(moved, 4.5, 4.0), _WORDS[language]["roll"].format(**said))
        _length(surface, _within(moved, 4.5, moved.height - 4.0), _WORDS[language]["length"])
    _rulers(surface, whole, right, down)


def _within(box: Box, across: float, down: float) -> Box:
    """Return the part of a box that begins *down* mm below its top and leaves *across* mm at either side."""
    return Box(
        x=box.x + across, y=box.y + down, width=box.width - 2 * across, height=max(0.0, box.height - down - 1)
    )


def _told(surface: Surface, box: Box, text: str) -> None:
    """Say what to do, where there is room; a small label has its rulers alone."""
    room = TextField(
        x=box.x, y=box.y, width=box.width, height=box.height - 4, field="told", size=8, least=4.5, lines=9
    )
    try:
        lines, size = fitted(text, room)
    except LabelError:
        return
    surface.lines(box, lines, TEXT, size)


def _length(surface: Surface, box: Box, word: str) -> None:
    """Draw a length that a ruler can check: a page that was shrunk to fit shows here."""
    for length in _LENGTHS:
        told = word.format(length=length)
        if length + 2 + faces.width_mm(told, BOLD, 6) <= box.width and box.height >= 2.0:
            surface.rule(box.x, box.y + 1.0, length, _HAIR)
            for end in (box.x, box.x + length - _HAIR):
                surface.fill(end, box.y, _HAIR, 2.0)
            surface.text(box.x + length + 1, box.y, told, BOLD, 6)
            return


def _rulers(surface: Surface, whole: Box, right: float, down: float) -> None:
    """Draw millimetres along the top and the left edge, counted from the edge of the paper."""
    for number in range(1, int(whole.width)):
        if 0 <= (x := number + right) < whole.width - _HAIR:
            surface.fill(x, 0, _HAIR, _tick(number))
            if number % 10 == 0 and number + 4 < whole.width:
                surface.text(x + 0.4, 1.2, str(number), TEXT, 5)
    for number in range(1, int(whole.height)):
        if 0 <= (y := number + down) < whole.height - _HAIR:
            surface.fill(0, y, _tick(number), _HAIR)
            if number % 10 == 0 and number + 2 < whole.height:
                surface.text(3.3, y - 0.85, str(number), TEXT, 5)


def _tick(number: int) -> float:
    return 3.0 if number % 10 == 0 else 2.0 if number % 5 == 0 else 1.0

"""What labels are drawn on: a page whose unit is the printer's dot, placed in millimetres from its top left corner.

A PDF, a picture, an SVG and a ZPL program differ in how they keep a line of text, a code and an area. Where these
stand is said here, once: so what is previewed is what is printed.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence

from labels import faces
from labels.errors import LabelError
from labels.faces import ASCENT, LEADING, MM_PER_INCH, POINTS_PER_MM
from labels.layout import Box
from labels.symbols import CODE_128, DATA_MATRIX, MAKERS, Symbol, module_dots

#: A closed shape: its corners in millimetres.
Ring = Sequence[tuple[float, float]]


class Surface(ABC):
    """A page of *width_mm* × *height_mm*, rounded to whole dots of a printer with *dpi* dots per inch."""

    def __init__(self, width_mm: float, height_mm: float, dpi: int) -> None:
        self.dpi = dpi
        self.dot_mm = MM_PER_INCH / dpi
        # A page of whole dots: a printer that counts from the bottom and one that counts from the top agree.
        self.dots = round(width_mm / self.dot_mm), round(height_mm / self.dot_mm)

    @abstractmethod
    def next_page(self) -> None:
        """End this page and begin another."""

    @abstractmethod
    def line(self, x: float, baseline: float, text: str, face: str, size: float) -> None:
        """Draw one line of printable text from *x* with its baseline at *baseline*."""

    @abstractmethod
    def code(self, symbol: Symbol, left: int, top: int, module: int, tall: int) -> None:
        """Draw a code from a corner in whole dots; a module is *module* dots wide and *tall* dots high."""

    @abstractmethod
    def area(self, rings: Sequence[Ring]) -> None:
        """Blacken what lies within an odd number of the shapes."""

    def snapped(self, length_mm: float) -> float:
        """Return a length rounded to whole dots."""
        return round(length_mm / self.dot_mm) * self.dot_mm

    def text(
        self, x: float, y: float, text: str, face: str, size: float, *, width: float = 0, align: str = "left"
    ) -> None:
        """Draw one line whose top is at *y*; *width* is the room that `centre` and `right` refer to."""
        shift = {"left": 0.0, "centre": 0.5, "right": 1.0}[align]
        x += shift * (width - faces.width_mm(text, face, size)) if shift else 0
        self.line(x, y + size * ASCENT / POINTS_PER_MM, text, face, size)

    def lines(self, box: Box, lines: tuple[str, ...], face: str, size: float, align: str = "left") -> None:
        """Draw lines from the top of a box downwards."""
        for number, line in enumerate(lines):
            top = box.y + number * size * LEADING / POINTS_PER_MM
            self.text(box.x, top, line, face, size, width=box.width, align=align)

    def symbol(self, kind: str, payload: str, box: Box) -> Symbol:
        """Draw a code with its quiet zones in the middle of a box, every edge on a whole dot of the page.

        Raises:
            LabelError: `label_code_too_dense`; `label_identifier_wrong` for what the code cannot hold.
        """
        try:
            symbol = MAKERS[kind](payload)
        except LabelError:
            raise
        except ValueError as error:
            raise LabelError("label_identifier_wrong", said=payload[:40]) from error
        room = min(box.width, box.height) if kind == DATA_MATRIX else box.width
        dots = module_dots(symbol, room, self.dpi)
        high = int(box.height / self.dot_mm) if kind == CODE_128 else symbol.height * dots
        left = round((box.x + box.width / 2) / self.dot_mm - symbol.width * dots / 2)
        top = round((box.y + box.height / 2) / self.dot_mm - high / 2)
        self.code(symbol, left, top, dots, high if kind == CODE_128 else dots)
        return symbol

    def fill(self, x: float, y: float, width: float, height: float) -> None:
        """Blacken a rectangle."""
        self.area([Box(x=x, y=y, width=width, height=height).corners()])

    def rule(self, x: float, y: float, width: float, line: float = 0.2) -> None:
        """Draw a horizontal line, *line* mm thick."""
        self.fill(x, y, width, line)

    def frame(self, box: Box, line: float = 0.3) -> None:
        """Draw the outline of a box, inside it."""
        inner = Box(x=box.x + line, y=box.y + line, width=box.width - 2 * line, height=box.height - 2 * line)
        self.area([box.corners(), inner.corners()])


def bars(symbol: Symbol, left: int, top: int, module: int, tall: int) -> Iterator[tuple[int, int, int, int]]:
    """Yield the dark rectangles of a code, in whole dots of the page: left, top, width, height."""
    for x, y, width, height in symbol.bars:
        yield left + x * module, top + y * tall, width * module, height * tall

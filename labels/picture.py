"""A page as a picture: one pixel is one dot of the printer."""

from collections.abc import Collection, Iterator, Sequence
from io import BytesIO

from PIL import Image

from labels import ink
from labels.content import Label
from labels.draw import Check
from labels.sheet import Where, drawn
from labels.stock import Stock
from labels.surface import Ring, Surface, bars
from labels.symbols import Symbol


class Picture(Surface):
    """A page in black and white."""

    def __init__(self, width_mm: float, height_mm: float, dpi: int) -> None:
        super().__init__(width_mm, height_mm, dpi)
        self.image = Image.new("1", self.dots, 1)

    def next_page(self) -> None:
        """Begin another page."""
        self.image = Image.new("1", self.dots, 1)

    def _inked(self, left: int, top: int, dots: Image.Image) -> None:
        self.image.paste(0, (left, top), dots)

    def line(self, x: float, baseline: float, text: str, face: str, size: float) -> None:
        """Draw one line of printable text."""
        self._inked(*ink.line(x, baseline, text, face, size, self.dpi))

    def code(self, symbol: Symbol, left: int, top: int, module: int, tall: int) -> None:
        """Draw a code."""
        for x, y, width, height in bars(symbol, left, top, module, tall):
            self.image.paste(0, (x, y, x + width, y + height))

    def area(self, rings: Sequence[Ring]) -> None:
        """Blacken what lies within an odd number of the shapes."""
        self._inked(*ink.area(rings, self.dpi))

    def png(self) -> bytes:
        """Return the page as PNG that knows its resolution."""
        out = BytesIO()
        self.image.save(out, "PNG", dpi=(self.dpi, self.dpi), optimize=False)
        return out.getvalue()


def labels_png(
    labels: Sequence[Label], stock: Stock, *, dpi: int, check: Check, start: int = 1, used: Collection[int] = (),
    offset: tuple[float, float] = (0.0, 0.0),
) -> Iterator[bytes]:  # fmt: skip
    """Yield the pages of some labels as PNG, a pixel per dot of the printer; arguments and errors as `labels_pdf`.

    >>> from labels.content import CapLabel
    >>> from labels.stock import stock
    >>> (page,) = labels_png([CapLabel("C4K7N2XD")], stock("roll_dot_11"), dpi=203, check=str.isalnum)
    >>> Image.open(BytesIO(page)).size  # 11 mm of 8 dots each
    (88, 88)
    """
    picture = Picture(*stock.page, dpi)
    for _ in drawn(picture, labels, Where(stock, dpi, start, frozenset(used), offset), check):
        yield picture.png()

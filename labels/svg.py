"""A page as SVG: shapes alone, so that it looks the same wherever it is shown."""

from collections.abc import Collection, Iterator, Sequence
from html import escape

from labels import faces
from labels.content import Label
from labels.draw import Check
from labels.faces import BOLD_STROKE, POINTS_PER_MM
from labels.outline import strokes
from labels.sheet import Where, drawn
from labels.stock import Stock
from labels.surface import Ring, Surface, bars
from labels.symbols import Symbol


class Drawing(Surface):
    """A page of shapes. Its unit is the printer's dot."""

    def __init__(self, width_mm: float, height_mm: float, dpi: int) -> None:
        super().__init__(width_mm, height_mm, dpi)
        self._shapes: list[str] = []
        self._said: list[str] = []

    def next_page(self) -> None:
        """Begin another page."""
        self._shapes.clear()
        self._said.clear()

    def line(self, x: float, baseline: float, text: str, face: str, size: float) -> None:
        """Draw one line of printable text, as the outlines of its glyphs."""
        self._said.append(text)
        down = baseline / self.dot_mm
        for base, bold, shift, points, part in faces.placed(text, face, size):
            em = points / POINTS_PER_MM / self.dot_mm
            at, path = (x + shift) / self.dot_mm, []
            for character in part:
                path += [_moved(shape, at, down, em) for shape in strokes(base, character)]
                at += faces.width_mm(character, base, size) / self.dot_mm
            pen = (
                f' stroke="#000" stroke-linejoin="round" stroke-width="{em * BOLD_STROKE:.3f}"'
                if bold
                else ""
            )
            self._shapes.append(f'<path d="{"".join(path)}"{pen}/>')

    def code(self, symbol: Symbol, left: int, top: int, module: int, tall: int) -> None:
        """Draw a code."""
        path = "".join(f"M{x} {y}h{w}v{h}h{-w}z" for x, y, w, h in bars(symbol, left, top, module, tall))
        self._shapes.append(f'<path shape-rendering="crispEdges" d="{path}"/>')

    def area(self, rings: Sequence[Ring]) -> None:
        """Blacken what lies within an odd number of the shapes."""
        dot = self.dot_mm
        path = "".join(
            "M" + "L".join(f"{x / dot:.2f} {y / dot:.2f}" for x, y in ring) + "z" for ring in rings
        )
        self._shapes.append(f'<path fill-rule="evenodd" d="{path}"/>')

    def svg(self) -> str:
        """Return the page: its size is that on paper, its words are told to whoever cannot see it."""
        width, height = self.dots
        across, down = width * self.dot_mm, height * self.dot_mm
        said = escape(" · ".join(self._said))
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{across:.2f}mm" height="{down:.2f}mm" '
            f'viewBox="0 0 {width} {height}" role="img"><title>{said}</title>'
            f'<path fill="#fff" d="M0 0h{width}v{height}H0z"/>{"".join(self._shapes)}</svg>\n'
        )


def _moved(shape: tuple[tuple[float, ...], ...], at: float, down: float, em: float) -> str:
    path = []
    for number, piece in enumerate(shape):
        flat = [
            f"{at + each * em:.2f}" if not odd else f"{down - each * em:.2f}"
            for odd, each in _alternate(piece)
        ]
        path.append(("M" if number == 0 else "Q" if len(piece) == 4 else "L") + " ".join(flat))
    return "".join(path) + "z"


def _alternate(piece: tuple[float, ...]) -> Iterator[tuple[int, float]]:
    return ((number % 2, each) for number, each in enumerate(piece))


def labels_svg(
    labels: Sequence[Label], stock: Stock, *, dpi: int, check: Check, start: int = 1, used: Collection[int] = (),
    offset: tuple[float, float] = (0.0, 0.0),
) -> Iterator[str]:  # fmt: skip
    """Yield the pages of some labels as SVG, as large as on paper; arguments and errors as `labels_pdf`.

    >>> from labels.content import CapLabel
    >>> from labels.stock import stock
    >>> (page,) = labels_svg([CapLabel("C4K7N2XD")], stock("roll_dot_11"), dpi=203, check=str.isalnum)
    >>> page[:70]
    '<svg xmlns="http://www.w3.org/2000/svg" width="11.01mm" height="11.01m'
    """
    drawing = Drawing(*stock.page, dpi)
    for _ in drawn(drawing, labels, Where(stock, dpi, start, frozenset(used), offset), check):
        yield drawing.svg()

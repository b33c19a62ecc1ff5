"""A page as PDF."""

from collections.abc import Sequence
from io import BytesIO

from reportlab import rl_config
from reportlab.pdfgen.canvas import Canvas

from labels import faces
from labels.faces import POINTS_PER_MM
from labels.surface import Ring, Surface
from labels.symbols import Symbol

_HAIR = 1e-4
#: Lines of text whose operators are kept: most of a sheet's are the same on every label.
_MOST_LINES = 2048

rl_config.useA85 = 0  # pages as the bytes they are, not spelled out in letters


class Paper(Surface):
    """A PDF in the making. The same content gives the same bytes: no date and no random number goes in."""

    def __init__(self, width_mm: float, height_mm: float, dpi: int, title: str) -> None:
        super().__init__(width_mm, height_mm, dpi)
        self.point = 72 / dpi
        self._out = BytesIO()
        size = (self.dots[0] * self.point - _HAIR, self.dots[1] * self.point - _HAIR)
        self.canvas = Canvas(self._out, pagesize=size, invariant=1, pageCompression=1)
        self._lines: dict[tuple[str, str, float], tuple[tuple[float, str, str], ...]] = {}
        self._sizes: dict[tuple[int, int], str] = {}
        self._named: dict[tuple[str, int], str] = {}
        self.canvas.setTitle(title)
        self.canvas.setCreator("specimens")
        # Actual size: a print dialog that shrinks to fit would take the codes off the printer's dots.
        self.canvas.setViewerPreference("PrintScaling", "None")

    def bytes(self) -> bytes:
        """End the last page and return the PDF."""
        self.canvas.save()
        return self._out.getvalue()

    def next_page(self) -> None:
        """End this page and begin another."""
        self.canvas.showPage()

    def _y(self, y_mm: float) -> float:
        return self.dots[1] * self.point - y_mm * POINTS_PER_MM

    def line(self, x: float, baseline: float, text: str, face: str, size: float) -> None:
        """Draw one line of printable text, as text that can be read back."""
        asked = text, face, size
        parts = self._lines.get(asked)
        if parts is None:
            parts = faces.operators(self.canvas, text, face, size, self._named)
            if len(self._lines) < _MOST_LINES:
                self._lines[asked] = parts
        left, up = x * POINTS_PER_MM, self._y(baseline)
        for shift, before, after in parts:
            self.canvas._code.append(f"{before} 1 0 0 1 {left + shift:.4f} {up:.4f} Tm {after}")

    def code(self, symbol: Symbol, left: int, top: int, module: int, tall: int) -> None:
        """Draw a code as rectangles of whole modules, filled as one shape: no seams between them."""
        size = self._sizes.get((module, tall))
        if size is None:
            size = self._sizes[module, tall] = f"{module * self.point:.6g} 0 0 {-tall * self.point:.6g}"
        x, y = left * self.point, (self.dots[1] - top) * self.point
        # The page's own stream: a canvas would write six decimals for every bar of every label.
        self.canvas._code.append(f"q {size} {x:.4f} {y:.4f} cm {symbol.path}f Q")

    def area(self, rings: Sequence[Ring]) -> None:
        """Blacken what lies within an odd number of the shapes."""
        shape = self.canvas.beginPath()
        for (x, y), *rest in rings:
            shape.moveTo(x * POINTS_PER_MM, self._y(y))
            for x, y in rest:
                shape.lineTo(x * POINTS_PER_MM, self._y(y))
            shape.close()
        self.canvas.drawPath(shape, stroke=0, fill=1, fillMode=0)  # 0: even and odd

    def shade(self, x: float, y: float, width: float, height: float, grey: float) -> None:
        """Fill a rectangle with *grey*: 0 is black, 1 white."""
        scale = POINTS_PER_MM
        self.canvas.setFillGray(grey)
        self.canvas.rect(x * scale, self._y(y + height), width * scale, height * scale, stroke=0, fill=1)
        self.canvas.setFillGray(0)

"""Labels on a sheet or a roll: which stands in which cell, and the PDF."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from labels.content import Label
from labels.draw import Check, checked, draw, moved
from labels.errors import LabelError, millimetres
from labels.layout import Box, Layout
from labels.paper import Paper
from labels.stock import Stock
from labels.surface import Surface

#: More labels than this in one go are a mistake.
MOST_LABELS = 10_000
#: A printer that is off by more mm than this is mended, not corrected.
MOST_OFFSET = 10.0


@dataclass(frozen=True, slots=True)
class Where:
    """How labels are laid on a stock.

    *dpi* is the printer's resolution, dots per inch: codes are made of whole dots of it. A sheet begins at cell
    *start*, counted from 1, and skips the cells in *used*. *offset* moves everything right and down, in mm: what the
    calibration page says that a printer is off.
    """

    stock: Stock
    dpi: int
    start: int = 1
    used: frozenset[int] = frozenset()
    offset: tuple[float, float] = (0.0, 0.0)

    def cells(self) -> Iterator[tuple[int, int]]:
        """Yield (page, cell) from 0 on, without end: where one label after the other goes.

        Raises:
            LabelError: `label_start`, `label_sheet_used`, `label_resolution`, `label_offset`.
        """
        most = self.stock.cells
        for cell in (self.start, *sorted(self.used)):
            if not 1 <= cell <= most:
                raise LabelError("label_start", start=cell, cells=most)
        if self.dpi not in self.stock.dpi:
            offered = ", ".join(map(str, self.stock.dpi))
            raise LabelError("label_resolution", stock=self.stock.code, offered=offered, dpi=self.dpi)
        if not all(abs(each) <= MOST_OFFSET for each in self.offset):
            raise LabelError("label_offset", most_mm=MOST_OFFSET)
        free = [cell for cell in range(self.start - 1, most) if cell + 1 not in self.used]
        if not free:
            raise LabelError("label_sheet_used", start=self.start, cells=most)
        return self._endless(free)

    def _endless(self, free: list[int]) -> Iterator[tuple[int, int]]:
        page = 0
        while True:
            yield from ((page, cell) for cell in free)
            page, free = page + 1, list(range(self.stock.cells))

    def corner(self, cell: int, layout: Layout, surface: Surface) -> tuple[float, float]:
        """Return where the top left corner of a layout comes, in mm, on a whole dot: the middle of its cell.

        Raises:
            LabelError: `label_off_page` when the offset pushes it over the edge.
        """
        left, top = self.stock.corner(cell)
        x = surface.snapped(left + (self.stock.cell[0] - layout.width) / 2 + self.offset[0])
        y = surface.snapped(top + (self.stock.cell[1] - layout.height) / 2 + self.offset[1])
        area, (width, height) = moved(layout.area, x, y), self.stock.page
        page = Box(x=0, y=0, width=width, height=height)
        if (over := page.beyond(area)) > 0:
            raise LabelError("label_off_page", stock=self.stock.code, missing_mm=millimetres(over))
        return x, y


def drawn(surface: Surface, labels: Sequence[Label], where: Where, check: Check) -> Iterator[int]:
    """Draw each label once, in order; yield the number of each page, from 0, when all of it is drawn.

    Raises:
        LabelError: for whatever cannot be printed as asked; nothing is ever cut or left out.
    """
    if not labels:
        raise LabelError("label_none")
    if len(labels) > MOST_LABELS:
        raise LabelError("label_too_many", count=len(labels), most=MOST_LABELS)
    now = 0
    layouts: dict[str, Layout] = {}
    corners: dict[tuple[int, str], tuple[float, float]] = {}
    for number, (label, (page, cell)) in enumerate(zip(labels, where.cells(), strict=False), start=1):
        if page > now:
            yield now
            surface.next_page()
            now = page
        try:
            layout = layouts.get(label.role)
            if layout is None:
                layout = layouts[label.role] = where.stock.layout_for(label.role)
            texts = checked(label, check)
            corner = corners.get((cell, layout.name))
            if corner is None:
                corner = corners[cell, layout.name] = where.corner(cell, layout, surface)
            draw(surface, label, texts, layout, *corner)
        except LabelError as error:
            error.number = number
            raise
    yield now


def labels_pdf(
    labels: Sequence[Label], stock: Stock, *, dpi: int, check: Check, start: int = 1, used: Collection[int] = (),
    offset: tuple[float, float] = (0.0, 0.0), title: str = "Labels",
) -> bytes:  # fmt: skip
    """Return a PDF with each label once, in order, on *stock*.

    *dpi*, *start*, *used* (cells from 1) and *offset* (mm right, mm down) are those of `Where`. *check* says whether
    a text is an identifier.

    >>> from labels.content import CapLabel
    >>> from labels.stock import stock
    >>> labels_pdf([CapLabel("C4K7N2XD")], stock("roll_dot_11"), dpi=203, check=str.isalnum)[:5]
    b'%PDF-'
    >>> labels_pdf([CapLabel("C4 K7")], stock("roll_dot_11"), dpi=203, check=str.isalnum)
    Traceback (most recent call last):
    labels.errors.LabelError: 'C4 K7' is not an identifier

    Raises:
        LabelError: for whatever cannot be printed as asked; nothing is ever cut or left out.
    """
    paper = Paper(*stock.page, dpi, title)
    for _ in drawn(paper, labels, Where(stock, dpi, start, frozenset(used), offset), check):
        pass
    return paper.bytes()

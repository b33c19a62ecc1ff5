"""What labels come on: sheets with cells, and rolls with one label per page. Data in `stocks.toml`."""

import tomllib
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from labels.errors import LabelError, millimetres
from labels.layout import Box, Layout, layout

_FILE = Path(__file__).parent / "stocks.toml"


@dataclass(frozen=True, slots=True)
class Stock:
    """A sheet or a roll; lengths in millimetres, (across, down). `layouts` maps a label's role to its layout.

    `folder` is where a site keeps layouts and stocks of its own.
    """

    code: str
    text: dict[str, str]
    page: tuple[float, float]
    cell: tuple[float, float]
    first: tuple[float, float]
    pitch: tuple[float, float]
    columns: int
    rows: int
    dpi: tuple[int, ...]
    layouts: dict[str, str]
    folder: Path | None = None

    @property
    def cells(self) -> int:
        """How many labels a page has."""
        return self.columns * self.rows

    @property
    def is_sheet(self) -> bool:
        """Whether printing can start at another cell than the first."""
        return self.cells > 1

    def corner(self, number: int) -> tuple[float, float]:
        """Return the top left corner of cell *number*, from 0, row by row."""
        row, column = divmod(number, self.columns)
        return self.first[0] + column * self.pitch[0], self.first[1] + row * self.pitch[1]

    def takes(self, role: str) -> bool:
        """Say whether a kind of label can be printed on it."""
        return role in self.layouts

    def layout_for(self, role: str) -> Layout:
        """Return the layout that a kind of label takes here.

        Raises:
            LabelError: `label_not_on_stock`; `label_larger_than_stock` with the millimetres that are missing.
        """
        if role not in self.layouts:
            raise LabelError("label_not_on_stock", stock=self.code, role=role)
        found = layout(self.layouts[role], self.folder)
        missing = max(found.width - self.cell[0], found.height - self.cell[1])
        if missing > 1e-6:
            raise LabelError(
                "label_larger_than_stock",
                stock=self.code,
                layout=found.name,
                missing_mm=millimetres(missing),
            )
        return found


def _pair(said: list[float]) -> tuple[float, float]:
    across, down = said
    return float(across), float(down)


def read(text: str, folder: Path | None = None) -> dict[str, Stock]:
    """Read stocks from TOML.

    Raises:
        ValueError: which stock is wrong, and what with it.
    """
    return {code: made(code, said, folder) for code, said in tomllib.loads(text).items()}


def made(code: str, said: Any, folder: Path | None = None) -> Stock:
    """Return a stock from what its table says.

    Raises:
        ValueError: which stock is wrong, and what with it.
    """
    try:
        cell = _pair(said["cell"])
        found = Stock(
            code, said["text"], _pair(said["page"]), cell, _pair(said.get("first", [0.0, 0.0])),
            _pair(said.get("pitch", list(cell))), said.get("columns", 1), said.get("rows", 1),
            tuple(said["dpi"]), dict(said["layouts"]), folder,
        )  # fmt: skip
        _proven(found)
    except KeyError as error:
        raise ValueError(f"stock {code}: {error} is missing") from error
    except (TypeError, ValueError, AttributeError) as error:
        raise ValueError(f"stock {code}: {error}") from error
    return found


def _proven(stock: Stock) -> None:
    """Raise ValueError unless every cell lies on the page and every layout in its cell."""
    if set(stock.text) != {"en", "nl"}:
        raise ValueError("text is said in en and nl")
    if not all(type(each) is int and each > 0 for each in (stock.columns, stock.rows)):
        raise ValueError("columns and rows are whole numbers from 1")
    if not (stock.dpi and all(type(each) is int and each > 0 for each in stock.dpi)):
        raise ValueError("dpi is a list of whole numbers, such as [203, 300]")
    page = Box(x=0, y=0, width=stock.page[0], height=stock.page[1])
    x, y = stock.corner(stock.cells - 1)
    for left, top in ((stock.first), (x, y)):
        if over := page.beyond(Box(x=left, y=top, width=stock.cell[0], height=stock.cell[1])):
            raise ValueError(f"its cells leave the page by {millimetres(over)} mm")
    for role in stock.layouts:
        stock.layout_for(role)


@cache
def stocks(folder: Path | None = None) -> dict[str, Stock]:
    """Return every stock by its code, in the order of the file; those of a site's own `stocks.toml` in *folder* last.

    >>> stocks()["a4_21"].cell  # mm across, mm down
    (63.5, 38.1)

    Raises:
        ValueError: what is wrong with a site's own.
    """
    found = read(_FILE.read_text("utf-8"))
    if folder is None:
        return found
    found = {code: replace(each, folder=folder) for code, each in found.items()}
    if (own := folder / "stocks.toml").is_file():
        found |= read(own.read_text("utf-8"), folder)
    return found


def stock(code: str, folder: Path | None = None) -> Stock:
    """Return a stock by its code, looked for in a site's own *folder* too.

    Raises:
        LabelError: `label_unknown_stock`.
    """
    try:
        return stocks(folder)[code]
    except KeyError:
        raise LabelError("label_unknown_stock", stock=code) from None

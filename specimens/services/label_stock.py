"""What labels can be printed on here: stocks and resolutions, for the labels at hand."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from labels.errors import LabelError
from labels.stock import Stock
from specimens.domain.access import Actor
from specimens.domain.errors import BadInput
from specimens.domain.printer import Printer, PrinterLanguage
from specimens.services import printer as printers
from specimens.services.stock import stock, stocks

#: Resolutions that are offered. What stands on whole dots at 300 does so at 600 and 1200.
_OFFERED_DPI = (203, 300)
_FIELDS = {"label_start": "start", "label_sheet_used": "used"} | dict.fromkeys(
    ("label_unknown_stock", "label_resolution", "label_not_on_stock", "label_larger_than_stock",
     "label_code_too_dense", "label_not_a_roll"), "stock",
)  # fmt: skip
#: No sheet has more cells than this.
_MOST_CELLS = 1_000
#: What a form sends for one of the site's printers begins so.
_PRINTER = "printer:"


@dataclass(frozen=True, slots=True)
class Choice:
    """On what, and how: a stock's code, the printer's dots per inch, the first cell of a sheet (from 1).

    `used`: cells after it that bear no label any more (from 1), as on a sheet of which somebody peeled some off.
    `copies`: how many of each label. `printer` is the one that it goes to; None is a PDF for the browser.
    """

    stock: str
    dpi: int
    start: int = 1
    copies: int = 1
    printer: Printer | None = None
    used: frozenset[int] = frozenset()

    @property
    def offset(self) -> tuple[float, float]:
        """How far the printer's print is moved: mm right, mm down."""
        return (self.printer.offset_x / 10, self.printer.offset_y / 10) if self.printer else (0.0, 0.0)

    @property
    def zpl(self) -> bool:
        """Say whether it goes to a printer that understands ZPL; else it is a PDF."""
        return self.printer is not None and self.printer.language == PrinterLanguage.ZPL


@dataclass(frozen=True, slots=True)
class Offer:
    """A stock on one kind of printer, in words; `value` is what a form sends back, `takes` the roles that fit.

    `printer` is its name where it is one of the site's; `here` says that the station offers it first.
    """

    value: str
    text: str
    dpi: int
    is_sheet: bool
    takes: frozenset[str]
    printer: str = ""
    here: bool = False
    columns: int = 1
    rows: int = 1


def offers(roles: Collection[str], language: str) -> list[Offer]:
    """Return the stocks that take at least one of the kinds of label, those that take most of them first."""
    found = []
    for each in stocks().values():
        takes = frozenset(role for role in roles if each.takes(role))
        if not takes:
            continue
        for dpi in _OFFERED_DPI:
            if dpi in each.dpi:
                value = f"{each.code}@{dpi}"
                grid = each.columns, each.rows
                found.append(Offer(value, each.text[language], dpi, each.is_sheet, takes, "", False, *grid))
    return sorted(found, key=lambda each: -len(each.takes))


def printers_for(
    roles: Collection[str], offered: Iterable[Printer], station: str | None, language: str
) -> list[Offer]:
    """Return the printers whose stock takes at least one of the kinds of label, in the order given."""
    found = []
    for each in offered:
        loaded = stocks().get(each.stock)
        if loaded is None:  # the site took it out of its folder
            continue
        if takes := frozenset(role for role in roles if loaded.takes(role)):
            value, text = f"{_PRINTER}{each.code}", loaded.text[language]
            here = station is not None and station in each.stations
            grid = loaded.columns, loaded.rows
            found.append(Offer(value, text, each.dpi, loaded.is_sheet, takes, each.name, here, *grid))
    return found


def cells(said: str) -> frozenset[int]:
    """Return cells of a sheet from how a person writes them: `4, 5, 9-12`.

    >>> sorted(cells("4, 5; 9-11"))
    [4, 5, 9, 10, 11]

    Raises:
        BadInput: field `used`: `cells_unreadable`.
    """
    found: set[int] = set()
    for part in said.replace(";", " ").replace(",", " ").replace("–", "-").split():
        first, dash, last = part.partition("-")
        ends = [first, last] if dash else [first]
        if not all(each.isascii() and each.isdecimal() and 0 < int(each[:5]) <= _MOST_CELLS for each in ends):
            raise BadInput("form_incomplete", {"used": "cells_unreadable"})
        found.update(range(int(ends[0]), int(ends[-1]) + 1))
    return frozenset(found)


def chosen(
    actor: Actor, value: str, start: int = 1, copies: int = 1, used: frozenset[int] = frozenset()
) -> Choice:
    """Return the choice that a form sent: a stock such as `roll_50@203`, or `printer:` and a printer's code.

    Raises:
        BadInput: field `stock`.
    """
    if value.startswith(_PRINTER):
        held = printers.usable(actor, value.removeprefix(_PRINTER))
        return Choice(held.stock, held.dpi, start, copies, held, used)
    code, _, dpi = value.partition("@")
    if code not in stocks() or not (dpi.isascii() and dpi.isdecimal() and int(dpi[:5]) in stocks()[code].dpi):
        raise BadInput("form_incomplete", {"stock": "choose_one"})
    return Choice(code, int(dpi), start, copies, used=used)


def stock_of(choice: Choice) -> Stock:
    """Return the stock of a choice; raises BadInput."""
    try:
        return stock(choice.stock)
    except LabelError as error:
        raise told(error) from error


def told(error: LabelError) -> BadInput:
    """Return what the library refused as what a person is told, at the field that it belongs to."""
    field = _FIELDS.get(error.code)
    return BadInput(error.code, {field: error.code} if field else None, **error.facts)

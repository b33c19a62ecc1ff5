"""Labels as a program for a thermal printer (ZPL II).

Codes are the printer's own commands: it makes them of whole dots. Their data goes through `^FH` as hexadecimal, and
only letters and digits get there, so no content can become a command. Everything else is sent as dots (`^GF`): a
printer's own faces differ from one to the next, and whether a text is cut could not be known (`docs/decisions/0019`).
"""

import re
from collections.abc import Sequence

from PIL import Image

from labels import ink
from labels.content import Label
from labels.draw import Check
from labels.errors import LabelError
from labels.sheet import Where, drawn
from labels.stock import Stock
from labels.surface import Ring, Surface
from labels.symbols import DATA_MATRIX, Symbol, values

#: UTF-8; where a label begins, upright, not mirrored, not inverted: whoever printed before may have changed it.
_BEGIN = "^XA^CI28^LH0,0^LS0^LT0^PON^PMN^LRN^FWN"
#: Values of Code 128 that change the set of characters → what ZPL calls them.
_TO_C, _TO_B = 99, 100
_START = {104: ">:", 105: ">;"}
#: A run of one hexadecimal digit: G to Y say 1 to 19 times, g to z 20 to 400 times in twenties.
_ONES, _TWENTIES = " GHIJKLMNOPQRSTUVWXY", " ghijklmnopqrstuvwxyz"


class Program(Surface):
    """A ZPL program, one format per label."""

    def __init__(self, width_mm: float, height_mm: float, dpi: int) -> None:
        super().__init__(width_mm, height_mm, dpi)
        self._said: list[str] = []
        self.next_page()

    def next_page(self) -> None:
        """End this label and begin another."""
        if self._said:
            self._said.append("^PQ1,0,0,N^XZ\n")
        self._said.append(f"{_BEGIN}^PW{self.dots[0]}^LL{self.dots[1]}\n")

    def bytes(self) -> bytes:
        """Return the program."""
        return ("".join(self._said) + "^PQ1,0,0,N^XZ\n").encode("ascii")

    def _dots(self, left: int, top: int, dots: Image.Image) -> None:
        if (box := dots.getbbox()) is None:
            return
        left, top, dots = left + box[0], top + box[1], dots.crop(box)
        row = (dots.width + 7) // 8
        data = dots.convert("1").tobytes()  # rows of whole bytes, the spare bits white
        self._said.append(f"^FO{left},{top}^GFA,{len(data)},{len(data)},{row},{packed(data, row)}^FS\n")

    def line(self, x: float, baseline: float, text: str, face: str, size: float) -> None:
        """Draw one line of printable text, as dots."""
        self._dots(*ink.line(x, baseline, text, face, size, self.dpi))

    def area(self, rings: Sequence[Ring]) -> None:
        """Blacken what lies within an odd number of the shapes."""
        self._dots(*ink.area(rings, self.dpi))

    def code(self, symbol: Symbol, left: int, top: int, module: int, tall: int) -> None:
        """Have the printer draw a code."""
        if not (symbol.payload.isascii() and symbol.payload.isalnum()):
            raise LabelError("label_identifier_wrong", said=symbol.payload[:40])
        if symbol.kind == DATA_MATRIX:
            made = f"^BXN,{module},200,{symbol.width},{symbol.height}^FH^FD{_hex(symbol.payload)}"
        else:
            made = f"^BY{module},3,{tall}^BCN,{tall},N,N,N,N^FH^FD{_subsets(values(symbol))}"
        self._said.append(f"^FO{left},{top}{made}^FS\n")


def _hex(text: str) -> str:
    return "".join(f"_{ord(character):02X}" for character in text)


def _subsets(coded: tuple[int, ...]) -> str:
    """Spell a Code 128 value by value, so that the printer's bars are those that were measured and previewed."""
    said, pairs = _START[coded[0]], coded[0] == 105
    for value in coded[1:]:
        if pairs and value == _TO_B:
            said, pairs = said + ">6", False
        elif not pairs and value == _TO_C:
            said, pairs = said + ">5", True
        else:
            said += _hex(f"{value:02}" if pairs else chr(value + 32))
    return said


def packed(data: bytes, row: int) -> str:
    """Write rows of *row* bytes as ZPL does: runs by letters, `,` white and `!` black to the end, `:` the same row."""
    said, last = [], None
    for at in range(0, len(data), row):
        line = data[at : at + row]
        said.append(":" if line == last else _packed(line.hex().upper()))
        last = line
    return "".join(said)


def _packed(digits: str) -> str:
    for last, short in (("0", ","), ("F", "!")):
        if digits.endswith(last):
            return _runs(digits.rstrip(last)) + short
    return _runs(digits)


def _runs(digits: str) -> str:
    return re.sub(r"(.)\1{2,399}", lambda run: _times(len(run[0])) + run[1], digits)


def _times(count: int) -> str:
    return (_TWENTIES[count // 20] + _ONES[count % 20]).replace(" ", "")


def labels_zpl(
    labels: Sequence[Label], stock: Stock, *, dpi: int, check: Check, offset: tuple[float, float] = (0.0, 0.0)
) -> bytes:
    """Return a ZPL program that prints each label once, in order, on a roll; arguments and errors as `labels_pdf`.

    Raises:
        LabelError: besides, `label_not_a_roll`: a thermal printer has no sheets.

    >>> from labels.content import CapLabel
    >>> from labels.stock import stock
    >>> said = labels_zpl([CapLabel("C4K7N2XD")], stock("roll_dot_11"), dpi=203, check=str.isalnum)
    >>> print(said.decode())
    ^XA^CI28^LH0,0^LS0^LT0^PON^PMN^LRN^FWN^PW88^LL88
    ^FO23,23^BXN,3,200,14,14^FH^FD_43_34_4B_37_4E_32_58_44^FS
    ^PQ1,0,0,N^XZ
    <BLANKLINE>
    """
    if stock.is_sheet:
        raise LabelError("label_not_a_roll", stock=stock.code)
    program = Program(*stock.page, dpi)
    for _ in drawn(program, labels, Where(stock, dpi, offset=offset), check):
        pass
    return program.bytes()

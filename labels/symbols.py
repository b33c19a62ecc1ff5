"""The symbologies, as rectangles of whole modules: Data Matrix ECC 200, Code 128, and QR for what is longer.

A module becomes a whole number of printer dots, never a fraction of one: a bar that is a dot too wide on one side
is what a scanner stumbles over.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

import zxingcpp
from barcode import Code128
from barcode.charsets.code128 import CODES, STOP

from labels.errors import LabelError, millimetres

#: Quiet zone, in modules: two for Data Matrix (one is the least by the standard), ten for Code 128.
MATRIX_QUIET = 2
LINE_QUIET = 10
QR_QUIET = 4
MATRIX_MODULES = 14
#: The encoder's number for 14 × 14; left to itself it takes 12 × 12 for identifiers with many digits.
_MATRIX_VERSION = 3
#: No module is printed smaller than this, whatever the printer could do.
LEAST_MODULE_MM = 0.25

_DARK = re.compile(rb"\x00+")
#: A module that Code 128 calls 1 is dark.
_SHADES = bytes.maketrans(b"10", b"\x00\xff")
_VALUES = {code.encode().translate(_SHADES): value for value, code in enumerate(CODES)}
_NO_WRITER = object()  # its own would be made for every code, and never asked

DATA_MATRIX, CODE_128, QR = "data_matrix", "code_128", "qr"
#: Modules of a row that are written together: there are few different ones, so each is written once. Seven are half a
#: row of a Data Matrix, eleven a character of Code 128, which begins with a bar and ends with a gap.
_PART = {DATA_MATRIX: 7, CODE_128: 11, QR: 7}


@dataclass(frozen=True, slots=True)
class Symbol:
    """A symbol without its quiet zone of `quiet` modules: a byte per module in each of `rows`, 0 where it is dark."""

    kind: str
    payload: str
    rows: tuple[bytes, ...]
    quiet: int

    @property
    def width(self) -> int:
        """How many modules it is wide."""
        return len(self.rows[0])

    @property
    def height(self) -> int:
        """How many modules it is high; a Code 128 is one, as high as whoever draws it wants."""
        return len(self.rows)

    @property
    def bars(self) -> tuple[tuple[int, int, int, int], ...]:
        """The dark rectangles: x, y, width, height in modules from the top left corner."""
        return tuple((x, y, length, 1) for y, row in enumerate(self.rows) for x, length in _runs(row))

    @property
    def path(self) -> str:
        """The dark rectangles, as a PDF writes them."""
        part = _PART[self.kind]
        return "".join(
            [
                _path(row[x : x + part], x, y)
                for y, row in enumerate(self.rows)
                for x in range(0, len(row), part)
            ]
        )


def _rows(image: object) -> tuple[bytes, ...]:
    """Return the rows of a drawn symbol, one byte a module."""
    shades = memoryview(image)  # type: ignore[arg-type]
    _, width = shades.shape or (0, 0)
    flat = shades.tobytes()
    return tuple([flat[at : at + width] for at in range(0, len(flat), width)])


@lru_cache(maxsize=4096)
def _runs(row: bytes) -> tuple[tuple[int, int], ...]:
    """Return (first, length) of each run of dark modules."""
    return tuple([(run.start(), run.end() - run.start()) for run in _DARK.finditer(row)])


@lru_cache(maxsize=8192)
def _path(part: bytes, x: int, y: int) -> str:
    return "".join([f"{x + at} {y} {length} 1 re " for at, length in _runs(part)])


@lru_cache(maxsize=256)
def data_matrix(payload: str) -> Symbol:
    """Return the Data Matrix of an identifier, 14 × 14 modules.

    >>> data_matrix("C4K7N2XD").width, data_matrix("C4K7N2XD").quiet
    (14, 2)

    Raises:
        ValueError: when the payload does not fit 14 × 14: it is no identifier.
    """
    code = zxingcpp.create_barcode(payload, zxingcpp.BarcodeFormat.DataMatrix, version=_MATRIX_VERSION)
    rows = _rows(code.to_image(scale=1, add_quiet_zones=False))
    if len(rows) != MATRIX_MODULES or len(rows[0]) != MATRIX_MODULES:
        raise ValueError(f"a Data Matrix of 14 × 14 modules cannot hold {payload!r}")
    return Symbol(DATA_MATRIX, payload, rows, MATRIX_QUIET)


@lru_cache(maxsize=64)
def qr_code(payload: str) -> Symbol:
    """Return a text as a QR code, in the smallest version that holds it at level Q: a quarter may be worn away.

    >>> qr_code("https://trial.example").width  # modules
    29

    Raises:
        ValueError: when the text is longer than any QR code.
    """
    # As bytes: a text would be put into the first code page that fits, and readers guess that one wrong.
    code = zxingcpp.create_barcode(payload.encode(), zxingcpp.BarcodeFormat.QRCode, ec_level="Q")
    return Symbol(QR, payload, _rows(code.to_image(scale=1, add_quiet_zones=False)), QR_QUIET)


@lru_cache(maxsize=256)
def code_128(payload: str) -> Symbol:
    """Return the Code 128 of an identifier, one module high: whoever draws it says how high the bars are.

    >>> code_128("C4K7N2XD").width  # modules: start, eight characters, check, stop
    123

    Raises:
        ValueError: for a character that Code 128 does not have.
    """
    (modules,) = Code128(payload, writer=_NO_WRITER).build()
    return Symbol(CODE_128, payload, (modules.encode().translate(_SHADES),), LINE_QUIET)


def values(symbol: Symbol) -> tuple[int, ...]:
    """Return the values of a Code 128 from its start on, without the check and the stop that a printer adds.

    >>> values(code_128("C4K7N2XD"))  # the start of set B, then the place of each character in it
    (104, 35, 20, 43, 23, 46, 18, 56, 36)
    """
    (row,) = symbol.rows
    part = _PART[CODE_128]
    end = len(row) - len(STOP) - 2 - part
    return tuple(_VALUES[row[at : at + part]] for at in range(0, end, part))


MAKERS = {DATA_MATRIX: data_matrix, CODE_128: code_128}


def module_dots(symbol: Symbol, room_mm: float, dpi: int) -> int:
    """Return how many printer dots a module takes so that the symbol with its quiet zones fills *room_mm*.

    Raises:
        LabelError: `label_code_too_dense` when that would be below the least module.
    """
    return _dots(symbol.width + 2 * symbol.quiet, room_mm, dpi)


@lru_cache(maxsize=256)
def _dots(across: int, room_mm: float, dpi: int) -> int:
    dot_mm = 25.4 / dpi
    dots = int(room_mm / dot_mm / across + 1e-9)
    if dots * dot_mm < LEAST_MODULE_MM - 1e-9:
        needed = -(-LEAST_MODULE_MM // dot_mm) * dot_mm * across
        raise LabelError("label_code_too_dense", dpi=dpi, missing_mm=millimetres(needed - room_mm))
    return dots

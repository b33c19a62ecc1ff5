"""CSV that a spreadsheet can open without running anything that somebody typed.

Everything is quoted; text that a spreadsheet would take for a formula gets an apostrophe in front; numbers stay
numbers. UTF-8 **with** a byte order mark, because Excel reads anything else as the code page of the country and
turns Łucja into Å\x81ucja; programs read it as `utf-8-sig`. Lines end with CR LF (RFC 4180).
"""

import csv
import io
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

Value = str | int | Decimal | None

#: A formula sign, plain or full width, at the start of a cell, or of what becomes one where the semicolon or the
#: tab separates (Excel in the Netherlands splits there, and at line ends, once a cell is not its first). Blanks,
#: marks without a shape, quotes and commas before the sign do not protect.
_FORMULA = re.compile(
    r"(?:\A|(?<=[;\t\r\n]))(?=[\s\"',;\x00-\x20\u00ad\u180e\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]*[=+\-@＝＋－＠﹢﹣﹦﹫−])"
)
_LEADING_CONTROL = re.compile(r"\A(?=[\t\r\n])")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Column:
    """A column by its heading. `number` promises whole or decimal numbers, which are never guarded."""

    name: str
    number: bool = False


def guarded(text: str) -> str:
    """Return *text* so that no spreadsheet takes it, or any part of it, for a formula.

    Control characters other than tab and line ends, and lone surrogates, become U+FFFD.
    """
    clean = _CONTROL.sub("\ufffd", text)
    safe = _FORMULA.sub("'", clean)
    return _LEADING_CONTROL.sub("'", safe)


def _cell(column: Column, value: Value) -> str:
    if value is None:
        return ""
    if column.number:
        if isinstance(value, bool) or not isinstance(value, int | Decimal):
            raise ValueError(f"column {column.name} holds numbers, not {value!r}")
        return f"{value:f}" if isinstance(value, Decimal) else str(value)
    return guarded(str(value))


def write_csv(columns: Sequence[Column], rows: Iterable[Sequence[Value]]) -> bytes:
    """Write a heading and *rows*; None is an empty cell.

    Raises:
        ValueError: when a row is not as long as the heading, or something else than a number stands in a column of
            numbers.
    """
    packed = io.BytesIO()
    text = io.TextIOWrapper(packed, encoding="utf-8-sig", newline="", write_through=True)
    writer = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow([guarded(column.name) for column in columns])
    for row in rows:
        writer.writerow([_cell(column, value) for column, value in zip(columns, row, strict=True)])
    text.flush()
    return packed.getvalue()

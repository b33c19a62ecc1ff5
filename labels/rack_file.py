"""The file that a whole-rack reader writes: which code stands in which well. Text in, a `Rack` out, bounded.

Readers agree on nothing but the idea: a line for each well. The well is `A1`, `A01`, or a letter and a number in two
columns; the separator is a comma, a semicolon or a tab; there may be a heading, the identifier of the rack, a date, a
byte order mark. The columns are found by what stands in them. What is no identifier is told and left alone, and no line
keeps another from being read.
"""

import csv
import re
from collections import Counter
from collections.abc import Callable, Sequence

from labels.errors import LabelError
from labels.rack import Rack, position

MOST_BYTES = 200_000
MOST_LINES = 2_000
_MOST_CELLS = 40
_LONGEST = 40
_SEPARATORS = (";", "\t", ",")
_WELL = re.compile(r"([A-Z])\s*0*([1-9][0-9]?)")
_LETTER = re.compile(r"[A-Z]")
_NUMBER = re.compile(r"0*[1-9][0-9]?")
#: What readers write for a well without a tube, and for a tube that they could not read; spaces and marks left out.
_EMPTY = frozenset({"", "NOTUBE", "EMPTY", "NONE", "NULL", "NA", "NOTPRESENT", "ABSENT", "MISSING"})
_UNREAD = frozenset(
    {"NOREAD", "NOTREAD", "ERROR", "READERROR", "FAIL", "FAILED", "READFAIL", "UNREAD", "UNREADABLE", "NOCODE",
     "NOBARCODE", "UNDECODED", "DECODEERROR", "?", "??", "???"}
)  # fmt: skip

Lines = list[list[str]]


def read_rack_file(data: bytes, *, accept: Callable[[str], bool], rows: int = 0, columns: int = 0) -> Rack:
    """Return the grid of a reader's file; of *rows* × *columns*, or as large as the wells that it names (0).

    >>> from labels.identifier import is_identifier
    >>> found = read_rack_file(b"Well;Code\\nA01;C4K7N2XD\\nA02;NO TUBE\\nB01;NO READ\\n", accept=is_identifier)
    >>> found.codes, found.unread, found.bare
    ({'A1': 'C4K7N2XD'}, ('B1',), ('A2', 'B2'))

    Raises:
        LabelError: `reader_empty`, `reader_too_large`, `reader_unreadable`, `reader_no_wells`.
    """
    said = _said(_text(data), accept)
    rows = rows or max(row for row, _ in said) + 1
    columns = columns or max(column for _, column in said) + 1
    return _judged(said, rows, columns, accept)


def _text(data: bytes) -> str:
    if not data.strip():
        raise LabelError("reader_empty")
    if len(data) > MOST_BYTES:
        raise LabelError("reader_too_large", most_kilobytes=MOST_BYTES // 1000, most_lines=MOST_LINES)
    try:
        wide = data[:2] in (b"\xff\xfe", b"\xfe\xff")
        text = data.decode("utf-16" if wide else "utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("latin-1")
    if any(not each.isprintable() and each not in "\t\r\n" for each in text if ord(each) < 160):
        raise LabelError("reader_unreadable")
    return text


def _said(text: str, accept: Callable[[str], bool]) -> dict[tuple[int, int], list[str]]:
    """Return (row, column) → what the file says about that well, with the separator that gives most wells."""
    lines = [line for line in text.splitlines() if line.strip()]
    if len(lines) > MOST_LINES:
        raise LabelError("reader_too_large", most_kilobytes=MOST_BYTES // 1000, most_lines=MOST_LINES)
    best: dict[tuple[int, int], list[str]] = {}
    for separator in _SEPARATORS:
        found = _wells([_cells(line, separator) for line in lines], accept)
        if len(found) > len(best):
            best = found
    if not best:
        raise LabelError("reader_no_wells")
    return best


def _cells(line: str, separator: str) -> list[str]:
    """Return the cells of one line; each line is read for itself, so that a stray quote spoils no other."""
    try:
        cells = next(csv.reader([line], delimiter=separator), [])
    except csv.Error:
        cells = line.split(separator)
    return [each.strip().upper()[:_LONGEST] for each in cells[:_MOST_CELLS]]


def _wells(lines: Lines, accept: Callable[[str], bool]) -> dict[tuple[int, int], list[str]]:
    width = max(map(len, lines))
    at, apart = _most(lines, width, _WELL.fullmatch), False
    if at is None:
        at, apart = _most(lines, width - 1, _LETTER.fullmatch, then=_NUMBER.fullmatch), True
    if at is None:
        return {}
    first = at + 2 if apart else at + 1
    others = [each for each in range(width) if each not in range(at, first)]
    if not others:
        return {}
    # Different ones are counted: the identifier of the rack itself may stand in every line. Where no cell is one, what
    # comes after the well is what the reader wrote about it.
    read = {
        each: len({_cell(cells, each) for cells in lines if _is(_cell(cells, each), accept)})
        for each in others
    }
    what = max(others, key=lambda each: (read[each], each == first, -each))
    said: dict[tuple[int, int], list[str]] = {}
    for cells in lines:
        told = _cell(cells, at) + (_cell(cells, at + 1) if apart else "")
        if found := _WELL.fullmatch(told):
            place = ord(found[1]) - ord("A"), int(found[2]) - 1
            said.setdefault(place, []).append(_cell(cells, what))
    return said


def _cell(cells: Sequence[str], number: int) -> str:
    return cells[number] if number < len(cells) else ""


def _most(
    lines: Lines,
    width: int,
    fits: Callable[[str], object],
    then: Callable[[str], object] | None = None,
) -> int | None:
    """Return the column in which most cells fit, and the cell after it fits *then*; None where none does."""
    counts = {
        each: sum(
            bool(fits(_cell(cells, each)) and (then is None or then(_cell(cells, each + 1))))
            for cells in lines
        )
        for each in range(width)
    }
    best = max(counts, key=lambda each: (counts[each], -each), default=None)
    return best if best is not None and counts[best] else None


def _is(text: str, accept: Callable[[str], bool]) -> bool:
    return accept(text.replace(" ", ""))


def _normal(text: str, accept: Callable[[str], bool]) -> str | None:
    """Return what stands in a well: an identifier, other text, nothing (``""``), or None for a tube not read."""
    bare = re.sub(r"[\s_.*/\-]+", "", text)
    if bare in _EMPTY:
        return ""
    if bare in _UNREAD:
        return None
    joined = text.replace(" ", "")
    return joined if accept(joined) else text


def _judged(
    said: dict[tuple[int, int], list[str]], rows: int, columns: int, accept: Callable[[str], bool]
) -> Rack:
    codes: dict[str, str] = {}
    foreign: dict[str, str] = {}
    unread, bare, clash = [], [], []
    for row in range(rows):
        for column in range(columns):
            at, texts = position(row, column), said.get((row, column), [""])
            read = [_normal(text, accept) for text in texts]
            told = {text for text in read if text}
            if len(told) > 1:
                clash.append(at)
            elif None in read and not told:
                unread.append(at)
            elif not told:
                bare.append(at)
            elif accept(text := told.pop()):
                codes[at] = text
            else:
                foreign[at] = text
    beyond = tuple(position(row, column) for row, column in sorted(said) if row >= rows or column >= columns)
    named = Counter(codes.values())
    twice = tuple(text for text, times in named.items() if times > 1)
    return Rack(rows, columns, codes, tuple(unread), tuple(bare), twice, True, foreign, tuple(clash), beyond)

"""The sheet of a visit's kit: A4, for a laser printer.

Containers are named by their identifiers in print alone. Their codes stand on the labels and nowhere else: whoever
scans has the tube in the hand.
"""

from dataclasses import dataclass

from labels import a4, faces
from labels.a4 import INNER, MARGIN, Lines, broken
from labels.content import LONGEST_TEXT
from labels.draw import Check
from labels.errors import LabelError
from labels.faces import BOLD, MONO_BOLD, TEXT
from labels.kit_content import LONGEST_HANDLING, WORDS, KitRow, KitSheet, spelled
from labels.layout import Box
from labels.paper import Paper
from labels.symbols import CODE_128, DATA_MATRIX

_HEAD = 50.4  # where the head ends, mm from the top of the page
_FOOT = 258.0  # where it ends
_LEAST_ROW = 13.0
_SIZE = 8.0

#: Columns of the body: word, left edge and width in mm.
_COLUMNS = (
    ("", 0.0, 6.0),
    ("container", 6.0, 41.0),
    ("cap", 47.0, 17.0),
    ("handling", 64.0, 38.0),
    ("clock", 102.0, 29.0),
    ("taken", 131.0, 10.0),
    ("time", 141.0, 15.0),
    ("label", 156.0, 30.0),
)


@dataclass(frozen=True, slots=True)
class _Line:
    """One row, broken into lines per column and as high as its highest."""

    row: KitRow
    number: str
    cells: dict[str, Lines]
    height: float


def _line(row: KitRow, number: str) -> _Line:
    room = {word: width - 2.0 for word, _, width in _COLUMNS}
    cells = {
        "container": broken(row.container, BOLD, _SIZE, room["container"], "container"),
        "kind": broken(row.kind, TEXT, 7.0, room["container"], "kind"),
        "cap": broken(row.cap, TEXT, _SIZE, room["cap"], "cap"),
        "handling": broken(row.handling, TEXT, 7.0, room["handling"], "handling"),
        "clock": broken(row.clock, TEXT, 7.0, room["clock"], "clock"),
    }
    first = cells["container"].height + 0.4 + cells["kind"].height
    tallest = max(first, *(cells[word].height for word in ("cap", "handling", "clock")))
    return _Line(row, number, cells, max(_LEAST_ROW, tallest + 2.4))


def _checked(sheet: KitSheet, check: Check) -> None:
    for code in sheet.codes():
        if not check(code):
            raise LabelError("label_identifier_wrong", said=code[:40])
    texts = {
        "study": sheet.study, "visit": sheet.visit, "procedure": sheet.procedure, "window": sheet.window,
        "made": sheet.made, "protocol": sheet.protocol_version,
    }  # fmt: skip
    texts |= {f"command {number}": word for number, (_, word) in enumerate(sheet.commands)}
    long = {f"note {number}": note for number, note in enumerate(sheet.notes)}
    for row in sheet.rows:
        long |= {f"{row.container[:20]} handling": row.handling, f"{row.container[:20]} clock": row.clock}
        texts |= {f"{row.container[:20]} cap": row.cap, "container": row.container, "kind": row.kind}
    for field, text in (texts | long).items():
        longest = LONGEST_HANDLING if field in long else LONGEST_TEXT
        if len(text) > longest:
            raise LabelError("label_field_too_long", field=field, length=len(text), longest=longest)
        faces.printable(text, field)


def kit_sheet_pdf(sheet: KitSheet, *, check: Check) -> bytes:
    """Return the sheet of a kit as PDF: A4 pages, for a laser printer with 300 dots per inch or more.

    >>> from labels.identifier import is_identifier
    >>> sheet = KitSheet(
    ...     "C4K7N2XD", "K8R3X0TR", "BEL-SLE", "BL · Baseline", "Blood", "1 Mar – 8 Mar 2026",
    ...     (KitRow("K2EDTA tube, 10 ml", "K2EDTA", "FPN8H7DE", "lavender"),), (), "1.0", "2 Mar 2026",
    ... )
    >>> kit_sheet_pdf(sheet, check=is_identifier)[:5]
    b'%PDF-'

    Raises:
        LabelError: for an identifier that does not pass *check*, or a text that would be cut.
    """
    _checked(sheet, check)
    words = WORDS[sheet.language]
    lines = [_line(row, str(number)) for number, row in enumerate(sheet.rows, start=1)]
    lines += [_line(KitRow(words["extra"], ""), "+") for _ in range(sheet.spares)]
    pages = _paged(lines, _body_top(sheet))
    paper = Paper(a4.WIDTH, a4.HEIGHT, a4.LASER_DPI, f"{words['title']} {spelled(sheet.identifier)}")
    for number, page in enumerate(pages, start=1):
        if number > 1:
            paper.next_page()
        _head(paper, sheet, words)
        _notes(paper, sheet)
        _body(paper, page, words, _body_top(sheet))
        paper.text(MARGIN, _FOOT + 1.4, f"{words['commands']}. {words['not_here']}", TEXT, 7.5)
        a4.command_row(paper, _FOOT + 6.0, sheet.commands)
        told = words["page"].format(page=number, pages=len(pages))
        kit = spelled(sheet.identifier)
        left = f"{sheet.made} · {words['protocol']} {sheet.protocol_version} · {words['kit']} {kit}"
        a4.foot(paper, left, told)
    return paper.bytes()


def _paged(lines: list[_Line], top: float) -> list[list[_Line]]:
    """Share the rows out over pages; a row is never split."""
    room = _FOOT - top - 6.4
    pages: list[list[_Line]] = [[]]
    used = 0.0
    for line in lines:
        if pages[-1] and used + line.height > room:
            pages.append([])
            used = 0.0
        pages[-1].append(line)
        used += line.height
    return pages


def _head(paper: Paper, sheet: KitSheet, words: dict[str, str]) -> None:
    """The top 40 mm: whose, which visit, the kit's codes, and the check of two identifiers."""
    left, half = MARGIN, 104.0
    a4.one_line(paper, left, 10.0, f"{sheet.study} · {words['title']}", BOLD, 12, half, "study", 8)
    paper.text(left, 16.2, words["participant"], TEXT, 7.5)
    paper.text(left, 19.6, spelled(sheet.participant), MONO_BOLD, 16)
    for number, (word, value) in enumerate(
        (("visit", sheet.visit), ("procedure", sheet.procedure), ("window", sheet.window))
    ):
        y = 26.6 + number * 4.9
        paper.text(left, y + 0.5, words[word], TEXT, 7.5)
        a4.one_line(paper, left + 20, y, value, BOLD, 9.5, half - 20, word, 7)
    right = MARGIN + 108.0
    paper.text(right, 10.0, f"{words['kit']} · {words['kit_code']}", TEXT, 7.5, width=78.0, align="right")
    paper.symbol(DATA_MATRIX, sheet.identifier, Box(x=MARGIN + INNER - 13, y=13.4, width=13, height=13))
    paper.text(right, 15.4, spelled(sheet.identifier), MONO_BOLD, 20, width=62.0, align="right")
    paper.symbol(CODE_128, sheet.identifier, Box(x=MARGIN + INNER - 50, y=28.0, width=50, height=9.0))
    paper.frame(Box(x=left, y=43.4, width=4.2, height=4.2), 0.35)
    blank = "_" * 12
    told = (
        f"{words['identity']}   {words['initials']} {blank}   {words['date']} {blank}   "
        f"{words['performed']} {blank}{blank}"
    )
    a4.one_line(paper, left + 6, 43.9, told, TEXT, 8.5, INNER - 6, "identity", 6.5)


def _body_top(sheet: KitSheet) -> float:
    """Return where the body begins, in mm from the top of the page."""
    return _HEAD + sum(note.height + 1.0 for note in _broken_notes(sheet))


def _broken_notes(sheet: KitSheet) -> list[Lines]:
    return [broken(note, BOLD, _SIZE, INNER, "notes") for note in sheet.notes]


def _notes(paper: Paper, sheet: KitSheet) -> None:
    """Draw what is filled in before the first container, and what has to be known before the draw."""
    y = _HEAD
    for note in _broken_notes(sheet):
        paper.lines(Box(x=MARGIN, y=y, width=INNER, height=note.height), note.lines, BOLD, note.size)
        y += note.height + 1.0


def _body(paper: Paper, lines: list[_Line], words: dict[str, str], top: float) -> None:
    paper.shade(MARGIN, top, INNER, 5.4, grey=0.9)
    for word, x, width in _COLUMNS:
        if word:
            a4.one_line(paper, MARGIN + x + 1, top + 1.3, words[word], BOLD, 7, width - 1, word, 5)
    y = top + 5.4
    for line in lines:
        _row(paper, line, y)
        y += line.height
        paper.rule(MARGIN, y, INNER, 0.15)


def _row(paper: Paper, line: _Line, y: float) -> None:
    edge = {word: MARGIN + x + 1 for word, x, _ in _COLUMNS}
    paper.text(MARGIN, y + 1.2, line.number, BOLD, 9)
    for word in ("container", "cap", "handling", "clock"):
        _cell(paper, line.cells[word], edge[word], y + 1.2)
    _cell(paper, line.cells["kind"], edge["container"], y + 1.6 + line.cells["container"].height)
    paper.frame(Box(x=edge["taken"] + 1.4, y=y + 2.4, width=5.2, height=5.2), 0.35)
    paper.text(edge["time"], y + 4.0, "__:__", TEXT, 11)
    if line.row.identifier:
        paper.text(edge["label"], y + 3.2, spelled(line.row.identifier), MONO_BOLD, 11)
    else:
        paper.frame(Box(x=edge["label"], y=y + 1.2, width=28.5, height=line.height - 2.4), 0.2)


def _cell(paper: Paper, text: Lines, x: float, y: float) -> None:
    paper.lines(Box(x=x, y=y, width=0, height=text.height), text.lines, text.face, text.size)

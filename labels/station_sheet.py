"""The sheet that hangs at a station: its code, and the codes that steer the scanning pages."""

from labels import a4, faces
from labels.a4 import INNER, MARGIN, broken
from labels.content import LONGEST_TEXT
from labels.draw import Check
from labels.errors import LabelError
from labels.faces import BOLD, MONO_BOLD, TEXT
from labels.kit_content import LONGEST_HANDLING, WORDS, StationSheet, spelled
from labels.layout import Box
from labels.paper import Paper
from labels.symbols import CODE_128, DATA_MATRIX

_FIRST = 92.0
_PITCH = 36.0


def station_sheet_pdf(sheet: StationSheet, *, check: Check) -> bytes:
    """Return the sheet of a station as PDF (A4); the codes stand more than 30 mm apart.

    >>> from labels.identifier import is_identifier
    >>> sheet = StationSheet("C4K7N2XD", "Clinic", "Amsterdam", (("K8R3X0TR", "UNDO", "Takes back."),), "2 Mar 2026")
    >>> station_sheet_pdf(sheet, check=is_identifier)[:5]
    b'%PDF-'

    Raises:
        LabelError: for an identifier that does not pass *check*, or a text that would be cut.
    """
    for code in sheet.codes():
        if not check(code):
            raise LabelError("label_identifier_wrong", said=code[:40])
    said = {"name": sheet.name, "site": sheet.site, "made": sheet.made}
    for code, word, told in sheet.commands:
        said |= {f"{code} word": word, f"{code} told": told}
    for field, text in said.items():
        longest = LONGEST_HANDLING if field.endswith("told") else LONGEST_TEXT
        if len(text) > longest:
            raise LabelError("label_field_too_long", field=field, length=len(text), longest=longest)
        faces.printable(text, field)
    words = WORDS[sheet.language]
    paper = Paper(a4.WIDTH, a4.HEIGHT, a4.LASER_DPI, f"{words['station']} {spelled(sheet.identifier)}")
    a4.one_line(paper, MARGIN, 14.0, sheet.name, BOLD, 24, INNER, "name", 12)
    a4.one_line(paper, MARGIN, 25.0, f"{words['station']} · {sheet.site}", TEXT, 12, INNER, "site", 8)
    paper.symbol(DATA_MATRIX, sheet.identifier, Box(x=MARGIN, y=36.0, width=24, height=24))
    paper.text(MARGIN + 30, 38.0, spelled(sheet.identifier), MONO_BOLD, 28)
    paper.text(MARGIN + 30, 50.0, words["station_code"], TEXT, 12)
    paper.symbol(CODE_128, sheet.identifier, Box(x=MARGIN + 98, y=37.0, width=88, height=18))
    paper.rule(MARGIN, 76.0, INNER, 0.3)
    paper.text(MARGIN, 79.0, words["commands"], BOLD, 14)
    for number, (code, word, told) in enumerate(sheet.commands):
        # Left and right in turn: the scanner's beam never meets two codes at once.
        y = _FIRST + number * _PITCH
        x = MARGIN if number % 2 == 0 else MARGIN + INNER - 20
        paper.symbol(DATA_MATRIX, code, Box(x=x, y=y, width=20, height=20))
        left = MARGIN + 30
        a4.one_line(paper, left, y + 1.0, word, BOLD, 20, INNER - 60, "commands", 12)
        said_so = broken(told, TEXT, 11, INNER - 60, "commands")
        paper.lines(Box(x=left, y=y + 11.0, width=INNER - 60, height=14), said_so.lines, TEXT, said_so.size)
    a4.foot(paper, f"{sheet.made} · {spelled(sheet.identifier)}", words["page"].format(page=1, pages=1))
    return paper.bytes()

"""The downtime sheet: a visit on paper, for the hours in which the system cannot be reached."""

from collections.abc import Iterator

from reportlab.pdfgen.canvas import Canvas

from specimens.documents.flow import Block, space
from specimens.documents.fonts import BOLD, LEADING, MONO, SIZE, TEXT, draw, wrap
from specimens.documents.language import own, tongue
from specimens.documents.paper import LEFT, WIDTH, render
from specimens.documents.parts import pairs, said
from specimens.documents.sheet_records import Worksheet, WorksheetLine
from specimens.documents.sheets import big_identifier, frame_of, ink, tick
from specimens.documents.table import FAINT, HAIRLINE, PADDING, Table, rule
from specimens.documents.times import grouped

Words = dict[str, str]

_SLOT, _ADVICE, _TAKEN, _TIME, _AMOUNT = 112.0, 142.0, 44.0, 60.0, 66.0
#: Room to write in, at least (points).
_ROW = 40.0
_SPARE_ROWS = 2


def worksheet_pdf(worksheet: Worksheet) -> bytes:
    """Return the sheet as a PDF: a row for each planned tube, two spare ones, and lines for who did what."""
    language = tongue(worksheet.head.language)
    words = own(language)
    table = Table(LEFT, _columns(words))

    def blocks() -> Iterator[Block]:
        yield big_identifier(
            worksheet.head.number, f"{words['participant']} {grouped(worksheet.participant)}"
        )
        facts = [
            (words["visit"], worksheet.visit),
            (words["site"], worksheet.site),
            (words["window"], worksheet.window or "–"),
            (words["kits"], ", ".join(map(grouped, worksheet.kits)) or "–"),
            (words["protocol"], worksheet.protocol_version),
        ]
        yield from pairs(facts)
        yield said(words["downtime_rule"])
        yield _ticked(words["two_identifiers"])
        yield ink(((words["collected_by"], 0.4), (words["performed"], 0.35), (words["started"], 0.25)))
        yield space(6)
        head = table.head()
        yield head
        for line in worksheet.lines:
            yield _row(line, table, head, words)
        if not worksheet.lines:
            yield said(words["no_slots"])
        for _ in range(_SPARE_ROWS):
            yield _row(None, table, head, words)
        for container in worksheet.lots:
            yield ink(((words["lot_of"].format(container=container), 0.7), (words["expires_month"], 0.3)))
        yield space(8, keeps=True)
        yield ink(((words["handed_to"], 1.0),), keeps=True)
        yield ink(((words["entered_by"], 1.0),), keeps=True)
        yield ink(((words["checked_by"], 1.0),))

    return render(blocks, frame_of(worksheet.head, "worksheet"))


def _columns(words: Words) -> tuple[tuple[str, float], ...]:
    rest = WIDTH - _SLOT - _ADVICE - _TAKEN - _TIME - _AMOUNT
    return (
        (words["slot"], _SLOT),
        (words["handling"], _ADVICE),
        (words["taken_yes"], _TAKEN),
        (words["time_taken"], _TIME),
        (words["volume_pieces"], _AMOUNT),
        (words["why_not"], rest),
    )


def _ticked(label: str) -> Block:
    def paint(canvas: Canvas, top: float) -> None:
        tick(canvas, LEFT, top - 15)
        draw(canvas, LEFT + 15, top - 14, label, BOLD)

    return Block(20, paint)


def _row(line: WorksheetLine | None, table: Table, head: Block, words: Words) -> Block:
    """Return a row with print on the left and room to write on the right; a spare one has no print."""
    told = _told(line) if line else [[], []]
    medium = wrap(words["in_medium_after"], TEXT, SIZE, _TIME - 6) if line and line.medium else []
    asked = [*medium, words["minutes_blank"]] if medium else []
    height = max(_ROW, len(asked) * LEADING + _ROW, max(len(lines) for lines in told) * LEADING + 2 * PADDING)

    def paint(canvas: Canvas, top: float) -> None:
        x = LEFT
        for lines, (_, room) in zip(told, table.columns, strict=False):
            for number, (text, font) in enumerate(lines):
                draw(canvas, x + 3, top - PADDING - SIZE - number * LEADING, text, font)
            x += room
        tick(canvas, LEFT + _SLOT + _ADVICE + 6, top - 16)
        time = LEFT + _SLOT + _ADVICE + _TAKEN + 4
        for number, text in enumerate(asked):
            draw(canvas, time, top - _ROW - number * LEADING, text)
        draw(canvas, time, top - (_ROW if asked else height) + (14 if asked else 8), "__ : __")
        x = LEFT
        canvas.setStrokeGray(FAINT)
        canvas.setLineWidth(HAIRLINE)
        for _, room in table.columns[:-1]:
            x += room
            canvas.line(x, top, x, top - height)
        rule(canvas, LEFT, top - height, table.width, HAIRLINE, FAINT)

    return Block(height, paint, head=head)


def _told(line: WorksheetLine) -> list[list[tuple[str, str]]]:
    container = line.container if line.cap_colour is None else f"{line.container}, {line.cap_colour}"
    left = [(text, BOLD) for text in wrap(line.slot, BOLD, SIZE, _SLOT - 6)]
    left += [(text, TEXT) for text in wrap(f"{line.specimen_type}, {container}", TEXT, SIZE, _SLOT - 6)]
    left.append((grouped(line.code), MONO) if line.code else ("________", MONO))
    right = [
        (text, TEXT)
        for advice in (line.handling, line.clock)
        if advice
        for text in wrap(advice, TEXT, SIZE, _ADVICE - 6)
    ]
    return [left, right]

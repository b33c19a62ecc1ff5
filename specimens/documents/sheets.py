"""What a manifest and a downtime sheet share: the frame, the big identifier with its bars, lines for ink."""

from reportlab.graphics.barcode.code128 import Code128
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas

from specimens.documents.flow import Block
from specimens.documents.fonts import BOLD, LEADING, MONO, SIZE, TEXT, draw, fit, wrap
from specimens.documents.language import own, tongue
from specimens.documents.paper import LEFT, WIDTH, Frame
from specimens.documents.parts import who
from specimens.documents.sheet_records import SheetHead
from specimens.documents.table import HAIRLINE, rule
from specimens.documents.times import grouped, say_full

#: Width of one module of the bars: whole dots at 300 dpi, and wide enough for any scanner.
_MODULE = 0.339 * mm
_BARS_HEIGHT = 10 * mm
_BARS_ROOM = 130 * 0.339 * mm


def frame_of(head: SheetHead, kind: str) -> Frame:
    """Return the header and footer of a sheet; *kind* is the key of its name."""
    language = tongue(head.language)
    words = own(language)
    generated = words["generated"].format(
        when=say_full(head.generated_at, language), who=head.generated_by.name,
        role=head.generated_by.role.word, version=head.software_version,
    )  # fmt: skip
    return Frame(
        kind=words[kind],
        study=f"{head.study} · {head.title}",
        number=grouped(head.number),
        page_of=words["page_of"],
        foot=(generated, words["uncontrolled"]),
        title=f"{words[kind]} {grouped(head.number)}",
        author=who(head.generated_by),
        language=language,
    )


def big_identifier(code: str, line: str) -> Block:
    """Return the identifier as large print and as Code 128, with a line of text below it."""

    def paint(canvas: Canvas, top: float) -> None:
        draw(canvas, LEFT, top - 24, grouped(code), MONO, 24)
        draw(canvas, LEFT, top - 40, fit(line, BOLD, 10, WIDTH - _BARS_ROOM), BOLD, 10)
        bars = Code128(code, barWidth=_MODULE, barHeight=_BARS_HEIGHT, quiet=False)
        bars.drawOn(canvas, LEFT + WIDTH - bars.width, top - 6 - _BARS_HEIGHT)

    return Block(48, paint)


def ink(labels: tuple[tuple[str, float], ...], *, keeps: bool = False) -> Block:
    """Return lines to write on; *labels* pairs what to write with its share of the width."""
    gap = 10.0
    texts = [wrap(label, TEXT, SIZE, share * WIDTH - gap) for label, share in labels]
    height = 28 + max(map(len, texts)) * LEADING

    def paint(canvas: Canvas, top: float) -> None:
        x = LEFT
        for lines, (_, share) in zip(texts, labels, strict=True):
            rule(canvas, x, top - 24, share * WIDTH - gap, HAIRLINE * 2)
            for number, line in enumerate(lines):
                draw(canvas, x, top - 24 - SIZE - 1 - number * LEADING, line)
            x += share * WIDTH

    return Block(height, paint, keeps=keeps)


def tick(canvas: Canvas, x: float, y: float) -> None:
    """Draw an empty box to tick, its lower left corner at (x, y)."""
    canvas.setLineWidth(0.8)
    canvas.rect(x, y, 9, 9, stroke=1, fill=0)

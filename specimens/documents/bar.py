"""The bar of a specimen: collected → released → received → processed → stored, readable in greyscale."""

from collections.abc import Sequence

from reportlab.pdfgen.canvas import Canvas

from specimens.documents.flow import Block
from specimens.documents.fonts import BOLD, LEADING, SIZE, TEXT, draw, fit, width
from specimens.documents.paper import LEFT, WIDTH
from specimens.documents.records import Milestone
from specimens.documents.table import FAINT
from specimens.documents.times import say_clock, say_date, say_minutes

_HEIGHT = 5 * LEADING + 12
_HALF = 4.0  # half the side of a step's square
_MINUTE_MS = 60_000


def bar(milestones: Sequence[Milestone], words: dict[str, str], language: str) -> Block:
    """Return the bar: each step with its time, and between two steps how long it took and what the limit was."""
    step = WIDTH / max(len(milestones), 1)

    def paint(canvas: Canvas, top: float) -> None:
        middle = top - 2 * LEADING - 4
        before: Milestone | None = None
        for number, each in enumerate(milestones):
            x = LEFT + number * step + _HALF
            if number:
                _way(canvas, x - step, x, middle, before, each, words, language)
            _square(canvas, x, middle, reached=each.at is not None)
            bold = BOLD if each.at is not None else TEXT
            draw(canvas, x - _HALF, top - SIZE - 2, fit(each.step.word, bold, SIZE, step - 4), bold)
            under = [say_date(each.at, language), say_clock(each.at)] if each.at else [words["not_reached"]]
            if each.limit_minutes is not None:
                under.append(words["within"].format(limit=say_minutes(each.limit_minutes, language)))
            for line, text in enumerate(under):
                draw(canvas, x - _HALF, middle - 16 - line * LEADING, fit(text, TEXT, SIZE, step - 4))
            if each.at is not None:
                before = each

    return Block(_HEIGHT, paint, keeps=True)


def _square(canvas: Canvas, x: float, middle: float, *, reached: bool) -> None:
    canvas.setLineWidth(1)
    canvas.rect(x - _HALF, middle - _HALF, 2 * _HALF, 2 * _HALF, stroke=1, fill=1 if reached else 0)


def _way(
    canvas: Canvas,
    start: float,
    end: float,
    middle: float,
    before: Milestone | None,
    after: Milestone,
    words: dict[str, str],
    language: str,
) -> None:
    broken = after.breach is not None
    canvas.saveState()
    canvas.setLineWidth(3 if broken else 1)
    if after.at is None and not broken:
        canvas.setStrokeGray(FAINT)
    if broken:
        canvas.setDash(6, 3)
    canvas.line(start + _HALF + 2, middle, end - _HALF - 2, middle)
    canvas.restoreState()
    if before is not None and before.at is not None and after.at is not None:
        minutes = (after.at.at_ms - before.at.at_ms) // _MINUTE_MS
        sign = "+ " if minutes >= 0 else ""
        room = end - start - 2 * _HALF
        shown = fit(f"{sign}{say_minutes(minutes, language)}", TEXT, SIZE, room - 6)
        draw(canvas, start + _HALF + (room - width(shown)) / 2, middle + 4, shown)

"""What the A4 sheets share: columns of fitted text, the row of command codes, the foot with its page number."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from labels import faces
from labels.errors import LabelError, millimetres
from labels.faces import ASCENT, BOLD, DESCENT, LEADING, POINTS_PER_MM, TEXT
from labels.layout import Box
from labels.paper import Paper
from labels.symbols import DATA_MATRIX

WIDTH, HEIGHT = 210.0, 297.0
MARGIN = 12.0
INNER = WIDTH - 2 * MARGIN
#: Least resolution of a laser printer; what stands on its dots stands on those of 600 and 1200.
LASER_DPI = 300
_COMMAND = 11.0
#: The space between a number and its unit: they stay on one line.
_UNIT = re.compile(r"(?<=[0-9]) (?=°|%|(?:h|uur|min|ml|mm|g|d)(?![a-z]))")


def height_of(lines: int, size: float) -> float:
    """Return how high some lines are, in mm."""
    return size * (ASCENT + DESCENT + (lines - 1) * LEADING) / POINTS_PER_MM


@dataclass(frozen=True, slots=True)
class Lines:
    """A text broken into lines, and the size at which each fits its room."""

    lines: tuple[str, ...]
    face: str
    size: float

    @property
    def height(self) -> float:
        """How high they are, in mm."""
        return height_of(len(self.lines), self.size) if self.lines != ("",) else 0.0


def broken(text: str, face: str, size: float, room: float, field: str, least: float = 6.0) -> Lines:
    """Break a printable text into lines of at most *room* mm, shrinking it to *least* points for a long word.

    Raises:
        LabelError: `label_text_cut` when a single word is wider than that.
    """
    text = _UNIT.sub(faces.NBSP, text)
    while True:
        lines = faces.wrap(text, face, size, room)
        over = max(faces.width_mm(line, face, size) for line in lines) - room
        if over <= 0:
            return Lines(lines, face, size)
        if size <= least:
            raise LabelError("label_text_cut", field=field, text=text[:40], missing_mm=millimetres(over))
        size = max(least, size - 0.25)


def one_line(
    paper: Paper, x: float, y: float, text: str, face: str, size: float, room: float, field: str, least: float
) -> None:
    """Draw one line, shrunk to at least *least* points; raises LabelError when it would be cut."""
    while faces.width_mm(text, face, size) > room and size > least:
        size -= 0.25
    over = faces.width_mm(text, face, size) - room
    if over > 0:
        raise LabelError("label_text_cut", field=field, text=text[:40], missing_mm=millimetres(over))
    paper.text(x, y, text, face, size)


def command_row(paper: Paper, y: float, commands: Sequence[tuple[str, str]]) -> None:
    """Draw the command codes side by side, at least 30 mm apart so that a scanner meets one at a time."""
    if not commands:
        return
    gap = (INNER - len(commands) * _COMMAND) / max(1, len(commands) - 1)
    if gap < 30:
        raise LabelError("label_text_cut", field="commands", text="", missing_mm=millimetres(30 - gap))
    for number, (code, word) in enumerate(commands):
        x = MARGIN + number * (_COMMAND + gap)
        paper.symbol(DATA_MATRIX, code, Box(x=x, y=y, width=_COMMAND, height=_COMMAND))
        room, shift = _COMMAND + 24, 12.0
        left = min(max(MARGIN, x - shift), WIDTH - MARGIN - room)
        align = "left" if number == 0 else "right" if number == len(commands) - 1 else "centre"
        size = 8.0
        while faces.width_mm(word, BOLD, size) > room and size > 6:
            size -= 0.25
        if (over := faces.width_mm(word, BOLD, size) - room) > 0:
            raise LabelError("label_text_cut", field="commands", text=word, missing_mm=millimetres(over))
        paper.text(left, y + _COMMAND + 0.3, word, BOLD, size, width=room, align=align)


def foot(paper: Paper, left: str, right: str) -> None:
    """Draw the last line of a page."""
    paper.rule(MARGIN, HEIGHT - 11.4, INNER)
    room = INNER - faces.width_mm(right, TEXT, 8) - 4
    one_line(paper, MARGIN, HEIGHT - 10.4, left, TEXT, 8, room, "made", 6)
    paper.text(MARGIN, HEIGHT - 10.4, right, TEXT, 8, width=INNER, align="right")

"""The faces that our papers embed, and how text is measured, broken into lines and drawn with them.

Text is set in Vera (comes with reportlab), identifiers in DejaVu Sans Mono (comes with python-barcode), which also
lends the glyphs that Vera lacks. A character that neither has, or that has no shape, prints as U+XXXX: nothing is
lost without a trace, and nobody can turn a line around with an invisible mark.
"""

import unicodedata
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import barcode
import reportlab
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

TEXT = "DocumentText"
BOLD = "DocumentBold"
MONO = "DocumentMono"
_FILES = {
    TEXT: Path(reportlab.__file__).parent / "fonts" / "Vera.ttf",
    BOLD: Path(reportlab.__file__).parent / "fonts" / "VeraBd.ttf",
    MONO: Path(barcode.__file__).parent / "fonts" / "DejaVuSansMono.ttf",
}

#: Nothing on our papers is smaller than this (points); a line of it takes `LEADING`.
SIZE = 9.0
LEADING = 11.0
#: How many texts are remembered with how they are drawn: words come again, hashes and times do not.
_REMEMBERED = 1024


@cache
def widths(font: str) -> dict[str, float]:
    """Return what a face has: each character with its width, for a size of 1. Registers the face when first asked."""
    face = TTFont(font, str(_FILES[font]))
    pdfmetrics.registerFont(face)
    # Of all fonts from one file the first that was registered lends its face: labels may have been first.
    _repair(pdfmetrics.getFont(font).face)
    per_em = {chr(code): face.face.charWidths[code] / 1000 for code in face.face.charToGlyph}
    return {shape: per_em[shape] for shape in per_em if unicodedata.category(shape)[0] != "C"}


def _repair(face: Any) -> None:
    """Give the glyphs that share the last width their own again: reportlab keeps it per mille among font units.

    Found by the validator of PDF/A: the widths in the file disagreed with those in the embedded program.
    """
    full = int.from_bytes(face.get_table("hhea")[34:36], "big")
    shared = face.hmetrics[full - 1][0]
    face.hmetrics[full:] = [(shared, bearing) for _, bearing in face.hmetrics[full:]]


def _shown(character: str) -> str:
    if character in widths(TEXT) or character in widths(MONO):
        return character
    return " " if character in "\t\u00a0" else f"U+{ord(character):04X}"


@lru_cache(maxsize=_REMEMBERED)
def printable(text: str) -> str:
    """Return *text* in composed form with only characters that can be drawn, and line feeds."""
    if text.isascii() and text.isprintable():
        return text
    lines = unicodedata.normalize("NFC", text).replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return "\n".join("".join(map(_shown, line)) for line in lines)


def _width_of(character: str, font: str) -> float:
    return widths(font).get(character) or widths(MONO)[character]


@lru_cache(maxsize=_REMEMBERED)
def width(text: str, font: str = TEXT, size: float = SIZE) -> float:
    """Return how wide one line of printable text is, in points."""
    return size * sum(_width_of(character, font) for character in text)


@lru_cache(maxsize=_REMEMBERED)
def wrap(text: str, font: str, size: float, room: float) -> tuple[str, ...]:
    """Break *text* into lines of at most *room* points, at spaces where there are any, else anywhere."""
    lines: list[str] = []
    for paragraph in printable(text).split("\n"):
        line = ""
        for word in paragraph.split(" "):
            longer = f"{line} {word}" if line else word
            if width(longer, font, size) <= room:
                line = longer
                continue
            if line:
                lines.append(line)
            *full, line = _pieces(word, font, size, room)
            lines += full
        lines.append(line)
    return tuple(lines)


def _pieces(word: str, font: str, size: float, room: float) -> list[str]:
    pieces, used = [""], 0.0
    for character in word:
        step = size * _width_of(character, font)
        if pieces[-1] and used + step > room:
            pieces.append("")
            used = 0.0
        pieces[-1] += character
        used += step
    return pieces


def fit(text: str, font: str, size: float, room: float) -> str:
    """Return the first line of *text*, with an ellipsis where it does not fit."""
    first, *rest = wrap(text, font, size, room)
    if not rest:
        return first
    short = wrap(text, font, size, room - width("…", font, size))[0]
    return f"{short}…"


@lru_cache(maxsize=_REMEMBERED)
def _runs(text: str, font: str) -> tuple[tuple[str, str], ...]:
    own = widths(font)
    if all(character in own for character in text):
        return ((font, text),)
    runs: list[tuple[str, str]] = []
    for character in text:
        face = font if character in own else MONO
        if runs and runs[-1][0] == face:
            runs[-1] = (face, runs[-1][1] + character)
        else:
            runs.append((face, character))
    return tuple(runs)


def draw(canvas: Canvas, x: float, y: float, text: str, font: str = TEXT, size: float = SIZE) -> None:
    """Draw one line of printable text with its baseline at *y*, from *x* to the right."""
    for face, part in _runs(text, font):
        canvas.setFont(face, size)
        canvas.drawString(x, y, part)
        x += width(part, face, size)


def draw_right(canvas: Canvas, x: float, y: float, text: str, font: str = TEXT, size: float = SIZE) -> None:
    """Draw one line of printable text that ends at *x*."""
    draw(canvas, x - width(text, font, size), y, text, font, size)

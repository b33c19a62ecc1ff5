"""The faces that labels embed, and how text is measured, broken and drawn with them.

Text is set in Vera (comes with reportlab), identifiers in DejaVu Sans Mono (comes with python-barcode), which also
lends the glyphs that Vera lacks. Its bold is drawn with a stroke around each glyph. A character that neither face
has is refused: a label never shows something else than what it was given.
"""

import re
import unicodedata
from functools import cache, lru_cache
from pathlib import Path

import barcode
import reportlab
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from labels.errors import LabelError

TEXT, BOLD, MONO, MONO_BOLD = "LabelText", "LabelBold", "LabelMono", "LabelMonoBold"
FILES = {
    TEXT: Path(reportlab.__file__).parent / "fonts" / "Vera.ttf",
    BOLD: Path(reportlab.__file__).parent / "fonts" / "VeraBd.ttf",
    MONO: Path(barcode.__file__).parent / "fonts" / "DejaVuSansMono.ttf",
}

#: Words of a layout file → face.
FACES = {"text": TEXT, "bold": BOLD, "mono": MONO, "mono_bold": MONO_BOLD}

#: Share of the size that stands above and below the baseline, and the stroke that makes a glyph bold.
ASCENT, DESCENT, LEADING = 0.76, 0.24, 1.12
BOLD_STROKE = 0.045
MM_PER_INCH = 25.4
POINTS_PER_MM = 72 / MM_PER_INCH
#: A box to be ticked by hand stands larger than the text around it: 2 mm where that has 8 points.
TICK, _TICK_SIZE = "☐", 1.5
_PLAIN = re.compile(rb"[ !#-'*-\[\]-~]+")
#: Keeps two words of a label on one line.
NBSP = "\u00a0"


@cache
def _widths(face: str) -> dict[str, float]:
    font = TTFont(face, str(FILES[face]))
    pdfmetrics.registerFont(font)
    per_em = {chr(code): font.face.charWidths[code] / 1000 for code in font.face.charToGlyph}
    return {shape: per_em[shape] for shape in per_em if unicodedata.category(shape)[0] != "C"}


def _of(face: str) -> str:
    return MONO if face == MONO_BOLD else face


def _base(character: str, face: str) -> str | None:
    """Return the face that has the character: its own, or the one that lends it; None if neither does."""
    own = _of(face)
    return own if character in _widths(own) else MONO if character in _widths(MONO) else None


@cache
def _advances(face: str) -> dict[str, float]:
    """Return the width of every character that a face has or is lent, in parts of its size."""
    own = _widths(MONO) | _widths(_of(face))
    return own | {TICK: own[TICK] * _TICK_SIZE}


def printable(text: str, field: str) -> str:
    """Return *text* in composed form.

    Raises:
        LabelError: `label_character`, naming *field*, for a character that cannot be drawn (controls included).
    """
    if text.isascii() and text.isprintable():
        return text
    composed, missing = _composed(text)
    if missing:
        raise LabelError("label_character", field=field, character=f"U+{ord(missing):04X}")
    return composed


@lru_cache(maxsize=1_024)
def _composed(text: str) -> tuple[str, str]:
    """Return a text in composed form, and the first of its characters that no face has."""
    composed = unicodedata.normalize("NFC", text)
    return composed, next((each for each in composed if _base(each, TEXT) is None), "")


@lru_cache(maxsize=8_192)
def width_mm(text: str, face: str, size: float) -> float:
    """Return how wide one line of printable text is, in millimetres, at a size in points.

    >>> round(width_mm("C4K7 N2XD", MONO_BOLD, 11), 1)
    21.2
    """
    stroke = BOLD_STROKE if face == MONO_BOLD else 0.0
    return size * (stroke + sum(map(_advances(face).__getitem__, text))) / POINTS_PER_MM


@lru_cache(maxsize=4_096)
def wrap(text: str, face: str, size: float, room_mm: float) -> tuple[str, ...]:
    """Break *text* into lines at its spaces, and after a hyphen where a word is wider than the room.

    A piece that is still wider stays whole and sticks out: whoever draws it refuses it.
    """
    lines: list[str] = []
    for word in text.split(" "):
        if lines and width_mm(f"{lines[-1]} {word}", face, size) <= room_mm:
            lines[-1] += f" {word}"
        elif width_mm(word, face, size) <= room_mm:
            lines.append(word)
        else:
            lines += _hyphenated(word, face, size, room_mm)
    return tuple(lines)


def _hyphenated(word: str, face: str, size: float, room_mm: float) -> list[str]:
    pieces = [""]
    for part in re.split(r"(?<=[-/])", word):
        if pieces[-1] and width_mm(pieces[-1] + part, face, size) > room_mm:
            pieces.append("")
        pieces[-1] += part
    return pieces


@lru_cache(maxsize=4_096)
def _runs(text: str, face: str) -> tuple[tuple[str, str], ...]:
    if text.isascii():
        return ((_of(face), text),)
    runs: list[tuple[str, str]] = []
    for character in text:
        base = _base(character, face) or MONO
        alone = character == TICK or (runs and runs[-1][1] == TICK)
        if runs and runs[-1][0] == base and not alone:
            runs[-1] = (base, runs[-1][1] + character)
        else:
            runs.append((base, character))
    return tuple(runs)


@lru_cache(maxsize=4_096)
def placed(text: str, face: str, size: float) -> tuple[tuple[str, bool, float, float, str], ...]:
    """Return the parts of a line that are drawn as one: face, whether stroked, mm from its start, size, text."""
    x = size * BOLD_STROKE / 2 / POINTS_PER_MM if face == MONO_BOLD else 0.0
    parts = []
    runs = _runs(text, face)
    for base, part in runs:
        bold = face == MONO_BOLD or (face == BOLD and base == MONO and part != TICK)
        parts.append((base, bold, x, size * _TICK_SIZE if part == TICK else size, part))
        if len(runs) > 1:  # most lines are one part, and need no measuring
            x += width_mm(part, base, size)
    return tuple(parts)


def operators(
    canvas: Canvas, text: str, face: str, size: float, named: dict[tuple[str, int], str]
) -> tuple[tuple[float, str, str], ...]:
    """Return how a PDF page draws a line: for each part its points from the start, what comes before and after there.

    *named* keeps what the document calls each part of a face. Written by hand: an object per text, as the canvas makes
    it, would take most of the time of a sheet of labels.
    """
    parts = []
    for base, bold, shift, points, part in placed(text, face, size):
        _widths(base)  # the first to ask registers the face
        font = pdfmetrics.getFont(base)
        shown = []
        for subset, raw in _split(canvas, font, part):
            if (base, subset) not in named:
                named[base, subset] = font.getSubsetInternalName(subset, canvas._doc)
            shown.append(f"{named[base, subset]} {points:.6g} Tf ({_escaped(canvas, raw)}) Tj")
        # Joined round (1 j): a sharp corner of a glyph would grow a thorn. What a text sets outlives it, so q … Q.
        before, after = (f"q {size * BOLD_STROKE:.5g} w 1 j 2 Tr BT", "ET Q") if bold else ("BT", "ET")
        parts.append((shift * POINTS_PER_MM, before, f"{' '.join(shown)} {after}"))
    return tuple(parts)


def _split(canvas: Canvas, font: TTFont, text: str) -> list[tuple[int, bytes]]:
    """Return the text in the codes of the embedded parts of a face; ASCII stands for itself in the first."""
    if text.isascii() and font._asciiReadable:
        return [(0, text.encode())]
    parts: list[tuple[int, bytes]] = font.splitString(text, canvas._doc)
    return parts


def _escaped(canvas: Canvas, raw: bytes) -> str:
    return raw.decode("ascii") if _PLAIN.fullmatch(raw) else canvas._escape(raw)

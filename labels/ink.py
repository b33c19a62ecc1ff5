"""Text and areas as a printer's dots: what a thermal head burns, and what a preview shows.

The outlines of the embedded faces, in the place where a PDF has them: a dot is black where at least half of it lies
within the outline. So the printer's own faces, which nobody can measure beforehand, are never asked for.
"""

from collections.abc import Sequence
from functools import lru_cache

from PIL import Image, ImageChops, ImageDraw, ImageFont

from labels import faces
from labels.faces import BOLD_STROKE, MM_PER_INCH

#: Parts of a dot, across and down, that are looked at; fewer where dots are fine.
_PARTS, _PARTS_FINE, _FINE_DPI = 4, 2, 400
_HALF = 128


@lru_cache(maxsize=256)
def _font(face: str, pixels: float) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(faces.FILES[face], pixels, layout_engine=ImageFont.Layout.BASIC)


def _parts(dpi: int) -> int:
    return _PARTS_FINE if dpi > _FINE_DPI else _PARTS


def _dots(fine: Image.Image, parts: int) -> Image.Image:
    return fine.reduce(parts).point(lambda shade: 255 if shade >= _HALF else 0)


def line(
    x: float, baseline: float, text: str, face: str, size: float, dpi: int
) -> tuple[int, int, Image.Image]:
    """Return a line of text as (left, top, dots): *x*, *baseline* in mm; dots are 255 where black."""
    dot_mm, parts = MM_PER_INCH / dpi, _parts(dpi)
    left, top = int(x / dot_mm) - 1, int((baseline - size * 1.05 / faces.POINTS_PER_MM) / dot_mm) - 1
    width = int(faces.width_mm(text, face, size) / dot_mm) + 4
    height = int(size * 1.4 / faces.POINTS_PER_MM / dot_mm) + 4
    fine = Image.new("L", (width * parts, height * parts))
    pen = ImageDraw.Draw(fine)
    scale = parts / dot_mm
    at, down = (x - left * dot_mm) * scale, (baseline - top * dot_mm) * scale
    for base, bold, offset, points, part in faces.placed(text, face, size):
        pixels = points / 72 * dpi * parts
        stroke = pixels * BOLD_STROKE / 2 if bold else 0.0
        for character in part:
            place = (at + offset * scale, down)
            pen.text(place, character, 255, _font(base, pixels), "ls", stroke_width=stroke)
            offset += faces.width_mm(character, base, size)
    return left, top, _dots(fine, parts)


def area(rings: Sequence[Sequence[tuple[float, float]]], dpi: int) -> tuple[int, int, Image.Image]:
    """Return what lies within an odd number of the shapes (corners in mm) as (left, top, dots)."""
    dot_mm, parts = MM_PER_INCH / dpi, _parts(dpi)
    left = int(min(x for ring in rings for x, _ in ring) / dot_mm)
    top = int(min(y for ring in rings for _, y in ring) / dot_mm)
    right = int(max(x for ring in rings for x, _ in ring) / dot_mm) + 1
    bottom = int(max(y for ring in rings for _, y in ring) / dot_mm) + 1
    size = ((right - left) * parts, (bottom - top) * parts)
    fine = Image.new("1", size)
    for ring in rings:
        shape = Image.new("1", size)
        corners = [((x / dot_mm - left) * parts - 0.5, (y / dot_mm - top) * parts - 0.5) for x, y in ring]
        ImageDraw.Draw(shape).polygon(corners, fill=1)
        fine = ImageChops.logical_xor(fine, shape)
    return left, top, _dots(fine.convert("L"), parts)

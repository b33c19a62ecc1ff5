"""The outlines of glyphs, read from the TrueType faces that labels embed: for pictures that are made of shapes.

Format: OpenType, tables `glyf` and `loca`. Units are those of the face, y upwards.
"""

import struct
from collections.abc import Iterator
from functools import cache, lru_cache

from reportlab.pdfbase.ttfonts import TTFontFile

from labels import faces

_Point = tuple[float, float, bool]  # x, y, whether it lies on the outline

_ON, _X_SHORT, _Y_SHORT, _REPEAT, _X_SAME, _Y_SAME = 1, 2, 4, 8, 16, 32
_WORDS, _OFFSETS, _SCALE, _MORE, _SCALE_XY, _MATRIX = 1, 2, 8, 32, 64, 128


@cache
def _face(face: str) -> tuple[TTFontFile, bytes, float]:
    read = TTFontFile(str(faces.FILES[face]))
    return read, read.get_table("glyf"), float(read.unitsPerEm)


def _contours(face: str, glyph: int) -> Iterator[list[_Point]]:
    font, table, _ = _face(face)
    start, end = font.glyphPos[glyph], font.glyphPos[glyph + 1]
    if start == end:
        return
    (count,) = struct.unpack_from(">h", table, start)
    if count < 0:
        yield from _composite(face, table, start + 10)
        return
    at = start + 10
    ends = struct.unpack_from(f">{count}H", table, at)
    at += 2 * count
    (instructions,) = struct.unpack_from(">H", table, at)
    at += 2 + instructions
    flags: list[int] = []
    while len(flags) <= ends[-1]:
        flag, at = table[at], at + 1
        times = 1
        if flag & _REPEAT:
            times, at = table[at] + 1, at + 1
        flags += [flag] * times
    xs, at = _coordinates(table, at, flags, _X_SHORT, _X_SAME)
    ys, at = _coordinates(table, at, flags, _Y_SHORT, _Y_SAME)
    points = [(x, y, bool(flag & _ON)) for x, y, flag in zip(xs, ys, flags, strict=True)]
    for first, last in zip((0, *(each + 1 for each in ends)), ends, strict=False):
        yield points[first : last + 1]


def _coordinates(table: bytes, at: int, flags: list[int], short: int, same: int) -> tuple[list[float], int]:
    now, found = 0, []
    for flag in flags:
        if flag & short:
            now, at = now + (table[at] if flag & same else -table[at]), at + 1
        elif not flag & same:
            now, at = now + struct.unpack_from(">h", table, at)[0], at + 2
        found.append(float(now))
    return found, at


def _composite(face: str, table: bytes, at: int) -> Iterator[list[_Point]]:
    """A glyph of several others, such as a letter with its accent."""
    flags = _MORE
    while flags & _MORE:
        flags, part = struct.unpack_from(">HH", table, at)
        at += 4
        dx, dy = struct.unpack_from(">hh" if flags & _WORDS else ">bb", table, at)
        at += 4 if flags & _WORDS else 2
        a, b, c, d = 1.0, 0.0, 0.0, 1.0
        if flags & _SCALE:
            a = d = _fraction(table, at)
            at += 2
        elif flags & _SCALE_XY:
            a, d = _fraction(table, at), _fraction(table, at + 2)
            at += 4
        elif flags & _MATRIX:
            a, b, c, d = (_fraction(table, at + 2 * each) for each in range(4))
            at += 8
        if not flags & _OFFSETS:
            raise ValueError("a glyph whose parts are joined by points")
        for contour in _contours(face, part):
            yield [(a * x + c * y + dx, b * x + d * y + dy, on) for x, y, on in contour]


def _fraction(table: bytes, at: int) -> float:
    return float(struct.unpack_from(">h", table, at)[0]) / 16384


@lru_cache(maxsize=2048)
def strokes(face: str, character: str) -> tuple[tuple[tuple[float, ...], ...], ...]:
    """Return the closed outlines of a glyph in parts of its size, y upwards: first a point, then curves to points.

    A curve is (control x, control y, x, y), a straight line (x, y).
    """
    font, _, em = _face(face)
    shapes = []
    for contour in _contours(face, font.charToGlyph[ord(character)]):
        points = [(x / em, y / em, on) for x, y, on in contour]
        first = next((number for number, point in enumerate(points) if point[2]), None)
        if first is None:  # only controls: the outline begins between the first two
            (x, y, _), (u, v, _) = points[-1], points[0]
            points, first = [((x + u) / 2, (y + v) / 2, True), *points], 0
        shapes.append(tuple(_pieces(points[first:] + points[: first + 1])))
    return tuple(shapes)


def _pieces(points: list[_Point]) -> Iterator[tuple[float, ...]]:
    yield points[0][:2]
    control: tuple[float, float] | None = None
    for x, y, on in points[1:]:
        if control is None:
            if on:
                yield x, y
            else:
                control = x, y
        elif on:
            yield (*control, x, y)
            control = None
        else:  # between two controls lies a point of the outline
            yield (*control, (control[0] + x) / 2, (control[1] + y) / 2)
            control = x, y

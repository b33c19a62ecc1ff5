"""The grid of codes in a picture of a rack or a box: which code stands in which position, and which positions are bare.

Hold the camera above it, the first position at the top left. The picture may be turned by some twenty degrees and taken
at a slant; the grid is followed from each code to its neighbours.
"""

import math
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from labels.errors import LabelError
from labels.read import Code, read_photo

#: How far the picture may be turned, and how far at a slant a row may lean from the others.
_MOST_TURNED = math.radians(32)
_CONE = math.radians(14)
#: Tubes further apart than so many positions are not looked for; how far from a whole number a count may be.
_MOST_APART = 9
_NEAR = 0.22
_FAR = 2.5

Vector = tuple[float, float]


def position(row: int, column: int) -> str:
    """Return the name of a position, from 0: `A1` is the top left one, letters go down."""
    return f"{chr(ord('A') + row)}{column + 1}"


@dataclass(frozen=True, slots=True)
class Rack:
    """A rack of `rows` × `columns`: position → text of what was read, in the order of reading.

    `unread`: positions where a code was seen and could not be read. `bare`: positions without any code. `twice`: texts
    that stand in more than one position. `sure`: the codes reach all four edges, so no other placing is possible.

    Only in a reader's file: `foreign`, position → text that is no identifier; `clash`, positions about which it says
    two different things; `beyond`, positions that the rack does not have.
    """

    rows: int
    columns: int
    codes: dict[str, str]
    unread: tuple[str, ...]
    bare: tuple[str, ...]
    twice: tuple[str, ...]
    sure: bool
    foreign: dict[str, str] = field(default_factory=dict)
    clash: tuple[str, ...] = ()
    beyond: tuple[str, ...] = ()


def read_rack(picture: bytes, *, rows: int, columns: int, accept: Callable[[str], bool]) -> Rack:
    """Return the grid of a photograph of a rack of *rows* × *columns*.

    >>> from io import BytesIO
    >>> from PIL import Image
    >>> from labels.identifier import is_identifier
    >>> from labels.symbols import data_matrix
    >>> rack = Image.new("L", (300, 300), 255)
    >>> for code, (left, top) in {"C4K7N2XD": (40, 40), "K8R3X0TR": (200, 40), "FPN8H7DE": (40, 200)}.items():
    ...     for x, y, width, height in data_matrix(code).bars:
    ...         rack.paste(0, (left + 4 * x, top + 4 * y, left + 4 * (x + width), top + 4 * (y + height)))
    >>> png = BytesIO()
    >>> rack.save(png, "PNG")
    >>> found = read_rack(png.getvalue(), rows=2, columns=2, accept=is_identifier)
    >>> found.codes, found.bare
    ({'A1': 'C4K7N2XD', 'A2': 'K8R3X0TR', 'B1': 'FPN8H7DE'}, ('B2',))

    Raises:
        LabelError: as `read.read_photo`; `rack_nothing_read`; `rack_of_another_size` when the codes reach further.
    """
    reading = read_photo(picture, accept=accept)
    if not reading.codes:
        raise LabelError("rack_nothing_read")
    return grid([*reading.codes, *reading.unread], rows, columns)


def grid(codes: Sequence[Code], rows: int, columns: int) -> Rack:
    """Place codes in a grid; what was not read and stands where the rack has no position is none of its labels.

    Raises:
        LabelError: `rack_of_another_size` when what was read reaches further.
    """
    try:
        return _grid(codes, rows, columns)
    except LabelError:
        kept = [each for each in codes if each.text is not None]
        strays = [each for each in codes if each.text is None]
        if not kept or not strays:
            raise
        for each in strays:  # a scratch, or noise in the picture, may look like a code
            with suppress(LabelError):
                _grid([*kept, each], rows, columns)
                kept.append(each)
        return _grid(kept, rows, columns)


def _grid(codes: Sequence[Code], rows: int, columns: int) -> Rack:
    placed = _placed(codes)
    left, top = min(i for i, _ in placed), min(j for _, j in placed)
    wide, tall = max(i for i, _ in placed) - left + 1, max(j for _, j in placed) - top + 1
    if wide > columns or tall > rows:
        raise LabelError(
            "rack_of_another_size", seen_rows=tall, seen_columns=wide, rows=rows, columns=columns
        )
    at = {(j - top, i - left): code for (i, j), code in placed.items()}
    read, unread, bare = {}, [], []
    for row in range(rows):
        for column in range(columns):
            code = at.get((row, column))
            if code is None:
                bare.append(position(row, column))
            elif code.text is None:
                unread.append(position(row, column))
            else:
                read[position(row, column)] = code.text
    texts = list(read.values())
    twice = tuple(dict.fromkeys(text for text in texts if texts.count(text) > 1))
    return Rack(rows, columns, read, tuple(unread), tuple(bare), twice, wide == columns and tall == rows)


def _between(one: Code, other: Code) -> Vector:
    return other.x - one.x, other.y - one.y


def _quarter(way: Vector, sense: int) -> Vector:
    """Return a way turned by a quarter: to the right of it for 1, to the left for -1."""
    return -way[1] * sense, way[0] * sense


def _turned(codes: Sequence[Code]) -> float:
    """Return by how much the picture is turned (radians): the direction in which most near neighbours stand in line."""
    found = [
        (math.remainder(math.atan2(way[1], way[0]), math.pi / 2), math.hypot(*way))
        for each in codes
        for way in _nearest_ways(each, codes, 6)
    ]
    nearest = min((far for _, far in found), default=1.0)

    def in_line(with_it: float) -> float:
        return sum(
            (nearest / far) ** 2 * (1 - abs(angle - with_it))
            for angle, far in found
            if abs(angle - with_it) < _CONE / 2
        )

    return max((angle for angle, _ in found if abs(angle) < _MOST_TURNED), key=in_line, default=0.0)


def _nearest_ways(code: Code, codes: Sequence[Code], most: int) -> list[Vector]:
    """Return the ways to the nearest other codes, shortest first."""
    ways = (_between(code, other) for other in codes if other is not code)
    return sorted(ways, key=lambda way: math.hypot(*way))[:most]


def _step(codes: Sequence[Code], axis: float) -> Vector | None:
    """Return the usual way from a code to the next one in a direction (radians), None when there is none."""
    found = []
    for each in codes:
        ways = [_between(each, other) for other in codes if other is not each]
        ahead = [
            way for way in ways if abs(math.remainder(math.atan2(way[1], way[0]) - axis, math.tau)) < _CONE
        ]
        if ahead:
            found.append(min(ahead, key=lambda way: math.hypot(*way)))
    if not found:
        return None
    # The shortest ways lead to neighbours; where a position is bare the way is twice as long.
    shortest = sorted(found, key=lambda way: math.hypot(*way))[: max(1, len(found) // 2)]
    return shortest[len(shortest) // 2]


def _parts(way: Vector, across: Vector, down: Vector) -> tuple[float, float]:
    """Return how many steps across and down a way is."""
    size = across[0] * down[1] - across[1] * down[0]
    if not size:
        return 0.0, 0.0
    return (way[0] * down[1] - way[1] * down[0]) / size, (across[0] * way[1] - across[1] * way[0]) / size


def _divided(codes: Sequence[Code], across: Vector, down: Vector) -> tuple[Vector, Vector]:
    """Return steps of which every way to a neighbour is a whole number: few tubes may all stand two or three apart."""
    all_ways = [_parts(way, across, down) for each in codes for way in _nearest_ways(each, codes, 4)]
    ways = [way for way in all_ways if max(map(abs, way)) < _FAR]  # far ones are no whole number at a slant
    found = []
    for step, counts in ((across, [i for i, _ in ways]), (down, [j for _, j in ways])):
        by = next((by for by in range(1, _MOST_APART) if _whole(counts, by)), 1)
        found.append((step[0] / by, step[1] / by))
    return found[0], found[1]


def _whole(counts: list[float], by: int) -> bool:
    """Say whether nearly all counts are whole numbers once a step is divided."""
    near = sum(abs(count * by - round(count * by)) < _NEAR for count in counts)
    return near >= 0.85 * len(counts)


def _placed(codes: Sequence[Code]) -> dict[tuple[int, int], Code]:
    """Return (column, row), counted from any one of them, → code: each is found from its neighbours."""
    turned = _turned(codes)
    across, down = _step(codes, turned), _step(codes, turned + math.pi / 2)
    if across is None and down is None:
        return {(0, 0): codes[0]}
    across = across or _quarter(down or (0.0, 1.0), -1)
    down = down or _quarter(across, 1)
    across, down = _divided(codes, across, down)
    placed: dict[tuple[int, int], Code] = {}
    left = list(codes)
    while left:
        if not placed:
            start, where = left[0], (0, 0)
        else:
            start, where = _nearest(placed, left, across, down)
        left.remove(start)
        if where in placed:  # two codes at one place: the one that was read stands
            if placed[where].text is None and start.text is not None:
                placed[where] = start
            continue
        placed[where] = start
    return placed


def _nearest(
    placed: dict[tuple[int, int], Code], left: list[Code], across: Vector, down: Vector
) -> tuple[Code, tuple[int, int]]:
    """Return the code that is nearest to one that has its place, and its own place as seen from there."""
    _, start, here, where = min(
        ((math.hypot(*_between(code, each)), each, code, at) for each in left for at, code in placed.items()),
        key=lambda found: found[0],
    )
    right, below = _local(placed, where, (1, 0), across), _local(placed, where, (0, 1), down)
    way = _between(here, start)
    columns, rows = _parts(way, right, below)
    return start, (where[0] + round(columns), where[1] + round(rows))


def _local(
    placed: dict[tuple[int, int], Code], where: tuple[int, int], step: tuple[int, int], usual: Vector
) -> Vector:
    """Return the way to the next position as it is around here: at a slant it is not everywhere the same."""
    i, j = where
    ways = []
    for di in (-1, 0, 1):
        for dj in (-1, 0, 1):
            one = placed.get((i + di, j + dj))
            other = placed.get((i + di + step[0], j + dj + step[1]))
            if one and other:
                ways.append(_between(one, other))
    if not ways:
        return usual
    return sum(x for x, _ in ways) / len(ways), sum(y for _, y in ways) / len(ways)

"""A layout: where each field and each code of a label stands, as data in millimetres.

Read from `layouts/<name>.toml` and checked when it is read: everything lies in the safe area, and no two boxes
overlap. Text is then fitted into its box, so what is right here is right on every label.
"""

import tomllib
from dataclasses import MISSING, dataclass, fields
from functools import cache
from itertools import combinations
from pathlib import Path
from typing import Any, TypeVar

from labels.errors import LabelError
from labels.faces import FACES
from labels.symbols import MAKERS

_FOLDER = Path(__file__).parent / "layouts"
_SLACK = 1e-6
MARKS = ("diamond", "frame", "corner")
#: Type of a field → the types that TOML has for it, and what to call them.
_TYPES: dict[Any, tuple[tuple[type, ...], str]] = {
    float: ((int, float), "number"), int: ((int,), "whole number"), str: ((str,), "text"),
    bool: ((bool,), "true or false"),
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """A rectangle, millimetres from the top left corner of the label."""

    x: float
    y: float
    width: float
    height: float

    def overlaps(self, other: "Box") -> bool:
        """Say whether two boxes share an area."""
        return (
            self.x + self.width > other.x + _SLACK
            and other.x + other.width > self.x + _SLACK
            and self.y + self.height > other.y + _SLACK
            and other.y + other.height > self.y + _SLACK
        )

    def within(self, other: "Box") -> bool:
        """Say whether this box lies inside another."""
        return other.beyond(self) == 0.0

    def beyond(self, other: "Box") -> float:
        """Return how far another box sticks out of this one, in mm; 0 when it lies inside."""
        over = max(
            self.x - other.x,
            self.y - other.y,
            other.x + other.width - self.x - self.width,
            other.y + other.height - self.y - self.height,
        )
        return over if over > _SLACK else 0.0

    def corners(self) -> list[tuple[float, float]]:
        """Return its four corners, clockwise from the top left."""
        right, bottom = self.x + self.width, self.y + self.height
        return [(self.x, self.y), (right, self.y), (right, bottom), (self.x, bottom)]


@dataclass(frozen=True, slots=True, kw_only=True)
class TextField(Box):
    """A field: `size` in points, shrunk at most to `least`, on at most `lines` lines."""

    field: str
    size: float
    least: float
    face: str = "text"
    align: str = "left"
    lines: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class SymbolField(Box):
    """A code with its quiet zones. An `optional` one is left out where the printer is too coarse for its room."""

    kind: str
    optional: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark(Box):
    """A shape: `diamond` and `frame` (drawn `line` mm thick), or `corner`, a filled triangle at the top left."""

    kind: str
    line: float = 0.4
    field: str = ""


@dataclass(frozen=True, slots=True)
class Layout:
    """A label of `width` × `height` mm, nothing printed nearer to its edges than `safe` (across, down) mm.

    A `round` one is a circle or an ellipse that touches these four edges.
    """

    name: str
    width: float
    height: float
    safe: tuple[float, float]
    texts: tuple[TextField, ...]
    symbols: tuple[SymbolField, ...]
    marks: tuple[Mark, ...]
    round: bool = False

    @property
    def area(self) -> Box:
        """The safe area."""
        across, down = self.safe
        return Box(x=across, y=down, width=self.width - 2 * across, height=self.height - 2 * down)

    def holds(self, box: Box) -> bool:
        """Say whether a box lies in the safe area, the corners of a round label cut off."""
        area = self.area
        if not self.round:
            return box.within(area)
        half_x, half_y = area.width / 2, area.height / 2
        return all(
            ((x - area.x - half_x) / half_x) ** 2 + ((y - area.y - half_y) / half_y) ** 2 <= 1 + _SLACK
            for x, y in box.corners()
        )


_Part = TypeVar("_Part", bound=Box)


def problems(layout: Layout) -> list[str]:
    """Return what is wrong with a layout, in words: what leaves the safe area, what overlaps."""
    named: list[tuple[str, Box]] = [(each.field, each) for each in layout.texts]
    named += [(each.kind, each) for each in layout.symbols]
    marks: list[tuple[str, Box]] = [(each.kind, each) for each in layout.marks]
    wrong = [f"{name} leaves the safe area" for name, box in named + marks if not layout.holds(box)]
    wrong += [f"{one} overlaps {two}" for (one, a), (two, b) in combinations(named, 2) if a.overlaps(b)]
    wrong += [f"{each.field}: no face {each.face}" for each in layout.texts if each.face not in FACES]
    wrong += [f"no symbology {each.kind}" for each in layout.symbols if each.kind not in MAKERS]
    wrong += [f"no mark {each.kind}" for each in layout.marks if each.kind not in MARKS]
    if all(each.optional for each in layout.symbols):
        wrong.append("no code that is always printed")
    return wrong


def _pair(said: list[float]) -> tuple[float, float]:
    across, down = said
    return float(across), float(down)


def _parts(kind: type[_Part], said: dict[str, Any], word: str) -> tuple[_Part, ...]:
    """Return the boxes of one kind; raises ValueError that says which of them is wrong, and what with it."""
    known = {each.name: each for each in fields(kind)}
    found = []
    for number, given in enumerate(said.get(word, ()), start=1):
        where = f"{word} {number}"
        if not isinstance(given, dict):
            raise ValueError(f"{where}: is no table")
        for name, value in given.items():
            if name not in known:
                raise ValueError(f"{where}: there is no {name!r}; it has {', '.join(known)}")
            allowed, called = _TYPES[known[name].type]
            if type(value) not in allowed:
                raise ValueError(f"{where}: {name} = {value!r} is no {called}")
        for name, each in known.items():
            if each.default is MISSING and name not in given:
                raise ValueError(f"{where}: {name} is missing")
        found.append(kind(**given))
    return tuple(found)


def read(text: str, name: str) -> Layout:
    """Read a layout from TOML.

    Raises:
        ValueError: with everything that is wrong with it.
    """
    said: dict[str, Any] = tomllib.loads(text)
    try:
        layout = Layout(
            name, float(said["width"]), float(said["height"]), _pair(said["safe"]),
            _parts(TextField, said, "texts"), _parts(SymbolField, said, "symbols"), _parts(Mark, said, "marks"),
            bool(said.get("round", False)),
        )  # fmt: skip
    except KeyError as error:
        raise ValueError(f"{name}: {error} is missing") from error
    except (TypeError, ValueError) as error:
        raise ValueError(f"{name}: {error}") from error
    if wrong := problems(layout):
        raise ValueError(f"{name}: {'; '.join(wrong)}")
    return layout


def names(folder: Path | None = None) -> list[str]:
    """Return the names of the layouts that come with the library, and of a site's own in *folder*.

    >>> "cryovial" in names()
    True
    """
    own = [] if folder is None else folder.glob("*.toml")
    return sorted({path.stem for path in (*_FOLDER.glob("*.toml"), *own) if path.name != "stocks.toml"})


@cache
def layout(name: str, folder: Path | None = None) -> Layout:
    """Return a layout by its name; one of a site's own *folder* stands before the library's of that name.

    >>> layout("cryovial").width, layout("cryovial").height  # mm
    (33.0, 13.0)

    Raises:
        LabelError: `label_unknown_layout`.
        ValueError: with everything that is wrong with a site's own.
    """
    for each in (folder, _FOLDER):
        if each is not None and f"{name}.toml" in {path.name for path in each.glob("*.toml")}:
            return read((each / f"{name}.toml").read_text("utf-8"), name)
    raise LabelError("label_unknown_layout", layout=name)

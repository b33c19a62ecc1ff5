"""Labels from a file: CSV with a heading line, or a list in TOML or JSON."""

import csv
import json
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any, cast

from labels import content, content_place
from labels.content import Label
from labels.draw import Check

TYPES: dict[str, type] = {
    "tube": content.TubeLabel,
    "biopsy": content.BiopsyLabel,
    "small": content.SmallLabel,
    "cryovial": content.CryovialLabel,
    "cap": content.CapLabel,
    "box": content_place.BoxLabel,
    "bag": content_place.BagLabel,
    "hazard": content_place.HazardLabel,
}
#: Kind of layout → the content that it takes.
BY_ROLE = {
    "blood_tube": "tube", "biopsy_container": "biopsy", "small": "small", "cryovial": "cryovial", "cap": "cap",
    "box": "box", "bag": "bag", "un3373": "hazard", "un1845": "hazard",
}  # fmt: skip
_ONE_OF = {"language": ("en", "nl"), "fill": ("row", "column")}
_LONGEST_FILE = 20_000_000
_CODES = ("identifier", "participant")


class Wrong(ValueError):
    """A file of labels with a mistake; the message says where and what."""


def made(kind: type, given: Mapping[str, Any], check: Check) -> Label:
    """Return a label of a kind from its fields.

    Raises:
        Wrong: with the field.
    """
    known = {each.name: each for each in fields(kind)}
    for name in given:
        if name not in known:
            raise Wrong(f"{name}: there is no such field; it is one of {', '.join(known)}")
    said: dict[str, Any] = {}
    for name, field in known.items():
        if name not in given:
            if field.default is MISSING:
                raise Wrong(f"{name}: is missing")
            continue
        said[name] = _value(name, given[name], field.type)
        if name in _CODES and not check(said[name]):
            raise Wrong(f"{name}: {said[name][:40]!r} is not an identifier")
    if kind is content_place.HazardLabel and said["number"] not in ("un3373", "un1845"):
        raise Wrong("number: is un3373 or un1845")
    return cast(Label, kind(**said))


def _value(name: str, given: Any, kind: Any) -> str | int:
    if kind is int:
        if isinstance(given, str) and given.strip().isdecimal() and len(given.strip()) < 10:
            return int(given)
        if isinstance(given, int) and not isinstance(given, bool):
            return given
        raise Wrong(f"{name}: {str(given)[:40]!r} is not a whole number")
    if not isinstance(given, str):
        raise Wrong(f"{name}: {str(given)[:40]!r} is not a text; put it in quotes")
    if name in _ONE_OF and given not in _ONE_OF[name]:
        raise Wrong(f"{name}: {given[:40]!r} is not one of {', '.join(_ONE_OF[name])}")
    return given


def read_content(path: Path, check: Check, kind: str | None = None) -> tuple[list[Label], list[str]]:
    """Return the labels of a file, and where in it each stands; *kind* (of `TYPES`) says what the rows of a CSV are.

    >>> import tempfile
    >>> from labels.identifier import is_identifier
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "codes.csv"
    ...     _ = path.write_text("identifier\\nC4K7N2XD\\n")
    ...     read_content(path, is_identifier, "cap")
    ([CapLabel(identifier='C4K7N2XD')], ['line 2'])

    Raises:
        Wrong: file, line or number, column or field, and what is wrong with it.
        OSError: when it cannot be read.
    """
    if path.stat().st_size > _LONGEST_FILE:
        raise Wrong(f"{path.name}: is larger than {_LONGEST_FILE // 1_000_000} MB")
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Wrong(
            f"{path.name}: is not UTF-8 text (byte {error.start + 1}); save it as CSV UTF-8"
        ) from None
    rows = _csv(text, kind) if path.suffix.lower() == ".csv" else _listed(text, path.suffix.lower())
    word = "column" if path.suffix.lower() == ".csv" else "field"
    found: list[Label] = []
    places: list[str] = []
    seen: dict[str, str] = {}
    try:
        for place, of, given in rows:
            try:
                label = made(of, given, check)
            except Wrong as error:
                raise Wrong(f"{place}, {word} {error}") from None
            if before := seen.get(label.identifier):
                raise Wrong(f"{place}, {word} identifier: {label.identifier} stands on {before} already")
            if not isinstance(label, content_place.HazardLabel):
                seen[label.identifier] = place
            found.append(label)
            places.append(place)
    except Wrong as error:
        raise Wrong(f"{path.name}, {error}") from None
    return found, places


def _csv(text: str, kind: str | None) -> Iterator[tuple[str, type, dict[str, str]]]:
    if kind is None:
        raise Wrong("a CSV does not say what its labels are; name a layout")
    of = TYPES[kind]
    if "\0" in text:
        raise Wrong(f"line {text[: text.index(chr(0))].count(chr(10)) + 1}: holds a NUL; this is no text")
    first = text.split("\n", 1)[0]
    divider = ";" if first.count(";") > first.count(",") else ","
    lines = csv.reader(text.splitlines(keepends=True), delimiter=divider, strict=True)
    names: list[str] = []
    try:
        for cells in lines:
            place = f"line {lines.line_num}"
            if not any(cell.strip() for cell in cells):
                continue
            if not names:
                names = [cell.strip().lower() for cell in cells]
                _heading(names, of, place)
                continue
            if len(cells) != len(names):
                raise Wrong(f"{place}: has {len(cells)} cells, and the heading {len(names)}")
            given = {name: cell.strip() for name, cell in zip(names, cells, strict=True)}
            # An empty cell is a field that was left out.
            yield place, of, {name: cell for name, cell in given.items() if cell}
    except csv.Error as error:
        raise Wrong(f"line {lines.line_num}: {error}") from None
    if not names:
        raise Wrong("line 1: has no heading; it names the columns, such as identifier")


def _heading(names: list[str], of: type, place: str) -> None:
    known = [each.name for each in fields(of)]
    for number, name in enumerate(names, start=1):
        if name not in known:
            raise Wrong(f"{place}, column {number}: {name[:40]!r} is none of {', '.join(known)}")
        if name in names[: number - 1]:
            raise Wrong(f"{place}, column {number}: {name} stands there twice")
    for each in fields(of):
        if each.default is MISSING and each.name not in names:
            raise Wrong(f"{place}: the column {each.name} is missing")


def _listed(text: str, suffix: str) -> Iterator[tuple[str, type, dict[str, Any]]]:
    try:
        said: Any = json.loads(text) if suffix == ".json" else tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise Wrong(str(error)) from None
    listed = said.get("labels", []) if isinstance(said, dict) else []
    if not isinstance(listed, list):
        raise Wrong("labels: is not a list")
    for number, given in enumerate(listed, start=1):
        if not isinstance(given, dict) or (of := TYPES.get(str(given.get("type")))) is None:
            raise Wrong(f"label {number}: type is one of {', '.join(TYPES)}")
        yield f"label {number}", of, {name: value for name, value in given.items() if name != "type"}

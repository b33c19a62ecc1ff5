"""Turns what is wrong with a protocol file into problems that a person can act on: line, key, what is allowed."""

import json
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from pydantic import BaseModel

from specimens.domain.protocol_lines import Path
from specimens.domain.protocol_study import Protocol

Wrong = tuple[Path, str, object, str]
"""A path, the code of the problem, the value found, and what is allowed."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong in a protocol file. `key` reads like `slots.SST.container`; `allowed` is English."""

    file: str
    line: int
    key: str
    value: str
    allowed: str
    code: str

    def __str__(self) -> str:
        said = f" is {self.value}" if self.value else ""
        return f"{self.file}, line {self.line}: {self.key or 'the file'}{said}; allowed: {self.allowed}"


def plain(value: object) -> str:
    """Write a date, a time or a decimal as text: JSON has none of them."""
    return value.isoformat() if isinstance(value, date | datetime | time) else str(value)


def syntax_problem(error: ValueError | RecursionError, text: str, name: str) -> Problem:
    """Say where a text stops being TOML."""
    place = re.search(r"line (\d+)", str(error))
    line = int(place.group(1)) if place else text.count("\n") + 1
    said = (
        str(error).split(" (at ")[0]
        if isinstance(error, tomllib.TOMLDecodeError)
        else "too large or too deep"
    )
    return Problem(name, line, "", "", f"valid TOML ({said})", "not_toml")


@dataclass(frozen=True, slots=True)
class Report:
    """Where things stand in one file: its values and the lines of its keys."""

    file: str
    data: Mapping[str, Any]
    lines: Mapping[Path, int]

    def problems(self, wrong: Iterable[Wrong]) -> list[Problem]:
        """Write each wrong out with its line and key, in the order of the file."""
        problems = [
            Problem(self.file, self.line(path), self.key(path), shown(value), allowed, code)
            for path, code, value, allowed in wrong
        ]
        return sorted(problems, key=lambda problem: (problem.line, problem.key))

    def line(self, path: Path) -> int:
        """Return the line of the key, or of the nearest table around a key that is not there."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)

    def key(self, path: Path) -> str:
        """Write a path with codes in place of numbers: `slots.SST.clocks`."""
        names: list[str] = []
        at: Any = self.data
        for part in path:
            at = _step(at, part)
            code = at.get("code") if isinstance(part, int) and isinstance(at, dict) else None
            names.append(str(code) if code is not None else str(part))
        return ".".join(names)


def _step(at: Any, part: str | int) -> Any:
    if isinstance(at, dict):
        return at.get(part)
    if isinstance(at, list) and isinstance(part, int) and part < len(at):
        return at[part]
    return None


def shown(value: object) -> str:
    """Write a value the way a person would in the file; nothing for None."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, default=plain)


def misshapen(error: Any, data: Mapping[str, Any]) -> Wrong:
    """Turn a pydantic error into a path, a code, the value and what is allowed."""
    path, model = _place(error["loc"], data)
    kind, limits = error["type"], error.get("ctx", {})
    value = None if kind == "missing" or isinstance(error["input"], dict | list) else error["input"]
    match kind:
        case "missing":
            allowed = "this key is required"
        case "extra_forbidden":
            allowed = "one of " + ", ".join(model.model_fields) if model else "no such key"
        case "union_tag_invalid" | "union_tag_not_found":
            key = limits["discriminator"].strip("'")
            path = (*path, key)
            value = limits.get("tag")
            allowed = (
                f"one of {limits['expected_tags']}" if "expected_tags" in limits else "this key is required"
            )
        case "literal_error" | "enum":
            allowed = "one of " + limits["expected"].replace("'", "")
        case "int_type" | "int_from_float" | "int_parsing":
            allowed = "a whole number"
        case "bool_type":
            allowed = "true or false"
        case "string_type":
            allowed = "a text in quotes"
        case "string_pattern_mismatch":
            allowed = f"a text like {limits['pattern']}"
        case "too_short":
            allowed = f"at least {limits['min_length']} entry"
        case "tuple_type":
            allowed = "a list in square brackets"
        case "model_type" | "model_attributes_type":
            allowed = "a table"
        case _:
            allowed = str(error["msg"])
    return path, kind, value, allowed


def _place(loc: tuple[str | int, ...], data: Mapping[str, Any]) -> tuple[Path, type[BaseModel] | None]:
    """Drop the tags of unions from pydantic's location, and find the record that the last key belongs to."""
    path: list[str | int] = []
    at: Any = data
    records: list[type[BaseModel]] = [Protocol]  # several where a union's tag has yet to choose one
    for part in loc[:-1]:
        chosen = (
            [each for each in records if part in _tags(each)]
            if isinstance(at, dict) and part not in at
            else []
        )
        if chosen:
            records = chosen
            continue
        at = _step(at, part)
        path.append(part)
        if isinstance(part, str):
            fields = [each.model_fields[part] for each in records if part in each.model_fields]
            records = [record for field in fields[:1] for record in _records(field.annotation)]
    return (*path, *loc[-1:]), records[0] if records else None


def _tags(record: type[BaseModel]) -> tuple[object, ...]:
    fields = (record.model_fields.get(name) for name in ("kind", "form", "rule"))
    return tuple(tag for field in fields if field for tag in getattr(field.annotation, "__args__", ()))


def _records(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in getattr(annotation, "__args__", ()):
        yield from _records(argument)

"""A study as data: read a protocol file, say what is wrong with it, compare two versions.

`load` gives a `Protocol` that is checked through and through, or raises; `check` lists every problem with its
line, key and what is allowed there.
"""

import hashlib
import json
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from importlib import resources
from typing import Any

from pydantic import ValidationError

from specimens.domain.errors import BadInput
from specimens.domain.protocol_lines import lines_of
from specimens.domain.protocol_problems import Problem, Report, misshapen, plain, shown, syntax_problem
from specimens.domain.protocol_rules import faults
from specimens.domain.protocol_study import Assumption, Protocol

__all__ = [
    "Assumption",
    "Change",
    "Problem",
    "Protocol",
    "check",
    "difference",
    "digest",
    "load",
    "shipped",
]


@dataclass(frozen=True, slots=True)
class Change:
    """A difference between two versions of a protocol; None where one of them has no such key."""

    key: str
    before: str | None
    after: str | None


def load(text: str, name: str) -> Protocol:
    """Read the protocol in *text*; *name* is the file's, for messages.

    Raises `BadInput("protocol_invalid")` with the list of `Problem` in `facts["problems"]`.
    """
    protocol, problems = _read(text, name)
    if protocol is None or problems:
        raise BadInput("protocol_invalid", file=name, problems=problems)
    return protocol


def check(text: str, name: str) -> list[Problem]:
    """List what is wrong with a protocol file, in the order of its lines; nothing when it can be used."""
    return _read(text, name)[1]


def shipped() -> dict[str, str]:
    """Return the protocol files that come with the software: file name → text."""
    folder = resources.files("specimens") / "protocols"
    files = sorted(
        (each for each in folder.iterdir() if each.name.endswith(".toml")), key=lambda each: each.name
    )
    return {each.name: each.read_text(encoding="utf-8") for each in files}


def digest(text: str) -> str:
    """Return the SHA-256 of a protocol file as 64 hexadecimal digits: what a published version is known by."""
    return hashlib.sha256(text.encode()).hexdigest()


def difference(old: Protocol, new: Protocol) -> list[Change]:
    """List what changes from one version to the next, key by key; entries are matched by their codes."""
    before, after = dict(_flat(old.model_dump(mode="json"))), dict(_flat(new.model_dump(mode="json")))
    keys = list(dict.fromkeys([*before, *after]))
    return [Change(key, before.get(key), after.get(key)) for key in keys if before.get(key) != after.get(key)]


def _flat(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _flat(inner, f"{path}.{key}" if path else key)
    elif (
        isinstance(value, list) and value and all(isinstance(each, dict) and "code" in each for each in value)
    ):
        for each in value:
            yield from _flat(each, f"{path}.{each['code']}")
    elif value is not None:
        yield path, shown(value)


def _read(text: str, name: str) -> tuple[Protocol | None, list[Problem]]:
    text = text.removeprefix("\ufeff")  # editors of Windows put a byte order mark in front; TOML knows none
    try:
        data = tomllib.loads(text, parse_float=Decimal)
    except (ValueError, RecursionError) as error:
        return None, [syntax_problem(error, text, name)]
    report = Report(name, data, lines_of(text))
    try:
        protocol = Protocol.model_validate_json(json.dumps(data, default=plain))
    except ValidationError as error:
        return None, report.problems(misshapen(each, data) for each in error.errors(include_url=False))
    return protocol, report.problems(
        (each.path, each.code, each.value, each.allowed) for each in faults(protocol)
    )

"""The digest of a custody report: what two reports must have in common to say the same.

Left out is what differs from print to print and from language to language: the number and the makers of the report,
the version of the program, words (their codes are in), judgements that follow from the facts, and counts of what lies
outside the scope: the same scope over the same entries has the same digest for ever. Signatures on the report itself
are left out too: they sign the digest.
"""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from functools import cache
from typing import Any

from specimens.documents.records import CustodyReport, Worded

FORMAT = "custody-report/1"
_LISTS = ("specimens", "events", "corrections", "gaps", "near_misses", "open_matters")
#: Left out of the records: judgements (they follow from the instants, limits and entries beside them), words beside a
#: text, and how much there was outside the scope, which grows with every entry on something else.
_LEFT_OUT = frozenset({"breach", "changed_by", "printed_as", "specimens_out", "events_out", "up_to_event"})
#: Left out where there is nothing to say: a report without it keeps the digest that it always had.
_ONLY_IF_SAID = frozenset(
    {"clock_behind_ms", "device_clock_ms", "same_label", "witness", "seen_at", "minutes_to_medium"}
)


@cache
def _names(record: type) -> tuple[str, ...]:
    return tuple(each.name for each in fields(record) if each.name not in _LEFT_OUT)


def _data(value: Any) -> Any:
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, Worded):
        return value.code
    if isinstance(value, tuple | list):
        return [_data(member) for member in value]
    if is_dataclass(value) and not isinstance(value, type):
        said = ((name, getattr(value, name)) for name in _names(type(value)))
        return {
            name: _data(each) for name, each in said if each not in (None, ()) or name not in _ONLY_IF_SAID
        }
    raise ValueError(f"not part of custody data: {type(value).__name__}")


def _bytes(value: Any) -> bytes:
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.encode("utf-8", "surrogatepass")


def canonical_pieces(report: CustodyReport) -> Iterator[bytes]:
    """Yield the custody data of *report* as canonical JSON (sorted keys, no spaces, UTF-8, no floats), in pieces.

    Lists are put in an order of their own, so that the order of asking does not matter.

    Raises:
        ValueError: for a floating point number or anything else that has no place in custody data.
    """
    said = {"format": FORMAT, "study": report.header.study, "scope": _data(report.scope)}
    lists = {name: getattr(report, name) for name in _LISTS}
    if report.signatures.given:  # a report in which nobody signed keeps the digest that it always had
        lists["signatures"] = report.signatures.given
    opening = b"{"
    for name in sorted([*lists, *said]):
        yield opening + _bytes(name) + b":"
        opening = b","
        if name in said:
            yield _bytes(said[name])
            continue
        comma = b"["
        for piece in sorted(_bytes(_data(each)) for each in lists[name]):
            yield comma + piece
            comma = b","
        yield b"]" if comma == b"," else b"[]"
    yield b"}"


def canonical_data(report: CustodyReport) -> bytes:
    """Return the canonical custody data as a whole."""
    return b"".join(canonical_pieces(report))


def custody_digest(report: CustodyReport) -> str:
    """Return the SHA-256 (64 hex digits) of the canonical custody data."""
    digest = hashlib.sha256()
    for piece in canonical_pieces(report):
        digest.update(piece)
    return digest.hexdigest()

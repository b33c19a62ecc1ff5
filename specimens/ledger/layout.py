"""Reading a body by its layout: what nearly every canonical body looks like is taken apart without a JSON reader.

Canonical JSON has one form, so a body of plain texts is canonical exactly where it matches the layout and the objects
in it are canonical themselves. What does not match is not judged here: `Chain.add` reads it and says what is wrong.
"""

import json
import re
from functools import lru_cache
from typing import Any, NamedTuple

from specimens.ledger.canonical import LARGEST_INTEGER, canonical
from specimens.ledger.entry import VERSION, instant

#: ASCII without quotes, backslashes and control characters: such a text stands for itself.
_TEXT = r"[ !#-\[\]-~]*+"
_MAYBE = f'(?:null|"({_TEXT})")'
_FLAT = r"\{[^{}]*+\}"
_HEAD = re.compile(f'\\{{"act":"({_TEXT})","actor":({_FLAT}),"facts":(?=\\{{)')
_AFTER_FACTS = '},"happened_at":"'
_TAIL = re.compile(
    f',"happened_at":"({_TEXT})","happened_by":"({_TEXT})","id":"({_TEXT})","mode":"({_TEXT})",'
    f'"offset":"({_TEXT})","operation":"({_TEXT})","origin":"({_TEXT})","performed_by":{_MAYBE},"prev":{_MAYBE},'
    f'"protocol":{_MAYBE},"reason":(null|{_FLAT}),"recorded_at":"({_TEXT})","replaces":{_MAYBE},'
    f'"sealed":({_FLAT}),"seq":([1-9][0-9]{{0,8}}),"site":{_MAYBE},"station":{_MAYBE},"study":{_MAYBE},'
    f'"subject":\\{{"code":"({_TEXT})","kind":"({_TEXT})"\\}},"v":{VERSION},"zone":"({_TEXT})"\\}}'
)
_REASON = {"code", "sealed"}
_NOTHING: dict[str, Any] = {}


class Body(NamedTuple):
    """What a body says; instants in milliseconds, UTC. Whoever gets one changes nothing in its objects.

    In the order of `domain.entry.Entry` as far as both go, so that one is made from the other without naming fields.
    """

    id: str
    operation: str
    kind: str
    code: str
    seq: int
    act: str
    study: str | None
    happened_at: int
    happened_by: str
    offset: str
    zone: str
    recorded_at: int
    actor: dict[str, str]
    performed_by: str | None
    site: str | None
    station: str | None
    mode: str
    facts: dict[str, Any]
    replaces: str | None
    reason: dict[str, Any] | None
    sealed: dict[str, str]
    prev: str | None
    origin: str


def body_of(content: dict[str, Any]) -> Body:
    """Return what a body says, from its JSON.

    Raises:
        KeyError, TypeError, ValueError: where it is none.
    """
    return Body(
        **{name: content[name] for name in Body._fields if name in content}
        | {
            "kind": content["subject"]["kind"],
            "code": content["subject"]["code"],
            "happened_at": instant(content["happened_at"]),
            "recorded_at": instant(content["recorded_at"]),
        }
    )


def _no_float(said: str) -> Any:
    raise ValueError(f"not part of canonical JSON: {said}")


def _whole(said: str) -> int:
    number = int(said) if len(said) < 18 else LARGEST_INTEGER + 1
    if abs(number) > LARGEST_INTEGER:
        raise ValueError(f"integer beyond 2^53 - 1: {said}")
    return number


#: Reading and writing by C code: the same as `canonical` for what is ASCII and was read with these refusals.
read_json = json.JSONDecoder(parse_float=_no_float, parse_constant=_no_float, parse_int=_whole).decode
_written = json.JSONEncoder(
    ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":"), check_circular=False
).encode


def is_canonical(content: Any, text: str) -> bool:
    """Say whether *text*, which `read_json` has read as *content*, is its canonical form."""
    return (text.isascii() and _written(content) == text) or canonical(content) == text.encode()


@lru_cache(maxsize=4096)
def _object(text: str) -> dict[str, Any]:
    """Return an object in canonical form; whoever gets it changes nothing in it.

    Raises:
        ValueError: if it is none, or in another form.
    """
    content = read_json(text)
    if not isinstance(content, dict) or not is_canonical(content, text):
        raise ValueError("not an object in canonical form")
    return content


def read(body: bytes) -> tuple[Body, tuple[Any, ...]] | None:
    """Return what a body says, and what the columns beside it must hold (see `chain.COLUMNS`).

    None where the body is not laid out like this, which says nothing about it.
    """
    try:
        text = body.decode()
        if (head := _HEAD.match(text)) is None:
            return None
        at = text.find(_AFTER_FACTS, head.end()) + 1
        if not at or (tail := _TAIL.fullmatch(text, at)) is None:
            return None
        act, actor_text = head.groups()
        (
            happened_at, happened_by, id_, mode, offset, operation, origin, performed_by, prev, _, reason_text,
            recorded_at, replaces, sealed_text, seq_text, site, station, study, code, kind, zone,
        ) = tail.groups()  # fmt: skip
        actor, facts = _object(actor_text), _object(text[head.end() : at])
        sealed = _NOTHING if sealed_text == "{}" else _object(sealed_text)
        reason = None if reason_text == "null" else _object(reason_text)
        if sealed and not all(isinstance(seal, str) for seal in sealed.values()):
            return None
        if reason is not None and reason.keys() != _REASON:
            return None
        seq, recorded = int(seq_text), instant(recorded_at)
        happened = recorded if happened_at == recorded_at else instant(happened_at)
        said = (
            id_, operation, kind, code, seq, act, study, site, station, actor["user"], actor["role"], mode,
            happened, recorded,
        )  # fmt: skip
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    return Body(
        id_, operation, kind, code, seq, act, study, happened, happened_by, offset, zone, recorded, actor,
        performed_by, site, station, mode, facts, replaces, reason, sealed, prev, origin,
    ), said  # fmt: skip

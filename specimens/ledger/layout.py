"""Reading a body: what it says, and whether it is written in the one form that canonical JSON has.

`read` does both in C, for nearly every body there is; it accepts a body or says nothing. What it does not accept
`Chain.add` reads with `read_json`, and says what is wrong with it.
"""

import json
from typing import Annotated, Any, NamedTuple

from msgspec import Meta, MsgspecError, Struct
from msgspec.json import Decoder, Encoder

from specimens.ledger.canonical import LARGEST_INTEGER, canonical
from specimens.ledger.entry import VERSION, instant


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


#: Reads JSON as canonical JSON may be: no floating point, no integer beyond 2^53 - 1.
read_json = json.JSONDecoder(parse_float=_no_float, parse_constant=_no_float, parse_int=_whole).decode


def is_canonical(content: Any, text: str) -> bool:
    """Say whether *text*, which `read_json` has read as *content*, is its canonical form."""
    return canonical(content) == text.encode()


_Number = Annotated[int, Meta(ge=-LARGEST_INTEGER, le=LARGEST_INTEGER)]
_Plain = str | _Number | bool | None
# What facts are made of, as deep as they go; what is deeper is left to `read_json`.
_Inner = _Plain | list[_Plain] | dict[str, _Plain]
_Fact = _Plain | list[_Inner] | dict[str, _Inner]


class _Subject(Struct, forbid_unknown_fields=True):
    code: str
    kind: str


class _Reason(Struct, forbid_unknown_fields=True):
    code: str | None
    sealed: str | None


class _Written(Struct, forbid_unknown_fields=True):
    """The layout of version 1: its keys (see `entry.KEYS`), all of them there."""

    act: str
    actor: dict[str, str]
    facts: dict[str, _Fact]
    happened_at: str
    happened_by: str
    id: str
    mode: str
    offset: str
    operation: str
    origin: str
    performed_by: str | None
    prev: str | None
    protocol: str | None
    reason: _Reason | None
    recorded_at: str
    replaces: str | None
    sealed: dict[str, str]
    seq: int
    site: str | None
    station: str | None
    study: str | None
    subject: _Subject
    v: int
    zone: str


_decode = Decoder(_Written).decode
_encode = Encoder(order="sorted").encode


def read(body: bytes) -> tuple[Body, tuple[Any, ...]] | None:
    """Return what a body says, and what the columns beside it must hold (see `chain.COLUMNS`).

    None where the body is not canonical, is none, or is not of plain ASCII: keys beyond it have an order of their own.
    """
    if not body.isascii():
        return None
    try:
        said = _decode(body)
        if said.v != VERSION or _encode(said) != body:
            return None
        recorded = instant(said.recorded_at)
        happened = recorded if said.happened_at == said.recorded_at else instant(said.happened_at)
        actor, subject, reason = said.actor, said.subject, said.reason
        columns = (
            said.id, said.operation, subject.kind, subject.code, said.seq, said.act, said.study, said.site,
            said.station, actor["user"], actor["role"], said.mode, happened, recorded,
        )  # fmt: skip
    except (MsgspecError, ValueError, KeyError, RecursionError):
        return None
    return Body(
        said.id, said.operation, subject.kind, subject.code, said.seq, said.act, said.study, happened,
        said.happened_by, said.offset, said.zone, recorded, actor, said.performed_by, said.site, said.station,
        said.mode, said.facts, said.replaces,
        None if reason is None else {"code": reason.code, "sealed": reason.sealed},
        said.sealed, said.prev, said.origin,
    ), columns  # fmt: skip

"""Reading bodies: what they say, and whether each is written in the one form that canonical JSON has.

`read` does both in C, for nearly every body there is, and for many at once; it accepts them or says nothing. What it
does not accept `Chain.add` reads with `read_json`, and says what is wrong with it.
"""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

from msgspec import Meta, MsgspecError, Struct
from msgspec.json import Decoder, Encoder

from specimens.ledger.canonical import LARGEST_INTEGER, canonical
from specimens.ledger.entry import instant


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


class Subject(Struct, forbid_unknown_fields=True, gc=False):
    """Which subject an entry is about."""

    code: str
    kind: str


class Reason(Struct, forbid_unknown_fields=True, gc=False):
    """Why: one of the codes, and the commitment to words of one's own."""

    code: str | None
    sealed: str | None


class Body(Struct, forbid_unknown_fields=True, gc=False):
    """What a body of version 1 says: its keys (see `entry.KEYS`), all of them there. Whoever gets one changes nothing.

    Nothing in one refers to itself: the collector of garbage need not look at them.
    """

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
    reason: Reason | None
    recorded_at: str
    replaces: str | None
    sealed: dict[str, str]
    seq: int
    site: str | None
    station: str | None
    study: str | None
    subject: Subject
    v: Literal[1]
    zone: str


_decode = Decoder(Body).decode_lines
_encode = Encoder(order="sorted").encode_lines
#: From here on a character's place among others is not that of its UTF-8.
_BEYOND = re.compile(rb"[\xee-\xff]").search


def read(bodies: Sequence[bytes]) -> list[Body] | None:
    """Return what some bodies say; None where one of them is not canonical, or is none.

    Keys are put in order as bytes; RFC 8785 has them by UTF-16, which is another order from U+E000 on: not for these.
    """
    lines = b"\n".join([*bodies, b""])
    try:
        if not lines.isascii() and _BEYOND(lines):
            return None
        said = _decode(lines)
        # As many lines as bodies, and no other bytes: no body has an end of line in it, and each is one of these.
        return said if len(said) == len(bodies) and _encode(said) == lines else None
    except (MsgspecError, ValueError, RecursionError):
        return None


def body_of(content: Mapping[str, Any]) -> Body:
    """Return what a body says, from its JSON, whatever the types of its values.

    Raises:
        KeyError, TypeError: where it is none.
    """
    subject, reason = content["subject"], content["reason"]
    parts = {
        "subject": Subject(code=subject["code"], kind=subject["kind"]),
        "reason": None if reason is None else Reason(**reason),
    }
    return Body(**{**content, **parts})


def columns(said: Body) -> tuple[Any, ...]:
    """Return what the columns beside a body must hold, see `chain.COLUMNS`.

    Raises:
        KeyError, TypeError, ValueError: where it cannot be.
    """
    subject, actor = said.subject, said.actor
    recorded = instant(said.recorded_at)
    happened = recorded if said.happened_at == said.recorded_at else instant(said.happened_at)
    return (
        said.id, said.operation, subject.kind, subject.code, said.seq, said.act, said.study, said.site, said.station,
        actor["user"], actor["role"], said.mode, happened, recorded,
    )  # fmt: skip

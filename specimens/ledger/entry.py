"""One entry: its body, its hash, its seals.

The body is stored byte for byte as hashed. `hash = SHA-256(0x00 ‖ body)` is also the leaf hash of RFC 6962,
so that the tree over all entries can be built later without touching one of them.
"""

import calendar
import hashlib
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, NamedTuple

from specimens.ledger.canonical import canonical

VERSION = 1
SALT_BYTES = 32

#: The keys of a body, all of them always present.
KEYS = frozenset(
    [
        "v",
        "origin",
        "study",
        "protocol",
        "id",
        "operation",
        "subject",
        "seq",
        "prev",
        "act",
        "happened_at",
        "happened_by",
        "offset",
        "zone",
        "recorded_at",
        "actor",
        "performed_by",
        "site",
        "station",
        "mode",
        "facts",
        "reason",
        "replaces",
        "sealed",
    ]
)


class Draft(NamedTuple):
    """What an act wants to have written; the chain gives it `seq` and `prev`.

    Instants are milliseconds since 1970, UTC. `sealed` maps a name to (salt, text): the body will hold the
    commitment, the text stands beside the ledger where it can be redacted.
    """

    id: str
    operation: str
    origin: str
    study: str | None
    protocol: str | None
    kind: str
    code: str
    act: str
    happened_at: int
    happened_by: str
    offset_minutes: int
    zone: str
    recorded_at: int
    actor: Mapping[str, str]
    performed_by: str | None
    site: str | None
    station: str | None
    mode: str
    facts: Mapping[str, Any]
    reason_code: str | None
    replaces: str | None
    sealed: Mapping[str, tuple[bytes, str]]


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry as stored: the bytes and their hash (32 bytes)."""

    seq: int
    body: bytes
    hash: bytes


@lru_cache(maxsize=1 << 10)
def instant_text(milliseconds: int) -> str:
    """Return an instant as the ledger writes it, `2026-11-22T13:03:11.123Z`."""
    moment = datetime.fromtimestamp(milliseconds // 1000, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{milliseconds % 1000:03d}Z"


def instant(text: str) -> int:
    """Return the milliseconds since 1970 of an instant in the ledger's form.

    Raises:
        ValueError: for any other form of a time.
    """
    try:
        return _hour(text[:14]) + _IN_THE_HOUR[text[14:20]] + _THOUSANDTHS[text[20:]]
    except (KeyError, ValueError, TypeError):
        return _read(text)


@lru_cache(maxsize=1 << 14)
def _hour(text: str) -> int:
    return _read(f"{text}00:00.000Z")


#: What is behind the hour: a million entries have a million instants, and few hours.
_IN_THE_HOUR = {
    f"{minute:02d}:{second:02d}.": (minute * 60 + second) * 1000
    for minute in range(60)
    for second in range(60)
}
_THOUSANDTHS = {f"{number:03d}Z": number for number in range(1000)}


def _read(text: str) -> int:
    moment = datetime.fromisoformat(text)
    milliseconds = calendar.timegm(moment.timetuple()) * 1000 + moment.microsecond // 1000
    if instant_text(milliseconds) != text:
        raise ValueError(f"not an instant as the ledger writes it: {text}")
    return milliseconds


def offset_text(minutes: int) -> str:
    """Return an offset from UTC as `+01:00`."""
    sign = "-" if minutes < 0 else "+"
    return f"{sign}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d}"


def new_salt() -> bytes:
    """Return 32 random bytes for one seal."""
    return secrets.token_bytes(SALT_BYTES)


def commitment(salt: bytes, text: str) -> str:
    """Return the seal of *text*: HMAC-SHA-256 under a random salt, so that guessing a short text does not help."""
    return hmac.new(salt, text.encode(), hashlib.sha256).hexdigest()


def entry_hash(body: bytes) -> bytes:
    """Return SHA-256(0x00 ‖ body), the leaf hash of RFC 6962."""
    return hashlib.sha256(b"\x00" + body).digest()


def write(draft: Draft, *, seq: int, prev: bytes | None) -> Entry:
    """Make the entry that follows *prev* (the hash of the subject's previous entry; None for the first).

    Raises:
        ValueError: if a fact is not part of canonical JSON, or the first entry names a predecessor.
    """
    if (seq == 1) != (prev is None):
        raise ValueError("entry 1 and only entry 1 has no predecessor")
    reason: dict[str, Any] | None = None
    sealed = {name: commitment(salt, text) for name, (salt, text) in draft.sealed.items()}
    if draft.reason_code is not None or "reason" in sealed:
        reason = {"code": draft.reason_code, "sealed": sealed.pop("reason", None)}
    body = canonical(
        {
            "v": VERSION,
            "origin": draft.origin,
            "study": draft.study,
            "protocol": draft.protocol,
            "id": draft.id,
            "operation": draft.operation,
            "subject": {"kind": draft.kind, "code": draft.code},
            "seq": seq,
            "prev": prev.hex() if prev else None,
            "act": draft.act,
            "happened_at": instant_text(draft.happened_at),
            "happened_by": draft.happened_by,
            "offset": offset_text(draft.offset_minutes),
            "zone": draft.zone,
            "recorded_at": instant_text(draft.recorded_at),
            "actor": dict(draft.actor),
            "performed_by": draft.performed_by,
            "site": draft.site,
            "station": draft.station,
            "mode": draft.mode,
            "facts": dict(draft.facts),
            "reason": reason,
            "replaces": draft.replaces,
            "sealed": sealed,
        }
    )
    return Entry(seq, body, entry_hash(body))

"""An entry of the ledger as the rules read it."""

import json
from calendar import timegm
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple


class Entry(NamedTuple):
    """One act on one subject. Instants are milliseconds since 1970, UTC.

    `opened` holds the sealed texts that are still there, by name; a redacted one is None.
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
    actor: Mapping[str, str]
    performed_by: str | None
    site: str | None
    station: str | None
    mode: str
    facts: Mapping[str, Any]
    replaces: str | None
    reason: str | None
    opened: Mapping[str, str | None]


_NOTHING: Mapping[str, str | None] = {}


@lru_cache(maxsize=1024)
def _milliseconds(text: str) -> int:
    moment = datetime.fromisoformat(text)
    return timegm(moment.timetuple()) * 1000 + moment.microsecond // 1000


def read_entry(body: bytes, texts: Mapping[str, str | None] | None = None) -> Entry:
    """Read a body of the ledger; *texts* are its sealed texts by name."""
    return entry_of(json.loads(body), texts)


def entry_of(said: Mapping[str, Any], texts: Mapping[str, str | None] | None = None) -> Entry:
    """Return an entry from what its body says; *texts* are its sealed texts by name."""
    return Entry(
        id=said["id"],
        operation=said["operation"],
        kind=said["subject"]["kind"],
        code=said["subject"]["code"],
        seq=said["seq"],
        act=said["act"],
        study=said["study"],
        happened_at=_milliseconds(said["happened_at"]),
        happened_by=said["happened_by"],
        offset=said["offset"],
        zone=said["zone"],
        recorded_at=_milliseconds(said["recorded_at"]),
        actor=said["actor"],
        performed_by=said["performed_by"],
        site=said["site"],
        station=said["station"],
        mode=said["mode"],
        facts=said["facts"],
        replaces=said["replaces"],
        reason=said["reason"]["code"] if said["reason"] else None,
        opened=opened(said["sealed"], said["reason"], texts),
    )


def opened(
    sealed: Mapping[str, str], reason: Mapping[str, Any] | None, texts: Mapping[str, str | None] | None
) -> Mapping[str, str | None]:
    """Return the texts behind what an entry has sealed, by name; None for one that is not there any more."""
    if not sealed and not reason:
        return _NOTHING
    names = [*sealed, "reason"] if reason and reason["sealed"] else sealed
    texts = texts or _NOTHING
    return {name: texts.get(name) for name in names}

"""One subject's chain, checked from its first entry to its last."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, NamedTuple

from specimens.ledger import layout
from specimens.ledger.entry import KEYS, VERSION, commitment, entry_hash
from specimens.ledger.layout import Body

#: The columns that a table has beside a body, in the order in which they are read.
COLUMNS = (
    "id", "operation", "kind", "code", "seq", "act", "study", "site", "station", "user", "role", "mode", "happened_at",
    "recorded_at",
)  # fmt: skip
_BODY, _HASH = len(COLUMNS), len(COLUMNS) + 1
_SUBJECT = slice(COLUMNS.index("kind"), COLUMNS.index("code") + 1)
_sha256 = hashlib.sha256
#: The sealed texts of an entry as name → (salt, text).
Seals = Mapping[str, tuple[Any, Any]]

#: What a sealed text's row may hold where the text was redacted.
REDACTED = (None, None)


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is not as it must be: where, which field, what was expected and what was found.

    `seq` is the number of the entry, 0 where it is about a row, a table or a trigger.
    """

    subject: str
    seq: int
    field: str
    expected: str
    found: str


class Glance(NamedTuple):
    """What some entries say, in one order: their bodies, what stands in the columns beside them, their hashes.

    `begins` are the places of each subject's first entry, `redacted` the subjects, (kind, code), of which a text was
    redacted, once for each text.
    """

    bodies: list[Body]
    columns: list[tuple[Any, ...]]
    hashes: list[bytes]
    begins: list[int]
    redacted: list[tuple[str, str]]


def glance(rows: Sequence[tuple[Any, ...]], seals: Mapping[Any, Seals], origin: str) -> Glance | None:
    """Read the entries of whole chains at once, where everything is as it must be; None: `Chain` says what is not.

    Each row begins with the values of `COLUMNS`, the body and the hash; *seals* are the sealed texts of each entry, by
    its id. One after another come a subject's entries, from the first.
    """
    bodies = [row[_BODY] for row in rows]
    if set(map(type, bodies)) != {bytes} or (said := layout.read(bodies)) is None:
        return None
    hashes = [_sha256(b"\x00" + body).digest() for body in bodies]
    try:
        columns = list(map(layout.columns, said))
    except (KeyError, ValueError):
        return None
    if hashes != [row[_HASH] for row in rows] or columns != [row[:_BODY] for row in rows]:
        return None
    begins = [place for place, each in enumerate(said) if each.seq == 1]
    if {each.origin for each in said} != {origin} or not _linked(said, columns, hashes, begins):
        return None
    redacted: list[tuple[str, str]] = []
    for each, beside in zip(said, columns, strict=True):
        if each.sealed or each.reason is not None or (seals and each.id in seals):
            wrong, gone = _compared(each, seals.get(each.id, {}))
            if wrong:
                return None
            redacted += [beside[_SUBJECT]] * gone
    return Glance(said, columns, hashes, begins, redacted)


def _linked(
    said: Sequence[Body], columns: Sequence[tuple[Any, ...]], hashes: Sequence[bytes], begins: Sequence[int]
) -> bool:
    """Say whether entries are those of whole subjects: numbered from 1, each naming the hash of the one before."""
    subjects, numbers = [beside[_SUBJECT] for beside in columns], [each.seq for each in said]
    named, before = [each.prev for each in said], [None, *map(bytes.hex, hashes)]
    if begins[:1] != [0] or len({subjects[start] for start in begins}) != len(begins):
        return False
    return all(
        numbers[start:stop] == list(range(1, stop - start + 1))
        and subjects[start:stop] == [subjects[start]] * (stop - start)
        and named[start] is None
        and named[start + 1 : stop] == before[start + 1 : stop]
        for start, stop in pairwise([*begins, len(said)])
    )


def _compared(said: Body, seals: Seals) -> tuple[list[tuple[str, object, object]], int]:
    """Compare what was sealed with the commitments: what differs, as (name, expected, found), how many are redacted.

    A text that was redacted, salt and all, still verifies.
    """
    wrong: list[tuple[str, object, object]] = []
    redacted = 0
    promised = dict(said.sealed)
    if said.reason and said.reason.sealed:
        promised["reason"] = said.reason.sealed
    for name, seal in promised.items():
        salt, text = seals.get(name, ("", ""))
        if (salt, text) == REDACTED:
            redacted += 1
        elif name not in seals:
            wrong.append((name, seal, "no text"))
        elif not (isinstance(salt, bytes) and isinstance(text, str)):
            wrong.append((name, seal, "text or salt is missing"))
        elif (found := commitment(salt, text)) != seal:
            wrong.append((name, seal, found))
    wrong.extend((name, "no text", "a text") for name in seals if name not in promised)
    return wrong, redacted


class Chain:
    """What is known of one subject's entries so far. `seq` and `head` are those of the last entry."""

    def __init__(self, subject: str, origin: str) -> None:
        self.subject = subject
        self.origin = origin
        self.seq = 0
        self.head: bytes | None = None
        self.redacted = 0

    def add(
        self,
        columns: Mapping[str, Any],
        body: Any,
        stored: Any,
        seals: Seals,
    ) -> tuple[Body | None, list[Difference]]:
        """Check the next entry, as it lies in the store; return what its body says and what is wrong with it.

        *columns* are the values that the table repeats for queries, under the names id, operation, kind, code, seq,
        act, study, site, station, user, role, mode, happened_at, recorded_at (instants in milliseconds). *stored* is
        the hash in the table, *seals* the sealed texts by name as (salt, text). A body that cannot be read gives None.
        """
        number = self.seq + 1
        differences: list[Difference] = []

        def differ(field: str, expected: object, found: object) -> None:
            differences.append(Difference(self.subject, number, field, _shown(expected), _shown(found)))

        self.seq = number
        if not isinstance(body, bytes):
            differ("body", "bytes", type(body).__name__)
            return None, differences
        computed, before = entry_hash(body), self.head
        self.head = computed
        if stored != computed:
            differ("hash", computed, stored)
        try:
            text = body.decode()
            content = layout.read_json(text)
            read = _body(content)
            said = dict(zip(COLUMNS, layout.columns(read), strict=True))
            if not layout.is_canonical(content, text):
                differ("body", "canonical form", "another form")
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            differ("body", "an entry", f"{type(error).__name__}: {error}")
            return None, differences
        if said["seq"] != number:
            differ("seq", number, said["seq"])
            self.seq = max(number, said["seq"])
        link = before.hex() if before else None
        if content["prev"] != link:
            differ("prev", link, content["prev"])
        fixed: dict[str, Any] = {"v": VERSION, "origin": self.origin}
        for name, expected in fixed.items():
            if (type(content[name]), content[name]) != (type(expected), expected):
                differ(name, expected, content[name])
        for name, expected in said.items():
            if columns[name] != expected:
                differ(name, expected, columns[name])
        wrong, redacted = _compared(read, seals)
        self.redacted += redacted
        for name, expected, found in wrong:
            differ(f"sealed.{name}", expected, found)
        return read, differences


def _shown(value: object) -> str:
    return value.hex() if isinstance(value, bytes) else str(value)


def _body(content: Mapping[str, Any]) -> Body:
    """Return what a body says; raises an error where it is no entry."""
    if set(content) != KEYS:
        raise KeyError(f"keys {sorted(set(content) ^ KEYS)}")
    if type(content["seq"]) is not int:
        raise TypeError("seq is a whole number")
    if not all(isinstance(content[name], dict) for name in ("subject", "actor", "facts", "sealed")):
        raise TypeError("subject, actor, facts and sealed are objects")
    if not all(isinstance(seal, str) for seal in content["sealed"].values()):
        raise TypeError("a seal is a text")
    if content["reason"] is not None and set(content["reason"]) != {"code", "sealed"}:
        raise KeyError("reason has code and sealed")
    return layout.body_of(content)

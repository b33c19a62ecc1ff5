"""One subject's chain, checked from its first entry to its last."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from specimens.ledger import layout
from specimens.ledger.entry import KEYS, VERSION, commitment, entry_hash, instant
from specimens.ledger.layout import Body

#: The columns that a table has beside a body, in the order in which they are read.
COLUMNS = (
    "id", "operation", "kind", "code", "seq", "act", "study", "site", "station", "user", "role", "mode", "happened_at",
    "recorded_at",
)  # fmt: skip
_BODY = len(COLUMNS)

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


class Chain:
    """What is known of one subject's entries so far. `seq` and `head` are those of the last entry."""

    def __init__(self, subject: str, origin: str) -> None:
        self.subject = subject
        self.origin = origin
        self.seq = 0
        self.head: bytes | None = None
        self.redacted = 0

    def add_row(
        self, row: tuple[Any, ...], seals: Mapping[str, tuple[Any, Any]]
    ) -> tuple[Body | None, list[Difference]]:
        """Check the next entry, see `add`; *row* is a tuple of the values of `COLUMNS`, the body and the hash.

        What is as it must be is seen at a glance; whatever is not is looked at again by `add`.
        """
        body = row[_BODY]
        if type(body) is bytes and (read := layout.read(body)) is not None:
            content, said = read
            computed = entry_hash(body)
            if (
                said == row[:_BODY]
                and row[_BODY + 1] == computed
                and content.seq == self.seq + 1
                and content.prev == (self.head.hex() if self.head else None)
                and content.origin == self.origin
            ):
                self.seq += 1
                self.head = computed
                if not seals and content.reason is None and not content.sealed:
                    return content, []
                wrong = [
                    Difference(self.subject, self.seq, f"sealed.{name}", _shown(expected), _shown(found))
                    for name, expected, found in self._seals(content, seals)
                ]
                return content, wrong
        return self.add(dict(zip(COLUMNS, row, strict=False)), body, row[_BODY + 1], seals)

    def add(
        self,
        columns: Mapping[str, Any],
        body: Any,
        stored: Any,
        seals: Mapping[str, tuple[Any, Any]],
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
            said, read = _said(content), layout.body_of(content)
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
        for name, expected, found in self._seals(read, seals):
            differ(f"sealed.{name}", expected, found)
        return read, differences

    def _seals(self, content: Body, seals: Mapping[str, tuple[Any, Any]]) -> list[tuple[str, object, object]]:
        """Compare what was sealed with the commitments; a text that was redacted, salt and all, still verifies."""
        wrong: list[tuple[str, object, object]] = []
        promised = dict(content.sealed)
        if content.reason and content.reason["sealed"]:
            promised["reason"] = content.reason["sealed"]
        for name, seal in promised.items():
            salt, said = seals.get(name, ("", ""))
            if (salt, said) == REDACTED:
                self.redacted += 1
            elif name not in seals:
                wrong.append((name, seal, "no text"))
            elif not (isinstance(salt, bytes) and isinstance(said, str)):
                wrong.append((name, seal, "text or salt is missing"))
            elif (found := commitment(salt, said)) != seal:
                wrong.append((name, seal, found))
        wrong.extend((name, "no text", "a text") for name in seals if name not in promised)
        return wrong


def _shown(value: object) -> str:
    return value.hex() if isinstance(value, bytes) else str(value)


def _said(content: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the columns beside a body must hold; raises an error where the body is no entry."""
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
    return {
        "id": content["id"],
        "operation": content["operation"],
        "kind": content["subject"]["kind"],
        "code": content["subject"]["code"],
        "seq": content["seq"],
        "act": content["act"],
        "study": content["study"],
        "site": content["site"],
        "station": content["station"],
        "user": content["actor"]["user"],
        "role": content["actor"]["role"],
        "mode": content["mode"],
        "happened_at": instant(content["happened_at"]),
        "recorded_at": instant(content["recorded_at"]),
    }

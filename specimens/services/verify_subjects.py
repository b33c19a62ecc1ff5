"""Verifying subjects: each chain entry by entry, and each row against what its entries add up to."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, text

from specimens.domain.entry import Entry, opened
from specimens.domain.fold import fold
from specimens.domain.terms import Kind
from specimens.ledger.chain import Chain, Difference
from specimens.ledger.layout import Body
from specimens.models.driver import streamed
from specimens.services import verify_rows, verify_store
from specimens.services.verify_rows import Subject

_CHUNK = 500
_KINDS = frozenset(Kind)

#: A range of subjects as (kind, code); both ends belong to it. None: from the first, or to the last.
End = tuple[str, str] | None

_SELECTED = (
    "entry_id, operation, subject_kind, subject_code, seq, act, study, site, station, "
    "actor_user, actor_role, mode, happened_at, recorded_at, body, hash, "
    "EXISTS (SELECT 1 FROM sealed_text s WHERE s.entry_id = ledger_entry.entry_id) AS has_texts"
)
_KIND, _CODE, _HAS_TEXTS = 2, 3, 16
_Seals = Mapping[str, tuple[Any, Any]]
_NO_SEALS: _Seals = {}
_NO_TEXTS: Mapping[str, str | None] = {}
#: So many fields a body and an entry have alike, in one order.
_ALIKE = Entry._fields.index("reason")
_FROM = "(subject_kind, subject_code) >= (:low_kind, :low_code)"
_TO = "(subject_kind, subject_code) <= (:high_kind, :high_code)"
_ORDER = "ORDER BY subject_kind, subject_code, seq, id"
_MARK = text(
    "SELECT subject_kind, subject_code FROM ledger_entry ORDER BY subject_kind, subject_code LIMIT 1 OFFSET :number"
)


@dataclass(slots=True)
class Found:
    """Differences as they are found; beyond the first *most* they are only counted."""

    most: int
    named: list[Difference] = field(default_factory=list)
    further: int = 0

    def add(self, more: Sequence[Difference]) -> None:
        """Add some."""
        room = max(0, self.most - len(self.named))
        self.named.extend(more[:room])
        self.further += len(more[room:])

    def merge(self, other: "Found") -> None:
        """Add those that were found elsewhere."""
        self.add(other.named)
        self.further += other.further


@dataclass(slots=True)
class Part:
    """What verifying some subjects found."""

    entries: int
    subjects: int
    redacted: int
    found: Found

    @classmethod
    def merged(cls, parts: list["Part"], most: int) -> "Part":
        """Return several as one."""
        whole = cls(0, 0, 0, Found(most))
        for part in parts:
            whole.entries += part.entries
            whole.subjects += part.subjects
            whole.redacted += part.redacted
            whole.found.merge(part.found)
        return whole


def ranges(connection: Connection, total: int, count: int) -> list[tuple[End, End]]:
    """Return about *count* ranges that hold every subject once, each with about as many entries."""
    marks: list[End] = []
    for number in range(1, count):  # walks an index, and is counted off in it
        row = connection.execute(_MARK, {"number": number * total // count}).first()
        if row is not None and (row[0], row[1]) not in marks:
            marks.append((row[0], row[1]))
    return list(zip([None, *marks], [*marks, None], strict=True))


def check_range(connection: Connection, origin: str, low: End = None, high: End = None) -> Iterator[Part]:
    """Check the subjects after *low* up to *high*; where both are the same, that one subject."""
    found = Found(1000)
    for read in _chunks(_subjects(connection, origin, found, low, high)):
        found.add(verify_rows.check_rows(connection, read))
        so_far = Found(found.most, found.named[:], found.further)
        found.named.clear()
        found.further = 0
        redacted = sum(each.redacted for each in read)
        yield Part(sum(each.entries for each in read), len(read), redacted, so_far)


def _subjects(connection: Connection, origin: str, found: Found, low: End, high: End) -> Iterator[Subject]:
    """Yield the subjects of a range with what their entries add up to; differences in a chain go to *found*."""
    rows: list[tuple[Any, _Seals]] = []
    for row, seals in _rows(connection, low, high):
        if rows and (row[_KIND], row[_CODE]) != (rows[0][0][_KIND], rows[0][0][_CODE]):
            yield _subject(rows, origin, found)
            rows = []
        rows.append((row, seals))
    if rows:
        yield _subject(rows, origin, found)


def _subject(rows: list[tuple[Any, _Seals]], origin: str, found: Found) -> Subject:
    """Return one subject, whose rows these are, oldest first."""
    kind, code = rows[0][0][_KIND], rows[0][0][_CODE]
    chain = Chain(f"{kind} {code}", origin)
    entries: list[Entry] = []
    for row, seals in rows:
        content, wrong = chain.add_row(row, seals)
        if wrong:
            found.add(wrong)
        if content is not None and (content.kind, content.code) == (kind, code):
            entries.append(_entry(content, seals))
    state, problem = _added_up(kind, entries, chain)
    if problem:
        found.add([problem])
    first = entries[0].recorded_at if entries else None
    return Subject(
        kind, code, state, chain.seq, chain.head, first, len(rows), chain.redacted, problem is None
    )


def _entry(content: Body, seals: _Seals) -> Entry:
    """Return an entry as the rules read it: what its body says, with the sealed texts that are there."""
    if content.reason is None and not content.sealed:
        return Entry._make((*content[:_ALIKE], None, _NO_TEXTS))
    texts = {name: said for name, (_, said) in seals.items()}
    reason = content.reason["code"] if content.reason else None
    return Entry._make((*content[:_ALIKE], reason, opened(content.sealed, content.reason, texts)))


def _added_up(kind: str, entries: list[Entry], chain: Chain) -> tuple[Any, Difference | None]:
    """Return what the entries add up to, or the difference that says why they do not add up."""
    if kind not in _KINDS:
        return None, Difference(chain.subject, 0, "kind", "a kind of subject", kind)
    try:
        return fold(Kind(kind), entries), None
    except Exception as error:  # entries that somebody forged can be wrong in every way
        said = f"{type(error).__name__}: {error}"
        return None, Difference(chain.subject, 0, "entries", "entries that add up", said)


def _rows(connection: Connection, low: End, high: End) -> Iterator[tuple[Any, _Seals]]:
    """Yield each entry's row, oldest first of each subject, with its sealed texts as name → (salt, text).

    Values come as the store holds them: what an attacker wrote there need not have the column's type.
    """
    conditions: list[str] = []
    values: dict[str, str] = {}
    if low is not None:
        conditions.append(_FROM if low == high else _FROM.replace(">=", ">"))
        values |= {"low_kind": low[0], "low_code": low[1]}
    if high is not None:
        conditions.append(_TO)
        values |= {"high_kind": high[0], "high_code": high[1]}
    where = f"WHERE {' AND '.join(conditions)} " if conditions else ""
    query = f"SELECT {_SELECTED} FROM ledger_entry {where}{_ORDER}"  # noqa: S608 - our own words
    for rows in streamed(connection, query, values, _CHUNK):
        with_texts = [row[0] for row in rows if row[_HAS_TEXTS]]
        seals = verify_store.seals_of(connection, with_texts) if with_texts else {}
        for row in rows:
            yield row, seals.get(row[0], _NO_SEALS) if seals else _NO_SEALS


def _chunks(subjects: Iterator[Subject]) -> Iterator[list[Subject]]:
    """Yield subjects of one kind, some hundred at a time."""
    for _, alike in groupby(subjects, key=lambda subject: subject.kind):
        chunk: list[Subject] = []
        for subject in alike:
            chunk.append(subject)
            if len(chunk) == _CHUNK:
                yield chunk
                chunk = []
        if chunk:
            yield chunk

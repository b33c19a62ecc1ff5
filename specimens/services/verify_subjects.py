"""Verifying subjects: each chain entry by entry, and each row against what its entries add up to."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby, pairwise
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, text

from specimens.domain.entry import Entry
from specimens.domain.fold import added_up
from specimens.domain.terms import Kind
from specimens.ledger import layout
from specimens.ledger.chain import COLUMNS, Chain, Difference, Seals, glance
from specimens.models.driver import streamed
from specimens.services import verify_rows, verify_store
from specimens.services.entries import entry_of
from specimens.services.verify_rows import Subject

#: So many entries are looked at together, few enough that what they are read into stays in the processor's own memory;
#: asking PostgreSQL for more is a way there and back.
_CHUNK = {"sqlite": 100, "postgresql": 500}
#: Of so many subjects the rows are asked for together.
_SUBJECTS = 500
_KINDS = {str(kind): kind for kind in Kind}

#: A range of subjects as (kind, code); both ends belong to it. None: from the first, or to the last.
End = tuple[str, str] | None

_SELECTED = (
    "entry_id, operation, subject_kind, subject_code, seq, act, study, site, station, "
    "actor_user, actor_role, mode, happened_at, recorded_at, body, hash, "
    "EXISTS (SELECT 1 FROM sealed_text s WHERE s.entry_id = ledger_entry.entry_id) AS has_texts"
)
_NAME = slice(COLUMNS.index("kind"), COLUMNS.index("code") + 1)
_BODY, _HASH, _HAS_TEXTS = range(len(COLUMNS), len(COLUMNS) + 3)
_Rows = Sequence[tuple[Any, ...]]
_NO_SEALS: Seals = {}
_NO_TEXTS: Mapping[str, str | None] = {}
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
    read: list[Subject] = []
    for rows, seals in _runs(connection, low, high):
        for subject in _subjects(rows, seals, origin, found):
            if read and (len(read) == _SUBJECTS or subject.kind != read[0].kind):
                yield _part(connection, read, found)
                read = []
            read.append(subject)
    if read:
        yield _part(connection, read, found)


def _part(connection: Connection, read: list[Subject], found: Found) -> Part:
    """Compare the rows of some subjects of one kind; return what was found in them and before, and forget it."""
    found.add(verify_rows.check_rows(connection, read))
    so_far = Found(found.most, found.named[:], found.further)
    found.named.clear()
    found.further = 0
    return Part(
        sum([each.entries for each in read]), len(read), sum([each.redacted for each in read]), so_far
    )


def _runs(connection: Connection, low: End, high: End) -> Iterator[tuple[_Rows, Mapping[Any, Seals]]]:
    """Yield entries of whole subjects, some hundred at a time, with the sealed texts of those that have some.

    Of each subject the oldest comes first. Values come as the store holds them: what an attacker wrote there need not
    have the column's type.
    """
    kept: list[tuple[Any, ...]] = []
    for rows in streamed(connection, *_query(low, high), _CHUNK[connection.dialect.name]):
        begins = next((at for at in range(len(rows) - 1, 0, -1) if rows[at][_NAME] != rows[at - 1][_NAME]), 0)
        if kept and (begins or rows[0][_NAME] != kept[-1][_NAME]):
            yield _with_seals(connection, [*kept, *rows[:begins]])
            kept = []
        elif begins:
            yield _with_seals(connection, rows[:begins])
        kept += rows[begins:]
    if kept:
        yield _with_seals(connection, kept)


def _query(low: End, high: End) -> tuple[str, dict[str, str]]:
    conditions: list[str] = []
    values: dict[str, str] = {}
    if low is not None:
        conditions.append(_FROM if low == high else _FROM.replace(">=", ">"))
        values |= {"low_kind": low[0], "low_code": low[1]}
    if high is not None:
        conditions.append(_TO)
        values |= {"high_kind": high[0], "high_code": high[1]}
    where = f"WHERE {' AND '.join(conditions)} " if conditions else ""
    return f"SELECT {_SELECTED} FROM ledger_entry {where}{_ORDER}", values  # noqa: S608 - our own words


def _with_seals(connection: Connection, rows: _Rows) -> tuple[_Rows, Mapping[Any, Seals]]:
    with_texts = [row[0] for row in rows if row[_HAS_TEXTS]]
    seals: Mapping[Any, Seals] = verify_store.seals_of(connection, with_texts) if with_texts else {}
    return rows, seals


def _subjects(rows: _Rows, seals: Mapping[Any, Seals], origin: str, found: Found) -> list[Subject]:
    """Return the subjects that *rows* are the entries of, with what they add up to; what is wrong goes to *found*.

    All are looked at together; where something is wrong each subject is, and of that one each entry.
    """
    told = glance(rows, seals, origin)
    if told is None:
        alike = [list(group) for _, group in groupby(rows, key=itemgetter(_NAME))]
        if len(alike) == 1:
            return [_thorough(rows, seals, origin, found)]
        return [subject for each in alike for subject in _subjects(each, seals, origin, found)]
    entries = [
        entry_of(said, beside, _texts(seals.get(beside[0])) if seals else _NO_TEXTS)
        for said, beside in zip(told.bodies, told.columns, strict=True)
    ]
    subjects = []
    for start, stop in pairwise([*told.begins, len(rows)]):
        kind, code = name = rows[start][_NAME]
        count, redacted = stop - start, told.redacted.count(name) if told.redacted else 0
        end = count, told.hashes[stop - 1]
        subjects.append(_added_up(kind, code, entries[start:stop], end, (count, redacted), found))
    return subjects


def _thorough(rows: _Rows, seals: Mapping[Any, Seals], origin: str, found: Found) -> Subject:
    """Return one subject, whose rows these are, oldest first; each entry is looked at by itself."""
    kind, code = rows[0][_NAME]
    links = Chain(f"{kind} {code}", origin)
    entries: list[Entry] = []
    for row in rows:
        texts = seals.get(row[0], _NO_SEALS)
        said, wrong = links.add(dict(zip(COLUMNS, row, strict=False)), row[_BODY], row[_HASH], texts)
        found.add(wrong)
        if said is not None and (said.subject.kind, said.subject.code) == (kind, code):
            entries.append(entry_of(said, layout.columns(said), _texts(texts)))
    return _added_up(kind, code, entries, (links.seq, links.head), (len(rows), links.redacted), found)


def _texts(seals: Seals | None) -> Mapping[str, str | None]:
    return {name: text for name, (_, text) in seals.items()} if seals else _NO_TEXTS


def _added_up(
    kind: str,
    code: str,
    entries: list[Entry],
    end: tuple[int, bytes | None],
    counts: tuple[int, int],
    found: Found,
) -> Subject:
    """Return one subject; *end* is where its chain ends, as (number, hash), *counts* its entries and redactions."""
    state, adds_up = None, False
    name = f"{kind} {code}"
    if kind not in _KINDS:
        found.add([Difference(name, 0, "kind", "a kind of subject", kind)])
    else:
        try:
            state, adds_up = added_up(_KINDS[kind], entries), True
        except Exception as error:  # entries that somebody forged can be wrong in every way
            said = f"{type(error).__name__}: {error}"
            found.add([Difference(name, 0, "entries", "entries that add up", said)])
    first = entries[0].recorded_at if entries else None
    return Subject(kind, code, state, *end, first, *counts, adds_up)

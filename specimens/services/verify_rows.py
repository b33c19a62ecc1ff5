"""Verifying rows: each is rebuilt from its entries and compared field by field; none stands without entries."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from functools import cache, lru_cache
from operator import itemgetter
from typing import Any, NamedTuple

from sqlalchemy import Connection, Table, text
from sqlalchemy.engine import Dialect

from specimens.domain import fold
from specimens.domain.identifiers import is_identifier
from specimens.domain.terms import Kind
from specimens.ledger.chain import Difference
from specimens.models.base import Json, json_text
from specimens.models.driver import rows
from specimens.models.registry import ROWS
from specimens.services.row import table_of

#: Kinds whose subjects are named by a code of their own, not by an identifier from the registry.
_NAMED_OTHERWISE = frozenset(
    {Kind.SITE, Kind.PROTOCOL, Kind.NEAR_MISS, Kind.LOGIN, Kind.SIGNING_KEY, Kind.SIGNATURE}
)
_MOST_STRAYS = 1000
_HEAD = ("entry_seq", "entry_hash")


class Subject(NamedTuple):
    """A subject as its entries say: what they add up to (None: nothing), and where its chain stands."""

    kind: str
    code: str
    state: Mapping[str, Any] | None
    seq: int
    head: bytes | None
    first_recorded_at: int | None
    entries: int
    redacted: int
    adds_up: bool

    @property
    def name(self) -> str:
        """Return how differences name it."""
        return f"{self.kind} {self.code}"


def check_rows(connection: Connection, subjects: Sequence[Subject]) -> list[Difference]:
    """Compare the rows of some subjects of one kind, their identifiers and their lineage with their entries."""
    kind = subjects[0].kind
    if kind not in frozenset(Kind):
        return []
    codes = [subject.code for subject in subjects]
    found = {row[0]: row for row in _by_code(connection, _all(Kind(kind)), codes)}
    wrong: list[Difference] = []
    for subject in subjects:
        if (row := found.get(subject.code)) is None:
            wrong.append(Difference(subject.name, subject.seq, "row", "a row", "no row"))
        else:
            wrong.extend(_compared(connection.dialect, Kind(kind), subject, row))
    if kind not in _NAMED_OTHERWISE:
        wrong.extend(_identifiers(connection, subjects, codes))
    if kind == Kind.SPECIMEN:
        wrong.extend(_lineage(connection, subjects, codes))
    if kind == Kind.POOL:
        wrong.extend(_pool_labels(connection, subjects, codes))
    return wrong


def _by_code(connection: Connection, sql: str, codes: list[str]) -> list[tuple[Any, ...]]:
    """Return the rows from the first to the last of *codes*, which are in the store's own order."""
    return rows(connection, f"{sql} BETWEEN :first AND :last", first=codes[0], last=codes[-1])


@cache
def _all(kind: Kind) -> str:
    """Return the query for rows as they are stored: no type stands between the store and the comparison."""
    columns = ", ".join(f'"{name}"' for name in ("code", *_HEAD, *_fields(kind)))
    return f'SELECT {columns} FROM "{table_of(kind).name}" WHERE code'  # noqa: S608 - names of our own tables


@cache
def _fields(kind: Kind) -> tuple[str, ...]:
    record, _ = fold.PROJECTIONS[kind]
    return tuple(each.name for each in fields(record))


@lru_cache(maxsize=64)
def _writers(kind: Kind, dialect: Dialect) -> tuple[Callable[[Any], Any], tuple[tuple[int, Any], ...]]:
    """Return what reads the fields of a projection, and what turns some, by place, into what the store holds."""
    table: Table = table_of(kind)
    types = [table.c[name].type for name in _fields(kind)]
    processors = [
        json_text if isinstance(each, Json) else each.dialect_impl(dialect).bind_processor(dialect)
        for each in types
    ]
    needed = tuple((place, write) for place, write in enumerate(processors) if write is not None)
    return itemgetter(*_fields(kind)), needed


def _compared(dialect: Dialect, kind: Kind, subject: Subject, row: tuple[Any, ...]) -> list[Difference]:
    expected: list[Any] = [subject.code, subject.seq, subject.head]
    if subject.adds_up:
        if subject.state is None:
            return [Difference(subject.name, subject.seq, "row", "no row", "a row")]
        read, writers = _writers(kind, dialect)
        values = list(read(subject.state))
        for place, write in writers:
            values[place] = write(values[place])
        expected += values
        if tuple(expected) == row:  # nearly always: only what differs is looked at field by field
            return []
    return [
        Difference(subject.name, subject.seq, f"row.{name}", _shown(value), _shown(there))
        for name, value, there in zip((*_HEAD, *_fields(kind)), expected[1:], row[1:], strict=False)
        if not _same(value, there)
    ]


def _same(expected: Any, found: Any) -> bool:
    if isinstance(found, memoryview):
        found = bytes(found)
    if isinstance(expected, str):
        return isinstance(found, str) and str(expected) == found
    return bool(expected == found) and (expected is None) == (found is None)


def _shown(value: Any) -> str:
    return value.hex() if isinstance(value, bytes | memoryview) else str(value)


def _identifiers(connection: Connection, subjects: Sequence[Subject], codes: list[str]) -> list[Difference]:
    """Compare the registry of identifiers with the first entries of what they name."""
    sql = "SELECT code, kind, issued_at FROM identifier WHERE code"
    issued = {row[0]: row[1:] for row in _by_code(connection, sql, codes)}
    suspect = [
        subject
        for subject in subjects
        if issued.get(subject.code) != (subject.kind, subject.first_recorded_at)
        or not is_identifier(subject.code)
    ]
    if not suspect:
        return []
    # The identifier of a pre-printed label was issued with its pool, before there was a tube.
    pooled = {row[0] for row in _by_code(connection, "SELECT code FROM pool_label WHERE code", codes)}
    wrong = []
    for subject in suspect:
        if subject.code not in issued:
            wrong.append(Difference(subject.name, 1, "identifier", "issued", "not in the registry"))
            continue
        kind, issued_at = issued[subject.code]
        if not is_identifier(subject.code):
            wrong.append(
                Difference(subject.name, 1, "identifier", "a check character that fits", subject.code)
            )
        if kind != subject.kind:
            wrong.append(Difference(subject.name, 1, "identifier.kind", subject.kind, str(kind)))
        if subject.kind == Kind.SPECIMEN and subject.code in pooled:
            continue  # when it was issued is asked of its pool
        if subject.first_recorded_at is not None and issued_at != subject.first_recorded_at:
            at = str(subject.first_recorded_at)
            wrong.append(Difference(subject.name, 1, "identifier.issued_at", at, str(issued_at)))
    return wrong


def _lineage(connection: Connection, subjects: Sequence[Subject], codes: list[str]) -> list[Difference]:
    """Compare the lines of lineage with the parents that each specimen's entries name."""
    found: dict[str, dict[str, Any]] = {}
    sql = "SELECT child, parent, volume_ul FROM specimen_parent WHERE child"
    for child, parent, volume_ul in _by_code(connection, sql, codes):
        found.setdefault(child, {})[parent] = volume_ul
    wrong = []
    for subject in subjects:
        if not subject.adds_up:
            continue
        expected = dict(subject.state["parents"]) if subject.state else {}
        there = found.get(subject.code, {})
        if expected != there:
            wrong.append(Difference(subject.name, 1, "parents", str(expected), str(there)))
    return wrong


def _pool_labels(connection: Connection, subjects: Sequence[Subject], codes: list[str]) -> list[Difference]:
    """Compare the labels of pools with what their entries issued, and with the registry."""
    sql = (
        "SELECT l.code, l.pool, i.kind, i.issued_at FROM pool_label l "
        "LEFT JOIN identifier i ON i.code = l.code WHERE l.pool"
    )
    there: dict[str, dict[str, tuple[Any, Any]]] = {}
    for code, named, *issue in _by_code(connection, sql, codes):
        there.setdefault(named, {})[code] = tuple(issue)
    wrong: list[Difference] = []
    for subject in subjects:
        if not subject.adds_up:
            continue
        issued = (str(Kind.SPECIMEN), subject.first_recorded_at)
        expected = dict.fromkeys(subject.state["codes"], issued) if subject.state else {}
        found = there.get(subject.code, {})
        wrong.extend(
            Difference(subject.name, 1, f"label {code}", str(expected.get(code)), str(found.get(code)))
            for code in sorted({*expected, *found})
            if expected.get(code) != found.get(code)
        )
    return wrong


def check_strays(connection: Connection) -> list[Difference]:
    """Name rows, lines of lineage, identifiers and sealed texts that no entry accounts for."""
    wrong = []
    for kind in ROWS:
        for code in _strays(connection, table_of(kind).name, "code", f"AND e.subject_kind = '{kind}'"):
            wrong.append(Difference(f"{kind} {code}", 0, "row", "no row", "a row"))
    for code in _strays(connection, "pool_label", "pool", "AND e.subject_kind = 'pool'"):
        wrong.append(Difference(f"pool {code}", 0, "labels", "no row", "a row"))
    also = "AND e.subject_kind = o.kind"
    for code in _strays(connection, "identifier", "code", also, but="pool_label"):
        wrong.append(Difference(f"identifier {code}", 0, "row", "no row", "a row"))
    for code in _strays(connection, "specimen_parent", "child", "AND e.subject_kind = 'specimen'"):
        wrong.append(Difference(f"specimen {code}", 0, "parents", "no row", "a row"))
    for entry_id in _strays(connection, "sealed_text", "entry_id", "", "entry_id"):
        wrong.append(Difference(f"sealed text {entry_id}", 0, "row", "no row", "a row"))
    return wrong


def _strays(
    connection: Connection, table: str, column: str, also: str, named: str = "subject_code", but: str = ""
) -> list[Any]:
    """Return what no entry accounts for, and (where *but* names a table) no row of that table by its code either."""
    nor = f"AND NOT EXISTS (SELECT 1 FROM {but} b WHERE b.code = o.{column}) " if but else ""  # noqa: S608
    statement = text(
        f'SELECT o.{column} FROM "{table}" o WHERE NOT EXISTS '  # noqa: S608 - names of our own tables
        f"(SELECT 1 FROM ledger_entry e WHERE e.{named} = o.{column} {also}) {nor}LIMIT {_MOST_STRAYS}"
    )
    return list(connection.execute(statement).scalars())

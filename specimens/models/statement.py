"""Statements on the way of every scan: compiled once for each engine, then run straight on the driver's cursor.

SQLAlchemy says what a statement is and how each value is written and read; left out is its work per execution, which
takes four times as long as SQLite itself. For statements on tables alone, in a transaction that is open already.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from sqlalchemy import Connection, Delete, Dialect, Insert, Select, Update

from specimens.models import driver

_Process = Callable[[Any], Any] | None
_Clause = Select[Any] | Insert | Update | Delete


class _Compiled:
    """One statement as an engine's driver takes it."""

    __slots__ = ("_binds", "_positional", "_read", "keys", "sql")

    def __init__(self, clause: _Clause, dialect: Dialect, given: tuple[str, ...]) -> None:
        compiled = clause.compile(
            dialect=dialect, column_keys=list(given) if isinstance(clause, Insert) else None
        )
        if compiled.post_compile_params or compiled.insert_prefetch or compiled.update_prefetch:
            raise ValueError("a statement with values that are only known when it runs")
        self.sql: str = str(compiled)
        fixed = compiled.params
        self._positional: bool = compiled.positional
        kinds = {name: bind.type for bind, name in compiled.bind_names.items()}
        self._binds: tuple[tuple[str, Any, _Process], ...] = tuple(
            (name, fixed[name], _writer(kinds[name], dialect))
            for name in (compiled.positiontup or () if self._positional else kinds)
        )
        returned = list(clause.selected_columns if isinstance(clause, Select) else clause.exported_columns)
        self.keys: tuple[str, ...] = tuple(str(each.key) for each in returned)
        self._read: tuple[tuple[int, Callable[[Any], Any]], ...] = tuple(
            (number, process)
            for number, each in enumerate(returned)
            if (process := _reader(each.type, dialect)) is not None
        )

    def values(self, given: Mapping[str, Any]) -> Any:
        """Return the values as the driver takes them."""
        if self._positional:
            return [
                given.get(name, fixed) if write is None else write(given.get(name, fixed))
                for name, fixed, write in self._binds
            ]
        return {
            name: given.get(name, fixed) if write is None else write(given.get(name, fixed))
            for name, fixed, write in self._binds
        }

    def record(self, row: Any) -> dict[str, Any]:
        """Return a row of the driver as name → value."""
        if self._read:
            row = list(row)
            for number, process in self._read:
                row[number] = process(row[number])
        return dict(zip(self.keys, row, strict=True))


def _writer(kind: Any, dialect: Dialect) -> _Process:
    return kind.dialect_impl(dialect).bind_processor(dialect)  # type: ignore[no-any-return]


def _reader(kind: Any, dialect: Dialect) -> _Process:
    return kind.dialect_impl(dialect).result_processor(dialect, None)  # type: ignore[no-any-return]


class Statement:
    """A statement that is run often; values by the names of its `bindparam`, for an INSERT by its columns."""

    def __init__(self, clause: _Clause) -> None:
        self._clause = clause
        self._made: dict[tuple[str, tuple[str, ...]], _Compiled] = {}

    def _compiled(self, connection: Connection, given: Mapping[str, Any]) -> _Compiled:
        key = connection.dialect.name, tuple(given)
        made = self._made.get(key)
        if made is None:
            made = self._made[key] = _Compiled(self._clause, connection.dialect, key[1])
        return made

    def first(self, connection: Connection, **given: Any) -> dict[str, Any] | None:
        """Return the first row as name → value; None if there is none."""
        made = self._compiled(connection, given)
        cursor = driver.execute(connection, made.sql, made.values(given))
        row = cursor.fetchone()
        cursor.close()  # SQLite commits nothing while a statement has rows left
        return None if row is None else made.record(row)

    def all(self, connection: Connection, **given: Any) -> list[dict[str, Any]]:
        """Return every row as name → value."""
        made = self._compiled(connection, given)
        return [
            made.record(row) for row in driver.execute(connection, made.sql, made.values(given)).fetchall()
        ]

    def run(self, connection: Connection, given: Mapping[str, Any]) -> int:
        """Write; return how many rows that touched."""
        made = self._compiled(connection, given)
        return int(driver.execute(connection, made.sql, made.values(given)).rowcount)

    def later(
        self, connection: Connection, given: Mapping[str, Any], *, otherwise: Exception | None = None
    ) -> None:
        """Write before anything else is asked; *otherwise* is raised unless that touches exactly one row."""
        made = self._compiled(connection, given)
        driver.later(connection, made.sql, made.values(given), otherwise)


#: A statement and its values.
Ask = tuple[Statement, Mapping[str, Any]]


def ask(connection: Connection, asks: Iterable[Ask]) -> list[list[dict[str, Any]]]:
    """Ask several things in one journey, in their order; return the rows of each as name → value."""
    made = [(statement._compiled(connection, given), given) for statement, given in asks]
    cursors = driver.together(connection, [(each.sql, each.values(given)) for each, given in made])
    return [
        [each.record(row) for row in cursor.fetchall()]
        for (each, _), cursor in zip(made, cursors, strict=True)
    ]

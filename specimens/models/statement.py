"""Statements on the way of every scan: compiled once for each engine, then run straight on the driver's cursor.

SQLAlchemy says what a statement is and how each value is written and read; left out is its work per execution, which
takes four times as long as SQLite itself. For statements on tables alone, in a transaction that is open already.
"""

from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import closing
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Delete, Dialect, Insert, Select, Update, text
from sqlalchemy.exc import DBAPIError

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


def _told(connection: Connection, sql: str, error: Exception) -> Exception:
    """Return a driver's error as SQLAlchemy's, without the values."""
    dialect = connection.dialect
    return DBAPIError.instance(
        sql, None, error, dialect.loaded_dbapi.Error, hide_parameters=True, dialect=dialect
    )


def execute(connection: Connection, sql: str, values: Any) -> Any:
    """Run what a driver understands, and return its cursor; its errors come as SQLAlchemy's, without the values."""
    try:
        cursor = connection.connection.cursor()
        cursor.execute(sql, values)
    except connection.dialect.loaded_dbapi.Error as error:
        raise _told(connection, sql, error) from error
    return cursor


@lru_cache(maxsize=256)
def _compiled_text(sql: str, dialect: Dialect) -> tuple[str, tuple[str, ...] | None]:
    """Return *sql*, which names its values as `:name`, as a driver takes it, and their order where they have one."""
    compiled = text(sql).compile(dialect=dialect)
    return str(compiled), tuple(compiled.positiontup or ()) if compiled.positional else None


def _asked(connection: Connection, sql: str, values: Mapping[str, Any]) -> tuple[str, Any]:
    said, order = _compiled_text(sql, connection.dialect)
    return said, values if order is None else [values[name] for name in order]


def rows(connection: Connection, sql: str, **values: Any) -> list[tuple[Any, ...]]:
    """Return the rows of an answer as the driver gives them: plain tuples of what the store holds, whatever it is.

    *sql* names its values as `:name`.
    """
    found: list[tuple[Any, ...]] = execute(connection, *_asked(connection, sql, values)).fetchall()
    return found


def streamed(
    connection: Connection, sql: str, values: Mapping[str, Any], size: int
) -> Generator[Sequence[Any], None, None]:
    """Yield the rows of a large answer, see `rows`, *size* at a time, in bounded memory."""
    # PostgreSQL keeps the rows behind a cursor that has a name; SQLite reads on as it is asked
    name = {} if connection.dialect.positional else {"name": "streamed"}
    try:
        with closing(connection.connection.cursor(**name)) as cursor:
            cursor.execute(*_asked(connection, sql, values))
            while found := cursor.fetchmany(size):
                yield found
    except connection.dialect.loaded_dbapi.Error as error:
        raise _told(connection, sql, error) from error


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
        cursor = execute(connection, made.sql, made.values(given))
        row = cursor.fetchone()
        cursor.close()  # SQLite commits nothing while a statement has rows left
        return None if row is None else made.record(row)

    def all(self, connection: Connection, **given: Any) -> list[dict[str, Any]]:
        """Return every row as name → value."""
        made = self._compiled(connection, given)
        return [made.record(row) for row in execute(connection, made.sql, made.values(given)).fetchall()]

    def run(self, connection: Connection, given: Mapping[str, Any]) -> int:
        """Write; return how many rows that touched."""
        made = self._compiled(connection, given)
        return int(execute(connection, made.sql, made.values(given)).rowcount)

"""Straight to the driver: one statement, or on PostgreSQL several in one journey there and back.

A journey costs more than most of what is asked there. So a write whose answer nobody needs waits until somebody asks
for something, or until `send`; whatever goes to the database first sends what waits. SQLite gets each at once.
"""

import select
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Dialect, Engine, event, text
from sqlalchemy.exc import DBAPIError, DisconnectionError

_WAITING = "specimens_waiting"

Asked = tuple[str, Any]


@dataclass(frozen=True, slots=True)
class _Write:
    """A write that waits; *otherwise* is raised unless it touches exactly one row."""

    sql: str
    values: Any
    otherwise: Exception | None


def _told(connection: Connection, sql: str, error: Exception) -> Exception:
    """Return a driver's error as SQLAlchemy's, without the values."""
    dialect = connection.dialect
    return DBAPIError.instance(
        sql, None, error, dialect.loaded_dbapi.Error, hide_parameters=True, dialect=dialect
    )


def run(raw: Any, sql: str, values: Any) -> Any:
    """Run a statement on the driver's connection and return its cursor: here each of ours leaves the program."""
    cursor = raw.cursor()
    cursor.execute(sql, values)
    return cursor


def execute(connection: Connection, sql: str, values: Any) -> Any:
    """Run what a driver understands, and return its cursor; its errors come as SQLAlchemy's, without the values."""
    raw = connection.connection
    if _WAITING in raw.info:
        return together(connection, [(sql, values)])[0]
    try:
        return run(raw, sql, values)
    except connection.dialect.loaded_dbapi.Error as error:
        raise _told(connection, sql, error) from error


def together(connection: Connection, asked: Iterable[Asked]) -> list[Any]:
    """Run several statements in their order, after what waits, and return a cursor for each."""
    if connection.dialect.name == "sqlite":
        return [execute(connection, sql, values) for sql, values in asked]
    raw = connection.connection
    waited: list[_Write] = raw.info.pop(_WAITING, [])
    all_: list[Asked] = [*((each.sql, each.values) for each in waited), *asked]
    try:
        with raw.driver_connection.pipeline():  # type: ignore[union-attr]
            cursors = [run(raw, sql, values) for sql, values in all_]
    except connection.dialect.loaded_dbapi.Error as error:
        raise _told(connection, ";\n".join(sql for sql, _ in all_), error) from error
    for each, cursor in zip(waited, cursors, strict=False):
        if each.otherwise is not None and cursor.rowcount != 1:
            raise each.otherwise
    return cursors[len(waited) :]


def later(connection: Connection, sql: str, values: Any, otherwise: Exception | None) -> None:
    """Write before anything else is asked; *otherwise* is raised unless that touches exactly one row."""
    if connection.dialect.name == "sqlite":
        if execute(connection, sql, values).rowcount != 1 and otherwise is not None:
            raise otherwise
        return
    connection.connection.info.setdefault(_WAITING, []).append(_Write(sql, values, otherwise))


def send(connection: Connection) -> None:
    """Send what waits, and see that all of it was written."""
    if _WAITING in connection.connection.info:
        together(connection, ())


@lru_cache(maxsize=256)
def _compiled(sql: str, dialect: Dialect) -> tuple[str, tuple[str, ...] | None]:
    """Return *sql*, which names its values as `:name`, as a driver takes it, and their order where they have one."""
    compiled = text(sql).compile(dialect=dialect)
    return str(compiled), tuple(compiled.positiontup or ()) if compiled.positional else None


def _asked(connection: Connection, sql: str, values: Mapping[str, Any]) -> Asked:
    said, order = _compiled(sql, connection.dialect)
    return said, values if order is None else [values[name] for name in order]


def rows(connection: Connection, sql: str, **values: Any) -> list[tuple[Any, ...]]:
    """Return the rows of an answer as the driver gives them: plain tuples of what the store holds, whatever it is.

    *sql* names its values as `:name`.
    """
    try:
        found: list[tuple[Any, ...]] = execute(connection, *_asked(connection, sql, values)).fetchall()
    except connection.dialect.loaded_dbapi.Error as error:
        raise _told(connection, sql, error) from error
    return found


def undecodable(error: Exception) -> bool:
    """Say whether SQLite refused to give a text because it is not UTF-8: whoever owns the file can write such."""
    return isinstance(error, DBAPIError) and "Could not decode to UTF-8" in str(error.orig)


@contextmanager
def any_text(connection: Connection) -> Iterator[None]:
    """Let SQLite give every text for the length of the block: what is not UTF-8 comes with its bytes written out."""
    raw: Any = connection.connection.driver_connection
    before = raw.text_factory
    raw.text_factory = _any_text
    try:
        yield
    finally:
        raw.text_factory = before


def _any_text(stored: bytes) -> str:
    try:
        return stored.decode()
    except UnicodeDecodeError:
        return f"{stored.decode('utf-8', 'backslashreplace')} (not UTF-8)"


def streamed(
    connection: Connection, sql: str, values: Mapping[str, Any], size: int
) -> Generator[Sequence[Any], None, None]:
    """Yield the rows of a large answer, see `rows`, *size* at a time, in bounded memory."""
    # PostgreSQL keeps the rows behind a cursor that has a name; SQLite reads on as it is asked
    name = {} if connection.dialect.positional else {"name": "streamed"}
    send(connection)
    try:
        with closing(connection.connection.cursor(**name)) as cursor:
            cursor.execute(*_asked(connection, sql, values))
            while found := cursor.fetchmany(size):
                yield found
    except connection.dialect.loaded_dbapi.Error as error:
        raise _told(connection, sql, error) from error


def keep_order(engine: Engine) -> None:
    """Let what waits on a connection of *engine* (PostgreSQL) go before SQLAlchemy's own statements and commit."""

    def before(connection: Connection, *_: Any) -> None:
        send(connection)

    def undone(connection: Connection) -> None:
        if connection.connection.is_valid:
            connection.connection.info.pop(_WAITING, None)

    event.listen(engine, "before_cursor_execute", before)
    event.listen(engine, "commit", before)
    event.listen(engine, "rollback", undone)
    event.listen(engine, "checkout", _must_be_open)


def _must_be_open(connection: Any, *_: Any) -> None:
    """Let the pool replace a connection that the server has closed: between transactions there is nothing to read.

    Raises:
        DisconnectionError: the end of the connection, or something that nobody asked for, is there to be read.
    """
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLIN)
    if poll.poll(0):
        raise DisconnectionError("closed by the server")

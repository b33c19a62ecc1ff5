"""What every table shares: naming of constraints, column types, engine settings."""

import json
from collections.abc import Iterable
from enum import StrEnum
from typing import Annotated, Any

from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import BigInteger, CheckConstraint, Dialect, Engine, Integer, MetaData, String, Text, event
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import TypeDecorator

from specimens.models.driver import execute, keep_order

#: Execution option: the transaction that begins on this connection will write.
WRITES = "specimens_writes"

#: How long a connection waits for another process's write lock before it gives up (milliseconds).
BUSY_TIMEOUT_MS = 10_000


#: Made once: making an encoder takes longer than using it.
_encode = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode


#: What every connection to PostgreSQL is opened with: nobody can put a table of their own in front of ours.
POSTGRESQL_OPTIONS = "-c timezone=UTC -c search_path=public,pg_temp"


def json_text(value: Any) -> str | None:
    """Return a value as sorted, compact JSON; none as none."""
    if value is None:
        return None
    return "[]" if value == () else _encode(value)


class Json(TypeDecorator[Any]):
    """A value kept as JSON text with sorted keys: plain text on both engines, so that both compare alike."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        """Write sorted, compact JSON."""
        return json_text(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        """Read it back; arrays come as tuples, as the projections hold them."""
        return None if value is None else _tuples(json.loads(value))


def _tuples(value: Any) -> Any:
    if isinstance(value, list):
        return tuple(_tuples(member) for member in value)
    if isinstance(value, dict):
        return {key: _tuples(member) for key, member in value.items()}
    return value


Big = BigInteger().with_variant(Integer, "sqlite")
Code = String(64)

pk = Annotated[int, mapped_column(Big, primary_key=True, autoincrement=True)]
instant = Annotated[int, mapped_column(BigInteger)]


class Base(DeclarativeBase):
    """Every table of the house. Constraints without a name cannot be told apart when one is violated."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_N_label)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class Subject:
    """What the row of every subject of the ledger holds: its code, and the head of its chain of entries.

    The rest of the row is the projection: what the entries add up to (`domain/fold.py`).
    """

    id: Mapped[pk]
    code: Mapped[str] = mapped_column(Code, unique=True)
    entry_seq: Mapped[int] = mapped_column(Integer)
    entry_hash: Mapped[bytes]


def one_of(column: str, values: Iterable[StrEnum | str], name: str | None = None) -> CheckConstraint:
    """Return a named CHECK that *column* holds one of *values*."""
    listed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({listed})", name=name or column)


db = SQLAlchemy(model_class=Base, disable_autonaming=True)


def configure(engine: Engine) -> None:
    """Set an engine up for custody: durable commits, foreign keys, and write transactions that begin as such.

    SQLite: WAL, `synchronous=FULL` (NORMAL loses acknowledged commits on power loss), `BEGIN IMMEDIATE` for a
    transaction that will write, so that what it read cannot have changed when it writes.
    """
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _connect_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    else:
        keep_order(engine)


def _connect_sqlite(connection: Any, record: Any) -> None:
    connection.isolation_level = None  # the driver must not begin or commit behind our back
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.execute("PRAGMA secure_delete = ON")
    cursor.close()


def _begin_sqlite(connection: Any) -> None:
    writes = connection.get_execution_options().get(WRITES, False)
    execute(connection, "BEGIN IMMEDIATE" if writes else "BEGIN", ())

"""The rows of subjects: which table holds them, what a row says, and the statements that read, lock, make and move one.

Writing them is `record`'s, and nobody else's.
"""

from collections.abc import Mapping
from dataclasses import fields
from functools import cache
from typing import Any

from sqlalchemy import Table, bindparam, insert, select, update

from specimens.domain import fold
from specimens.domain.terms import Kind
from specimens.models.base import db
from specimens.models.registry import ROWS
from specimens.models.statement import Statement


def table_of(kind: Kind) -> Table:
    """Return the table that holds the projection of *kind*."""
    return ROWS[kind].__table__  # type: ignore[no-any-return, attr-defined]


@cache
def select_row(kind: Kind) -> Statement:
    """Return the statement that reads the row of a *subject*."""
    table = table_of(kind)
    return Statement(select(table).where(table.c.code == bindparam("subject")))


@cache
def select_locked(kind: Kind) -> Statement:
    """Return the statement that reads and locks it."""
    table = table_of(kind)
    return Statement(select(table).where(table.c.code == bindparam("subject")).with_for_update())


@cache
def insert_row(kind: Kind) -> Statement:
    """Return the statement that makes a row; its values by the names of the columns."""
    return Statement(insert(table_of(kind)))


@cache
def move_row(kind: Kind, changed: tuple[str, ...]) -> Statement:
    """Return the statement that moves the row of *at_code* on, but only from the entry that it stood at, *at_seq*."""
    table = table_of(kind)
    names = (*changed, "entry_seq", "entry_hash")
    return Statement(
        update(table)
        .where(table.c.code == bindparam("at_code"), table.c.entry_seq == bindparam("at_seq"))
        .values({name: bindparam(f"new_{name}") for name in names})
    )


def state_of(kind: Kind, row: Mapping[Any, Any]) -> Any:
    """Return the projection that a row holds."""
    record, _ = fold.PROJECTIONS[kind]
    return record(**{name: row[name] for name in names_of(kind)})


@cache
def names_of(kind: Kind) -> tuple[str, ...]:
    """Return the names of a projection's fields, which are those of its columns."""
    record, _ = fold.PROJECTIONS[kind]
    return tuple(each.name for each in fields(record))


def state_now(kind: Kind, code: str) -> Any:
    """Return a subject's projection for reading, unlocked and without asking who may see it; None if there is none."""
    row = select_row(kind).first(db.session.connection(), subject=code)
    return None if row is None else state_of(kind, row)

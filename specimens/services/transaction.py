"""A transaction that writes: one at a time on SQLite, behind its gate; on PostgreSQL as many as like."""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import Session

from specimens.domain.errors import SpecimensError
from specimens.models.base import WRITES, db
from specimens.services import constraints
from specimens.services.gate import FairGate

#: One gate per SQLite database of this process; PostgreSQL locks rows and needs none.
_GATES: "WeakKeyDictionary[Engine, FairGate]" = WeakKeyDictionary()


def gate_of(engine: Engine) -> FairGate | None:
    """Return the gate in front of SQLite's one writer; PostgreSQL has none."""
    return _GATES.setdefault(engine, FairGate()) if engine.dialect.name == "sqlite" else None


@contextmanager
def committing() -> Iterator[tuple[Session, Connection]]:
    """Open one transaction that writes; commit when the block is left, roll back on any exception.

    Gives the session and its connection, for asking a session for it takes as long as two statements. For what is no
    act of anybody: a checkpoint, the result of a verification. Raises what `writing` raises.
    """
    session = db.session()
    goes_on = _goes_on(session)
    if not goes_on:
        session.rollback()
    with gate_of(db.engine) or nullcontext():
        try:
            yield session, session.connection(**({} if goes_on else {"execution_options": {WRITES: True}}))
            session.commit()
        except DBAPIError as error:
            session.rollback()
            if (answer := constraints.told(error)) is not None:
                raise answer from error
            raise
        except BaseException:
            session.rollback()
            raise


def _goes_on(session: Session) -> bool:
    """Say whether the transaction in which this request has read until now may go on as one that writes.

    A read that is still open sees the past, and on SQLite cannot become a writer. On PostgreSQL, at its usual level,
    each statement sees what is committed by then.
    """
    if not session.in_transaction() or session.new or session.dirty or session.deleted:
        return False
    connection = session.connection()
    if connection.dialect.name == "sqlite" or connection.default_isolation_level != "READ COMMITTED":
        return False
    driver: Any = connection.connection.driver_connection
    if driver.isolation_level is not None or driver.info.transaction_status.name != "INTRANS":
        return False
    session.expire_all()
    return True


def is_constraint(error: SpecimensError | IntegrityError, name: str) -> bool:
    """Say whether *error* came from the named constraint."""
    return isinstance(error, SpecimensError) and error.facts.get("constraint") == name

"""One operation of many that wait: on SQLite they share a commit, so that the disk is waited for once."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from specimens.domain.access import Actor
from specimens.domain.terms import Mode
from specimens.models.base import WRITES, db
from specimens.models.driver import execute
from specimens.models.statement import Ask
from specimens.services import constraints
from specimens.services.gate import FairGate, Turn
from specimens.services.record import Operation, begin, writing
from specimens.services.transaction import gate_of

#: So many operations share a commit at most: the first of them waits for the last.
MOST_TOGETHER = 8

Result = TypeVar("Result")


def operate(
    actor: Actor, work: Callable[[Operation], Result], *, mode: str = Mode.FORM, ahead: Sequence[Ask] = ()
) -> Result:
    """Do *work* in one operation of *actor* and return what it returns, once that is committed.

    As `writing`, which see for what it raises. On SQLite those who wait at the gate meanwhile share the commit: each
    operation whole or not at all, in the order of their coming, and nobody is answered before it is on the disk.
    """
    gate = gate_of(db.engine)
    if gate is None:
        with writing(actor, mode=mode, ahead=ahead) as operation:
            return work(operation)

    def act(connection: Connection) -> Result:
        session = db.session()
        operation = begin(session, connection, actor, mode=mode, ahead=ahead)
        outcome = work(operation)
        operation.close()
        return outcome

    db.session.rollback()  # see `committing`
    turn = Turn(act)
    if gate.enter(turn):
        try:
            _lead(gate, turn)
        finally:
            gate.leave()
    if turn.error is not None:
        if isinstance(turn.error, DBAPIError) and (answer := constraints.told(turn.error)) is not None:
            raise answer from turn.error
        raise turn.error
    return turn.outcome  # type: ignore[no-any-return]


def _lead(gate: FairGate, own: Turn) -> None:
    """Do one's own work and that of those who wait, and commit it as one."""
    session = db.session()
    turns = [own]
    try:
        connection = session.connection(execution_options={WRITES: True})
        own.outcome = own.work(connection)
        while len(turns) < MOST_TOGETHER and (turn := gate.take_along()) is not None:
            turns.append(turn)
            _take_along(session, connection, turn)
        session.commit()
    except BaseException as error:
        # First of all, for whatever follows: nobody is told that something stands. Also not those who were refused:
        # what they were told may never have been.
        for turn in turns:
            turn.error = error
        _undo(session)
    finally:
        for turn in turns[1:]:
            gate.serve(turn)


def _undo(session: Session) -> None:
    try:
        session.rollback()
    except Exception:  # the connection is lost, and whatever it had written with it: nobody gets it again
        session.invalidate()


def _take_along(session: Session, connection: Connection, turn: Turn) -> None:
    """Do the work of somebody who waits, in their context; what fails is undone alone.

    Raises:
        BaseException: if the database gave up the whole transaction: nobody's work stands.
    """
    session.flush()
    session.expunge_all()  # nobody sees what another has read
    execute(connection, "SAVEPOINT turn", ())
    try:
        turn.outcome = turn.context.run(_on_session, session, connection, turn.work)
        session.flush()
    except BaseException as error:
        if not connection.connection.driver_connection.in_transaction:  # type: ignore[union-attr]
            raise
        turn.error = error
        execute(connection, "ROLLBACK TO turn", ())
    execute(connection, "RELEASE turn", ())


def _on_session(session: Session, connection: Connection, work: Callable[[Connection], Any]) -> Any:
    """Do *work*, whose reading and writing goes through the request's own session, on the leader's instead."""
    registry = db.session.registry
    own = registry()
    registry.set(session)  # type: ignore[arg-type]
    try:
        return work(connection)
    finally:
        registry.set(own)

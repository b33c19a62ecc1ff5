"""What goes straight to the driver: writes that wait keep their place, and nothing that was undone is sent."""

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from specimens.domain.errors import Conflict, Tampered
from specimens.domain.terms import Kind
from specimens.models.base import db
from specimens.models.driver import later, send
from specimens.services.operate import operate
from specimens.services.record import Operation
from tests.cast import Cast


def _issue(code: str) -> None:
    sql = f"INSERT INTO identifier (code, kind, issued_at) VALUES ('{code}', 'kit', 1)"
    later(db.session.connection(), sql, (), None)


def _issued() -> list[str]:
    rows = db.session.execute(text("SELECT code FROM identifier WHERE issued_at = 1 ORDER BY id"))
    return list(rows.scalars())


def test_a_write_that_waits_is_there_for_whoever_reads_and_before_what_is_written_next(
    context: Flask,
) -> None:
    _issue("FIRST")
    db.session.execute(text("INSERT INTO identifier (code, kind, issued_at) VALUES ('SECOND', 'kit', 1)"))
    _issue("THIRD")
    assert _issued() == ["FIRST", "SECOND", "THIRD"]


def test_a_write_that_waits_is_in_the_commit(context: Flask) -> None:
    _issue("FIRST")
    db.session.commit()
    assert _issued() == ["FIRST"]


def test_what_is_undone_is_never_sent(context: Flask) -> None:
    _issue("FIRST")
    db.session.rollback()
    _issue("SECOND")
    db.session.commit()
    assert _issued() == ["SECOND"]


def _write(*statements: str, otherwise: Exception | None = None) -> None:
    for sql in statements:
        later(db.session.connection(), sql, (), otherwise)
    send(db.session.connection())


def test_what_the_database_refuses_is_told_and_nothing_of_it_stands(context: Flask) -> None:
    sql = "INSERT INTO identifier (code, kind, issued_at) VALUES ('{}', 'kit', 1)"
    with pytest.raises(IntegrityError, match="INSERT INTO identifier"):
        _write(*(sql.format(code) for code in ("FIRST", "SECOND", "FIRST", "THIRD")))
    db.session.rollback()
    assert _issued() == []


def test_a_write_that_touches_no_row_is_told(context: Flask) -> None:
    with pytest.raises(Tampered, match="row_moved"):
        _write("UPDATE station SET name = 'Room' WHERE code = 'NONE'", otherwise=Tampered("row_moved"))


def test_a_row_that_moved_behind_the_back_of_an_operation_stops_it(cast: Cast) -> None:
    station = cast.stations["AMS clinic"]

    def work(op: Operation) -> None:
        op.load(Kind.STATION, station)
        op.connection.execute(text("UPDATE station SET entry_seq = 9 WHERE code = :code"), {"code": station})
        op.append(Kind.STATION, station, "station_renamed", facts={"name": "Elsewhere"})

    with pytest.raises(Tampered, match="row_moved"):
        operate(cast.adam, work)
    assert db.session.execute(text("SELECT max(entry_seq) FROM station")).scalar_one() < 9


_ROOM = {"site": "AMS", "name": "Room", "kind": "clinic"}


def test_of_two_who_are_first_the_second_is_told_so_and_nothing_of_either_stands(cast: Cast) -> None:
    def work(op: Operation) -> None:
        for _ in range(2):
            op._heads.clear()  # neither knows of the other
            op.create(Kind.STATION, "station_added", code="TWICE", facts=_ROOM)

    with pytest.raises(Conflict, match="somebody_was_first"):
        operate(cast.adam, work)
    assert db.session.execute(text("SELECT count(*) FROM station WHERE code = 'TWICE'")).scalar_one() == 0


def test_a_connection_that_the_server_closed_meanwhile_is_replaced(cast: Cast, context: Flask) -> None:
    if db.engine.dialect.name != "postgresql":
        return  # a file closes nothing
    number = text("SELECT pg_backend_pid()")
    db.session.remove()
    with db.engine.connect() as one, db.engine.connect() as other:
        closed = other.execute(number).scalar_one()
        other.close()  # back in the pool, which does not know what happens to it there
        assert one.execute(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": closed}).scalar_one()
        for _ in range(db.engine.pool.checkedin()):  # type: ignore[attr-defined]
            with db.engine.connect() as next_:
                assert next_.execute(number).scalar_one() != closed
        assert operate(cast.adam, lambda op: str(op.create(Kind.STATION, "station_added", facts=_ROOM).code))

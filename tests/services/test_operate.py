"""Operations of several people that share one commit, on both engines; on SQLite they wait at the gate for it."""

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, text
from sqlalchemy.exc import IntegrityError

from specimens.domain.access import Actor
from specimens.domain.errors import Refused, Unavailable
from specimens.models.base import db
from specimens.services.gate import FairGate
from specimens.services.operate import operate
from specimens.services.record import Operation
from specimens.services.transaction import gate_of
from specimens.services.verify import verify
from tests.cast import Cast

Work = Callable[[Operation], Any]


def station(name: str) -> Work:
    """Return the work of adding a station."""

    def work(op: Operation) -> str:
        facts = {"site": "AMS", "name": name, "kind": "clinic"}
        return str(op.create("station", "station_added", facts=facts).code)

    return work


def refused_after_writing(op: Operation) -> None:
    """Write something, then find that it may not be."""
    station("never")(op)
    raise Refused("unwell")


class Door:
    """Several people at once, each in a thread and a request of their own, let in when all of them wait."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._threads: list[threading.Thread] = []
        self.told: dict[str, Any] = {}

    def ask(self, name: str, actor: Actor, work: Work) -> None:
        def person() -> None:
            with self._app.app_context():
                try:
                    self.told[name] = operate(actor, work)
                except Exception as error:
                    self.told[name] = error

        self._threads.append(threading.Thread(target=person))

    def open(self) -> dict[str, Any]:
        """Let everybody in who has asked, in that order; return what each was told."""
        gate = gate_of(db.engine)
        if gate is None:
            for thread in self._threads:
                thread.start()
        else:
            with gate:
                for number, thread in enumerate(self._threads, start=1):
                    thread.start()
                    _until_waiting(gate, number)
        for thread in self._threads:
            thread.join(60)
        return self.told


def _until_waiting(gate: FairGate, many: int) -> None:
    patience = time.monotonic() + 30
    while len(gate._waiting) < many:
        assert time.monotonic() < patience
        time.sleep(0.001)


@pytest.fixture
def door(context: Flask) -> Door:
    """A door in front of this database."""
    return Door(context)


@pytest.fixture
def commits(context: Flask) -> Iterator[list[int]]:
    """What was committed since: one member for each commit."""
    seen: list[int] = []

    def counted(connection: Any) -> None:
        seen.append(1)

    event.listen(db.engine, "commit", counted)
    yield seen
    event.remove(db.engine, "commit", counted)


def names() -> list[str]:
    """Return the stations that there are beside those of the cast, oldest first."""
    db.session.rollback()
    rows = db.session.execute(
        text("SELECT name FROM station WHERE name LIKE 'S%' OR name = 'never' ORDER BY id")
    )
    return list(rows.scalars())


def test_those_who_wait_share_a_commit_in_the_order_in_which_they_came(
    cast: Cast, door: Door, commits: list[int]
) -> None:
    for number in range(6):
        door.ask(f"S{number}", cast.adam, station(f"S{number}"))
    told = door.open()
    assert len(set(told.values())) == 6
    if db.engine.dialect.name == "sqlite":
        assert names() == [f"S{number}" for number in range(6)]
        assert len(commits) == 1
    assert verify().differences == ()


def test_what_is_refused_is_undone_alone(cast: Cast, door: Door) -> None:
    door.ask("first", cast.adam, station("S1"))
    door.ask("refused", cast.adam, refused_after_writing)
    door.ask("last", cast.adam, station("S2"))
    told = door.open()
    assert told["refused"].code == "unwell"
    assert sorted(names()) == ["S1", "S2"]
    assert verify().differences == ()


def test_a_leader_who_is_refused_lets_the_next_one_lead(cast: Cast, door: Door) -> None:
    door.ask("refused", cast.adam, refused_after_writing)
    door.ask("next", cast.adam, station("S1"))
    assert door.open()["refused"].code == "unwell"
    assert names() == ["S1"]
    assert verify().differences == ()


def test_each_acts_in_their_own_name_and_sees_what_the_one_before_did(cast: Cast, door: Door) -> None:
    def seen(op: Operation) -> list[str]:
        return list(db.session.execute(text("SELECT name FROM station WHERE name LIKE 'S%'")).scalars())

    door.ask("adam", cast.adam, station("S1"))
    door.ask("nora", cast.nora, station("S2"))
    door.ask("mei", cast.mei, seen)
    told = door.open()
    if db.engine.dialect.name == "sqlite":
        assert sorted(told["mei"]) == ["S1", "S2"]
    rows = db.session.execute(
        text("SELECT subject_code, actor_user FROM ledger_entry WHERE act = 'station_added'")
    ).all()
    assert {(told["adam"], cast.adam.user), (told["nora"], cast.nora.user)} <= {tuple(row) for row in rows}


def test_what_finds_the_store_full_is_undone_alone_and_told_so(cast: Cast, door: Door) -> None:
    if db.engine.dialect.name != "sqlite":
        return  # PostgreSQL's transactions are each person's own

    def full(op: Operation) -> None:
        pages = op.connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        op.connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
        for number in range(200):
            station(f"S{number}-{'x' * 60}")(op)

    door.ask("first", cast.adam, station("S1"))
    door.ask("full", cast.adam, full)
    assert isinstance(door.open()["full"], Unavailable)
    assert names() == ["S1"]
    db.session.remove()
    db.engine.dispose()  # the limit was the connection's
    assert operate(cast.adam, station("S2"))
    assert names() == ["S1", "S2"]
    assert verify().differences == ()


def test_a_commit_that_fails_fails_for_everybody_and_nothing_stands(cast: Cast, door: Door) -> None:
    if db.engine.dialect.name != "sqlite":
        return  # PostgreSQL's transactions are each person's own

    def broken(op: Operation) -> None:
        """Write what only the commit refuses."""
        op.connection.exec_driver_sql("PRAGMA defer_foreign_keys = ON")
        op.connection.exec_driver_sql("UPDATE station SET site = 'NOWHERE'")

    door.ask("first", cast.adam, station("S1"))
    door.ask("broken", cast.adam, broken)
    door.ask("refused", cast.adam, refused_after_writing)
    told = door.open()
    assert {type(each) for each in told.values()} == {IntegrityError}
    assert names() == []
    assert operate(cast.adam, station("S2"))
    assert verify().differences == ()


def test_a_connection_that_is_lost_on_the_way_is_told_to_everybody_who_shared_it(
    cast: Cast, door: Door
) -> None:
    if db.engine.dialect.name != "sqlite":
        return  # PostgreSQL's transactions are each person's own

    def lost(op: Operation) -> None:
        op.connection.connection.driver_connection.close()  # type: ignore[union-attr]

    door.ask("first", cast.adam, station("S1"))
    door.ask("second", cast.adam, station("S2"))
    door.ask("lost", cast.adam, lost)
    told = door.open()
    assert sorted(told) == ["first", "lost", "second"]
    assert [each for each in told.values() if not isinstance(each, Exception)] == []
    assert names() == []

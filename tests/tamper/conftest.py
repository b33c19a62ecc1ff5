"""An honest history, and somebody who owns the database and writes into it with raw SQL."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import time_machine
from flask import Flask
from sqlalchemy import Connection, create_engine, inspect, text

from specimens.domain.access import system_actor
from specimens.domain.errors import BadInput
from specimens.domain.terms import Kind, Mode
from specimens.ledger.chain import Difference
from specimens.ledger.note import COSIGNATURE, KeySigner, cosignature_of, read_note
from specimens.ledger.tree import TILE
from specimens.models.base import db
from specimens.models.registry import APPEND_ONLY
from specimens.services import checkpoint, find, keeper, notary, pool, publish
from specimens.services.clock import now_ms
from specimens.services.record import writing
from specimens.services.verify import Result, verify
from tests.cast import Cast, build
from tests.engines import Database
from tests.history import History, child_of, received
from tests.stages import Stage, stage


class Owner:
    """The owner of the database: takes the triggers away first, and puts them back."""

    def __init__(self, database: Database) -> None:
        self.engine = create_engine(database.migration_url or database.url)
        self.sqlite = self.engine.dialect.name == "sqlite"

    def does(self, *statements: str, guards: bool = False, **values: Any) -> None:
        """Run raw SQL with the triggers out of the way (or with them, *guards*)."""
        with self.engine.connect() as connection:
            triggers = [] if guards else self._without(connection)
            for statement in statements:
                connection.execute(text(statement), values)
            for trigger in triggers:
                connection.execute(text(trigger))
            connection.commit()

    def _without(self, connection: Connection) -> list[str]:
        if not self.sqlite:
            connection.execute(text("SET CONSTRAINTS ALL DEFERRED"))
            tables = [row.__tablename__ for row in APPEND_ONLY if row.__tablename__ != "answered_request"]
            for table in tables:
                connection.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))
            return [f"ALTER TABLE {table} ENABLE TRIGGER USER" for table in tables]
        made = connection.execute(text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")).all()
        for row in made:
            connection.execute(text(f"DROP TRIGGER {row.name}"))
        return [row.sql for row in made]

    def columns(self, table: str) -> list[str]:
        """Return the names of a table's columns."""
        return [each["name"] for each in inspect(self.engine).get_columns(table)]

    def asks(self, query: str, **values: Any) -> Any:
        """Return the first value of a query."""
        with self.engine.connect() as connection:
            return connection.execute(text(query), values).scalar()


def _stations(count: int) -> None:
    with writing(system_actor()) as op:
        for number in range(count):
            facts = {"site": "AMS", "name": f"S{number}", "kind": "clinic"}
            op.create(Kind.STATION, "station_added", facts=facts)


def _honest(clock: time_machine.Traveller) -> tuple[Cast, History]:
    """Make a derivative, its lineage, a near miss, an answered request, sealed texts, a pool, a whole tile."""
    cast = build()
    made = received(cast, clock)
    pool.issue(cast.nora, cast.study, "AMS", "small", 2)
    child_of(cast, made.tubes[0])
    find.refused(cast.nora, "a hospital number", BadInput("scan_unreadable"), key="k", mode=Mode.SCAN)
    _stations(TILE)  # enough entries for a whole tile
    note = checkpoint.make()
    witness = KeySigner("witness.example", bytes(32), COSIGNATURE)
    seconds = now_ms() // 1000
    publish.keep(witness.key, note, cosignature_of(read_note(note).text, witness, seconds).line())
    assert keeper.verify_and_keep().differences == ()
    _stations(1)
    checkpoint.make()
    (notary.notary().folder / "verified").unlink()  # whatever follows is read again, all of it
    return cast, made


@pytest.fixture
def setting(engine_name: str) -> Stage:
    """Begin with an honest history that is verified and has a checkpoint."""
    return stage(_honest, engine_name)


@pytest.fixture
def history(context: Flask, setting: Stage, clock: time_machine.Traveller) -> History:
    """That history, at the instant at which it ends."""
    clock.move_to(setting.until)
    return setting.made[1]  # type: ignore[no-any-return]


@pytest.fixture
def owner(database: Database, history: History) -> Iterator[Owner]:
    """Somebody who owns the database in which that history stands."""
    somebody = Owner(database)
    yield somebody
    somebody.engine.dispose()


@pytest.fixture
def verified() -> Callable[[], Result]:
    """Verify, outside any session that may still see the past."""

    def run() -> Result:
        db.session.rollback()
        return verify()

    return run


def named(result: Result) -> set[tuple[str, int, str]]:
    """Return (subject, entry, field) of each difference."""
    return {(each.subject, each.seq, each.field) for each in result.differences}


def of(result: Result, field: str) -> list[Difference]:
    """Return the differences of one field."""
    return [each for each in result.differences if each.field == field]

"""Every column of every table that the ledger covers, changed with raw SQL, one after another: each is found and named.

What is covered is asked of the schema: a column that is neither changed here (or, for the tree, in `test_tree.py`) nor
on the list of those that no entry speaks of fails.
"""

from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from flask import Flask
from sqlalchemy import Boolean, Column, Integer, LargeBinary, create_engine, text

from specimens.domain.access import system_actor
from specimens.domain.errors import BadInput
from specimens.domain.terms import Kind, Mode, StationKind, StorageKind
from specimens.models import installation, user
from specimens.models.base import Base, db
from specimens.models.registry import ROWS
from specimens.services import (
    checkpoint,
    draw,
    find,
    finding,
    handover,
    keeper,
    notary,
    pool,
    processing,
    redaction,
    report,
    site,
)
from specimens.services.record import writing
from specimens.services.report_scope import ReportScope
from specimens.services.signature import Pen
from specimens.services.verify import verify
from tests.cast import PASSWORD, Cast, build
from tests.engines import Database
from tests.history import child_of, received
from tests.services.bags import released
from tests.stages import Stage, stage
from tests.tamper.test_tree import COLUMNS as OF_THE_TREE

assert installation and user  # imported for their tables

#: Columns that no entry speaks of, and why not. A whole table: `table.*`.
NOT_COVERED: dict[str, str] = {
    **dict.fromkeys(
        (f"{row.__tablename__}.id" for row in ROWS.values()),
        "the row's own number: nothing refers to it, rows are known by their code",
    ),
    **dict.fromkeys(
        (
            f"{table}.id"
            for table in (
                "sealed_text", "redaction", "identifier", "protocol_version", "specimen_parent", "pool_label",
                "draw_population", "handover_secret", "verification", "tile", "checkpoint", "cosignature",
                "installation",
            )
        ),
        "the row's own number: nothing refers to it, the row is known by its other columns",
    ),
    "installation.made_at": "when the database was made: no entry is older, and nothing follows from it",
    "answered_request.*": "the answer to a form that is sent again; what was done is an entry",
    "pending.*": "a place in a queue: verifying empties it first",
    "lease.*": "who empties that queue just now",
    "pin.*": "a secret of somebody's, as below; that it was set is an entry",
    "credential.*": "a secret of somebody's: whoever owns the database can log in as anybody (README)",
    "second_factor.*": "a secret of somebody's, as above; that it was set is an entry",
    "recovery_code.*": "a secret of somebody's, as above; that one was used is an entry",
    "sign_on_identity.*": "whom another system vouches for, as above; that it was linked is an entry",
    "login_session.*": "who is logged in just now; that somebody logged in is an entry",
    "login_delay.*": "how long somebody who guesses has to wait; that a log-in failed is an entry",
    "api_token.*": "a secret of somebody's, as above; that it was made or revoked is an entry",
    "print_job.*": "a queue; that a label was printed is an entry of what it is the label of",
}  # fmt: skip

#: Table beside the projections → the column by which a difference names its row, and what may stand before it. Of the
#: identifiers those of stations are changed.
BESIDE: dict[str, tuple[str, tuple[str, ...]]] = {
    "specimen_parent": ("child", ("specimen",)),
    "identifier": ("code", ("station", "identifier")),
    "pool_label": ("pool", ("pool",)),
    "draw_population": ("draw", ("draw",)),
    "handover_secret": ("handover", ("handover",)),
    "protocol_version": ("study", ("protocol",)),
}


def _covered() -> set[str]:
    """Return the columns that are changed in these tests."""
    tables = {row.__tablename__ for row in ROWS.values()} | BESIDE.keys()
    found = {f"{name}.{column.name}" for name in tables for column in Base.metadata.tables[name].columns}
    found |= {f"{name}.{column}" for name, columns in OF_THE_TREE.items() for column in columns}
    for name in ("ledger_entry", "sealed_text", "redaction", "verification", "installation"):
        found |= {f"{name}.{column.name}" for column in Base.metadata.tables[name].columns}
    return found - NOT_COVERED.keys()


def test_every_column_is_covered_or_it_is_said_why_not() -> None:
    there = {
        f"{table.name}.{column.name}" for table in Base.metadata.tables.values() for column in table.columns
    }
    whole = {name.removesuffix("*") for name in NOT_COVERED if name.endswith(".*")}
    spared = {name for name in there if name.startswith(tuple(whole))} | (NOT_COVERED.keys() & there)
    assert there - spared == _covered()
    assert not {name for name in whole if not any(each.startswith(name) for each in there)}
    assert {name for name in NOT_COVERED if not name.endswith(".*")} <= there


def _everything(clock: time_machine.Traveller) -> Cast:
    """Make something of every kind, and something in every table that the ledger covers."""
    cast = build()
    made = received(cast, clock)
    pool.issue(cast.nora, cast.study, "AMS", "small", 3)
    child_of(cast, made.tubes[0])
    processing.open_batch(cast.mei, "Serum")
    site.add_storage(cast.adam, "AMS", StorageKind.FREEZER, "F1", "minus80")
    miss = find.refused(cast.nora, "a hospital number", BadInput("scan_unreadable"), key="k", mode=Mode.SCAN)
    assert miss
    code = str(db.session.execute(text("SELECT code FROM near_miss")).scalar_one())
    redaction.redact(cast.ivo, Kind.NEAR_MISS, code, 1, "raw", "it names somebody")
    bag, tubes = released(cast, 2)
    handover.offer(cast.nora, bag.code)
    drew = draw.draw(cast.ada, 20).code
    finding.raise_finding(cast.ada, tubes[0], "minor", "x", pen=Pen(PASSWORD), draw=drew)
    report.make(cast.ada, ReportScope("specimen", tubes[0]), "csv")
    box = site.add_storage(cast.adam, "AMS", StorageKind.BOX, "B1", "minus80", rows=9, columns=9).code
    with writing(system_actor()) as op:
        facts = {"study": cast.study, "site": "AMS", "box": box}
        check = op.create(Kind.INVENTORY, "check_opened", facts=facts).code
        seen = {"specimen": tubes[0], "finding": "seen_misplaced", "well": "A1"}
        op.append(Kind.INVENTORY, check, "tube_seen", facts=seen)
        op.append(Kind.INVENTORY, check, "check_closed")
        facts = {"study": cast.study, "site": "AMS", "purpose": "analysis", "specimens": tubes}
        listed = op.create(Kind.PICK, "pick_listed", facts=facts).code
        op.append(Kind.PICK, listed, "line_picked", facts={"specimen": tubes[0], "outcome": "line_taken"})
        op.append(Kind.PICK, listed, "pick_closed")
        op.create(
            Kind.LOGIN, "login_failed", code="a-log-in", facts={"outcome": "unknown"}, sealed={"name": "x"}
        )
        op.append(
            Kind.BADGE,
            op.create(Kind.BADGE, "badge_issued", facts={"user": cast.nora.user}).code,
            "badge_retired",
        )
        op.create(Kind.PRINTER, "printer_added", facts=_PRINTER)
    checkpoint.make()
    clock.shift(-3600)
    site.add_station(cast.adam, "AMS", "behind", StationKind.CLINIC)
    clock.shift(7200)
    checkpoint.make()
    assert keeper.verify_and_keep().differences == ()
    (notary.notary().folder / "verified").unlink()
    return cast


_PRINTER: dict[str, Any] = {
    "site": "AMS", "name": "Desk", "kind": "network", "address": "10.0.0.5:9100", "resolved": "10.0.0.5",
    "language": "zpl", "answers": True, "dpi": 203, "stock": "roll_33", "offset_x": 0, "offset_y": 0, "stations": [],
    "active": True,
}  # fmt: skip


@pytest.fixture
def setting(engine_name: str) -> Stage:
    """Begin with something of everything."""
    return stage(_everything, engine_name)


class Owner:
    """The owner of the database, who has taken every trigger and constraint away."""

    def __init__(self, database: Database) -> None:
        self.engine = create_engine(database.migration_url or database.url)
        self.sqlite = self.engine.dialect.name == "sqlite"
        self.connection = self.engine.connect()
        if self.sqlite:
            self.does("PRAGMA ignore_check_constraints = ON")
            for name in self.all("SELECT name FROM sqlite_master WHERE type = 'trigger'"):
                self.does(f"DROP TRIGGER {name}")
            return
        for kind in ("f", "u", "c"):
            drop = (
                "SELECT format('ALTER TABLE %s DROP CONSTRAINT %I CASCADE', conrelid::regclass, conname) "
                "FROM pg_constraint WHERE contype = :kind AND connamespace = 'public'::regnamespace"
            )
            for statement in self.all(drop, kind=kind):
                self.does(statement)
        for table in self.all(
            "SELECT DISTINCT tgrelid::regclass::text FROM pg_trigger WHERE NOT tgisinternal"
        ):
            self.does(f"ALTER TABLE {table} DISABLE TRIGGER USER")

    def does(self, statement: str, **values: Any) -> None:
        self.connection.execute(text(statement), values)
        self.connection.commit()

    def all(self, query: str, **values: Any) -> list[Any]:
        found = list(self.connection.execute(text(query), values).scalars())
        self.connection.commit()
        return found


@pytest.fixture
def owner(
    database: Database, context: Flask, clock: time_machine.Traveller, setting: Stage
) -> Iterator[Owner]:
    """That owner, on a database with something of everything."""
    clock.move_to(setting.until)
    somebody = Owner(database)
    yield somebody
    somebody.connection.close()
    somebody.engine.dispose()


def _other(column: Column[Any], value: Any) -> Any:
    """Return another value that fits the column's type: one bit of it, or one character."""
    if isinstance(column.type, Boolean):
        return not value
    if isinstance(column.type, Integer):
        return 1 if value is None else value + 100_000
    if isinstance(column.type, LargeBinary):
        return b"x" if value is None else bytes([bytes(value)[0] ^ 1]) + bytes(value)[1:]
    return "x" if not value else chr(ord(value[0]) ^ 1) + value[1:]


_PROJECTIONS = frozenset(row.__tablename__ for row in ROWS.values())


class Change:
    """One column of one row, changed and put back; *names* are what a difference may be about."""

    def __init__(self, owner: Owner, table: str, number: int, column: str, names: tuple[str, ...]) -> None:
        self.owner, self.table, self.number, self.column, self.names = owner, table, number, column, names
        self.honest = owner.all(f'SELECT "{column}" FROM "{table}" WHERE id = :n', n=number)[0]

    def make(self) -> None:
        column = Base.metadata.tables[self.table].columns[self.column]
        value = _other(column, self.honest)
        self._write(value, self.number)
        if self.column == "id":
            self.number = value

    def undo(self) -> None:
        self._write(self.honest, self.number)

    def _write(self, value: Any, number: int) -> None:
        said = f'UPDATE "{self.table}" SET "{self.column}" = :value WHERE id = :n'
        self.owner.does(said, value=value, n=number)

    def is_in(self, found: set[tuple[str, str]]) -> bool:
        begins = "row" if self.table in _PROJECTIONS else "identifier" if self.table == "identifier" else ""
        return any(subject in self.names and field.startswith((begins, "row")) for subject, field in found)


def _all_found(changes: list[Change]) -> list[str]:
    """Make all of these changes at once, verify, put them back; return those that nothing named."""
    for each in changes:
        each.make()
    db.session.rollback()
    found = {(difference.subject, difference.field) for difference in verify().differences}
    for each in reversed(changes):
        each.undo()
    return [f"{each.table}.{each.column} ({each.names})" for each in changes if not each.is_in(found)]


def _by_rounds(owner: Owner) -> list[list[Change]]:
    """Spread the columns of each table over its rows: at most one of a row is changed in one round."""
    rounds: list[list[Change]] = []
    tables = {row.__tablename__: (str(kind),) for kind, row in ROWS.items()}
    named = {**{table: ("code", kinds) for table, kinds in tables.items()}, **BESIDE}
    for table, (by, kinds) in named.items():
        where = "WHERE kind = 'station'" if table == "identifier" else ""
        rows = owner.all(f'SELECT id FROM "{table}" {where} ORDER BY id DESC LIMIT 12')
        assert rows, f"nothing in {table}"
        columns = [
            column.name
            for column in Base.metadata.tables[table].columns
            if f"{table}.{column.name}" in _covered()
        ]
        for place, column in enumerate(columns):
            number = rows[place % len(rows)]
            name = owner.all(f'SELECT "{by}" FROM "{table}" WHERE id = :n', n=number)[0]
            at = place // len(rows)
            rounds.extend([] for _ in range(at + 1 - len(rounds)))
            rounds[at].append(Change(owner, table, number, column, tuple(f"{kind} {name}" for kind in kinds)))
    return rounds


def test_every_column_of_every_row_beside_the_ledger_is_found_when_it_is_changed(owner: Owner) -> None:
    missed = [each for changes in _by_rounds(owner) for each in _all_found(changes)]
    assert missed == []


def test_every_column_of_an_entry_and_of_its_texts_is_found_when_it_is_changed(owner: Owner) -> None:
    stations = owner.all("SELECT id FROM ledger_entry WHERE act = 'station_added' ORDER BY id")
    missed: list[str] = []
    for column in Base.metadata.tables["ledger_entry"].columns:
        number = stations[-1]
        code = owner.all("SELECT subject_code FROM ledger_entry WHERE id = :n", n=number)[0]
        leaf = owner.all("SELECT id FROM leaf WHERE entry = :n", n=number)[0]
        missed += _all_found(
            [Change(owner, "ledger_entry", number, column.name, (f"station {code}", f"leaf {leaf}"))]
        )
    for table in ("sealed_text", "redaction"):
        row = owner.all(f"SELECT max(id) FROM {table}")[0]
        of = owner.all(f"SELECT entry_id FROM {table} WHERE id = :n", n=row)[0]
        kind = owner.all("SELECT subject_kind FROM ledger_entry WHERE entry_id = :of", of=of)[0]
        code = owner.all("SELECT subject_code FROM ledger_entry WHERE entry_id = :of", of=of)[0]
        for column in Base.metadata.tables[table].columns:
            if column.name != "id":
                missed += _all_found(
                    [Change(owner, table, row, column.name, (f"{kind} {code}", f"entry {of}"))]
                )
    assert missed == []


def test_every_column_of_a_kept_verification_and_the_name_of_the_ledger_are_found_when_changed(
    owner: Owner,
) -> None:
    row = owner.all("SELECT max(id) FROM verification")[0]
    missed: list[str] = []
    for column in Base.metadata.tables["verification"].columns:
        if column.name != "id":
            missed += _all_found([Change(owner, "verification", row, column.name, (f"verification {row}",))])
    missed += _all_found([Change(owner, "installation", 1, "origin", ("site AMS",))])
    assert missed == []


def test_a_result_that_was_taken_away_is_named(owner: Owner) -> None:
    owner.does("DELETE FROM verification")
    db.session.rollback()
    assert {each.field for each in verify().differences} >= {"result"}

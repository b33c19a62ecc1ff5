"""Every named constraint refuses the row that it is there for."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import time_machine
from sqlalchemy import Connection, PrimaryKeyConstraint, Table, insert
from sqlalchemy.exc import DBAPIError, IntegrityError

from specimens.app import stored
from specimens.models import installation, user
from specimens.models.base import Base, db
from specimens.models.registry import APPEND_ONLY, ROWS
from specimens.services.constraints import violated
from tests.engines import settings_for
from tests.models.breaks import BREAKS
from tests.models.rows import SECOND_SPECIMEN, VALID
from tests.stages import stage

assert ROWS and user and installation  # imported for their tables

TABLES: dict[str, Table] = Base.metadata.tables  # type: ignore[assignment]


def named() -> dict[str, str]:
    """Return every named constraint of the models, and the table that it stands on."""
    found = {}
    for table in TABLES.values():
        for constraint in table.constraints:
            if not isinstance(constraint, PrimaryKeyConstraint):
                found[str(constraint.name)] = table.name
        found.update({str(index.name): table.name for index in table.indexes if index.unique})
    return found


CONSTRAINTS = named()


def _fill(clock: time_machine.Traveller) -> None:
    """Fill every table with its valid row."""
    for name, row in VALID.items():
        if name in ("installation", "lease"):
            continue  # the application under test has named itself, and the migration has made the lease
        if name == "specimen_parent":
            db.session.execute(insert(TABLES["specimen"]), SECOND_SPECIMEN)
        db.session.execute(insert(TABLES[name]), row)
    db.session.commit()


@pytest.fixture
def filled(engine_name: str, tmp_path: Path) -> Iterator[Connection]:
    """A transaction on a database with every valid row, which all tests share: what one does in it is rolled back."""
    settings = settings_for(stage(_fill, engine_name).database, tmp_path)
    with stored(settings).app_context():
        with db.engine.connect() as connection, connection.begin() as transaction:
            yield connection
            transaction.rollback()
        db.engine.dispose()


def test_every_constraint_has_a_row_that_it_must_refuse() -> None:
    assert set(CONSTRAINTS) == set(BREAKS)
    assert set(VALID) == set(TABLES)


@pytest.mark.parametrize("name", sorted(BREAKS))
def test_a_constraint_refuses_its_row(name: str, filled: Connection) -> None:
    table = CONSTRAINTS[name]
    row = {**VALID[table], **BREAKS[name]}
    with pytest.raises(IntegrityError) as refused:
        filled.execute(insert(TABLES[table]), row)
    told = violated(refused.value)
    if filled.dialect.name == "postgresql":
        assert told == name
    elif name.startswith("fk_"):
        assert "FOREIGN KEY" in str(refused.value.orig)  # SQLite does not say which
    elif name.startswith("ck_"):
        assert told == name


@pytest.mark.parametrize("table", sorted(row.__tablename__ for row in APPEND_ONLY))
@pytest.mark.parametrize("verb", ["UPDATE {0} SET id = id", "DELETE FROM {0}"])
def test_an_append_only_table_refuses_every_change(table: str, verb: str, filled: Connection) -> None:
    with pytest.raises(DBAPIError) as refused:
        filled.exec_driver_sql(verb.format(table))
    assert any(word in str(refused.value) for word in ("append-only", "permission denied"))

"""The schema that the migrations make is the schema that the models describe."""

from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from flask import Flask

from specimens.migrations import connect
from specimens.models import guard, installation, user
from specimens.models.base import POSTGRESQL_OPTIONS, Base, db
from specimens.models.registry import APPEND_ONLY, ROWS

assert ROWS and user and installation


def test_the_migrated_schema_equals_the_models(app: Flask) -> None:
    with app.app_context(), db.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        differences = compare_metadata(context, Base.metadata)
    assert differences == []


def test_every_projection_has_exactly_its_columns() -> None:
    from dataclasses import fields

    from specimens.domain.fold import PROJECTIONS

    for kind, (record, _) in PROJECTIONS.items():
        columns = {column.name for column in Base.metadata.tables[ROWS[kind].__tablename__].columns}
        assert columns == {each.name for each in fields(record)} | {"id", "entry_seq", "entry_hash"}, kind


def test_migrations_find_the_tables_where_the_program_does() -> None:
    assert connect.PINNED in POSTGRESQL_OPTIONS


def test_the_guards_that_the_migrations_make_are_those_that_verifying_expects(app: Flask) -> None:
    with app.app_context(), db.engine.connect() as connection:
        there = guard.there(connection)
        assert there == guard.expected(connection.dialect.name)
        assert guard.expected_unique(connection.dialect.name) <= guard.unique_there(connection)
    assert len(there) > 2 * len(APPEND_ONLY)
    assert guard.Unique("specimen", ("code",)) in guard.expected_unique("sqlite")
    assert guard.Unique("specimen", ("place", "position"), True) in guard.expected_unique("sqlite")

"""Bring a database's schema up to date: one transaction per step, so that a kill leaves nothing half done."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, make_url

from specimens.migrations import roles


def _config(url: str) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.attributes["url"] = url
    return config


def upgrade(database_url: str, migration_url: str | None = None) -> None:
    """Bring the schema to the newest version, as the owner (*migration_url*) where one is named.

    On PostgreSQL the application's role, the one of *database_url*, then gets what it may do and nothing more.
    """
    url = migration_url or database_url
    command.upgrade(_config(url), "head")
    if migration_url and make_url(database_url).username != make_url(migration_url).username:
        roles.grant(migration_url, str(make_url(database_url).username))


def newest() -> str:
    """Return the newest schema version that this program knows."""
    head = ScriptDirectory.from_config(_config("")).get_current_head()
    assert head is not None  # noqa: S101 - there is always a first migration
    return head


def current(database_url: str) -> str | None:
    """Return the schema version of a database, None where there is no schema yet."""
    engine = create_engine(database_url)
    try:
        with engine.connect() as connection:
            return MigrationContext.configure(connection).get_current_revision()
    finally:
        engine.dispose()

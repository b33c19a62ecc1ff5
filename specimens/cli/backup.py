"""Copies of an SQLite installation, made while it runs."""

import os
import sqlite3
from pathlib import Path

import click

import config
from specimens.cli import installation
from specimens.migrations import run
from specimens.services import redaction

#: What SQLite keeps beside its file: left behind, it would be read into a restored one.
_BESIDE = ("-wal", "-shm", "-journal")


_OURS = "SELECT count(*) FROM sqlite_master WHERE name IN ('ledger_entry', 'installation')"


def _path(settings: config.Settings) -> Path:
    if not settings.sqlite:
        raise click.ClickException("This database is PostgreSQL: use pg_dump and pg_restore.")
    return installation.file_of(settings)


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def backup(file: Path) -> None:
    """Copy the database to FILE while people work; never over an existing file."""
    source = _path(installation.checked())
    if file.exists():
        raise click.ClickException(
            f"{file} exists already. Name another file; a backup is never overwritten."
        )
    _copy(source, file)
    click.echo(f"Backed up to {file} ({file.stat().st_size:,} bytes).")


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def restore(file: Path) -> None:
    """Put the backup FILE in the place of a database that is not there (any more); then run verify."""
    target = _path(config.read())
    for there in (target, *(target.with_name(target.name + end) for end in _BESIDE)):
        if there.exists():
            raise click.ClickException(
                f"{there} exists. Stop the server and move that file away first; it is never overwritten."
            )
    _copy(file, target)
    click.echo(f"Restored to {target}.")
    settings = config.read()
    if installation.schema(settings) == run.newest():
        with installation.application(settings):
            if again := redaction.replay():
                click.echo(f"{again:,} texts that had been redacted since were redacted again.")
    click.echo("Now run: specimens verify")


def _copy(source: Path, target: Path) -> None:
    """Copy a consistent state of *source*: appears under its name only when it is whole."""
    part = target.with_name(target.name + ".part")
    part.unlink(missing_ok=True)
    try:
        reading = sqlite3.connect(f"file:{source}?mode=ro", uri=True)
        writing = sqlite3.connect(part)
        try:
            reading.backup(writing, pages=256)
            whole = writing.execute("PRAGMA integrity_check").fetchone()[0]
            ours = writing.execute(_OURS).fetchone()[0] == 2
        finally:
            reading.close()
            writing.close()
        if whole != "ok":
            raise click.ClickException(f"{source} is damaged ({whole}). Nothing was written.")
        if not ours:
            raise click.ClickException(f"{source} is no database of this program. Nothing was written.")
        os.replace(part, target)
    except (sqlite3.Error, OSError) as error:
        raise click.ClickException(f"{source} cannot be copied to {target} ({error}).") from error
    finally:
        part.unlink(missing_ok=True)

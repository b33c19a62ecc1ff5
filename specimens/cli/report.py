"""A custody report at the terminal, for long ones and for scripts; made in the name of whom a token stands for."""

import os
import sys
from datetime import datetime
from pathlib import Path

import click

from specimens import __version__
from specimens.cli import installation
from specimens.domain.access import Actor
from specimens.domain.words import WORDS
from specimens.services import report as service
from specimens.services import token
from specimens.services.report_scope import read_scope
from specimens.services.report_voice import Voice

_DAY = click.DateTime(["%Y-%m-%d"])


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.argument("about", default="")
@click.option("--first", type=_DAY, help="First day of a period.")
@click.option("--last", type=_DAY, help="Last day of a period, this day included.")
def report(file: Path, about: str, first: datetime | None, last: datetime | None) -> None:
    """Make a custody report as FILE (.pdf or .csv) ABOUT an identifier, or about everything in a period.

    SPECIMENS_TOKEN holds the token of the person who makes it (`specimens token make`); it is kept on record.
    """
    form = file.suffix.removeprefix(".").lower()
    if form not in service.FORMATS:
        raise click.ClickException(
            f"{file} ends neither in .pdf nor in .csv: by its ending it is known what to make."
        )
    if file.exists():
        raise click.ClickException(
            f"{file} exists already. Name another file; a report is never overwritten."
        )
    with installation.application():
        actor = _actor()
        scope = read_scope(about, first.date() if first else None, last.date() if last else None)
        voice = Voice(actor.language, lambda code: WORDS.get(code, code.replace("_", " ")), __version__)
        made = service.make(actor, scope, form, voice, progress=_bar if sys.stderr.isatty() else None)
    try:
        with file.open("xb") as opened:
            opened.write(made.data)
    except OSError as error:
        raise click.ClickException(f"{file} cannot be written ({error}). Name another file.") from error
    if sys.stderr.isatty():
        click.echo("", err=True)
    click.echo(f"Report {made.code}, digest {made.digest}: {file} ({len(made.data):,} bytes).")


def _actor() -> Actor:
    said = os.environ.get("SPECIMENS_TOKEN", "")
    actor = token.actor_of(said) if said else None
    if actor is None:
        why = "counts no more, or never did" if said else "is not set"
        raise click.ClickException(f"SPECIMENS_TOKEN {why}. Make a token: specimens token make LOGIN")
    return actor


def _bar(done: int, of: int) -> None:
    """Draw how far it is, on one line."""
    filled = 40 * done // max(of, 1)
    click.echo(f"\r[{'#' * filled}{'.' * (40 - filled)}] page {done:,} of {of:,}", nl=False, err=True)

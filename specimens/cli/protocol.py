"""Protocol files."""

import sys
from pathlib import Path

import click

from specimens.domain import protocol as rules


@click.group()
def protocol() -> None:
    """Protocol files: a study as data."""


@protocol.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def check(file: Path) -> None:
    """Say what is wrong with a protocol file, line by line; exit 1 when it cannot be used."""
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise click.ClickException(f"{file} cannot be read as text ({error}). Save it as UTF-8.") from error
    problems = rules.check(text, file.name)
    for problem in problems:
        click.echo(str(problem))
    if problems:
        sys.exit(1)
    read = rules.load(text, file.name)
    click.echo(f"{read.study.title.en}, version {read.study.version}: can be used.")
    said = ""
    for assumed in read.assumptions():
        why = f"  ({assumed.note})" if assumed.note not in ("", said) else ""
        said = assumed.note
        click.echo(f"  to confirm: {assumed.key} = {assumed.value}{why}")

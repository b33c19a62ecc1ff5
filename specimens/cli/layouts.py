"""Layouts and stocks of labels that a site has of its own."""

import sys
from pathlib import Path

import click

import config
from labels import own


@click.group()
def layouts() -> None:
    """Layouts and stocks of labels of the site's own: TOML files in SPECIMENS_LAYOUTS (data folder: layouts)."""


@layouts.command()
@click.argument("folder", required=False, type=click.Path(exists=True, file_okay=False, path_type=Path))
def check(folder: Path | None) -> None:
    """Say what is wrong with FOLDER (default: the one that is set), line by line; exit 1 when it cannot be used."""
    folder = folder or config.read().layouts
    if folder is None:
        raise click.ClickException(
            "No folder of layouts is set: name one, or set SPECIMENS_LAYOUTS. The library's own need no check."
        )
    problems = own.problems(folder)
    for problem in problems:
        click.echo(problem)
    if problems:
        sys.exit(1)
    click.echo(f"{folder}: can be used.")


def must_be_right(settings: config.Settings) -> None:
    """Refuse to begin with a layout that is wrong: a label that cannot be printed is found out before it is needed.

    Raises:
        BadSetting: with the first mistake, and how to see all of them.
    """
    if settings.layouts and (problems := own.problems(settings.layouts)):
        more = f" ({len(problems)} mistakes in all)" if len(problems) > 1 else ""
        raise config.BadSetting(
            f"The layouts in {settings.layouts} cannot be used: {problems[0]}{more}. "
            "See all with: specimens layouts check"
        )

"""Personal tokens for the API."""

import click

from specimens.cli import installation
from specimens.services import token as service


@click.group()
def token() -> None:
    """Personal tokens for the API."""


@token.command()
@click.argument("login")
@click.option("--name", default="terminal", show_default=True, help="What the token is for.")
@click.option("--days", default=90, show_default=True, type=click.IntRange(1, 3650))
@click.option("--station", help="Identifier of the station where the token's scans are made.")
def make(login: str, name: str, days: int, station: str | None) -> None:
    """Make a token for a person's first grant, and print it once."""
    with installation.application():
        click.echo(service.make_for(login, name, days=days, station=station))

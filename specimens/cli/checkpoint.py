"""Checkpoints from the terminal."""

from pathlib import Path
from typing import IO

import click

from specimens.cli import installation
from specimens.services import checkpoint as service
from specimens.services import epoch as epochs
from specimens.services import publish as publishing


@click.group()
def checkpoint() -> None:
    """Signed checkpoints of the ledger: whoever keeps one can tell later whether history was rewritten."""


@checkpoint.command()
def make() -> None:
    """Sign a checkpoint over everything so far, and print it."""
    with installation.application():
        click.echo(service.make(), nl=False)


@checkpoint.command()
@click.option("--keys", is_flag=True, help="The public keys instead, with their periods.")
def show(keys: bool) -> None:
    """Print the newest checkpoint, or the public keys by which checkpoints are checked."""
    with installation.application():
        if keys:
            for each in service.public_keys():
                click.echo(f"{each.vkey}  {'retired' if each.retired_at else 'signs'}")
            return
        note = service.newest_note()
    if note is None:
        raise click.ClickException("There is no checkpoint yet. Make one: specimens checkpoint make")
    click.echo(note, nl=False)


@checkpoint.command()
@click.option(
    "--folder", type=click.Path(exists=True, file_okay=False, path_type=Path), help="A folder to write to."
)
@click.option("--witness", help="Address of an HTTP witness (C2SP tlog-witness).")
@click.option("--key", help="The witness's public key, as it prints it.")
def publish(folder: Path | None, witness: str | None, key: str | None) -> None:
    """Send the newest checkpoint where it is out of this machine's reach: a folder, a witness, or both."""
    if folder is None and witness is None:
        raise click.UsageError("Name a --folder, or a --witness with its --key.")
    if witness is not None and key is None:
        raise click.UsageError("A --witness needs its --key, to check what it answers.")
    with installation.application():
        if folder is not None:
            done = publishing.to_folder(folder)
            click.echo(f"Checkpoint of {done.size:,} entries written to {done.to}.")
        if witness is not None and key is not None:
            done = publishing.to_witness(witness, key)
            click.echo(f"Checkpoint of {done.size:,} entries cosigned by {done.to}.")


@checkpoint.command()
@click.option("--finish", is_flag=True, help="Retire the old key: from now on the new one signs alone.")
def rotate(finish: bool) -> None:
    """Begin a new signing key; both sign until --finish."""
    with installation.application():
        if finish:
            retired, note = service.finish_rotation()
            for each in retired:
                click.echo(f"Retired: {each}")
        else:
            vkey, note = service.rotate()
            click.echo(f"New key, hand it on: {vkey}")
        click.echo(note, nl=False)


@checkpoint.command()
@click.option(
    "--known",
    type=click.File(encoding="utf-8"),
    help="A checkpoint from a report that is newer than the file's.",
)
@click.confirmation_option(prompt="Begin a new count? What was lost goes on record for ever.")
def epoch(known: IO[str] | None) -> None:
    """Begin a new count after a loss, with a signed statement of what is known outside and missing here."""
    with installation.application():
        begun = epochs.begin(known.read() if known else None)
    click.echo(begun.statement)
    click.echo(begun.note, nl=False)

"""Asking whether the ledger and everything that follows from it are as they must be."""

import json
import os
import sys
from dataclasses import asdict
from pathlib import Path

import click

from specimens.cli import installation
from specimens.services import keeper
from specimens.services import verify as service
from specimens.services.against import Answer, against


@click.command()
@click.option("--full", is_flag=True, help="Read every entry, however many there are.")
@click.option(
    "--new", is_flag=True, help="Read only what is new since the last time, however little there is."
)
@click.option(
    "--against", "old", metavar="FILE_OR_TEXT", help="Hold an old checkpoint, from a report, against today."
)
@click.option("--keep", is_flag=True, help="Keep the result for the auditor's home page; for a scheduler.")
@click.option(
    "--workers", type=click.IntRange(1, 64), help="Processes to share the work; the processors by default."
)
@click.option("--json", "as_json", is_flag=True, help="Answer as one JSON object.")
def verify(full: bool, new: bool, old: str | None, keep: bool, workers: int | None, as_json: bool) -> None:
    """Check every entry, chain, table, tile and checkpoint; exit 0 when all is as it must be, 1 otherwise.

    In a ledger of more than 250,000 entries what was verified before, and whose tree has not changed since, is not read
    again unless --full is given; the answer says so.
    """
    if full and new:
        raise click.UsageError("--full and --new contradict each other: choose one.")
    whole = True if full else False if new else None
    if old is not None:
        _hold_against(old, as_json)
    shows = not as_json and sys.stderr.isatty()

    def progress(done: int, total: int) -> None:
        if shows:
            click.echo(f"\r{done:,} of {total:,} entries", nl=False, err=True)

    with installation.application():
        if keep:
            result = keeper.verify_and_keep(whole=whole)
        else:
            result = service.verify(progress, whole=whole, workers=workers or os.cpu_count() or 1)
    if shows:
        click.echo("", err=True)
    if as_json:
        click.echo(json.dumps(service.plain(result), ensure_ascii=False))
    else:
        _tell(result)
    sys.exit(0 if result.sound else 1)


def _tell(result: service.Result) -> None:
    for each in result.differences:
        where = f"{each.subject}, entry {each.seq}" if each.seq else each.subject
        click.echo(f"{where}, {each.field}: expected {each.expected}, found {each.found}")
    if result.further:
        click.echo(f"… and {result.further:,} more")
    if result.redacted:
        click.echo(f"{result.redacted:,} sealed texts are redacted; their commitments stand.")
    if result.unread:
        click.echo(
            f"{result.unread:,} older entries were verified before and not read again; the tree over them is "
            "unchanged. To read them all: specimens verify --full"
        )
    verdict = "all as it must be" if result.sound else "DIFFERENCES FOUND"
    click.echo(f"{result.entries:,} entries of {result.subjects:,} subjects: {verdict}.")
    click.echo(f"Tree of {result.size:,} entries, root {result.root}.")


def _hold_against(old: str, as_json: bool) -> None:
    path = Path(old)
    try:
        said = path.read_text(encoding="utf-8") if len(old) < 4096 and path.is_file() else old
    except (OSError, UnicodeDecodeError) as error:
        raise click.ClickException(f"{old} cannot be read as text ({error}).") from error
    with installation.application():
        answer = against(said.replace("\\n", "\n"))
    click.echo(json.dumps(asdict(answer), ensure_ascii=False) if as_json else _in_words(answer))
    sys.exit(0 if answer.holds and answer.signed is not False else 1)


def _in_words(answer: Answer) -> str:
    signed = {
        None: "It came without its signature: only its root was compared.",
        True: "It is signed by a key of this ledger.",
        False: "ITS SIGNATURE DOES NOT FIT a key of this ledger.",
    }[answer.signed]
    if answer.holds:
        return (
            f"The checkpoint of {answer.size:,} entries is the beginning of today's {answer.now:,}: nothing that it "
            f"covers was changed, removed, inserted or reordered since. {signed}"
        )
    cause = "entries are gone" if answer.now < answer.size else "its history was rewritten"
    return (
        f"THE CHECKPOINT of {answer.size:,} entries IS NO PART of today's ledger of {answer.now:,} entries: {cause}. "
        f"They are known to agree on the first {answer.agrees_to:,}, and differ within the first "
        f"{answer.differs_at or answer.size:,}. {signed}"
    )

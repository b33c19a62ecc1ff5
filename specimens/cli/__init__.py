"""Floor 3: terminal doors. `specimens --help` lists them; each ends with 0, or with one clear line and 1 (2: usage)."""

import logging
import sys

import click

from config import BadSetting
from specimens import __version__
from specimens.cli import (
    backup,
    checkpoint,
    layouts,
    people,
    protocol,
    report,
    server,
    token,
    verify,
    witness,
)
from specimens.domain.errors import SpecimensError


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="specimens")
def cli() -> None:
    """Follow each biospecimen of a clinical trial from the bedside to the freezer, and prove it."""
    logging.getLogger("alembic").setLevel(logging.WARNING)


for command in (
    server.migrate,
    server.serve,
    server.start,
    server.demo,
    server.role,
    verify.verify,
    checkpoint.checkpoint,
    witness.witness,
    protocol.protocol,
    layouts.layouts,
    people.people,
    token.token,
    report.report,
    backup.backup,
    backup.restore,
):
    cli.add_command(command)


def main() -> None:
    """Run one command; whatever is wrong with what was asked ends in one line and exit code 1."""
    try:
        cli(prog_name="specimens")
    except BadSetting as error:
        _stop(str(error))
    except SpecimensError as error:
        _stop(told(error))
    except Exception as error:
        driver = getattr(error, "orig", None)  # a door knows no SQLAlchemy; its errors carry the driver's
        if driver is None:
            raise
        _stop(f"The database refused ({str(driver).strip().splitlines()[0]}). Nothing more was done.")


def told(error: SpecimensError) -> str:
    """Return the English sentence of an error, and what is wrong with each field of what was given."""
    from specimens.domain.sentences import SENTENCES

    class Kept(dict[str, object]):
        def __missing__(self, name: str) -> str:
            return "–"

    def sentence(code: str) -> str:
        return SENTENCES.get(code, code.replace("_", " ")).format_map(Kept(error.facts))

    fields = getattr(error, "fields", {})
    return " ".join([sentence(error.code), *(f"{name}: {sentence(code)}" for name, code in fields.items())])


def _stop(message: str) -> None:
    click.echo(message, err=True)
    sys.exit(1)

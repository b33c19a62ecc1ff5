"""Floor 3: terminal doors. `specimens --help` lists them; each ends with 0, or with one clear line and 1 (2: usage)."""

import logging
import sys
from importlib import import_module

import click

from config import BadSetting
from specimens import __version__
from specimens.domain.errors import SpecimensError

#: Command → the module in this room that holds it, under the command's name.
_MODULES = {
    "backup": "backup",
    "checkpoint": "checkpoint",
    "demo": "server",
    "layouts": "layouts",
    "migrate": "server",
    "people": "people",
    "protocol": "protocol",
    "report": "report",
    "restore": "backup",
    "role": "server",
    "serve": "server",
    "start": "server",
    "token": "token",
    "verify": "verify",
    "witness": "witness",
}


class _Commands(click.Group):
    """Imports a command when it is asked for: a witness needs no database, and no command the rooms of another."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_MODULES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        module = _MODULES.get(cmd_name)
        if module is None:
            return None
        command: click.Command = getattr(import_module(f"{__name__}.{module}"), cmd_name)
        return command


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="specimens")
def cli() -> None:
    """Follow each biospecimen of a clinical trial from the bedside to the freezer, and prove it."""
    logging.getLogger("alembic").setLevel(logging.WARNING)


def main() -> None:
    """Run one command; whatever is wrong with what was asked ends in one line and exit code 1."""
    try:
        cli(prog_name="specimens")
    except BadSetting as error:
        _stop(str(error))
    except SpecimensError as error:
        _stop(told(error))
    except OSError as error:
        if error.filename is None:
            raise
        _stop(
            f"{error.filename} cannot be used ({error.strerror}). Check that it is what it should be, and that the "
            "program's user may read and write it."
        )
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

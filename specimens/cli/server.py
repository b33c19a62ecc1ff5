"""Setting the database up, serving, and the first start."""

import contextlib
import importlib
import socket
import sys

import click

import config
from specimens.cli import installation, layouts
from specimens.domain.identifiers import printed
from specimens.migrations import roles, run
from specimens.services import badge, checkpoint, login, redaction
from specimens.services.install import install
from specimens.services.study import studies

THREADS = 8


@click.command()
def migrate() -> None:
    """Bring the database's schema to the newest version. Safe to repeat."""
    before, after = _migrate(config.read())
    click.echo(f"Schema {after}." if before == after else f"Schema {before or 'none'} → {after}.")


def _migrate(settings: config.Settings) -> tuple[str | None, str]:
    before = installation.schema(settings, settings.migration_url)
    if before is not None and before > run.newest():
        installation.checked()
    run.upgrade(settings.database_url, settings.migration_url)
    with installation.application(settings):
        install(settings.origin)
        redaction.replay()  # an older backup may have been put back by hand
    return before, run.newest()


@click.command()
def serve() -> None:
    """Serve the pages and the API until Ctrl-C."""
    settings = installation.checked()
    _port_must_be_free(settings)
    _may_serve(settings)
    click.echo(f"Serving on {_address(settings)} – end with Ctrl-C.")
    _serve(settings)


@click.command()
@click.option("--participants", default=15, show_default=True, type=click.IntRange(1, 500))
@click.option("--seed", default=1, show_default=True, help="The same seed makes the same data.")
def demo(participants: int, seed: int) -> None:
    """Load made-up demonstration data into an empty installation; refused in production."""
    settings = installation.checked()
    if settings.production:
        raise click.ClickException("Demonstration data and log-ins have no place in production.")
    with installation.application(settings):
        if studies():
            raise click.ClickException(
                "There is data here already; a demonstration needs an empty installation."
            )
        _demonstrate(settings, participants, seed)


@click.command()
def start() -> None:
    """Do all that a first look needs: migrate, load the demonstration into an empty database, serve."""
    settings = config.read()
    _port_must_be_free(settings)
    installation.must_be_whole(settings)
    _migrate(settings)
    demonstration = not settings.production
    _may_serve(settings)
    with installation.application(settings):
        if demonstration and not studies():
            click.echo("First start: making a demonstration …")
            _demonstrate(settings, 15, 1)
        badges = badge.of_demonstration() if demonstration else {}
    click.echo(f"\n  {_address(settings)}\n")
    if demonstration:
        _print_log_ins(badges)
    click.echo("End with Ctrl-C.")
    _serve(settings)


def _may_serve(settings: config.Settings) -> None:
    """Refuse a wrong layout, a history against its checkpoints, the tables' owner, a demonstration in production."""
    layouts.must_be_right(settings)
    if not settings.sqlite and roles.owns(settings.database_url):
        raise click.ClickException(
            "DATABASE_URL names a role that owns the tables or is a superuser: whoever breaks into the program could "
            "rewrite the ledger. Make a role that owns nothing (specimens role NAME prints the SQL), name it in "
            "DATABASE_URL, and keep the owner for MIGRATION_URL."
        )
    with installation.application(settings):
        if settings.production and (found := login.demonstration_log_ins()):
            raise click.ClickException(
                f"SPECIMENS_ENV=production, and this database holds demonstration log-ins ({', '.join(found[:5])}"
                f"{', …' if len(found) > 5 else ''}), whose password everybody knows. Set SPECIMENS_HOME to an empty "
                "folder (or DATABASE_URL to an empty database), start, and add people with: specimens people add"
            )
        checkpoint.outside()


@click.command()
@click.argument("name")
def role(name: str) -> None:
    """Print the SQL that makes NAME the application's role on PostgreSQL: no ownership, no TEMP, no DDL."""
    settings = config.read()
    if settings.sqlite:
        raise click.ClickException("This database is SQLite, which has no roles.")
    click.echo(roles.script(settings.database_url, name), nl=False)


def _demonstrate(settings: config.Settings, participants: int, seed: int) -> None:
    unfinished = settings.home / installation.UNFINISHED
    unfinished.touch()  # stays behind when the making is broken off, whatever breaks it off
    importlib.import_module("specimens.cli.demo").load(participants, seed, click.echo)
    unfinished.unlink()


def _print_log_ins(badges: dict[str, str]) -> None:
    from specimens.cli.demo_base import PASSWORD, PEOPLE, PIN, SHOWN

    click.echo(f"Demonstration log-ins (password {PASSWORD}):")
    for shown in SHOWN:
        name, role, *_ = PEOPLE[shown]
        click.echo(f"  {shown:<8}{str(role).replace('_', ' '):<16}{name}")
    if badges:
        click.echo(f"Badges, for changing the person at a station (PIN {PIN}):")
    for whose, code in badges.items():
        click.echo(f"  {whose:<8}{printed(code):<16}{PEOPLE[whose][0] if whose in PEOPLE else ''}")
    click.echo("")


def _address(settings: config.Settings) -> str:
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    return f"http://{host}:{settings.port}"


def _port_must_be_free(settings: config.Settings) -> None:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
            probe.listen(1)  # a listener elsewhere is refused here even where binding is shared
        except OSError as error:
            raise click.ClickException(
                f"Port {settings.port} on {settings.host} cannot be used ({error.strerror}). "
                f"Is specimens running already? Choose another: PORT={settings.port % 65535 + 1}"
            ) from error


def _serve(settings: config.Settings) -> None:
    from granian import Granian
    from granian.constants import Interfaces
    from granian.log import LogLevels

    server = Granian(
        "specimens.cli.wsgi:application",
        factory=True,
        address=settings.host,
        port=settings.port,
        interface=Interfaces.WSGI,
        workers=1,  # SQLite has one writer, and the fair gate in front of it lives in one process
        blocking_threads=THREADS,
        log_level=LogLevels.error,
        workers_kill_timeout=10,
    )
    with contextlib.suppress(KeyboardInterrupt):
        server.serve()
    click.echo("Stopped.")
    sys.exit(0)

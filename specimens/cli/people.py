"""People, from the terminal: the first administrator of a real installation has no page to be made on."""

from datetime import datetime

import click

from specimens.cli import installation
from specimens.domain.access import system_actor
from specimens.domain.errors import BadInput
from specimens.domain.terms import GRANTED_ROLES, Role
from specimens.services import grant as grants
from specimens.services import people as service
from specimens.services import site as sites

_ROLES = [str(role) for role in GRANTED_ROLES]


@click.group()
def people() -> None:
    """People and their roles."""


@people.command()
@click.argument("login")
@click.argument("full_name")
@click.option("--role", required=True, type=click.Choice(_ROLES))
@click.option("--study", help="Code of the study; none: every study (administrators).")
@click.option("--site", help="Code of the site; none: every site of the study.")
@click.option("--trained-on", required=True, type=click.DateTime(["%Y-%m-%d"]), help="Date of the training.")
@click.option("--from-on", type=click.DateTime(["%Y-%m-%d"]), help="First day; today if not given.")
@click.option("--language", default="en", type=click.Choice(["en", "nl"]), show_default=True)
@click.option("--reason", default="added at the terminal", show_default=True)
@click.password_option(help="First password; it has to be changed at the first log-in.")
def add(
    login: str,
    full_name: str,
    role: str,
    study: str | None,
    site: str | None,
    trained_on: datetime,
    from_on: datetime | None,
    language: str,
    reason: str,
    password: str,
) -> None:
    """Add a person with one role."""
    with installation.application():
        if study is None and role != Role.ADMINISTRATOR:
            raise BadInput("form_incomplete", {"study": "study_needed"})
        if site is not None:
            sites.site(site)
        actor = system_actor(study=study)
        first = from_on or datetime.now().astimezone()
        user = service.add(actor, login, full_name, password, language=language)
        grants.give(
            actor,
            user.code,
            Role(role),
            study=study,
            site=site,
            from_on=first.date(),
            training_on=trained_on.date(),
            reason=reason,
        )
        click.echo(f"{user.full_name} ({user.login}) was added as {role}.")

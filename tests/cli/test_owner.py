"""On PostgreSQL the server refuses to serve as the owner of the tables, and says how to make the role that may."""

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import make_url

from tests.cli.conftest import Terminal
from tests.engines import Database, as_superuser, fresh_postgresql


@pytest.fixture
def database() -> Iterator[Database]:
    """A migrated database on PostgreSQL."""
    yield from fresh_postgresql()


@pytest.mark.parametrize("command", ["serve", "start"])
def test_the_owner_of_the_tables_is_not_served(database: Database, tmp_path: Path, command: str) -> None:
    home = tmp_path / "home"
    home.mkdir()
    owner = Terminal(home, {"DATABASE_URL": str(database.migration_url), "PORT": "5989"})
    line = owner.refused(command)
    assert "owns the tables or is a superuser" in line
    assert "specimens role NAME" in line and "MIGRATION_URL" in line
    assert not (home / "ledger").exists()  # nothing was signed on the way


def test_what_the_role_command_prints_makes_a_role_that_owns_nothing(
    database: Database, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    printed = Terminal(home, {"DATABASE_URL": str(database.migration_url)}).run("role", "clinic").out
    assert 'CREATE ROLE "clinic" LOGIN' in printed
    for line in printed.splitlines():
        assert "OWNER" not in line and "SUPERUSER" not in line
    assert "REVOKE TEMPORARY" in printed and 'REVOKE UPDATE ON ledger_entry FROM "clinic"' in printed


def test_the_printed_sql_is_about_the_database_of_the_address_and_makes_a_role_that_migrates_and_cannot_shadow(
    database: Database, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    owner = str(database.migration_url)
    typed = owner.replace("%2F", "/")  # as a person writes the path of a socket
    assert "host=/" in typed
    printed = Terminal(home, {"DATABASE_URL": typed}).run("role", "clinic").out
    assert f'GRANT CONNECT ON DATABASE "{make_url(owner).database}" TO "clinic"' in printed
    try:
        as_superuser(owner, printed.replace("choose one", "clinic"))
        clinic = make_url(owner).set(username="clinic", password="clinic")
        said = {
            "DATABASE_URL": clinic.render_as_string(hide_password=False), "MIGRATION_URL": owner
        }  # fmt: skip
        assert Terminal(home, said).run("migrate").out.startswith("Schema ")
        assert Terminal(home, said).run("verify").code == 0
        address = clinic.set(drivername="postgresql").render_as_string(hide_password=False)
        with psycopg.connect(address) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("CREATE TEMPORARY TABLE ledger_entry (id int)")
    finally:
        as_superuser(owner, "DROP OWNED BY clinic; DROP ROLE clinic")


def test_a_role_to_which_nothing_was_granted_gets_it_by_migrating_and_is_told_so(
    database: Database, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    owner = str(database.migration_url)
    try:
        as_superuser(owner, "CREATE ROLE bare LOGIN PASSWORD 'bare'")
        bare = make_url(owner).set(username="bare", password="bare").render_as_string(hide_password=False)
        line = Terminal(home, {"DATABASE_URL": bare}).refused("verify")
        assert "may not read" in line and "MIGRATION_URL" in line and "specimens migrate" in line
        said = {"DATABASE_URL": bare, "MIGRATION_URL": owner}
        assert Terminal(home, said).run("migrate").out.startswith("Schema ")
        as_superuser(
            owner, "ALTER ROLE bare SET search_path = pg_temp, elsewhere"
        )  # the tables are found all the same
        verified = Terminal(home, said).run("verify")
        assert verified.code == 0, verified.err
    finally:
        as_superuser(owner, "DROP OWNED BY bare; DROP ROLE bare")

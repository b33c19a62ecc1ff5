"""On PostgreSQL the server refuses to serve as the owner of the tables, and says how to make the role that may."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.conftest import Terminal
from tests.engines import Database, fresh_postgresql


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

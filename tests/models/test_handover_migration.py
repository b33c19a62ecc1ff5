"""SQLite makes the table of specimens again so that somebody outside can hold one: nothing on it is lost."""

from pathlib import Path
from typing import Any

import pytest
from alembic import command
from sqlalchemy import create_engine, insert, text
from sqlalchemy.exc import IntegrityError

from specimens.migrations.run import _config
from specimens.models.base import Base
from tests.models.rows import SECOND_SPECIMEN, VALID

#: What stands in a database of the version before.
TABLES = ("site", "study", "participant", "visit", "station", "kit", "storage", "specimen", "specimen_parent")


def test_specimens_survive_the_step_with_their_constraints_and_indexes(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'before.db'}"
    command.upgrade(_config(url), "0003")
    engine = create_engine(url)
    tables: dict[str, Any] = Base.metadata.tables  # type: ignore[assignment]
    with engine.begin() as connection:
        for name in TABLES:
            connection.execute(insert(tables[name]), VALID[name])
            if name == "specimen":
                connection.execute(insert(tables[name]), SECOND_SPECIMEN)
        before = connection.execute(text("SELECT * FROM specimen ORDER BY id")).all()
        indexes = _indexes(connection)
    command.upgrade(_config(url), "0004")
    with engine.begin() as connection:
        connection.execute(text("PRAGMA foreign_keys = ON"))
        assert connection.execute(text("SELECT * FROM specimen ORDER BY id")).all() == before
        assert _indexes(connection) == indexes
        assert connection.execute(text("PRAGMA foreign_key_check")).all() == []
        connection.execute(text("UPDATE specimen SET custodian_kind = 'outside' WHERE code = 'C4K7N2XD'"))
        for wrong in ("custodian_kind = 'dog'", "volume_ul = -1", "position = 'A2'"):
            with pytest.raises(IntegrityError):
                connection.execute(text(f"UPDATE specimen SET {wrong} WHERE code = 'C4K7N2XD'"))
    engine.dispose()


def _indexes(connection: Any) -> set[tuple[str, str]]:
    rows = connection.execute(
        text(
            "SELECT name, sql FROM sqlite_master WHERE tbl_name = 'specimen' AND type = 'index' AND sql IS NOT NULL"
        )
    )
    return {(row.name, row.sql) for row in rows}

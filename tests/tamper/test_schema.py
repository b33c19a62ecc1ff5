"""Tables, indexes and triggers that the owner replaced by something else: each is named. On both engines."""

from collections.abc import Callable

import pytest

from specimens.services.verify import Result
from tests.engines import as_superuser
from tests.history import History
from tests.tamper.conftest import Owner, named

Verified = Callable[[], Result]

#: What the owner makes of the trigger that refuses changes of entries, by engine; its name stays.
_WEAKER = {
    "sqlite": (
        "BEFORE UPDATE ON ledger_entry WHEN 0 BEGIN SELECT RAISE(ABORT, 'ledger_entry is append-only'); END",
        "BEFORE UPDATE OF id ON ledger_entry BEGIN SELECT RAISE(ABORT, 'ledger_entry is append-only'); END",
        "BEFORE UPDATE ON pending BEGIN SELECT RAISE(ABORT, 'ledger_entry is append-only'); END",
        "BEFORE UPDATE ON ledger_entry BEGIN SELECT 'RAISE(ABORT'; END",
    ),
    "postgresql": (
        "BEFORE UPDATE OR DELETE ON ledger_entry FOR EACH ROW WHEN (false) EXECUTE FUNCTION refuse_change()",
        "BEFORE UPDATE OF id ON ledger_entry FOR EACH ROW EXECUTE FUNCTION refuse_change()",
        "BEFORE UPDATE OR DELETE ON pending FOR EACH ROW EXECUTE FUNCTION refuse_change()",
        "AFTER UPDATE OR DELETE ON ledger_entry FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()",
    ),
}


@pytest.mark.parametrize("number", range(4))
def test_a_trigger_of_the_same_name_that_refuses_less_is_named(
    number: int, owner: Owner, verified: Verified
) -> None:
    name = "ledger_entry_no_update" if owner.sqlite else "ledger_entry_no_change"
    weaker = _WEAKER["sqlite" if owner.sqlite else "postgresql"][number]
    owner.does(
        f"DROP TRIGGER {name}" if owner.sqlite else f"DROP TRIGGER {name} ON ledger_entry",
        f"CREATE TRIGGER {name} {weaker}",
        guards=True,
    )
    assert ("table ledger_entry", 0, f"trigger {name}") in named(verified())


def test_a_function_of_the_triggers_that_refuses_nothing_is_named(owner: Owner, verified: Verified) -> None:
    """SQLite's triggers have no function; there the one that keeps rows from being replaced is weakened."""
    if owner.sqlite:
        owner.does("DROP TRIGGER ledger_entry_no_replace_3", guards=True)
        assert named(verified()) == {("table ledger_entry", 0, "trigger ledger_entry_no_replace_3")}
        return
    owner.does(
        "CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "IF false THEN RAISE EXCEPTION 'append-only'; END IF; RETURN NEW; END $$",
        guards=True,
    )
    assert named(verified()) == {("database", 0, "function refuse_change")}


def test_a_trigger_of_the_owners_own_is_named(owner: Owner, verified: Verified) -> None:
    """It could change what is written, or write more than was done."""
    if owner.sqlite:
        made = ["CREATE TRIGGER more AFTER INSERT ON specimen BEGIN SELECT 1; END"]
    else:
        made = [
            "CREATE FUNCTION more() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$",
            "CREATE TRIGGER more AFTER INSERT ON specimen FOR EACH ROW EXECUTE FUNCTION more()",
        ]
    owner.does(*made, guards=True)
    functions = set() if owner.sqlite else {("database", 0, "function more")}
    assert named(verified()) == {("table specimen", 0, "trigger more"), *functions}


def test_a_view_in_the_place_of_a_table_is_named(owner: Owner, verified: Verified) -> None:
    """It can show one thing to who verifies and another to a page, or lie at certain hours alone."""
    owner.does("ALTER TABLE near_miss RENAME TO hidden", "CREATE VIEW near_miss AS SELECT * FROM hidden")
    if not owner.sqlite:
        owner.does("GRANT SELECT ON near_miss TO PUBLIC")
    assert ("table near_miss", 0, "kind") in named(verified())


@pytest.mark.parametrize("engine_name", ["postgresql"], indirect=True)  # it alone has such things
def test_what_else_decides_which_rows_are_seen_is_named(owner: Owner, verified: Verified) -> None:
    for made, unmade in (
        (
            "ALTER TABLE near_miss ENABLE ROW LEVEL SECURITY",
            "ALTER TABLE near_miss DISABLE ROW LEVEL SECURITY",
        ),
        (
            "CREATE RULE none AS ON INSERT TO near_miss DO INSTEAD NOTHING",
            "DROP RULE none ON near_miss",
        ),
        ("CREATE TABLE heir () INHERITS (near_miss)", "DROP TABLE heir"),
    ):
        owner.does(made)
        assert ("table near_miss", 0, "kind") in named(verified()), made
        owner.does(unmade)
    assert verified().sound


@pytest.mark.parametrize("engine_name", ["postgresql"], indirect=True)
def test_what_an_extension_of_the_server_brings_is_no_difference(owner: Owner, verified: Verified) -> None:
    as_superuser(
        owner.engine.url.render_as_string(hide_password=False), "CREATE EXTENSION vector SCHEMA public"
    )
    assert owner.asks("SELECT count(*) FROM pg_proc WHERE pronamespace = 'public'::regnamespace") > 50
    assert verified().differences == ()


def test_a_second_forged_row_of_a_tube_is_named(owner: Owner, history: History, verified: Verified) -> None:
    """Without its unique index a tube may have two rows: a page shows the first, and the last is compared."""
    tube = history.tubes[0]
    columns = [name for name in owner.columns("specimen") if name not in ("id", "status")]
    copied = ", ".join(f'"{name}"' for name in columns)
    if owner.sqlite:
        made = owner.asks("SELECT sql FROM sqlite_master WHERE type = 'table' AND name = 'specimen'")
        loose = made.replace("CONSTRAINT uq_specimen_code UNIQUE (code)", "CHECK (1)")
        assert loose != made
        owner.does(
            "ALTER TABLE specimen RENAME TO strict",
            loose,
            "INSERT INTO specimen SELECT * FROM strict",
            "DROP TABLE strict",
        )
    else:
        owner.does("ALTER TABLE specimen DROP CONSTRAINT uq_specimen_code CASCADE")
    owner.does(
        f"INSERT INTO specimen (id, status, {copied}) "
        f"SELECT -5, 'destroyed', {copied} FROM specimen WHERE code = :code",
        code=tube,
    )
    assert ("table specimen", 0, "unique code") in named(verified())

"""What the owner of the database can do to the tree and its checkpoints, with the key and without. On both engines.

The table "what each holder of a checkpoint can detect" is walked through, the row that nobody can detect included.
"""

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from specimens.domain.errors import Refused
from specimens.ledger import checkpoint as checkpoints
from specimens.ledger import tree as rules
from specimens.ledger.canonical import canonical
from specimens.ledger.entry import entry_hash
from specimens.models.base import db
from specimens.models.registry import APPEND_ONLY
from specimens.services import against, checkpoint, notary, tree
from specimens.services.verify import Result
from tests.history import History
from tests.tamper.conftest import Owner, named

Verified = Callable[[], Result]

#: Table → column → (what the owner writes there, the fields one of which names it). Every column that holds anything.
COLUMNS: dict[str, dict[str, tuple[str, set[str]]]] = {
    "leaf": {
        "id": ("id + 100000", {"index"}),
        "entry": ("entry + 100000", {"entry", "leaf"}),
        "hash": (":byte", {"leaf"}),
    },
    "tile": {
        "level": ("level + 1", {"row"}),
        "number": ("number + 7", {"row"}),
        "hashes": (":byte", {"hashes"}),
        "top": (":byte", {"top"}),
    },
    "checkpoint": {
        "origin": ("'other.invalid/log'", {"origin"}),
        "size": ("size - 1", {"size", "root"}),
        "root": (":byte", {"root"}),
        "made_at": ("made_at + 1", {"made_at"}),
        "note": ("replace(note, 'a', 'b')", {"note"}),
    },
    "cosignature": {
        "checkpoint": ("checkpoint + 1", {"line"}),
        "vkey": ("'witness.example+00000000+AAAA'", {"line"}),
        "line": ("replace(line, 'a', 'b')", {"line"}),
        "made_at": ("made_at + 1", {"made_at"}),
    },
}


def test_every_column_of_the_tree_is_attacked() -> None:
    #: A row's own number (a leaf's is its index): nothing follows from it.
    free = {"tile": {"id"}, "checkpoint": {"id"}, "cosignature": {"id"}, "leaf": set()}
    for row in APPEND_ONLY:
        if (table := row.__tablename__) in COLUMNS:
            columns = {column.name for column in row.__table__.columns}
            assert set(COLUMNS[table]) | free[table] == columns, table


@pytest.mark.parametrize("table", COLUMNS)
def test_a_changed_column_of_the_tree_is_named(table: str, owner: Owner, verified: Verified) -> None:
    number = owner.asks(f"SELECT max(id) FROM {table} WHERE id <> 3")
    for column, (written, fields) in COLUMNS[table].items():
        honest = owner.asks(f"SELECT {column} FROM {table} WHERE id = :n", n=number)
        values = {"n": number}
        if written == ":byte":
            values["byte"] = bytes([bytes(honest)[0] ^ 1]) + bytes(honest)[1:]
        owner.does(f"UPDATE {table} SET {column} = {written} WHERE id = :n", **values)
        found = {field for _, _, field in named(verified())}
        assert found & fields, (column, found)
        back = f"UPDATE {table} SET {column} = :honest WHERE {'entry = :e' if column == 'id' else 'id = :n'}"
        at = {"e": owner.asks(f"SELECT max(entry) FROM {table}")} if column == "id" else {"n": number}
        owner.does(back, honest=honest, **at)
    assert verified().sound


def test_a_leaf_that_is_gone_or_doubled_is_named(owner: Owner, verified: Verified) -> None:
    last = owner.asks("SELECT max(id) FROM leaf")
    owner.does("DELETE FROM leaf WHERE id = :n", n=last - 5)
    assert (f"leaf {last - 5}", 0, "index") in named(verified())
    owner.does("UPDATE leaf SET id = id - 1 WHERE id = :n", n=last - 4)
    assert {field for _, _, field in named(verified())} & {"index"}


def test_a_leaf_before_the_first_is_named(owner: Owner, verified: Verified) -> None:
    unchecked = (
        ["PRAGMA ignore_check_constraints = ON"]
        if owner.sqlite
        else ["ALTER TABLE leaf DROP CONSTRAINT ck_leaf_index"]
    )
    owner.does(*unchecked, "INSERT INTO leaf (id, entry, hash) VALUES (-1, 999999, :hash)", hash=b"h" * 32)
    assert named(verified()) == {("leaf -1", 0, "leaf")}


def _rewrite(owner: Owner, code: str) -> None:
    """Change a station's name in the middle of history, and recompute everything that can be without the key."""
    row = owner.asks("SELECT body FROM ledger_entry WHERE subject_code = :code", code=code)
    body = json.loads(bytes(row))
    body["facts"]["name"] = "Forged"
    forged = canonical(body)
    hash_ = entry_hash(forged)
    owner.does(
        "UPDATE ledger_entry SET body = :body, hash = :hash WHERE subject_code = :code",
        "UPDATE leaf SET hash = :hash WHERE entry = (SELECT id FROM ledger_entry WHERE subject_code = :code)",
        "UPDATE station SET name = 'Forged', entry_hash = :hash WHERE code = :code",
        "DELETE FROM tile",
        body=forged, hash=hash_, code=code,
    )  # fmt: skip
    with owner.engine.connect() as connection:
        made = owner._without(connection)
        tree.complete_tiles(connection, tree.size_of(connection))
        for each in made:
            connection.execute(text(each))
        connection.commit()


def _station(owner: Owner) -> str:
    return str(
        owner.asks("SELECT subject_code FROM ledger_entry WHERE act = 'station_added' AND id > 100 LIMIT 1")
    )


def _paper() -> str:
    """Return the checkpoint as it stands on paper: in an auditor's drawer, out of everybody's reach."""
    db.session.rollback()
    return checkpoint.make()


def _drop_checkpoints(owner: Owner) -> None:
    owner.does("DELETE FROM cosignature", "DELETE FROM checkpoint")


def test_a_rewritten_history_is_found_by_the_checkpoint_in_the_database(
    owner: Owner, verified: Verified
) -> None:
    _rewrite(owner, _station(owner))
    assert "root" in {field for _, _, field in named(verified())}


def test_a_rewritten_history_without_its_checkpoints_is_found_by_the_file_outside(
    owner: Owner, verified: Verified
) -> None:
    _rewrite(owner, _station(owner))
    _drop_checkpoints(owner)
    assert {(subject.split()[0], field) for subject, _, field in named(verified())} == {
        ("checkpoint", "root")
    }
    with pytest.raises(Refused, match="checkpoint_contradicts"):
        checkpoint.outside()


def _steal_the_key_and_sign(owner: Owner) -> None:
    """The owner has the signing key, too: every trace outside is made new, and the forged history is signed."""
    who = notary.notary()
    signers = who.signers(checkpoints.read(who.kept()[-1])[0].origin)
    with tree.snapshot() as connection:
        size = tree.size_of(connection)
        head = checkpoints.Checkpoint(
            signers[0].key.name, size, rules.root(tree.Stored(connection, size), size), 1
        )
    note = checkpoints.write(head, signers)
    who.checkpoints.write_text(f"{note}\n", encoding="utf-8")
    who.begin(head.origin)
    _drop_checkpoints(owner)
    owner.does(
        "INSERT INTO checkpoint (id, origin, size, root, made_at, note) VALUES (99, :origin, :size, :root, 1, :note)",
        origin=head.origin, size=size, root=head.root, note=note,
    )  # fmt: skip


def test_with_the_stolen_key_only_paper_shows_a_rewritten_history(owner: Owner, verified: Verified) -> None:
    paper = _paper()
    _rewrite(owner, _station(owner))
    _steal_the_key_and_sign(owner)
    assert verified().differences == ()  # the machine alone cannot know
    answer = against.against(paper)
    assert not answer.holds
    assert answer.signed
    assert answer.differs_at == answer.size


def test_a_tail_that_was_cut_with_its_checkpoints_is_found_by_paper(
    owner: Owner, history: History, verified: Verified
) -> None:
    paper = _paper()
    size = owner.asks("SELECT count(*) FROM leaf")
    last = owner.asks("SELECT subject_code FROM ledger_entry ORDER BY id DESC LIMIT 1")
    table = owner.asks("SELECT subject_kind FROM ledger_entry ORDER BY id DESC LIMIT 1")
    owner.does(
        "DELETE FROM leaf WHERE id = (SELECT max(id) FROM leaf)",
        "DELETE FROM ledger_entry WHERE subject_code = :last",
        f'DELETE FROM "{table}" WHERE code = :last',
        "DELETE FROM identifier WHERE code = :last",
        last=last,
    )
    _drop_checkpoints(owner)
    notary.notary().checkpoints.unlink()
    notary.notary().begin("test.invalid/specimens")
    result = verified()
    assert result.differences == ()  # nothing on the machine remembers
    answer = against.against(paper)
    assert (answer.holds, answer.now) == (False, size - 1)


def test_what_follows_the_last_checkpoint_outside_nobody_can_detect(owner: Owner, verified: Verified) -> None:
    """The row of the table that says none: entries that no checkpoint covers yet can be forged without a trace."""
    paper = _paper()
    from specimens.domain.access import system_actor
    from specimens.domain.terms import StationKind
    from specimens.services import site

    late = site.add_station(system_actor(), "AMS", "Late", StationKind.CLINIC).code
    tree.catch_up()
    db.session.remove()
    _rewrite(owner, late)
    assert verified().differences == ()
    assert against.against(paper).holds


def test_the_clean_ledger_answers_its_paper(owner: Owner) -> None:
    assert against.against(_paper()).holds


def test_the_application_cannot_shadow_the_ledger(owner: Owner, verified: Verified) -> None:
    """A temporary table would be found first: PostgreSQL gives none, and on SQLite only whoever makes it sees it."""
    db.session.rollback()
    if owner.sqlite:
        with closing(sqlite3.connect(str(db.engine.url.database))) as other:
            other.execute("CREATE TEMP TABLE ledger_entry (id int)")
            assert other.execute("SELECT count(*) FROM ledger_entry").fetchone() == (0,)
            assert verified().differences == () and verified().entries > 0
        return
    with db.engine.connect() as connection:
        assert connection.execute(text("SHOW search_path")).scalar() == "public,pg_temp"
        for statement in (
            "CREATE TEMP TABLE ledger_entry (id int)",
            "CREATE TABLE shadow (id int)",
            "CREATE SCHEMA s",
        ):
            with pytest.raises(DBAPIError, match="permission denied"):
                connection.execute(text(statement))
            connection.rollback()


def test_the_application_may_not_touch_what_is_kept(owner: Owner) -> None:
    db.session.rollback()
    tried = set()
    for table in (row.__tablename__ for row in APPEND_ONLY):
        if not owner.asks(f"SELECT count(*) FROM {table}"):
            continue  # SQLite asks its triggers row by row; the tests of an empty table's own room attack it
        tried.add(table)
        for statement in (f"UPDATE {table} SET id = id", f"DELETE FROM {table}"):
            with (
                db.engine.connect() as connection,
                pytest.raises(DBAPIError, match=r"append-only|permission denied"),
            ):
                connection.execute(text(statement))
    assert {
        "ledger_entry",
        "sealed_text",
        "leaf",
        "tile",
        "checkpoint",
        "cosignature",
        "verification",
    } <= tried

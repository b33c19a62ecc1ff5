"""Checkpoints: what they cover, what the signer remembers, and what stops it. On both engines."""

import sys
from pathlib import Path

import metamorphic_log as outsider
import pytest
import time_machine
from sqlalchemy import create_engine, text

import config
from specimens.domain.errors import BadInput, NotFound, Refused
from specimens.ledger import checkpoint as checkpoints
from specimens.ledger.note import KeySigner
from specimens.ledger.proof import Proof
from specimens.ledger.signer import CommandSigner
from specimens.ledger.tree import TILE, verify_consistency
from specimens.models.base import db
from specimens.services import against, checkpoint, keeper, notary, publish, tree, verify
from tests.cast import Cast, build
from tests.engines import Database
from tests.services.growth import grow


def _entries(limit: int = 1000) -> list[tuple[str, bytes]]:
    rows = db.session.execute(text(f"SELECT entry_id, hash FROM ledger_entry ORDER BY id LIMIT {limit}"))
    return [(row.entry_id, bytes(row.hash)) for row in rows]


def test_a_checkpoint_covers_every_entry_and_each_has_its_proof(cast: Cast) -> None:
    grow(600)
    note = checkpoint.make()
    head, _ = checkpoints.read(note)
    assert head.size == db.session.execute(text("SELECT count(*) FROM ledger_entry")).scalar() > 2 * TILE
    placed = checkpoint.proofs_for([entry for entry, _ in _entries()], head.size)
    assert sorted(each.index for each in placed.values()) == list(range(head.size))
    for entry, hash_ in _entries()[::50]:
        one = placed[entry]
        assert Proof(one.index, one.path, note).verify(hash_, checkpoint.keys()) == head
        outsider.checkpoint_verify_inclusion(
            note, [each.vkey for each in checkpoint.public_keys()], one.index, hash_, list(one.path)
        )
    assert verify.verify().differences == ()


def test_nothing_new_gives_the_same_checkpoint_and_growth_a_consistent_one(cast: Cast) -> None:
    first = checkpoint.make()
    assert checkpoint.make() == first == checkpoint.newest_note()
    grow(5)
    second = checkpoint.make()
    old, new = checkpoints.read(first)[0], checkpoints.read(second)[0]
    assert new.size == old.size + 5
    proof = checkpoint.consistency(old.size, new.size)
    verify_consistency(old.size, new.size, proof, old.root, new.root)
    assert notary.notary().kept() == [first, second]
    assert checkpoint.root_at(old.size) == old.root


def test_an_entry_or_a_size_that_no_checkpoint_covers_is_refused(cast: Cast) -> None:
    head, _ = checkpoints.read(checkpoint.make())
    grow(4)
    tree.catch_up()
    newest = _entries()[-1][0]
    with pytest.raises(NotFound, match="entry_beyond_checkpoint"):
        checkpoint.proofs_for([newest], head.size)
    with pytest.raises(BadInput, match="sizes_unknown"):
        checkpoint.consistency(1, head.size + 100)
    with pytest.raises(BadInput, match="sizes_unknown"):
        checkpoint.proofs_for([newest], head.size + 100)


def test_keys_and_memory_are_for_nobody_else(cast: Cast) -> None:
    checkpoint.make()
    folder = notary.notary().folder
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert len(files) >= 3
    assert {path.stat().st_mode & 0o777 for path in files} == {0o600}


def test_a_rotation_overlaps_and_both_ends_are_entries(cast: Cast) -> None:
    checkpoint.make()
    _, both = checkpoint.rotate()
    old, new = checkpoint.keys()
    assert checkpoints.read(both)[1].signed_by([old, new]) == [old, new]
    retired, alone = checkpoint.finish_rotation()
    assert retired == [old.vkey]
    assert checkpoints.read(alone)[1].signed_by([old, new]) == [new]
    periods = checkpoint.public_keys()
    assert [each.retired_at is not None for each in periods] == [True, False]
    acts = db.session.execute(
        text("SELECT act FROM ledger_entry WHERE subject_kind = 'signing_key' ORDER BY id")
    )
    assert list(acts.scalars()) == ["key_begun", "key_begun", "key_retired"]
    assert verify.verify().differences == ()
    with pytest.raises(Refused, match="no_rotation"):
        checkpoint.finish_rotation()


def test_a_signer_without_its_memory_signs_nothing(cast: Cast) -> None:
    checkpoint.make()
    grow(4)
    (notary.notary().folder / "signed").unlink()
    with pytest.raises(Refused, match="signer_forgot"):
        checkpoint.make()


def test_what_a_crash_left_half_written_is_cut_off(cast: Cast) -> None:
    first = checkpoint.make()
    with notary.notary().checkpoints.open("ab") as file:
        file.write(b"test.invalid/specimens\n99\nhalf a li")
    assert notary.notary().kept() == [first]
    assert checkpoint.outside()["size"] == checkpoints.read(first)[0].size
    grow(4)
    second = checkpoint.make()
    assert notary.notary().kept() == [first, second]


def test_a_key_behind_a_command_signs_as_well(tmp_path: Path) -> None:
    program = tmp_path / "hsm.py"
    program.write_text(
        "import base64, sys\n"
        "from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey\n"
        "key = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))\n"
        "made = key.public_key().public_bytes_raw() if sys.argv[1] == 'public' else key.sign(sys.stdin.buffer.read())\n"
        "print(base64.b64encode(made).decode())\n"
    )
    signer = CommandSigner("a.example/log", f"{sys.executable} {program}")
    message = checkpoints.write(checkpoints.Checkpoint("a.example/log", 1, bytes(32), None), [signer])
    assert checkpoints.open_checkpoint(message, [KeySigner("a.example/log", bytes(range(32))).key]).size == 1


def test_a_folder_gets_the_newest_checkpoint_and_keeps_the_others(cast: Cast, tmp_path: Path) -> None:
    first = publish.to_folder(tmp_path)
    grow(4)
    publish.to_folder(tmp_path)
    assert (tmp_path / "checkpoint").read_text() == checkpoint.newest_note()
    assert checkpoints.read((tmp_path / f"checkpoint-{first.size}").read_text())[0].size == first.size
    with pytest.raises(Refused, match="publish_folder"):
        publish.to_folder(tmp_path / "missing")


def test_the_keeper_does_what_is_due(cast: Cast, clock: time_machine.Traveller) -> None:
    rhythm = keeper.Rhythm(checkpoint_minutes=60, checkpoint_entries=100, verify_hours=24)
    assert keeper.due(rhythm) == (True, True)
    checkpoint.make()
    keeper.verify_and_keep()
    assert keeper.due(rhythm) == (False, False)
    grow(4)
    assert keeper.due(rhythm) == (False, False)
    clock.shift(3601)
    assert keeper.due(rhythm) == (True, False)
    clock.shift(24 * 3600)
    assert keeper.due(rhythm) == (True, True)
    last = keeper.last_verification()
    assert last is not None and last.sound and last.whole


def test_what_was_verified_is_not_read_again_and_a_changed_tree_is(cast: Cast) -> None:
    grow(300)
    assert verify.verify(whole=False).unread == 0
    again = verify.verify(whole=False)
    assert (again.entries, again.unread) == (0, again.size)
    grow(3)
    new = verify.verify(whole=False)
    assert (new.entries, new.unread) == (3, again.size)


def test_many_processes_find_what_one_finds(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    grow(300)
    monkeypatch.setattr(verify, "_WORTH_A_PROCESS", 10)
    one, two = verify.verify(), verify.verify(workers=2)
    assert (one.entries, one.subjects, one.differences) == (two.entries, two.subjects, two.differences)


def test_a_checkpoint_is_found_in_whatever_text_it_stands_in(cast: Cast) -> None:
    note = checkpoint.make()
    head, _ = checkpoints.read(note)
    for said in (
        note,
        f"Custody report\r\n\r\n  {note.replace(chr(10), chr(13) + chr(10) + '  ')}",
        head.text(),
    ):
        answer = against.against(said)
        assert answer.holds and answer.size == head.size
    assert against.against(head.text()).signed is None
    with pytest.raises(BadInput, match="no_checkpoint"):
        against.against("nothing of the kind")
    with pytest.raises(BadInput, match="another_ledger"):
        against.against(note.replace("test.invalid/specimens", "other.invalid/log"))


def test_a_ledger_from_before_the_tree_gets_its_places(tmp_path: Path) -> None:
    """The schema of version 0001 with entries in it is brought to the newest, and verifies."""
    from alembic import command

    from specimens.app import create_app
    from specimens.migrations import run
    from specimens.services.install import install
    from tests.engines import fresh_sqlite, settings_for

    old = tmp_path / "old.db"
    command.upgrade(run._config(f"sqlite:///{old}"), "0001")
    new = fresh_sqlite(tmp_path)
    app = create_app(settings_for(new, tmp_path))
    with app.app_context():
        install("test.invalid/specimens")
        build()
        grow(600)
        db.session.remove()
        db.engine.dispose()
    engine = create_engine(f"sqlite:///{old}")
    with engine.connect() as connection:
        connection.execute(text(f"ATTACH '{new.url.removeprefix('sqlite:///')}' AS new"))
        for table in (
            connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'table'")).scalars().all()
        ):
            if table not in ("alembic_version", "sqlite_sequence"):
                described = connection.execute(text(f'PRAGMA main.table_info("{table}")'))
                columns = ", ".join(f'"{row[1]}"' for row in described)
                connection.execute(
                    text(f'INSERT INTO main."{table}" ({columns}) SELECT {columns} FROM new."{table}"')
                )
        connection.commit()
    engine.dispose()
    run.upgrade(f"sqlite:///{old}")
    app = create_app(settings_for(Database(f"sqlite:///{old}", None), tmp_path))
    with app.app_context():
        install("test.invalid/specimens")
        assert db.session.execute(text("SELECT count(*) FROM tile")).scalar() == 2
        db.session.remove()
        assert verify.verify().differences == ()
        db.engine.dispose()


def test_the_settings_of_the_ledger_are_checked(tmp_path: Path) -> None:
    with pytest.raises(config.BadSetting, match="SPECIMENS_CHECKPOINT_MINUTES"):
        config.read({"SPECIMENS_HOME": str(tmp_path), "SPECIMENS_CHECKPOINT_MINUTES": "0"})

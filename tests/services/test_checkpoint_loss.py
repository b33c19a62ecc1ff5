"""What is lost and what contradicts: restored backups, new counts, and a witness who remembers. On both engines."""

import os
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Connection, create_engine, text

from specimens.cli.witness import server_for
from specimens.domain.errors import Refused
from specimens.ledger import checkpoint as checkpoints
from specimens.ledger.note import COSIGNATURE, KeySigner
from specimens.ledger.witness import Witness
from specimens.models.base import db
from specimens.services import against, checkpoint, epoch, notary, publish, tree, verify
from tests.cast import Cast
from tests.engines import Database
from tests.services.growth import grow


class Backup:
    """A copy of the database as it was, put back later by an administrator."""

    def __init__(self, database: Database, folder: Path) -> None:
        self.database = database
        self.folder = folder

    def take(self) -> int:
        """Remember the ledger; return how many entries it has."""
        tree.catch_up()
        db.session.remove()
        return int(db.session.execute(text("SELECT count(*) FROM ledger_entry")).scalar_one())

    def cut(self, entries: int) -> None:
        """Bring the ledger back to so many entries: what restoring that backup does to it."""
        with self._unguarded() as connection:
            for statement in (
                "DELETE FROM station WHERE code IN (SELECT subject_code FROM ledger_entry e JOIN leaf l "
                "ON l.entry = e.id WHERE l.id >= :n)",
                "DELETE FROM ledger_entry WHERE id IN (SELECT entry FROM leaf WHERE id >= :n)",
                "DELETE FROM leaf WHERE id >= :n",
                "DELETE FROM checkpoint WHERE size > :n",
            ):
                connection.execute(text(statement), {"n": entries})

    def forget(self, size: int) -> None:
        """Take one checkpoint out of the store."""
        with self._unguarded() as connection:
            connection.execute(text("DELETE FROM checkpoint WHERE size = :n"), {"n": size})

    @contextmanager
    def _unguarded(self) -> Iterator[Connection]:
        db.session.remove()
        db.engine.dispose()
        engine = create_engine(self.database.migration_url or self.database.url)
        with engine.begin() as connection:
            if engine.dialect.name == "sqlite":
                made = connection.execute(
                    text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
                ).all()
                off, on = [f"DROP TRIGGER {row.name}" for row in made], [row.sql for row in made]
            else:
                tables = ("leaf", "ledger_entry", "tile", "checkpoint")
                off = [f"ALTER TABLE {table} DISABLE TRIGGER USER" for table in tables]
                on = [f"ALTER TABLE {table} ENABLE TRIGGER USER" for table in tables]
            for statement in off:
                connection.execute(text(statement))
            yield connection
            for statement in on:
                connection.execute(text(statement))
        engine.dispose()


@pytest.fixture
def backup(database: Database, tmp_path: Path) -> Backup:
    return Backup(database, tmp_path)


def test_a_restored_backup_is_named_stops_the_signer_and_goes_on_record(cast: Cast, backup: Backup) -> None:
    checkpoint.make()
    entries = backup.take()
    grow(20)
    lost = checkpoint.make()
    backup.cut(entries)
    with pytest.raises(Refused, match="checkpoint_ahead") as refused:
        checkpoint.outside()
    assert (refused.value.facts["size"], refused.value.facts["found"]) == (entries + 20, entries)
    with pytest.raises(Refused, match="signer_ahead"):
        checkpoint.make()
    answer = against.against(lost)
    assert (answer.holds, answer.agrees_to, answer.now) == (False, entries, entries)
    assert ("checkpoint", "size") in {
        (each.subject.split()[0], each.field) for each in verify.verify().differences
    }

    begun = epoch.begin()
    assert begun.origin == "test.invalid/specimens/2"
    assert f"known outside: test.invalid/specimens, {entries + 20} entries" in begun.statement
    assert f"both agree on the first {entries}\n" in begun.statement
    assert checkpoints.read(begun.note)[0].origin == begun.origin
    checkpoint.outside()
    result = verify.verify()
    strays = {each for each in result.differences if not each.subject.startswith("identifier ")}
    assert strays == set()  # the identifiers that were issued since are more than a real backup would leave
    assert not against.against(lost).holds
    with pytest.raises(Refused, match="epoch_needless"):
        epoch.begin()


def test_growth_after_a_restored_backup_is_not_signed(cast: Cast, backup: Backup) -> None:
    checkpoint.make()
    entries = backup.take()
    grow(20)
    checkpoint.make()
    backup.cut(entries)
    grow(30)
    with pytest.raises(Refused, match="signer_inconsistent"):
        checkpoint.make()
    with pytest.raises(Refused, match="checkpoint_contradicts"):
        checkpoint.outside()


@pytest.mark.parametrize("left", ["nothing", "the first"])
def test_a_file_of_checkpoints_that_was_taken_away_or_is_an_older_one_is_named_and_goes_on_record(
    cast: Cast, left: str
) -> None:
    first = checkpoint.make()
    assert checkpoint.outside()["size"] == checkpoints.read(first)[0].size
    older = notary.notary().checkpoints.read_bytes()
    grow(3)
    newest = checkpoints.read(checkpoint.make())[0]
    if left == "nothing":
        notary.notary().checkpoints.unlink()
    else:
        notary.notary().checkpoints.write_bytes(older)
    with pytest.raises(Refused, match="checkpoint_file_behind") as refused:
        checkpoint.outside()
    assert refused.value.facts["size"] == newest.size
    (found,) = verify.verify().differences
    assert (found.subject, found.field) == ("file checkpoints", "text")
    begun = epoch.begin()
    assert f"known outside: test.invalid/specimens, {newest.size} entries" in begun.statement
    assert f"both agree on the first {newest.size}\n" in begun.statement
    assert checkpoint.outside()["size"] > newest.size
    assert verify.verify().sound


def test_a_checkpoint_that_is_outside_and_not_in_the_store_is_no_difference(
    cast: Cast, backup: Backup
) -> None:
    """So does a process leave it that is killed between the file and the store."""
    checkpoint.make()
    grow(2)
    newest = checkpoints.read(checkpoint.make())[0]
    grow(2)
    backup.forget(newest.size)
    assert checkpoint.outside()["size"] == newest.size
    assert verify.verify().sound


@pytest.fixture
def watching(cast: Cast, tmp_path: Path) -> Iterator[tuple[str, str]]:
    """A witness that serves on this machine: its address and its public key."""
    checkpoint.make()
    signer = KeySigner("witness.example/clinic", os.urandom(32), COSIGNATURE)
    one = Witness(tmp_path / "seen", signer, checkpoint.keys())
    server = server_for(one, "127.0.0.1", 0)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", signer.key.vkey
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_witness_cosigns_growth_and_nothing_else(watching: tuple[str, str], backup: Backup) -> None:
    url, vkey = watching
    first = publish.to_witness(url, vkey)
    assert publish.to_witness(url, vkey) == first
    entries = backup.take()
    grow(300)
    assert publish.to_witness(url, vkey).size == first.size + 300
    lines = db.session.execute(text("SELECT line FROM cosignature")).scalars().all()
    assert len(lines) == 2
    assert verify.verify().differences == ()

    backup.cut(entries)  # and the signer is robbed of its memory, too
    folder = notary.notary().folder
    shutil.rmtree(folder)
    grow(310)
    with pytest.raises(Refused, match="witness_refused") as refused:
        publish.to_witness(url, vkey)  # the new key is none that the witness knows
    assert refused.value.facts["status"] == 403


def test_a_witness_is_asked_rightly(watching: tuple[str, str]) -> None:
    url, vkey = watching
    with pytest.raises(Refused, match="witness_address"):
        publish.to_witness("file:///etc/passwd", vkey)
    with pytest.raises(Refused, match="witness_key"):
        publish.to_witness(url, checkpoint.public_keys()[0].vkey)
    other = KeySigner("witness.example/clinic", bytes(32), COSIGNATURE)
    with pytest.raises(Refused, match="witness_refused"):
        publish.to_witness(url, other.key.vkey)

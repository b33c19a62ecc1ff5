"""`kill -9` before every write of append, sequencer and signer: nothing acknowledged is gone, nothing is half there."""

import subprocess
import sys
from pathlib import Path

from flask import Flask
from sqlalchemy import text

from specimens.ledger import checkpoint as checkpoints
from specimens.models.base import db
from specimens.services import checkpoint, notary, tree, verify
from tests.cast import build
from tests.engines import Database
from tests.house.tree import ROOT


def test_a_process_that_is_killed_at_any_write_leaves_a_whole_ledger(
    context: Flask, database: Database, tmp_path: Path
) -> None:
    build()
    first = checkpoint.make()
    db.session.remove()
    db.engine.dispose()
    said = tmp_path / "acknowledged"
    said.touch()
    program = [sys.executable, "-m", "tests.services.killed", database.url, str(tmp_path), str(said)]
    told = subprocess.run(program, cwd=ROOT, check=True, capture_output=True, text=True, timeout=280)
    assert int(told.stdout) >= 12  # entries, rows, identifiers, leaves, tiles, commits, the signer's files

    tree.catch_up()
    acknowledged = set(said.read_text().split())
    there = set(db.session.execute(text("SELECT code FROM station")).scalars())
    assert len(acknowledged) >= 2
    assert acknowledged <= there
    db.session.remove()
    assert verify.verify().differences == ()
    note = checkpoint.make()
    head, _ = checkpoints.read(note)
    old, _ = checkpoints.read(first)
    assert checkpoint.root_at(old.size) == old.root
    assert checkpoint.outside()["size"] == head.size
    assert notary.notary().kept()[-1] == note

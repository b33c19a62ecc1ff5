"""Checkpoints and verification as a person at a terminal uses them."""

import json
import shutil
from pathlib import Path

from tests.cli.conftest import Terminal
from tests.cli.test_commands import ADD


def test_a_checkpoint_is_made_shown_published_and_held_against_the_ledger(
    terminal: Terminal, tmp_path: Path
) -> None:
    assert "checkpoint make" in terminal.refused("checkpoint", "show")
    made = terminal.run("checkpoint", "make")
    assert made.code == 0
    assert terminal.run("checkpoint", "show").out == made.out
    assert terminal.run("checkpoint", "show", "--keys").out.rstrip().endswith("signs")
    folder = tmp_path / "outside"
    folder.mkdir()
    assert terminal.run("checkpoint", "publish", "--folder", str(folder)).code == 0
    assert terminal.run(*ADD).code == 0
    held = terminal.run("verify", "--against", str(folder / "checkpoint"))
    assert held.code == 0
    assert "is the beginning of today's" in held.out
    lines = made.out.split("\n")
    forged = "\n".join([lines[0], lines[1], "A" * 43 + "="])
    answer = terminal.run("verify", "--json", "--against", forged)
    assert answer.code == 1
    assert json.loads(answer.out)["holds"] is False
    assert "three lines" in terminal.refused("verify", "--against", "nothing")


def test_verifying_says_what_it_did_not_read_again(terminal: Terminal) -> None:
    assert terminal.run(*ADD).code == 0
    assert "not read again" not in terminal.run("verify").out
    assert "not read again" not in terminal.run("verify").out  # so few are read every time
    again = terminal.run("verify", "--new")
    assert "older entries were verified before and not read again" in again.out
    assert "not read again" not in terminal.run("verify", "--full").out
    both = terminal.run("verify", "--full", "--new")
    assert both.code == 2 and "contradict" in both.err


def test_a_restored_backup_does_not_start_and_says_what_to_do(terminal: Terminal, tmp_path: Path) -> None:
    backup = tmp_path / "backup.db"
    assert terminal.run("backup", str(backup)).code == 0
    assert terminal.run(*ADD).code == 0
    assert terminal.run("checkpoint", "make").code == 0
    for path in terminal.home.glob("specimens.db*"):
        path.unlink()
    shutil.copy(backup, terminal.database)
    told = terminal.refused("serve", PORT="5987")
    assert "older backup was restored" in told
    assert "specimens checkpoint epoch" in told
    begun = terminal.run("checkpoint", "epoch", "--yes")
    assert begun.code == 0
    assert "known outside:" in begun.out
    assert terminal.run("verify", "--full").code == 0


def test_a_file_that_cannot_be_used_is_told_in_one_line(terminal: Terminal) -> None:
    assert terminal.run("checkpoint", "make").code == 0
    file = terminal.home / "ledger" / "checkpoints"
    file.unlink()
    file.mkdir()
    told = terminal.refused("verify")
    assert str(file) in told and "may read and write it" in told

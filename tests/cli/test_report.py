"""A custody report at the terminal."""

import config
from specimens.app import create_app
from specimens.ledger import offline
from specimens.models.base import db
from tests.cast import build
from tests.cli.conftest import Terminal
from tests.engines import ORIGIN, SECRET


def _peopled(terminal: Terminal) -> str:
    """Put the cast into an installation, and return a token of Ada's."""
    read = config.read(
        {
            "SPECIMENS_HOME": str(terminal.home),
            "SPECIMENS_SECRET_KEY": SECRET,
            "SPECIMENS_ORIGIN": ORIGIN,
        }
    )
    with create_app(read).app_context():
        build()
        db.session.remove()
        db.engine.dispose()
    said = terminal.run("token", "make", "ada")
    assert said.code == 0, said.err
    return said.out.strip()


def test_a_report_is_made_in_the_name_of_whom_the_token_stands_for(terminal: Terminal) -> None:
    token, file = _peopled(terminal), terminal.home / "march.pdf"
    said = terminal.run("report", str(file), "--first", "2026-03-01", SPECIMENS_TOKEN=token)
    assert said.code == 0 and "digest" in said.out, said.err
    bundle, table = offline.attachments(file.read_bytes())
    found = offline.check(bundle, table)
    assert found.problems == [] and found.told["made_by"] == "Ada Jansen"
    again = terminal.run("report", str(file), "--first", "2026-03-01", SPECIMENS_TOKEN=token)
    assert again.code == 1 and "exists already" in again.err


def test_what_cannot_be_made_is_told_in_one_line(terminal: Terminal) -> None:
    file = terminal.home / "report.pdf"
    assert "neither in .pdf nor in .csv" in terminal.run("report", "report.txt").err
    assert "SPECIMENS_TOKEN is not set" in terminal.run("report", str(file), SPECIMENS_TOKEN="").err
    assert "counts no more" in terminal.run("report", str(file), SPECIMENS_TOKEN="spc_wrong").err
    assert not file.exists()

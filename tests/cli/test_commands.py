"""Each command, in a process of its own."""

import json
import socket
import sqlite3
import time
from pathlib import Path

import pytest

from specimens.app import create_app
from specimens.domain.access import system_actor
from specimens.domain.protocol import shipped
from specimens.models.base import db
from specimens.services import people
from tests.cli.conftest import ROOT, Terminal
from tests.engines import Database, settings_for

ADD = ("people", "add", "admin", "Ada Min", "--role", "administrator", "--trained-on", "2026-01-05",
       "--from-on", "2026-01-05", "--password", "a long first password")  # fmt: skip


def test_help_lists_every_command(empty: Terminal) -> None:
    said = empty.run("--help")
    assert said.code == 0
    for name in (
        "backup",
        "checkpoint",
        "demo",
        "layouts",
        "migrate",
        "people",
        "protocol",
        "report",
        "restore",
        "serve",
        "start",
        "token",
        "verify",
        "witness",
    ):
        assert f"\n  {name} " in said.out
    assert list(empty.home.iterdir()) == []  # asking for help leaves nothing behind


def test_migrate_makes_the_database_and_may_be_repeated(empty: Terminal) -> None:
    first, again = empty.run("migrate"), empty.run("migrate")
    assert (first.code, again.code) == (0, 0)
    assert first.out.startswith("Schema none → 0")
    assert again.out.startswith("Schema 0")
    with sqlite3.connect(empty.database) as connection:
        assert connection.execute("SELECT origin FROM installation").fetchone() == ("test.invalid/specimens",)


def test_verify_is_sound_and_says_so_in_words_and_in_json(terminal: Terminal) -> None:
    terminal.run(*ADD)
    words, machine = terminal.run("verify"), terminal.run("verify", "--json")
    assert (words.code, machine.code) == (0, 0)
    assert "all as it must be" in words.out
    assert json.loads(machine.out)["sound"] is True


def test_verify_names_a_difference_and_ends_with_1(terminal: Terminal) -> None:
    terminal.run(*ADD)
    with sqlite3.connect(terminal.database) as connection:
        connection.execute("UPDATE user_account SET full_name = 'Somebody Else'")
    connection.close()
    said = terminal.run("verify")
    assert said.code == 1
    assert "row.full_name: expected Ada Min, found Somebody Else" in said.out
    assert "DIFFERENCES FOUND" in said.out
    assert json.loads(terminal.run("verify", "--json").out)["sound"] is False


def test_a_person_is_added_and_cannot_be_added_twice(terminal: Terminal) -> None:
    said = terminal.run(*ADD)
    assert (said.code, said.out.strip()) == (0, "Ada Min (admin) was added as administrator.")
    assert "used before" in terminal.refused(*ADD)
    with sqlite3.connect(terminal.database) as connection:
        ((kept,),) = connection.execute("SELECT password_hash FROM credential").fetchall()
    connection.close()
    assert kept.startswith("$argon2id$v=19$m=65536,t=3,p=4$")  # the tests hash at less in their own process


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"--role": "nurse"}, "study"),
        ({"--password": "short"}, "password"),
        ({"--site": "NOWHERE"}, "site"),
    ],
)
def test_a_person_who_cannot_be_added_is_one_line(
    changes: dict[str, str], told: str, terminal: Terminal
) -> None:
    words = list(ADD)
    for name, value in changes.items():
        if name in words:
            words[words.index(name) + 1] = value
        else:
            words += [name, value]
    assert told in terminal.refused(*words).lower()
    assert terminal.run("verify").code == 0


def test_a_token_is_made_once_and_shown(terminal: Terminal) -> None:
    terminal.run(*ADD)
    said = terminal.run("token", "make", "admin", "--days", "1")
    assert said.code == 0, said.err
    assert said.out.startswith("spc_")
    assert said.out.strip() not in terminal.database.read_bytes().decode("latin-1")
    terminal.refused("token", "make", "nobody")


def test_a_protocol_that_can_be_used_says_what_is_assumed(empty: Terminal) -> None:
    for path in (ROOT / "specimens" / "protocols").glob("*.toml"):
        said = empty.run("protocol", "check", str(path))
        assert said.code == 0, said.out
        assert "can be used." in said.out
    said = empty.run("protocol", "check", str(ROOT / "specimens" / "protocols" / "belimumab_sle.toml"))
    assert "  to confirm: timepoints.W4.first_day = 21\n" in said.out
    assert said.out.count("The registry anchors on belimumab") == 1
    assert "Assumption(" not in said.out


def test_a_broken_protocol_names_file_line_key_and_what_is_allowed(empty: Terminal, tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(
        shipped()["belimumab_sle.toml"].replace('kind = "tissue"', 'kind = "bone"'), encoding="utf-8"
    )
    said = empty.run("protocol", "check", str(path))
    assert said.code == 1
    first = said.out.splitlines()[0]
    line = next(
        number
        for number, text in enumerate(path.read_text().splitlines(), 1)
        if text.startswith('kind = "bone"')
    )
    assert first.startswith(f"mine.toml, line {line}: ")
    for part in ("kind", "blood", "tissue"):
        assert part in first
    path.write_bytes(b"\xff\xfe")
    assert "cannot be read as text" in empty.refused("protocol", "check", str(path))


def test_a_backup_is_a_whole_copy_and_never_overwrites(terminal: Terminal, tmp_path: Path) -> None:
    terminal.run(*ADD)
    kept = tmp_path / "kept.db"
    assert terminal.run("backup", str(kept)).code == 0
    assert "never overwritten" in terminal.refused("backup", str(kept))
    assert "cannot be copied" in terminal.refused("backup", str(tmp_path / "nowhere" / "kept.db"))
    assert "never overwritten" in terminal.refused("restore", str(kept))
    other = Terminal(tmp_path / "other")
    other.home.mkdir()
    assert other.run("restore", str(kept)).code == 0
    said = other.run("verify")
    assert (said.code, said.out) == (0, terminal.run("verify").out)


def test_a_restore_refuses_what_is_no_backup_and_what_was_left_behind(
    terminal: Terminal, tmp_path: Path
) -> None:
    terminal.run("backup", str(tmp_path / "kept.db"))
    other = Terminal(tmp_path / "other")
    other.home.mkdir()
    (tmp_path / "text.db").write_text("not a database at all, and long enough to be read as one" * 50)
    assert "cannot be copied" in other.refused("restore", str(tmp_path / "text.db"))
    with sqlite3.connect(tmp_path / "foreign.db") as connection:
        connection.execute("CREATE TABLE t (a)")
    connection.close()
    assert "no database of this program" in other.refused("restore", str(tmp_path / "foreign.db"))
    damaged = (tmp_path / "kept.db").read_bytes()
    (tmp_path / "cut.db").write_bytes(damaged[: len(damaged) // 2])
    other.refused("restore", str(tmp_path / "cut.db"))
    (other.home / "specimens.db-wal").write_bytes(b"left behind")
    assert "specimens.db-wal exists" in other.refused("restore", str(tmp_path / "kept.db"))
    (other.home / "specimens.db-wal").unlink()
    assert [path.name for path in other.home.iterdir()] == []  # nothing half-written stayed
    assert other.run("restore", str(tmp_path / "kept.db")).code == 0


@pytest.mark.parametrize(
    "words", [("verify",), ("serve",), ("token", "make", "x"), ("backup", "x.db"), ("demo",)]
)
def test_a_database_that_is_not_set_up_says_what_to_run(words: tuple[str, ...], empty: Terminal) -> None:
    assert "specimens migrate" in empty.refused(*words)
    assert not empty.database.exists()


@pytest.mark.parametrize("words", [("verify",), ("serve",), ("migrate",), ("start",)])
def test_a_newer_schema_is_refused(words: tuple[str, ...], terminal: Terminal, port: int) -> None:
    with sqlite3.connect(terminal.database) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    assert "newer than this program" in terminal.refused(*words, PORT=str(port))


@pytest.mark.parametrize("command", ["serve", "start"])
def test_a_port_in_use_is_named_with_another(command: str, terminal: Terminal) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen(1)
        port = taken.getsockname()[1]
        line = terminal.refused(command, PORT=str(port))
    assert f"Port {port} on 127.0.0.1 cannot be used" in line
    assert f"PORT={port % 65535 + 1}" in line


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"PORT": "99999"}, "PORT="),
        ({"PORT": "five"}, "PORT="),
        ({"SPECIMENS_ENV": "production", "SPECIMENS_SECRET_KEY": ""}, "SPECIMENS_SECRET_KEY"),
        ({"SPECIMENS_SECRET_KEY": "short"}, "too weak"),
        ({"SPECIMENS_SECRET_KEY": "a" * 64}, "too weak"),
        ({"SPECIMENS_ENV": "production", "SPECIMENS_ORIGIN": ""}, "SPECIMENS_ORIGIN"),
        ({"SPECIMENS_ENV": "staging"}, "SPECIMENS_ENV"),
        ({"DATABASE_URL": "mysql://x"}, "DATABASE_URL"),
        ({"DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none"}, "cannot be reached"),
        ({"SPECIMENS_HOME": "/proc/nowhere"}, "SPECIMENS_HOME"),
    ],
)
def test_a_setting_that_cannot_be_used_is_one_line_that_names_it(
    changes: dict[str, str], told: str, terminal: Terminal
) -> None:
    assert told in terminal.refused("verify", **changes)


def test_a_wrong_layout_of_the_site_stops_the_start_and_is_told_by_a_check(
    terminal: Terminal, port: int
) -> None:
    assert "SPECIMENS_LAYOUTS" in terminal.refused("layouts", "check")
    assert "is not a folder" in terminal.refused("verify", SPECIMENS_LAYOUTS="nowhere")
    own = terminal.home / "layouts"
    own.mkdir()
    (own / "one.toml").write_text("width = 30.0", "utf-8")
    (own / "stocks.toml").write_text("[ours", "utf-8")
    for command in ("serve", "start"):
        line = terminal.refused(command, PORT=str(port))
        assert "one.toml: 'height' is missing" in line
        assert "(2 mistakes in all)" in line
        assert "specimens layouts check" in line
    said = terminal.run("layouts", "check")
    assert (said.code, len(said.out.splitlines())) == (1, 2)
    assert terminal.run("verify").code == 0  # who audits does not wait for a label
    for path in own.iterdir():
        path.unlink()
    said = terminal.run("layouts", "check", str(own))
    assert (said.code, said.out) == (0, f"{own}: can be used.\n")


def test_a_file_that_is_no_database_is_one_line(empty: Terminal) -> None:
    empty.database.write_text("not a database at all, and long enough to be read as one" * 50)
    assert "not a database" in empty.refused("migrate")


def test_a_demonstration_is_refused_in_production_and_over_data(terminal: Terminal) -> None:
    assert "production" in terminal.refused("demo", SPECIMENS_ENV="production")


@pytest.mark.parametrize("command", ["start", "serve"])
def test_the_demonstration_is_not_served_in_production_and_the_line_says_what_to_set(
    command: str, terminal: Terminal, port: int
) -> None:
    database = Database(f"sqlite:///{terminal.database}", None)
    app = create_app(settings_for(database, terminal.home))
    with app.app_context():
        people.add(system_actor(), "nora", "Nora de Wit", "specimens-demo-2026", demonstration=True)
        db.session.remove()
        db.engine.dispose()
    line = terminal.refused(command, SPECIMENS_ENV="production", PORT=str(port))
    assert "demonstration log-ins (nora)" in line
    for name in ("SPECIMENS_ENV=production", "SPECIMENS_HOME", "DATABASE_URL", "specimens people add"):
        assert name in line


def test_a_demonstration_that_was_broken_off_is_never_served(terminal: Terminal, port: int) -> None:
    demo = terminal.begin("demo", "--participants", "2")
    left = terminal.home / "demonstration-unfinished"
    while not left.exists() and demo.poll() is None:
        time.sleep(0.05)
    demo.kill()
    demo.communicate()
    for command in ("start", "serve"):
        line = terminal.refused(command, PORT=str(port))
        assert "not whole" in line and str(terminal.home) in line


def test_the_secret_is_made_once_and_only_for_its_owner(empty: Terminal) -> None:
    empty.run("migrate", SPECIMENS_SECRET_KEY="")
    secret = empty.home / "secret.key"
    first = secret.read_text()
    assert secret.stat().st_mode & 0o077 == 0
    empty.run("migrate", SPECIMENS_SECRET_KEY="")
    assert secret.read_text() == first

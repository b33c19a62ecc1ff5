"""Arrows point down: every room imports what the table of the house allows, and nothing else."""

import json
import pkgutil
import subprocess
import sys
from importlib.util import find_spec

import pytest

from tests.house.imports import ISLANDS, TABLE, violations
from tests.house.tree import ROOT, code, text


def test_every_room_imports_only_what_the_house_allows() -> None:
    assert [line for path in code() for line in violations(text(path), path)] == []


def test_every_folder_of_the_program_is_a_room_of_the_table() -> None:
    rooms = {f"specimens.{path.parent.name}" for path in (ROOT / "specimens").glob("*/__init__.py")}
    assert rooms <= set(TABLE)


@pytest.mark.parametrize("island", [island for island in ISLANDS if find_spec(island)])
def test_an_island_stands_without_flask_and_sqlalchemy(island: str) -> None:
    package = __import__(island, fromlist=["__path__"])
    modules = [island, *(each.name for each in pkgutil.walk_packages(package.__path__, f"{island}."))]
    program = (
        "import importlib, json, sys\n"
        "for name in sys.argv[1:]: importlib.import_module(name)\n"
        "print(json.dumps(sorted(sys.modules)))"
    )
    command = [sys.executable, "-c", program, *modules]
    told = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    loaded = {name.split(".")[0] for name in json.loads(told)}
    assert loaded & {"flask", "sqlalchemy", "flask_sqlalchemy", "werkzeug"} == set()


@pytest.mark.parametrize(
    ("path", "source", "told"),
    [
        (
            "specimens/domain/custody.py",
            "import sqlalchemy",
            ":1: specimens.domain may not import sqlalchemy",
        ),
        (
            "specimens/domain/custody.py",
            "def f():\n    from flask import g",
            ":2: specimens.domain may not import flask.g",
        ),
        (
            "specimens/services/scan.py",
            "from specimens.web import say",
            ":1: specimens.services may not import specimens.web.say",
        ),
        (
            "specimens/services/scan.py",
            "from specimens import web",
            ":1: specimens.services may not import specimens.web",
        ),
        (
            "specimens/web/scan.py",
            "from specimens.models.base import db",
            ":1: specimens.web may not import specimens.models.base.db",
        ),
        (
            "specimens/web/scan.py",
            "from specimens.api import scan",
            ":1: specimens.web may not import specimens.api.scan",
        ),
        (
            "specimens/ledger/entry.py",
            "import specimens.domain.terms",
            ":1: specimens.ledger may not import specimens.domain.terms",
        ),
        (
            "specimens/ledger/entry.py",
            "import importlib\nimportlib.import_module('flask')",
            ":2: specimens.ledger may not import flask",
        ),
        ("labels/sheet.py", "import specimens", ":1: labels may not import specimens"),
        ("specimens/domain/a.py", "from . import b", ":1: relative import ..b; write the full name"),
        ("specimens/domain/a.py", "from .b import c", ":1: relative import .b.c; write the full name"),
        (
            "specimens/attic/a.py",
            "",
            ":1: specimens.attic is not in the table of imports; say there what it may import",
        ),
    ],
)
def test_a_planted_violation_is_found_with_file_and_line(path: str, source: str, told: str) -> None:
    assert violations(source, path) == [path + told]


def test_what_the_table_allows_passes() -> None:
    source = "import json\nimport sqlalchemy.orm\nfrom specimens.domain import terms\n"
    source += "from specimens.services import scan"
    assert violations(source, "specimens/services/custody.py") == []


def test_a_name_that_only_begins_like_an_allowed_one_is_found() -> None:
    assert violations("import pydantic_settings", "specimens/domain/a.py") == [
        "specimens/domain/a.py:1: specimens.domain may not import pydantic_settings"
    ]

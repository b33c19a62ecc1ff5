"""Entries without a true place in the tree, back-dated as their owner likes: each is named. On both engines."""

import json
from collections.abc import Callable

import pytest

from specimens.ledger.canonical import canonical
from specimens.ledger.entry import entry_hash, instant
from specimens.models.base import db
from specimens.services.verify import Result, verify
from tests.tamper.conftest import Owner, named

Verified = Callable[[], Result]

#: An identifier that was never issued.
FORGED = "C4K7N2XD"


def _forge(owner: Owner, *more: str) -> None:
    """Put in a station that never was, entry, row and identifier, older than all; *more* gives it a place."""
    code = owner.asks("SELECT min(subject_code) FROM ledger_entry WHERE subject_kind = 'station'")
    body = json.loads(
        bytes(owner.asks("SELECT body FROM ledger_entry WHERE subject_code = :code AND seq = 1", code=code))
    )
    body["subject"]["code"] = FORGED
    body["recorded_at"] = body["happened_at"] = "2026-02-01T08:00:00.000Z"  # before everything else
    body["id"] = body["operation"] = "019aaaaa-0000-7000-8000-000000000001"
    forged = canonical(body)
    of_entry = {
        "id": "-7",
        "entry_id": ":id",
        "operation": ":id",
        "subject_code": ":forged",
        "body": ":body",
        "recorded_at": ":at",
        "happened_at": ":at",
    }
    of_row = {"id": "9999", "code": ":forged", "entry_seq": "1", "entry_hash": ":hash"}
    statements = []
    for table, where, new in (
        ("ledger_entry", "subject_code = :code AND seq = 1", {**of_entry, "hash": ":hash"}),
        ("station", "code = :code", of_row),
    ):
        names = owner.columns(table)
        listed = ", ".join(f'"{name}"' for name in names)
        told = ", ".join(new.get(name, f'"{name}"') for name in names)
        statements.append(f"INSERT INTO {table} ({listed}) SELECT {told} FROM {table} WHERE {where}")
    owner.does(
        *statements,
        "INSERT INTO identifier (code, kind, issued_at) VALUES (:forged, 'station', :at)",
        *more,
        code=code, forged=FORGED, id=body["id"], body=forged, hash=entry_hash(forged),
        at=instant(body["recorded_at"]),
    )  # fmt: skip


def _without_checks(owner: Owner, *statements: str) -> list[str]:
    """Return statements by which a leaf in front of the tree gets past the table's own CHECK."""
    if owner.sqlite:
        return ["PRAGMA ignore_check_constraints = ON", *statements]
    return ["ALTER TABLE leaf DROP CONSTRAINT ck_leaf_index", *statements]


@pytest.mark.parametrize("whole", [True, False])
def test_an_entry_in_front_of_the_tree_is_named(whole: bool, owner: Owner, verified: Verified) -> None:
    """Leaf -1: no checkpoint covers it, and along the tree no time is before its own."""
    assert verified().sound  # from here on only what is new is read, unless whole
    _forge(owner, *_without_checks(owner, "INSERT INTO leaf (id, entry, hash) VALUES (-1, -7, :hash)"))
    db.session.rollback()
    assert (f"station {FORGED}", 1, "leaf") in named(verify(whole=whole))


@pytest.mark.parametrize("whole", [True, False])
def test_an_entry_that_waits_for_its_place_for_ever_is_named(
    whole: bool, owner: Owner, verified: Verified
) -> None:
    """On PostgreSQL verifying gives it the place behind all others, where its time gives it away."""
    assert verified().sound
    _forge(owner, "INSERT INTO pending (id) VALUES (-7)")
    db.session.rollback()
    field = "leaf" if owner.sqlite else "recorded_at"
    assert (f"station {FORGED}", 1, field) in named(verify(whole=whole))


def test_an_entry_whose_place_another_has_twice_is_named(owner: Owner, verified: Verified) -> None:
    """As many leaves as entries, and one of them stands for nothing new."""
    if owner.sqlite:
        made = owner.asks("SELECT sql FROM sqlite_master WHERE type = 'table' AND name = 'leaf'")
        loose = made.replace("CONSTRAINT uq_leaf_entry UNIQUE (entry)", "CHECK (1)")
        assert loose != made
        first = [
            "ALTER TABLE leaf RENAME TO strict",
            loose,
            "INSERT INTO leaf SELECT * FROM strict",
            "DROP TABLE strict",
        ]
    else:
        first = ["ALTER TABLE leaf DROP CONSTRAINT uq_leaf_entry"]
    _forge(
        owner,
        *first,
        "INSERT INTO leaf (id, entry, hash) SELECT id + 1, entry, hash FROM leaf ORDER BY id DESC LIMIT 1",
    )
    assert ("table leaf", 0, "unique entry") in named(verified())

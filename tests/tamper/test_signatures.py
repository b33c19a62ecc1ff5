"""A signature that was copied, moved, or stands on something that was changed, is found and named."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import text

from specimens.ledger.canonical import canonical
from specimens.ledger.entry import entry_hash
from specimens.models.base import db
from specimens.services import report
from specimens.services.report_scope import ReportScope
from specimens.services.signature import Pen
from specimens.services.verify import Result
from tests.cast import PASSWORD, Cast
from tests.history import History
from tests.tamper.conftest import Owner, named, of

Verified = Callable[[], Result]


@pytest.fixture
def signed(cast: Cast, history: History) -> str:
    """A report that an investigator reviewed; return its number."""
    made = report.make(cast.ada, ReportScope("specimen", history.tubes[0]), "csv")
    report.review(cast.ivo, made.code, pen=Pen(PASSWORD, "report_reviewed"))
    db.session.rollback()
    return made.code


def rewrite(owner: Owner, kind: str, code: str, table: str, change: Callable[[dict[str, Any]], None]) -> None:
    """Change the bodies of a record and recompute its whole chain, as the owner of the database can."""
    with owner.engine.connect() as connection:
        rows = connection.execute(
            text(
                "SELECT id, body FROM ledger_entry WHERE subject_kind = :kind AND subject_code = :code ORDER BY seq"
            ),
            {"kind": kind, "code": code},
        ).all()
    before = None
    for row in rows:
        said = json.loads(bytes(row.body))
        change(said)
        said["prev"] = before.hex() if before else None
        body = canonical(said)
        before = entry_hash(body)
        owner.does(
            "UPDATE ledger_entry SET body = :body, hash = :hash WHERE id = :id",
            body=body, hash=before, id=row.id,
        )  # fmt: skip
    owner.does(f"UPDATE {table} SET entry_hash = :hash WHERE code = :code", hash=before, code=code)


def forge(owner: Owner, **facts: Any) -> str:
    """Copy the newest signature, entry and row, onto another record, with every hash of the copy recomputed."""
    columns = (
        "entry_id, operation, subject_kind, subject_code, seq, act, study, site, station, actor_user, actor_role, "
        "mode, happened_at, recorded_at, body, hash"
    )
    of_row = (
        "code, of_kind, of_code, of_seq, of_hash, occasion, meaning, study, site, protocol_version, digest, "
        '"user", full_name, role, signed_at, zone, "offset", entry_seq, entry_hash'
    )
    with owner.engine.connect() as connection:
        row = connection.execute(text("SELECT code FROM signature ORDER BY id DESC LIMIT 1")).one()
        entry = connection.execute(
            text("SELECT body FROM ledger_entry WHERE subject_kind = 'signature' AND subject_code = :code"),
            {"code": row.code},
        ).one()
    said = json.loads(bytes(entry.body))
    code = said["subject"]["code"] = "01a0a0a0-0000-7000-8000-00000000000f"
    said["id"] = "01a0a0a0-0000-7000-8000-00000000000e"
    said["facts"] |= facts
    body = canonical(said)
    copied = {"of_kind", "of_code", "of_seq", "of_hash"} & facts.keys()
    chosen = ", ".join(
        {"code": ":code", "entry_hash": ":hash"}.get(name, f":{name}" if name in copied else name)
        for name in of_row.split(", ")
    )
    entry_columns = ", ".join(
        {"entry_id": ":entry_id", "subject_code": ":code", "body": ":body", "hash": ":hash"}.get(name, name)
        for name in columns.split(", ")
    )
    values = {"code": code, "hash": entry_hash(body), "old": row.code, "body": body, "entry_id": said["id"]}
    owner.does(
        f"INSERT INTO ledger_entry ({columns}) SELECT {entry_columns} FROM ledger_entry "
        "WHERE subject_kind = 'signature' AND subject_code = :old",
        **values,
    )
    owner.does(
        f"INSERT INTO signature ({of_row}) SELECT {chosen} FROM signature WHERE code = :old",
        **{name: value for name, value in values.items() if name not in ("body", "entry_id")},
        **{name: facts[name] for name in copied},
    )
    return code


def test_honest_signatures_verify(owner: Owner, signed: str, verified: Verified) -> None:
    assert verified().sound
    assert owner.asks("SELECT count(*) FROM signature") == 2


def test_a_row_moved_to_another_record_is_named(owner: Owner, signed: str, verified: Verified) -> None:
    owner.does("UPDATE signature SET of_code = 'C4K7N2XD' WHERE of_code = :code", code=signed)
    code = owner.asks("SELECT code FROM signature WHERE of_code = 'C4K7N2XD'")
    assert {(f"signature {code}", 1, "row.of_code"), (f"signature {code}", 1, "signed")} <= named(verified())


def test_a_signature_copied_to_another_record_is_named(
    owner: Owner, history: History, signed: str, verified: Verified
) -> None:
    code = forge(owner, of_kind="specimen", of_code=history.tubes[1], of_seq=1)
    assert {(f"signature {code}", 1, "of_hash"), (f"signature {code}", 1, "operation")} <= named(verified())


def test_a_copy_that_names_the_hash_of_the_other_record_is_named_too(
    owner: Owner, history: History, signed: str, verified: Verified
) -> None:
    digest = owner.asks(
        "SELECT hash FROM ledger_entry WHERE subject_code = :code AND seq = 1", code=history.tubes[1]
    )
    code = forge(owner, of_kind="specimen", of_code=history.tubes[1], of_seq=1, of_hash=bytes(digest).hex())
    found = named(verified())
    assert (f"signature {code}", 1, "operation") in found
    assert (f"signature {code}", 1, "of_hash") not in found


def test_a_report_that_was_edited_is_named_by_the_signature_on_it(
    owner: Owner, signed: str, verified: Verified
) -> None:
    def edited(said: dict[str, Any]) -> None:
        if "digest" in said["facts"]:
            said["facts"]["digest"] = "0" * 64

    rewrite(owner, "report", signed, "report", edited)
    owner.does("UPDATE report SET digest = :digest WHERE code = :code", digest="0" * 64, code=signed)
    found = verified()
    code = owner.asks("SELECT code FROM signature WHERE of_code = :code", code=signed)
    assert {(f"signature {code}", 1, "of_hash"), (f"signature {code}", 1, "digest")} <= named(found)
    assert signed in of(found, "digest")[0].expected


def test_a_record_that_was_rewritten_after_it_was_signed_is_named(
    owner: Owner, history: History, signed: str, verified: Verified
) -> None:
    def edited(said: dict[str, Any]) -> None:
        if said["act"] == "eligibility_confirmed":
            said["actor"]["name"] = "Somebody else"

    rewrite(owner, "participant", history.participant, "participant", edited)
    code = owner.asks("SELECT code FROM signature WHERE of_code = :code", code=history.participant)
    assert (f"signature {code}", 1, "of_hash") in named(verified())


def test_a_row_without_its_entry_is_named(owner: Owner, signed: str, verified: Verified) -> None:
    owner.does("UPDATE signature SET code = 'made-up', of_seq = 1 WHERE of_code = :code", code=signed)
    assert ("signature made-up", 0, "row") in named(verified())


def test_the_application_can_only_add_signatures(owner: Owner, signed: str) -> None:
    statement = (
        "INSERT OR REPLACE INTO signature SELECT * FROM signature"
        if owner.sqlite
        else "DELETE FROM signature"
    )
    with pytest.raises(Exception, match="append-only"):
        owner.does(statement, guards=True)

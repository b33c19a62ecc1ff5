"""Rows, lineage, seals and protocols changed with raw SQL: each is found and named. On both engines."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy.exc import DBAPIError

from specimens.ledger.canonical import canonical
from specimens.models.registry import ROWS
from specimens.services.verify import Result
from tests.history import History
from tests.tamper.conftest import Owner, named

Verified = Callable[[], Result]

_ENTRY = "subject_kind = 'specimen' AND subject_code = :code AND seq = :seq"

#: Column of a specimen's row → what the owner writes there. The constraints of the table are obeyed.
PROJECTION: dict[str, str] = {
    "site": "'OSL'", "timepoint": "'W12'", "procedure": "'synovium'", "slot": "'other'", "attempt": "2",
    "protocol_version": "'9'", "specimen_type": "'other'", "container": "'other'", "level": "1",
    "derivative": "'other'", "number": "77", "status": "'retrieved'", "status_before": "'stored'",
    "custodian": "'C4K7N2XD'", "custodian_kind": "'user'", "held_site": "'OSL'", "bound_site": "'OSL'",
    "place": "'C4K7N2XD'", "position": "'A1'", "transfer": "'C4K7N2XD'", "batch": "'C4K7N2XD'",
    "holds": "'[\"consent\"]'", "flags": "'[\"late\"]'", "ended_reason": "'x'", "pieces": "3",
    "body_site": "'knee'", "side": "'left'", "volume_ul": "1", "label_generation": "7", "thaws": "3",
    "collected_at": "1", "collected_by": "'nobody'", "parents": "'[[\"C4K7N2XD\",5]]'", "moments": "'{}'",
    "entry_seq": "99", "entry_hash": "body_of_nothing", "label_live": "true", "visit": "other", "participant": "other",
    "kit": "NULL", "study": "other",
}  # fmt: skip
_NEEDS_A_ROW = {"visit", "participant", "study"}  # foreign keys: another visit would have to be there


def test_an_edited_row_is_named_by_field(owner: Owner, history: History, verified: Verified) -> None:
    tube = history.tubes[2]
    for column in sorted(set(PROJECTION) - _NEEDS_A_ROW):
        value = PROJECTION[column]
        if column == "entry_hash":
            value = "zeroblob(32)" if owner.sqlite else "decode('00', 'hex')"
        honest = owner.asks(f"SELECT {column} FROM specimen WHERE code = :code", code=tube)
        owner.does(f"UPDATE specimen SET {column} = {value} WHERE code = :code", code=tube)
        found = {(subject, field) for subject, _, field in named(verified())}
        assert found == {(f"specimen {tube}", f"row.{column}")}, column
        owner.does(f"UPDATE specimen SET {column} = :honest WHERE code = :code", code=tube, honest=honest)
    assert verified().sound


def test_every_column_of_a_specimen_is_attacked() -> None:
    columns = {column.name for column in ROWS["specimen"].__table__.columns}  # type: ignore[index]
    assert set(PROJECTION) == columns - {"id", "code"}


#: Table, column, what the owner writes there.
_OTHER_ROWS = (
    ("participant", "subject_number", "'BEL-999'"),
    ("participant", "group_code", "'B'"),
    ("participant", "answers", "'{}'"),
    ("participant", "first_dosed_at", "1"),
    ("visit", "timepoint", "'W4'"),
    ("kit", "identity_attested_at", "NULL"),
    ("transfer", "condition", "'torn'"),
    ("transfer", "lines", "'{}'"),
    ("station", "name", "'elsewhere'"),
    ("site", "zone", "'Asia/Tokyo'"),
    ("study", "version", "'99'"),
    ("user_account", "full_name", "'Somebody Else'"),
    ("user_account", "active", "false"),
    ("access_grant", "role", "'auditor'"),
)


def test_an_edited_row_of_any_kind_is_named(owner: Owner, verified: Verified) -> None:
    for table, column, value in _OTHER_ROWS:
        number = owner.asks(f"SELECT min(id) FROM {table}")
        honest = owner.asks(f"SELECT {column} FROM {table} WHERE id = {number}")
        owner.does(f"UPDATE {table} SET {column} = {value} WHERE id = {number}")
        assert {field for _, _, field in named(verified())} == {f"row.{column}"}, (table, column)
        owner.does(f"UPDATE {table} SET {column} = :honest WHERE id = {number}", honest=honest)
    assert verified().sound


def test_a_row_of_the_wrong_type_does_not_stop_the_search(
    owner: Owner, history: History, verified: Verified
) -> None:
    tube = history.tubes[0]
    row = "UPDATE specimen SET flags = 'not json', volume_ul = 'many' WHERE code = :code"
    entry = f"UPDATE ledger_entry SET body = 'text', hash = 7 WHERE {_ENTRY}"
    if not owner.sqlite:  # PostgreSQL keeps to the types of its columns, its owner included
        for statement, values in ((row, {}), (entry, {"seq": 2})):
            with pytest.raises(DBAPIError):
                owner.does(statement, code=tube, **values)
        assert verified().sound
        return
    owner.does(row, code=tube)
    owner.does(entry, code=tube, seq=2)
    found = named(verified())
    assert {(f"specimen {tube}", 2, "body")} <= found
    assert {field for _, _, field in found} >= {"row.flags", "row.volume_ul"}


def _without_keys(owner: Owner, *statements: str, **values: Any) -> None:
    """Run SQL as an owner who also switches foreign keys off."""
    if owner.sqlite:  # off already: the application switches them on for itself
        owner.does(*statements, **values)
    else:
        table = statements[0].split()[2]
        dropped = owner.asks(
            "SELECT string_agg(format('ALTER TABLE %s DROP CONSTRAINT %I', conrelid::regclass, conname), ';') "
            "FROM pg_constraint WHERE contype = 'f' AND confrelid = CAST(:table AS regclass)",
            table=table,
        )
        owner.does(*(dropped.split(";") if dropped else []), *statements, **values)


@pytest.mark.parametrize(
    ("table", "kind"),
    [("kit", "kit"), ("transfer", "transfer"), ("station", "station"), ("access_grant", "grant")],
)
def test_a_deleted_row_is_named(table: str, kind: str, owner: Owner, verified: Verified) -> None:
    code = owner.asks(f"SELECT code FROM {table} ORDER BY id LIMIT 1")
    _without_keys(owner, f"DELETE FROM {table} WHERE code = :code", code=code)
    assert (f"{kind} {code}", "row") in {(subject, field) for subject, _, field in named(verified())}


def test_a_row_without_entries_is_named(owner: Owner, verified: Verified) -> None:
    owner.does(
        "INSERT INTO site (code, name, zone, telephone, active, entry_seq, entry_hash) "
        "SELECT 'ROT', name, zone, telephone, active, entry_seq, entry_hash FROM site WHERE code = 'AMS'"
    )
    assert named(verified()) == {("site ROT", 0, "row")}


def test_lineage_that_was_changed_added_or_removed_is_named(
    owner: Owner, history: History, verified: Verified
) -> None:
    child, parent = (
        owner.asks(f"SELECT {column} FROM specimen_parent LIMIT 1") for column in ("child", "parent")
    )
    owner.does("UPDATE specimen_parent SET volume_ul = 1")
    assert named(verified()) == {(f"specimen {child}", 1, "parents")}
    owner.does("DELETE FROM specimen_parent")
    assert named(verified()) == {(f"specimen {child}", 1, "parents")}
    owner.does(
        "INSERT INTO specimen_parent (child, parent, volume_ul) VALUES (:child, :parent, 500)",
        "INSERT INTO specimen_parent (child, parent, volume_ul) VALUES (:parent, :other, 5)",
        child=child,
        parent=parent,
        other=history.tubes[3],
    )
    assert named(verified()) == {(f"specimen {parent}", 1, "parents")}


@pytest.mark.parametrize(
    ("change", "field"),
    [("kind = 'kit'", "identifier.kind"), ("issued_at = issued_at + 1", "identifier.issued_at")],
)
def test_a_changed_registry_of_identifiers_is_named(
    change: str, field: str, owner: Owner, history: History, verified: Verified
) -> None:
    tube = history.tubes[0]
    owner.does(f"UPDATE identifier SET {change} WHERE code = :code", code=tube)
    assert (f"specimen {tube}", 1, field) in named(verified())


def test_an_identifier_that_was_taken_out_or_put_in_is_named(
    owner: Owner, history: History, verified: Verified
) -> None:
    tube = history.tubes[0]
    owner.does(
        "DELETE FROM identifier WHERE code = :code",
        "INSERT INTO identifier (code, kind, issued_at) VALUES ('C4K7N2XD', 'specimen', 1)",
        code=tube,
    )
    assert named(verified()) == {(f"specimen {tube}", 1, "identifier"), ("identifier C4K7N2XD", 0, "row")}


@pytest.mark.parametrize("column", ["text = 'another'", "salt = NULL", "text = NULL", "name = 'other'"])
def test_an_edited_sealed_text_is_named(column: str, owner: Owner, verified: Verified) -> None:
    number = owner.asks("SELECT min(id) FROM sealed_text WHERE name LIKE 'E%'")
    owner.does(f"UPDATE sealed_text SET {column} WHERE id = {number}")
    assert any(field.startswith("sealed.") for _, _, field in named(verified()))


def test_a_sealed_text_that_was_taken_out_or_put_in_is_named(owner: Owner, verified: Verified) -> None:
    number = owner.asks("SELECT min(id) FROM sealed_text")
    owner.does(
        f"DELETE FROM sealed_text WHERE id = {number}",
        "INSERT INTO sealed_text (entry_id, name, text) VALUES ('nowhere', 'reason', 'x')",
    )
    found = named(verified())
    assert ("sealed text nowhere", 0, "row") in found
    assert any(field.startswith("sealed.") for _, _, field in found)


def test_a_text_that_was_blanked_without_an_entry_is_named(owner: Owner, verified: Verified) -> None:
    number = owner.asks("SELECT min(id) FROM sealed_text WHERE name = 'original'")
    owner.does(f"UPDATE sealed_text SET salt = NULL, text = NULL WHERE id = {number}")
    assert {field for _, _, field in named(verified())} == {"sealed.original"}


@pytest.mark.parametrize(
    "change",
    ["text = text || ' '", "digest = 'x'", "published_by = 'x'", "published_at = 1", "version = '9'"],
)
def test_a_changed_protocol_is_named(change: str, owner: Owner, verified: Verified) -> None:
    owner.does(f"UPDATE protocol_version SET {change}")
    result = verified()
    assert {each.subject for each in result.differences} == {"protocol belimumab_sle"}


def test_another_name_of_the_installation_is_named(owner: Owner, verified: Verified) -> None:
    owner.does("UPDATE installation SET origin = 'somewhere.else/log'")
    assert {field for _, _, field in named(verified())} == {"origin"}


def test_a_thousand_differences_are_named_and_the_rest_counted(owner: Owner, verified: Verified) -> None:
    many = owner.asks("SELECT count(*) FROM ledger_entry")
    owner.does("UPDATE ledger_entry SET recorded_at = 1, happened_at = 1, mode = 'x', actor_role = 'x',"
               " actor_user = 'x', operation = 'x', act = 'x', study = 'x', site = 'x', station = 'x'")  # fmt: skip
    result = verified()
    assert len(result.differences) == 1000
    # And the text of the protocol and the kept verification, whose entries are no longer theirs.
    assert result.further == 10 * many + 2 - 1000


#: Table → column → what a text is that is not UTF-8; SQLite keeps it, PostgreSQL refuses it to its owner, too.
_NOT_UTF8 = {
    "specimen": "site",
    "ledger_entry": "act",
    "sealed_text": "text",
    "checkpoint": "note",
    "installation": "origin",
    "identifier": "code",
}


@pytest.mark.parametrize("table", _NOT_UTF8)
def test_a_text_that_is_not_utf_8_does_not_stop_the_search(
    table: str, owner: Owner, verified: Verified
) -> None:
    if not owner.sqlite:
        return
    column = _NOT_UTF8[table]
    owner.does(
        f"UPDATE {table} SET {column} = CAST(x'ff41' AS TEXT) WHERE id = (SELECT min(id) FROM {table})"
    )
    result = verified()
    assert not result.sound
    if table == "specimen":
        (found,) = result.differences
        assert (found.field, found.found) == ("row.site", "\\xffA (not UTF-8)")


@pytest.mark.parametrize(
    ("table", "column"),
    [("verification", "differences"), ("verification", "ended_at"), ("checkpoint", "note")],
)
def test_bytes_in_the_place_of_a_text_do_not_stop_the_search(
    table: str, column: str, owner: Owner, verified: Verified
) -> None:
    if not owner.sqlite:
        return
    owner.does(f"UPDATE {table} SET {column} = x'ff00'")
    assert not verified().sound


def test_a_version_that_is_no_text_does_not_stop_the_search(owner: Owner, verified: Verified) -> None:
    published = "act = 'protocol_published'"
    body = json.loads(bytes(owner.asks(f"SELECT body FROM ledger_entry WHERE {published}")))
    body["facts"]["version"] = []
    owner.does(f"UPDATE ledger_entry SET body = :body WHERE {published}", body=canonical(body))
    assert "hash" in {field for _, _, field in named(verified())}

"""Redaction, and everything that only looks like it."""

import pytest
from flask import Flask
from sqlalchemy import create_engine, select, text
from sqlalchemy.exc import DBAPIError

from specimens.domain.errors import BadInput, NotFound, NotPermitted
from specimens.domain.terms import Kind
from specimens.models.base import db
from specimens.models.ledger import LedgerEntry, SealedText
from specimens.models.transfer import NearMissRow
from specimens.services import audit, outside, redaction
from specimens.services.entries import entries_of
from tests.cast import Cast
from tests.engines import Database
from tests.history import History
from tests.tamper.conftest import Owner, named

RAW = "a hospital number"


def _miss() -> tuple[str, int]:
    row = db.session.execute(
        select(LedgerEntry.subject_code, LedgerEntry.seq)
        .join(SealedText, SealedText.entry_id == LedgerEntry.entry_id)
        .where(SealedText.name == "raw", SealedText.text == RAW)
    ).one()
    return row.subject_code, row.seq


def _redact(actor, name: str = "raw", reason: str = "it names somebody", key: str | None = None) -> str:
    code, seq = _miss()
    redaction.redact(actor, Kind.NEAR_MISS, code, seq, name, reason, key=key)
    return code


def test_a_redacted_text_is_gone_the_entry_stands_and_says_who_and_why(
    history: History, cast: Cast, verified, database: Database
) -> None:
    code = _redact(cast.ivo)
    result = verified()
    assert (result.sound, result.redacted) == (True, 1)
    entries = entries_of(db.session(), Kind.NEAR_MISS, code)
    assert [each.act for each in entries] == ["scan_refused", "redacted"]
    assert entries[0].opened == {"raw": None}
    assert (entries[1].actor["name"], entries[1].opened["reason"]) == ("Ivo Smit", "it names somebody")
    assert db.session.execute(select(NearMissRow.raw).where(NearMissRow.code == code)).scalar() is None
    steps = audit.trail(cast.ada, Kind.NEAR_MISS, code).steps
    assert steps[0].redacted == {"raw": steps[1].number}


def test_nothing_of_it_is_left_in_the_files(history: History, cast: Cast, database: Database) -> None:
    if not database.url.startswith("sqlite"):
        _redact(cast.ivo)
        found = db.session.execute(text("SELECT count(*) FROM sealed_text WHERE text = :raw"), {"raw": RAW})
        assert found.scalar() == 0
        return
    path = database.url.removeprefix("sqlite:///")

    def held() -> bytes:
        from pathlib import Path

        files = [Path(path + end) for end in ("", "-wal")]
        return b"".join(file.read_bytes() for file in files if file.exists())

    assert RAW.encode() in held()
    _redact(cast.ivo)
    assert RAW.encode() not in held()


def test_the_list_outside_takes_it_away_again_when_an_old_backup_is_put_back(
    history: History, cast: Cast, verified, owner: Owner
) -> None:
    code, _ = _miss()
    entry = entries_of(db.session(), Kind.NEAR_MISS, code)[0].id
    (outside.folder() / redaction.FILE).write_text(
        f'{{"entry": "{entry}", "name": "raw"}}\n', encoding="utf-8"
    )
    assert redaction.replay() == 1
    assert redaction.replay() == 0
    assert entries_of(db.session(), Kind.NEAR_MISS, code)[0].opened == {"raw": None}
    assert verified().sound


@pytest.mark.parametrize(
    "said", [b"{}\n", b"\xff\n", b"[" * 100_000], ids=["no entry", "no UTF-8", "too deep"]
)
def test_a_list_outside_that_cannot_be_read_stops_with_file_and_line(said: bytes, history: History) -> None:
    (outside.folder() / redaction.FILE).write_bytes(said)
    with pytest.raises(Exception, match="redactions_unreadable"):
        redaction.replay()


def test_it_is_done_once_by_whoever_may_and_with_a_reason(history: History, cast: Cast) -> None:
    code, seq = _miss()
    for who in (cast.nora, cast.mei, cast.ada, cast.mona):
        with pytest.raises(NotPermitted):
            redaction.redact(who, Kind.NEAR_MISS, code, seq, "raw", "x")
    for who in (cast.adam,):  # may not see near misses at all
        with pytest.raises(NotFound):
            redaction.redact(who, Kind.NEAR_MISS, code, seq, "raw", "x")
    for reason in ("", "  ", "born 12-03-1971", "number 1234567", "x" * 3000):
        with pytest.raises(BadInput):
            redaction.redact(cast.ivo, Kind.NEAR_MISS, code, seq, "raw", reason)
    _redact(cast.ivo, key="k")
    with pytest.raises(NotFound):
        redaction.redact(cast.ivo, Kind.NEAR_MISS, code, seq, "raw", "again")
    redaction.redact(
        cast.ivo, Kind.NEAR_MISS, code, seq, "raw", "it names somebody", key="k"
    )  # sent twice: one act
    assert len(entries_of(db.session(), Kind.NEAR_MISS, code)) == 2


def test_an_answer_is_corrected_and_never_redacted(history: History, cast: Cast) -> None:
    row = db.session.execute(
        select(LedgerEntry.subject_code, LedgerEntry.seq, SealedText.name)
        .join(SealedText, SealedText.entry_id == LedgerEntry.entry_id)
        .where(LedgerEntry.subject_kind == "participant", SealedText.name.in_(["answers", "group_code"]))
    ).first()
    names = [row.name] if row else ["answers", "group_code"]
    for name in names:
        assert not redaction.may_redact(cast.ivo, Kind.PARTICIPANT, name)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE sealed_text SET salt = NULL, text = NULL",
        "UPDATE sealed_text SET text = 'x'",
        "DELETE FROM sealed_text",
        "DELETE FROM redaction",
        "UPDATE redaction SET name = 'x'",
    ],
)
def test_without_its_entry_the_database_refuses(
    statement: str, history: History, cast: Cast, database: Database
) -> None:
    _redact(cast.ivo)
    engine = create_engine(database.url)
    with engine.connect() as connection, pytest.raises(DBAPIError):
        connection.execute(text(statement))
    engine.dispose()


def test_the_function_that_blanks_does_nothing_without_the_entry(
    history: History, cast: Cast, database: Database
) -> None:
    if database.url.startswith("sqlite"):
        statement = "UPDATE sealed_text SET salt = NULL, text = NULL WHERE name = 'raw'"
    else:
        statement = "SELECT redact_sealed_text(entry_id, name) FROM sealed_text WHERE name = 'raw'"
    engine = create_engine(database.url)
    with engine.connect() as connection, pytest.raises(DBAPIError, match="append-only"):
        connection.execute(text(statement))
    engine.dispose()


def test_forged_redactions_are_named(history: History, cast: Cast, owner: Owner, verified) -> None:
    _redact(cast.ivo)
    owner.does("UPDATE redaction SET name = 'other'")
    fields = {field for _, _, field in named(verified())}
    assert {"redaction", "sealed.raw"} <= fields
    owner.does("DELETE FROM redaction")
    fields = {field for _, _, field in named(verified())}
    assert {"redaction", "sealed.raw"} <= fields


def test_a_text_that_was_put_back_is_named(history: History, cast: Cast, owner: Owner, verified) -> None:
    _redact(cast.ivo)
    owner.does("UPDATE sealed_text SET salt = '', text = 'x' WHERE name = 'raw' AND text IS NULL")
    assert "sealed.raw" in {field for _, _, field in named(verified())}


def test_a_kept_answer_does_not_give_the_number_away(history: History, cast: Cast, context: Flask) -> None:
    import hashlib
    import json

    digests = {row.digest for row in db.session.execute(text("SELECT digest FROM answered_request"))}
    assert digests
    guesses = [{"raw": RAW, "subject": None}, {"raw": RAW}]
    for guess in guesses:
        said = json.dumps(guess, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        assert hashlib.sha256(said.encode()).hexdigest() not in digests

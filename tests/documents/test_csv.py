"""The CSV twin: one row per event, and nothing in it that a spreadsheet would run."""

import csv
import io
from dataclasses import replace

import pytest

from specimens.documents.csv_safe import Column, guarded, write_csv
from specimens.documents.custody_csv import COLUMNS, custody_csv
from specimens.documents.records import Note, Redaction, Signatures
from tests.documents.custody_records import event, report, signature, struck

FORMULAE = [
    "=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", " =1", "\ufeff=1", "\u200b=1", "＝1", "−1", "'=1", '"=1',
    "x;=1", "x\t=1", "x\r\n=1", ";@x", ",=1",
]  # fmt: skip


def _rows(data: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline="")))


def test_the_rows_equal_the_events() -> None:
    told = report(40)
    rows = _rows(custody_csv(told))
    assert [int(row["number"]) for row in rows] == [each.number for each in told.events]
    assert set(rows[0]) == {column.name for column in COLUMNS}
    assert rows[0]["happened"] == "2026-11-22T13:04:11.123+01:00"
    assert rows[0]["temperature_tenths_c"] == "215"
    assert rows[0]["entry_hash"] == told.events[0].entry_hash


def test_what_a_clock_had_to_do_with_it_stands_in_columns_of_its_own() -> None:
    told = replace(
        report(), events=(event(1, clock_behind_ms=90_000), event(2, device_clock_ms=1_790_000_000_000))
    )
    said = [
        (row["clock_behind_ms"], row["device_clock_ms"], row["changed_by"])
        for row in _rows(custody_csv(told))
    ]
    assert said == [("90000", "", ""), ("", "1790000000000", "")]


def test_an_empty_report_is_a_heading() -> None:
    assert _rows(custody_csv(replace(report(), events=()))) == []
    assert custody_csv(replace(report(), events=())).count(b"\r\n") == 1


def test_what_is_struck_or_redacted_says_so() -> None:
    told = replace(report(), events=(struck(1, 2), event(2, note=Note(redaction=Redaction()))))
    first, second = _rows(custody_csv(told))
    assert (first["struck"], first["struck_by"]) == ("corrected", "2")
    assert (second["note"], second["redacted"]) == ("", "yes")


@pytest.mark.parametrize("typed", FORMULAE)
def test_a_formula_is_neutralised_wherever_a_spreadsheet_would_see_one(typed: str) -> None:
    told = replace(report(), events=(event(1, note=Note(typed), performed_by=typed, moved_to=typed),))
    [row] = _rows(custody_csv(told))
    for name in ("note", "performed_by", "moved_to"):
        for cell in row[name].replace("\r", "\n").replace("\t", "\n").replace(";", "\n").split("\n"):
            bare = cell.strip().lstrip("\ufeff\u200b\"', ")
            assert not bare or bare[0] not in "=+-@＝−" or "'" in cell, repr(row[name])


def test_plain_text_stays_as_it_is() -> None:
    for text in ("Łucja de Wit", "a-b", "1 + 1", "e@example.nl", "two\nlines", ""):
        assert guarded(text) == text


def test_control_characters_do_not_survive() -> None:
    assert guarded("a\x00b\x07\ud800") == "a\ufffdb\ufffd\ufffd"


def test_a_column_of_numbers_holds_numbers() -> None:
    for wrong in ("=1", True, 1.5):
        with pytest.raises(ValueError, match="holds numbers"):
            write_csv([Column("n", number=True)], [[wrong]])  # type: ignore[list-item]
    with pytest.raises(ValueError, match=r"zip\(\)"):
        write_csv([Column("a"), Column("b")], [["one"]])


def test_signatures_follow_as_rows_of_their_own() -> None:
    told = replace(report(3), signatures=Signatures(given=(signature(changed_by=9),)))
    rows = _rows(custody_csv(told))
    assert [row["act"] for row in rows[3:]] == ["signed"]
    signed = rows[-1]
    assert (signed["who"], signed["login"], signed["meaning"]) == ("Ivo Smit", "ivo", "deviation_decided")
    assert (signed["signed_entry"], signed["signed_hash"], signed["changed_by"]) == ("3", "ab" * 32, "9")
    assert signed["happened"].endswith("+01:00") and signed["zone"] == "Europe/Amsterdam"

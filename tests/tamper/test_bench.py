"""Handovers, draws and findings changed with raw SQL: each is found and named. On both engines."""

from collections.abc import Callable

import pytest
from sqlalchemy.exc import DBAPIError

from specimens.services import draw, finding, handover
from specimens.services.signature import Pen
from specimens.services.verify import Result
from tests.cast import PASSWORD, Cast
from tests.services.bags import released
from tests.tamper.conftest import Owner, named

Verified = Callable[[], Result]

#: Table → column → what the owner writes there.
ROWS: dict[str, dict[str, str]] = {
    "handover": {
        "list_hash": "'00'", "specimens": "'[]'", "until_at": "1", "offered_by": "'X'", "offered_at": "1",
        "state": "'withdrawn'", "guesses": "9", "not_taken": "'[\"C4K7N2XD\"]'", "signed_at": "1", "site": "'OSL'",
    },
    "draw": {
        "seed": "'other'", "wanted": "9", "own_seed": "true", "population": "9", "population_digest": "'00'",
        "specimens": "'[]'", "committed_by": "'X'", "committed_at": "1", "drawn_at": "2000000000000", "site": "'OSL'",
    },
    "finding": {
        "about_kind": "'visit'", "about_code": "'X'", "severity": "'critical'", "draw": "NULL",
        "state": "'answered'", "raised_by": "'X'", "raised_at": "1", "answered_by": "'X'", "answered_at": "1",
        "closed_by": "'X'", "closed_at": "1", "site": "'OSL'",
    },
}  # fmt: skip


@pytest.fixture
def bench(owner: Owner, cast: Cast) -> dict[str, str]:
    """One of each: table → code."""
    bag, tubes = released(cast, 2)
    drew = draw.draw(cast.ada, 200).code
    found = finding.raise_finding(cast.ada, tubes[0], "minor", "x", pen=Pen(PASSWORD), draw=drew)
    return {"handover": handover.offer(cast.nora, bag.code)[0].code, "draw": drew, "finding": found.code}


def test_an_edited_row_of_the_bench_is_named_by_field(
    owner: Owner, bench: dict[str, str], verified: Verified
) -> None:
    for table, columns in ROWS.items():
        code = bench[table]
        for column, value in columns.items():
            honest = owner.asks(f"SELECT {column} FROM {table} WHERE code = :code", code=code)
            owner.does(f"UPDATE {table} SET {column} = {value} WHERE code = :code", code=code)
            found = {(subject, field) for subject, _, field in named(verified())}
            assert (f"{table} {code}", f"row.{column}") in found, column
            assert {subject for subject, _ in found} == {f"{table} {code}"}, column
            owner.does(f"UPDATE {table} SET {column} = :honest WHERE code = :code", code=code, honest=honest)
    assert verified().sound


def test_a_population_that_was_changed_or_taken_out_is_named(
    owner: Owner, bench: dict[str, str], verified: Verified
) -> None:
    code = bench["draw"]
    honest = owner.asks("SELECT codes FROM draw_population WHERE draw = :code", code=code)
    owner.does("UPDATE draw_population SET codes = :codes WHERE draw = :code", code=code, codes=honest[9:])
    assert {(subject, field) for subject, _, field in named(verified())} == {(f"draw {code}", "population")}
    owner.does("DELETE FROM draw_population")
    assert {(subject, field) for subject, _, field in named(verified())} == {(f"draw {code}", "population")}
    owner.does("INSERT INTO draw_population (draw, codes) VALUES (:code, :codes)", code=code, codes=honest)
    assert verified().sound


@pytest.mark.parametrize("table", ["draw_population", "handover_secret"])
def test_what_stands_beside_the_ledger_is_not_changed_by_the_application(
    table: str, owner: Owner, bench: dict[str, str]
) -> None:
    assert bench
    for statement in (f"DELETE FROM {table}", f"UPDATE {table} SET id = id + 100"):
        with pytest.raises(DBAPIError):
            owner.does(statement, guards=True)

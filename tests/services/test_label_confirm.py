"""Scanning a label back: it counts from then on, and only beside the kit that it belongs to."""

import pytest
from sqlalchemy import func, select

from specimens.domain.terms import Kind
from specimens.models.base import db
from specimens.models.ledger import LedgerEntry
from specimens.services import label
from specimens.services.entries import entries_of
from specimens.services.label_stock import Choice
from specimens.services.scan import specimen_now
from tests.cast import Cast
from tests.tubes import kit_of


@pytest.fixture
def cast(cast: Cast, clock: object) -> Cast:
    return cast


def _acts(code: str) -> list[str]:
    return [each.act for each in entries_of(db.session(), Kind.SPECIMEN, code)]


def _print(cast: Cast, kit: str) -> None:
    label.print_set(cast.nora, label.label_set(cast.nora, "kit", kit), Choice("a4_21", 300))


def test_a_label_scanned_back_counts(cast: Cast) -> None:
    kit, tubes = kit_of(cast, cast.nora, 2, collected=False)
    _print(cast, kit)
    outcome = label.confirm(cast.nora, "kit", kit, tubes[0], "k1")
    assert (outcome.verdict, outcome.code) == ("ok", "label_counts")
    assert dict(outcome.facts) == {"code": tubes[0], "left": 1}
    assert outcome.next == tubes[1]
    assert label.label_set(cast.nora, "kit", kit).live == 1
    again = label.confirm(cast.nora, "kit", kit, tubes[0], "k2")
    assert (again.verdict, again.code) == ("already", "label_counts_already")
    assert _acts(tubes[0]).count("label_confirmed") == 1


def test_a_label_of_another_kit_is_stop_and_kept_as_a_near_miss(cast: Cast) -> None:
    kit, _ = kit_of(cast, cast.nora, 1, collected=False)
    other, others = kit_of(cast, cast.nora, 1, collected=False)
    _print(cast, kit)
    _print(cast, other)
    outcome = label.confirm(cast.nora, "kit", kit, others[0], None)
    assert (outcome.verdict, outcome.code) == ("stop", "label_of_another_kit")
    assert not specimen_now(others[0]).label_live
    refused = db.session.execute(
        select(func.count(LedgerEntry.id)).where(LedgerEntry.subject_kind == str(Kind.NEAR_MISS))
    ).scalar_one()
    assert refused == 1


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        ("C4K7N2XD", "unknown_code"),
        ("C4K7N2XF", "scan_unreadable"),
        ("", "scan_empty"),
        ("X0000032", "command_not_here"),
    ],
)
def test_what_is_no_label_of_ours_is_stop(cast: Cast, raw: str, code: str) -> None:
    kit, _ = kit_of(cast, cast.nora, 1, collected=False)
    outcome = label.confirm(cast.nora, "kit", kit, raw, None)
    assert (outcome.verdict, outcome.code) == ("stop", code)


def test_a_label_that_was_never_printed_cannot_be_scanned_back(cast: Cast) -> None:
    kit, tubes = kit_of(cast, cast.nora, 1, collected=False)
    outcome = label.confirm(cast.nora, "kit", kit, tubes[0], None)
    assert (outcome.verdict, outcome.code) == ("stop", "label_not_printed")

"""When a tube was taken, and into what: times, containers, windows, consent, on both engines."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
import time_machine
from sqlalchemy import select

from specimens.domain.errors import Refused
from specimens.models.base import db
from specimens.models.ledger import LedgerEntry
from specimens.services import collection, consent, day_zero, kit, visit
from specimens.services.clock import now_ms
from tests.cast import Cast
from tests.history import History, opened
from tests.services.bedside import MINUTE, begun, near_misses, tube


@pytest.fixture
def made(cast: Cast, visit_open: History) -> History:
    """A baseline visit that is open, with nothing collected."""
    return visit_open


def test_a_time_that_was_typed_is_marked_as_a_persons(
    cast: Cast, made: History, clock: time_machine.Traveller
) -> None:
    code = begun(cast, made)
    clock.shift(600)
    at = now_ms() - 5 * MINUTE
    assert collection.collect(cast.nora, code, made.tubes[0], None, happened_at=at).verdict == "ok"
    assert tube(cast.nora, made.tubes[0]).collected_at == at
    body = db.session.execute(
        select(LedgerEntry.body).where(
            LedgerEntry.subject_code == made.tubes[0], LedgerEntry.act == "collected"
        )
    ).scalar_one()
    assert b'"happened_by":"person"' in body


def test_a_gap_over_half_an_hour_asks_why_once_per_session(
    cast: Cast, made: History, clock: time_machine.Traveller
) -> None:
    code = begun(cast, made)
    clock.shift(3600)
    at = now_ms() - 31 * MINUTE
    outcome = collection.collect(cast.nora, code, made.tubes[0], None, happened_at=at)
    assert (outcome.verdict, outcome.ask, outcome.saved) == ("check", "late_entry", False)
    assert collection.collect(cast.nora, code, made.tubes[0], None, happened_at=at, late_reason="no_such").ask
    assert near_misses() == []
    assert collection.collect(cast.nora, code, made.tubes[0], None, happened_at=at, late_reason="busy").saved
    assert collection.collect(cast.nora, code, made.tubes[1], None, happened_at=at).saved
    kit.finish(cast.nora, code)
    clock.shift(1)
    kit.begin(cast.nora, code)
    assert collection.collect(cast.nora, code, made.tubes[2], None, happened_at=at).ask == "late_entry"


def test_exactly_half_an_hour_asks_nothing(cast: Cast, made: History, clock: time_machine.Traveller) -> None:
    code = begun(cast, made)
    clock.shift(3600)
    at = now_ms() - 30 * MINUTE
    assert collection.collect(cast.nora, code, made.tubes[0], None, happened_at=at).verdict == "ok"


@pytest.mark.parametrize(
    ("minutes", "refusal"),
    [(10, "time_in_future"), (-60 * 24 * 500, "before_consent"), (-24 * 60, "before_consent")],
)
def test_a_time_that_cannot_be_is_stopped(cast: Cast, made: History, minutes: int, refusal: str) -> None:
    code = begun(cast, made)
    at = now_ms() + minutes * MINUTE
    outcome = collection.collect(cast.nora, code, made.tubes[0], None, happened_at=at, late_reason="busy")
    assert (outcome.verdict, outcome.code) == ("stop", refusal)
    assert tube(cast.nora, made.tubes[0]).status == "planned"


def test_another_container_needs_a_reason_and_is_flagged(cast: Cast, made: History) -> None:
    code = begun(cast, made)
    asked = collection.collect(cast.nora, code, made.tubes[0], None, container="serum_clot")
    assert (asked.ask, asked.saved) == ("container", False)
    done = collection.collect(
        cast.nora, code, made.tubes[0], None, container="serum_clot", reason="out_of_stock"
    )
    assert done.saved
    assert tube(cast.nora, made.tubes[0]).container == "serum_clot"
    assert "other_container" in tube(cast.nora, made.tubes[0]).flags
    assert (
        collection.collect(cast.nora, code, made.tubes[1], None, container="bucket").code
        == "unknown_container"
    )


def test_a_visit_out_of_window_needs_a_reason_and_flags_its_tubes(
    cast: Cast, made: History, clock: time_machine.Traveller
) -> None:
    with pytest.raises(Refused, match="out_of_window_reason"):
        visit.open_visit(cast.nora, made.participant, "W4")
    early = visit.open_visit(cast.nora, made.participant, "W4", reason="flare")
    code = early.kits[0].code
    kit.begin(cast.nora, code)
    outcome = collection.collect(cast.nora, code, kit.specimens_of(code)[0].code, None)
    assert (outcome.verdict, outcome.saved) == ("check", True)
    assert outcome.facts["warnings"] == ["flag_out_of_window"]


def test_baseline_after_the_first_dose_is_flagged(
    cast: Cast, made: History, clock: time_machine.Traveller
) -> None:
    code = begun(cast, made)
    day_zero.first_dose(cast.nora, made.participant, given_at=now_ms())
    clock.shift(60)
    outcome = collection.collect(cast.nora, code, made.tubes[0], None)
    assert outcome.saved
    assert "not_baseline" in tube(cast.nora, made.tubes[0]).flags


def test_nothing_is_collected_after_consent_was_withdrawn(
    cast: Cast, made: History, clock: time_machine.Traveller
) -> None:
    code = begun(cast, made)
    clock.shift(60)
    consent.withdraw(cast.nora, made.participant, choice="keep")
    outcome = collection.collect(cast.nora, code, made.tubes[0], None)
    assert outcome.verdict == "stop"
    assert not outcome.saved
    kit.finish(cast.nora, code)
    with pytest.raises(Refused):
        kit.begin(cast.nora, code)


def test_the_hour_that_comes_twice_is_one_instant(cast: Cast, clock: time_machine.Traveller) -> None:
    clock.move_to(datetime(2026, 10, 25, 0, 5, tzinfo=ZoneInfo("UTC")))
    made = opened(cast, clock)
    code = begun(cast, made)
    clock.move_to(datetime(2026, 10, 25, 1, 30, tzinfo=ZoneInfo("UTC")))
    at = int(datetime(2026, 10, 25, 0, 30, tzinfo=ZoneInfo("UTC")).timestamp() * 1000)
    done = collection.collect(cast.nora, code, made.tubes[0], None, happened_at=at, late_reason="busy")
    assert done.saved
    body = db.session.execute(
        select(LedgerEntry.body).where(
            LedgerEntry.subject_code == made.tubes[0], LedgerEntry.act == "collected"
        )
    ).scalar_one()
    assert b"+02:00" in body

"""The demonstration: no slot of a kit waits for another, and work at the bench stops where consent ends."""

from collections.abc import Callable, Iterator

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from specimens.cli import demo, demo_base, demo_bench
from specimens.domain.errors import Refused
from specimens.domain.terms import Kind
from specimens.models.base import db
from specimens.services import verify
from specimens.services.clock import today
from specimens.services.record import table_of

HOUR = 3_600_000


@pytest.fixture(params=["sqlite"])
def engine_name(request: pytest.FixtureRequest) -> str:
    """Take SQLite: the services below are tested on both engines."""
    return str(request.param)


@pytest.fixture
def moments(app: Flask, clock: time_machine.Traveller) -> Callable[[str, str], list[dict[str, int]]]:
    """Make the smallest demonstration, and hand out act → instant of the specimens of a slot and timepoint."""
    with app.app_context():
        demo.load(1, 4, lambda _: None)
        assert verify.verify().sound
        table = table_of(Kind.SPECIMEN)
        rows = db.session.execute(
            select(table.c.slot, table.c.timepoint, table.c.moments).where(table.c.level == 0)
        ).all()
        db.session.remove()
    return lambda slot, timepoint: [
        row.moments for row in rows if (row.slot, row.timepoint) == (slot, timepoint)
    ]


def test_a_core_is_frozen_in_time_while_another_grows_for_weeks_and_an_audit_has_been_there(
    app: Flask, moments: Callable[[str, str], list[dict[str, int]]]
) -> None:
    (grown,) = moments("LN_STROMA", "W12")
    assert max(grown.values()) - grown["collected"] > 20 * 24 * HOUR
    (frozen,) = moments("LN_CRYO", "W12")
    assert frozen["frozen"] - frozen["collected"] < 2 * HOUR
    (fixed,) = moments("LN_FFPE", "W12")
    assert fixed["fixation_ended"] - fixed["collected"] < 32 * HOUR
    with app.app_context():
        finding, draw, grant = (table_of(kind).c for kind in (Kind.FINDING, Kind.DRAW, Kind.GRANT))
        assert sorted(db.session.execute(select(finding.state)).scalars()) == ["finding_closed", "raised"]
        assert [each is not None for each in db.session.execute(select(draw.drawn_at)).scalars()] == [True]
        (until,) = db.session.execute(select(grant.until_on).where(grant.until_on.is_not(None))).scalars()
        assert until < today(demo_base.ZONE).isoformat()  # the seat has closed by itself
        db.session.remove()


def _refused_with(code: str) -> Iterator[int]:
    yield 1
    raise Refused(code)


def test_a_story_ends_where_consent_holds_a_tube_and_at_nothing_else() -> None:
    assert list(demo_bench._until_held(_refused_with("on_hold"))) == [1]
    with pytest.raises(Refused, match="not_possible"):
        list(demo_bench._until_held(_refused_with("not_possible")))

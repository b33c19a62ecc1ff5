"""The demonstration: no slot of a kit waits for another, and work at the bench stops where consent ends."""

from collections.abc import Callable, Iterator

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from specimens.cli import demo, demo_base, demo_bench, server
from specimens.domain.clocks import ClockState
from specimens.domain.errors import Refused
from specimens.domain.terms import Kind
from specimens.models.base import db
from specimens.models.ledger import LedgerEntry
from specimens.services import badge, lineage, pin, presence, site, verify
from specimens.services.clock import now_ms, today
from specimens.services.entries import entries_of
from specimens.services.row import state_of, table_of
from specimens.services.study import protocol_of
from tests.stages import Stage, stage

HOUR = 3_600_000


@pytest.fixture(params=["sqlite"])
def engine_name(request: pytest.FixtureRequest) -> str:
    """Take SQLite: the services below are tested on both engines."""
    return str(request.param)


def _smallest(clock: time_machine.Traveller) -> None:
    demo.load(1, 4, lambda _: None)
    assert verify.verify().sound


@pytest.fixture
def setting(engine_name: str) -> Stage:
    """Begin with the smallest demonstration."""
    return stage(_smallest, engine_name)


@pytest.fixture
def moments(app: Flask, clock: time_machine.Traveller) -> Callable[[str, str], list[dict[str, int]]]:
    """Hand out act → instant of the specimens of a slot and timepoint."""
    with app.app_context():
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


def test_no_limit_is_broken_where_no_story_asks_for_it(
    app: Flask, moments: Callable[[str, str], list[dict[str, int]]]
) -> None:
    (cold,) = moments("LN_RNA", "W12")
    assert cold["in_medium"] == cold["collected"] and cold["frozen"] - cold["in_medium"] >= 12 * HOUR
    (fixed,) = moments("LN_FFPE", "W12")
    assert 16 * HOUR <= fixed["fixation_ended"] - fixed["in_medium"] <= 32 * HOUR
    for upright in moments("PAX", "W12"):
        assert upright["stored"] - upright["frozen"] >= 24 * HOUR
        assert "stored_on_the_way" in upright
    broken = []
    with app.app_context():
        table = table_of(Kind.SPECIMEN)
        rows = db.session.execute(select(table).where(table.c.collected_at.is_not(None))).mappings()
        for held in [state_of(Kind.SPECIMEN, row) for row in rows]:
            rules = protocol_of(held.study, held.protocol_version)
            known = lineage.ancestors(db.session(), [held])
            broken += [
                (held.slot, held.timepoint, each.clock)
                for each in lineage.clocks(rules, held, known, now_ms())
                if each.clock.state is ClockState.BREACHED
            ]
        lots = db.session.execute(select(LedgerEntry.id).where(LedgerEntry.act == "lots_recorded")).all()
        db.session.remove()
    assert broken == []
    assert len(lots) >= 5  # each procedure, and PAXgene of each blood draw


def test_a_box_was_checked_and_what_was_missing_stands_in_it_again_and_a_pick_list_waits(
    app: Flask, moments: Callable[[str, str], list[dict[str, int]]]
) -> None:
    with app.app_context():
        check, listed, tube = (table_of(kind).c for kind in (Kind.INVENTORY, Kind.PICK, Kind.SPECIMEN))
        (row,) = db.session.execute(select(check.state, check.lines, check.closed_at)).all()
        (away,) = [code for code, finding in row.lines.items() if finding == "not_seen"]
        assert row.state == "check_closed" and len(row.lines) > 2
        found = db.session.execute(select(tube.status, tube.place).where(tube.code == away)).one()
        assert found.status == "stored" and found.place is not None
        entries = entries_of(db.session(), Kind.SPECIMEN, away)[-3:]
        assert [each.act for each in entries] == ["reported_missing", "found", "stored"]
        assert [each.recorded_at - row.closed_at for each in entries] == [0, 2 * HOUR, 2 * HOUR + 60_000]
        (waits,) = db.session.execute(select(listed.state, listed.lines)).all()
        assert waits.state == "pick_open"
        assert sorted(waits.lines.values())[-1] == "line_left" and not sorted(waits.lines.values())[0]
        db.session.remove()


def test_the_people_of_the_demonstration_have_badges_and_one_station_is_dark(
    app: Flask, moments: Callable[[str, str], list[dict[str, int]]]
) -> None:
    with app.app_context():
        badges = badge.of_demonstration()
        assert list(badges) == list(demo_base.BADGED)
        for code in badges.values():
            user = presence.whose(code).code
            assert pin.is_right(user, demo_base.PIN) and not pin.is_right(user, "7295")
            assert pin.why_not(user, absolute_hours=12) == "pin_not_proven"  # not before the password, today
        dark = [each.name for each in site.stations() if each.theme == "dark"]
        assert dark == ["Laboratory, cold room"]
        db.session.remove()


def _refused_with(code: str) -> Iterator[int]:
    yield 1
    raise Refused(code)


def test_a_story_ends_where_consent_holds_a_tube_and_at_nothing_else() -> None:
    assert list(demo_bench._until_held(_refused_with("on_hold"))) == [1]
    with pytest.raises(Refused, match="not_possible"):
        list(demo_bench._until_held(_refused_with("not_possible")))


def test_the_start_prints_the_badges_with_the_pin_beside_the_log_ins(
    capsys: pytest.CaptureFixture[str],
) -> None:
    server._print_log_ins({"nils": "XPC4K7N2"})
    said = capsys.readouterr().out
    assert "Demonstration log-ins (password specimens-demo-2026):" in said
    assert f"(PIN {demo_base.PIN})" in said and "nils    XPC4 K7N2       Nils Bakker" in said
    server._print_log_ins({})
    assert "PIN" not in capsys.readouterr().out

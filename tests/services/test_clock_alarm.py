"""The clock set back: time never runs backwards in the ledger, entries are marked, an alarm is opened, once."""

import json
import threading
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from specimens.domain.access import system_actor
from specimens.domain.clock_alarm import BEHIND, TOLERANCE_MS, AlarmState
from specimens.domain.errors import BadInput, NotPermitted, Refused
from specimens.domain.terms import Kind, StationKind
from specimens.models.base import db
from specimens.models.clock_alarm import ClockAlarmRow
from specimens.models.ledger import LedgerEntry
from specimens.services import clock_alarm, record, site, tree
from specimens.services.clock import now_ms
from specimens.services.verify import verify
from tests.cast import Cast
from tests.tamper.conftest import named, of

_HOUR_MS = 3_600_000


def _bodies() -> list[dict[str, Any]]:
    db.session.rollback()
    rows = db.session.execute(select(LedgerEntry.body).order_by(LedgerEntry.id)).scalars()
    return [json.loads(each) for each in rows]


def _alarms() -> list[ClockAlarmRow]:
    db.session.rollback()
    return list(db.session.execute(select(ClockAlarmRow).order_by(ClockAlarmRow.id)).scalars())


def _works(cast: Cast, name: str) -> None:
    site.add_station(cast.adam, "AMS", name, StationKind.CLINIC)


def test_behind_a_clock_that_went_back_time_stands_still_is_marked_and_an_alarm_is_open(
    cast: Cast, clock: time_machine.Traveller
) -> None:
    before = len(_bodies())
    newest = now_ms()
    clock.shift(-timedelta(hours=1))
    _works(cast, "first")
    clock.shift(60)
    _works(cast, "second")
    alarm, first, second = _bodies()[before:]
    assert {each["recorded_at"] for each in (alarm, first, second)} == {_bodies()[before - 1]["recorded_at"]}
    assert (first["facts"][BEHIND], second["facts"][BEHIND]) == (_HOUR_MS, _HOUR_MS - 60_000)
    assert (alarm["act"], alarm["actor"]["role"], alarm["mode"]) == ("clock_went_back", "system", "system")
    assert alarm["operation"] != first["operation"]  # taking the act back leaves the alarm alone
    (row,) = _alarms()
    assert (row.state, row.newest_at, row.behind_ms) == (AlarmState.OPEN, newest, _HOUR_MS)
    clock.move_to(newest / 1000 + 1)
    _works(cast, "third")
    assert BEHIND not in _bodies()[-1]["facts"]
    assert len(_alarms()) == 1
    db.session.rollback()
    assert verify().differences == ()


def test_a_clock_that_is_off_by_no_more_than_two_machines_are_is_not_told(
    cast: Cast, clock: time_machine.Traveller
) -> None:
    newest = _bodies()[-1]["recorded_at"]
    clock.shift(-TOLERANCE_MS / 1000)
    _works(cast, "near")
    last = _bodies()[-1]
    assert last["recorded_at"] == newest
    assert BEHIND not in last["facts"]
    assert _alarms() == []


def test_each_time_that_the_clock_goes_back_is_told_once(cast: Cast, clock: time_machine.Traveller) -> None:
    for _ in range(2):
        clock.shift(-timedelta(hours=1))
        _works(cast, f"back {now_ms()}")
        _works(cast, f"back again {now_ms()}")
        clock.shift(timedelta(hours=3))
        _works(cast, f"right {now_ms()}")
    assert len(_alarms()) == 2


def test_an_alarm_is_closed_by_an_auditor_with_a_reason_and_by_nobody_else(
    cast: Cast, clock: time_machine.Traveller
) -> None:
    clock.shift(-timedelta(days=1))
    _works(cast, "back")
    (alarm,) = clock_alarm.alarms(cast.adam)
    for person in (cast.adam, cast.nora, cast.mei, cast.mona, cast.ivo):
        with pytest.raises(NotPermitted):
            clock_alarm.close(person, alarm.code, "nothing")
    with pytest.raises(BadInput):
        clock_alarm.close(cast.ada, alarm.code, "  ")
    assert len(clock_alarm.alarms(cast.ada)) == 1
    clock_alarm.close(cast.ada, alarm.code, "The battery of the server's clock was empty; it was replaced.")
    assert clock_alarm.alarms(cast.adam) == ()
    view = clock_alarm.get(cast.adam, alarm.code)
    assert (view.alarm.state, view.closed_by) == (AlarmState.CLOSED, "Ada Jansen")
    assert view.reason is not None and view.still_behind_ms == 86_400_000
    with pytest.raises(Refused):
        clock_alarm.close(cast.ada, alarm.code, "again")
    _works(cast, "still behind the same entry")  # and that is told already
    assert clock_alarm.alarms(cast.adam) == ()
    db.session.rollback()
    assert verify().differences == ()


def test_two_who_see_it_at_once_open_one_alarm(app: Flask, cast: Cast, clock: time_machine.Traveller) -> None:
    clock.shift(-timedelta(hours=2))
    ready = threading.Barrier(6)

    def person(number: int) -> None:
        with app.app_context():
            ready.wait()
            _works(cast, f"desk {number}")

    people = [threading.Thread(target=person, args=(number,)) for number in range(6)]
    for each in people:
        each.start()
    for each in people:
        each.join()
    assert len(_alarms()) == 1
    assert sum(BEHIND in each["facts"] for each in _bodies()) == 7


def _back_dated(
    cast: Cast, monkeypatch: pytest.MonkeyPatch, clock: time_machine.Traveller, back: timedelta
) -> str:
    """Write an entry an hour early, in a program whose owner has taken the watch out; return its subject."""
    clock.shift(-back)
    with monkeypatch.context() as patch:
        patch.setattr(record.clock_watch, "newest", lambda connection: 0)
        made = site.add_station(cast.adam, "AMS", "early", StationKind.CLINIC)
    clock.shift(back)
    tree.catch_up()
    db.session.rollback()
    return made.code


def test_an_entry_that_was_recorded_before_the_one_in_front_of_it_is_named(
    cast: Cast, clock: time_machine.Traveller, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = _back_dated(cast, monkeypatch, clock, timedelta(hours=1))
    _works(cast, "later")
    db.session.rollback()
    result = verify()
    assert named(result) == {(f"station {code}", 1, "recorded_at")}
    (told,) = of(result, "recorded_at")
    assert told.found.startswith("2026-03-02T07:00") and "2026-03-02T08:00" in told.expected


def test_it_is_named_too_where_only_what_is_new_is_read(
    cast: Cast, clock: time_machine.Traveller, monkeypatch: pytest.MonkeyPatch
) -> None:
    _works(cast, "verified")
    db.session.rollback()
    assert verify().sound
    code = _back_dated(cast, monkeypatch, clock, timedelta(hours=1))
    assert named(verify(whole=False)) == {(f"station {code}", 1, "recorded_at")}


def test_the_system_itself_is_held_to_it_as_well(cast: Cast, clock: time_machine.Traveller) -> None:
    clock.shift(-timedelta(minutes=10))
    with record.writing(system_actor()) as op:
        op.create(Kind.STATION, "station_added", facts={"site": "AMS", "name": "S", "kind": "clinic"})
    assert [each["facts"][BEHIND] for each in _bodies()[-2:]] == [600_000, 600_000]

"""What waited on a device: when it happened, what bounds that, and what the entry and its readers say."""

from dataclasses import replace

import pytest
from flask import Flask
from sqlalchemy import select
from time_machine import Traveller

from specimens.domain.entry import Entry, read_entry
from specimens.domain.waited import DEVICE_CLOCK, DEVICE_SEQUENCE, LONGEST_WAIT_MS, Waited, waited
from specimens.models.base import db
from specimens.models.ledger import LedgerEntry
from specimens.services import audit, collection, unlisted
from specimens.services import kit as kits
from specimens.services.clock import now_ms
from specimens.services.timeline import timeline
from specimens.services.verify import verify
from tests.cast import Cast
from tests.services.bags import said
from tests.services.bedside import tube
from tests.tubes import open_kit

MINUTE = 60_000


def _kept(minutes: float, *, ahead_ms: int = 0) -> Waited:
    """Return what a device says whose clock is ahead, about a scan that waited so many minutes."""
    sent = now_ms() + ahead_ms
    return waited(now_ms(), round(sent - minutes * MINUTE), sent, 7)


def _last(code: str) -> Entry:
    rows = select(LedgerEntry.body).where(LedgerEntry.subject_code == code).order_by(LedgerEntry.seq.desc())
    return read_entry(db.session.execute(rows.limit(1)).scalar_one())


@pytest.fixture
def kit(cast: Cast, clock: object) -> tuple[str, list[str]]:
    made = open_kit(cast, 4)
    clock.shift(3 * 3600)  # type: ignore[attr-defined]
    return made


def test_it_happened_when_it_was_scanned_whatever_the_clock_of_the_device_says(
    cast: Cast, kit: tuple[str, list[str]]
) -> None:
    code, tubes = kit
    told = _kept(50, ahead_ms=3 * 86_400_000)  # its clock is three days ahead
    nora = replace(cast.nora, waited=told)
    assert said(collection.collect(nora, code, tubes[0], "one")) == ("ok", "collected_ok")
    entry = _last(tubes[0])
    assert (entry.happened_at, entry.happened_by) == (now_ms() - 50 * MINUTE, "device")
    assert entry.recorded_at == now_ms()
    assert (entry.facts[DEVICE_CLOCK], entry.facts[DEVICE_SEQUENCE]) == (told.device_ms, 7)
    assert entry.facts.get("late_reason") is None  # no reason is asked for: the entry says why itself
    assert tube(cast.nora, tubes[0]).collected_at == entry.happened_at
    assert verify().sound


def test_what_waited_while_a_colleague_took_over_is_taken_of_whoever_had_attested(
    cast: Cast, kit: tuple[str, list[str]], clock: Traveller
) -> None:
    code, tubes = kit
    waiting = replace(cast.nils, waited=_kept(5))
    assert said(collection.collect(waiting, code, tubes[0], "one")) == ("check", "identity_again")
    kits.attest_identity(cast.nils, code)
    clock.shift(20 * 60)
    nora = replace(cast.nora, waited=_kept(30))
    assert said(collection.collect(nora, code, tubes[0], "two")) == ("ok", "collected_ok")


def test_the_same_key_is_one_event_whether_the_first_answer_was_lost_or_not(
    cast: Cast, kit: tuple[str, list[str]]
) -> None:
    code, tubes = kit
    first = collection.collect(cast.nora, code, tubes[0], "one")
    again = collection.collect(replace(cast.nora, waited=_kept(5)), code, tubes[0], "one")
    assert said(first) == said(again) == ("ok", "collected_ok")
    assert _last(tubes[0]).happened_by == "server"


@pytest.mark.parametrize(
    ("minutes", "code"),
    [
        (-10, "time_in_future"),
        (LONGEST_WAIT_MS / MINUTE + 1, "waited_too_long"),
        (4 * 60, "waited_before_opening"),
    ],
)
def test_a_time_that_cannot_be_is_refused_and_the_near_miss_is_marked(
    cast: Cast, kit: tuple[str, list[str]], minutes: float, code: str
) -> None:
    opened, tubes = kit
    nora = replace(cast.nora, waited=_kept(minutes))
    if code == "waited_too_long":  # a rule of every act: the kit may have been open for as long
        nora = replace(cast.mei, waited=_kept(minutes))
        outcome = unlisted.receive_without_release(nora, tubes[0], key="one")
    else:
        outcome = collection.collect(nora, opened, tubes[0], "one")
    assert said(outcome) == ("stop", code)
    newest = read_entry(
        db.session.execute(select(LedgerEntry.body).order_by(LedgerEntry.id.desc()).limit(1)).scalar_one()
    )
    assert newest.act == "scan_refused"
    assert newest.facts[DEVICE_SEQUENCE] == 7
    assert newest.happened_at <= newest.recorded_at + 2 * MINUTE


def test_what_was_not_collected_waits_like_what_was_and_not_from_before_the_kit_was_opened(
    cast: Cast, kit: tuple[str, list[str]]
) -> None:
    opened, tubes = kit
    early = replace(cast.nora, waited=_kept(4 * 60))
    outcome = collection.not_collected(early, opened, tubes[0], "one", reason="no_vein")
    assert said(outcome) == ("stop", "waited_before_opening")
    nora = replace(cast.nora, waited=_kept(50))
    assert said(collection.not_collected(nora, opened, tubes[0], "two", reason="no_vein"))[0] == "ok"
    entry = _last(tubes[0])
    assert (entry.act, entry.reason, entry.happened_by) == ("not_collected", "no_vein", "device")
    assert entry.happened_at == now_ms() - 50 * MINUTE


def test_a_laboratory_does_not_receive_before_the_tube_was_taken(
    cast: Cast, kit: tuple[str, list[str]]
) -> None:
    code, tubes = kit
    assert collection.collect(cast.nora, code, tubes[0], None).saved
    mei = replace(cast.mei, waited=_kept(20))
    assert said(unlisted.receive_without_release(mei, tubes[0], key="one")) == ("stop", "before_collection")


def test_who_reads_the_record_is_told_that_it_waited(
    context: Flask, cast: Cast, kit: tuple[str, list[str]]
) -> None:
    code, tubes = kit
    told = _kept(40)
    collection.collect(replace(cast.nora, waited=told), code, tubes[0], None)
    step = timeline(tube(cast.nora, tubes[0]), now_ms(), texts=False).steps[-1]
    assert (step.happened_by, step.facts[DEVICE_CLOCK]) == ("device", told.device_ms)
    trail = audit.trail(cast.ada, "specimen", tubes[0])
    assert [(each.device_clock_ms, each.device_sequence) for each in trail.steps][-1] == (told.device_ms, 7)
    assert all(DEVICE_CLOCK not in each.facts for each in trail.steps)

"""Custody reports: what they hold, that they are kept on record, and that the digest says whether anything changed."""

import csv
import io
from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pypdfium2
import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from specimens.documents.canonical import custody_digest
from specimens.documents.records import CustodyReport
from specimens.domain.errors import BadInput, Conflict, NotFound, NotPermitted
from specimens.domain.terms import Kind
from specimens.models.base import db
from specimens.models.ledger import LedgerEntry
from specimens.services import collection, correction, receipt, report, sheet, verify
from specimens.services.entries import entries_of
from specimens.services.record import writing
from specimens.services.report_scope import ReportScope, read_scope
from tests.cast import Cast
from tests.history import History, child_of, collected, received, released

Clock = time_machine.Traveller


@pytest.fixture
def cast(cast: Cast, clock: Clock) -> Cast:
    """Everybody, on the morning of the tests."""
    return cast


def _of(about: str, code: str | None = None, **days: date) -> ReportScope:
    return ReportScope(about, code, **days)


def _ledger(codes: tuple[str, ...]) -> list[int]:
    rows = db.session.execute(
        select(LedgerEntry.id)
        .where(LedgerEntry.subject_kind == str(Kind.SPECIMEN), LedgerEntry.subject_code.in_(codes))
        .order_by(LedgerEntry.id)
    )
    return list(rows.scalars())


def _specimen_events(told: CustodyReport) -> list[int]:
    return [event.number for event in told.events if event.subject_kind.code == "specimen"]


def test_a_transfer_report_holds_every_entry_on_its_tubes(cast: Cast, clock: Clock) -> None:
    made = received(cast, clock)
    told = report.preview(cast.ada, _of("transfer", made.transfer))
    assert [each.code for each in told.specimens] == list(made.tubes)
    assert _specimen_events(told) == _ledger(made.tubes)
    assert told.scope.events_in == len(told.events)
    acts = {event.act.code for event in told.events}
    assert {"identity_attested", "transfer_released", "receipt_opened", "receipt_closed"} <= acts
    assert not {"line_packed", "line_judged"} & acts
    opened = next(event for event in told.events if event.act.code == "receipt_opened")
    assert opened.condition and opened.condition.code == "intact"
    assert opened.temperature_tenths_c == 210


def test_a_participant_report_says_who_held_what_when_and_how_long_it_took(cast: Cast, clock: Clock) -> None:
    made = received(cast, clock)
    told = report.preview(cast.ada, _of("participant", made.participant))
    tube = next(each for each in told.specimens if each.code == made.tubes[0])
    steps = {each.step.code: each.at for each in tube.milestones}
    assert list(steps) == ["collected", "released", "received", "processed", "stored"]
    assert steps["collected"] and steps["released"] and steps["received"]
    assert steps["collected"].at_ms < steps["released"].at_ms < steps["received"].at_ms
    assert steps["processed"] is None and steps["stored"] is None
    assert steps["collected"].offset == "+01:00"
    assert tube.custodian == "AMS laboratory" and tube.status.code == "received"
    moved = [
        (event.moved_from, event.moved_to)
        for event in told.events
        if event.subject == tube.code and event.moved_to
    ]
    assert moved == [(None, "Nora de Wit"), ("Nora de Wit", "AMS laboratory")]


def test_every_scope_prints(cast: Cast, clock: Clock) -> None:
    made = received(cast, clock)
    with writing(cast.mei) as op:
        facts = {"site": "AMS", "kind": "box", "name": "B07", "temperature": "minus80"}
        box = op.create(Kind.STORAGE, "storage_added", facts=facts).code
    day = date(2026, 3, 2)
    for scope in (
        _of("specimen", made.tubes[0]), _of("participant", made.participant), _of("visit", made.visit),
        _of("transfer", made.transfer), _of("box", box), _of("period", first_on=day, last_on=day),
    ):  # fmt: skip
        done = report.make(cast.ada, scope, "pdf")
        text = _text(done.data)
        assert done.digest[:16] in text
        assert ("is empty" in text) == (scope.about == "box"), scope.about


def test_a_report_is_kept_on_record_with_scope_digest_and_counts(cast: Cast, clock: Clock) -> None:
    made = released(cast, clock)
    scope = _of("participant", made.participant)
    done = report.make(cast.ada, scope, "csv")
    kept = report.get(cast.ada, done.code)
    assert kept.scope == scope
    assert kept.made_by == "Ada Jansen"
    assert (kept.report.digest, kept.report.format) == (done.digest, "csv")
    rows = list(csv.DictReader(io.StringIO(done.data.decode("utf-8-sig"))))
    assert len(rows) == kept.report.events
    entries = entries_of(db.session(), Kind.REPORT, done.code)
    assert [entry.act for entry in entries] == ["report_made", "report_issued"]
    assert [each.report.code for each in report.listed(cast.ada).reports] == [done.code]
    assert verify.verify(lambda *_: None).sound


def test_the_same_scope_over_the_same_entries_has_the_same_digest(cast: Cast, clock: Clock) -> None:
    made = released(cast, clock)
    scope = _of("participant", made.participant)
    first = report.make(cast.ada, scope, "pdf")
    clock.shift(86_400)
    second = report.make(cast.ivo, scope, "csv")
    assert second.digest == first.digest
    assert second.code != first.code
    assert custody_digest(report.preview(cast.nora, scope)) == first.digest
    _flag(cast, made.tubes[0])
    assert custody_digest(report.preview(cast.ada, scope)) != first.digest


def _flag(cast: Cast, tube: str) -> None:
    with writing(cast.nora) as op:
        op.append(Kind.SPECIMEN, tube, "flagged", reason="other", sealed={"reason": "the cap was loose"})


def test_a_form_sent_twice_makes_one_report(cast: Cast, clock: Clock) -> None:
    made = collected(cast, clock)
    scope = _of("visit", made.visit)
    first = report.make(cast.ada, scope, "pdf", key="nonce-1")
    again = report.make(cast.ada, scope, "pdf", key="nonce-1")
    assert (again.code, again.digest) == (first.code, first.digest)
    assert len(report.listed(cast.ada).reports) == 1
    _flag(cast, made.tubes[0])
    other = report.make(cast.ada, scope, "pdf", key="nonce-1")
    assert other.code != first.code and other.digest != first.digest
    with pytest.raises(Conflict):
        report.make(cast.ada, _of("participant", made.participant), "csv", key="nonce-1")


def test_a_correction_stands_with_before_after_and_reason_and_strikes_what_it_corrects(
    cast: Cast, clock: Clock
) -> None:
    made = collected(cast, clock)
    tube = made.tubes[0]
    entry = next(each for each in entries_of(db.session(), Kind.SPECIMEN, tube) if each.act == "collected")
    clock.shift(60)
    earlier = entry.happened_at - 120_000
    correction.correct(
        cast.nora, tube, entry.id, {"happened_at": earlier}, reason="typing_error", note="read <b>wrong</b>"
    )
    told = report.preview(cast.ada, _of("specimen", tube))
    [change] = told.corrections
    assert (change.before.code, change.after.code) == (str(entry.happened_at), str(earlier))
    assert change.who.name == "Nora de Wit"
    assert change.note and change.note.text == "read <b>wrong</b>"
    struck = next(event for event in told.events if event.number == change.of_event)
    assert struck.act.code == "collected" and struck.struck
    assert (struck.struck.how.code, struck.struck.by_event) == ("corrected", change.by_event)
    assert told.specimens[0].milestones[0].at and told.specimens[0].milestones[0].at.at_ms == earlier


def test_a_refused_scan_of_a_tube_is_in_its_report_without_what_was_picked_up(
    cast: Cast, clock: Clock
) -> None:
    made = collected(cast, clock)
    kit = made.kits["blood"]
    assert collection.collect(cast.nora, kit, made.tubes[0], None).verdict != "ok"
    told = report.preview(cast.ada, _of("specimen", made.tubes[0]))
    assert [(each.read, each.who.name) for each in told.near_misses] == [(made.tubes[0], "Nora de Wit")]


def test_a_release_that_nobody_accepts_is_an_open_matter_and_then_a_gap(cast: Cast, clock: Clock) -> None:
    made = released(cast, clock)
    scope = _of("transfer", made.transfer)
    told = report.preview(cast.ada, scope)
    assert {each.what.code for each in told.open_matters} == {"open_not_accepted"}
    assert told.gaps == ()
    clock.shift(3 * 3600)
    receipt.open_receipt(cast.mei, made.transfer or "", condition="intact")
    for tube in made.tubes:
        receipt.receive(cast.mei, made.transfer or "", tube)
    told = report.preview(cast.ada, scope)
    assert told.open_matters == ()
    assert {(each.what.code, each.limit_minutes) for each in told.gaps} == {("gap_released", 60)}
    assert all(each.minutes >= 180 for each in told.gaps)


def test_a_limit_of_the_protocol_that_was_broken_is_said_in_words(cast: Cast, clock: Clock) -> None:
    made = received(cast, clock)
    tube = made.tubes[0]
    clock.shift(2 * 3600)
    with writing(cast.mei) as op:
        op.append(
            Kind.SPECIMEN, tube, "spun", facts={"force_g": 1500, "minutes": 10, "temperature_tenths_c": 200}
        )
    [section] = report.preview(cast.ada, _of("specimen", tube)).specimens
    broken = [clock_line.breach.word for clock_line in section.clocks if clock_line.breach]
    assert any("too long" in sentence for sentence in broken)
    processed = next(each for each in section.milestones if each.step.code == "processed")
    assert processed.limit_minutes == 60 and processed.breach


def test_a_derivative_names_its_parent_and_carries_its_times(cast: Cast, clock: Clock) -> None:
    made = received(cast, clock)
    child = child_of(cast, made.tubes[0])
    told = report.preview(cast.ada, _of("specimen", child.code))
    parent, section = told.specimens
    assert parent.code == made.tubes[0]
    assert _specimen_events(told) == _ledger((made.tubes[0], child.code))
    assert section.parents == (made.tubes[0],)
    assert section.milestones[0].at is not None
    [above] = report.preview(cast.ada, _of("specimen", made.tubes[0])).specimens
    assert above.children == (child.code,)


def test_a_period_leaves_out_what_happened_on_other_days(cast: Cast, clock: Clock) -> None:
    made = collected(cast, clock)
    clock.shift(86_400)
    _flag(cast, made.tubes[0])
    second_day = {"first_on": date(2026, 3, 3), "last_on": date(2026, 3, 3)}
    told = report.preview(cast.ada, _of("period", **second_day))
    assert [each.code for each in told.specimens] == [made.tubes[0]]
    assert [event.act.code for event in told.events] == ["flagged"]
    assert told.scope.events_out > 0
    told = report.preview(cast.ada, _of("participant", made.participant, **second_day))
    assert [event.act.code for event in told.events] == ["flagged"]


def test_a_scope_of_another_site_is_not_found(cast: Cast, clock: Clock) -> None:
    made = released(cast, clock)
    for about, code in (
        ("specimen", made.tubes[0]), ("participant", made.participant), ("visit", made.visit),
        ("transfer", made.transfer),
    ):  # fmt: skip
        with pytest.raises(NotFound):
            report.preview(cast.ola, _of(about, code))
    assert report.preview(cast.ola, _of("period", first_on=date(2026, 1, 1))).specimens == ()


def test_a_report_made_at_one_site_is_not_seen_at_another(cast: Cast, clock: Clock) -> None:
    made = released(cast, clock)
    done = report.make(cast.nora, _of("visit", made.visit), "csv")
    assert report.listed(cast.ola).reports == ()
    with pytest.raises(NotFound):
        report.get(cast.ola, done.code)


def test_a_monitor_reads_codes_and_not_what_people_wrote(cast: Cast, clock: Clock) -> None:
    made = collected(cast, clock)
    _flag(cast, made.tubes[0])
    scope = _of("specimen", made.tubes[0])
    seen = report.preview(cast.ada, scope)
    assert [event.note.text for event in seen.events if event.note] == ["the cap was loose"]
    told = report.preview(cast.mona, scope)
    assert [event.note.text for event in told.events if event.note] == ["[sealed]"]
    assert ("texts", "left_out") in {(name.code, value.code) for name, value in told.scope.filters}


def test_a_courier_and_an_administrator_make_no_reports(cast: Cast, clock: Clock) -> None:
    made = collected(cast, clock)
    for actor in (cast.luis, cast.adam):
        with pytest.raises(NotPermitted):
            report.preview(actor, _of("visit", made.visit))


def test_what_was_scanned_says_what_the_report_is_about(cast: Cast, clock: Clock) -> None:
    made: History = released(cast, clock)
    for code, about in (
        (made.tubes[0], "specimen"), (made.participant.lower(), "participant"),
        (f" {made.visit[:4]} {made.visit[4:]} ", "visit"), (made.transfer or "", "transfer"),
    ):  # fmt: skip
        assert read_scope(code).about == about
    assert read_scope("", date(2026, 1, 1)) == ReportScope("period", None, date(2026, 1, 1))


def test_a_scope_that_makes_no_sense_names_the_field(context: Flask) -> None:
    first, second = date(2026, 1, 1), date(2026, 2, 1)
    for raw, days, about, field in (
        ("", (None, None), None, "code"),
        ("nonsense", (None, None), None, "code"),
        ("x" * 10_000, (None, None), None, "code"),
        ("", (second, first), None, "last_on"),
        ("", (None, date(9999, 12, 31)), None, "last_on"),
        ("", (None, None), "visit", "code"),
        ("", (None, None), "everything", "about"),
    ):
        with pytest.raises(BadInput) as refused:
            read_scope(raw, *days, about=about)
        assert field in refused.value.fields, (raw[:20], field)


def test_a_kit_is_nothing_that_a_report_is_about(cast: Cast, clock: Clock) -> None:
    made = collected(cast, clock)
    with pytest.raises(BadInput) as refused:
        read_scope(made.kits["blood"])
    assert refused.value.fields == {"code": "report_about_nothing"}


def test_two_that_send_one_form_at_the_same_moment_get_one_report(
    cast: Cast, clock: Clock, context: Flask
) -> None:
    made = collected(cast, clock)
    db.session.remove()

    def send(_: int) -> str:
        with context.app_context():
            try:
                return report.make(cast.ada, _of("visit", made.visit), "csv", key="one form").code
            finally:
                db.session.remove()

    with ThreadPoolExecutor(4) as pool:
        codes = set(pool.map(send, range(4)))
    assert len(codes) == 1
    assert len(report.listed(cast.ada).reports) == 1


def test_a_manifest_says_what_was_handed_over_and_not_what_is_left(cast: Cast, clock: Clock) -> None:
    made = received(cast, clock)
    before = _text(sheet.manifest(cast.mei, made.transfer or ""))
    with writing(cast.mei) as op:
        op.append(Kind.SPECIMEN, made.tubes[0], "volume_used", facts={"used_ul": 100})
    assert "8.5 ml" in before
    assert _text(sheet.manifest(cast.mei, made.transfer or "")) == before


def _text(pdf: bytes) -> str:
    with pypdfium2.PdfDocument(pdf) as document:
        return "".join(page.get_textpage().get_text_bounded() for page in document)

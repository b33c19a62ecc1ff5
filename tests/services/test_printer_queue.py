"""The queue: nothing is printed twice, nothing is forgotten, and what nobody knows a person is asked."""

import threading
from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy import select
from time_machine import Traveller

from labels.stock import stock
from specimens.domain.errors import BadInput, NotFound, NotPermitted, Refused
from specimens.domain.print_job import TRY_AGAIN_S
from specimens.models.base import db
from specimens.models.ledger import LedgerEntry
from specimens.models.printing import PrintJob
from specimens.services import (
    label,
    label_place,
    label_stock,
    printer,
    printer_queue,
    printer_trial,
    printer_worker,
    verify,
)
from specimens.services.entries import entries_of
from specimens.services.label import Again, Printed
from specimens.services.printer_queue import Job
from specimens.services.printer_send import Patience, Result
from tests.cast import Cast
from tests.labels.rendering import ink, pages, scanned
from tests.services import printing
from tests.services.printing import PATIENCE, UNTIL_SILENT, Roll, a_roll, added
from tests.tubes import kit_of


@pytest.fixture
def roll() -> Iterator[Roll]:
    with a_roll() as made:
        yield made


@pytest.fixture
def kit(cast: Cast, clock: Traveller) -> tuple[str, list[str]]:
    return kit_of(cast, cast.nora, 3, collected=False)


def _print(
    cast: Cast, roll: Roll, kit: str, copies: int = 1, key: str | None = None, **more: object
) -> Printed:
    held = printer.of_site("AMS") or [added(roll)]
    choice = label_stock.chosen(cast.nora, f"printer:{held[0].code}", copies=copies)
    return label.print_set(cast.nora, label.label_set(cast.nora, "kit", kit), choice, key=key, **more)  # type: ignore[arg-type]


def _job(cast: Cast) -> Job:
    (only,) = printer_queue.jobs(cast.nora)
    return only


def _work(roll: Roll, patience: Patience = PATIENCE) -> int:
    done = 0
    while printer_worker.work_once(roll.targets, patience):
        done += 1
        assert done < 10
    roll.settled()
    return done


def _read(document: bytes) -> list[str]:
    return sorted(code for page in pages(document, 300) for code in scanned(page))


def test_the_labels_of_a_kit_come_out_of_the_printer_once(
    cast: Cast, roll: Roll, kit: tuple[str, list[str]]
) -> None:
    code, tubes = kit
    made = _print(cast, roll, code, key="once")
    again = _print(cast, roll, code, key="once")
    assert made.job == again.job
    assert _job(cast).state == "waiting"
    assert _work(roll) == 1
    (document,) = roll.printed
    assert set(_read(document)) == set(tubes)
    told = _job(cast)
    assert (told.state, told.why, told.who, told.labels) == ("sent", None, "Nora de Wit", 3)
    assert _work(roll) == 0
    assert verify.verify().sound


def test_a_label_printer_gets_zpl_moved_by_its_offset(
    cast: Cast, roll: Roll, kit: tuple[str, list[str]]
) -> None:
    held = added(roll, language="zpl", answers=True, dpi=203, offset_x=10)
    _print(cast, roll, kit[0], copies=2)
    _work(roll)
    (program,) = roll.printed
    moved = printer.change(
        cast.adam,
        held.code,
        printing.asked(roll.address, language="zpl", answers=True, dpi=203),
        roll.targets,
    )
    assert moved.offset_x == 0
    printer_trial.print_test(cast.adam, held.code)
    _work(roll)
    assert program.count(b"^XA") == program.count(b"^XZ") == 6
    for tube in kit[1]:
        assert program.count("".join(f"_{ord(each):02X}" for each in tube).encode()) >= 2
    assert roll.printed[1].startswith(b"^XA")


def test_a_sheet_on_the_station_s_printer_is_moved_and_skips_what_is_used(
    cast: Cast, roll: Roll, kit: tuple[str, list[str]]
) -> None:
    held = added(roll, stock="a4_21", offset_x=15, offset_y=-10)
    choice = label_stock.chosen(cast.nora, f"printer:{held.code}", start=2, used=frozenset({3, 5}))
    label.print_set(cast.nora, label.label_set(cast.nora, "kit", kit[0]), choice)
    _work(roll)
    (page,) = pages(roll.printed[0], 300)
    per_mm, sheet = 300 / 25.4, stock("a4_21")
    layout = sheet.layout_for("blood_tube")
    for cell in range(1, 8):
        x, y = sheet.corner(cell - 1)
        left = x + (sheet.cell[0] - layout.width) / 2 + layout.safe[0] + 1.5
        top = y + (sheet.cell[1] - layout.height) / 2 + layout.safe[1] - 1.0
        area = (left, top, left + layout.area.width, top + layout.area.height)
        part = page.crop(tuple(round(edge * per_mm) for edge in area))
        assert (part.getextrema() == (255, 255)) == (cell not in (2, 4, 6)), cell
        if cell in (2, 4, 6):
            assert ink(part)[0] <= 3, "the print does not begin where the offset moves it"


def test_printing_is_an_entry_that_names_printer_job_and_copies(
    cast: Cast, roll: Roll, kit: tuple[str, list[str]]
) -> None:
    code, tubes = kit
    made = _print(cast, roll, code, copies=2)
    last = entries_of(db.session, "specimen", tubes[0])[-1]
    assert last.act == "label_printed"
    assert last.facts == {
        "generation": 1, "stock": "roll_50", "dpi": 300, "copies": 2, "job": made.job,
        "printer": printer.of_site("AMS")[0].code,
    }  # fmt: skip


def test_as_many_come_out_as_were_asked_for(cast: Cast, roll: Roll, kit: tuple[str, list[str]]) -> None:
    _print(cast, roll, kit[0], copies=3)
    _work(roll)
    (document,) = roll.printed
    assert [len(pages(document, 72)), _job(cast).labels] == [9, 9]


@pytest.mark.parametrize("copies", [0, 21])
def test_an_odd_number_of_copies_is_refused_before_anything_is_written(
    cast: Cast, roll: Roll, kit: tuple[str, list[str]], copies: int
) -> None:
    with pytest.raises(BadInput) as refused:
        _print(cast, roll, kit[0], copies=copies)
    assert refused.value.fields == {"copies": "number_out_of_range"}
    assert printer_queue.jobs(cast.nora) == []


def test_what_is_refused_leaves_nothing_in_the_queue(
    cast: Cast, roll: Roll, kit: tuple[str, list[str]]
) -> None:
    code, tubes = kit
    _print(cast, roll, code)
    with pytest.raises(Refused, match="reason_needed"):
        _print(cast, roll, code, again=Again(frozenset(tubes[:1])))
    assert len(printer_queue.jobs(cast.nora)) == 1


def test_a_printer_without_labels_is_tried_until_a_roll_is_in(
    cast: Cast, roll: Roll, kit: tuple[str, list[str]], clock: Traveller
) -> None:
    added(roll, answers=True)
    roll.status = printing.PAPER_OUT
    _print(cast, roll, kit[0])
    assert _work(roll) == 1
    told = _job(cast)
    assert (told.state, told.why) == ("waiting", "printer_paper_out")
    assert _work(roll) == 0
    clock.shift(TRY_AGAIN_S[0])
    roll.status = printing.READY
    assert _work(roll) == 1
    assert _job(cast).state == "sent"
    assert len(roll.printed) == 1


def test_a_printer_that_stays_silent_has_failed_in_the_end_and_goes_on_when_asked(
    cast: Cast, roll: Roll, kit: tuple[str, list[str]], clock: Traveller
) -> None:
    added(roll, answers=True)
    roll.behaviour = printing.says_nothing
    _print(cast, roll, kit[0])
    for seconds in (*TRY_AGAIN_S, 0):
        assert _work(roll, UNTIL_SILENT) == 1
        clock.shift(seconds)
    told = _job(cast)
    assert (told.state, told.why, told.tries) == ("failed", "printer_silent", len(TRY_AGAIN_S) + 1)
    assert printer_queue.may(told) == ["again", "cancel"]
    assert _work(roll) == 0
    roll.behaviour = printing.takes_all
    assert printer_queue.act(cast.nora, told.code, "again").state == "waiting"
    assert entries_of(db.session, "printer", told.printer)[-1].act == "print_sent_again"
    assert _work(roll) == 1
    assert len(roll.printed) == 1


@pytest.mark.parametrize("answers", [True, False])
@pytest.mark.parametrize("seen", ["printed", "nothing_came"])
def test_what_broke_off_half_way_is_never_sent_again_by_itself(
    cast: Cast, roll: Roll, kit: tuple[str, list[str]], clock: Traveller, seen: str, answers: bool
) -> None:
    added(roll, answers=answers)
    roll.behaviour = printing.hangs_up_half_way
    _print(cast, roll, kit[0])
    _work(roll)
    told = _job(cast)
    assert told.state == "unknown"
    clock.shift(7200)
    assert _work(roll) == 0
    assert len(roll.printed) == 1
    assert printer_queue.may(told) == ["printed", "nothing_came", "cancel"]
    roll.behaviour, roll.printed = printing.takes_all, []
    after = printer_queue.act(cast.nora, told.code, seen)
    assert after.state == ("sent" if seen == "printed" else "waiting")
    last = entries_of(db.session, "printer", told.printer)[-1]
    assert last.act == ("print_came_out" if seen == "printed" else "print_did_not_come")
    assert (last.actor["user"], last.facts["job"], last.facts["stood"]) == (
        cast.nora.user,
        told.code,
        "unknown",
    )
    assert _work(roll) == (0 if seen == "printed" else 1)
    assert len(roll.printed) == (0 if seen == "printed" else 1)


def test_a_sender_that_did_not_come_back_is_told_to_a_person(
    cast: Cast, roll: Roll, kit: tuple[str, list[str]], clock: Traveller
) -> None:
    _print(cast, roll, kit[0])
    claimed = printer_queue.claim()
    assert claimed is not None
    assert _work(roll) == 0  # another process leaves it alone while the lease runs
    clock.shift(printer_queue.LEASE_MS / 1000 + 1)
    assert _work(roll) == 0
    told = _job(cast)
    assert (told.state, told.why) == ("unknown", "printer_interrupted")
    assert roll.printed == []
    # The sender wakes up after all: its answer counts no more, somebody may have decided meanwhile.
    printer_queue.act(cast.nora, told.code, "printed")
    assert not printer_queue.settle(claimed, Result("failed", "printer_refused"))
    assert _job(cast).state == "sent"


def test_a_restart_forgets_nothing(cast: Cast, roll: Roll, kit: tuple[str, list[str]]) -> None:
    _print(cast, roll, kit[0])
    db.session.remove()
    db.engine.dispose()
    assert _work(roll) == 1
    assert len(roll.printed) == 1


def test_two_processes_do_not_send_the_same(
    app: Flask, cast: Cast, roll: Roll, kit: tuple[str, list[str]]
) -> None:
    _print(cast, roll, kit[0])
    other, _ = kit_of(cast, cast.nora, 2, collected=False)
    _print(cast, roll, other)
    db.session.remove()
    together = threading.Barrier(4)
    claims: list[printer_queue.Claimed | None] = []

    def claim() -> None:
        with app.app_context():
            together.wait()
            claims.append(printer_queue.claim())
            db.session.remove()

    threads = [threading.Thread(target=claim) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert len([each for each in claims if each]) == 1  # and one printer takes one thing at a time
    states = sorted(each.state for each in printer_queue.jobs(cast.nora))
    assert states == ["sending", "waiting"]


def test_what_was_asked_first_comes_out_first(cast: Cast, roll: Roll, kit: tuple[str, list[str]]) -> None:
    other, later = kit_of(cast, cast.nora, 2, collected=False)
    _print(cast, roll, kit[0])
    _print(cast, roll, other)
    assert _work(roll) == 2
    assert [set(_read(each)) for each in roll.printed] == [set(kit[1]), set(later)]


def test_what_waits_for_a_printer_that_is_off_stays_and_goes_to_where_it_is_then(
    cast: Cast, roll: Roll, kit: tuple[str, list[str]]
) -> None:
    _print(cast, roll, kit[0])
    held = printer.of_site("AMS")[0]
    printer.switch(cast.adam, held.code, active=False, reason="moved")
    assert _work(roll) == 0
    printer.switch(cast.adam, held.code, active=True, reason="is back")
    assert _work(roll) == 1


def test_cancelled_is_never_sent_and_its_document_is_gone(
    cast: Cast, roll: Roll, kit: tuple[str, list[str]]
) -> None:
    made = _print(cast, roll, kit[0])
    assert made.job is not None
    for reason in ("", "  ", "born 01-02-1980"):
        with pytest.raises(BadInput) as wrong:
            printer_queue.act(cast.nora, made.job, "cancel", reason=reason)
        assert list(wrong.value.fields) == ["cancel_reason"]
    told = printer_queue.act(cast.nora, made.job, "cancel", reason="wrong roll")
    assert (told.state, told.changed_by) == ("cancelled", "Nora de Wit")
    last = entries_of(db.session, "printer", told.printer)[-1]
    assert (last.act, last.actor["user"]) == ("print_cancelled", cast.nora.user)
    assert (last.facts["job"], last.facts["codes"], last.facts["stood"]) == (made.job, kit[1], "waiting")
    with pytest.raises(Refused, match="print_job_moved"):
        printer_queue.act(cast.nora, made.job, "cancel", reason="wrong roll")
    assert entries_of(db.session, "printer", told.printer)[-1].seq == last.seq
    assert verify.verify().sound
    assert _work(roll) == 0
    assert db.session.execute(select(PrintJob.document)).scalar_one() is None
    with pytest.raises(Refused, match="print_job_moved"):
        printer_queue.act(cast.nora, made.job, "again")


def test_the_queue_of_another_site_is_not_there(cast: Cast, roll: Roll, kit: tuple[str, list[str]]) -> None:
    made = _print(cast, roll, kit[0])
    assert made.job is not None
    assert printer_queue.jobs(cast.ola) == []
    with pytest.raises(NotFound):
        printer_queue.act(cast.ola, made.job, "cancel", reason="mine")
    with pytest.raises(NotPermitted):
        printer_queue.jobs(cast.luis)


def test_the_label_of_a_station_goes_to_a_printer_too(cast: Cast, roll: Roll, clock: Traveller) -> None:
    from specimens.domain.terms import StorageKind
    from specimens.services import site

    box = site.add_storage(cast.adam, "AMS", StorageKind.BOX, "B1", "minus80", rows=9, columns=9)
    held = added(roll, stock="roll_67")
    choice = label_stock.chosen(cast.mei, f"printer:{held.code}")
    label_place.box_pdf(cast.mei, box.code, choice)
    _work(roll)
    assert [_read(each) for each in roll.printed] == [[box.code, box.code]]
    act = select(LedgerEntry.act).where(LedgerEntry.subject_code == box.code).order_by(LedgerEntry.seq)
    assert db.session.execute(act).scalars().all()[-1] == "label_printed"


def test_the_thread_prints_what_is_put_in_and_ends(
    app: Flask, cast: Cast, roll: Roll, kit: tuple[str, list[str]]
) -> None:
    came = threading.Event()
    roll.behaviour = lambda held, connection: (printing.takes_all(held, connection), came.set())[0]
    worker = printer_worker.Worker(app.app_context, roll.targets)
    worker.begin()
    try:
        _print(cast, roll, kit[0])
        assert came.wait(20)
    finally:
        worker.end()
    roll.settled()
    assert len(roll.printed) == 1
    assert not worker._thread.is_alive()

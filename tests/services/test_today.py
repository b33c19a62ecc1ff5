"""Today: due, in window, late, missed; open kits, first doses, consents and differences that wait."""

from datetime import date, timedelta

import pytest
from time_machine import Traveller

from specimens.domain.schedule import VisitStatus
from specimens.domain.terms import Kind
from specimens.services import collection, consent, day_zero, participant, tenancy, today, visit
from specimens.services import kit as kits
from specimens.services.clock import now_ms
from specimens.services.schedule import ScheduledVisit, schedules
from specimens.services.study import protocol_of
from tests.cast import Cast
from tests.screening import consented, enrolled, publish_newer_consent, registered, stands

pytestmark = pytest.mark.usefixtures("clock")


def _listed(cast: Cast) -> dict[str, list[str]]:
    return {
        str(status): [f"{line.participant.subject_number} {line.planned.timepoint}" for line in lines]
        for status, lines in today.today_lists(cast.nora).items()
    }


def _line(cast: Cast, code: str, timepoint: str) -> ScheduledVisit:
    lines = schedules(cast.nora, [participant.get(cast.nora, code)])
    return next(each for each in lines if each.planned.timepoint == timepoint)


def test_visits_walk_from_in_window_to_due_to_late_to_missed(cast: Cast, clock: Traveller) -> None:
    code = enrolled(cast, day0=date(2026, 3, 2))
    day_zero.first_dose(cast.nora, code, given_at=now_ms())
    walk = {
        20: None,
        21: "in_window",
        27: "in_window",
        28: "due",
        35: "due",
        36: "late",
        63: "late",
        64: "missed",
    }
    start = clock
    passed = 0
    for day, expected in walk.items():
        start.shift((day - passed) * 86_400)
        passed = day
        found = {status for status, lines in _listed(cast).items() if "BEL-001 W4" in lines}
        assert found == ({expected} if expected else set()), day


def test_nobody_who_left_or_is_only_screening_is_listed(cast: Cast, clock: Traveller) -> None:
    registered(cast, 1)
    consented(cast, 2)
    left = enrolled(cast, 3)
    participant.change_course(cast.nora, left, "lost_to_follow_up", reason="moved away")
    board = today.board(cast.nora)
    assert board.empty
    assert not board.never_treated
    clock.shift(30 * 86_400)
    assert today.board(cast.nora).empty


def test_the_list_says_how_far_a_visit_is_and_when_it_is_done(cast: Cast) -> None:
    code = enrolled(cast)
    assert _line(cast, code, "BL").openable
    opening = visit.open_visit(cast.nora, code, "BL")
    line = _line(cast, code, "BL")
    assert (line.visit and line.visit.code, line.openable) == (opening.visit.code, False)
    assert (line.collected, line.outstanding) == (0, line.total)
    kit = next(each for each in opening.kits if each.procedure == "blood")
    kits.open_kit(cast.nora, kit.code)
    kits.attest_identity(cast.nora, kit.code)
    first, *others = (each.code for each in kits.get(cast.nora, kit.code).specimens)
    collection.collect(cast.nora, kit.code, first, None)
    board = today.board(cast.nora)
    (open_kit,) = board.kits
    assert (open_kit.kit.code, open_kit.station) == (kit.code, "AMS clinic")
    assert (open_kit.collected, open_kit.total) == (1, len(others) + 1)
    assert _line(cast, code, "BL").collected == 1
    collection.not_collected(cast.nora, kit.code, others[0], None, reason="no_vein")
    assert _line(cast, code, "BL").collected == 1
    assert _line(cast, code, "BL").outstanding == line.total - 2
    for each in opening.kits:
        if each.code != kit.code:
            kits.open_kit(cast.at("nora", "AMS clinic 2"), each.code)
            kits.stop(cast.at("nora", "AMS clinic 2"), each.code, reason="unwell")
    kits.stop(cast.nora, kit.code, reason="unwell")
    assert _line(cast, code, "BL").planned.status is VisitStatus.DONE
    assert today.board(cast.nora).kits == ()


def test_an_open_visit_stays_on_its_version_of_the_protocol(cast: Cast) -> None:
    code = enrolled(cast)
    opened = visit.open_visit(cast.nora, code, "BL").visit
    publish_newer_consent(cast, "2026-06-01")
    assert protocol_of(cast.study).study.version == "1.1"
    line = _line(cast, code, "BL")
    assert line.visit is not None
    assert (line.visit.code, line.visit.protocol_version) == (opened.code, "1.0")
    assert line.planned.window.first_on == date(2026, 2, 23)


def test_an_unscheduled_visit_stands_in_the_schedule_once_it_is_open(cast: Cast) -> None:
    code = enrolled(cast)
    reason = protocol_of(cast.study).reasons_for("visit")[0].code
    opened = visit.open_visit(cast.nora, code, "UNS", reason=reason, procedures=("blood",)).visit
    line = _line(cast, code, "UNS")
    assert line.visit is not None
    assert (line.visit.code, line.planned.status) == (opened.code, VisitStatus.IN_WINDOW)
    order = [each.planned.timepoint for each in schedules(cast.nora, [stands(code)])]
    assert order == ["BL", "W4", "W12", "W24", "W52", "UNS"]


def test_somebody_who_was_never_treated_is_listed_until_the_dose(cast: Cast, clock: Traveller) -> None:
    code = enrolled(cast)
    assert today.board(cast.nora).never_treated == ()
    clock.shift(8 * 86_400)
    assert [each.code for each in today.board(cast.nora).never_treated] == [code]
    day_zero.first_dose(cast.nora, code, given_at=now_ms())
    assert today.board(cast.nora).never_treated == ()


def test_consents_to_be_renewed_are_listed_four_weeks_before(cast: Cast, clock: Traveller) -> None:
    code = enrolled(cast)
    required = date(2026, 3, 2) + timedelta(days=29)
    publish_newer_consent(cast, required.isoformat())
    assert today.board(cast.nora).renewals == ()
    clock.shift(86_400)
    (renewal,) = today.board(cast.nora).renewals
    assert (renewal.participant.code, renewal.required_on, renewal.held) == (code, required, False)
    consent.withdraw(cast.nora, code, choice="keep")
    assert today.board(cast.nora).renewals == ()


def test_the_other_site_has_a_day_of_its_own(cast: Cast) -> None:
    code = enrolled(cast)
    visit.open_visit(cast.nora, code, "BL")
    assert today.board(cast.ola).empty
    assert not today.board(cast.nora).empty
    assert tenancy.load(Kind.PARTICIPANT, code, cast.nora).code == code


def test_days_are_those_of_the_participants_site(cast: Cast, clock: Traveller) -> None:
    code = enrolled(cast)
    # 23:30 UTC on 8 March is already Day 0, 9 March, in Amsterdam.
    clock.shift(6 * 86_400 + 15 * 3600 + 30 * 60)
    assert _line(cast, code, "BL").planned.status is VisitStatus.DUE
    assert _line(cast, code, "BL").planned.days_left == 0

"""Day 0: planned, moved, and then the first dose; windows, look-backs and baseline flags follow it."""

from collections.abc import Callable
from datetime import date

import pytest
from time_machine import Traveller

from specimens.domain.errors import BadInput, NotFound, NotPermitted, Refused
from specimens.domain.terms import Flag, Kind
from specimens.models.base import db
from specimens.services import collection, day_zero, dossier, participant, tenancy, visit
from specimens.services import kit as kits
from specimens.services.clock import now_ms
from specimens.services.entries import entries_of
from specimens.services.study import protocol_of
from tests.cast import Cast
from tests.screening import DAY_MS, HOUR_MS, acts, answered, enrolled, stands

pytestmark = pytest.mark.usefixtures("clock")


def _baseline(cast: Cast, code: str, tubes: int = 1) -> tuple[str, list[str]]:
    """Open the baseline visit and take some tubes of blood; return the visit and the tubes."""
    opening = visit.open_visit(cast.nora, code, "BL")
    kit = next(each for each in opening.kits if each.procedure == "blood")
    kits.open_kit(cast.nora, kit.code)
    kits.attest_identity(cast.nora, kit.code)
    taken = [each.code for each in kits.get(cast.nora, kit.code).specimens[:tubes]]
    for tube in taken:
        collection.collect(cast.nora, kit.code, tube, None)
    return opening.visit.code, taken


def _flags(cast: Cast, code: str) -> tuple[str, ...]:
    db.session.rollback()
    return tenancy.load(Kind.SPECIMEN, code, cast.nora).flags  # type: ignore[no-any-return]


def _window(cast: Cast, code: str) -> tuple[str, str, str]:
    db.session.rollback()
    now = visit.get(cast.nora, code).visit
    return (now.first_on or "", now.target_on or "", now.last_on or "")


def test_moving_the_planned_day_zero_moves_the_windows_of_open_visits(cast: Cast) -> None:
    code = enrolled(cast)
    opened, _ = _baseline(cast, code)
    assert _window(cast, opened) == ("2026-02-23", "2026-03-09", "2026-03-09")
    done = day_zero.plan(cast.nora, code, day0=date(2026, 3, 12), reason="treatment delayed")
    assert done.participant.day0_planned_on == "2026-03-12"
    assert _window(cast, opened) == ("2026-02-26", "2026-03-12", "2026-03-12")
    assert acts(opened, Kind.VISIT)[-1] == "visit_window_moved"
    last = entries_of(db.session(), Kind.PARTICIPANT, code)[-1]
    assert last.opened["reason"] == "treatment delayed"


def test_the_planned_day_zero_is_moved_once_per_form_and_only_with_a_reason(cast: Cast) -> None:
    code = enrolled(cast)
    with pytest.raises(BadInput) as told:
        day_zero.plan(cast.nora, code, day0=date(2026, 3, 12), reason=" ")
    assert told.value.fields == {"reason": "reason_in_words"}
    for day0, problem in ((date(2026, 3, 1), "day0_before_consent"), (date(2028, 1, 1), "day0_far")):
        with pytest.raises(BadInput) as wrong:
            day_zero.plan(cast.nora, code, day0=day0, reason="delayed")
        assert wrong.value.fields == {"day0": problem}
    with pytest.raises(Refused) as same:
        day_zero.plan(cast.nora, code, day0=date(2026, 3, 9), reason="delayed")
    assert same.value.code == "nothing_changed"
    before = len(acts(code))
    for _ in range(2):
        day_zero.plan(cast.nora, code, day0=date(2026, 3, 12), reason="delayed", key="once")
    assert len(acts(code)) == before + 1


def test_day_zero_is_not_moved_before_enrolment_or_after_the_dose(cast: Cast) -> None:
    early = answered(cast, 2)
    with pytest.raises(Refused) as told:
        day_zero.plan(cast.nora, early, day0=date(2026, 3, 12), reason="delayed")
    assert told.value.code == "participant_state"
    code = enrolled(cast)
    day_zero.first_dose(cast.nora, code, given_at=now_ms())
    with pytest.raises(Refused) as late:
        day_zero.plan(cast.nora, code, day0=date(2026, 3, 12), reason="delayed")
    assert late.value.code == "already_dosed"


def test_the_first_dose_moves_the_windows_and_flags_what_was_taken_after_it(
    cast: Cast, clock: Traveller
) -> None:
    code = enrolled(cast)
    opened, (before,) = _baseline(cast, code)
    clock.shift(2 * 3600)
    kit = next(each for each in visit.get(cast.nora, opened).kits if each.procedure == "blood")
    after = kits.get(cast.nora, kit.code).outstanding[0].code
    collection.collect(cast.nora, kit.code, after, None)
    done = day_zero.first_dose(cast.nora, code, given_at=now_ms() - HOUR_MS)
    assert done.participant.first_dosed_at == now_ms() - HOUR_MS
    assert _window(cast, opened) == ("2026-02-16", "2026-03-02", "2026-03-02")
    assert Flag.NOT_BASELINE in _flags(cast, after)
    assert Flag.NOT_BASELINE not in _flags(cast, before)
    assert dossier.of(cast.nora, code).day0_on == date(2026, 3, 2)


def test_correcting_the_first_dose_takes_flags_off_and_puts_them_on_again(
    cast: Cast, clock: Traveller
) -> None:
    code = enrolled(cast)
    _, (tube,) = _baseline(cast, code)
    clock.shift(2 * 3600)
    day_zero.first_dose(cast.nora, code, given_at=now_ms())
    assert Flag.NOT_BASELINE not in _flags(cast, tube)
    reason = _reason(cast)
    day_zero.correct_first_dose(cast.nora, code, given_at=now_ms() - 5 * HOUR_MS // 2, reason=reason)
    assert Flag.NOT_BASELINE in _flags(cast, tube)
    done = day_zero.correct_first_dose(cast.nora, code, given_at=now_ms() - HOUR_MS, reason=reason)
    assert Flag.NOT_BASELINE not in _flags(cast, tube)
    assert done.participant.first_dosed_at == now_ms() - HOUR_MS
    steps = [each for each in dossier.of(cast.nora, code).steps if each.act in ("first_dosed", "corrected")]
    assert [(each.act, each.reason) for each in steps] == [
        ("first_dosed", None), ("corrected", reason), ("corrected", reason),
    ]  # fmt: skip


def _reason(cast: Cast) -> str:
    return protocol_of(cast.study).reasons_for("correction")[0].code


def test_a_dose_is_still_corrected_when_the_treatment_has_stopped(cast: Cast) -> None:
    code = enrolled(cast)
    day_zero.first_dose(cast.nora, code, given_at=now_ms())
    participant.change_course(cast.nora, code, "treatment_stopped", reason="rash")
    done = day_zero.correct_first_dose(
        cast.nora, code, given_at=now_ms() - 60_000, reason="other", note="written down wrongly"
    )
    assert (done.participant.state, done.participant.first_dosed_at) == (
        "treatment_stopped",
        now_ms() - 60_000,
    )


def test_the_first_dose_tells_which_criteria_no_longer_hold(cast: Cast, clock: Traveller) -> None:
    code = enrolled(cast, E6={"year": "2025", "month": "12", "day": "5"})
    clock.shift(3 * 86_400)
    done = day_zero.first_dose(cast.nora, code, given_at=now_ms())
    assert done.failing == ("E6",)
    assert dossier.of(cast.nora, code).failing == ("E6",)
    assert dossier.of(cast.mei, code).failing == ()


@pytest.mark.parametrize(
    ("when", "problem"),
    [
        (lambda: now_ms() + HOUR_MS, "time_in_future"),
        (lambda: now_ms() - 401 * DAY_MS, "time_too_old"),
        (lambda: now_ms() - 2 * HOUR_MS, "before_consent_given"),
    ],
)
def test_a_dose_is_neither_to_come_nor_before_consent(
    cast: Cast, when: Callable[[], int], problem: str
) -> None:
    code = enrolled(cast)
    with pytest.raises(BadInput) as told:
        day_zero.first_dose(cast.nora, code, given_at=when())
    assert told.value.fields == {"happened": problem}
    day_zero.first_dose(cast.nora, code, given_at=now_ms())
    with pytest.raises(BadInput) as corrected:
        day_zero.correct_first_dose(cast.nora, code, given_at=when(), reason=_reason(cast))
    assert corrected.value.fields == {"happened": problem}
    assert stands(code).first_dosed_at == now_ms()


def test_there_is_one_first_dose(cast: Cast) -> None:
    code = enrolled(cast)
    with pytest.raises(Refused) as none:
        day_zero.correct_first_dose(cast.nora, code, given_at=now_ms(), reason=_reason(cast))
    assert none.value.code == "not_dosed"
    for _ in range(2):
        day_zero.first_dose(cast.nora, code, given_at=now_ms(), key="once")
    assert acts(code).count("first_dosed") == 1
    with pytest.raises(Refused) as told:
        day_zero.first_dose(cast.nora, code, given_at=now_ms(), key="twice")
    assert told.value.code == "already_dosed"
    with pytest.raises(Refused) as same:
        day_zero.correct_first_dose(cast.nora, code, given_at=now_ms(), reason=_reason(cast))
    assert same.value.code == "nothing_changed"


@pytest.mark.parametrize(
    ("reason", "note", "problem"),
    [("", "", "reason_needed"), ("because", "", "choose_one"), ("other", " ", "note_needed")],
)
def test_a_correction_needs_a_reason_that_is_offered(
    cast: Cast, reason: str, note: str, problem: str
) -> None:
    code = enrolled(cast)
    day_zero.first_dose(cast.nora, code, given_at=now_ms())
    with pytest.raises(BadInput) as told:
        day_zero.correct_first_dose(cast.nora, code, given_at=now_ms() - 60_000, reason=reason, note=note)
    assert told.value.fields == {"reason": problem}


def test_a_confirmed_visit_keeps_the_window_that_it_was_confirmed_in(cast: Cast) -> None:
    code = enrolled(cast)
    opened, _ = _baseline(cast, code)
    visit.confirm(cast.nora, opened)
    before = _window(cast, opened)
    day_zero.first_dose(cast.nora, code, given_at=now_ms())
    assert _window(cast, opened) == before


def test_somebody_whose_planned_day_has_passed_without_a_dose_is_never_treated(
    cast: Cast, clock: Traveller
) -> None:
    code = enrolled(cast)
    assert not day_zero.never_treated(stands(code), date(2026, 3, 9))
    assert day_zero.never_treated(stands(code), date(2026, 3, 10))
    clock.shift(8 * 86_400)
    day_zero.first_dose(cast.nora, code, given_at=now_ms())
    assert not day_zero.never_treated(stands(code), date(2026, 3, 20))


def test_other_people_record_no_dose_here(cast: Cast) -> None:
    code = enrolled(cast)
    with pytest.raises(NotFound):
        day_zero.first_dose(cast.ola, code, given_at=now_ms())
    for login in ("mei", "mona", "ada"):
        with pytest.raises(NotPermitted):
            day_zero.first_dose(getattr(cast, login), code, given_at=now_ms())

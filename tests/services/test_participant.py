"""Registering participants, finding them again, and how their course changes."""

from dataclasses import replace
from datetime import date

import pytest
from time_machine import Traveller

from specimens.domain.errors import BadInput, Conflict, NotFound, NotPermitted, Refused
from specimens.domain.schedule import VisitStatus
from specimens.domain.terms import Kind, ParticipantState
from specimens.models.base import db
from specimens.services import consent, dossier, participant
from specimens.services.clock import now_ms
from specimens.services.entries import entries_of
from specimens.services.schedule import schedules
from tests.cast import Cast
from tests.screening import DAY_MS, HOUR_MS, acts, answered, consented, enrolled, registered, stands

pytestmark = pytest.mark.usefixtures("clock")


def test_a_participant_is_registered_under_a_random_code(cast: Cast) -> None:
    made = participant.register(cast.nora, " bel-007 ")
    assert made.subject_number == "BEL-007"
    assert made.state == ParticipantState.REGISTERED
    assert made.site == "AMS"
    assert len(made.code) == 8
    assert made.code != participant.register(cast.nora, "BEL-008").code


@pytest.mark.parametrize(
    "number",
    ["", "7", "BEL-7", "BEL-0070", "XEL-007", "BEL-٠٠٧", "BEL-007\n", "<b>BEL-007</b>", "=1+1", "x" * 10_000],
)
def test_a_subject_number_that_the_protocol_does_not_know_is_refused(cast: Cast, number: str) -> None:
    if number == "BEL-007\n":
        assert participant.register(cast.nora, number).subject_number == "BEL-007"
        return
    with pytest.raises(BadInput) as told:
        participant.register(cast.nora, number)
    assert told.value.fields == {"subject_number": "subject_number_unusable"}


def test_a_subject_number_is_given_once(cast: Cast) -> None:
    registered(cast, 7)
    with pytest.raises(Conflict) as told:
        registered(cast, 7)
    assert told.value.code == "subject_number_taken"


def test_registering_twice_with_one_key_makes_one_participant(cast: Cast) -> None:
    first = participant.register(cast.nora, "BEL-001", key="k")
    assert participant.register(cast.nora, "BEL-001", key="k") == first
    assert acts(first.code) == ["registered"]


def test_a_technician_registers_nobody(cast: Cast) -> None:
    with pytest.raises(NotPermitted):
        participant.register(cast.mei, "BEL-001")


def test_a_study_that_is_not_open_at_the_site_takes_nobody_in(cast: Cast) -> None:
    with pytest.raises(Refused) as told:
        participant.register(replace(cast.nora, site="XYZ"), "BEL-001")
    assert told.value.code == "study_not_open_here"
    with pytest.raises(Refused) as nowhere:
        participant.register(replace(cast.nora, site=None), "BEL-001")
    assert nowhere.value.code == "site_needed"


def test_the_other_site_sees_nobody_of_ours(cast: Cast) -> None:
    code = enrolled(cast)
    assert participant.listed(cast.ola) == []
    assert participant.page(cast.ola).participants == ()
    for look in (participant.get, dossier.of):
        with pytest.raises(NotFound):
            look(cast.ola, code)
    with pytest.raises(NotFound):
        participant.change_course(cast.ola, code, "died", reason="unknown cause")


def test_the_laboratory_sees_neither_group_nor_answers(cast: Cast) -> None:
    code = enrolled(cast)
    assert participant.get(cast.nora, code).group_code == "A"
    assert participant.get(cast.nora, code).answers
    for look in (
        participant.get(cast.mei, code),
        participant.page(cast.mei).participants[0],
        dossier.of(cast.mei, code).participant,
        dossier.of(cast.mei, code).schedule[0].participant,
    ):
        assert look.group_code is None
        assert look.answers == {}
    assert dossier.of(cast.mei, code).eligibility is None


def test_the_ledger_body_names_neither_group_nor_answers(cast: Cast) -> None:
    code = enrolled(cast)
    for entry in entries_of(db.session(), Kind.PARTICIPANT, code):
        assert not {"group_code", "answers", "I5", "I3"} & set(entry.facts)
        assert "belimumab" not in str({**entry.facts, "answered": ""})


def test_the_list_is_paged_by_subject_number_forwards_and_back(cast: Cast) -> None:
    for number in range(1, 8):
        registered(cast, number)
    first = participant.page(cast.nora, size=3)
    assert [each.subject_number for each in first.participants] == ["BEL-001", "BEL-002", "BEL-003"]
    assert (first.previous, first.next) == (None, "BEL-003")
    second = participant.page(cast.nora, size=3, after=first.next)
    assert [each.subject_number for each in second.participants] == ["BEL-004", "BEL-005", "BEL-006"]
    last = participant.page(cast.nora, size=3, after=second.next)
    assert [each.subject_number for each in last.participants] == ["BEL-007"]
    assert last.next is None
    back = participant.page(cast.nora, size=3, before=last.previous)
    assert back.participants == second.participants
    assert participant.page(cast.nora, size=3, before=back.previous) == first


def test_the_list_is_filtered_by_state_site_number_and_code(cast: Cast) -> None:
    one, two = consented(cast, 11), registered(cast, 12)
    found = {
        "state": participant.page(cast.nora, state="consented"),
        "number": participant.page(cast.nora, wanted="-011"),
        "code": participant.page(cast.nora, wanted=f"{one[:4]} {one[4:]}".lower()),
    }
    assert {name: [each.code for each in page.participants] for name, page in found.items()} == {
        "state": [one], "number": [one], "code": [one],
    }  # fmt: skip
    assert len(participant.page(cast.nora, site="AMS").participants) == 2
    assert participant.page(cast.nora, site="OSL").participants == ()
    assert participant.page(cast.nora, wanted="%").participants == ()
    assert two in {each.code for each in participant.page(cast.nora, wanted="bel").participants}


@pytest.mark.parametrize(
    ("act", "state", "expected"),
    [
        ("treatment_stopped", ParticipantState.TREATMENT_STOPPED, VisitStatus.UPCOMING),
        ("terminated_early", ParticipantState.EARLY_TERMINATION, VisitStatus.NOT_EXPECTED),
        ("lost_to_follow_up", ParticipantState.LOST_TO_FOLLOW_UP, VisitStatus.NOT_EXPECTED),
        ("died", ParticipantState.DIED, VisitStatus.NOT_EXPECTED),
        ("completed", ParticipantState.COMPLETED, VisitStatus.NOT_EXPECTED),
    ],
)
def test_a_change_of_the_course_settles_the_visits_that_remain(
    cast: Cast, act: str, state: str, expected: VisitStatus
) -> None:
    code = enrolled(cast)
    done = participant.change_course(cast.nora, code, act, reason="as the physician told")
    assert done.state == state
    lines = {each.planned.timepoint: each for each in schedules(cast.nora, [done])}
    assert lines["W12"].planned.status == expected
    assert lines["W12"].openable is (expected is VisitStatus.UPCOMING)
    last = entries_of(db.session(), Kind.PARTICIPANT, code)[-1]
    assert (last.act, last.opened["reason"]) == (act, "as the physician told")
    assert "physician" not in str(last.facts)


def test_a_screen_failure_ends_before_enrolment(cast: Cast) -> None:
    code = answered(cast)
    done = participant.change_course(cast.nora, code, "screen_failed", reason="E3 not met")
    assert done.state == ParticipantState.SCREEN_FAILURE
    with pytest.raises(Refused) as told:
        participant.change_course(cast.nora, code, "completed", reason="by mistake")
    assert (told.value.code, told.value.facts["state"]) == ("participant_state", "screen_failure")


def test_a_course_that_is_over_does_not_begin_again(cast: Cast) -> None:
    code = enrolled(cast)
    participant.change_course(cast.nora, code, "died", reason="told by the family physician")
    for act in ("died", "completed", "treatment_stopped", "lost_to_follow_up"):
        with pytest.raises(Refused):
            participant.change_course(cast.nora, code, act, reason="again")
    assert acts(code).count("died") == 1


def test_somebody_who_withdrew_may_still_die(cast: Cast) -> None:
    code = enrolled(cast)
    consent.withdraw(cast.nora, code, choice="keep")
    assert participant.change_course(cast.nora, code, "died", reason="told").state == ParticipantState.DIED


@pytest.mark.parametrize(
    ("said", "field", "problem"),
    [
        ({"reason": " "}, "reason", "reason_in_words"),
        ({"reason": "x" * 2001}, "reason", "text_too_long"),
        ({"reason": "born 12-03-1987"}, "reason", "text_birth_date"),
        ({"reason": "hospital 1234567"}, "reason", "text_number"),
        ({"reason": "bell \x07"}, "reason", "text_control_characters"),
        ({"act": "promoted"}, "act", "choose_one"),
        ({"act": "registered"}, "act", "choose_one"),
    ],
)
def test_a_course_needs_a_reason_that_names_nobody(
    cast: Cast, said: dict[str, str], field: str, problem: str
) -> None:
    code = enrolled(cast)
    with pytest.raises(BadInput) as told:
        participant.change_course(cast.nora, code, **{"act": "died", "reason": "told", **said})
    assert told.value.fields == {field: problem}
    assert stands(code).state == ParticipantState.ENROLLED


def test_a_course_cannot_change_in_the_future_or_before_consent(cast: Cast) -> None:
    code = enrolled(cast)
    for at, problem in (
        (now_ms() + HOUR_MS, "time_in_future"),
        (now_ms() - 401 * DAY_MS, "time_too_old"),
        (now_ms() - 2 * HOUR_MS, "before_consent_given"),
    ):
        with pytest.raises(BadInput) as told:
            participant.change_course(cast.nora, code, "died", reason="told", happened_at=at)
        assert told.value.fields == {"happened": problem}


def test_a_change_of_the_course_sent_twice_is_one_event(cast: Cast) -> None:
    code = enrolled(cast)
    for _ in range(2):
        participant.change_course(cast.nora, code, "treatment_stopped", reason="rash", key="once")
    assert acts(code).count("treatment_stopped") == 1


def test_the_dossier_says_what_may_be_done_now(cast: Cast, clock: Traveller) -> None:
    code = registered(cast)
    assert dossier.of(cast.nora, code).acts == {"consent_recorded"}
    assert dossier.of(cast.ada, code).acts == frozenset()
    code = enrolled(cast, 2)
    view = dossier.of(cast.nora, code)
    assert {"first_dosed", "treatment_stopped", "consent_withdrawn"} <= view.acts
    assert view.day0_on == date(2026, 3, 9)
    assert [each.act for each in view.steps][:3] == ["registered", "consent_recorded", "day0_planned"]
    assert view.blood.all_ul == 0
    assert "eligibility_confirmed" not in view.acts

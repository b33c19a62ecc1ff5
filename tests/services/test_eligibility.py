"""Eligibility: every kind of answer is read, judged, sealed; the investigator confirms; nobody is waived in."""

import json
from collections.abc import Mapping
from datetime import date
from threading import Barrier, Thread

import pytest
from flask import Flask
from time_machine import Traveller

from specimens.domain.access import Actor
from specimens.domain.eligibility import Outcome
from specimens.domain.errors import BadInput, NotFound, NotPermitted, Refused
from specimens.domain.terms import Kind, ParticipantState
from specimens.models.base import db
from specimens.services import consent, eligibility, participant
from specimens.services.entries import entries_of
from specimens.services.signature import Pen
from specimens.services.study import protocol_of
from tests.cast import PASSWORD, Cast
from tests.screening import DAY0, ELIGIBLE, acts, answered, consented, enrolled, publish_newer_consent, stands

pytestmark = pytest.mark.usefixtures("clock")


def _outcome(cast: Cast, code: str, criterion: str) -> Outcome:
    verdict = eligibility.judge(stands(code), protocol_of(cast.study)).verdict
    return next(each.outcome for each in verdict.judgements if each.criterion == criterion)


#: One answer that passes and one that fails, for every kind of criterion; Day 0 is 9 March 2026.
KINDS: list[tuple[str, Mapping[str, str], Mapping[str, str]]] = [
    ("I1", {"option_slicc": "1", "option_acr_1997": "1"}, {"none": "1"}),
    ("I2", {"option_ankle_left": "1"}, {"none": "1"}),
    ("I3", {"value": "6"}, {"value": "5"}),
    ("I4", {"value": "75"}, {"value": "76"}),
    ("I5", {"value": "other"}, {"unknown": "1"}),
    ("E2", {"value": "no"}, {"value": "yes"}),
    ("E3", {"value": "30"}, {"value": "29.9"}),
    ("E6", {"year": "2025", "month": "12", "day": "8"}, {"year": "2025", "month": "12", "day": "9"}),
    (
        "E7",
        {"year": "2025", "month": "12", "day": "28", "half_life_days": "14"},
        {"year": "2025", "month": "12", "day": "29", "half_life_days": "14"},
    ),
    ("E8", {"never": "1"}, {"year": "2026", "month": "2", "day": "27"}),
    ("E10", {"year": "2021", "excepted": "skin_bcc_scc"}, {"year": "2022", "excepted": "no"}),
    (
        "E10",
        {"year": "2022", "excepted": "cervix_in_situ", "metastasis_never": "1"},
        {"year": "2022", "excepted": "cervix_in_situ", "metastasis_year": "2024"},
    ),
    ("E11b", {"year": "2025", "month": "9", "day": "1"}, {"year": "2025", "month": "9", "day": "3"}),
    ("E12b", {"year": "2025", "month": "2"}, {"year": "2025", "month": "6"}),
]


def test_every_kind_of_answer_is_saved_sealed_and_judged(cast: Cast) -> None:
    code = consented(cast)
    eligibility.answer(cast.nora, code, {}, day0_planned_on=DAY0)
    for criterion, passes, fails in KINDS:
        eligibility.answer(cast.nora, code, {criterion: passes})
        assert _outcome(cast, code, criterion) is Outcome.MET, criterion
        eligibility.answer(cast.nora, code, {criterion: fails})
        assert _outcome(cast, code, criterion) is not Outcome.MET, criterion
        last = entries_of(db.session(), Kind.PARTICIPANT, code)[-1]
        assert last.facts["answered"] == [criterion]
        assert json.loads(last.opened[criterion] or "")
        assert criterion not in last.facts


def test_answers_are_saved_half_way_and_taken_up_again(cast: Cast) -> None:
    code = consented(cast)
    half = {name: ELIGIBLE[name] for name in ("I1", "I3", "E2")}
    assert eligibility.answer(cast.nora, code, half).state == ParticipantState.SCREENING
    assert set(stands(code).answers) == {"I1", "I3", "E2"}
    assert stands(code).eligibility == "open"
    rest = {name: fields for name, fields in ELIGIBLE.items() if name not in half}
    done = eligibility.answer(cast.nils, code, {**rest, "I1": {}, "E2": {"value": " "}}, day0_planned_on=DAY0)
    assert set(done.answers) == set(ELIGIBLE)
    assert done.eligibility == "complete"


def test_saving_what_is_saved_already_makes_no_event(cast: Cast) -> None:
    code = answered(cast)
    before = acts(code)
    eligibility.answer(cast.nora, code, ELIGIBLE, day0_planned_on=DAY0)
    assert acts(code) == before
    for _ in range(2):
        eligibility.answer(cast.nora, code, {"I3": {"value": "9"}}, key="once")
    assert acts(code) == [*before, "eligibility_answered"]


#: Criterion, what was typed, the field that is wrong, and what is told.
UNREADABLE: list[tuple[str, Mapping[str, str], str, str]] = [
    ("I3", {"value": "many"}, "value", "not_a_number"),
    ("I3", {"value": "٤"}, "value", "not_a_number"),
    ("I3", {"value": "6.5"}, "value", "not_whole"),
    ("I3", {"value": "600"}, "value", "implausible"),
    ("I3", {"value": "=1+1"}, "value", "not_a_number"),
    ("I3", {"value": "9" * 10_000}, "value", "not_a_number"),
    ("I3", {"value": "8", "unknown": "1"}, "unknown", "unknown_and_answer"),
    ("I1", {"option_slicc": "1", "none": "1"}, "none", "none_and_option"),
    ("I1", {"option_<script>": "1"}, "option_<script>", "no_such_option"),
    ("I5", {"value": "C"}, "value", "choose_one"),
    ("E2", {"value": "perhaps"}, "value", "yes_or_no"),
    ("E6", {"month": "3"}, "year", "date_or_never"),
    ("E6", {"never": "1", "year": "2025"}, "never", "never_and_date"),
    ("E6", {"year": "2025", "day": "3"}, "month", "month_missing"),
    ("E6", {"year": "2025", "month": "2", "day": "30"}, "year", "no_such_date"),
    ("E6", {"year": "1066"}, "year", "no_such_date"),
    ("E6", {"year": "2026", "month": "3", "day": "3"}, "year", "in_the_future"),
    ("E7", {"year": "2025"}, "half_life_days", "half_life"),
    ("E7", {"year": "2025", "half_life_days": "0"}, "half_life_days", "half_life"),
    ("E10", {"year": "2020"}, "excepted", "choose_one"),
    ("E10", {"year": "2020", "excepted": "cervix_in_situ"}, "metastasis_year", "date_or_never"),
]


def test_an_answer_that_cannot_be_read_is_told_by_its_field_and_nothing_is_saved(cast: Cast) -> None:
    code = consented(cast)
    for criterion, fields, field, problem in UNREADABLE:
        with pytest.raises(BadInput) as told:
            eligibility.answer(cast.nora, code, {criterion: fields, "E4": {"value": "no"}})
        assert told.value.fields == {f"{criterion}.{field}": problem}
        assert told.value.facts["about"][f"{criterion}.{field}"]["criterion"] == criterion
    assert stands(code).answers == {}


def test_the_planned_day_zero_lies_after_consent_and_not_far_away(cast: Cast) -> None:
    code = consented(cast)
    for day0, problem in ((date(2026, 3, 1), "day0_before_consent"), (date(2027, 6, 1), "day0_far")):
        with pytest.raises(BadInput) as told:
            eligibility.answer(cast.nora, code, {}, day0_planned_on=day0)
        assert told.value.fields == {"day0": problem}
    assert eligibility.answer(cast.nora, code, {}, day0_planned_on=date(2026, 3, 2)).day0_planned_on


def test_one_failing_criterion_blocks_confirmation_and_enrolment(cast: Cast) -> None:
    code = answered(cast)
    for criterion, _, fails in KINDS:
        eligibility.answer(cast.nora, code, {criterion: fails})
        with pytest.raises(Refused) as told:
            eligibility.confirm(cast.ivo, code, pen=Pen(PASSWORD))
        assert (told.value.code, told.value.facts["criteria"]) == ("not_eligible", criterion)
        with pytest.raises(Refused) as blocked:
            eligibility.enrol(cast.nora, code, day0_planned_on=DAY0)
        assert blocked.value.code == "not_confirmed", criterion
        eligibility.answer(cast.nora, code, {criterion: ELIGIBLE[criterion]})
    assert stands(code).state == ParticipantState.SCREENING


def test_an_unanswered_criterion_blocks_too(cast: Cast) -> None:
    code = consented(cast)
    some = {name: fields for name, fields in ELIGIBLE.items() if name not in ("E13", "E8")}
    eligibility.answer(cast.nora, code, some, day0_planned_on=DAY0)
    with pytest.raises(Refused) as told:
        eligibility.confirm(cast.ivo, code, pen=Pen(PASSWORD))
    assert (told.value.facts["criteria"], told.value.facts["count"]) == ("E8, E13", 2)


def test_only_an_investigator_confirms_and_with_the_password(cast: Cast) -> None:
    code = answered(cast)
    for login in ("nora", "mona", "mei"):
        with pytest.raises(NotPermitted):
            eligibility.confirm(getattr(cast, login), code, pen=Pen(PASSWORD))
    with pytest.raises(Refused) as told:
        eligibility.confirm(cast.ivo, code, pen=Pen("guess"))
    assert told.value.code == "password_wrong"
    assert stands(code).eligibility == "complete"
    done = eligibility.confirm(cast.ivo, code, pen=Pen(PASSWORD))
    assert done.eligibility == "confirmed"
    last = entries_of(db.session(), Kind.PARTICIPANT, code)[-1]
    assert last.facts == {"meaning": "eligibility_confirmed"}
    assert json.loads(last.opened["signed"] or "")["answers"]["I3"] == {"value": "8"}
    with pytest.raises(Refused) as again:
        eligibility.confirm(cast.ivo, code, pen=Pen(PASSWORD))
    assert again.value.code == "confirmed_before"


def test_the_password_of_a_signature_cannot_be_guessed_at_speed(cast: Cast) -> None:
    code = answered(cast)
    codes = []
    for _ in range(6):
        with pytest.raises(Refused) as told:
            eligibility.confirm(cast.ivo, code, pen=Pen("guess", address="10.0.0.7"))
        codes.append(told.value.code)
    assert "login_wait" in codes


def test_an_investigator_confirms_what_was_on_the_page(cast: Cast) -> None:
    code = answered(cast)
    seen = eligibility.digest_of(participant.get(cast.ivo, code))
    eligibility.answer(cast.nora, code, {"I3": {"value": "12"}})
    with pytest.raises(Refused) as told:
        eligibility.confirm(cast.ivo, code, pen=Pen(PASSWORD), seen=seen)
    assert told.value.code == "answers_changed"
    seen = eligibility.digest_of(participant.get(cast.ivo, code))
    assert eligibility.confirm(cast.ivo, code, pen=Pen(PASSWORD), seen=seen).eligibility == "confirmed"


def test_an_answer_that_changes_takes_the_confirmation_away(cast: Cast) -> None:
    code = answered(cast)
    eligibility.confirm(cast.ivo, code, pen=Pen(PASSWORD))
    eligibility.answer(cast.nora, code, {"I3": {"value": "8"}})
    assert stands(code).eligibility == "confirmed"
    eligibility.answer(cast.nora, code, {"I3": {"value": "12"}})
    assert stands(code).eligibility == "complete"
    with pytest.raises(Refused) as told:
        eligibility.enrol(cast.nora, code, day0_planned_on=DAY0)
    assert told.value.code == "not_confirmed"


def test_enrolment_sets_the_group_sealed_and_the_planned_day_zero(cast: Cast) -> None:
    code = enrolled(cast)
    now = stands(code)
    assert (now.state, now.group_code, now.day0_planned_on) == (ParticipantState.ENROLLED, "A", "2026-03-09")
    last = entries_of(db.session(), Kind.PARTICIPANT, code)[-1]
    assert (last.act, last.opened["group_code"]) == ("enrolled", "A")
    assert last.facts == {"day0_planned_on": "2026-03-09"}
    other = answered(cast, 2, I5={"value": "other"})
    eligibility.confirm(cast.ivo, other, pen=Pen(PASSWORD))
    assert eligibility.enrol(cast.nora, other, day0_planned_on=DAY0).group_code == "B"


def test_a_look_back_criterion_is_judged_against_the_day_zero_of_enrolment(cast: Cast) -> None:
    code = answered(cast, E6={"year": "2025", "month": "12", "day": "5"})
    eligibility.confirm(cast.ivo, code, pen=Pen(PASSWORD))
    with pytest.raises(Refused) as told:
        eligibility.enrol(cast.nora, code, day0_planned_on=date(2026, 3, 5))
    assert (told.value.code, told.value.facts["criteria"]) == ("not_eligible", "E6")
    assert eligibility.enrol(cast.nora, code, day0_planned_on=date(2026, 3, 6)).state == "enrolled"


def test_enrolling_twice_is_one_event(cast: Cast) -> None:
    code = answered(cast)
    eligibility.confirm(cast.ivo, code, pen=Pen(PASSWORD))
    for _ in range(2):
        eligibility.enrol(cast.nora, code, day0_planned_on=DAY0, key="once")
    assert acts(code).count("enrolled") == 1
    with pytest.raises(Refused) as told:
        eligibility.enrol(cast.nora, code, day0_planned_on=DAY0, key="twice")
    assert told.value.code == "participant_state"


def test_nothing_is_answered_confirmed_or_enrolled_under_an_old_consent(cast: Cast, clock: Traveller) -> None:
    code = answered(cast)
    publish_newer_consent(cast, "2026-03-03")
    clock.shift(86_400)
    for act in (
        lambda: eligibility.answer(cast.nora, code, {"I3": {"value": "9"}}),
        lambda: eligibility.confirm(cast.ivo, code, pen=Pen(PASSWORD)),
        lambda: eligibility.enrol(cast.nora, code, day0_planned_on=DAY0),
    ):
        with pytest.raises(Refused) as told:
            act()
        assert told.value.code == "consent_outdated"


def test_after_a_withdrawal_nothing_more_is_answered(cast: Cast) -> None:
    code = answered(cast)
    consent.withdraw(cast.nora, code, choice="keep")
    with pytest.raises(Refused) as told:
        eligibility.answer(cast.nora, code, ELIGIBLE)
    assert told.value.code == "participant_state"


def test_the_other_site_answers_nothing_here(cast: Cast) -> None:
    code = answered(cast)
    with pytest.raises(NotFound):
        eligibility.answer(cast.ola, code, {"I3": {"value": "9"}})
    with pytest.raises(NotFound):
        eligibility.enrol(cast.ola, code, day0_planned_on=DAY0)


def test_two_nurses_who_enrol_at_once_make_one_enrolment(cast: Cast, context: Flask) -> None:
    code = answered(cast)
    eligibility.confirm(cast.ivo, code, pen=Pen(PASSWORD))
    db.session.remove()
    start, told = Barrier(2), []

    def act(actor: Actor, day0: date) -> None:
        with context.app_context():
            start.wait()
            try:
                told.append(eligibility.enrol(actor, code, day0_planned_on=day0).day0_planned_on)
            except Refused as refused:
                told.append(refused.code)
            finally:
                db.session.remove()

    days = (date(2026, 3, 9), date(2026, 3, 10))
    threads = [Thread(target=act, args=each) for each in zip((cast.nora, cast.nils), days, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert "participant_state" in told
    assert acts(code).count("enrolled") == 1
    assert stands(code).day0_planned_on in told

"""Consent comes first; it is renewed when a newer version is required, and can be withdrawn in two ways."""

from datetime import date

import pytest
from time_machine import Traveller

from specimens.domain.errors import BadInput, NotFound, NotPermitted, Refused
from specimens.domain.terms import Hold, Kind, ParticipantState, Status
from specimens.models.base import db
from specimens.services import collection, consent, dossier, eligibility, today, visit
from specimens.services import kit as kits
from specimens.services.clock import now_ms
from specimens.services.entries import entries_of
from specimens.services.study import protocol_of
from tests.cast import Cast
from tests.screening import (
    DAY_MS,
    ELIGIBLE,
    HOUR_MS,
    acts,
    consented,
    enrolled,
    paper,
    publish_newer_consent,
    registered,
    stands,
)

pytestmark = pytest.mark.usefixtures("clock")


def _blood(cast: Cast, code: str, tubes: int = 2) -> list[str]:
    """Open the baseline visit and take some tubes of blood; return their codes."""
    opening = visit.open_visit(cast.nora, code, "BL")
    kit = next(each for each in opening.kits if each.procedure == "blood")
    kits.open_kit(cast.nora, kit.code)
    kits.attest_identity(cast.nora, kit.code)
    taken = [each.code for each in kits.get(cast.nora, kit.code).specimens[:tubes]]
    for tube in taken:
        collection.collect(cast.nora, kit.code, tube, None)
    kits.finish(cast.nora, kit.code)
    return taken


def test_nothing_is_asked_or_planned_before_consent(cast: Cast) -> None:
    code = registered(cast)
    with pytest.raises(Refused) as told:
        eligibility.answer(cast.nora, code, ELIGIBLE)
    assert told.value.code == "participant_state"
    with pytest.raises(Refused):
        visit.open_visit(cast.nora, code, "BL")
    assert acts(code) == ["registered"]


def test_a_consent_keeps_who_obtained_it_who_entered_it_and_where_it_lies(cast: Cast) -> None:
    code = consented(cast)
    now = stands(code)
    assert now.state == ParticipantState.CONSENTED
    assert (now.consent_version, now.consent_scopes) == ("1.0", ("genetics", "participation"))
    (only,) = consent.history(cast.nora, code)
    assert (only.obtained_by, only.recorded_by) == ("Ivo Smit", "Nora de Wit")
    assert only.original == "Investigator site file, binder 3"
    assert only.signed_at == now_ms() - HOUR_MS
    assert only.recorded_at == now_ms()
    assert "binder" not in str(entries_of(db.session(), Kind.PARTICIPANT, code)[-1].facts)


@pytest.mark.parametrize(
    ("said", "field", "problem"),
    [
        ({"version": "9.9"}, "version", "choose_one"),
        ({"scopes": []}, "scopes", "scope_required"),
        ({"scopes": ["genetics"]}, "scopes", "scope_required"),
        ({"scopes": ["participation", "everything"]}, "scopes", "scope_required"),
        ({"obtained_by": " "}, "obtained_by", "name_unusable"),
        ({"obtained_by": "x" * 201}, "obtained_by", "text_too_long"),
        ({"original": ""}, "original", "original_needed"),
        ({"original": "born 1-2-1980"}, "original", "text_birth_date"),
        ({"signed_at": 1_800_000_000_000}, "happened", "time_in_future"),
        ({"signed_at": 1_600_000_000_000}, "happened", "time_too_old"),
    ],
)
def test_a_consent_that_says_too_little_is_not_taken(
    cast: Cast, said: dict[str, object], field: str, problem: str
) -> None:
    code = registered(cast)
    with pytest.raises(BadInput) as told:
        consent.record(cast.nora, code, **paper(**said))  # type: ignore[arg-type]
    assert told.value.fields == {field: problem}
    assert stands(code).consented_at is None


def test_a_consent_sent_twice_is_recorded_once(cast: Cast) -> None:
    code = registered(cast)
    for _ in range(2):
        consent.record(cast.nora, code, key="once", **paper())  # type: ignore[arg-type]
    assert acts(code) == ["registered", "consent_recorded"]
    with pytest.raises(Refused) as told:
        consent.record(cast.nora, code, key="twice", **paper())  # type: ignore[arg-type]
    assert told.value.code == "nothing_changed"


def test_a_consent_cannot_be_older_than_the_one_before(cast: Cast) -> None:
    code = consented(cast)
    with pytest.raises(BadInput) as told:
        consent.record(cast.nora, code, **paper(signed_at=now_ms() - 2 * HOUR_MS))  # type: ignore[arg-type]
    assert told.value.fields == {"happened": "before_earlier_consent"}


def test_collection_is_held_from_the_day_that_requires_a_newer_version_until_re_consent(
    cast: Cast, clock: Traveller
) -> None:
    code = enrolled(cast)
    publish_newer_consent(cast, "2026-03-04")
    renewal = dossier.of(cast.nora, code)
    assert (renewal.renewal_on, renewal.consent_problem) == (date(2026, 3, 4), None)
    assert [each.held for each in today.board(cast.nora).renewals] == [False]
    clock.shift(3 * 86_400)
    assert dossier.of(cast.nora, code).consent_problem == "consent_outdated"
    assert [each.held for each in today.board(cast.nora).renewals] == [True]
    with pytest.raises(Refused) as told:
        visit.open_visit(cast.nora, code, "BL")
    assert told.value.code == "consent_outdated"
    consent.record(cast.nora, code, **paper(version="2.0", scopes=["participation"]))  # type: ignore[arg-type]
    now = stands(code)
    assert (now.state, now.consent_version) == (ParticipantState.ENROLLED, "2.0")
    assert now.consent_scopes == ("participation",)
    assert [each.version for each in consent.history(cast.nora, code)] == ["1.0", "2.0"]
    assert dossier.of(cast.nora, code).renewal_on is None
    assert today.board(cast.nora).renewals == ()
    assert visit.open_visit(cast.nora, code, "BL").visit.timepoint == "BL"


def test_what_counts_is_the_consent_that_was_valid_at_that_time(cast: Cast, clock: Traveller) -> None:
    code = enrolled(cast)
    publish_newer_consent(cast, "2026-03-04")
    clock.shift(3 * 86_400)
    consent.record(cast.nora, code, **paper(version="2.0"))  # type: ignore[arg-type]
    now, protocol = stands(code), protocol_of(cast.study)
    zone = cast.nora.zone
    for days_ago, problem in ((0, None), (1, "consent_outdated"), (2, None), (4, "before_consent")):
        at = now_ms() - days_ago * DAY_MS
        assert consent.problem_at(db.session(), now, protocol, at, zone) == problem, days_ago


@pytest.mark.parametrize("choice", ["keep", "destroy"])
def test_a_withdrawal_stops_everything_and_puts_what_is_left_on_hold(
    cast: Cast, clock: Traveller, choice: str
) -> None:
    code = enrolled(cast)
    taken = _blood(cast, code)
    done = consent.withdraw(cast.nora, code, choice=choice, reason="too many visits")
    assert (done.state, done.withdrawal) == (ParticipantState.CONSENT_WITHDRAWN, choice)
    left = consent.for_decision(cast.nora, code)
    assert [each.code for each in left] == taken
    assert all(each.holds == (Hold.CONSENT,) for each in left)
    counts = dossier.of(cast.nora, code).counts
    assert counts[Status.PLANNED] == 0
    assert counts[Status.NOT_COLLECTED] > 0
    assert counts[Status.COLLECTED] == 2
    with pytest.raises(Refused):
        visit.open_visit(cast.nora, code, "W4")
    with pytest.raises(Refused):
        consent.record(cast.nora, code, **paper(signed_at=now_ms()))  # type: ignore[arg-type]


def test_what_is_kept_can_be_freed_by_an_investigator_alone(cast: Cast) -> None:
    code = enrolled(cast)
    taken = _blood(cast, code)
    consent.withdraw(cast.nora, code, choice="keep")
    with pytest.raises(NotPermitted):
        consent.free(cast.nora, code, reason="covered by the participant's choice")
    with pytest.raises(BadInput):
        consent.free(cast.ivo, code, reason=" ")
    consent.free(cast.ivo, code, reason="covered by the participant's choice")
    left = consent.for_decision(cast.ivo, code)
    assert [(each.code, each.holds) for each in left] == [(tube, ()) for tube in taken]
    with pytest.raises(Refused) as told:
        consent.free(cast.ivo, code, reason="again")
    assert told.value.code == "nothing_changed"


def test_what_is_to_be_destroyed_stays_on_hold(cast: Cast) -> None:
    code = enrolled(cast)
    _blood(cast, code)
    consent.withdraw(cast.nora, code, choice="destroy")
    with pytest.raises(Refused) as told:
        consent.free(cast.ivo, code, reason="covered")
    assert told.value.code == "withdrawn_to_destroy"


def test_a_withdrawal_sent_twice_is_one_event(cast: Cast) -> None:
    code = enrolled(cast)
    _blood(cast, code, 1)
    for _ in range(2):
        consent.withdraw(cast.nora, code, choice="keep", key="once")
    assert acts(code).count("consent_withdrawn") == 1
    with pytest.raises(Refused) as told:
        consent.withdraw(cast.nora, code, choice="destroy", key="twice")
    assert told.value.code == "participant_state"


@pytest.mark.parametrize(
    ("said", "field", "problem"),
    [
        ({"choice": ""}, "choice", "choose_one"),
        ({"choice": "burn"}, "choice", "choose_one"),
        ({"reason": "call 020 123 4567"}, "reason", "text_number"),
        ({"happened_at": 1_800_000_000_000}, "happened", "time_in_future"),
    ],
)
def test_a_withdrawal_that_cannot_be_read_changes_nothing(
    cast: Cast, said: dict[str, object], field: str, problem: str
) -> None:
    code = consented(cast)
    with pytest.raises(BadInput) as told:
        consent.withdraw(cast.nora, code, **{"choice": "keep", **said})  # type: ignore[arg-type]
    assert told.value.fields == {field: problem}
    with pytest.raises(BadInput) as early:
        consent.withdraw(cast.nora, code, choice="keep", happened_at=now_ms() - 2 * HOUR_MS)
    assert early.value.fields == {"happened": "before_consent_given"}
    assert stands(code).withdrawn_at is None


def test_other_people_leave_the_consent_alone(cast: Cast) -> None:
    code = consented(cast)
    with pytest.raises(NotFound):
        consent.withdraw(cast.ola, code, choice="destroy")
    with pytest.raises(NotFound):
        consent.history(cast.ola, code)
    for login in ("mei", "mona", "ada"):
        with pytest.raises(NotPermitted):
            consent.withdraw(getattr(cast, login), code, choice="keep")

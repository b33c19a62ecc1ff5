"""Corrections and reassignment, on both engines: before and after stay readable, nothing impossible is kept."""

import pytest
import time_machine

from specimens.domain.errors import BadInput, NotFound, NotPermitted, Refused
from specimens.domain.specimen import Specimen
from specimens.domain.terms import Kind
from specimens.models.base import db
from specimens.services import collection, correction, day_zero, kit, reassignment, tenancy, visit
from specimens.services.clock import now_ms
from specimens.services.entries import entries_of
from specimens.services.verify import verify
from tests.cast import PASSWORD, Cast
from tests.history import child_of, collected, opened, received

MINUTE = 60_000


def tube(cast: Cast, code: str) -> Specimen:
    found: Specimen = tenancy.load(Kind.SPECIMEN, code, cast.nora)
    return found


def entry_of(cast: Cast, code: str, act: str = "collected") -> str:
    return next(each.entry for each in correction.correctable(cast.nora, code) if each.act == act)


def test_a_time_of_collection_is_corrected_and_both_stay(cast: Cast, clock: time_machine.Traveller) -> None:
    made = collected(cast, clock)
    code = made.tubes[0]
    before = tube(cast, code).collected_at
    assert before is not None
    done = correction.correct(
        cast.nora,
        code,
        entry_of(cast, code),
        {"happened_at": before - 60_000},
        reason="typing_error",
        key="c",
    )
    assert done.collected_at == before - 60_000
    again = correction.correct(
        cast.nora,
        code,
        entry_of(cast, code),
        {"happened_at": before - 60_000},
        reason="typing_error",
        key="c",
    )
    assert again == done
    last = entries_of(db.session(), Kind.SPECIMEN, code)[-1]
    assert last.facts["changes"] == {"happened_at": {"old": before, "new": before - 60_000}}
    assert verify().sound


def test_a_correction_needs_a_reason_a_change_and_a_field_that_may_change(
    cast: Cast, clock: time_machine.Traveller
) -> None:
    made = collected(cast, clock)
    code = made.tubes[0]
    entry = entry_of(cast, code)
    at = tube(cast, code).collected_at
    for changes, reason, error in (
        ({"happened_at": 1}, "", Refused),
        ({"happened_at": at}, "typing_error", Refused),
        ({"custodian": "X"}, "typing_error", BadInput),
        ({"pieces": 100}, "typing_error", BadInput),
        ({"pieces": "9"}, "typing_error", BadInput),
        ({"container": "bucket"}, "typing_error", BadInput),
        ({"side": "middle"}, "typing_error", BadInput),
        ({"happened_at": now_ms() + 3_600_000}, "typing_error", BadInput),
        ({"happened_at": 1}, "typing_error", BadInput),
        ({"happened_at": now_ms()}, "because", BadInput),
        ({"happened_at": now_ms()}, "other", BadInput),
    ):
        with pytest.raises(error):
            correction.correct(cast.nora, code, entry, changes, reason=reason)
    with pytest.raises(NotFound):
        correction.correct(cast.nora, code, "no-such-entry", {"happened_at": 1}, reason="typing_error")
    assert len(entries_of(db.session(), Kind.SPECIMEN, code)) == 2


def test_a_history_that_could_not_have_happened_is_refused(cast: Cast, clock: time_machine.Traveller) -> None:
    made = received(cast, clock)
    code = made.tubes[0]
    with pytest.raises(Refused, match="correction_impossible"):
        correction.correct(
            cast.nora, code, entry_of(cast, code), {"happened_at": now_ms()}, reason="typing_error"
        )


def test_a_time_before_consent_is_refused(cast: Cast, clock: time_machine.Traveller) -> None:
    made = collected(cast, clock)
    code = made.tubes[0]
    with pytest.raises(Refused, match="before_consent"):
        correction.correct(
            cast.nora,
            code,
            entry_of(cast, code),
            {"happened_at": now_ms() - 86_400_000},
            reason="typing_error",
        )
    assert tube(cast, code).status == "collected"


def test_flags_follow_the_corrected_time(cast: Cast, clock: time_machine.Traveller) -> None:
    made = opened(cast, clock)
    code = made.kits["blood"]
    kit.begin(cast.nora, code)
    clock.shift(600)
    dosed_at = now_ms()
    day_zero.first_dose(cast.nora, made.participant, given_at=dosed_at)
    clock.shift(600)
    collection.collect(cast.nora, code, made.tubes[0], None)
    assert "not_baseline" in tube(cast, made.tubes[0]).flags
    entry = entry_of(cast, made.tubes[0])
    correction.correct(
        cast.nora, made.tubes[0], entry, {"happened_at": dosed_at - MINUTE}, reason="typing_error"
    )
    assert "not_baseline" not in tube(cast, made.tubes[0]).flags
    assert verify().sound


def test_a_corrected_container_is_flagged(cast: Cast, clock: time_machine.Traveller) -> None:
    made = collected(cast, clock)
    code = made.tubes[0]
    done = correction.correct(
        cast.nora, code, entry_of(cast, code), {"container": "serum_clot"}, reason="typing_error"
    )
    assert (done.container, done.flags) == ("serum_clot", ("other_container",))
    done = correction.correct(
        cast.nora, code, entry_of(cast, code), {"container": "sst"}, reason="typing_error"
    )
    assert (done.container, done.flags) == ("sst", ())


def test_why_a_tube_was_not_collected_is_corrected(cast: Cast, clock: time_machine.Traveller) -> None:
    made = opened(cast, clock)
    kit.begin(cast.nora, made.kits["blood"])
    collection.not_collected(cast.nora, made.kits["blood"], made.tubes[0], None, reason="no_vein")
    entry = entry_of(cast, made.tubes[0], "not_collected")
    done = correction.correct(
        cast.nora, made.tubes[0], entry, {"reason_code": "declined"}, reason="other", note="told later"
    )
    assert done.ended_reason == "declined"
    with pytest.raises(BadInput):
        correction.correct(
            cast.nora, made.tubes[0], entry, {"reason_code": "insufficient_yield"}, reason="typing_error"
        )


def test_another_site_and_other_roles_correct_nothing(cast: Cast, clock: time_machine.Traveller) -> None:
    made = collected(cast, clock)
    entry = entry_of(cast, made.tubes[0])
    with pytest.raises(NotFound):
        correction.correct(cast.ola, made.tubes[0], entry, {"happened_at": 1}, reason="typing_error")
    for actor in (cast.mona, cast.ada, cast.luis, cast.adam):
        with pytest.raises(NotPermitted):
            correction.correct(actor, made.tubes[0], entry, {"happened_at": 1}, reason="typing_error")


# ------------------------------------------------------------------------------------------------- another visit


def test_a_tube_goes_to_the_right_visit_with_everything_made_from_it(
    cast: Cast, clock: time_machine.Traveller
) -> None:
    made = received(cast, clock)
    child = child_of(cast, made.tubes[0])
    other = visit.open_visit(cast.nora, made.participant, "UNS", reason="flare", procedures=("blood",))
    witness = reassignment.witness_of(cast.nora, "nils", PASSWORD)
    done = reassignment.reassign(
        cast.nora, made.tubes[0], other.visit.code, reason="wrong_timepoint", witness=witness, key="r"
    )
    assert (done.visit, done.timepoint, done.kit) == (other.visit.code, "UNS", None)
    assert tube(cast, child.code).visit == other.visit.code
    assert tube(cast, made.tubes[1]).visit == made.visit
    assert done.collected_at is not None
    with pytest.raises(Refused, match="reassign_the_parent"):
        reassignment.reassign(cast.nora, child.code, made.visit, reason="wrong_timepoint", witness=witness)
    assert verify().sound


def test_a_witness_is_another_person_of_this_study_who_proves_it(cast: Cast) -> None:
    for login, password in (
        ("nora", PASSWORD), ("nils", "wrong"), ("nobody", PASSWORD), ("ola", PASSWORD), ("mona", PASSWORD),
    ):  # fmt: skip
        with pytest.raises(BadInput) as bad:
            reassignment.witness_of(cast.nora, login, password)
        assert set(bad.value.fields) == {"witness"}
    assert reassignment.witness_of(cast.nora, "mei", PASSWORD) == cast.mei.user


def test_a_reassignment_needs_reason_witness_and_a_visit_of_the_participant(
    cast: Cast, clock: time_machine.Traveller
) -> None:
    made = collected(cast, clock)
    other = visit.open_visit(cast.nora, made.participant, "UNS", reason="flare", procedures=("blood",))
    code, to = made.tubes[0], other.visit.code
    for visit_code, reason, witness, error in (
        (to, "", cast.nils.user, Refused),
        (to, "wrong_timepoint", cast.nora.user, Refused),
        (made.visit, "wrong_timepoint", cast.nils.user, BadInput),
        ("C4K7N2XD", "wrong_timepoint", cast.nils.user, BadInput),
        (to, "because", cast.nils.user, BadInput),
    ):
        with pytest.raises(error):
            reassignment.reassign(cast.nora, code, visit_code, reason=reason, witness=witness)
    planned = kit.specimens_of(other.kits[0].code)[0].code
    with pytest.raises(Refused, match="not_collected_yet"):
        reassignment.reassign(
            cast.nora, planned, made.visit, reason="wrong_timepoint", witness=cast.nils.user
        )
    with pytest.raises(NotFound):
        reassignment.reassign(cast.ola, code, to, reason="wrong_timepoint", witness=cast.nils.user)

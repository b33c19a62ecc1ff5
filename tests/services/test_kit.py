"""Visits, kits and the procedure of tissue, on both engines."""

import pytest
import time_machine

from specimens.domain.errors import BadInput, NotFound, NotPermitted, Refused
from specimens.domain.terms import Kind
from specimens.services import collection, kit, tenancy, visit, visit_plan, visit_preview
from specimens.services.verify import verify
from tests.cast import Cast
from tests.history import History, enrolled


@pytest.fixture
def made(cast: Cast, visit_open: History) -> History:
    """A baseline visit that is open, with nothing collected."""
    return visit_open


def record(cast: Cast, code: str, pieces: int, **changes: str) -> None:
    said = {"body_site": "inguinal", "side": "left", "device": "14G", "performed_by": "R. Haak, radiologist"}
    kit.record_procedure(cast.nora, code, pieces=pieces, **{**said, **changes})  # type: ignore[arg-type]


def states(code: str) -> list[str]:
    return [each.status for each in kit.specimens_of(code)]


# ------------------------------------------------------------------------------------------------- opening a visit


def test_a_preview_says_what_is_planned_and_writes_nothing(cast: Cast, clock: time_machine.Traveller) -> None:
    code = enrolled(cast, clock)
    view = visit_preview.preview(cast.nora, code, "BL")
    assert [each.count for each in view.kits] == [7, 6, 7]
    assert (view.outside, view.reason_needed, view.problem, view.earlier) == (False, False, None, None)
    assert view.kits[0].budget is not None
    assert view.kits[0].budget.visit_ul == 61_000
    assert visit_preview.preview(cast.nora, code, "W4").early_days == 28
    assert visit_preview.preview(cast.nora, code, "UNS").reason_needed
    with pytest.raises(NotFound):
        visit_preview.preview(cast.nora, code, "W99")
    with pytest.raises(NotFound):
        visit_preview.preview(cast.ola, code, "BL")


def test_a_preview_of_an_open_visit_names_it(cast: Cast, made: History) -> None:
    assert visit_preview.preview(cast.nora, made.participant, "BL").earlier == made.visit


def test_a_visit_is_opened_once_per_key_and_once_at_all(cast: Cast, clock: time_machine.Traveller) -> None:
    code = enrolled(cast, clock)
    first = visit.open_visit(cast.nora, code, "BL", key="v")
    assert visit.open_visit(cast.nora, code, "BL", key="v").visit == first.visit
    with pytest.raises(Refused, match="visit_open"):
        visit.open_visit(cast.nora, code, "BL")


def test_an_unscheduled_visit_needs_a_reason_and_takes_what_was_chosen(cast: Cast, made: History) -> None:
    with pytest.raises(Refused, match="reason_needed"):
        visit.open_visit(cast.nora, made.participant, "UNS", procedures=("blood",))
    with pytest.raises(BadInput):
        visit.open_visit(cast.nora, made.participant, "UNS", reason="other", procedures=("blood",))
    with pytest.raises(BadInput):
        visit.open_visit(cast.nora, made.participant, "UNS", reason="flare")
    view = visit.open_visit(
        cast.nora, made.participant, "UNS", reason="other", note="asked by the ward", procedures=("synovium",)
    )
    assert [each.procedure for each in view.kits] == ["synovium"]


def test_a_second_blood_draw_in_the_period_warns(cast: Cast, made: History) -> None:
    code = made.kits["blood"]
    kit.begin(cast.nora, code)
    for tube in made.tubes:
        collection.collect(cast.nora, code, tube, None)
    kit.finish(cast.nora, code)
    visit_plan.second_attempt(cast.nora, made.visit, "blood", reason="tube_rejected")
    view = visit.get(cast.nora, made.visit)
    budget = visit.blood(view, kit.get(cast.nora, code).protocol)
    assert visit.budget_warnings(budget) == ("blood_over_visit",)


def test_another_attempt_needs_a_reason_and_the_last_one_to_be_over(cast: Cast, made: History) -> None:
    with pytest.raises(Refused, match="reason_needed"):
        visit_plan.second_attempt(cast.nora, made.visit, "blood", reason="")
    with pytest.raises(Refused, match="attempt_running"):
        visit_plan.second_attempt(cast.nora, made.visit, "blood", reason="first_attempt_failed")
    kit.begin(cast.nora, made.kits["blood"])
    kit.stop(cast.nora, made.kits["blood"], reason="no_vein")
    again = visit_plan.second_attempt(cast.nora, made.visit, "blood", reason="first_attempt_failed", key="a")
    assert again.attempt == 2
    assert (
        visit_plan.second_attempt(cast.nora, made.visit, "blood", reason="first_attempt_failed", key="a")
        == again
    )
    assert all("repeat" in each.flags for each in kit.specimens_of(again.code))
    assert kit.get(cast.nora, again.code).taken_before == 0


def test_an_extra_tube_needs_a_reason_and_is_flagged(cast: Cast, made: History) -> None:
    code = made.kits["blood"]
    with pytest.raises(Refused, match="reason_needed"):
        visit_plan.add_specimen(cast.nora, code, "EDTA", reason="")
    with pytest.raises(BadInput):
        visit_plan.add_specimen(cast.nora, code, "LN_OCT", reason="tube_rejected")
    added = visit_plan.add_specimen(cast.nora, code, "EDTA", reason="tube_rejected", key="x")
    assert visit_plan.add_specimen(cast.nora, code, "EDTA", reason="tube_rejected", key="x") == added
    assert (added.number, added.flags) == (2, ("extra",))
    kit.begin(cast.nora, code)
    assert collection.collect(cast.nora, code, added.code, None).verdict == "ok"


def test_a_procedure_is_added_to_an_unscheduled_visit(cast: Cast, made: History) -> None:
    view = visit.open_visit(cast.nora, made.participant, "UNS", reason="flare", procedures=("blood",))
    visit_plan.add_procedure(cast.nora, view.visit.code, "synovium")
    with pytest.raises(Refused, match="procedure_planned"):
        visit_plan.add_procedure(cast.nora, view.visit.code, "blood")
    assert len(visit.get(cast.nora, view.visit.code).kits) == 2


def test_only_the_clinic_plans(cast: Cast, made: History) -> None:
    for act in (
        lambda: visit.open_visit(cast.mei, made.participant, "UNS", reason="flare"),
        lambda: visit.confirm(cast.mei, made.visit),
        lambda: visit_plan.second_attempt(cast.mei, made.visit, "blood", reason="tube_rejected"),
        lambda: visit_plan.add_procedure(cast.mei, made.visit, "blood"),
        lambda: visit_plan.add_specimen(cast.mei, made.kits["blood"], "EDTA", reason="tube_rejected"),
    ):
        with pytest.raises(NotPermitted):
            act()


# ------------------------------------------------------------------------------------------------- the procedure


def test_the_yield_fills_the_plan_in_its_order(cast: Cast, made: History) -> None:
    code = made.kits["lymph_node"]
    kit.begin(cast.nora, code)
    record(cast, code, 5)
    assert states(code) == ["planned"] * 3 + ["not_collected"] * 3
    view = kit.get(cast.nora, code)
    assert (view.kit.pieces, view.minimum, view.settled) == (5, 4, 3)
    for each in view.outstanding:
        collection.collect(cast.nora, code, each.code, None)
    assert [each.pieces for each in kit.specimens_of(code)][:3] == [3, 1, 1]


def test_no_tissue_at_all_ends_every_tube(cast: Cast, made: History) -> None:
    code = made.kits["lymph_node"]
    kit.begin(cast.nora, code)
    record(cast, code, 0)
    assert set(states(code)) == {"not_collected"}
    assert {each.ended_reason for each in kit.specimens_of(code)} == {"insufficient_yield"}


def test_a_short_yield_fills_a_container_in_part(cast: Cast, made: History) -> None:
    code = made.kits["lymph_node"]
    kit.begin(cast.nora, code)
    record(cast, code, 2)
    first = kit.specimens_of(code)[0]
    collection.collect(cast.nora, code, first.code, None)
    assert kit.specimens_of(code)[0].pieces == 2


def test_a_tube_before_the_yield_is_not_saved(cast: Cast, made: History) -> None:
    code = made.kits["lymph_node"]
    kit.begin(cast.nora, code)
    outcome = collection.collect(cast.nora, code, kit.specimens_of(code)[0].code, None)
    assert (outcome.verdict, outcome.code) == ("check", "yield_first")


def test_the_procedure_needs_an_open_kit_and_the_identity_check(cast: Cast, made: History) -> None:
    code = made.kits["lymph_node"]
    with pytest.raises(Refused, match="kit_not_open"):
        record(cast, code, 8)
    kit.open_kit(cast.nora, code)
    with pytest.raises(Refused, match="identity_first"):
        record(cast, code, 8)
    kit.begin(cast.nora, made.kits["blood"])
    with pytest.raises(Refused, match="not_tissue"):
        record(cast, made.kits["blood"], 8)


def test_every_field_that_cannot_be_is_named(cast: Cast, made: History) -> None:
    code = made.kits["lymph_node"]
    kit.begin(cast.nora, code)
    with pytest.raises(BadInput) as bad:
        record(cast, code, 100, body_site="knee", performed_by=" ", reason="because")
    assert set(bad.value.fields) == {"place", "performed_by", "pieces", "reason"}
    for text in ("x" * 300, "1234567890", "12-05-1980"):
        with pytest.raises(BadInput):
            record(cast, code, 8, device=text)
    assert states(code) == ["planned"] * 6


def test_another_joint_than_the_active_ones_needs_a_reason_and_flags_its_tubes(
    cast: Cast, made: History
) -> None:
    code = made.kits["synovium"]
    kit.begin(cast.nora, code)
    view = kit.get(cast.nora, code)
    site, side = next(each for each in view.places if each not in view.expected)
    with pytest.raises(Refused, match="other_body_site"):
        record(cast, code, 12, body_site=site, side=side)
    record(cast, code, 12, body_site=site, side=side, reason="no_safe_site")
    first = kit.specimens_of(code)[0].code
    assert collection.collect(cast.nora, code, first, None).facts["warnings"] == ["flag_other_body_site"]


def test_recording_it_again_needs_a_reason_and_plans_again_what_is_reached(cast: Cast, made: History) -> None:
    code = made.kits["lymph_node"]
    kit.begin(cast.nora, code)
    record(cast, code, 3)
    with pytest.raises(BadInput) as bad:
        record(cast, code, 5)
    assert bad.value.fields == {"correction": "reason_needed"}
    record(cast, code, 5, correction="typing_error")
    assert states(code) == ["planned"] * 3 + ["not_collected"] * 3
    for each in kit.specimens_of(code)[:2]:
        assert collection.collect(cast.nora, code, each.code, None).saved
    record(cast, code, 4, correction="typing_error")
    assert states(code) == ["collected"] * 2 + ["not_collected"] * 4
    with pytest.raises(Refused, match="yield_below_taken"):
        record(cast, code, 3, correction="typing_error")
    with pytest.raises(Refused, match="place_fixed"):
        record(cast, code, 4, side="right", correction="typing_error")
    assert verify().sound


def test_a_place_that_was_put_right_takes_the_flag_away(cast: Cast, made: History) -> None:
    code = made.kits["synovium"]
    kit.begin(cast.nora, code)
    view = kit.get(cast.nora, code)
    wrong = next(each for each in view.places if each not in view.expected)
    right = view.expected[0]
    record(cast, code, 12, body_site=wrong[0], side=wrong[1], reason="no_safe_site")
    record(cast, code, 12, body_site=right[0], side=right[1], correction="typing_error")
    assert kit.get(cast.nora, code).kit.flags == ()
    assert verify().sound


def test_the_operator_is_kept_beside_who_recorded_it_and_offered_next_time(cast: Cast, made: History) -> None:
    code = made.kits["lymph_node"]
    kit.begin(cast.nora, code)
    record(cast, code, 8)
    first = kit.specimens_of(code)[0].code
    collection.collect(cast.nora, code, first, None)
    done = tenancy.load(Kind.SPECIMEN, first, cast.nora)
    assert (done.collected_by, done.custodian) == ("R. Haak, radiologist", cast.nora.user)
    assert kit.operators_before(cast.nora, "lymph_node") == ["R. Haak, radiologist"]
    assert kit.operators_before(cast.ola, "lymph_node") == []


def test_a_kit_of_a_visit_is_opened_by_scanning_it_and_another_is_stopped(cast: Cast, made: History) -> None:
    other = visit.open_visit(cast.nora, made.participant, "UNS", reason="flare", procedures=("blood",))
    outcome = kit.scan_open(cast.nora, made.visit, other.kits[0].code, None)
    assert (outcome.verdict, outcome.code) == ("stop", "kit_of_another_visit")
    assert kit.scan_open(cast.nora, made.visit, made.tubes[0], None).code == "unknown_code"
    assert kit.scan_open(cast.nora, made.visit, made.kits["blood"], None).saved
    assert kit.get(cast.nora, made.kits["blood"]).open_here

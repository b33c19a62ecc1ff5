"""The timeline of a specimen, and the family, on both engines."""

import pytest
import time_machine

from specimens.domain.errors import NotFound, NotPermitted
from specimens.domain.gap import LIMIT_MINUTES, gap_minutes
from specimens.domain.terms import Kind, Status
from specimens.services import correction, specimen, undo
from specimens.services.clock import now_ms
from specimens.services.record import writing
from tests.cast import Cast
from tests.history import History, child_of, collected, received


def test_steps_say_who_when_and_from_whom_to_whom(cast: Cast, clock: time_machine.Traveller) -> None:
    made = received(cast, clock)
    line = specimen.custody_of(cast.ada, made.tubes[0])
    assert [step.act for step in line.steps] == ["planned", "collected", "packed", "released", "accepted"]
    accepted = line.steps[-1]
    assert (accepted.who, accepted.role, accepted.seq) == ("Mei Tan", "technician", 5)
    assert accepted.moved_from == (cast.nora.user, None, None)
    assert accepted.moved_to == (cast.stations["AMS laboratory"], None, None)
    assert line.names[cast.nora.user] == "Nora de Wit"
    assert line.steps[2].moved_to is None
    assert accepted.since_ms is not None
    assert accepted.since_ms >= 600_000
    assert len(accepted.hash) == 64


def test_an_undone_act_stays_and_moves_nothing(cast: Cast, clock: time_machine.Traveller) -> None:
    made = collected(cast, clock)
    undo.undo(cast.nora, made.tubes[-1], None, reason="wrong_scan")
    steps = specimen.custody_of(cast.nora, made.tubes[-1]).steps
    assert [(step.act, step.struck, step.struck_by) for step in steps] == [
        ("planned", None, None), ("collected", "undone", 3), ("undone", None, None),
    ]  # fmt: skip
    assert steps[1].moved_to is None


def test_a_correction_names_what_it_replaces_and_what_changed(
    cast: Cast, clock: time_machine.Traveller
) -> None:
    made = collected(cast, clock)
    chosen = next(
        each for each in correction.correctable(cast.nora, made.tubes[0]) if each.field == "happened_at"
    )
    earlier = chosen.value - 60_000
    correction.correct(
        cast.nora,
        made.tubes[0],
        chosen.entry,
        {"happened_at": earlier},
        reason="typing_error",
        note="one minute",
    )
    steps = {step.act: step for step in specimen.custody_of(cast.nora, made.tubes[0]).steps}
    assert (steps["collected"].struck, steps["collected"].struck_by) == ("corrected", 3)
    assert steps["corrected"].of == 2
    (change,) = steps["corrected"].changes
    assert (change.field, change.old, change.new) == ("happened_at", chosen.value, earlier)
    assert steps["corrected"].note == "one minute"


def test_free_text_is_left_out_for_a_monitor(cast: Cast, clock: time_machine.Traveller) -> None:
    made = received(cast, clock)
    with writing(cast.mei) as op:
        op.append(Kind.SPECIMEN, made.tubes[0], "quarantined", reason="other", sealed={"reason": "words"})
    assert specimen.custody_of(cast.ada, made.tubes[0]).steps[-1].note == "words"
    assert specimen.custody_of(cast.mona, made.tubes[0]).steps[-1].note is None
    assert specimen.custody_of(cast.mona, made.tubes[0]).steps[-1].reason == "other"


@pytest.mark.parametrize(("minutes", "gap"), [(239, None), (240, None), (241, 241), (600, 600)])
def test_a_gap_begins_one_minute_after_its_limit(minutes: int, gap: int | None) -> None:
    assert LIMIT_MINUTES[Status.COLLECTED] == 240
    assert gap_minutes("collected", 0, minutes * 60_000) == gap
    assert gap_minutes("stored", 0, 10**12) is None


def test_a_gap_lies_between_two_steps_that_count(cast: Cast, clock: time_machine.Traveller) -> None:
    made = collected(cast, clock)
    tube = made.tubes[-1]
    clock.shift(5 * 3600)
    assert specimen.custody_of(cast.nora, tube).running_gap is not None
    with writing(cast.nora) as op:
        op.append(Kind.SPECIMEN, tube, "flagged", reason="other", facts={"add_flags": ["late"]})
    line = specimen.custody_of(cast.nora, tube)
    assert line.running_gap is None
    assert line.steps[-1].gap is not None
    assert (line.steps[-1].gap.status, line.steps[-1].gap.minutes) == ("collected", 300)


def test_an_entry_made_late_stands_where_it_happened(cast: Cast, clock: time_machine.Traveller) -> None:
    made = collected(cast, clock)
    tube = made.tubes[0]
    earlier = now_ms() - 45 * 60_000
    with writing(cast.nora) as op:
        op.append(Kind.SPECIMEN, tube, "in_medium", happened_at=earlier)
    steps = specimen.custody_of(cast.nora, tube).steps
    assert [step.happened_at for step in steps] == sorted(step.happened_at for step in steps)
    (late,) = [step for step in steps if step.act == "in_medium"]
    assert late.late_entry


def test_a_family_is_followed_over_generations(cast: Cast, clock: time_machine.Traveller) -> None:
    made = received(cast, clock)
    child = child_of(cast, made.tubes[0])
    view = specimen.get(cast.mei, made.tubes[0])
    (below,) = view.children
    assert (below.code, below.volume_ul) == (child.code, 500)
    above = specimen.get(cast.mei, child.code)
    assert [each.code for each in above.parents] == [made.tubes[0]]
    assert above.sprec is not None
    assert "before_spin" in above.sprec_missing


def test_who_may_not_read_it_does_not(cast: Cast, clock: time_machine.Traveller) -> None:
    made: History = collected(cast, clock)
    with pytest.raises(NotFound):
        specimen.get(cast.ola, made.tubes[0])
    with pytest.raises(NotPermitted):
        specimen.custody_of(cast.luis, made.tubes[0])
    with pytest.raises(NotFound):
        specimen.custody_of(cast.nora, "C4K7N2XD")

"""The audit trail: every field of every record, before and after, and who may read what."""

import json
from dataclasses import replace

import pytest
import time_machine

from specimens.domain import access
from specimens.domain.access import Permission
from specimens.domain.errors import NotFound, NotPermitted
from specimens.domain.fold import PROJECTIONS
from specimens.domain.terms import Kind, Role
from specimens.models.base import db
from specimens.services import audit, audit_lists, audit_sight, collection, correction, kit, undo
from specimens.services.entries import entries_of
from specimens.services.record import writing
from specimens.services.study import protocol_of
from tests.cast import Cast
from tests.history import collected, enrolled, opened, received, released

Clock = time_machine.Traveller


@pytest.fixture
def cast(cast: Cast, clock: Clock) -> Cast:
    """Everybody, on the morning of the tests."""
    return cast


def _changes(step: audit.Step) -> dict[str, tuple[object, object]]:
    return {change.field: (change.old, change.new) for change in step.changes}


def test_every_entry_says_what_it_changed(cast: Cast, clock: Clock) -> None:
    made = received(cast, clock)
    told = audit.trail(cast.ada, Kind.SPECIMEN, made.tubes[0])
    assert [step.act for step in told.steps] == ["planned", "collected", "packed", "released", "accepted"]
    assert [step.seq for step in told.steps] == [1, 2, 3, 4, 5]
    collected_step = _changes(told.steps[1])
    assert collected_step["status"] == ("planned", "collected")
    assert collected_step["custodian"] == (None, cast.nora.user)
    assert "moments" not in collected_step
    assert _changes(told.steps[4])["custodian"] == (cast.nora.user, cast.stations["AMS laboratory"])
    assert told.names[cast.nora.user] == "Nora de Wit"
    assert told.steps[4].who == "Mei Tan" and told.steps[4].role == "technician"


def test_the_changes_add_up_to_the_record(cast: Cast, clock: Clock) -> None:
    made = received(cast, clock)
    told = audit.trail(cast.ada, Kind.SPECIMEN, made.tubes[0])
    state: dict[str, object] = {}
    for step in told.steps:
        for field, (old, new) in _changes(step).items():
            assert state.get(field) == old, field
            state[field] = new
    assert (state["status"], state.get("level", 0)) == ("received", 0)


def test_an_undone_act_is_struck_and_its_fields_go_back(cast: Cast, clock: Clock) -> None:
    made = opened(cast, clock)
    kit.open_kit(cast.nora, made.kits["blood"])
    kit.attest_identity(cast.nora, made.kits["blood"])
    assert collection.collect(cast.nora, made.kits["blood"], made.tubes[0], None).saved
    reason = protocol_of(cast.study).reasons_for("undo")[0].code
    undone = undo.undo(cast.nora, made.tubes[0], None, reason=reason)
    assert undone.verdict == "ok", undone
    told = audit.trail(cast.ada, Kind.SPECIMEN, made.tubes[0])
    last = told.steps[-1]
    assert last.act == "undone"
    assert _changes(last)["status"] == ("collected", "planned")
    struck = next(step for step in told.steps if step.act == "collected")
    assert (struck.struck, struck.struck_by) == ("undone", last.number)


def test_a_correction_points_to_what_it_corrects(cast: Cast, clock: Clock) -> None:
    made = collected(cast, clock)
    entry = next(
        each for each in entries_of(db.session(), Kind.SPECIMEN, made.tubes[0]) if each.act == "collected"
    )
    earlier = entry.happened_at - 60_000
    correction.correct(cast.nora, made.tubes[0], entry.id, {"happened_at": earlier}, reason="typing_error")
    told = audit.trail(cast.ada, Kind.SPECIMEN, made.tubes[0])
    last, first = told.steps[-1], next(step for step in told.steps if step.act == "collected")
    assert last.replaces == first.number
    assert _changes(last)["collected_at"] == (entry.happened_at, earlier)
    assert (first.struck, first.struck_by) == ("corrected", last.number)
    assert [line.entry.act for line in audit_lists.changes(cast.ada).lines] == ["corrected"]


def test_the_group_and_the_answers_are_told_criterion_by_criterion(cast: Cast, clock: Clock) -> None:
    code = enrolled(cast, clock)
    told = audit.trail(cast.ada, Kind.PARTICIPANT, code)
    fields = {change.field: change.new for step in told.steps for change in step.changes}
    assert fields["answers.I3"] == {"value": "8"}
    assert fields["group_code"] in ("A", "B")


def test_an_administrator_sees_no_participant_and_no_specimen(cast: Cast, clock: Clock) -> None:
    made = opened(cast, clock)
    for kind, code in (
        (Kind.PARTICIPANT, made.participant),
        (Kind.SPECIMEN, made.tubes[0]),
        (Kind.VISIT, made.visit),
    ):
        with pytest.raises(NotFound):
            audit.trail(cast.adam, kind, code)
    assert audit.trail(cast.adam, Kind.USER, cast.nora.user).steps
    with pytest.raises(NotPermitted):
        audit_lists.near_misses(cast.adam)
    seen = audit_lists.overview(cast.adam)
    assert (seen.near_misses, seen.open_matters, seen.reports) == (None, None, None)


@pytest.mark.parametrize("login", ["nora", "mei", "luis"])
def test_who_works_with_tubes_does_not_audit(cast: Cast, login: str) -> None:
    with pytest.raises(NotPermitted):
        audit.trail(cast.actors[login], Kind.SITE, "AMS")
    with pytest.raises(NotPermitted):
        audit_lists.overview(cast.actors[login])


def test_free_text_is_read_by_the_auditor_and_not_by_the_monitor(cast: Cast, clock: Clock) -> None:
    made = collected(cast, clock)
    with writing(cast.nora) as op:
        op.append(Kind.SPECIMEN, made.tubes[0], "flagged", reason="other", sealed={"reason": "wet cap"})
    seen = audit.trail(cast.ada, Kind.SPECIMEN, made.tubes[0]).steps[-1]
    assert seen.texts == {"reason": "wet cap"}
    hidden = audit.trail(cast.mona, Kind.SPECIMEN, made.tubes[0]).steps[-1]
    assert hidden.texts is None and hidden.reason == "other"
    for actor in (cast.mona, cast.adam):
        assert "wet cap" not in repr([*_every(cast, actor, made.tubes[0])])


def _every(cast: Cast, actor: object, tube: str) -> list[object]:
    found: list[object] = []
    for kind in Kind:
        for code in (tube, "AMS", cast.study, cast.nora.user):
            try:
                found.append(audit.trail(actor, kind, code))  # type: ignore[arg-type]
            except NotFound:
                continue
    return found


def test_what_a_scanner_picked_up_is_read_by_auditor_and_investigator_only(cast: Cast, clock: Clock) -> None:
    made = collected(cast, clock)
    collection.collect(cast.nora, made.kits["blood"], "8711700123456", None)
    [line] = [
        each
        for each in audit_lists.near_misses(cast.ada).lines
        if each.entry.opened.get("raw") == "8711700123456"
    ]
    for actor, reads in ((cast.ada, True), (cast.ivo, True), (cast.mona, False)):
        told = audit.trail(actor, Kind.NEAR_MISS, line.entry.code)
        assert ("8711700123456" in repr(told)) == reads
        assert ("8711700123456" in repr(audit_lists.near_misses(actor))) == reads


def test_another_site_is_out_of_sight(cast: Cast, clock: Clock) -> None:
    made = released(cast, clock)
    elsewhere = replace(cast.ada, sites=frozenset({"OSL"}), site="OSL")
    for kind, code in (
        (Kind.PARTICIPANT, made.participant), (Kind.SPECIMEN, made.tubes[0]), (Kind.VISIT, made.visit),
        (Kind.KIT, made.kits["blood"]), (Kind.TRANSFER, made.transfer or ""), (Kind.USER, cast.nora.user),
        (Kind.SITE, "AMS"), (Kind.STATION, cast.stations["AMS clinic"]),
    ):  # fmt: skip
        assert audit.trail(cast.ada, kind, code).steps
        with pytest.raises(NotFound):
            audit.trail(elsewhere, kind, code)
    assert audit_lists.overview(elsewhere).open_matters == 0
    assert audit_lists.overview(cast.ada).open_matters == len(made.tubes)
    assert {line.why for line in audit_lists.open_matters(cast.ada).lines} == {"open_not_accepted"}


def test_a_trail_is_paged_both_ways(cast: Cast, clock: Clock) -> None:
    made = received(cast, clock)
    code = made.tubes[0]
    first = audit.trail(cast.ada, Kind.SPECIMEN, code, size=2)
    assert ([step.seq for step in first.steps], first.previous, first.next) == ([1, 2], None, 2)
    second = audit.trail(cast.ada, Kind.SPECIMEN, code, size=2, after=2)
    assert ([step.seq for step in second.steps], second.previous, second.next) == ([3, 4], 3, 4)
    last = audit.trail(cast.ada, Kind.SPECIMEN, code, size=2, after=4)
    assert ([step.seq for step in last.steps], last.next) == ([5], None)
    back = audit.trail(cast.ada, Kind.SPECIMEN, code, size=2, before=3)
    assert [step.seq for step in back.steps] == [1, 2]
    assert audit.trail(cast.ada, Kind.SPECIMEN, code, after=99).steps == ()


def test_what_is_written_down_late_is_listed(cast: Cast, clock: Clock) -> None:
    made = opened(cast, clock)
    clock.shift(3 * 3600)
    assert audit_lists.overview(cast.ada).late_entries == 0
    with writing(cast.nora) as op:
        op.append(Kind.SPECIMEN, made.tubes[0], "flagged", reason="other", happened_at=op.now - 31 * 60_000)
    [line] = audit_lists.late_entries(cast.ada).lines
    assert (line.entry.code, line.late_minutes) == (made.tubes[0], 31)
    assert audit_lists.overview(cast.ada).late_entries == 1


def test_lists_are_paged_newest_first(cast: Cast, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit_lists, "PAGE", 2)
    made = opened(cast, clock)
    for number in range(5):
        collection.collect(cast.nora, made.kits["blood"], f"rubbish {number}", None)
    first = audit_lists.near_misses(cast.ada)
    assert [line.entry.opened["raw"] for line in first.lines] == ["rubbish 4", "rubbish 3"]
    assert first.previous is None
    second = audit_lists.near_misses(cast.ada, after=first.next)
    assert [line.entry.opened["raw"] for line in second.lines] == ["rubbish 2", "rubbish 1"]
    last = audit_lists.near_misses(cast.ada, after=second.next)
    assert ([line.entry.opened["raw"] for line in last.lines], last.next) == (["rubbish 0"], None)
    back = audit_lists.near_misses(cast.ada, before=last.previous)
    assert back.lines == second.lines


def test_every_kind_says_what_is_needed_to_read_it() -> None:
    assert set(audit_sight.NEEDS) == set(Kind) == set(PROJECTIONS)


def test_a_failed_log_in_never_shows_what_was_typed(cast: Cast) -> None:
    with writing(cast.ada) as op:
        made = op.create(
            Kind.LOGIN, "login_failed", code=f"l-{op.id}", facts={"outcome": "unknown", "user": cast.nora.user},
            sealed={"name": "hunter2"},
        )  # fmt: skip
    told = audit.trail(cast.ada, Kind.LOGIN, made.code)
    assert "hunter2" not in repr(told)
    assert any(change.sealed for change in told.steps[0].changes)


def test_a_participant_without_eligibility_permission_is_told_without_answers(
    cast: Cast, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = enrolled(cast, clock)
    less = access.PERMISSIONS[Role.MONITOR] - {Permission.ELIGIBILITY_READ, Permission.GROUP_READ}
    monkeypatch.setitem(access.PERMISSIONS, Role.MONITOR, less)
    told = audit.trail(cast.mona, Kind.PARTICIPANT, code)
    fields = {change.field: change for step in told.steps for change in step.changes}
    assert fields["answers"].sealed and fields["group_code"].sealed
    assert "knee" not in json.dumps(repr(told)) and "I3" not in [field.rpartition(".")[2] for field in fields]

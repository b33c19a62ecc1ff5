"""Day 0: planned, moved, and then the first dose; windows, look-back criteria and baseline flags follow it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select

from specimens.domain import fold
from specimens.domain.access import Actor
from specimens.domain.errors import BadInput, Refused
from specimens.domain.free_text import LONGEST_NOTE
from specimens.domain.participant import Participant
from specimens.domain.schedule import Baseline, is_baseline, window
from specimens.domain.specimen import Specimen
from specimens.domain.terms import NO_MORE_VISITS, Clock, Flag, Kind, ParticipantState
from specimens.domain.visit import Visit
from specimens.models.specimen import SpecimenRow
from specimens.models.visit import VisitRow
from specimens.services.eligibility import judge, must_be_possible
from specimens.services.entries import entries_of
from specimens.services.participant import act_on, bounded, day_zero, texts
from specimens.services.record import Operation
from specimens.services.study import protocol_of, zone_of
from specimens.services.visit_plan import reason_given

#: In these states a first dose may be corrected: whoever got one keeps it, however the course went on.
_DOSED_STATES = frozenset(ParticipantState) - {ParticipantState.REGISTERED, ParticipantState.CONSENTED}


@dataclass(frozen=True, slots=True)
class Dosed:
    """A first dose as recorded, and the criteria that no longer hold with its actual date."""

    participant: Participant
    failing: tuple[str, ...]


def plan(actor: Actor, code: str, *, day0: date, reason: str, key: str | None = None) -> Dosed:
    """Move the planned Day 0 of somebody who is enrolled and not treated yet, with a reason in words.

    Raises:
        BadInput: fields `day0`, `reason`.
        Refused: `participant_state`, `already_dosed`, `nothing_changed`.
    """
    said = texts(longest=LONGEST_NOTE, reason=reason)["reason"]
    if not said:
        raise BadInput("form_incomplete", {"reason": "reason_in_words"})

    def do(op: Operation, before: Participant) -> None:
        if before.first_dosed_at is not None:
            raise Refused("already_dosed", happened_at=before.first_dosed_at)
        if before.day0_planned_on == day0.isoformat():
            raise Refused("nothing_changed")
        must_be_possible(day0, before)
        _lock_baseline(op, before)
        after = op.append(
            Kind.PARTICIPANT,
            code,
            "day0_planned",
            facts={"day0_planned_on": day0.isoformat()},
            sealed={"reason": said},
        )
        _recompute(op, after)

    what = {"day0": day0, "reason": said}
    enrolled = (ParticipantState.ENROLLED,)
    done = act_on(actor, code, "day0_planned", do, key=key, what=what, states=enrolled)
    return Dosed(done, failing(done))


def first_dose(actor: Actor, code: str, *, given_at: int, key: str | None = None) -> Dosed:
    """Record the actual first dose. Windows follow it; baseline specimens collected after it are flagged.

    Raises:
        BadInput: `time_in_future`, `time_too_old`, field `happened` when it lies before the consent.
        Refused: `participant_state`, `already_dosed`.
    """
    bounded(given_at)

    def do(op: Operation, before: Participant) -> None:
        if before.first_dosed_at is not None:
            raise Refused("already_dosed", happened_at=before.first_dosed_at)
        if before.consented_at is not None and given_at < before.consented_at:
            raise BadInput("form_incomplete", {"happened": "before_consent_given"})
        _lock_baseline(op, before)
        after = op.append(
            Kind.PARTICIPANT, code, "first_dosed", happened_at=given_at, happened_by=Clock.PERSON
        )
        _recompute(op, after)

    done = act_on(actor, code, "first_dosed", do, key=key, what={"given_at": given_at})
    return Dosed(done, failing(done))


def correct_first_dose(
    actor: Actor, code: str, *, given_at: int, reason: str, note: str = "", key: str | None = None
) -> Dosed:
    """Correct the time of the first dose, with a reason (code): windows and baseline flags follow.

    Raises:
        Refused: `not_dosed`, `nothing_changed`; BadInput as `first_dose`, and field `reason`.
    """
    bounded(given_at)
    said = texts(longest=LONGEST_NOTE, note=note)["note"]
    why = reason_given(protocol_of(actor.study), "correction", reason, said)
    if why is None:
        raise BadInput("form_incomplete", {"reason": "reason_needed"})

    def do(op: Operation, before: Participant) -> None:
        if before.first_dosed_at is None:
            raise Refused("not_dosed")
        if before.first_dosed_at == given_at:
            raise Refused("nothing_changed")
        if before.consented_at is not None and given_at < before.consented_at:
            raise BadInput("form_incomplete", {"happened": "before_consent_given"})
        _lock_baseline(op, before)
        entries = fold.effective(entries_of(op.session, Kind.PARTICIPANT, code))
        dosed = next(entry for entry in reversed(entries) if entry.act == "first_dosed")
        after = op.append(
            Kind.PARTICIPANT,
            code,
            fold.CORRECTED,
            facts={"changes": {"happened_at": {"old": before.first_dosed_at, "new": given_at}}},
            reason=why,
            replaces=dosed.id,
            sealed={"reason": said},
        )
        _recompute(op, after)

    what = {"correct": given_at, "reason": why, "note": said}
    done = act_on(actor, code, "first_dosed", do, key=key, what=what, states=_DOSED_STATES)
    return Dosed(done, failing(done))


def failing(participant: Participant) -> tuple[str, ...]:
    """Return the criteria that do not hold with the dates known now; only what was answered can fail."""
    if participant.state not in (ParticipantState.ENROLLED, ParticipantState.TREATMENT_STOPPED):
        return ()
    return tuple(
        each.criterion for each in judge(participant, protocol_of(participant.study)).verdict.blocking
    )


def _baseline(op: Operation, participant: Participant) -> list[str]:
    points = [point.code for point in protocol_of(participant.study).timepoints if point.baseline]
    rows = op.session.execute(
        select(SpecimenRow.code)
        .where(
            SpecimenRow.participant == participant.code,
            SpecimenRow.timepoint.in_(points),
            SpecimenRow.collected_at.is_not(None) | (SpecimenRow.level > 0),
        )
        .order_by(SpecimenRow.code)
    )
    return [row.code for row in rows]


def _lock_baseline(op: Operation, participant: Participant) -> None:
    visits = op.session.execute(select(VisitRow.code).where(VisitRow.participant == participant.code))
    subjects = [(Kind.VISIT, row.code) for row in visits]
    subjects += [(Kind.SPECIMEN, code) for code in _baseline(op, participant)]
    op.lock(subjects)


def _recompute(op: Operation, participant: Participant) -> None:
    """Bring windows of visits that are not confirmed, and the baseline flags, to the Day 0 that now counts."""
    zero = day_zero(participant, zone_of(participant.site))
    visits = op.session.execute(
        select(VisitRow.code)
        .where(VisitRow.participant == participant.code, VisitRow.confirmed_at.is_(None))
        .order_by(VisitRow.code)
    ).scalars()
    for code in list(visits):
        visit: Visit = op.load(Kind.VISIT, code)
        dates = window(protocol_of(visit.study, visit.protocol_version).timepoint(visit.timepoint), zero)
        facts = {
            "target_on": dates.target_on.isoformat() if dates.target_on else None,
            "first_on": dates.first_on.isoformat() if dates.first_on else None,
            "last_on": dates.last_on.isoformat() if dates.last_on else None,
        }
        if any(getattr(visit, name) != value for name, value in facts.items()):
            op.append(Kind.VISIT, code, "visit_window_moved", facts=facts)
    flagged = {code: op.load(Kind.SPECIMEN, code) for code in _baseline(op, participant)}
    for code, specimen in flagged.items():
        taken = specimen.collected_at or _taken(specimen, flagged)
        late = taken is not None and is_baseline(zero, taken) is Baseline.NO
        if late and Flag.NOT_BASELINE not in specimen.flags:
            said = {"add_flags": [Flag.NOT_BASELINE]}
            op.append(Kind.SPECIMEN, code, "flagged", facts=said, reason="first_dosed")
        elif not late and taken is not None and Flag.NOT_BASELINE in specimen.flags:
            said = {"remove_flags": [Flag.NOT_BASELINE]}
            op.append(Kind.SPECIMEN, code, "flagged", facts=said, reason="first_dosed")


def _taken(child: Specimen, known: Mapping[str, Specimen]) -> int | None:
    """When a derivative's material was taken: at the latest draw among its ancestors."""
    times = []
    for parent, _ in child.parents:
        above = known.get(parent)
        taken = above and (above.collected_at or _taken(above, known))
        if taken:
            times.append(taken)
    return max(times, default=None)


def never_treated(participant: Participant, today: date) -> bool:
    """Say whether the planned Day 0 has passed and nobody recorded a first dose: such a participant is listed."""
    return (
        participant.first_dosed_at is None
        and participant.day0_planned_on is not None
        and participant.state not in NO_MORE_VISITS
        and date.fromisoformat(participant.day0_planned_on) < today
    )

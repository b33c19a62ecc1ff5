"""Eligibility: answers (sealed), judgement, the investigator's confirmation, enrolment."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from sqlalchemy import select

from specimens.domain import eligibility as rules
from specimens.domain.access import Actor, Permission
from specimens.domain.errors import BadInput, NotPermitted, Refused
from specimens.domain.participant import Participant
from specimens.domain.protocol import Protocol
from specimens.domain.schedule import local_date
from specimens.domain.signature import Occasion
from specimens.domain.terms import Kind
from specimens.models.base import db
from specimens.models.specimen import SpecimenRow
from specimens.services import signature
from specimens.services.clock import now_ms
from specimens.services.consent import problem as consent_problem
from specimens.services.participant import act_on, day_zero
from specimens.services.record import Operation
from specimens.services.signature import Pen
from specimens.services.study import protocol_of, zone_of


@dataclass(frozen=True, slots=True)
class Eligibility:
    """The answers of a participant, read, and what they come to with the dates that are known now."""

    answers: Mapping[str, rules.Answer]
    anchors: rules.Anchors
    verdict: rules.Verdict


def judge(participant: Participant, protocol: Protocol) -> Eligibility:
    """Judge every criterion from the answers and the dates that are known now."""
    zone = zone_of(participant.site)
    answers = {
        criterion.code: rules.from_plain(criterion, _plain(participant.answers[criterion.code]))
        for criterion in protocol.criteria
        if criterion.code in participant.answers
    }
    zero = day_zero(participant, zone)
    anchors = rules.Anchors(
        consent_on=local_date(participant.consented_at, zone) if participant.consented_at else None,
        baseline_on=_baseline_on(participant, protocol, zero.on, zone),
        day0_on=zero.on,
    )
    return Eligibility(answers, anchors, rules.judge_all(protocol, answers, anchors))


def _baseline_on(participant: Participant, protocol: Protocol, day0: date | None, zone: str) -> date | None:
    """The date of baseline: when it was collected; before that the earliest day on which it still can be."""
    baseline = [point for point in protocol.timepoints if point.baseline]
    first = db.session.execute(
        select(SpecimenRow.collected_at)
        .where(
            SpecimenRow.participant == participant.code,
            SpecimenRow.timepoint.in_([point.code for point in baseline]),
            SpecimenRow.collected_at.is_not(None),
        )
        .order_by(SpecimenRow.collected_at)
        .limit(1)
    ).scalar()
    if first is not None:
        return local_date(first, zone)
    if day0 is None or not baseline:
        return day0
    opens = min(day0 + timedelta(days=point.first_day or 0) for point in baseline)
    return max(opens, min(day0, local_date(now_ms(), zone)))


def _plain(value: Any) -> Any:
    """Return JSON as it was written: the tables hand arrays out as tuples."""
    return json.loads(json.dumps(value))


def read_answers(actor: Actor, raw: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    """Read a form's answers: criterion → plain JSON; a criterion without any field is left out.

    Raises:
        BadInput: `form_incomplete` with every field that cannot be read (`E6.year`), and its facts in `about`.
    """
    protocol = protocol_of(actor.study)
    today = local_date(now_ms(), actor.zone)
    read: dict[str, str] = {}
    fields: dict[str, str] = {}
    about: dict[str, Mapping[str, Any]] = {}
    for criterion in protocol.criteria:
        given = raw.get(criterion.code, {})
        if not any(value.strip() for value in given.values()):
            continue
        told = rules.parse_answer(criterion, given, today=today)
        if isinstance(told, tuple):
            for problem in told:
                field = f"{criterion.code}.{problem.field}"
                fields[field], about[field] = problem.code, {**problem.facts, "criterion": criterion.code}
        else:
            read[criterion.code] = json.dumps(rules.to_plain(told), sort_keys=True)
    if fields:
        raise BadInput("form_incomplete", fields, about=about)
    return read


def answer(
    actor: Actor,
    code: str,
    raw: Mapping[str, Mapping[str, str]],
    *,
    day0_planned_on: date | None = None,
    key: str | None = None,
) -> Participant:
    """Save answers to eligibility criteria, all or some; what is blank is left as it was.

    *raw* maps a criterion to its form fields. The answers are sealed: health data never enter the ledger's bodies.
    A confirmation that was given before no longer counts once an answer changes.

    Raises:
        BadInput: `form_incomplete` with the fields that cannot be read (`E6.year`); nothing is saved then.
        Refused: `participant_state`, consent codes.
    """
    read = read_answers(actor, raw)
    protocol = protocol_of(actor.study)

    def do(op: Operation, participant: Participant) -> None:
        if problem := consent_problem(participant, protocol, _today(op, participant)):
            raise Refused(problem)
        changed = {
            name: text
            for name, text in read.items()
            if name not in participant.answers or json.loads(text) != _plain(participant.answers[name])
        }
        if day0_planned_on and day0_planned_on.isoformat() != participant.day0_planned_on:
            must_be_possible(day0_planned_on, participant)
            facts = {"day0_planned_on": day0_planned_on.isoformat()}
            participant = op.append(Kind.PARTICIPANT, code, "day0_planned", facts=facts)
        known = {**participant.answers, **{name: json.loads(text) for name, text in changed.items()}}
        verdict = judge(replace(participant, answers=known), protocol).verdict
        state = "complete" if verdict.eligible else "open"
        if changed or participant.eligibility not in (state, "confirmed"):
            op.append(
                Kind.PARTICIPANT,
                code,
                "eligibility_answered",
                facts={"eligibility": state, "answered": sorted(changed)},
                sealed=changed,
            )

    what = {"read": read, "day0": day0_planned_on}
    return act_on(actor, code, "eligibility_answered", do, key=key, what=what)


def must_be_possible(day0: date, participant: Participant) -> None:
    """Raise BadInput, field `day0`, for a planned Day 0 before the consent or more than 400 days away."""
    zone = zone_of(participant.site)
    signed = local_date(participant.consented_at, zone) if participant.consented_at else None
    if signed and day0 < signed:
        raise BadInput("form_incomplete", {"day0": "day0_before_consent"})
    if abs((day0 - local_date(now_ms(), zone)).days) > 400:
        raise BadInput("form_incomplete", {"day0": "day0_far"})


def signature_text(participant: Participant) -> str:
    """Return the answers and the planned Day 0 as one line of text: what an investigator confirms, word for word."""
    answers = _plain(participant.answers)
    said = {"answers": answers, "day0_planned_on": participant.day0_planned_on}
    return json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def digest_of(participant: Participant) -> str:
    """Return a mark of the answers as they stand, so that a page can say which ones its reader saw."""
    return hashlib.sha256(signature_text(participant).encode()).hexdigest()[:32]


def confirm(
    actor: Actor,
    code: str,
    *,
    pen: Pen,
    seen: str | None = None,
    key: str | None = None,
) -> Participant:
    """The investigator confirms that every criterion is met, and signs for it. No waivers.

    *seen* is the mark of the answers that were shown. The entry seals the answers that
    were confirmed; a later change of one takes the confirmation away.

    Raises:
        NotPermitted: anybody but an investigator.
        Refused: `not_eligible` with the blocking criteria, `answers_changed`, `confirmed_before`, consent codes,
            and what `signature.ask` raises.
    """
    if not actor.may(Permission.ELIGIBILITY_CONFIRM):
        raise NotPermitted("not_permitted")
    signer = signature.ask(actor, Occasion.ELIGIBILITY_CONFIRMED, pen)

    def do(op: Operation, participant: Participant) -> None:
        if participant.eligibility == "confirmed":
            raise Refused("confirmed_before")
        if problem := consent_problem(participant, protocol_of(participant.study), _today(op, participant)):
            raise Refused(problem)
        if seen is not None and seen != digest_of(participant):
            raise Refused("answers_changed")
        _must_be_eligible(participant)
        op.append(
            Kind.PARTICIPANT,
            code,
            "eligibility_confirmed",
            facts={"meaning": signer.meaning.code},
            sealed={"signed": signature_text(participant)},
        )
        signature.sign(op, signer, Kind.PARTICIPANT, code)

    what = {"seen": seen, "meaning": signer.meaning.code}
    return act_on(actor, code, "eligibility_confirmed", do, key=key, what=what)


def _today(op: Operation, participant: Participant) -> date:
    return local_date(op.now, zone_of(participant.site))


def _must_be_eligible(participant: Participant) -> rules.Verdict:
    verdict = judge(participant, protocol_of(participant.study)).verdict
    if not verdict.eligible:
        blocking = ", ".join(each.criterion for each in verdict.blocking)
        raise Refused("not_eligible", criteria=blocking, count=len(verdict.blocking))
    return verdict


def enrol(actor: Actor, code: str, *, day0_planned_on: date, key: str | None = None) -> Participant:
    """Enrol a participant whose eligibility is confirmed: this sets the group (sealed) and the planned Day 0.

    In a study that allots its groups elsewhere (blinded, randomised) the group is not known here and stays empty.

    Raises:
        BadInput: field `day0`.
        Refused: `not_confirmed`, `not_eligible` (a look-back criterion no longer holds for this Day 0), `no_group`,
            consent codes.
    """

    def do(op: Operation, participant: Participant) -> None:
        protocol = protocol_of(participant.study)
        if problem := consent_problem(participant, protocol, _today(op, participant)):
            raise Refused(problem)
        if participant.eligibility != "confirmed":
            raise Refused("not_confirmed")
        must_be_possible(day0_planned_on, participant)
        verdict = _must_be_eligible(replace(participant, day0_planned_on=day0_planned_on.isoformat()))
        if verdict.group is None and rules.sets_group(protocol):
            raise Refused("no_group")
        op.append(
            Kind.PARTICIPANT,
            code,
            "enrolled",
            facts={"day0_planned_on": day0_planned_on.isoformat()},
            sealed={"group_code": verdict.group} if verdict.group else None,
        )

    return act_on(actor, code, "enrolled", do, key=key, what={"day0": day0_planned_on})

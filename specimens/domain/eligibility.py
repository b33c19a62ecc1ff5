"""Is this participant eligible? Each criterion is met, not met or unknown; only all met is eligible.

Pure: answers and anchor dates in, judgements out. The sentence that gives the reason is `sentence`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_FLOOR, Decimal
from enum import StrEnum
from typing import Any

from specimens.domain.eligibility_answers import (
    Answer,
    AnswerProblem,
    Choices,
    Last,
    Number,
    PartialDate,
    Unknown,
    YesNo,
    parse_answer,
)
from specimens.domain.eligibility_plain import from_plain, to_plain
from specimens.domain.eligibility_sentences import sentence
from specimens.domain.protocol_base import Period
from specimens.domain.protocol_criteria import (
    ChoiceCriterion,
    ChoicesCriterion,
    Criterion,
    DateCriterion,
    HalfLifeCriterion,
    MalignancyCriterion,
    NumberCriterion,
    YesNoCriterion,
)
from specimens.domain.protocol_study import Protocol

__all__ = [
    "Anchors",
    "Answer",
    "AnswerProblem",
    "Choices",
    "Judgement",
    "Last",
    "Number",
    "Outcome",
    "PartialDate",
    "Unknown",
    "Verdict",
    "YesNo",
    "from_plain",
    "judge",
    "judge_all",
    "parse_answer",
    "sentence",
    "to_plain",
]


class Outcome(StrEnum):
    """What a criterion comes to."""

    MET = "met"
    NOT_MET = "not_met"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Anchors:
    """The local dates that criteria count back from; None while a date is not known yet."""

    consent_on: date | None = None
    baseline_on: date | None = None
    day0_on: date | None = None

    def on(self, anchor: str) -> date | None:
        """Return the date of an anchor by its name in the protocol."""
        return {"consent": self.consent_on, "baseline": self.baseline_on, "day0": self.day0_on}[anchor]


@dataclass(frozen=True, slots=True)
class Judgement:
    """What one criterion comes to. `code` names the reason; `facts` are what its sentence says."""

    criterion: str
    outcome: Outcome
    code: str
    facts: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Verdict:
    """All criteria together. `blocking` are those not met or unknown; `group` is the one that an answer sets."""

    eligible: bool
    judgements: tuple[Judgement, ...]
    blocking: tuple[Judgement, ...]
    group: str | None


def judge_all(protocol: Protocol, answers: Mapping[str, Answer], anchors: Anchors) -> Verdict:
    """Judge every criterion of the protocol; one without an answer is unknown. No waivers."""
    judgements = tuple(
        judge(criterion, answers.get(criterion.code), anchors) for criterion in protocol.criteria
    )
    blocking = tuple(each for each in judgements if each.outcome is not Outcome.MET)
    return Verdict(not blocking, judgements, blocking, _group(protocol, answers))


def sets_group(protocol: Protocol) -> bool:
    """Say whether an answer decides the group; a randomised study allots it elsewhere."""
    return any(
        option.group is not None
        for criterion in protocol.criteria
        if isinstance(criterion, ChoiceCriterion)
        for option in criterion.options
    )


def _group(protocol: Protocol, answers: Mapping[str, Answer]) -> str | None:
    for criterion in protocol.criteria:
        answer = answers.get(criterion.code)
        if isinstance(criterion, ChoiceCriterion) and isinstance(answer, Choices):
            for option in criterion.options:
                if option.group and option.code in answer.options:
                    return option.group
    return None


def judge(criterion: Criterion, answer: Answer | None, anchors: Anchors) -> Judgement:
    """Judge one answer. A date that is known only in part counts when all its days agree."""
    facts: dict[str, Any]
    match criterion, answer:
        case (_, None):
            outcome, code, facts = Outcome.UNKNOWN, "not_answered", {}
        case (_, Unknown()):
            outcome, code, facts = Outcome.UNKNOWN, "answer_unknown", {}
        case (NumberCriterion(), Number()):
            outcome, code, facts = _number(criterion, answer)
        case (ChoicesCriterion(), Choices()):
            outcome, code, facts = _choices(criterion, answer)
        case (ChoiceCriterion(), Choices()):
            chosen = [option.text for option in criterion.options if option.code in answer.options]
            outcome, code, facts = Outcome.MET, "chosen", {"chosen": chosen}
        case (YesNoCriterion(), YesNo()):
            passes = answer.value == criterion.passes_when
            outcome, code = (Outcome.MET if passes else Outcome.NOT_MET), ("yes" if answer.value else "no")
            facts = {}
        case (DateCriterion() | HalfLifeCriterion() | MalignancyCriterion(), Last()):
            outcome, code, facts = _last(criterion, answer, anchors)
        case _:
            raise TypeError(f"{type(answer).__name__} does not answer {criterion.code}")
    return Judgement(criterion.code, outcome, code, {"subject": criterion.subject, **facts})


_Reasoned = tuple[Outcome, str, dict[str, Any]]


def _number(criterion: NumberCriterion, answer: Number) -> _Reasoned:
    facts = {
        "value": answer.value,
        "unit": criterion.unit,
        "minimum": criterion.minimum,
        "maximum": criterion.maximum,
    }
    too_low = criterion.minimum is not None and answer.value < criterion.minimum
    too_high = criterion.maximum is not None and answer.value > criterion.maximum
    return (Outcome.NOT_MET if too_low or too_high else Outcome.MET), "number", facts


def _choices(criterion: ChoicesCriterion, answer: Choices) -> _Reasoned:
    chosen = [option.text for option in criterion.options if option.code in answer.options]
    facts = {"chosen": chosen, "minimum": criterion.minimum}
    enough = len(chosen) >= criterion.minimum
    return (Outcome.MET if enough else Outcome.NOT_MET), ("chosen" if enough else "too_few"), facts


def _last(
    criterion: DateCriterion | HalfLifeCriterion | MalignancyCriterion, answer: Last, anchors: Anchors
) -> _Reasoned:
    if answer.on is None:
        return Outcome.MET, "never", {}
    facts: dict[str, Any] = {"on": answer.on, "anchor": criterion.anchor}
    clear_for: Period | None = None
    if isinstance(criterion, MalignancyCriterion) and answer.excepted is not None:
        option = next(each for each in criterion.options if each.code == answer.excepted)
        facts["kind"] = option.text
        clear_for = option.no_metastasis_for
        if clear_for is None:
            return Outcome.MET, "excepted", facts
    anchor_on = anchors.on(criterion.anchor)
    if anchor_on is None:
        return Outcome.UNKNOWN, "no_anchor", facts
    facts["anchor_on"] = anchor_on
    if isinstance(criterion, HalfLifeCriterion):
        days = max(
            Decimal(criterion.at_least_days), criterion.half_lives * (answer.half_life_days or Decimal(0))
        )
        # More than 32.5 days, in whole days, is more than 32.
        whole = int(days.to_integral_value(ROUND_FLOOR))
        facts |= {
            "half_life_days": answer.half_life_days,
            "half_lives": criterion.half_lives,
            "required": days,
        }
        return _before(answer.on, anchor_on, anchor_on - timedelta(days=whole), facts)
    facts["required"] = criterion.more_than
    limit = _back(anchor_on, criterion.more_than)
    reasoned = _before(answer.on, anchor_on, limit, facts)
    if clear_for is None or reasoned[0] is Outcome.MET:
        return reasoned
    return _no_metastasis(
        answer.on, answer.metastasis, _back(anchor_on, clear_for), {**facts, "required": clear_for}
    )


def _no_metastasis(
    on: PartialDate, metastasis: PartialDate | None, clear_by: date, facts: dict[str, Any]
) -> _Reasoned:
    """An excepted kind with a condition: clear since the treatment or the last metastasis, whichever is later."""
    since = [each for each in (on, metastasis) if each is not None]
    facts = {**facts, "since": max(since, key=lambda each: each.last)}
    if all(each.last <= clear_by for each in since):
        return Outcome.MET, "clear_of_metastasis", facts
    if any(each.first > clear_by for each in since):
        return Outcome.NOT_MET, "not_clear_of_metastasis", facts
    return Outcome.UNKNOWN, "clear_imprecise", facts


def _before(on: PartialDate, anchor_on: date, limit: date, facts: dict[str, Any]) -> _Reasoned:
    """Judge "more than … before": met when the whole of *on* lies before *limit*."""
    facts = {**facts, "days": (anchor_on - on.last).days, "limit": limit}
    if on.last < limit:
        return Outcome.MET, "long_ago", facts
    if on.first >= limit:
        return Outcome.NOT_MET, ("too_recent" if on.first <= anchor_on else "after_anchor"), facts
    return Outcome.UNKNOWN, "date_imprecise", facts


def _back(day: date, period: Period) -> date:
    """Count a period back by the calendar; the 31st of a shorter month is its last day."""
    if period.days is not None:
        return day - timedelta(days=period.days)
    months = day.year * 12 + day.month - 1 - (period.months or 0) - 12 * (period.years or 0)
    target = PartialDate(months // 12, months % 12 + 1)
    return min(target.last, target.first + timedelta(days=day.day - 1))

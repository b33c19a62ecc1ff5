"""Answers to eligibility criteria as plain JSON: strings, booleans and lists, never a float."""

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from specimens.domain.eligibility_answers import Answer, Choices, Last, Number, PartialDate, Unknown, YesNo
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


def to_plain(answer: Answer) -> dict[str, Any]:
    """Write an answer as strings, booleans and lists, for the ledger and the tables."""
    match answer:
        case Number(value):
            return {"value": str(value)}
        case Choices(options):
            return {"options": list(options)}
        case YesNo(value):
            return {"value": value}
        case Last(on, half_life, excepted, metastasis):
            plain: dict[str, Any] = {"on": None if on is None else str(on)}
            if half_life is not None:
                plain["half_life_days"] = str(half_life)
            if excepted is not None:
                plain |= {"excepted": excepted, "metastasis": None if metastasis is None else str(metastasis)}
            return plain
    return {"unknown": True}


def from_plain(criterion: Criterion, plain: Mapping[str, Any]) -> Answer:
    """Read back what `to_plain` wrote; `ValueError` when it is not an answer to this criterion.

    A row hands arrays out as tuples, so they are taken as well as lists.
    """
    plain = {name: list(value) if isinstance(value, tuple) else value for name, value in plain.items()}
    if plain == {"unknown": True}:
        return Unknown()
    answer = _from_plain(criterion, plain)
    if to_plain(answer) != plain or not _fits(criterion, answer):
        raise ValueError(f"not an answer to {criterion.code}")
    return answer


def _from_plain(criterion: Criterion, plain: Mapping[str, Any]) -> Answer:
    try:
        match criterion:
            case NumberCriterion():
                return Number(Decimal(plain["value"]))
            case ChoicesCriterion() | ChoiceCriterion():
                return Choices(tuple(plain["options"]))
            case YesNoCriterion():
                return YesNo(plain["value"])
            case DateCriterion() | HalfLifeCriterion() | MalignancyCriterion():
                half_life, spread = plain.get("half_life_days"), plain.get("metastasis")
                return Last(
                    None if plain["on"] is None else PartialDate.read(plain["on"]),
                    None if half_life is None else Decimal(half_life),
                    plain.get("excepted"),
                    None if spread is None else PartialDate.read(spread),
                )
    except (KeyError, TypeError, InvalidOperation) as error:
        raise ValueError(f"not an answer to {criterion.code}") from error


def _fits(criterion: Criterion, answer: Answer) -> bool:
    """Whether an answer of the right shape says something that this criterion asks."""
    match criterion, answer:
        case (NumberCriterion(), Number(value)):
            return value.is_finite()
        case (ChoicesCriterion(), Choices(options)):
            return set(options) <= {option.code for option in criterion.options}
        case (ChoiceCriterion(), Choices(options)):
            return len(options) == 1 and options[0] in {option.code for option in criterion.options}
        case (YesNoCriterion(), YesNo(value)):
            return value is True or value is False
        case (HalfLifeCriterion(), Last()):
            return (answer.on is None) == (answer.half_life_days is None) and answer.excepted is None
        case (MalignancyCriterion(), Last()):
            known = answer.excepted is None or answer.excepted in {
                option.code for option in criterion.options
            }
            return known and answer.half_life_days is None and not (answer.on is None and answer.excepted)
        case (DateCriterion(), Last()):
            return answer.half_life_days is None and answer.excepted is None
    return False

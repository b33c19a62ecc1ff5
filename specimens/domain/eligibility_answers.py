"""Answers to eligibility criteria, and how a form is read as one.

A form's fields, by kind of criterion (every kind also has `unknown`; a ticked box holds any text):

- number: `value`
- choices: `option_<code>` for each that applies, or `none`
- choice: `value`, an option's code
- yes_no: `value`, `yes` or `no`
- date_or_never: `never`, or `year` with `month` and `day` as far as they are known
- date_and_half_life: the same, and `half_life_days`
- malignancy: the same, `excepted` (an option's code, or `no`), and for an option with a condition
  `metastasis_never`, or `metastasis_year`, `metastasis_month`, `metastasis_day`
"""

import calendar
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from specimens.domain.protocol_criteria import (
    ChoiceCriterion,
    ChoicesCriterion,
    Criterion,
    HalfLifeCriterion,
    MalignancyCriterion,
    NumberCriterion,
    YesNoCriterion,
)

_LONGEST_HALF_LIFE_DAYS = Decimal(3650)


@dataclass(frozen=True, slots=True)
class PartialDate:
    """A local date of which the day, or the month too, may not be known."""

    year: int
    month: int | None = None
    day: int | None = None

    @property
    def first(self) -> date:
        """The earliest day it can be."""
        return date(self.year, self.month or 1, self.day or 1)

    @property
    def last(self) -> date:
        """The latest day it can be."""
        month = self.month or 12
        return date(self.year, month, self.day or calendar.monthrange(self.year, month)[1])

    def __str__(self) -> str:
        known = [f"{self.year:04}"] + [f"{part:02}" for part in (self.month, self.day) if part is not None]
        return "-".join(known)

    @classmethod
    def read(cls, text: str) -> "PartialDate":
        """Read `2026-08-30`, `2026-08` or `2026`; `ValueError` for anything else, impossible dates included."""
        if not re.fullmatch(r"[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?", text):
            raise ValueError(text)
        found = cls(*(int(part) for part in text.split("-")))
        date(found.year, found.month or 1, found.day or 1)
        return found


@dataclass(frozen=True, slots=True)
class Unknown:
    """Nobody knows yet."""


@dataclass(frozen=True, slots=True)
class Number:
    """A number in the unit of its criterion."""

    value: Decimal


@dataclass(frozen=True, slots=True)
class Choices:
    """The options that apply, by their codes; perhaps none. A single choice has exactly one."""

    options: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class YesNo:
    """Yes (true) or no."""

    value: bool


@dataclass(frozen=True, slots=True)
class Last:
    """When something last happened; None is never. Half-life, excepted kind and metastasis where they are asked.

    `metastasis` is None for never and for not asked; `excepted` is None for a kind that is not excepted.
    """

    on: PartialDate | None
    half_life_days: Decimal | None = None
    excepted: str | None = None
    metastasis: PartialDate | None = None


Answer = Unknown | Number | Choices | YesNo | Last


@dataclass(frozen=True, slots=True)
class AnswerProblem:
    """A field that cannot be read: its name, a stable code, and the facts the sentence names."""

    field: str
    code: str
    facts: Mapping[str, Any]


Read = Answer | tuple[AnswerProblem, ...]


def _problem(field: str, code: str, **facts: Any) -> tuple[AnswerProblem, ...]:
    return (AnswerProblem(field, code, facts),)


def parse_answer(criterion: Criterion, raw: Mapping[str, str], *, today: date | None = None) -> Read:
    """Read one criterion's fields; the answer, or the problems when they cannot be understood.

    With *today* (local) a date in the future is a problem; without it such dates pass.
    """
    fields = {name: value.strip() for name, value in raw.items() if value.strip()}
    if fields.pop("unknown", None) is not None:
        return _problem("unknown", "unknown_and_answer") if fields else Unknown()
    match criterion:
        case NumberCriterion():
            return _number(criterion, fields)
        case ChoicesCriterion():
            return _choices(criterion, fields)
        case ChoiceCriterion():
            codes = [option.code for option in criterion.options]
            value = fields.get("value", "")
            return Choices((value,)) if value in codes else _problem("value", "choose_one", options=codes)
        case YesNoCriterion():
            value = fields.get("value", "")
            return YesNo(value == "yes") if value in ("yes", "no") else _problem("value", "yes_or_no")
        case _:
            return _last(criterion, fields, today)


def _decimal(text: str) -> Decimal | None:
    """Read a number as a person types it, with a point or a comma; None for anything else."""
    if not re.fullmatch(r"[-+]?[0-9]{1,9}([.,][0-9]{1,6})?", text, re.ASCII):
        return None
    try:
        return Decimal(text.replace(",", "."))
    except InvalidOperation:
        return None


def _number(criterion: NumberCriterion, fields: Mapping[str, str]) -> Read:
    value = _decimal(fields.get("value", ""))
    if value is None:
        return _problem("value", "not_a_number", unit=criterion.unit)
    if criterion.whole and value != value.to_integral_value():
        return _problem("value", "not_whole", unit=criterion.unit)
    lowest, highest = criterion.plausible_minimum, criterion.plausible_maximum
    if not lowest <= value <= highest:
        return _problem(
            "value", "implausible", minimum=str(lowest), maximum=str(highest), unit=criterion.unit
        )
    return Number(value)


def _choices(criterion: ChoicesCriterion, fields: Mapping[str, str]) -> Read:
    codes = tuple(option.code for option in criterion.options)
    if foreign := [name for name in fields if name != "none" and name.removeprefix("option_") not in codes]:
        return _problem(foreign[0], "no_such_option", options=codes)
    chosen = tuple(code for code in codes if f"option_{code}" in fields)
    if ("none" in fields) == bool(chosen):
        return _problem("none", "none_and_option" if chosen else "choose_or_none")
    return Choices(chosen)


def _last(criterion: Criterion, fields: Mapping[str, str], today: date | None) -> Read:
    on = _date(fields, "", today)
    if isinstance(on, tuple):
        return on
    if on is None:
        more = [name for name in fields if name not in ("never", "excepted")]
        return _problem("never", "never_and_date") if more else Last(None)
    if isinstance(criterion, HalfLifeCriterion):
        half_life = _decimal(fields.get("half_life_days", ""))
        if half_life is None or not 0 < half_life <= _LONGEST_HALF_LIFE_DAYS:
            return _problem("half_life_days", "half_life", maximum=str(_LONGEST_HALF_LIFE_DAYS))
        return Last(on, half_life_days=half_life)
    if isinstance(criterion, MalignancyCriterion):
        return _malignancy(criterion, on, fields, today)
    return Last(on)


def _malignancy(
    criterion: MalignancyCriterion, on: PartialDate, fields: Mapping[str, str], today: date | None
) -> Read:
    options = {option.code: option for option in criterion.options}
    kind = fields.get("excepted", "")
    if kind == "no":
        return Last(on)
    if kind not in options:
        return _problem("excepted", "choose_one", options=[*options, "no"])
    if options[kind].no_metastasis_for is None:
        return Last(on, excepted=kind)
    spread = _date(fields, "metastasis_", today)
    return spread if isinstance(spread, tuple) else Last(on, excepted=kind, metastasis=spread)


def _date(
    fields: Mapping[str, str], prefix: str, today: date | None
) -> PartialDate | tuple[AnswerProblem, ...] | None:
    year, month, day = (fields.get(prefix + part, "") for part in ("year", "month", "day"))
    if prefix + "never" in fields:
        return _problem(prefix + "never", "never_and_date") if year or month or day else None
    if not year:
        return _problem(prefix + "year", "date_or_never")
    if day and not month:
        return _problem(prefix + "month", "month_missing")
    try:
        found = PartialDate.read("-".join(part.zfill(2) for part in (year, month, day) if part))
    except ValueError:
        return _problem(prefix + "year", "no_such_date")
    if found.year < 1900:
        return _problem(prefix + "year", "no_such_date")
    if today is not None and found.first > today:
        return _problem(prefix + "year", "in_the_future")
    return found

"""Eligibility criteria as data: what is asked, and which answer passes."""

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field

from specimens.domain.protocol_base import (
    Anchor,
    Code,
    Coded,
    NotNegative,
    Period,
    Positive,
    Side,
    Strict,
    Text,
    Words,
)


class Option(Strict):
    """One answer to choose. It may name a body site, or the group it puts the participant in.

    For a malignancy an option is a kind that is excepted; `no_metastasis_for` is then the condition.
    """

    code: Code
    text: Text
    group: Code | None = None
    body_site: Code | None = None
    side: Side | None = None
    no_metastasis_for: Period | None = None


class _Criterion(Coded):
    """What all criteria share. `text` is the criterion in full, `subject` names what is asked in a few words."""

    subject: Text
    anchor: Anchor


class ChoicesCriterion(_Criterion):
    """Several may apply; at least `minimum` must."""

    kind: Literal["choices"]
    options: Annotated[tuple[Option, ...], Field(min_length=1)]
    minimum: Positive


class ChoiceCriterion(_Criterion):
    """One applies; every option passes. An option may set the group."""

    kind: Literal["choice"]
    options: Annotated[tuple[Option, ...], Field(min_length=1)]


class NumberCriterion(_Criterion):
    """A number within limits, both inclusive. Outside the plausible range it is taken for a typing error."""

    kind: Literal["number"]
    unit: Words
    minimum: Decimal | None = None
    maximum: Decimal | None = None
    plausible_minimum: Decimal
    plausible_maximum: Decimal
    whole: bool = False


class YesNoCriterion(_Criterion):
    """Yes or no; `passes_when` is the answer that passes."""

    kind: Literal["yes_no"]
    passes_when: bool


class DateCriterion(_Criterion):
    """The last date of something, or never; it passes when that is more than a period before the anchor."""

    kind: Literal["date_or_never"]
    more_than: Period


class HalfLifeCriterion(_Criterion):
    """The last date of a drug and its half-life: more than max(`at_least_days`, `half_lives` × it) days before."""

    kind: Literal["date_and_half_life"]
    at_least_days: NotNegative
    half_lives: Positive


class MalignancyCriterion(_Criterion):
    """A malignancy, or never: long enough ago, or of an excepted kind (`options`)."""

    kind: Literal["malignancy"]
    more_than: Period
    options: Annotated[tuple[Option, ...], Field(min_length=1)]


Criterion = Annotated[
    ChoicesCriterion
    | ChoiceCriterion
    | NumberCriterion
    | YesNoCriterion
    | DateCriterion
    | HalfLifeCriterion
    | MalignancyCriterion,
    Field(discriminator="kind"),
]

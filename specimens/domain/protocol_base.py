"""What every record of a protocol has in common: words in two languages, a code, and where its values come from."""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Code = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,39}$")]
#: At least one visible character, and none that steers a terminal or a printer.
Words = Annotated[
    str,
    StringConstraints(
        min_length=1,
        max_length=600,
        pattern=r"^[^\x00-\x1F\x7F-\x9F]*[^\s\x00-\x1F\x7F-\x9F][^\x00-\x1F\x7F-\x9F]*$",
    ),
]
Positive = Annotated[int, Field(gt=0)]
NotNegative = Annotated[int, Field(ge=0)]
Side = Literal["left", "right"]
Anchor = Literal["day0", "baseline", "consent"]


class Source(StrEnum):
    """Where a value comes from; `ASSUMED` is a proposal that the study team still has to confirm."""

    REG = "REG"  # the public trial registry
    PAPER = "PAPER"  # a published article
    SOP = "SOP"  # a published operating procedure
    CONV = "CONV"  # what the field usually does
    SUPPLIER = "SUPPLIER"  # the maker of a tube or medium
    CODELIST = "CODELIST"  # a published list of codes (HL7, SPREC, SNOMED CT)
    ASSUMED = "ASSUMED"


class Event(StrEnum):
    """What starts or stops a clock: acts of the custody table, by their names there."""

    COLLECTED = "collected"
    IN_MEDIUM = "in_medium"
    ACCEPTED = "accepted"
    SPUN = "spun"
    CULTURE_STARTED = "culture_started"
    FIXATION_ENDED = "fixation_ended"
    EMBEDDED = "embedded"
    COUNTED = "counted"
    DERIVED = "derived"
    FROZEN = "frozen"
    STORED = "stored"
    RETRIEVED = "retrieved"
    THAWED = "thawed"


class Strict(BaseModel):
    """A record that refuses unknown keys and never changes after it was read."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")


class Text(Strict):
    """A sentence in both languages."""

    en: Words
    nl: Words

    def said(self, language: str) -> str:
        """Return it in *language* (`nl`, `nl-NL`, …); English for every other."""
        return self.nl if language.split("-")[0].split("_")[0].lower() == "nl" else self.en


class Record(Strict):
    """A table of the protocol: `source` speaks for all its values, except those that `assumed` names."""

    source: Source
    assumed: tuple[str, ...] = ()
    note: Words | None = None


class Coded(Record):
    """A record that others name by its `code`."""

    code: Code
    text: Text


class Period(Strict):
    """A length of time by the calendar; exactly one unit is given."""

    days: Positive | None = None
    months: Positive | None = None
    years: Positive | None = None

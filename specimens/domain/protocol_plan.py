"""The plan of a study as data: timepoints, procedures, slots, containers, derivatives, clocks."""

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from specimens.domain.protocol_base import (
    Code,
    Coded,
    Event,
    NotNegative,
    Positive,
    Record,
    Side,
    Strict,
    Text,
    Words,
)
from specimens.domain.terms import ParticipantState

LabelText = Annotated[str, Field(min_length=1, max_length=24)]


class ConsentScope(Coded):
    """Something that a participant agrees to or not. Without a `required` one there is no participation."""

    required: bool


class ConsentVersion(Coded):
    """A version of the consent form and the local date from which collection needs it."""

    required_from: date
    scopes: Annotated[tuple[Code, ...], Field(min_length=1)]


class Timepoint(Coded):
    """When something is collected, in days from Day 0; unscheduled when it has no window.

    `baseline`: what is collected must precede the first dose. `number` orders visits in exports (SDTM VISITNUM).
    """

    number: Positive
    target_day: int | None = None
    first_day: int | None = None
    last_day: int | None = None
    baseline: bool = False
    procedures: tuple[Code, ...] = ()
    optional_procedures: tuple[Code, ...] = ()
    needs_reason: bool = False
    offered_when: tuple[ParticipantState, ...] = ()

    @property
    def scheduled(self) -> bool:
        """Whether it has a window; the others (UNS, ET) are made by a person."""
        return self.first_day is not None and self.last_day is not None


class BodySite(Coded):
    """Where in the body. `minimum_pieces` replaces the procedure's minimum at this site."""

    sides: Annotated[tuple[Side, ...], Field(min_length=1)]
    minimum_pieces: Positive | None = None
    label: LabelText
    snomed: str | None = None
    cdisc: str | None = None


class ActiveSite(Strict):
    """At this timepoint the site is one that was answered to a criterion."""

    rule: Literal["answered_in"]
    timepoint: Code
    criterion: Code


class SameSite(Strict):
    """At this timepoint the site and side are those of an earlier timepoint."""

    rule: Literal["same_as"]
    timepoint: Code
    earlier: Code


SiteRule = Annotated[ActiveSite | SameSite, Field(discriminator="rule")]


class Operator(Strict):
    """Who may do a procedure; often somebody without an account here."""

    code: Code
    text: Text


class Procedure(Coded):
    """What is done to a participant. Each attempt has a kit of its own. Pieces are cores or fragments of tissue."""

    kind: Literal["blood", "tissue"]
    label: LabelText
    order: Positive
    operators: Annotated[tuple[Operator, ...], Field(min_length=1)]
    body_sites: Annotated[tuple[Code, ...], Field(min_length=1)]
    site_rules: tuple[SiteRule, ...] = ()
    target_pieces: Positive | None = None
    minimum_pieces: Positive | None = None
    piece: Text | None = None


class SpecimenType(Coded):
    """What a specimen is, with its code in each vocabulary where one is known."""

    sprec: Annotated[str, Field(pattern=r"^[A-Z0-9]{3}$")]
    hl7_0487: str | None = None
    snomed: str | None = None
    miabis: str | None = None
    cdisc: str | None = None


class Container(Coded):
    """A tube, vial, mould or cassette. `substitutes` may be used instead; that is recorded, never refused."""

    vessel: Literal["tube", "cryovial", "mould", "cassette", "pot", "plate"]
    label_layout: Literal["blood_tube", "biopsy_container", "cryovial", "small"]
    cap_colour: Text | None = None
    medium: Text | None = None
    hazards: tuple[Literal["biological", "flammable", "toxic", "corrosive", "cryogenic"], ...] = ()
    volume_ul: Positive | None = None
    needs_lot: bool = False
    substitutes: tuple[Code, ...] = ()
    sprec: Annotated[str, Field(pattern=r"^[A-Z0-9]{3}$")] | None = None


class StorageTemperature(Coded):
    """A temperature at which things are kept, in tenths of a degree Celsius, both limits inclusive."""

    lowest_tenths_c: int
    highest_tenths_c: int


class ClockRule(Coded):
    """How long one act may, or must, follow another, in minutes. `text` says it in words."""

    from_event: Event
    to_event: Event
    min_minutes: Positive | None = None
    max_minutes: Positive | None = None
    deviation: Code


class FluidSprec(Strict):
    """How a fluid's SPREC code is computed: after so many spins, frozen at the end."""

    form: Literal["fluid"]
    spins: Literal[0, 1, 2]


class SolidSprec(Strict):
    """How a solid's SPREC code is computed: cold ischaemia ends, and fixation lasts, until these acts."""

    form: Literal["solid"]
    collection: Literal["BPS", "BCM", "BSL", "BTM"]
    cold_until: Event
    fixation: Literal["SNP", "OCT", "RNL", "NBF", "ZZZ"]
    fixed_until: Event | None = None


Sprec = Annotated[FluidSprec | SolidSprec, Field(discriminator="form")]


class Slot(Coded):
    """A planned collection: `count` containers of one kind, in order of draw (blood) or of priority (tissue).

    Tissue: pieces `first_piece` to `last_piece` go into it, shared out evenly. Blood: `volume_ul` each. A slot
    with `storage` is stored as it is. Without `timepoints` it belongs to every visit of its procedure.
    """

    procedure: Code
    order: Positive
    container: Code
    specimen_type: Code
    label: LabelText
    count: Positive
    handling: Text
    volume_ul: Positive | None = None
    first_piece: Positive | None = None
    last_piece: Positive | None = None
    pooled: bool = False
    timepoints: tuple[Code, ...] = ()
    scope: Code | None = None
    clocks: tuple[Code, ...] = ()
    storage: Code | None = None
    storage_alternatives: tuple[Code, ...] = ()
    transport: Code
    sprec: Sprec | None = None

    @property
    def pieces_each(self) -> int | None:
        """How many pieces go into each container; None for blood."""
        if self.first_piece is None or self.last_piece is None:
            return None
        return (self.last_piece - self.first_piece + 1) // self.count


class Derivative(Coded):
    """What is made from a slot's containers; a child of each, or of all together where the slot is pooled.

    `count` is how many are planned for the slot as a whole; with `follows_yield` it is the most there can be.
    """

    slot: Code
    specimen_type: Code
    container: Code
    label: LabelText
    count: Positive
    follows_yield: bool = False
    volume_ul: Positive | None = None
    lowest_cells: Positive | None = None
    highest_cells: Positive | None = None
    records: tuple[Literal["cells", "viability", "cells_per_vial", "haemolysis", "passage"], ...] = ()
    timepoints: tuple[Code, ...] = ()
    scope: Code | None = None
    clocks: tuple[Code, ...] = ()
    storage: Code
    storage_alternatives: tuple[Code, ...] = ()
    sprec: Sprec | None = None


class BloodVolume(Record):
    """How much blood may be drawn from a participant, in microlitres; a warning comes before the draw."""

    per_visit_ul: Positive
    per_period_ul: Positive
    period_days: Positive


class ScheduleRule(Record):
    """For how many days after its window a visit is late; then it is missed."""

    late_days: NotNegative


class Reason(Coded):
    """Why something was done. `uses` says where it is offered."""

    uses: Annotated[
        tuple[
            Literal[
                "visit", "repeat", "extra", "body_site", "container", "reprint", "retire_label", "void", "undo",
                "correction", "late_entry", "recall", "decline", "quarantine", "reassign", "retrieve", "destroy",
            ],
            ...,
        ],
        Field(min_length=1),
    ]  # fmt: skip


class NotCollectedReason(Coded):
    """Why a planned specimen was not collected; one that `ends_session` ends the whole kit."""

    procedures: Annotated[tuple[Code, ...], Field(min_length=1)]
    ends_session: bool
    automatic: bool = False


class RejectCode(Coded):
    """Why a received specimen is refused or flagged. Codes of HL7 v2 table 0490, and our own."""

    system: Literal["hl7_0490", "own"]


class DeviationRule(Coded):
    """What counts as a deviation, and how grave it is."""

    trigger: Literal[
        "clock", "window", "not_baseline", "body_site", "container", "temperature", "consent", "eligibility",
        "identity", "blood_volume", "wrong_visit",
    ]  # fmt: skip
    severity: Literal["minor", "major"]


class SiteRecord(Coded):
    """An institution that takes part; its local dates are those of `zone` (IANA)."""

    zone: Words
    country: Annotated[str, Field(pattern=r"^[A-Z]{2}$")]

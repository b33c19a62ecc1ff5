"""A study's protocol, whole: what the trial calls for, as one record that never changes."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, Literal, TypeVar

from pydantic import Field

from specimens.domain import protocol_plan as plan
from specimens.domain.errors import NotFound
from specimens.domain.protocol_base import Code, Coded, Positive, Record, Source, Strict, Text, Words
from specimens.domain.protocol_criteria import Criterion
from specimens.domain.protocol_signature import DEFAULTS, Meaning
from specimens.domain.terms import Role

_Found = TypeVar("_Found", bound=Coded)


@dataclass(frozen=True, slots=True)
class Assumption:
    """A value that nobody has confirmed yet; `note` says why it was proposed, where there is something to say."""

    key: str
    value: str
    source: str
    note: str


#: Keys that cannot be an assumption: names and wording, not values.
_WORDING = frozenset({"source", "assumed", "note", "code", "text", "label", "subject", "piece"})


class Identifier(Strict):
    """A study's number in a public register."""

    system: Words
    value: Words


class Study(Record):
    """What the registers say of the study. `version` changes with every published text."""

    code: Code
    version: Code
    title: Text
    label: plan.LabelText
    sponsor: Words
    identifiers: tuple[Identifier, ...]
    design: Text
    outcome: Text
    participants: Positive
    weeks: Positive
    blinded: bool
    day0: Text


class SubjectNumber(Record):
    """The sponsor's number of a participant, as the case report form uses it."""

    pattern: Words
    example: Words
    text: Text


class Group(Coded):
    """A group of participants; never shown to roles that do not need it."""

    treatment: Text


class Restriction(Coded):
    """An act (as the tables of acts name it) that this study leaves to fewer roles than the house does."""

    roles: Annotated[tuple[Role, ...], Field(min_length=1)]


class Protocol(Strict):
    """A study as data. Made by `protocol.load`, which also checks that everything it names exists."""

    format: Literal[1]
    study: Study
    subject_number: SubjectNumber
    schedule: plan.ScheduleRule
    blood_volume: plan.BloodVolume
    sites: Annotated[tuple[plan.SiteRecord, ...], Field(min_length=1)]
    groups: Annotated[tuple[Group, ...], Field(min_length=1)]
    criteria: tuple[Criterion, ...]
    consent_scopes: Annotated[tuple[plan.ConsentScope, ...], Field(min_length=1)]
    consent_versions: Annotated[tuple[plan.ConsentVersion, ...], Field(min_length=1)]
    timepoints: Annotated[tuple[plan.Timepoint, ...], Field(min_length=1)]
    body_sites: Annotated[tuple[plan.BodySite, ...], Field(min_length=1)]
    procedures: Annotated[tuple[plan.Procedure, ...], Field(min_length=1)]
    specimen_types: Annotated[tuple[plan.SpecimenType, ...], Field(min_length=1)]
    containers: Annotated[tuple[plan.Container, ...], Field(min_length=1)]
    storage_temperatures: Annotated[tuple[plan.StorageTemperature, ...], Field(min_length=1)]
    clocks: tuple[plan.ClockRule, ...]
    slots: Annotated[tuple[plan.Slot, ...], Field(min_length=1)]
    derivatives: tuple[plan.Derivative, ...]
    not_collected_reasons: Annotated[tuple[plan.NotCollectedReason, ...], Field(min_length=1)]
    reasons: Annotated[tuple[plan.Reason, ...], Field(min_length=1)]
    reject_codes: Annotated[tuple[plan.RejectCode, ...], Field(min_length=1)]
    deviations: tuple[plan.DeviationRule, ...]
    signatures: tuple[Meaning, ...] = ()
    restrictions: tuple[Restriction, ...] = ()

    def tables(self) -> Iterator[tuple[tuple[str | int, ...], Record]]:
        """Yield each table that says where its values come from, with its path (`("slots", 3)`)."""
        for name in type(self).model_fields:
            held = getattr(self, name)
            if isinstance(held, Record):
                yield (name,), held
            elif isinstance(held, tuple):
                for index, record in enumerate(held):
                    yield (name, index), record

    def assumptions(self) -> list[Assumption]:
        """List every value that the protocol itself calls assumed, with its key (`timepoints.W4.first_day`).

        A key that `assumed` names is always listed; of a table that is assumed as a whole, all but its wording.
        """
        found = []
        for path, record in self.tables():
            plain: dict[str, Any] = record.model_dump(mode="json")
            whole = record.source is Source.ASSUMED
            place = f"{path[0]}.{plain['code']}" if len(path) > 1 else str(path[0])
            for name, value in plain.items():
                listed = name in record.assumed or (whole and name not in _WORDING)
                if listed and value not in (None, []):
                    shown = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
                    found.append(
                        Assumption(f"{place}.{name}", shown, Source.ASSUMED.value, record.note or "")
                    )
        return found

    def timepoint(self, code: str) -> plan.Timepoint:
        """Return the timepoint with this code; like all lookups here it raises `NotFound` for another code."""
        return _one(self.timepoints, "timepoint", code)

    def procedure(self, code: str) -> plan.Procedure:
        """Return the procedure with this code."""
        return _one(self.procedures, "procedure", code)

    def slot(self, code: str) -> plan.Slot:
        """Return the planned collection with this code."""
        return _one(self.slots, "slot", code)

    def derivative(self, code: str) -> plan.Derivative:
        """Return the derivative with this code."""
        return _one(self.derivatives, "derivative", code)

    def container(self, code: str) -> plan.Container:
        """Return the container with this code."""
        return _one(self.containers, "container", code)

    def clock(self, code: str) -> plan.ClockRule:
        """Return the clock with this code."""
        return _one(self.clocks, "clock", code)

    def criterion(self, code: str) -> Criterion:
        """Return the eligibility criterion with this code."""
        return _one(self.criteria, "criterion", code)

    def group(self, code: str) -> Group:
        """Return the group with this code."""
        return _one(self.groups, "group", code)

    def body_site(self, code: str) -> plan.BodySite:
        """Return the body site with this code."""
        return _one(self.body_sites, "body_site", code)

    def specimen_type(self, code: str) -> plan.SpecimenType:
        """Return the specimen type with this code."""
        return _one(self.specimen_types, "specimen_type", code)

    def storage_temperature(self, code: str) -> plan.StorageTemperature:
        """Return the storage temperature with this code."""
        return _one(self.storage_temperatures, "storage_temperature", code)

    def site(self, code: str) -> plan.SiteRecord:
        """Return the site (institution) with this code."""
        return _one(self.sites, "site", code)

    def meanings(self, occasion: str) -> tuple[Meaning, ...]:
        """Return what can be stated on an occasion: the study's list, or the usual meaning where it lists none."""
        return tuple(each for each in self.signatures if each.occasion == occasion) or (DEFAULTS[occasion],)

    def meaning(self, code: str) -> Meaning:
        """Return the meaning of a signature."""
        known = {each.code for each in self.signatures}
        return _one(
            (*self.signatures, *(DEFAULTS[name] for name in DEFAULTS if name not in known)), "meaning", code
        )

    def deviation(self, code: str) -> plan.DeviationRule:
        """Return the deviation rule with this code."""
        return _one(self.deviations, "deviation", code)

    def reject_code(self, code: str) -> plan.RejectCode:
        """Return the reject code with this code."""
        return _one(self.reject_codes, "reject_code", code)

    def planned(self, timepoint: str, procedure: str) -> tuple[plan.Slot, ...]:
        """Return the slots of one procedure at one timepoint in order of draw or priority; none if not planned."""
        at = self.timepoint(timepoint)
        if self.procedure(procedure).code not in at.procedures + at.optional_procedures:
            return ()
        mine = [slot for slot in self.slots if slot.procedure == procedure and at_timepoint(slot, timepoint)]
        return tuple(sorted(mine, key=lambda slot: slot.order))

    def procedures_at(self, timepoint: str) -> tuple[plan.Procedure, ...]:
        """Return the procedures of a timepoint, the optional ones too, in their order."""
        at = self.timepoint(timepoint)
        mine = (self.procedure(code) for code in at.procedures + at.optional_procedures)
        return tuple(sorted(mine, key=lambda procedure: procedure.order))

    def derivatives_of(self, slot: str, timepoint: str | None = None) -> tuple[plan.Derivative, ...]:
        """Return what is made from a slot, at one timepoint where that is given."""
        self.slot(slot)
        return tuple(
            each
            for each in self.derivatives
            if each.slot == slot and (timepoint is None or at_timepoint(each, timepoint))
        )

    def blood_volume_ul(self, timepoint: str) -> int:
        """Return how much blood the plan draws at a timepoint, in microlitres."""
        return sum(
            (slot.volume_ul or 0) * slot.count
            for procedure in self.procedures_at(timepoint)
            for slot in self.planned(timepoint, procedure.code)
        )

    def consent_required_on(self, day: date) -> plan.ConsentVersion | None:
        """Return the consent version that collection on a local date needs; None before the first."""
        inforce = [version for version in self.consent_versions if version.required_from <= day]
        return max(inforce, key=lambda version: version.required_from, default=None)

    def consent_suffices(self, version: str, day: date) -> bool:
        """Whether a consent of this version still allows collection on a local date."""
        given = _one(self.consent_versions, "consent_version", version)
        required = self.consent_required_on(day)
        return required is not None and given.required_from >= required.required_from

    def not_collected_reasons_for(self, procedure: str) -> tuple[plan.NotCollectedReason, ...]:
        """Return the reasons a person can choose when a specimen of this procedure is not collected."""
        return tuple(
            each for each in self.not_collected_reasons if procedure in each.procedures and not each.automatic
        )

    def reasons_for(self, use: str) -> tuple[plan.Reason, ...]:
        """Return the reasons offered for one use (`reprint`, `undo`, …)."""
        return tuple(each for each in self.reasons if use in each.uses)


def at_timepoint(each: plan.Slot | plan.Derivative, timepoint: str) -> bool:
    """Whether a slot or derivative belongs to a timepoint; one that names none belongs to all."""
    return not each.timepoints or timepoint in each.timepoints


def _one(records: Iterable[_Found], kind: str, code: str) -> _Found:
    for record in records:
        if record.code == code:
            return record
    raise NotFound("not_in_protocol", kind=kind, wanted=code)

"""What the JSON doors answer, as records. Instants are RFC 3339 in UTC, dates ISO, codes those of the house."""

from datetime import UTC, datetime
from typing import Any

from pydantic import BaseModel, ConfigDict


class Record(BaseModel):
    """A part of an answer."""

    model_config = ConfigDict(extra="forbid")


class ScanAnswer(Record):
    """What one scan came to, as a page shows it: `ok`, `already`, `check` or `stop`, and what to do next.

    `saved` says whether the act now stands in the ledger; `ask` names what is still needed (`reason`, `container`, …).
    """

    verdict: str
    code: str
    sentence: str
    facts: dict[str, Any]
    saved: bool
    read: str | None
    specimen: "SpecimenRecord | None"
    next: str | None
    ask: str | None


class SpecimenRecord(Record):
    """A specimen as it is now."""

    code: str
    study: str
    site: str
    participant: str
    visit: str
    kit: str | None
    timepoint: str
    procedure: str
    slot: str
    derivative: str | None
    number: int
    attempt: int
    level: int
    specimen_type: str
    container: str
    protocol_version: str
    status: str
    holds: list[str]
    flags: list[str]
    custodian_kind: str | None
    custodian: str | None
    held_site: str | None
    place: str | None
    position: str | None
    transfer: str | None
    batch: str | None
    volume_ul: int | None
    pieces: int | None
    body_site: str | None
    side: str | None
    thaws: int
    collected_at: str | None
    label_generation: int
    label_live: bool
    ended_reason: str | None
    parents: list[str]


class ClockRecord(Record):
    """A clock of the protocol: `running`, `met` or `breached`; minutes."""

    code: str
    state: str
    started_at: str | None
    stopped_at: str | None
    deadline_at: str | None
    elapsed_minutes: int | None
    over_minutes: int
    under_minutes: int


class SpecimenPage(Record):
    """A specimen with its family, its clocks and its SPREC code."""

    specimen: SpecimenRecord
    subject_number: str
    custodian_name: str | None
    places: list[str]
    parents: list[str]
    children: list[str]
    clocks: list[ClockRecord]
    sprec: str | None
    sprec_missing: list[str]


class SignatureRecord(Record):
    """A signature: who, when, which meaning, on which entry. `changed` says whether the record changed since."""

    name: str
    login: str
    role: str
    occasion: str
    meaning: str
    statement: str
    signed_at: str
    offset: str
    zone: str
    of_entry: int
    of_hash: str
    hash: str
    changed: bool


class Step(Record):
    """One entry of a specimen's custody. `hash` is the entry's, 64 hex digits."""

    entry: int
    act: str
    happened_at: str
    happened_by: str
    recorded_at: str
    who: str
    role: str
    performed_by: str | None
    site: str | None
    station: str | None
    mode: str
    reason: str | None
    note: str | None
    custodian_before: str | None
    custodian_after: str | None
    place_before: str | None
    place_after: str | None
    gap_minutes: int | None
    struck: str | None
    struck_by: int | None
    replaces: int | None
    changes: dict[str, list[Any]]
    hash: str


class Custody(Record):
    """The custody of one specimen, oldest first; what was undone or corrected stays in it, struck."""

    specimen: str
    steps: list[Step]
    signatures: list[SignatureRecord]


class KitRecord(Record):
    """A kit of a visit."""

    code: str
    procedure: str
    attempt: int
    opened_at: str | None
    finished_at: str | None
    pieces: int | None


class VisitPage(Record):
    """A visit with its kits and specimens. Dates are local."""

    code: str
    study: str
    site: str
    participant: str
    timepoint: str
    protocol_version: str
    target_on: str | None
    first_on: str | None
    last_on: str | None
    opened_at: str | None
    confirmed_at: str | None
    paper: bool
    kits: list[KitRecord]
    specimens: list[SpecimenRecord]


class ParticipantPage(Record):
    """A participant. `group` is left out for roles that are blinded; eligibility answers are never here."""

    code: str
    study: str
    site: str
    subject_number: str
    state: str
    consent_version: str | None
    consent_scopes: list[str]
    consented_at: str | None
    withdrawn_at: str | None
    withdrawal: str | None
    eligibility: str
    day0_planned_on: str | None
    first_dosed_at: str | None
    visits: list[str]
    signatures: list[SignatureRecord]
    group: str | None = None


class ReportAnswer(Record):
    """A custody report: its digest, and its parts as `docs` and the PDF have them."""

    digest: str
    report: dict[str, Any]


class Problem(Record):
    """What is wrong (RFC 9457). `code` is stable; `fields` says what is wrong with each field."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    fields: dict[str, str] | None = None


def instant(milliseconds: int | None) -> str | None:
    """Return an instant as RFC 3339 in UTC, with milliseconds."""
    if milliseconds is None:
        return None
    moment = datetime.fromtimestamp(milliseconds // 1000, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{milliseconds % 1000:03d}Z"

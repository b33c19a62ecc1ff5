"""What a custody report says, as plain records: filled in by a service, read by PDF, CSV twin and digest.

A code never changes, its word depends on the language: a `Worded` carries both. The digest is made of codes, numbers,
instants and names, never of words, so a report has the same digest in either language.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Worded:
    """A stable code and its word in the language of the report."""

    code: str
    word: str


def plain(text: str) -> Worded:
    """Return a value that is its own code: a number, an identifier, a name."""
    return Worded(text, text)


@dataclass(frozen=True, slots=True)
class Moment:
    """An instant (milliseconds since 1970, UTC) with the site's zone (`Europe/Amsterdam`) and offset (`+01:00`)."""

    at_ms: int
    zone: str
    offset: str


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody by full name, in the role in which they acted."""

    name: str
    role: Worded


@dataclass(frozen=True, slots=True)
class Redaction:
    """Who took a text out of the record, when, and why, as far as that is known."""

    by: Person | None = None
    at: Moment | None = None
    reason: Worded | None = None


#: Stands in the place of a text that whoever makes the report may not read; one code in every language.
SEALED = "[sealed]"


@dataclass(frozen=True, slots=True)
class Note:
    """Free text as it was written (or `SEALED`), or who redacted it: exactly one of the two is there.

    `printed_as` is what stands on paper where the text holds codes, in words.
    """

    text: str | None = None
    redaction: Redaction | None = None
    printed_as: str | None = None


@dataclass(frozen=True, slots=True)
class Header:
    """Whose report this is. `language` is `en` or `nl`; `generated_*` and `number` are left out of the digest.

    `study` is its code, which is part of the digest; `label` what people call it, which is printed.
    """

    study: str
    title: str
    number: str
    generated_at: Moment
    generated_by: Person
    software_version: str
    language: str = "en"
    label: str = ""

    @property
    def study_name(self) -> str:
        """Return the study as people call it."""
        return self.label or self.study


@dataclass(frozen=True, slots=True)
class Scope:
    """What was asked for. `filters` pairs what was filtered on with what it had to be; `period` has open ends (None).

    `up_to_event` is the number of the newest entry that was there when the report was made (0: none);
    `redactions` counts the texts in scope that were redacted.
    """

    filters: tuple[tuple[Worded, Worded], ...] = ()
    period: tuple[Moment | None, Moment | None] = (None, None)
    specimens_in: int = 0
    specimens_out: int = 0
    events_in: int = 0
    events_out: int = 0
    redactions: int = 0
    up_to_event: int = 0


@dataclass(frozen=True, slots=True)
class Milestone:
    """A point of the bar. `at` is None until it is reached; `limit_minutes` and `breach` are about the way to it."""

    step: Worded
    at: Moment | None = None
    limit_minutes: int | None = None
    breach: Worded | None = None


@dataclass(frozen=True, slots=True)
class ClockLine:
    """A time limit of the protocol. `elapsed_minutes` is None until the clock has stopped; `breach` is a sentence."""

    what: Worded
    least_minutes: int | None = None
    most_minutes: int | None = None
    elapsed_minutes: int | None = None
    breach: Worded | None = None


@dataclass(frozen=True, slots=True)
class SpecimenSection:
    """One specimen: who it is, where it is, what it is waiting for, how fast it went.

    `parents`, `children` and `same_label` (tubes that once bore the same label) are identifiers. `milestones` are
    collected, released, received, processed, stored, in that order, reached or not.
    """

    code: str
    participant: str
    visit: str
    specimen_type: Worded
    container: Worded
    protocol_version: str
    status: Worded
    custodian: str | None = None
    place: str | None = None
    position: str | None = None
    parents: tuple[str, ...] = ()
    children: tuple[str, ...] = ()
    same_label: tuple[str, ...] = ()
    holds: tuple[Worded, ...] = ()
    flags: tuple[Worded, ...] = ()
    milestones: tuple[Milestone, ...] = ()
    clocks: tuple[ClockLine, ...] = ()


@dataclass(frozen=True, slots=True)
class Struck:
    """Why an event no longer counts as written: `how` is `undone` or `corrected`, `by_event` the entry that says so."""

    how: Worded
    by_event: int


@dataclass(frozen=True, slots=True)
class Event:
    """One entry of the ledger. `number` is the entry's own number there: unique in a report, gaps are no matter.

    `subject` is the identifier it is about, usually a specimen's. `happened_by` says who told the time (server,
    person, device). `performed_by` names who did it when that is not who recorded it. `entry_hash` is 64 hex digits.
    `clock_behind_ms`: the server's clock was so far behind `recorded`, which is then the newest instant of the ledger.
    `device_clock_ms`: it waited on a device, whose clock said this (ms since 1970) at the scan.
    `witness` names the second person of an act that takes two; `seen_at` is the place and well by which a tube was
    known whose label could not be read. `minutes_to_medium`: it was collected into a container that holds a medium or
    fixative, and lay in it so many minutes later.
    """

    number: int
    subject_kind: Worded
    subject: str
    happened: Moment
    recorded: Moment
    act: Worded
    who: Person
    mode: Worded
    entry_hash: str
    happened_by: Worded = Worded("server", "server")
    performed_by: str | None = None
    station: str | None = None
    moved_from: str | None = None
    moved_to: str | None = None
    condition: Worded | None = None
    temperature_tenths_c: int | None = None
    reason: Worded | None = None
    note: Note | None = None
    struck: Struck | None = None
    clock_behind_ms: int | None = None
    device_clock_ms: int | None = None
    witness: str | None = None
    seen_at: str | None = None
    minutes_to_medium: int | None = None


@dataclass(frozen=True, slots=True)
class Correction:
    """One changed fact: `by_event` is the entry that corrects, `of_event` the one that it corrects."""

    by_event: int
    of_event: int
    subject: str
    field: Worded
    before: Worded
    after: Worded
    who: Person
    at: Moment
    reason: Worded | None = None
    note: Note | None = None


@dataclass(frozen=True, slots=True)
class Gap:
    """A stretch between two events of one specimen that was longer than its limit."""

    subject: str
    after_event: int
    before_event: int | None
    what: Worded
    minutes: int
    limit_minutes: int | None = None


@dataclass(frozen=True, slots=True)
class NearMiss:
    """A scan that was refused. `subject` is what was open at the station, `read` the identifier that was scanned."""

    at: Moment
    who: Person
    refusal: Worded
    station: str | None = None
    subject: str | None = None
    read: str | None = None


@dataclass(frozen=True, slots=True)
class OpenMatter:
    """Something that is still to be settled; its age is counted when the report is printed."""

    what: Worded
    subject: str
    since: Moment
    owner: str | None = None


@dataclass(frozen=True, slots=True)
class LegendEntry:
    """A term of this study that is explained in the legend, beside those that every report explains."""

    term: str
    meaning: str


@dataclass(frozen=True, slots=True)
class Key:
    """A key of the ledger, written `name+id+base64`, and the instants between which it signs (None: still)."""

    key: str
    since: str
    until: str | None = None


@dataclass(frozen=True, slots=True)
class Integrity:
    """Section 7: the signed checkpoint as it is printed (empty: a report that is only shown), and who may sign.

    `csv` is the SHA-256 (hex) of the CSV twin.
    """

    checkpoint: str = ""
    csv: str = ""
    keys: tuple[Key, ...] = ()


@dataclass(frozen=True, slots=True)
class SignatureLine:
    """One electronic signature: printed name, log-in name, role, meaning, date and time with zone.

    `number` and `entry_hash` are those of the signature's own entry, `of_entry` and `of_hash` (64 hex digits) those of
    the entry that was signed. `changed_by` is the number of the entry that changed what was signed, None while it
    stands as signed. `digest` is that of a signed report.
    """

    number: int
    subject_kind: Worded
    subject: str
    at: Moment
    who: Person
    login: str
    meaning: Worded
    of_entry: int
    of_hash: str
    entry_hash: str
    changed_by: int | None = None
    digest: str | None = None


@dataclass(frozen=True, slots=True)
class Signatures:
    """Section 8. `given` are the signatures on what the report tells of; `of_report` those on a report that says this.

    The latter bear this report's digest and are no part of it. What nobody signed electronically has a line for ink.
    """

    given: tuple[SignatureLine, ...] = ()
    of_report: tuple[SignatureLine, ...] = ()
    prepared_by: Person | None = None
    reviewed_by: Person | None = None
    received_by: Person | None = None


@dataclass(frozen=True, slots=True)
class CustodyReport:
    """A whole custody report. The order of `specimens` is the order in which they are printed."""

    header: Header
    scope: Scope
    specimens: tuple[SpecimenSection, ...] = ()
    events: tuple[Event, ...] = ()
    corrections: tuple[Correction, ...] = ()
    gaps: tuple[Gap, ...] = ()
    near_misses: tuple[NearMiss, ...] = ()
    open_matters: tuple[OpenMatter, ...] = ()
    legend: tuple[LegendEntry, ...] = ()
    integrity: Integrity = Integrity()
    signatures: Signatures = Signatures()

"""The CSV twin of a custody report: one row per event, for programs and spreadsheets."""

from itertools import chain

from specimens.documents.csv_safe import Column, Value, write_csv
from specimens.documents.records import CustodyReport, Event, Note, SignatureLine
from specimens.documents.times import iso

COLUMNS = (
    Column("number", number=True),
    Column("subject_kind"),
    Column("subject"),
    Column("happened"),
    Column("happened_by"),
    Column("zone"),
    Column("recorded"),
    Column("act"),
    Column("who"),
    Column("role"),
    Column("performed_by"),
    Column("station"),
    Column("moved_from"),
    Column("moved_to"),
    Column("condition"),
    Column("temperature_tenths_c", number=True),
    Column("reason"),
    Column("note"),
    Column("redacted"),
    Column("struck"),
    Column("struck_by", number=True),
    Column("mode"),
    Column("entry_hash"),
    Column("login"),
    Column("meaning"),
    Column("signed_entry", number=True),
    Column("signed_hash"),
    Column("signed_digest"),
    Column("changed_by", number=True),
    Column("clock_behind_ms", number=True),
    Column("device_clock_ms", number=True),
    Column("witness"),
    Column("seen_at"),
    Column("minutes_to_medium", number=True),
)


#: How many of the columns are filled by signatures alone.
_OF_SIGNATURES = 6


def custody_csv(report: CustodyReport) -> bytes:
    """Return every event of the report as CSV, codes instead of words, safe to open in a spreadsheet.

    Signatures follow as rows whose act is `signed`; they have six columns of their own.
    """
    given = (*report.signatures.given, *report.signatures.of_report)
    return write_csv(COLUMNS, chain(map(_row, report.events), map(_signature, given)))


def _signature(line: SignatureLine) -> tuple[Value, ...]:
    told: dict[str, Value] = {
        "number": line.number,
        "subject_kind": line.subject_kind.code,
        "subject": line.subject,
        "happened": iso(line.at),
        "happened_by": "server",
        "zone": line.at.zone,
        "recorded": iso(line.at),
        "act": "signed",
        "who": line.who.name,
        "role": line.who.role.code,
        "entry_hash": line.entry_hash,
        "login": line.login,
        "meaning": line.meaning.code,
        "signed_entry": line.of_entry,
        "signed_hash": line.of_hash,
        "signed_digest": line.digest,
        "changed_by": line.changed_by,
    }
    return tuple(told.get(column.name) for column in COLUMNS)


def _row(event: Event) -> tuple[Value, ...]:
    note = event.note or Note()
    return (
        event.number,
        event.subject_kind.code,
        event.subject,
        iso(event.happened),
        event.happened_by.code,
        event.happened.zone,
        iso(event.recorded),
        event.act.code,
        event.who.name,
        event.who.role.code,
        event.performed_by,
        event.station,
        event.moved_from,
        event.moved_to,
        event.condition.code if event.condition else None,
        event.temperature_tenths_c,
        event.reason.code if event.reason else None,
        note.text,
        "yes" if note.redaction else None,
        event.struck.how.code if event.struck else None,
        event.struck.by_event if event.struck else None,
        event.mode.code,
        event.entry_hash,
        *(None,) * _OF_SIGNATURES,
        event.clock_behind_ms,
        event.device_clock_ms,
        event.witness,
        event.seen_at,
        event.minutes_to_medium,
    )

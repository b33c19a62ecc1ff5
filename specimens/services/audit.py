"""The audit trail of any record, field by field: a view of the ledger, there is no second log."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Any

from sqlalchemy import select

from specimens.domain import fold
from specimens.domain.access import Actor, Permission
from specimens.domain.clock_alarm import BEHIND
from specimens.domain.entry import Entry
from specimens.domain.errors import NotFound
from specimens.domain.terms import Kind, Role
from specimens.domain.waited import DEVICE_CLOCK, DEVICE_SEQUENCE
from specimens.models.base import db
from specimens.models.ledger import LedgerEntry
from specimens.services import audit_sight
from specimens.services.audit_sight import may_read, names_in
from specimens.services.entries import entries_of
from specimens.services.hands import permit
from specimens.services.report_events import redacted_by, struck_by
from specimens.services.report_facts import Row

#: Fields that only mirror what other entries say: the times of acts, and a note for undoing a release.
_MIRRORS = frozenset({"code", "moments", "status_before"})
#: Facts that any entry may have, and that stand beside its time.
_MARKS = frozenset({BEHIND, DEVICE_CLOCK, DEVICE_SEQUENCE})
_READERS_OF_TEXTS = frozenset({Role.AUDITOR, Role.INVESTIGATOR})
#: What an administrator writes about accounts and places, an administrator may read.
_OFFICE = frozenset(
    {Kind.USER, Kind.GRANT, Kind.SITE, Kind.STATION, Kind.STORAGE, Kind.PRINTER, Kind.PROTOCOL, Kind.BADGE}
)

PAGE = 50


@dataclass(frozen=True, slots=True)
class Change:
    """One field before and after an entry. `sealed`: it changed, and this person may not read it (both are None)."""

    field: str
    old: Any
    new: Any
    sealed: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """One entry of a record. `facts` are what it says beside the fields; `texts` its free texts by name.

    A text is None where it was redacted; `texts` is None where there are some and this person may not read them.
    `redacted` names, for each text that was taken away, the number of the entry that says so; `sealed_fields` are the
    texts still there that stand among the changes, as fields of the record. `clock_behind_ms`: by how much the server's
    clock was behind `recorded_at`, which is then the newest instant of the ledger. `device_clock_ms` and
    `device_sequence`: it waited on a device, whose clock and whose count said this.
    Instants in ms UTC.
    """

    number: int
    seq: int
    act: str
    changes: tuple[Change, ...]
    facts: Mapping[str, Any]
    who: str
    role: str
    performed_by: str | None
    site: str | None
    station: str | None
    mode: str
    happened_at: int
    happened_by: str
    recorded_at: int
    clock_behind_ms: int | None
    device_clock_ms: int | None
    device_sequence: int | None
    reason: str | None
    texts: Mapping[str, str | None] | None
    hash: str
    struck: str | None
    struck_by: int | None
    replaces: int | None
    redacted: Mapping[str, int]
    sealed_fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Trail:
    """A page of the trail of one record, oldest first. `names` holds names for the codes that stand in it.

    `previous` and `next` are cursors (entry numbers) or None; `entries` counts all entries of the record.
    """

    kind: Kind
    code: str
    study: str | None
    entries: int
    steps: tuple[Step, ...]
    names: Mapping[str, str]
    previous: int | None
    next: int | None


def kind_of(text: str) -> Kind:
    """Return the kind of record that an address names; raises NotFound (`unknown_record`)."""
    try:
        return Kind(text.replace("-", "_"))
    except ValueError as error:
        raise NotFound("unknown_record") from error


def trail(
    actor: Actor,
    kind: Kind,
    code: str,
    *,
    before: int | None = None,
    after: int | None = None,
    size: int = PAGE,
) -> Trail:
    """Return the audit trail of one record; *before* and *after* are the cursors of a page.

    Raises:
        NotPermitted: without `audit:read`.
        NotFound: `unknown_record` for one that is out of this person's sight.
    """
    permit(actor, Permission.AUDIT_READ)
    if not audit_sight.sees(actor, kind, code):
        raise NotFound("unknown_record")
    rows = _rows(kind, code)
    steps = _steps(actor, kind, rows)
    shown = steps
    if after is not None:
        shown = [step for step in steps if step.seq > after]
    if before is not None:
        shown = [step for step in steps if step.seq < before][-size:]
    shown = shown[:size]
    first, last = (shown[0].seq, shown[-1].seq) if shown else (1, len(steps))
    return Trail(
        kind=kind,
        code=code,
        study=rows[0].entry.study if rows else None,
        entries=len(steps),
        steps=tuple(shown),
        names=names_in(_values(shown)),
        previous=first if first > 1 else None,
        next=last if last < len(steps) else None,
    )


def _rows(kind: Kind, code: str) -> list[Row]:
    entries = entries_of(db.session(), kind, code)
    kept = db.session.execute(
        select(LedgerEntry.id, LedgerEntry.hash)
        .where(LedgerEntry.subject_kind == str(kind), LedgerEntry.subject_code == code)
        .order_by(LedgerEntry.seq)
    ).all()
    return [Row(row.id, entry, row.hash.hex()) for entry, row in zip(entries, kept, strict=True)]


def _steps(actor: Actor, kind: Kind, rows: list[Row]) -> list[Step]:
    struck = struck_by(rows)
    numbers = {row.entry.id: row.number for row in rows}
    redacted = {of: {name: row.number for name, row in by.items()} for of, by in redacted_by(rows).items()}
    sealed = {name for row in rows for name in row.entry.opened}
    known = {each.name for each in fields(fold.PROJECTIONS[kind][0])}
    state: Any = None
    steps = []
    for position, row in enumerate(rows):
        entry = row.entry
        if entry.act in fold.RETROACTIVE:
            new = fold.fold(kind, (each.entry for each in rows[: position + 1]))
        else:
            new = fold.apply(kind, state, entry)
        how = struck.get(entry.id, (None, None))
        steps.append(
            Step(
                number=row.number,
                seq=entry.seq,
                act=entry.act,
                changes=tuple(_changes(actor, kind, state, new, sealed)),
                facts={
                    name: value
                    for name, value in entry.facts.items()
                    if name not in known and name not in _MARKS and value not in (None, [], {})
                },
                who=entry.actor["name"],
                role=entry.actor["role"],
                performed_by=entry.performed_by,
                site=entry.site,
                station=entry.station,
                mode=entry.mode,
                happened_at=entry.happened_at,
                happened_by=entry.happened_by,
                recorded_at=entry.recorded_at,
                clock_behind_ms=entry.facts.get(BEHIND),
                device_clock_ms=entry.facts.get(DEVICE_CLOCK),
                device_sequence=entry.facts.get(DEVICE_SEQUENCE),
                reason=entry.reason,
                texts=_texts(actor, kind, entry, known),
                hash=row.hash,
                struck=how[0],
                struck_by=how[1],
                replaces=numbers.get(entry.replaces or ""),
                redacted=redacted.get(entry.id, {}),
                sealed_fields=tuple(
                    name for name, text in entry.opened.items() if name in known and text is not None
                ),
            )
        )
        state = new
    return steps


def _texts(actor: Actor, kind: Kind, entry: Entry, known: set[str]) -> Mapping[str, str | None] | None:
    """Return the free texts of an entry; those that are a field of the record stand among its changes."""
    answers = kind is Kind.PARTICIPANT and entry.act == "eligibility_answered"
    texts = {
        name: text
        for name, text in sorted(entry.opened.items())
        if name not in known and (not answers or name == "reason")
    }
    return texts if not texts or reads_texts(actor, kind) else None


def reads_texts(actor: Actor, kind: Kind) -> bool:
    """Say whether this person reads what others wrote in words about a record of *kind*."""
    if actor.seat is not None:
        return kind is Kind.FINDING
    return actor.role in _READERS_OF_TEXTS or (actor.may(Permission.PEOPLE_MANAGE) and kind in _OFFICE)


def _changes(actor: Actor, kind: Kind, old: Any, new: Any, sealed: set[str]) -> Iterable[Change]:
    for each in fields(new or old):
        if each.name in _MIRRORS:
            continue
        before = getattr(old, each.name) if old is not None else None
        after = getattr(new, each.name) if new is not None else None
        if before == after or (old is None and _nothing(after)):
            continue
        readable = may_read(actor, kind, each.name) and (
            each.name not in sealed or each.name == "group_code" or reads_texts(actor, kind)
        )
        if not readable:
            yield Change(each.name, None, None, sealed=True)
        elif isinstance(before or after, Mapping):
            yield from _by_key(each.name, before or {}, after or {})
        else:
            yield Change(each.name, before, after)


def _by_key(name: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterable[Change]:
    """Tell a map of values key by key: the answers to criteria, the tubes of a list."""
    for key in sorted({*old, *new}):
        if old.get(key) != new.get(key):
            yield Change(f"{name}.{key}", old.get(key), new.get(key))


def _nothing(value: Any) -> bool:
    return value is None or value in ("", (), False) or value == {} or value == 0


def _values(steps: Iterable[Step]) -> Iterable[Any]:
    for step in steps:
        yield step.station
        for change in step.changes:
            yield change.field.rpartition(".")[2]
            yield change.old
            yield change.new
        yield from step.facts.values()

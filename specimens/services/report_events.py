"""Sections 4 and 5 of a custody report: entries as events, what was corrected or undone, gaps, near misses."""

from collections.abc import Iterable, Iterator, Mapping
from sys import intern
from typing import Any

from specimens.documents.records import (
    Correction,
    Event,
    Gap,
    NearMiss,
    Note,
    Person,
    Redaction,
    Struck,
    Worded,
)
from specimens.documents.times import say_full
from specimens.domain import fold
from specimens.domain.clock_alarm import BEHIND
from specimens.domain.entry import Entry
from specimens.domain.gap import LIMIT_MINUTES, gap_minutes
from specimens.domain.moments import LATE_ENTRY_MS
from specimens.domain.specimen import TO_MEDIUM, Specimen
from specimens.domain.terms import Status
from specimens.domain.waited import DEVICE_CLOCK
from specimens.services import kit_lots
from specimens.services.hands import who_acted
from specimens.services.report_facts import Facts, History, Row
from specimens.services.report_voice import Voice, happened, moment

_MINUTE_MS = 60_000
LATE_ENTRY = "late_entry"


def events(facts: Facts, voice: Voice) -> list[Event]:
    """Return every event, in the order of the ledger."""
    found = []
    for history in facts.histories:
        struck, redacted = struck_by(history.rows), redacted_by(history.rows)
        for row in history.rows:
            before, after = history.before.get(row.entry.id), history.states.get(row.entry.id)
            moved = _where(before, facts), _where(after, facts)
            moved = moved if moved[0] != moved[1] else (None, None)
            found.append(_event(row, facts, voice, struck, redacted, moved))
    around: dict[tuple[str, str], list[Row]] = {}
    for row in facts.around:
        around.setdefault((row.entry.kind, row.entry.code), []).append(row)
    for rows in around.values():
        struck, redacted = struck_by(rows), redacted_by(rows)
        found += [_event(row, facts, voice, struck, redacted, (None, None)) for row in rows]
    return sorted(found, key=lambda event: event.number)


def struck_by(rows: Iterable[Row]) -> dict[str, tuple[str, int]]:
    """Return entry id → (`undone` or `corrected`, number of the entry that says so), for one subject."""
    every = list(rows)
    undone = {row.entry.facts["operation"]: row.number for row in every if row.entry.act == fold.UNDONE}
    found: dict[str, tuple[str, int]] = {}
    for row in every:
        if row.entry.act == fold.CORRECTED and row.entry.replaces and row.entry.operation not in undone:
            found[row.entry.replaces] = (fold.CORRECTED, row.number)
    for row in every:
        if row.entry.operation in undone and row.entry.act != fold.UNDONE:
            found[row.entry.id] = (fold.UNDONE, undone[row.entry.operation])
    return found


def _event(
    row: Row,
    facts: Facts,
    voice: Voice,
    struck: dict[str, tuple[str, int]],
    redacted: dict[str, dict[str, Row]],
    moved: tuple[str | None, str | None],
) -> Event:
    entry = row.entry
    how = struck.get(entry.id)
    condition = entry.facts.get("condition")
    tenths = entry.facts.get("temperature_tenths_c", entry.facts.get("received_temperature_tenths_c"))
    return Event(
        number=row.number,
        subject_kind=voice.word(entry.kind),
        subject=intern(entry.code),
        happened=happened(entry),
        recorded=moment(entry.recorded_at, entry.zone),
        act=voice.word(entry.act),
        who=_who(entry, facts, voice),
        mode=voice.word(entry.mode),
        entry_hash=row.hash,
        happened_by=voice.word(entry.happened_by),
        performed_by=entry.performed_by,
        station=facts.names.get(entry.station, entry.station) if entry.station else None,
        moved_from=moved[0],
        moved_to=moved[1],
        condition=voice.word(condition) if isinstance(condition, str) else None,
        temperature_tenths_c=tenths if isinstance(tenths, int) else None,
        reason=voice.reason(entry.study, entry.reason),
        note=note_of(entry, redacted.get(entry.id, {}), voice),
        struck=Struck(voice.word(how[0]), how[1]) if how else None,
        clock_behind_ms=entry.facts.get(BEHIND),
        device_clock_ms=entry.facts.get(DEVICE_CLOCK),
        witness=facts.names.get(second, second) if (second := entry.facts.get("witness")) else None,
        seen_at=_seen_at(entry, facts),
        minutes_to_medium=entry.facts.get(TO_MEDIUM),
    )


def _who(entry: Entry, facts: Facts, voice: Voice) -> Person:
    return voice.person({"name": who_acted(entry, facts.names), "role": entry.actor["role"]})


def _where(specimen: Specimen | None, facts: Facts) -> str | None:
    """Write who holds a specimen and where it lies."""
    if specimen is None:
        return None
    custodian = facts.names.get(specimen.custodian, specimen.custodian) if specimen.custodian else None
    place = facts.places.get(specimen.place, specimen.place) if specimen.place else None
    parts = [part for part in (custodian, place, specimen.position) if part]
    return intern(", ".join(parts)) if parts else None


def _seen_at(entry: Entry, facts: Facts) -> str | None:
    if (place := entry.facts.get("at_place")) is None:
        return None
    return f"{facts.places.get(place, place)}, {entry.facts['at_position']}"


def redacted_by(rows: Iterable[Row]) -> dict[str, dict[str, Row]]:
    """Return entry id → name of a text → the entry that took it away, for one subject."""
    found: dict[str, dict[str, Row]] = {}
    for row in rows:
        if row.entry.act == fold.REDACTED:
            found.setdefault(row.entry.facts["redacted_entry"], {})[row.entry.facts["redacted_text"]] = row
    return found


def note_of(entry: Entry, redacted: Mapping[str, Row], voice: Voice) -> Note | None:
    """Return the free text of an entry; what was redacted says who did it, when and why."""
    if not entry.opened:
        return None
    texts = [text for _, text in sorted(entry.opened.items()) if text is not None]
    if len(texts) == len(entry.opened):
        return Note("\n".join(texts), printed_as=_in_words(entry, voice))
    for row in redacted.values():
        by = row.entry
        why = Worded("", by.opened.get("reason") or "") if by.opened.get("reason") else None
        return Note(redaction=Redaction(voice.person(by.actor), moment(by.recorded_at, by.zone), why))
    return Note(redaction=Redaction())


def _in_words(entry: Entry, voice: Voice) -> str | None:
    """Return in words what an entry's text says in codes: the containers of lots; None where it has none."""
    if entry.act != kit_lots.ACT or entry.study is None:
        return None
    rules = voice.protocol(entry.study)
    lots = kit_lots.lines(entry.opened.get("lots")).values()
    told = [
        f"{voice.named(rules, 'container', lot.container).word}: {lot.number}"
        + (f", {voice.say('lot_expires')} {lot.month}" if lot.expires else "")
        for lot in lots
    ]
    return "\n".join(told) or None


def redactions(found: Iterable[Event]) -> int:
    """Count the texts that were redacted."""
    return sum(1 for event in found if event.note and event.note.redaction)


def corrections(facts: Facts, voice: Voice) -> Iterator[Correction]:
    """Yield each fact that a correction changed, before and after."""
    for history in facts.histories:
        undone = {row.entry.facts["operation"] for row in history.rows if row.entry.act == fold.UNDONE}
        redacted = redacted_by(history.rows)
        for row in history.rows:
            entry = row.entry
            if entry.act != fold.CORRECTED or entry.operation in undone:
                continue
            for name, change in entry.facts["changes"].items():
                yield Correction(
                    by_event=row.number,
                    of_event=facts.numbers.get(entry.replaces or "", 0),
                    subject=entry.code,
                    field=voice.field(name),
                    before=_value(name, change["old"], entry, voice),
                    after=_value(name, change["new"], entry, voice),
                    who=voice.person(entry.actor),
                    at=happened(entry),
                    reason=voice.reason(entry.study, entry.reason),
                    note=note_of(entry, redacted.get(entry.id, {}), voice),
                )


def _value(name: str, value: Any, entry: Entry, voice: Voice) -> Worded:
    if name == "happened_at" and isinstance(value, int):
        return Worded(str(value), say_full(moment(value, entry.zone), voice.language))
    if name == "reason_code":
        return voice.reason(entry.study, value) or voice.value(None)
    return voice.value(value)


def gaps(facts: Facts, voice: Voice) -> Iterator[Gap]:
    """Yield the stretches that were longer than their limit, and what was written down late."""
    for history in facts.histories:
        yield from _gaps(history, facts, voice)


def _gaps(history: History, facts: Facts, voice: Voice) -> Iterator[Gap]:
    last: Entry | None = None
    code = history.specimen.code
    for entry in sorted(history.counted, key=lambda each: (each.happened_at, each.seq)):
        number = facts.numbers[entry.id]
        if entry.recorded_at - entry.happened_at > LATE_ENTRY_MS:
            late = (entry.recorded_at - entry.happened_at) // _MINUTE_MS
            yield Gap(code, number, None, voice.word(LATE_ENTRY), late, LATE_ENTRY_MS // _MINUTE_MS)
        if last is not None:
            status = history.states[last.id].status
            minutes = gap_minutes(status, last.happened_at, entry.happened_at)
            if minutes is not None:
                limit = LIMIT_MINUTES[Status(status)]
                what = voice.word(f"gap_{status}")
                yield Gap(code, facts.numbers[last.id], number, what, minutes, limit)
        last = entry


def near_misses(facts: Facts, voice: Voice) -> Iterator[NearMiss]:
    """Yield the refused scans; never what the scanner picked up."""
    for row in facts.near_misses:
        entry = row.entry
        station = facts.names.get(entry.station, entry.station) if entry.station else None
        yield NearMiss(
            at=happened(entry),
            who=voice.person(entry.actor),
            refusal=voice.refusal(entry.facts["refusal"]),
            station=station,
            subject=entry.facts.get("subject"),
            read=entry.facts.get("read"),
        )

"""What happened to one specimen, step by step: who, where, from whom to whom, how long after the step before."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import select

from specimens.domain import fold
from specimens.domain.entry import Entry
from specimens.domain.gap import LIMIT_MINUTES, gap_minutes
from specimens.domain.identifiers import printed
from specimens.domain.moments import LATE_ENTRY_MS
from specimens.domain.specimen import Specimen
from specimens.domain.terms import ENDED, Kind, Role, Status
from specimens.models.base import db
from specimens.models.ledger import LedgerEntry
from specimens.services.entries import entries_of, sealed_word
from specimens.services.hands import names_of
from specimens.services.row import table_of

#: A fact that was recorded this much later than it happened says so.


@dataclass(frozen=True, slots=True)
class Change:
    """A fact that a correction changed; values are codes, numbers, or instants (ms, UTC) for `happened_at`."""

    field: str
    old: Any
    new: Any


@dataclass(frozen=True, slots=True)
class Gap:
    """A stretch without an entry that was longer than the limit of the status it was in. In minutes."""

    status: str
    minutes: int
    limit_minutes: int


@dataclass(frozen=True, slots=True)
class Step:
    """One entry of a specimen as the timeline shows it.

    `since_ms` is the time since the step before; `gap` lies before this step; `struck` is `undone` or `corrected` and
    `struck_by` the number of the entry that did it; `of` is the number of the entry that a correction replaces.
    `moved_from`/`moved_to` are (custodian, place, position) where one of them changed. Instants in ms UTC.
    """

    seq: int
    entry: str
    operation: str
    act: str
    happened_at: int
    happened_by: str
    recorded_at: int
    who: str
    role: str
    user: str
    performed_by: str | None
    site: str | None
    station: str | None
    mode: str
    reason: str | None
    note: str | None
    facts: Mapping[str, Any]
    hash: str
    moved_from: tuple[str | None, str | None, str | None] | None = None
    moved_to: tuple[str | None, str | None, str | None] | None = None
    since_ms: int | None = None
    gap: Gap | None = None
    struck: str | None = None
    struck_by: int | None = None
    of: int | None = None
    changes: tuple[Change, ...] = ()

    @property
    def late_entry(self) -> bool:
        """Say whether it was recorded well after it happened."""
        return self.recorded_at - self.happened_at > LATE_ENTRY_MS


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of time in one state with one custodian (None: nobody), from the entry with the number `seq` on.

    `since` and `until` are instants (ms, UTC); `gap` where it was longer than its limit; `last` for that which is
    still going on, or after which nothing follows.
    """

    seq: int
    custodian: str | None
    status: str
    since: int
    until: int
    gap: Gap | None = None
    last: bool = False


@dataclass(frozen=True, slots=True)
class Timeline:
    """The steps of a specimen, oldest first, and the gap that is running now, if one is.

    `names` holds the names of the people, stations and storage units that the steps speak of, by code. `spans` say who
    had it when, without holes, from the first custodian until now or until it ended.
    """

    steps: tuple[Step, ...]
    running_gap: Gap | None
    names: Mapping[str, str]
    spans: tuple[Span, ...] = ()


def timeline(specimen: Specimen, now: int, *, texts: bool) -> Timeline:
    """Return the timeline of a specimen, with the free text of reasons where *texts*; the caller has asked both.

    To a seat a text shows as sealed, to others who read none it does not show.
    """
    entries = entries_of(db.session(), Kind.SPECIMEN, specimen.code)
    hashes = _hashes(specimen.code)
    counted = {entry.id: entry for entry in fold.effective(entries)}
    moves = _moves(list(counted.values()))
    struck = _struck(entries)
    steps = [_step(entry, hashes[entry.seq], moves, struck, entries) for entry in entries]
    steps.sort(key=lambda step: (step.happened_at, step.seq))
    spaced = _spaced(steps, counted, moves)
    last = max((counted[step.entry].happened_at for step in steps if step.entry in counted), default=now)
    running = None if specimen.status in ENDED else _gap(specimen.status, last, now)
    names = _names(steps)
    shown = tuple(step if texts or not step.note else replace(step, note=sealed_word()) for step in spaced)
    shown = tuple(
        replace(step, who=names.get(step.user, printed(step.user))) if step.role == Role.OUTSIDE else step
        for step in shown
    )
    return Timeline(shown, running, names, _spans(counted, moves, now))


def _hashes(code: str) -> dict[int, str]:
    rows = db.session.execute(
        select(LedgerEntry.seq, LedgerEntry.hash).where(
            LedgerEntry.subject_kind == str(Kind.SPECIMEN), LedgerEntry.subject_code == code
        )
    )
    return {row.seq: row.hash.hex() for row in rows}


@dataclass(frozen=True, slots=True)
class _Move:
    before: Specimen | None
    after: Specimen


def _moves(entries: Iterable[Entry]) -> dict[str, _Move]:
    """Return entry id → the specimen before and after it, of the entries that count."""
    moves: dict[str, _Move] = {}
    state: Specimen | None = None
    for entry in entries:
        after: Specimen = fold.apply(Kind.SPECIMEN, state, entry)
        moves[entry.id] = _Move(state, after)
        state = after
    return moves


def _struck(entries: Iterable[Entry]) -> dict[str, tuple[str, int]]:
    """Return entry id → (`undone` or `corrected`, number of the entry that did it)."""
    every = list(entries)
    undone = {entry.facts["operation"]: entry.seq for entry in every if entry.act == fold.UNDONE}
    struck: dict[str, tuple[str, int]] = {}
    for entry in every:
        if entry.act == fold.CORRECTED and entry.replaces and entry.operation not in undone:
            struck[entry.replaces] = (fold.CORRECTED, entry.seq)
    for entry in every:
        if entry.operation in undone and entry.act != fold.UNDONE:
            struck[entry.id] = (fold.UNDONE, undone[entry.operation])
    return struck


def _where(specimen: Specimen | None) -> tuple[str | None, str | None, str | None]:
    return (specimen.custodian, specimen.place, specimen.position) if specimen else (None, None, None)


def _step(
    entry: Entry,
    digest: str,
    moves: Mapping[str, _Move],
    struck: Mapping[str, tuple[str, int]],
    entries: Iterable[Entry],
) -> Step:
    how, by = struck.get(entry.id, (None, None))
    move = moves.get(entry.id)
    moved = move is not None and _where(move.before) != _where(move.after)
    replaced = next((each.seq for each in entries if each.id == entry.replaces), None)
    return Step(
        seq=entry.seq,
        entry=entry.id,
        operation=entry.operation,
        act=entry.act,
        happened_at=entry.happened_at,
        happened_by=entry.happened_by,
        recorded_at=entry.recorded_at,
        who=entry.actor["name"],
        role=entry.actor["role"],
        user=entry.actor["user"],
        performed_by=entry.performed_by,
        site=entry.site,
        station=entry.station,
        mode=entry.mode,
        reason=entry.reason,
        note=entry.opened.get("reason"),
        facts=entry.facts,
        hash=digest,
        moved_from=_where(move.before) if move and moved else None,
        moved_to=_where(move.after) if move and moved else None,
        struck=how,
        struck_by=by,
        of=replaced,
        changes=tuple(
            Change(name, said["old"], said["new"]) for name, said in entry.facts.get("changes", {}).items()
        ),
    )


def _spaced(
    steps: Iterable[Step], counted: Mapping[str, Entry], moves: Mapping[str, _Move]
) -> Iterable[Step]:
    """Put the time since the step before to each step, and the gap where there is one; what does not count is no end
    of a gap."""
    previous: int | None = None
    last: tuple[int, str] | None = None
    for step in steps:
        since = None if previous is None else step.happened_at - previous
        previous = step.happened_at
        gap = None
        if (entry := counted.get(step.entry)) is not None:
            if last is not None:
                gap = _gap(last[1], last[0], entry.happened_at)
            last = (entry.happened_at, moves[step.entry].after.status)
        yield replace(step, since_ms=since, gap=gap)


def _spans(counted: Mapping[str, Entry], moves: Mapping[str, _Move], now: int) -> tuple[Span, ...]:
    """Return who had it when, from the first custodian on; what does not count is left out."""
    entries = sorted(counted.values(), key=lambda entry: (entry.happened_at, entry.seq))
    spans: list[Span] = []
    for entry, following in zip(entries, [*entries[1:], None], strict=True):
        after = moves[entry.id].after
        if not spans and after.custodian is None:
            continue
        at = entry.happened_at
        until = following.happened_at if following else at if after.status in ENDED else max(now, at)
        gap = None if after.status in ENDED else _gap(after.status, at, until)
        spans.append(Span(entry.seq, after.custodian, after.status, at, until, gap, following is None))
    return tuple(spans)


def _gap(status: str, since: int, until: int) -> Gap | None:
    minutes = gap_minutes(status, since, until)
    return Gap(status, minutes, LIMIT_MINUTES[Status(status)]) if minutes is not None else None


def _names(steps: Iterable[Step]) -> dict[str, str]:
    codes: set[str] = set()
    for step in steps:
        codes |= {code for move in (step.moved_from, step.moved_to) if move for code in move[:2] if code}
        codes |= {code for code in (step.station, step.performed_by) if code}
        codes |= {code for name in ("witness", "at_place") if (code := step.facts.get(name))}
        if step.role == Role.OUTSIDE:
            codes.add(step.user)
    storage = table_of(Kind.STORAGE)
    places = db.session.execute(select(storage.c.code, storage.c.name).where(storage.c.code.in_(codes)))
    return {**names_of(codes), **{row.code: row.name for row in places}}

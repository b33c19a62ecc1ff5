"""From entries to a projection: the state of a subject is what its entries add up to.

A fact whose name is a field of the projection sets that field; what an act does beyond that stands in the noun's
own `after`. An undone operation is left out as if it had never been; a correction changes the facts of the entry
that it names and everything is added up again.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import MISSING, fields
from typing import Any

from specimens.domain import (
    badge,
    batch,
    clock_alarm,
    draw,
    finding,
    grant,
    handover,
    inventory,
    kit,
    login,
    near_miss,
    participant,
    pick,
    pool,
    printer,
    report,
    signature,
    signing_key,
    site,
    specimen,
    station,
    storage,
    study,
    transfer,
    user,
    visit,
)
from specimens.domain.changed import changed, values_of
from specimens.domain.entry import Entry
from specimens.domain.terms import Kind

#: Acts that change how earlier entries count, for every kind of subject.
UNDONE = "undone"
CORRECTED = "corrected"
REDACTED = "redacted"
#: After one of these everything is added up again: it changes what earlier entries say, and says nothing of its own.
RETROACTIVE = frozenset({UNDONE, CORRECTED, REDACTED})

State = Any
_After = Callable[[Any, Entry], Any]

#: Kind → (the projection's record, what its acts do beyond setting the fields that their facts name).
PROJECTIONS: dict[Kind, tuple[type, _After]] = {
    Kind.SITE: (site.Site, site.after),
    Kind.STATION: (station.Station, station.after),
    Kind.STORAGE: (storage.Storage, storage.after),
    Kind.USER: (user.User, user.after),
    Kind.GRANT: (grant.Grant, grant.after),
    Kind.PROTOCOL: (study.Study, study.after),
    Kind.PARTICIPANT: (participant.Participant, participant.after),
    Kind.VISIT: (visit.Visit, visit.after),
    Kind.KIT: (kit.Kit, kit.after),
    Kind.SPECIMEN: (specimen.Specimen, specimen.after),
    Kind.TRANSFER: (transfer.Transfer, transfer.after),
    Kind.HANDOVER: (handover.Handover, handover.after),
    Kind.BATCH: (batch.Batch, batch.after),
    Kind.REPORT: (report.Report, report.after),
    Kind.NEAR_MISS: (near_miss.NearMiss, near_miss.after),
    Kind.LOGIN: (login.Login, login.after),
    Kind.SIGNING_KEY: (signing_key.SigningKey, signing_key.after),
    Kind.SIGNATURE: (signature.Signature, signature.after),
    Kind.DRAW: (draw.Draw, draw.after),
    Kind.FINDING: (finding.Finding, finding.after),
    Kind.PRINTER: (printer.Printer, printer.after),
    Kind.POOL: (pool.Pool, pool.after),
    Kind.CLOCK_ALARM: (clock_alarm.ClockAlarm, clock_alarm.after),
    Kind.BADGE: (badge.Badge, badge.after),
    Kind.INVENTORY: (inventory.Inventory, inventory.after),
    Kind.PICK: (pick.Pick, pick.after),
}
#: Of these there are many: what grows in place, and what their acts do to it beyond the facts.
_GROWING: dict[Kind, tuple[Callable[[Mapping[str, Any]], Any], Callable[[Any, Entry], None]]] = {
    Kind.SPECIMEN: (specimen.growing, specimen.grow)
}
_FIELDS: dict[Kind, frozenset[str]] = {
    kind: frozenset(each.name for each in fields(record)) - {"code"}
    for kind, (record, _) in PROJECTIONS.items()
}


def _defaults(record: type) -> dict[str, Any]:
    made = {each.name: each.default for each in fields(record) if each.default is not MISSING}
    return made | {
        each.name: each.default_factory() for each in fields(record) if each.default_factory is not MISSING
    }


#: What a field is that no fact has set; nobody changes what stands here. And the fields that a fact must set.
_DEFAULTS: dict[Kind, dict[str, Any]] = {kind: _defaults(record) for kind, (record, _) in PROJECTIONS.items()}
_NEEDED: dict[Kind, frozenset[str]] = {kind: _FIELDS[kind] - _DEFAULTS[kind].keys() for kind in PROJECTIONS}


def _name(values: dict[str, Any], known: frozenset[str], entry: Entry) -> None:
    """Set those of *values* that the entry's facts and opened texts name, as far as they are *known* fields."""
    for name, value in entry.facts.items():
        if name in known:
            values[name] = _frozen(value) if type(value) is list else value
    for name, value in entry.opened.items():
        if name in known:
            values[name] = value


def _frozen(value: Any) -> Any:
    return tuple(_frozen(member) for member in value) if isinstance(value, list) else value


def apply(kind: Kind, state: State | None, entry: Entry) -> State:
    """Add one entry to a projection. Not for the `RETROACTIVE` acts: those need `fold`."""
    if state is None:
        state = PROJECTIONS[kind][0](**_begun(kind, entry))
    else:
        values: dict[str, Any] = {}
        _name(values, _FIELDS[kind], entry)
        if values:
            state = changed(state, values)
    return PROJECTIONS[kind][1](state, entry)


def _begun(kind: Kind, entry: Entry) -> dict[str, Any]:
    """Return the fields with which a subject begins, before what its act does beyond its facts.

    Raises:
        TypeError: where a fact is missing.
    """
    known, values = _FIELDS[kind], _DEFAULTS[kind].copy()
    if "study" in known:
        values["study"] = entry.study
    if "site" in known:
        values["site"] = entry.site
    values["code"] = entry.code
    _name(values, known, entry)
    if not _NEEDED[kind] <= values.keys():
        PROJECTIONS[kind][0](**values)  # says which
    return values


def effective(entries: Iterable[Entry]) -> list[Entry]:
    """Return the entries that count, with their facts as corrected.

    `undone` names an operation (`facts.operation`); `corrected` names an entry (`replaces`) and gives
    `facts.changes`, field → {"old", "new"}; the field `happened_at` changes the time of the act.
    """
    every = entries if isinstance(entries, list) else list(entries)
    if RETROACTIVE.isdisjoint([entry.act for entry in every]):
        return every
    undone = {entry.facts["operation"] for entry in every if entry.act == UNDONE}
    changes: dict[str, dict[str, Any]] = {}
    for entry in every:
        if entry.act == CORRECTED and entry.replaces and entry.operation not in undone:
            new = changes.setdefault(entry.replaces, {})
            new.update({name: change["new"] for name, change in entry.facts["changes"].items()})
            new.update(entry.opened)
    counted = []
    for entry in every:
        if entry.act in RETROACTIVE or entry.operation in undone:
            continue
        counted.append(_corrected(entry, changes[entry.id]) if entry.id in changes else entry)
    return counted


def _corrected(entry: Entry, new: Mapping[str, Any]) -> Entry:
    values = dict(new)
    happened_at = values.pop("happened_at", entry.happened_at)
    reason = values.pop("reason_code", entry.reason)
    values.pop("reason", None)  # why it was corrected belongs to the correction
    opened = {**entry.opened, **{name: values.pop(name) for name in list(values) if name in entry.opened}}
    return entry._replace(
        happened_at=happened_at, reason=reason, opened=opened, facts={**entry.facts, **values}
    )


def fold(kind: Kind, entries: Iterable[Entry]) -> State | None:
    """Return the projection that *entries* (oldest first) add up to; None if nothing counts."""
    values = added_up(kind, list(entries))
    return None if values is None else PROJECTIONS[kind][0](**values)


def added_up(kind: Kind, entries: Sequence[Entry]) -> Mapping[str, Any] | None:
    """Return the fields of the projection that *entries* (oldest first) add up to; None if nothing counts."""
    counted = effective(entries)
    if not counted:
        return None
    if kind not in _GROWING:
        state = None
        for entry in counted:
            state = apply(kind, state, entry)
        return values_of(state)
    # A record is made once, by whoever needs one: until then it grows in place.
    known, (growing, grow) = _FIELDS[kind], _GROWING[kind]
    state = growing(_begun(kind, counted[0]))
    grow(state, counted[0])
    values: dict[str, Any] = state.__dict__
    for entry in counted[1:]:
        if entry.facts or entry.opened:
            _name(values, known, entry)
        grow(state, entry)
    return values

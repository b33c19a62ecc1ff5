"""Differences: what was listed and is not there, what is there and was not listed, each with an owner and an age."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, Text, and_, literal_column, or_, type_coerce

from specimens.domain.access import Actor, Permission
from specimens.domain.errors import BadInput, Refused
from specimens.domain.specimen import Specimen
from specimens.domain.terms import ENDED, Hold, Kind, Status
from specimens.domain.transfer import RESOLUTIONS, Transfer
from specimens.models.base import db
from specimens.models.specimen import SpecimenRow
from specimens.services import tenancy
from specimens.services.hands import check, here, listed, names_of, noted, permit, specimens_in, tube
from specimens.services.record import Operation
from specimens.services.request import perform
from specimens.services.row import state_of, table_of
from specimens.services.scan import specimen_now

#: Kind of difference → the ways in which it is resolved here, and whose it is.
_WAYS: dict[str, tuple[str, ...]] = {
    "missing": ("found", "lost"),
    "extra": ("linked",),
    "quarantined": (),
    "uncollected": (),
}


@dataclass(frozen=True, slots=True)
class Difference:
    """One open difference. `kind`: missing, extra, quarantined, uncollected. Instants in ms UTC."""

    kind: str
    specimen: Specimen
    since: int
    age_ms: int
    owner: str
    ways: tuple[str, ...]


def kind_of(specimen: Specimen) -> str | None:
    """Say what is open about a specimen, or None."""
    if specimen.status == Status.MISSING:
        return "missing"
    if specimen.status in ENDED:
        return None
    moments = specimen.moments
    if Hold.QUARANTINE in specimen.holds:
        return "extra" if "received_extra" in moments and "linked" not in moments else "quarantined"
    if "received_without_release" in moments and specimen.collected_at is None:
        return "uncollected"
    return None


_SINCE = {
    "missing": ("reported_missing",),
    "extra": ("received_extra",),
    "quarantined": ("quarantined", "received_in_quarantine", "duplicate_found", "derived"),
    "uncollected": ("received_without_release",),
}


def of_transfer(actor: Actor, code: str, now: int) -> tuple[Transfer, tuple[Difference, ...]]:
    """Return a transfer and what is still open about it, oldest first; raises NotFound."""
    permit(actor, Permission.TRANSFER_READ)
    transfer: Transfer = tenancy.load(Kind.TRANSFER, code, actor)
    found = specimens_in(db.session, [*transfer.lines, *transfer.extras])
    return transfer, _told(list(found.values()), now)


def marked() -> ColumnElement[bool]:
    """Return what the index of marked specimens covers: few of many have a flag or a hold."""
    return or_(SpecimenRow.flags != literal_column("'[]'"), SpecimenRow.holds != literal_column("'[]'"))


def held_for(hold: Hold) -> ColumnElement[bool]:
    """Return the condition under which a row of `specimen` has a hold."""
    return and_(marked(), type_coerce(SpecimenRow.holds, Text).contains(f'"{hold}"'))


def is_difference() -> ColumnElement[bool]:
    """Return the condition under which something is open about a row of `specimen`, as `kind_of` says it."""
    uncollected = and_(
        SpecimenRow.collected_at.is_(None),
        SpecimenRow.level == 0,
        SpecimenRow.status.in_([str(Status.RECEIVED), str(Status.IN_PROCESSING), str(Status.STORED)]),
    )
    set_aside = and_(held_for(Hold.QUARANTINE), SpecimenRow.status.not_in([str(end) for end in ENDED]))
    return or_(SpecimenRow.status == str(Status.MISSING), set_aside, uncollected)


def open_everywhere(actor: Actor, now: int, limit: int = 500) -> tuple[Difference, ...]:
    """Return what is open at the sites of the actor, oldest first."""
    permit(actor, Permission.TRANSFER_READ)
    return _told(listed(tenancy.visible_specimens(actor), is_difference(), limit=limit), now)


def _told(specimens: list[Specimen], now: int) -> tuple[Difference, ...]:
    wanted = [(each, kind) for each in specimens if (kind := kind_of(each)) is not None]
    senders = _senders([each for each, kind in wanted if kind == "missing"])
    custodians = names_of([each.custodian for each, _ in wanted] + list(senders.values()))
    found = []
    for specimen, kind in wanted:
        since = max((specimen.moments[act] for act in _SINCE[kind] if act in specimen.moments), default=now)
        who = senders.get(specimen.code) if kind == "missing" else specimen.custodian
        owner = {"quarantined": "investigator", "uncollected": "nurse"}.get(kind) or custodians.get(
            who or "", ""
        )
        found.append(Difference(kind, specimen, since, max(0, now - since), owner, _WAYS[kind]))
    return tuple(sorted(found, key=lambda each: (each.since, each.specimen.code)))


def _senders(missing: list[Specimen]) -> dict[str, str]:
    """Return who released each missing tube: that person knows most about where it can be."""
    lists = {each.transfer for each in missing if each.transfer}
    if not lists:
        return {}
    table = table_of(Kind.TRANSFER)
    rows = db.session.execute(table.select().where(table.c.code.in_(lists))).mappings()
    released = {row["code"]: state_of(Kind.TRANSFER, row).released_by for row in rows}
    return {each.code: released.get(each.transfer or "") or "" for each in missing}


def resolve(
    actor: Actor, specimen: str, how: str, reason: str, *, note: str = "", key: str | None = None
) -> Specimen:
    """Resolve a difference: a missing tube was *found* or is *lost*; an extra one is *linked* to where it belongs.

    Linking takes the quarantine off that the tube got for being extra, not one that it had before: that is the
    investigator's to lift. A tube that was given up as lost can still be found.

    Raises:
        BadInput: fields `how`, `reason`, `reason_note`.
        Refused: `nothing_to_resolve`, or what the table of acts says.
    """
    permit(actor, Permission.TRANSFER_RECEIVE)
    if how not in RESOLUTIONS:
        raise BadInput("form_incomplete", {"how": "resolution_needed"})
    if reason not in RESOLUTIONS[how]:
        raise BadInput("form_incomplete", {"reason": "reason_needed"})
    note = noted(note)

    def work(op: Operation) -> str:
        held = tube(op, specimen)
        kind = kind_of(held)
        late_find = how == "found" and held.status == Status.LOST
        if not late_find and (kind is None or how not in _WAYS[kind]):
            raise Refused("nothing_to_resolve", code=specimen)
        check(op, how, held, reason=reason)
        facts: dict[str, object] = {**here(actor), "ended_reason": None} if how == "found" else {}
        if how == "linked" and not _set_aside_before(held):
            facts = {"holds": [each for each in held.holds if each != Hold.QUARANTINE]}
        op.append(Kind.SPECIMEN, specimen, how, facts=facts, reason=reason, sealed={"note": note})
        return specimen

    asked = {"act": "resolve", "specimen": specimen, "how": how, "reason": reason, "note": note}
    return specimen_now(perform(actor, key, asked, work))


def _set_aside_before(extra: Specimen) -> bool:
    """Say whether an extra tube was in quarantine for another reason than being extra."""
    moments = extra.moments
    return "quarantined" in moments or "received_in_quarantine" in moments

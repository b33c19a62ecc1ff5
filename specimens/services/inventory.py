"""An inventory check of a box: scan the box, then every tube in it; what differs from the map is said and kept.

Nothing is moved by it. A check is left half-way and gone on with at the same box, by anybody of the site; it is
closed once every tube that the map has there was seen, or somebody said what became of it.
"""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, select

from specimens.domain.access import Actor, Permission
from specimens.domain.entry import Entry
from specimens.domain.errors import BadInput, NotFound, NotPermitted, Refused
from specimens.domain.identifiers import COMMANDS, ScanText
from specimens.domain.inventory import NOT_SEEN, Finding, Inventory, InventoryState, finding_of
from specimens.domain.specimen import Specimen
from specimens.domain.storage import Storage
from specimens.domain.terms import Kind, Mode, Status
from specimens.models.base import db
from specimens.models.inventory import InventoryRow
from specimens.models.specimen import SpecimenRow
from specimens.services import scan, tenancy
from specimens.services.entries import entries_of
from specimens.services.hands import Stop, check, noted, permit, scanning, seen, tube
from specimens.services.receipt import MISSING
from specimens.services.record import Operation
from specimens.services.request import perform
from specimens.services.row import state_now
from specimens.services.scan import ScanOutcome
from specimens.services.storage import must_be_a_tube
from specimens.services.study import protocol_of
from specimens.services.undo import UNDO_MINUTES, take_back

#: What says where a tube was put, taken to, or last looked for.
_MOVES = (
    "stored", "moved", "retrieved", "accepted", "accepted_with_deviation", "received_in_quarantine", "returned",
    "reported_missing", "found", "lost", "shipped", "destroyed", "used_up", "released",
)  # fmt: skip
_LINE = ("tube_seen", "tube_not_seen")


def open_check(actor: Actor, box: str) -> Inventory | None:
    """Return the check of a box that goes on, for reading; None where none does."""
    code = db.session.execute(_open(actor, box)).scalar()
    return state_now(Kind.INVENTORY, code) if code else None


def _open(actor: Actor, box: str) -> Any:
    return select(InventoryRow.code).where(
        InventoryRow.box == box,
        InventoryRow.study == actor.study,
        InventoryRow.state == str(InventoryState.OPEN),
    )


def _mapped(actor: Actor, box: str) -> tuple[ColumnElement[bool], ...]:
    """Return the conditions of the specimens that the map has in a box, as far as this person sees them."""
    return SpecimenRow.place == box, SpecimenRow.study == actor.study, tenancy.visible_specimens(actor)


def outstanding(session: Any, actor: Actor, held: Inventory) -> list[str]:
    """Return the specimens that the map has in the box and nobody has seen there, by identifier."""
    rows = session.execute(
        select(SpecimenRow.code).where(*_mapped(actor, held.box)).order_by(SpecimenRow.code)
    )
    return [code for code in rows.scalars() if code not in held.judged]


def scan_in(
    actor: Actor,
    box: str,
    raw: str,
    *,
    check: str = "",
    well: str | None = None,
    key: str | None = None,
    mode: str = Mode.SCAN,
) -> ScanOutcome:
    """Take one scan of a check: the box begins it, a tube is compared with the map, FINISH closes it.

    *check* is the one that the page was made for, empty where none was open. *well*: where the tube stands, as far as
    a picture or a rack reader says so.
    """
    permit(actor, Permission.STORE)
    check = _of_this_box(check, box)
    well = well.strip().upper() if well else None

    def act(op: Operation, text: ScanText) -> ScanOutcome:
        unit = _box(op, box)
        code = op.session.execute(_open(actor, box)).scalar()
        if text.code == box:
            return _begin(op, unit, code)
        if code is None or (check and check != code):
            raise Stop("check_is_closed" if check else "check_scan_box", verdict=scan.CHECK, unit=unit.name)
        if COMMANDS.get(text.code) == "FINISH":
            return _finish(op, _still_open(op, code, unit), unit, text.code)
        if text.code in COMMANDS:
            raise Stop("command_not_here", word=COMMANDS[text.code])
        _must_be_a_tube(op, text.code, unit)
        op.lock([(Kind.INVENTORY, code), (Kind.SPECIMEN, text.code)])
        return _seen(op, _still_open(op, code, unit), unit, tube(op, text.code), well)

    what = {"act": "check_box", "well": well, "box": box}
    return scanning(actor, raw, act, key=key, what=what, subject=check or box, mode=mode, commands=True)


def _of_this_box(check: str, box: str) -> str:
    """Return the identifier of a check as a page sent it, or nothing where it names no check of this box."""
    held: Inventory | None = state_now(Kind.INVENTORY, check) if check else None
    return check if held and held.box == box else ""


def _still_open(op: Operation, code: str, unit: Storage) -> Inventory:
    """Return a check, locked; a colleague may have finished it while this operation waited for it."""
    held: Inventory = op.load(Kind.INVENTORY, code)
    if held.state == InventoryState.CLOSED:
        raise Stop("check_is_closed", verdict=scan.CHECK, unit=unit.name)
    return held


def _must_be_a_tube(op: Operation, code: str, unit: Storage) -> None:
    """Raise `Stop` for what is no tube; another box says that this one goes on."""
    try:
        must_be_a_tube(op, code)
    except Stop as stop:
        if stop.code == "a_unit_not_a_tube":
            raise Stop("not_this_box", unit=unit.name) from stop
        raise


def _box(op: Operation, code: str) -> Storage:
    unit: Storage | None = state_now(Kind.STORAGE, code)
    if unit is None or not tenancy.sees(Kind.STORAGE, unit, op.actor):
        raise NotFound("unknown_storage")
    if not tenancy.own_site(op.actor, unit.site):
        raise NotPermitted("not_permitted")
    if not unit.rows:
        raise Stop("not_a_box", unit=unit.name)
    return unit


def _begin(op: Operation, unit: Storage, code: str | None) -> ScanOutcome:
    # Of two people who begin at once the second waits here, and goes on with the check of the first.
    op.load(Kind.STORAGE, unit.code)
    code = code or op.session.execute(_open(op.actor, unit.code)).scalar()
    if code is None:
        facts = {"study": op.actor.study, "site": unit.site, "box": unit.code}
        held: Inventory = op.create(
            Kind.INVENTORY, "check_opened", facts=facts, study=op.actor.study, site=unit.site
        )
        left = outstanding(op.session, op.actor, held)
        return ScanOutcome(
            scan.OK, "check_begun", {"unit": unit.name, "count": len(left), "code": unit.code}, unit.code
        )
    held = op.load(Kind.INVENTORY, code)
    left = outstanding(op.session, op.actor, held)
    told = {"unit": unit.name, "count": len(left), "code": unit.code}
    return ScanOutcome(scan.ALREADY, "check_goes_on", told, unit.code)


def _seen(op: Operation, held: Inventory, unit: Storage, specimen: Specimen, well: str | None) -> ScanOutcome:
    code = specimen.code
    if specimen.label_retired:
        raise Stop("label_not_scanned_back")
    found = finding_of(specimen, unit.code, well)
    if found is None or specimen.study != held.study:
        raise Stop("no_business_here", unit=unit.name, status=specimen.status)
    known = held.lines.get(code)
    again = known == found or (known == Finding.OTHER_WELL and found is Finding.HERE and not well)
    if again and (not well or held.wells.get(code) in (None, well)):
        raise Stop("already_seen", verdict=scan.ALREADY, unit=unit.name)
    facts = {
        "specimen": code, "finding": str(found), "well": well, "map_place": specimen.place,
        "map_well": specimen.position, "map_status": specimen.status,
    }  # fmt: skip
    after: Inventory = op.append(Kind.INVENTORY, held.code, "tube_seen", facts=facts)
    left = outstanding(op.session, op.actor, after)
    told: dict[str, Any] = {
        "code": code, "unit": unit.name, "well": specimen.position or "–", "count": len(after.judged),
        "total": len(after.judged) + len(left), "saved": True,
    }  # fmt: skip
    if found is Finding.HERE:
        return ScanOutcome(scan.OK, "seen_in_place", told, code, specimen)
    told |= scan.last_act(op, code, _MOVES)
    if found is Finding.OTHER_WELL:
        told["seen_well"] = well
        return ScanOutcome(scan.CHECK, "seen_in_other_well", told, code, specimen)
    if specimen.status == Status.STORED and specimen.place:
        told["unit"] = _named(specimen.place)
        return ScanOutcome(scan.CHECK, "seen_belongs_elsewhere", told, code, specimen)
    told["status"] = specimen.status
    sentence = "seen_was_missing" if specimen.status == Status.MISSING else "seen_not_stored"
    return ScanOutcome(scan.CHECK, sentence, told, code, specimen)


def _named(unit: str) -> str:
    """Return a unit in words, from outside to inside."""
    names: list[str] = []
    code: str | None = unit
    while code is not None and len(names) < 8:
        state: Storage = state_now(Kind.STORAGE, code)
        names.insert(0, state.name)
        code = state.parent
    return " › ".join(names)


def _finish(op: Operation, held: Inventory, unit: Storage, read: str) -> ScanOutcome:
    if left := outstanding(op.session, op.actor, held):
        raise Stop("check_lines_open", verdict=scan.CHECK, unit=unit.name, count=len(left), code=left[0])
    facts = {
        "seen": list(held.found(Finding.HERE, Finding.OTHER_WELL)),
        "misplaced": list(held.found(Finding.MISPLACED, Finding.OTHER_WELL)),
        "missing": list(held.found(Finding.MISSING)),
        "elsewhere": list(held.found(Finding.ELSEWHERE)),
    }
    op.append(Kind.INVENTORY, held.code, "check_closed", facts=facts)
    told = {"unit": unit.name, **{name: len(codes) for name, codes in facts.items()}}
    worry = facts["misplaced"] or facts["missing"] or facts["elsewhere"]
    sentence = "check_closed_differs" if worry else "check_closed_ok"
    return ScanOutcome(scan.OK, sentence, told, read)


def _going_on(op: Operation, box: str) -> tuple[Storage, Inventory]:
    """Return a box and its open check, locked; raises Refused."""
    try:
        unit = _box(op, box)
    except Stop as stop:
        raise Refused(stop.code, **stop.facts) from stop
    code = op.session.execute(_open(op.actor, box)).scalar()
    held: Inventory | None = seen(op, Kind.INVENTORY, code) if code else None
    if held is None or held.state == InventoryState.CLOSED:
        raise Refused("check_is_closed", unit=unit.name)
    return unit, held


def not_seen(
    actor: Actor,
    box: str,
    specimens: Iterable[str],
    finding: str,
    *,
    note: str = "",
    key: str | None = None,
) -> str:
    """Say what became of tubes that are not in the box: missing (a difference to resolve), or seen elsewhere.

    Where they were seen is said in words in *note*; nothing is moved by it. Returns the code of the check.

    Raises:
        BadInput: fields `specimens`, `finding`, `note`.
        Refused: `check_is_closed`, `not_outstanding`, or what the table of acts says.
    """
    permit(actor, Permission.STORE)
    codes = sorted(set(specimens))
    wrong: dict[str, str] = {}
    if not codes:
        wrong["specimens"] = "choose_not_seen"
    if finding not in NOT_SEEN:
        wrong["finding"] = "choose_one"
    if finding == Finding.ELSEWHERE and not note.strip():
        wrong["note"] = "say_where_seen"
    if wrong:
        raise BadInput("form_incomplete", wrong)
    said = noted(note, "note")

    def work(op: Operation) -> str:
        _unit, held = _going_on(op, box)
        left = set(outstanding(op.session, actor, held))
        if strange := [code for code in codes if code not in left]:
            raise Refused("not_outstanding", code=strange[0])
        if finding == Finding.MISSING:
            op.lock((Kind.SPECIMEN, code) for code in codes)
            for code in codes:
                check(op, "reported_missing", op.load(Kind.SPECIMEN, code), reason=MISSING)
        for code in codes:
            specimen: Specimen = op.load(Kind.SPECIMEN, code)
            facts = {
                "specimen": code, "finding": str(Finding(finding)), "map_place": specimen.place,
                "map_well": specimen.position,
            }  # fmt: skip
            if finding == Finding.MISSING:
                op.append(
                    Kind.SPECIMEN, code, "reported_missing", reason=MISSING, facts={"from_check": held.code},
                    sealed={"note": said},
                )  # fmt: skip
            op.append(Kind.INVENTORY, held.code, "tube_not_seen", facts=facts, sealed={"note": said})
        return held.code

    asked = {"act": "not_seen", "box": box, "specimens": codes, "finding": finding, "note": said}
    return str(perform(actor, key, asked, work))


def close(actor: Actor, box: str, *, key: str | None = None) -> ScanOutcome:
    """Finish the open check of a box with a button; raises Refused `check_lines_open`, `check_is_closed`."""
    permit(actor, Permission.STORE)

    def work(op: Operation) -> dict[str, Any]:
        unit, held = _going_on(op, box)
        try:
            return _finish(op, held, unit, box).plain()
        except Stop as stop:
            raise Refused(stop.code, **stop.facts) from stop

    return scan.revived(perform(actor, key, {"act": "close_check", "box": box}, work))


def take_line_back(
    actor: Actor,
    box: str,
    raw: str,
    *,
    reason: str = "",
    check: str = "",
    key: str | None = None,
    mode: str = Mode.SCAN,
) -> ScanOutcome:
    """Take one's own finding about a tube back, at the same station, within `UNDO_MINUTES`; asks for a reason."""
    permit(actor, Permission.STORE)
    check = _of_this_box(check, box)

    def act(op: Operation, text: ScanText) -> ScanOutcome:
        unit, held = _going_on(op, box)
        last = _last_line(op, held, text.code)
        if last is None:
            raise Stop("nothing_to_undo")
        if last.actor["user"] != actor.user or last.station != actor.station:
            raise Stop("not_your_act", who=last.actor["name"])
        if op.now - last.recorded_at > UNDO_MINUTES * 60_000:
            raise Stop("too_late_to_undo", minutes=UNDO_MINUTES)
        facts = {"code": text.code, "act": last.act, "unit": unit.name}
        if reason not in {each.code for each in protocol_of(actor.study).reasons_for("undo")}:
            return ScanOutcome(scan.CHECK, "undo_reason", facts, text.code, None, text.code, "undo")
        try:
            take_back(op, last.operation, reason)
        except scan.Stop as stop:  # what came after it on the tube itself
            raise Stop(stop.refusal.code, **stop.refusal.facts) from stop
        return ScanOutcome(scan.OK, "undone_ok", facts, text.code)

    what = {"act": "undo_check_line", "reason": reason, "box": box}
    return scanning(actor, raw, act, key=key, what=what, subject=check or box, mode=mode)


def _last_line(op: Operation, held: Inventory, code: str) -> Entry | None:
    """Return the last entry of a check about a tube that still counts."""
    entries = entries_of(op.session, Kind.INVENTORY, held.code)
    undone = {entry.facts["operation"] for entry in entries if entry.act == "undone"}
    mine = [
        entry
        for entry in entries
        if entry.act in _LINE and entry.facts.get("specimen") == code and entry.operation not in undone
    ]
    return mine[-1] if mine else None

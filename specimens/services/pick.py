"""Pick lists: what to take out of storage and why; each tube is scanned out, or somebody says why not.

Taking out is the everyday act on the tube (`services/storage.py`); the list only knows what became of its lines.
Two people may work on one list.
"""

import re
from collections.abc import Iterable
from typing import Any

from specimens.domain.access import Actor, Permission
from specimens.domain.errors import BadInput, Refused
from specimens.domain.identifiers import COMMANDS, ScanText, printed, read_scan
from specimens.domain.pick import REASONS, Pick, Picked, PickState
from specimens.domain.specimen import Specimen
from specimens.domain.storage import Storage
from specimens.domain.terms import Kind, Mode, Status
from specimens.models.base import db
from specimens.services import scan, tenancy
from specimens.services.hands import (
    Stop,
    ask,
    check,
    held_here,
    noted,
    permit,
    scanning,
    seen,
    specimens_in,
    tube,
)
from specimens.services.record import Operation
from specimens.services.request import perform
from specimens.services.row import state_now
from specimens.services.scan import ScanOutcome
from specimens.services.storage import must_be_a_tube, take_out, why_taken

#: More than this is no walk to the freezer.
MOST_LINES = 200
#: What can be typed at most: each identifier with its space and a separator, and some to spare.
LONGEST = MOST_LINES * 16
_SHOWN = 5


def read_codes(text: str) -> tuple[str, ...]:
    """Return the identifiers in what was typed, scanned or pasted, each once; printed `C4K7 N2XD` or without the space.

    Raises:
        BadInput: field `specimens` with what cannot be read.
    """
    if len(text) > LONGEST:
        raise BadInput("form_incomplete", {"specimens": "pick_too_long"}, most=MOST_LINES)
    found: dict[str, None] = {}
    wrong: list[str] = []
    for piece in re.split(r"[\r\n,;\t]+", text):
        words = re.sub(r"\b([0-9A-Za-z]{4}) +([0-9A-Za-z]{4})\b", r"\1\2", piece).split()
        for word in words:
            try:
                found[read_scan(word).code] = None
            except BadInput:
                wrong.append(word[:24])
    if wrong:
        raise BadInput("form_incomplete", {"specimens": "pick_unreadable"}, codes=_named(wrong))
    return tuple(found)


def _named(codes: list[str]) -> str:
    shown = ", ".join(printed(code) for code in codes[:_SHOWN])
    return f"{shown}, …" if len(codes) > _SHOWN else shown


def make(
    actor: Actor, specimens: Iterable[str], purpose: str, *, note: str = "", key: str | None = None
) -> Pick:
    """Make a pick list of stored specimens, for a *purpose*: a reason for taking out that the protocol offers.

    Raises:
        BadInput: fields `specimens`, `reason`, `reason_note`.
    """
    permit(actor, Permission.STORE)
    said, why = why_taken(actor, purpose, note)
    codes = sorted(set(specimens))
    if not codes:
        raise BadInput("form_incomplete", {"specimens": "pick_nothing"})
    if len(codes) > MOST_LINES:
        raise BadInput("form_incomplete", {"specimens": "pick_too_long"}, most=MOST_LINES)
    known = specimens_in(db.session, codes)
    if strange := [code for code in codes if not _sees(actor, known.get(code))]:
        raise BadInput("form_incomplete", {"specimens": "pick_unknown"}, codes=_named(strange))
    if elsewhere := [
        code for code in codes if known[code].status != Status.STORED or not held_here(actor, known[code])
    ]:
        raise BadInput("form_incomplete", {"specimens": "pick_not_stored"}, codes=_named(elsewhere))

    def work(op: Operation) -> str:
        facts = {"study": actor.study, "site": actor.site, "purpose": why, "specimens": codes}
        made: Pick = op.create(Kind.PICK, "pick_listed", facts=facts, sealed={"note": said})
        return made.code

    asked = {"act": "make_pick", "specimens": codes, "purpose": why, "note": said}
    return pick_now(perform(actor, key, asked, work))


def _sees(actor: Actor, specimen: Specimen | None) -> bool:
    return specimen is not None and tenancy.sees(Kind.SPECIMEN, specimen, actor)


def pick_now(code: str) -> Pick:
    """Return a pick list as it is now."""
    found: Pick = state_now(Kind.PICK, code)
    return found


# ------------------------------------------------------------------------------------------------- scanning


def scan_out(
    actor: Actor, pick: str, raw: str, *, key: str | None = None, mode: str = Mode.SCAN
) -> ScanOutcome:
    """Take one tube of the list out by scanning it; FINISH closes the list."""
    permit(actor, Permission.STORE)

    def act(op: Operation, text: ScanText) -> ScanOutcome:
        held: Pick = seen(op, Kind.PICK, pick)
        if held.state == PickState.CLOSED:
            raise Stop("pick_is_closed", pick=pick)
        if text.code == pick:
            raise Stop("pick_scan_tubes", verdict=scan.CHECK)
        if COMMANDS.get(text.code) == "FINISH":
            return _finish(op, held, text.code)
        if text.code in COMMANDS:
            raise Stop("command_not_here", word=COMMANDS[text.code])
        must_be_a_tube(op, text.code)
        specimen = tube(op, text.code)
        if text.code not in held.lines:
            raise Stop("not_on_this_pick", pick=pick)
        if known := held.lines[text.code]:
            raise Stop("already_picked", verdict=scan.ALREADY, outcome=known)
        ask(op, "retrieved", specimen, reason=held.purpose)
        if not held_here(actor, specimen):
            raise Stop("not_in_your_hands")
        return _taken(op, held, specimen)

    what = {"act": "scan_out"}
    return scanning(actor, raw, act, key=key, what=what, subject=pick, mode=mode, commands=True)


def _taken(op: Operation, held: Pick, specimen: Specimen) -> ScanOutcome:
    unit: Storage = op.load(Kind.STORAGE, str(specimen.place))
    after = take_out(op, specimen, held.purpose, pick=held.code)
    now = _line(op, held.code, specimen.code, Picked.TAKEN)
    told: dict[str, Any] = {
        "code": specimen.code, "well": specimen.position or "–", "unit": unit.name,
        "count": len(now.lines) - len(now.open_lines), "total": len(now.lines), "saved": True,
    }  # fmt: skip
    if specimen.holds:
        told["hold"] = specimen.holds[0]
        return ScanOutcome(scan.CHECK, "picked_on_hold", told, specimen.code, after)
    return ScanOutcome(scan.OK, "picked_ok", told, specimen.code, after)


def _line(
    op: Operation, pick: str, specimen: str, outcome: Picked, reason: str | None = None, note: str = ""
) -> Pick:
    facts = {"specimen": specimen, "outcome": str(outcome)}
    after: Pick = op.append(
        Kind.PICK, pick, "line_picked", facts=facts, reason=reason, sealed={"note": note}
    )  # fmt: skip
    return after


def _finish(op: Operation, held: Pick, read: str) -> ScanOutcome:
    if left := held.open_lines:
        raise Stop("pick_lines_open", verdict=scan.CHECK, count=len(left), code=left[0])
    taken = sum(outcome == Picked.TAKEN for outcome in held.lines.values())
    op.append(Kind.PICK, held.code, "pick_closed", facts={"taken": taken})
    told = {"count": taken, "total": len(held.lines)}
    return ScanOutcome(scan.OK, "pick_closed", told, read)


# ----------------------------------------------------------------------------------- without scanning a tube


def _going_on(op: Operation, code: str) -> Pick:
    held: Pick = seen(op, Kind.PICK, code)
    if held.state == PickState.CLOSED:
        raise Refused("pick_is_closed", pick=code)
    return held


def not_taken(
    actor: Actor,
    pick: str,
    specimens: Iterable[str],
    outcome: str,
    reason: str,
    *,
    note: str = "",
    key: str | None = None,
) -> Pick:
    """Say why tubes of the list were not taken: *not there* makes them missing, *left* changes nothing about them.

    Raises:
        BadInput: fields `specimens`, `why`, `note`.
        Refused: `pick_is_closed`, `already_picked`, or what the table of acts says.
    """
    permit(actor, Permission.STORE)
    codes = sorted(set(specimens))
    wrong: dict[str, str] = {}
    if not codes:
        wrong["specimens"] = "choose_not_taken"
    if reason not in REASONS.get(outcome, ()):
        wrong["why"] = "choose_one"
    if wrong:
        raise BadInput("form_incomplete", wrong)
    said = noted(note, "note")

    def work(op: Operation) -> str:
        held = _going_on(op, pick)
        if done := [code for code in codes if held.lines.get(code, "?")]:
            raise Refused("already_picked", code=done[0], outcome=held.lines.get(done[0]))
        if outcome == Picked.NOT_THERE:
            op.lock((Kind.SPECIMEN, code) for code in codes)
            for code in codes:
                check(op, "reported_missing", op.load(Kind.SPECIMEN, code), reason=reason)
        for code in codes:
            if outcome == Picked.NOT_THERE:
                op.append(
                    Kind.SPECIMEN, code, "reported_missing", reason=reason, facts={"pick": pick},
                    sealed={"note": said},
                )  # fmt: skip
            _line(op, pick, code, Picked(outcome), reason, said)
        return pick

    asked = {
        "act": "not_taken",
        "pick": pick,
        "specimens": codes,
        "outcome": outcome,
        "why": reason,
        "note": said,
    }
    return pick_now(perform(actor, key, asked, work))


def close(actor: Actor, pick: str, *, key: str | None = None) -> Pick:
    """Finish a list with a button; raises Refused `pick_lines_open`, `pick_is_closed`."""
    permit(actor, Permission.STORE)

    def work(op: Operation) -> str:
        held = _going_on(op, pick)
        try:
            _finish(op, held, pick)
        except Stop as stop:
            raise Refused(stop.code, **stop.facts) from stop
        return pick

    return pick_now(perform(actor, key, {"act": "close_pick", "pick": pick}, work))

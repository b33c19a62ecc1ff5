"""What every act of the laboratory has in common: once per key, refusals kept as near misses, whose hands it is in."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import select

from specimens.domain import custody, free_text
from specimens.domain.access import Actor, Permission
from specimens.domain.custody import Refusal
from specimens.domain.entry import Entry
from specimens.domain.errors import BadInput, NotFound, NotPermitted, Refused
from specimens.domain.identifiers import COMMANDS, ScanText, printed
from specimens.domain.specimen import Specimen
from specimens.domain.terms import CustodianKind, Kind, Mode, Role
from specimens.models.base import db
from specimens.models.ledger import LedgerEntry
from specimens.models.specimen import SpecimenParent, SpecimenRow
from specimens.models.user import UserRow
from specimens.services import scan, tenancy
from specimens.services.entries import sealed_texts
from specimens.services.record import Operation
from specimens.services.row import state_of, table_of
from specimens.services.scan import ScanOutcome


class Stop(Exception):
    """Ends a scan with a refusal, before anything was written; it becomes an outcome with a near miss."""

    def __init__(
        self, code: str, /, verdict: str | None = None, ask: str | None = None, **facts: Any
    ) -> None:
        super().__init__(code)
        self.code = code
        self.facts = facts
        self.verdict = verdict or (scan.ALREADY if code == "already" else scan.STOP)
        self.ask = ask


def permit(actor: Actor, permission: Permission) -> None:
    """Raise `NotPermitted` unless the person's role allows it."""
    if not actor.may(permission):
        raise NotPermitted("not_permitted")


def noted(note: str, field: str = "reason_note") -> str:
    """Return what somebody added in words, trimmed; raises BadInput for what must not stand there."""
    if code := free_text.problem(note.strip()):
        raise BadInput("form_incomplete", {field: code})
    return note.strip()


def scanning(
    actor: Actor,
    raw: str,
    act: Callable[[Operation, ScanText], ScanOutcome],
    *,
    key: str | None,
    what: Mapping[str, Any],
    subject: str | None = None,
    mode: str = Mode.SCAN,
    commands: bool = False,
) -> ScanOutcome:
    """Do *act* with one scan; `Stop`, `Refused` and what is out of sight become refusals that are kept.

    *act* asks everything before it writes anything: a refusal is committed together with what was written so far.
    """

    def work(op: Operation, text: ScanText) -> ScanOutcome:
        try:
            if text.code in COMMANDS and not commands:
                raise Stop("command_not_here", word=COMMANDS[text.code])
            return act(op, text)
        except Stop as stop:
            refusal = Refusal(stop.code, {"code": text.code, **stop.facts})
            outcome = scan.refuse(op, refusal, raw=raw, read=text.code, subject=subject, verdict=stop.verdict)
            return replace(outcome, ask=stop.ask)
        except Refused as refused:
            refusal = Refusal(refused.code, {"code": text.code, **refused.facts})
            return scan.refuse(op, refusal, raw=raw, read=text.code, subject=subject)
        except NotFound:
            refusal = Refusal("unknown_code", {"code": text.code})
            return scan.refuse(op, refusal, raw=raw, read=text.code, subject=subject)

    return scan.scanned(actor, raw, work, key=key, what=what, subject=subject, mode=mode)


def tube(op: Operation, code: str) -> Specimen:
    """Return a specimen that the actor may see, locked; raises NotFound."""
    specimen: Specimen = op.load(Kind.SPECIMEN, code)
    tenancy.must_see(Kind.SPECIMEN, specimen, op.actor)
    return specimen


def seen(op: Operation, kind: Kind, code: str) -> Any:
    """Return the projection of another subject that the actor may see, locked; raises NotFound."""
    state = op.load(kind, code)
    tenancy.must_see(kind, state, op.actor)
    return state


def held_here(actor: Actor, specimen: Specimen) -> bool:
    """Say whether the specimen is in the hands of a site where *actor* works."""
    return specimen.held_site is not None and tenancy.own_site(actor, specimen.held_site)


def check(op: Operation, act: str, specimen: Specimen | None, **asked: Any) -> None:
    """Ask the table of acts; raise `Refused` with its refusal (for acts that are no scan)."""
    if refusal := custody.may(act, specimen, op.actor, op.now, **asked):
        raise Refused(refusal.code, **refusal.facts)


#: What may be scanned although a newer label was printed and not scanned back: that scan itself, and what says
#: that there is no tube to put it on.
_WHATEVER_LABEL = frozenset({"label_confirmed", "not_collected", "reported_missing", "quarantined"})


#: What a scan of a tube that was made here does only once its label was scanned back: a label that nobody read after
#: it was put on may be the one of its neighbour. A tube from the participant was read at the bedside and at receipt.
_LABEL_COUNTS = frozenset({"joined", "packed", "stored", "moved"})


def ask(op: Operation, act: str, specimen: Specimen | None, **asked: Any) -> None:
    """Ask the table of acts; raise `Stop` with its refusal (for scans)."""
    if specimen is not None and specimen.level and not specimen.label_live and act in _LABEL_COUNTS:
        if specimen.label_generation == 0:
            raise Stop("label_never_printed")
        if specimen.label_generation == 1:
            raise Stop("label_never_scanned_back")
    if specimen is not None and specimen.label_retired and act not in _WHATEVER_LABEL:
        raise Stop("label_not_scanned_back")
    if refusal := custody.may(act, specimen, op.actor, op.now, **asked):
        facts = {name: value for name, value in refusal.facts.items() if name != "verdict"}
        raise Stop(refusal.code, **facts)


def mine(actor: Actor) -> dict[str, Any]:
    """Return the facts that put a specimen into the hands of the person who acts."""
    return {
        "custodian_kind": str(CustodianKind.USER),
        "custodian": actor.user,
        "held_site": actor.site,
    }


def at_station(station: str, site: str) -> dict[str, Any]:
    """Return the facts that make a station (and its team) the custodian."""
    return {"custodian_kind": str(CustodianKind.STATION), "custodian": station, "held_site": site}


def here(actor: Actor) -> dict[str, Any]:
    """Return the facts that make the station at which the person stands the custodian; without one, the person."""
    return at_station(actor.station, actor.site) if actor.station and actor.site else mine(actor)


def specimens_in(op_or_db: Any, codes: Iterable[str]) -> dict[str, Specimen]:
    """Return specimens by code, for reading; those that are unknown are left out."""
    wanted = list(codes)
    table = table_of(Kind.SPECIMEN)
    found: dict[str, Specimen] = {}
    for start in range(0, len(wanted), 500):
        rows = op_or_db.execute(select(table).where(table.c.code.in_(wanted[start : start + 500]))).mappings()
        found.update({row["code"]: state_of(Kind.SPECIMEN, row) for row in rows})
    return found


def listed(*conditions: Any, limit: int = 1000) -> list[Specimen]:
    """Return the specimens that fulfil the conditions, oldest identifier first."""
    table = table_of(Kind.SPECIMEN)
    rows = db.session.execute(
        select(table).where(*conditions).order_by(SpecimenRow.id).limit(limit)
    ).mappings()
    return [state_of(Kind.SPECIMEN, row) for row in rows]


def children_of(op: Operation, code: str) -> list[str]:
    """Return every specimen that was made from this one, and from those, nearest first."""
    found: list[str] = []
    wave = [code]
    while wave:
        wave = [
            row.child
            for row in op.session.execute(
                select(SpecimenParent.child)
                .where(SpecimenParent.parent.in_(wave))
                .order_by(SpecimenParent.id)
            )
            if row.child not in found
        ]
        wave = list(dict.fromkeys(wave))
        found.extend(wave)
    return found


def names_of(codes: Iterable[str | None]) -> dict[str, str]:
    """Return the names of people and stations by their codes; of somebody outside, what they signed with."""
    wanted = sorted({code for code in codes if code})
    if not wanted:
        return {}
    people = db.session.execute(select(UserRow.code, UserRow.full_name).where(UserRow.code.in_(wanted)))
    stations = table_of(Kind.STATION)
    places = db.session.execute(select(stations.c.code, stations.c.name).where(stations.c.code.in_(wanted)))
    found = {row[0]: row[1] for row in [*people, *places]}
    return found | _outsiders([code for code in wanted if code not in found])


def _outsiders(codes: list[str]) -> dict[str, str]:
    """Return handover → who signed for it: printed name and organisation, as far as they were not redacted."""
    if not codes:
        return {}
    rows = db.session.execute(
        select(LedgerEntry.subject_code, LedgerEntry.entry_id).where(
            LedgerEntry.subject_kind == str(Kind.HANDOVER),
            LedgerEntry.subject_code.in_(codes),
            LedgerEntry.act.in_(("handover_signed", "handover_declined")),
        )
    ).all()
    texts = sealed_texts(db.session(), [row.entry_id for row in rows])
    found = {}
    for row in rows:
        said = texts.get(row.entry_id, {})
        told = dict.fromkeys(text for name in ("name", "organisation") if (text := said.get(name)))
        if told:
            found[row.subject_code] = ", ".join(told)
    return found


def who_acted(entry: Entry, names: Mapping[str, str]) -> str:
    """Return the name of whoever an entry is of; of somebody outside, the name among *names*, else the code."""
    told = entry.actor["name"]
    return names.get(entry.actor["user"], printed(told)) if entry.actor["role"] == Role.OUTSIDE else told

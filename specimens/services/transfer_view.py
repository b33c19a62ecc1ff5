"""One transfer as its page shows it: its tubes with their outcomes, and what happened to the list."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from specimens.domain.access import Actor, Permission
from specimens.domain.entry import read_entry
from specimens.domain.protocol import Protocol
from specimens.domain.protocol_base import Text
from specimens.domain.specimen import Specimen
from specimens.domain.terms import Kind, Outcome, Role, Status
from specimens.domain.transfer import Transfer
from specimens.models.base import db
from specimens.models.ledger import LedgerEntry
from specimens.services import tenancy
from specimens.services.entries import sealed_texts
from specimens.services.hands import names_of, permit, specimens_in, who_acted
from specimens.services.receipt import out_of_band
from specimens.services.study import protocol_of
from specimens.services.transfer_list import stage_of


@dataclass(frozen=True, slots=True)
class What:
    """What a tube is: as its label says it (`K2EDTA`, `NA-HEPARIN · 2`), in words, and how it has to travel."""

    label: str
    text: Text
    travels: Text | None


@dataclass(frozen=True, slots=True)
class Line:
    """One tube of a list: what it is, and its outcome at receipt ("" while that is open)."""

    specimen: Specimen
    what: What
    outcome: str


@dataclass(frozen=True, slots=True)
class Step:
    """One act on a list as a whole: when (ms, UTC), who, where, why, and in words what was said."""

    act: str
    at: int
    who: str
    role: str
    place: str
    reason: str
    note: str
    facts: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class TransferView:
    """A transfer as its page shows it: its tubes by identifier, its history, names for the codes in it."""

    transfer: Transfer
    lines: tuple[Line, ...]
    extras: tuple[Line, ...]
    steps: tuple[Step, ...]
    names: Mapping[str, str]
    stage: str
    out_of_band: bool

    @property
    def to_name(self) -> str:
        """Return the consignee's name."""
        return self.names.get(self.transfer.to_code, self.transfer.to_code)

    @property
    def open(self) -> tuple[Line, ...]:
        """Return the tubes that have no outcome yet."""
        return tuple(each for each in self.lines if not each.outcome)

    @property
    def missing(self) -> tuple[Line, ...]:
        """Return the tubes that are missing still."""
        return tuple(each for each in self.lines if each.specimen.status == Status.MISSING)


def get(actor: Actor, code: str) -> TransferView:
    """Return a transfer with its lines; raises NotFound for one that is out of sight."""
    permit(actor, Permission.TRANSFER_READ)
    transfer: Transfer = tenancy.load(Kind.TRANSFER, code, actor)
    found = specimens_in(db.session, [*transfer.lines, *transfer.extras])
    whats = whats_of(found.values())
    people = (transfer.to_code, transfer.released_by, transfer.carried_by, transfer.received_by)
    names = names_of([*people, transfer.place])
    return TransferView(
        transfer,
        tuple(Line(found[each], whats[each], outcome) for each, outcome in transfer.lines.items()),
        tuple(Line(found[each], whats[each], Outcome.EXTRA) for each in transfer.extras),
        _steps(code),
        names,
        stage_of(transfer),
        out_of_band(transfer),
    )


_OF_LINES = ("line_packed", "line_unpacked", "line_judged")


def _steps(code: str) -> tuple[Step, ...]:
    """Return the acts on the list as a whole, oldest first; what happened to each tube stands with the tube."""
    rows = db.session.execute(
        select(LedgerEntry.entry_id, LedgerEntry.body)
        .where(
            LedgerEntry.subject_kind == str(Kind.TRANSFER),
            LedgerEntry.subject_code == code,
            LedgerEntry.act.not_in(_OF_LINES),
        )
        .order_by(LedgerEntry.seq)
    ).all()
    texts = sealed_texts(db.session(), [row.entry_id for row in rows])
    entries = [read_entry(row.body, texts.get(row.entry_id)) for row in rows]
    outsiders = [each.actor["user"] for each in entries if each.actor["role"] == Role.OUTSIDE]
    names = names_of([*(each.station for each in entries), *outsiders])
    return tuple(
        Step(
            each.act,
            each.happened_at,
            who_acted(each, names),
            each.actor["role"],
            names.get(each.station or "", ""),
            each.reason or "",
            each.opened.get("note") or "",
            each.facts,
        )
        for each in entries
    )


def whats_of(specimens: Iterable[Specimen]) -> dict[str, What]:
    """Return specimen → what it is, as the protocol that it was planned under says it."""
    protocols: dict[tuple[str, str], Protocol] = {}
    found: dict[str, What] = {}
    for each in specimens:
        version = (each.study, each.protocol_version)
        if version not in protocols:
            protocols[version] = protocol_of(*version)
        found[each.code] = _what(protocols[version], each)
    return found


def _what(protocol: Protocol, specimen: Specimen) -> What:
    slot = protocol.slot(specimen.slot)
    if specimen.derivative is not None:
        derivative = protocol.derivative(specimen.derivative)
        return What(f"{derivative.label} · {specimen.number}", derivative.text, None)
    several = slot.count > 1 or specimen.number > 1
    label = f"{slot.label} · {specimen.number}" if several else slot.label
    return What(
        label, slot.text, protocol.storage_temperature(slot.transport).text if slot.transport else None
    )

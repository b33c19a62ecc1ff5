"""The lots of a kit's containers: the number on each, and the month in which it expires.

Recorded with the procedure or later; a later entry counts for the containers that it names. They block nothing.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from specimens.domain import fold
from specimens.domain.access import Actor
from specimens.domain.errors import BadInput
from specimens.domain.kit import Kit
from specimens.domain.protocol import Protocol
from specimens.domain.specimen import Specimen
from specimens.domain.terms import Clock, Flag, Kind, Mode, Status
from specimens.domain.visit import Visit
from specimens.models.base import db
from specimens.models.ledger import LedgerEntry
from specimens.services import tenancy
from specimens.services.clock import local
from specimens.services.entries import entries_of, sealed_texts
from specimens.services.hands import children_of
from specimens.services.kit_act import on_kit
from specimens.services.kit_view import specimens_of
from specimens.services.record import Operation
from specimens.services.study import protocol_of, zone_of

ACT = "lots_recorded"
LONGEST_LOT = 40
#: Why a tube is flagged: what was found out about its container.
EXPIRED = "lot_expired"
_OFFERED = 2
_LOOKED_AT = 60
_MONTH = re.compile(r"20[0-9]{2}-(0[1-9]|1[0-2])")
_LINE = re.compile(r"(?P<container>[^:]+): (?P<number>.+?)(?:, (?P<expires>20[0-9]{2}-[01][0-9]))?")
_NEVER_FILLED = frozenset({Status.NOT_COLLECTED, Status.VOIDED})


@dataclass(frozen=True, slots=True)
class Lot:
    """The lot of a container (code). `expires` is a month, `2027-03`; `number` is None where it may not be read."""

    container: str
    number: str | None
    expires: str | None = None

    @property
    def said(self) -> str:
        """Write it as it is sealed: `A123, 2027-03`."""
        return f"{self.number}, {self.expires}" if self.expires else f"{self.number}"

    @property
    def month(self) -> str:
        """Write the month in which it expires as it stands on a container, `03/2027`."""
        return f"{self.expires[5:]}/{self.expires[:4]}" if self.expires else ""


@dataclass(frozen=True, slots=True)
class Asked:
    """A container whose lot is asked for: what is recorded of this kit, and the last ones of this site."""

    container: str
    recorded: Lot | None
    offered: tuple[Lot, ...]


def read_lot(container: str, said: str) -> Lot:
    """Read what `Lot.said` wrote."""
    found = _LINE.fullmatch(f"{container}: {said}")
    return Lot(container, found["number"], found["expires"]) if found else Lot(container, said)


def wanting(protocol: Protocol, tubes: Iterable[Specimen]) -> tuple[str, ...]:
    """Return the containers of some tubes whose lot is to be recorded, in the order of the plan."""
    needs = {each.code for each in protocol.containers if each.needs_lot}
    filled = (each.container for each in tubes if each.status not in _NEVER_FILLED)
    return tuple(dict.fromkeys(each for each in filled if each in needs))


def asked(actor: Actor, protocol: Protocol, kit: str) -> tuple[Asked, ...]:
    """Return the containers of a kit whose lots are asked for, with what can be chosen."""
    containers = wanting(protocol, specimens_of(kit))
    if not containers:
        return ()
    before, recorded = _last_here(actor), of_kit(kit)
    return tuple(Asked(each, recorded.get(each), before.get(each, ())) for each in containers)


def missing(protocol: Protocol, tubes: Iterable[Specimen], recorded: Mapping[str, Lot]) -> tuple[str, ...]:
    """Return the containers of collected tubes whose lot nobody has recorded."""
    taken = [each for each in tubes if each.collected_at is not None]
    return tuple(each for each in wanting(protocol, taken) if each not in recorded)


def of_kit(kit: str) -> dict[str, Lot]:
    """Return container → its lot, as recorded last for a kit."""
    found: dict[str, Lot] = {}
    for entry in fold.effective(entries_of(db.session(), Kind.KIT, kit)):
        if entry.act == ACT:
            readable = lines(entry.opened.get("lots"))
            for container, expires in entry.facts["expires"].items():
                found[container] = readable.get(container) or Lot(container, None, expires)
    return found


def of_tube(protocol: Protocol, tube: Specimen) -> Lot | None:
    """Return the lot of a tube's container; None where none is recorded, or none is asked for."""
    if tube.kit is None or tube.level or not protocol.container(tube.container).needs_lot:
        return None
    return of_kit(tube.kit).get(tube.container)


def lines(text: str | None) -> dict[str, Lot]:
    """Return container → its lot, from the text that is sealed with the lots of a kit."""
    found = (_LINE.fullmatch(line) for line in (text or "").split("\n"))
    return {
        each["container"]: Lot(each["container"], each["number"], each["expires"]) for each in found if each
    }


def _last_here(actor: Actor) -> dict[str, tuple[Lot, ...]]:
    """Return container → its last lots at the site where this person works, newest first."""
    rows = db.session.execute(
        select(LedgerEntry.entry_id)
        .where(
            LedgerEntry.act == ACT,
            LedgerEntry.subject_kind == str(Kind.KIT),
            LedgerEntry.study == actor.study,
            LedgerEntry.site == actor.site,
        )
        .order_by(LedgerEntry.id.desc())
        .limit(_LOOKED_AT)
    ).scalars()
    newest = list(rows)
    texts = sealed_texts(db.session(), newest)
    found: dict[str, list[Lot]] = {}
    for entry in newest:
        for container, lot in lines(texts.get(entry, {}).get("lots")).items():
            known = found.setdefault(container, [])
            if lot not in known and len(known) < _OFFERED:
                known.append(lot)
    return {container: tuple(lots) for container, lots in found.items()}


def checked(lots: Iterable[Lot]) -> tuple[Lot, ...]:
    """Return lots, each once per container.

    Raises:
        BadInput: the field `lot_<container>` of each that cannot be one.
    """
    given = {each.container: each for each in lots}
    wrong = {f"lot_{code}": problem for code, each in given.items() if (problem := _problem(each))}
    if wrong:
        raise BadInput("form_incomplete", wrong)
    return tuple(given.values())


def _problem(lot: Lot) -> str | None:
    if not lot.number or lot.number != lot.number.strip():
        return "lot_needed"
    if len(lot.number) > LONGEST_LOT or not lot.number.isprintable():
        return "lot_unusable"
    return None if lot.expires is None or _MONTH.fullmatch(lot.expires) else "lot_month"


def record(actor: Actor, code: str, lots: Iterable[Lot], *, key: str | None = None) -> Kit:
    """Record lots of a kit's containers, whether it is open or not: what is missing is added at any time.

    Raises:
        BadInput: field `lot_<container>`; under no field where nothing was given.
    """
    given = checked(lots)
    if not given:
        raise BadInput("lots_none")

    def do(operation: Operation, kit: Kit) -> None:
        write(operation, kit, given)

    said = [[each.container, each.number, each.expires] for each in given]
    return on_kit(actor, code, ACT, do, key=key, what={"lots": said})


def write(
    operation: Operation, kit: Kit, lots: Iterable[Lot], *, at: int | None = None, mode: str = Mode.FORM
) -> None:
    """Write lots on their kit, and flag the tubes whose container had expired by then; *at*: as a sheet says."""
    given = tuple(lots)
    visit: Visit = operation.load(Kind.VISIT, kit.visit)
    tubes = specimens_of(kit.code)
    protocol = protocol_of(kit.study, visit.protocol_version)
    needs = {each.code for each in protocol.containers if each.needs_lot}
    if strange := {f"lot_{each.container}": "choose_one" for each in given if each.container not in needs}:
        raise BadInput("form_incomplete", strange)
    taken = min((each.collected_at for each in tubes if each.collected_at is not None), default=None)
    on = local(at or taken or operation.happening, zone_of(kit.site)).date()
    if given:
        operation.append(
            Kind.KIT,
            kit.code,
            ACT,
            facts={
                "expires": {each.container: each.expires for each in given},
                "expired": sorted(each.container for each in given if is_over(each, on)),
            },
            sealed={"lots": "\n".join(f"{each.container}: {each.said}" for each in given)},
            happened_at=at,
            happened_by=Clock.PERSON,
            mode=mode,
        )
    judge(operation, kit.code)


def is_over(lot: Lot, on: date) -> bool:
    """Say whether a lot had expired on a day: the month itself still counts."""
    return lot.expires is not None and f"{on:%Y-%m}" > lot.expires


def expired(session: Session, kit: str) -> frozenset[str]:
    """Return the containers of a kit whose lot had expired on the day of the procedure."""
    found: dict[str, bool] = {}
    for entry in fold.effective(entries_of(session, Kind.KIT, kit)):
        if entry.act == ACT:
            found |= {code: code in entry.facts["expired"] for code in entry.facts["expires"]}
    return frozenset(code for code, over in found.items() if over)


def judge(operation: Operation, kit: str) -> None:
    """Bring the flag of a kit's tubes to what is recorded now; what was made from a tube keeps its own."""
    over = expired(operation.session, kit)
    for each in specimens_of(kit):
        flagged = Flag.EXPIRED_LOT in each.flags
        if each.status in _NEVER_FILLED or flagged == (each.container in over):
            continue
        said = {"remove_flags" if flagged else "add_flags": [Flag.EXPIRED_LOT]}
        operation.load(Kind.SPECIMEN, each.code)
        operation.append(Kind.SPECIMEN, each.code, "flagged", facts=said, reason=EXPIRED)
        for child in [] if flagged else children_of(operation, each.code):
            operation.load(Kind.SPECIMEN, child)
            operation.append(
                Kind.SPECIMEN, child, "flagged", facts={"add_flags": [Flag.EXPIRED_LOT]}, reason="true_of_parent"
            )  # fmt: skip


def over_of(actor: Actor, kit: str, lots: Iterable[Lot]) -> tuple[str, ...]:
    """Return which of these lots of a kit, just recorded, had expired: whoever recorded them is told."""
    tenancy.load(Kind.KIT, kit, actor)
    over = expired(db.session(), kit)
    return tuple(each.container for each in lots if each.container in over)

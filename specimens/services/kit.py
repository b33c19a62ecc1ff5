"""Kits: opening one at a station, attesting identity, stopping and finishing."""

from sqlalchemy import select

from specimens.domain.access import Actor, Permission
from specimens.domain.custody import Refusal
from specimens.domain.errors import BadInput, NotPermitted, Refused
from specimens.domain.identifiers import COMMANDS, ScanText
from specimens.domain.kit import Kit
from specimens.domain.participant import Participant
from specimens.domain.terms import Kind, Mode, Status
from specimens.domain.visit import Visit
from specimens.models.specimen import SpecimenRow
from specimens.models.visit import KitRow
from specimens.services import consent, kit_identity, tenancy
from specimens.services.clock import local
from specimens.services.kit_act import elsewhere, is_open, must_be_open_here, on_kit
from specimens.services.kit_procedure import record_procedure
from specimens.services.kit_view import KitView, get, open_at, operators_before, running, specimens_of
from specimens.services.record import Operation
from specimens.services.scan import CHECK, OK, ScanOutcome, Stop, scanned, stoppable
from specimens.services.study import protocol_of

__all__ = [
    "KitView",
    "attest_identity",
    "begin",
    "finish",
    "get",
    "on_kit",
    "open_at",
    "open_kit",
    "operators_before",
    "record_procedure",
    "running",
    "scan_open",
    "specimens_of",
    "stop",
]


def open_kit(
    actor: Actor, code: str, *, take_over: bool = False, key: str | None = None, mode: str = Mode.FORM
) -> Kit:
    """Open a kit at the station where this person stands. Opening it again at the same station changes nothing.

    *take_over*: the kit was left open at another station, and goes on here; that session is paused.

    Raises:
        Refused: `station_needed`, `kit_open_elsewhere`, `nothing_outstanding`, consent codes.
        Conflict: `station_has_open_kit`.
    """

    def do(operation: Operation, kit: Kit) -> None:
        _open(operation, actor, kit, take_over=take_over)

    return on_kit(actor, code, "kit_opened", do, key=key, what={"take_over": take_over}, mode=mode)


def _open(operation: Operation, actor: Actor, kit: Kit, *, take_over: bool) -> None:
    if actor.station is None:
        raise Refused("station_needed")
    if is_open(kit):
        if kit.opened_at_station == actor.station:
            return
        if not take_over:
            raise elsewhere(kit)
    left = operation.session.execute(
        select(SpecimenRow.id)
        .where(SpecimenRow.kit == kit.code, SpecimenRow.status == str(Status.PLANNED))
        .limit(1)
    ).first()
    if left is None:
        raise Refused("nothing_outstanding", kit=kit.code)
    participant: Participant = operation.load(Kind.PARTICIPANT, kit.participant)
    on = local(operation.now, actor.zone).date()
    if problem := consent.problem(participant, protocol_of(kit.study), on):
        raise Refused(problem)
    if is_open(kit):
        operation.append(Kind.KIT, kit.code, "kit_paused")
    other = operation.session.execute(
        select(KitRow.code).where(
            KitRow.opened_at_station == actor.station,
            KitRow.opened_at.is_not(None),
            KitRow.finished_at.is_(None),
            KitRow.code != kit.code,
        )
    ).scalar()
    if other:  # one session per station: the one that was left half-way waits to be taken up again
        operation.append(Kind.KIT, other, "kit_paused")
    facts = {"identity_attested_at": None, "identity_attested_by": None}
    operation.append(Kind.KIT, kit.code, "kit_opened", facts=facts)


def attest_identity(actor: Actor, code: str, *, key: str | None = None) -> Kit:
    """Attest that two identifiers were checked against the list outside this system; never the identifiers.

    Whoever took the station over attests for themself: their tubes are refused until then (`identity_again`).

    Raises:
        Refused: `kit_not_open`.
    """

    def do(operation: Operation, kit: Kit) -> None:
        must_be_open_here(kit, actor)
        kit_identity.attest(operation, code, actor)

    return on_kit(actor, code, "identity_attested", do, key=key)


def begin(actor: Actor, code: str, *, key: str | None = None, mode: str = Mode.FORM) -> Kit:
    """Open a kit here, where that is still to be done, and attest identity: one scan at the bedside.

    Raises:
        Refused: as `open_kit`.
    """

    def do(operation: Operation, kit: Kit) -> None:
        _open(operation, actor, kit, take_over=False)
        kit_identity.attest(operation, code, actor)

    return on_kit(actor, code, "kit_begun", do, key=key, mode=mode)


def scan_open(actor: Actor, visit: str, raw: str, key: str | None, *, mode: str = Mode.SCAN) -> ScanOutcome:
    """Open a kit of a visit at this station by scanning it; a kit of somebody else is STOP and kept.

    `facts["saved"]` says that it is open; a kit that is open elsewhere is refused with place and time.
    """
    if not actor.may(Permission.COLLECT):
        raise NotPermitted("not_permitted")

    def act(operation: Operation, text: ScanText) -> ScanOutcome:
        if text.code in COMMANDS:
            raise Stop(Refusal("command_elsewhere", {"command": COMMANDS[text.code]}), verdict=CHECK)
        kit: Kit = operation.load(Kind.KIT, text.code)
        tenancy.must_see(Kind.KIT, kit, actor)
        if kit.visit != visit:
            raise Stop(Refusal("kit_of_another_visit", {"code": text.code}))
        if not tenancy.own_site(actor, kit.site):
            raise NotPermitted("not_permitted")
        _open(operation, actor, kit, take_over=False)
        return ScanOutcome(OK, "kit_open_ok", {"kit": text.code}, text.code)

    work = stoppable(act, raw, visit)
    return scanned(actor, raw, work, key=key, what={"act": "kit_opened"}, subject=visit, mode=mode)


def stop(actor: Actor, code: str, *, reason: str, key: str | None = None) -> Kit:
    """Stop a session with one reason: every tube that is still planned ends as not collected.

    Raises:
        BadInput: field `reason` when the protocol does not offer it for this procedure.
        Refused: `kit_open_elsewhere` while somebody collects it at another station; `nothing_outstanding`.
    """

    def do(operation: Operation, kit: Kit) -> None:
        visit: Visit = operation.load(Kind.VISIT, kit.visit)
        protocol = protocol_of(kit.study, visit.protocol_version)
        if reason not in {each.code for each in protocol.not_collected_reasons_for(kit.procedure)}:
            raise BadInput("form_incomplete", {"reason": "choose_one"})
        if is_open(kit) and kit.opened_at_station != actor.station:
            raise elsewhere(kit)
        planned = [each for each in specimens_of(code) if each.status == Status.PLANNED]
        if not planned:
            raise Refused("nothing_outstanding", kit=code)
        for each in planned:
            operation.append(Kind.SPECIMEN, each.code, "not_collected", reason=reason)
        operation.append(Kind.KIT, code, "kit_stopped", reason=reason)

    return on_kit(actor, code, "kit_stopped", do, key=key, what={"reason": reason})


def finish(actor: Actor, code: str, *, key: str | None = None, mode: str = Mode.FORM) -> Kit:
    """Finish a session. What is still outstanding stays planned and can be taken up again."""

    def do(operation: Operation, kit: Kit) -> None:
        must_be_open_here(kit, actor)
        operation.append(Kind.KIT, code, "kit_finished")

    return on_kit(actor, code, "kit_finished", do, key=key, mode=mode)

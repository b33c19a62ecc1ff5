"""Labels of what specimens travel and lie in, and the sheet of a station. Each printing is an entry."""

from collections.abc import Callable, Sequence
from typing import Any

from labels.content import Label
from labels.content_place import BagLabel, BoxLabel, HazardLabel
from labels.errors import LabelError
from labels.kit_content import StationSheet
from labels.station_sheet import station_sheet_pdf
from specimens.domain.access import Actor, Permission
from specimens.domain.errors import BadInput, NotPermitted
from specimens.domain.identifiers import COMMANDS, is_identifier
from specimens.domain.station import Station
from specimens.domain.storage import Storage
from specimens.domain.terms import CustodianKind, Kind, StorageKind
from specimens.domain.transfer import Transfer
from specimens.services import label_words, printer_worker, running_clocks, tenancy, transfer_view
from specimens.services import site as sites
from specimens.services.clock import now_ms
from specimens.services.hands import names_of, permit, seen
from specimens.services.label_out import Printed, asked_of, drawn, facts_of, queued
from specimens.services.label_stock import Choice, stock_of, told
from specimens.services.label_words import language_of, moment_said
from specimens.services.record import Operation
from specimens.services.request import perform
from specimens.services.storage_unit import above, temperatures
from specimens.services.study import protocol_of

#: How a list travels → the marks that its bag needs beside its label.
_MARKS = {"courier": ("un3373",), "courier_dry_ice": ("un3373", "un1845")}


def bag_pdf(
    actor: Actor, transfer: str, choice: Choice, *, key: str | None = None, language: str = "en"
) -> Printed:
    """Print the label of a transport bag, with the marks that a courier's bag needs.

    Raises:
        NotFound: `unknown_transfer`. BadInput: field `stock`; a text that would be cut.
    """
    permit(actor, Permission.LABEL_PRINT)
    labels = _bag(actor, transfer, language_of(language))
    return _printed(actor, Kind.TRANSFER, transfer, labels, choice, key, "bag")


def box_pdf(
    actor: Actor, storage: str, choice: Choice, *, key: str | None = None, language: str = "en"
) -> Printed:
    """Print the label of a storage unit; a box gets two, for the lid and the front.

    Raises:
        NotFound: `unknown_storage`. BadInput: field `stock`; a text that would be cut.
    """
    unit = _unit(actor, storage)
    label = _box(actor, unit, language_of(language))
    copies = 2 if unit.kind == StorageKind.BOX else 1
    return _printed(actor, Kind.STORAGE, storage, [label] * copies, choice, key, "storage")


def station_pdf(actor: Actor, station: str, *, key: str | None = None, language: str = "en") -> Printed:
    """Print the sheet of a station: its own code, and the codes that steer the scanning pages.

    Raises:
        NotFound: `unknown_station`.
    """
    held = _station(actor, station)
    spoken = language_of(language)

    def draw(at: int) -> bytes:
        commands = label_words.COMMANDS[spoken]
        sheet = StationSheet(
            station,
            held.name,
            sites.site(held.site).name,
            tuple((code, *commands[word]) for code, word in COMMANDS.items()),
            label_words.printed_by(at, actor.zone, actor.name, spoken),
            spoken,
        )
        return _refused_as_input(lambda: station_sheet_pdf(sheet, check=is_identifier))

    began = now_ms()
    pdf = draw(began)

    def work(op: Operation) -> dict[str, Any]:
        seen(op, Kind.STATION, station)
        op.append(Kind.STATION, station, "label_printed")
        return {"at": began}

    outcome = perform(actor, key, {"act": "print_station", "code": station}, work)
    if outcome["at"] != began:
        pdf = draw(outcome["at"])
    return Printed(pdf, f"station-{station}.pdf", (station,), outcome["at"])


def unit_name(actor: Actor, code: str) -> str:
    """Return the name of a storage unit whose label this person may print; raises NotFound, NotPermitted."""
    return _unit(actor, code).name


def station_name(actor: Actor, code: str) -> str:
    """Return the name of a station whose sheet this person may print; raises NotFound, NotPermitted."""
    return _station(actor, code).name


def bag_name(actor: Actor, code: str) -> str:
    """Return to whom a transfer goes whose label this person may print; raises NotFound, NotPermitted."""
    permit(actor, Permission.LABEL_PRINT)
    return transfer_view.get(actor, code).to_name


def _unit(actor: Actor, code: str) -> Storage:
    _may_print_places(actor)
    unit: Storage = tenancy.load(Kind.STORAGE, code, actor)
    return unit


def _station(actor: Actor, code: str) -> Station:
    _may_print_places(actor)
    station: Station = tenancy.load(Kind.STATION, code, actor)
    return station


def _may_print_places(actor: Actor) -> None:
    """Whoever prints labels may, and whoever sets up stations and storage."""
    if not (actor.may(Permission.LABEL_PRINT) or actor.may(Permission.SITE_MANAGE)):
        raise NotPermitted("not_permitted")


def _refused_as_input(draw: Callable[[], bytes]) -> bytes:
    try:
        return draw()
    except LabelError as error:
        raise told(error) from error


def _printed(
    actor: Actor,
    kind: Kind,
    code: str,
    labels: Sequence[Label],
    choice: Choice,
    key: str | None,
    name: str,
) -> Printed:
    """Draw, then write that it was printed, once per key."""
    stock = stock_of(choice)
    if any(not stock.takes(label.role) for label in labels):
        raise BadInput("form_incomplete", {"stock": "label_not_on_stock"})
    pdf = drawn(labels, choice)
    identifiers = [label.identifier for label in labels]

    def work(op: Operation) -> dict[str, Any]:
        held = seen(op, kind, code)
        study = getattr(held, "study", None)
        job = queued(op, choice, pdf, source=str(kind), subject=code, codes=identifiers, study=study)
        op.append(kind, code, "label_printed", facts={**facts_of(choice, job), "labels": len(labels)})
        return {"at": op.now, "job": job}

    asked = {"act": "print_label", "kind": str(kind), "code": code, **asked_of(choice)}
    outcome = perform(actor, key, asked, work)
    if outcome["job"]:
        printer_worker.wake()
    return Printed(pdf, f"{name}-{code}.pdf", (code,), outcome["at"], outcome["job"])


def _bag(actor: Actor, code: str, language: str) -> list[Label]:
    view = transfer_view.get(actor, code)
    transfer = view.transfer
    tubes = [line.specimen for line in view.lines]
    clocks = running_clocks.running(tubes, now_ms()).values()
    deadline = min((each.deadline_at for each in clocks), default=None)
    sender, consignee = sites.site(transfer.site), sites.site(transfer.to_site)
    protocol = protocol_of(transfer.study)
    temperature = ""
    if transfer.temperature:
        temperature = protocol.storage_temperature(transfer.temperature).text.said(language)
    label = BagLabel(
        transfer.code,
        protocol.study.label,
        sender.name,
        sender.telephone,
        _consignee(transfer, view.to_name, consignee.name),
        consignee.telephone,
        len(transfer.lines),
        temperature,
        moment_said(deadline, actor.zone, language) if deadline is not None else "",
        _released(transfer, actor.zone, language),
        language,
    )
    return [label, *(HazardLabel(transfer.code, mark) for mark in _MARKS.get(transfer.transport, ()))]


def _consignee(transfer: Transfer, name: str, site: str) -> str:
    """Return where it goes: the place, or the site of a person, whose name is no address."""
    return f"{name}, {site}" if transfer.to_kind == CustodianKind.STATION else f"{site}, {name}"


def _released(transfer: Transfer, zone: str, language: str) -> str:
    if transfer.released_by is None or transfer.released_at is None:
        return ""
    who = names_of([transfer.released_by]).get(transfer.released_by, "")
    return f"{who}, {moment_said(transfer.released_at, zone, language)}"


def _box(actor: Actor, unit: Storage, language: str) -> BoxLabel:
    study = protocol_of(actor.study).study.label if actor.study else ""
    return BoxLabel(
        unit.code,
        unit.name,
        " / ".join(each.name for each in above(actor, unit)),
        unit.rows,
        unit.columns,
        unit.fill,
        study,
        temperature=_temperature(unit.temperature, language),
    )


def _temperature(code: str, language: str) -> str:
    """Return the words for a storage temperature, from whichever study knows it."""
    return temperatures().get(code, {}).get(language, code)

"""Printers of a site: setting them up, and which one is offered where."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from labels.errors import LabelError
from specimens.domain.access import Actor, Permission
from specimens.domain.errors import BadInput, NotFound, NotPermitted, Refused
from specimens.domain.printer import Printer, PrinterKind, PrinterLanguage
from specimens.domain.terms import Kind
from specimens.models.base import db
from specimens.services import printer_target, tenancy
from specimens.services import site as sites
from specimens.services.printer_target import Targets
from specimens.services.record import Operation
from specimens.services.request import perform
from specimens.services.row import state_of, table_of
from specimens.services.stock import stock
from specimens.services.switch import switched

_MOST_OFFSET = 100


@dataclass(frozen=True, slots=True)
class Asked:
    """What an administrator says of a printer; as `Printer`, offsets in tenths of a millimetre."""

    name: str
    kind: str
    address: str
    language: str
    answers: bool
    dpi: int
    stock: str
    offset_x: int = 0
    offset_y: int = 0
    stations: tuple[str, ...] = ()


def _facts(site: str, asked: Asked, targets: Targets) -> dict[str, Any]:
    """Return the facts of a printer after everything that can be wrong with them was asked."""
    wrong: dict[str, str] = {}
    kind, language = PrinterKind(asked.kind), PrinterLanguage(asked.language)
    address, numeric = asked.address.strip(), None
    if kind is PrinterKind.NETWORK:
        numeric = printer_target.resolved(address, targets)
    elif kind is PrinterKind.BROWSER:
        address, language = "", PrinterLanguage.PDF
    elif address not in targets.names(kind):
        wrong["address"] = "choose_one"
    try:
        loaded = stock(asked.stock)
        if asked.dpi not in loaded.dpi:
            wrong["dpi"] = "printer_dpi"
        if language is PrinterLanguage.ZPL and loaded.is_sheet:
            wrong["stock"] = "printer_zpl_is_for_rolls"
    except LabelError:
        wrong["stock"] = "choose_one"
    for name in ("offset_x", "offset_y"):
        if abs(getattr(asked, name)) > _MOST_OFFSET:
            wrong[name] = "printer_offset"
    if not set(asked.stations) <= {each.code for each in sites.stations(site)}:
        wrong["stations"] = "choose_one"
    if wrong:
        raise BadInput("form_incomplete", wrong)
    return {
        "name": sites.name_of(asked.name), "site": site, "kind": str(kind), "address": address,
        "resolved": numeric, "language": str(language),
        "answers": asked.answers and kind is PrinterKind.NETWORK, "dpi": asked.dpi, "stock": asked.stock,
        "offset_x": asked.offset_x, "offset_y": asked.offset_y, "stations": sorted(set(asked.stations)),
    }  # fmt: skip


def add(actor: Actor, site: str, asked: Asked, targets: Targets, *, key: str | None = None) -> Printer:
    """Add a printer to a site.

    Raises:
        BadInput: fields `name`, `address`, `dpi`, `stock`, `offset_x`, `offset_y`, `stations`.
        Refused: `station_has_printer`: a station has one printer for each stock.
    """
    sites.manage(actor, site)
    facts = _facts(site, asked, targets)

    def work(op: Operation) -> dict[str, str]:
        op.load(Kind.SITE, site)
        _one_per_stock(op, facts, None)
        return {"printer": op.create(Kind.PRINTER, "printer_added", facts=facts, site=site).code}

    made = perform(actor, key, {"act": "printer_added", **facts}, work)["printer"]
    return get(actor, made)


def change(
    actor: Actor,
    code: str,
    asked: Asked,
    targets: Targets,
    *,
    seen: int | None = None,
    key: str | None = None,
) -> Printer:
    """Change a printer; what waits for it is sent to where it is now. Raises as `add`, and Conflict."""
    held = get(actor, code)
    sites.manage(actor, held.site)
    facts = _facts(held.site, asked, targets)

    def work(op: Operation) -> dict[str, str]:
        now: Printer = op.load(Kind.PRINTER, code)
        sites.unmoved(op, Kind.PRINTER, code, seen)
        as_before = {name: getattr(now, name) for name in facts} | {"stations": list(now.stations)}
        if as_before == facts:
            raise Refused("unchanged")
        _one_per_stock(op, facts, code)
        op.append(Kind.PRINTER, code, "printer_changed", facts=facts, site=held.site)
        return {"printer": code}

    perform(actor, key, {"act": "printer_changed", "code": code, **facts}, work)
    return get(actor, code)


def switch(actor: Actor, code: str, *, active: bool, reason: str, key: str | None = None) -> Printer:
    """Switch a printer off or on; off, nothing more is sent to it, and what waits stays in the queue.

    Raises:
        Refused: `reason_needed`, `unchanged`, `station_has_printer`.
    """
    held = get(actor, code)
    sites.manage(actor, held.site)

    def ask(op: Operation, now: Printer) -> None:
        if active:
            _one_per_stock(op, {"site": now.site, "stock": now.stock, "stations": now.stations}, code)

    switched(actor, Kind.PRINTER, code, ask, site=held.site, active=active, reason=reason, key=key)
    return get(actor, code)


def _one_per_stock(op: Operation, facts: dict[str, Any], code: str | None) -> None:
    op.load(Kind.SITE, facts["site"])  # the site's row is locked: two administrators cannot both be first
    for each in _listed(op.session, facts["site"]):
        if each.code == code or not each.active or each.stock != facts["stock"]:
            continue
        if both := set(each.stations) & set(facts["stations"]):
            names = {one.code: one.name for one in sites.stations(facts["site"])}
            raise Refused(
                "station_has_printer", printer=each.name, name=", ".join(names.get(one, one) for one in both)
            )


def _listed(session: Any, site: str) -> list[Printer]:
    table = table_of(Kind.PRINTER)
    rows = session.execute(select(table).where(table.c.site == site).order_by(table.c.name, table.c.id))
    return [state_of(Kind.PRINTER, row) for row in rows.mappings()]


def get(actor: Actor, code: str) -> Printer:
    """Return a printer of a site where this person works; raises NotFound, NotPermitted."""
    if not (actor.may(Permission.LABEL_PRINT) or actor.may(Permission.SITE_MANAGE)):
        raise NotPermitted("not_permitted")
    found: Printer = tenancy.load(Kind.PRINTER, code, actor)
    return found


def of_site(site: str, *, all_of_them: bool = False) -> list[Printer]:
    """Return the printers in use (or *all_of_them*) of a site, by name."""
    return [each for each in _listed(db.session, site) if each.active or all_of_them]


def offered(actor: Actor) -> list[Printer]:
    """Return the printers of the site where this person stands: those of the station first."""
    if actor.site is None:
        return []
    return sorted(of_site(actor.site), key=lambda each: actor.station not in each.stations)


def of_station(site: str, station: str) -> list[Printer]:
    """Return the printers that a station offers first."""
    return [each for each in of_site(site) if station in each.stations]


def usable(actor: Actor, code: str) -> Printer:
    """Return a printer on which this person may print here.

    Raises:
        BadInput: field `stock`, for one that is switched off, elsewhere or unknown.
    """
    try:
        found = get(actor, code)
    except NotFound:
        found = None
    if found is None or not found.active or not tenancy.own_site(actor, found.site):
        raise BadInput("form_incomplete", {"stock": "choose_one"})
    return found

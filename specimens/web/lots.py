"""The lots of a kit's containers in a form: chosen among the last ones of this site, or typed."""

from collections.abc import Iterable
from typing import Any

from flask import flash
from flask_babel import gettext as _

from specimens.domain.protocol import Protocol
from specimens.services import kit_lots
from specimens.services.clock import today
from specimens.services.kit_lots import Lot
from specimens.services.kit_view import KitView
from specimens.services.visit import VisitView
from specimens.web.bedside import said
from specimens.web.form import Form
from specimens.web.guard import actor


def read(form: Form, view: KitView) -> tuple[Lot, ...]:
    """Return the lots that were chosen or typed; a container without one is left out.

    Read are those of every container of the kit: whether it is still asked for may have changed since the form was
    shown, and a form that is sent twice says the same twice.
    """
    containers = {each.container for each in view.specimens}
    needing = [each.code for each in view.protocol.containers if each.needs_lot and each.code in containers]
    found = (_lot(form, each) for each in needing)
    return tuple(lot for lot in found if lot is not None)


def _lot(form: Form, container: str) -> Lot | None:
    name = f"lot_{container}"
    chosen, number = form.text(f"{name}_chosen"), form.text(name)
    month = form.whole(f"{name}_month", least=1, most=12)
    year = form.whole(f"{name}_year", least=2000, most=2099)
    typed = any(form.sent.get(each, "").strip() for each in (name, f"{name}_month", f"{name}_year"))
    unreadable = [each for each in (f"{name}_month", f"{name}_year") if form.wrong.pop(each, None)]
    if chosen and typed:
        form.wrong[name] = "lot_twice"
    elif unreadable or (month is None) != (year is None):
        form.wrong[name] = "lot_month"
    elif typed and not number:
        form.wrong[name] = "lot_needed"
    elif chosen:
        return kit_lots.read_lot(container, chosen)
    elif number:
        return Lot(container, number, None if year is None else f"{year}-{month:02d}")
    return None


def tell_expired(protocol: Protocol, kit: str, lots: Iterable[Lot]) -> None:
    """Say at once which of the lots had expired: nothing stops, their tubes are flagged."""
    for code in kit_lots.over_of(actor(), kit, lots):
        name = said(protocol.container(code).text)
        flash(_("The lot of the %(container)s had expired: its tubes are flagged.", container=name), "check")


def state_of(view: VisitView, protocol: Protocol) -> dict[str, tuple[list[str], list[str]]]:
    """Return kit → its lots in words, and the containers of its tubes whose lot nobody has recorded."""
    found = {}
    for each in view.kits:
        tubes = view.of(each.code)
        wanting = kit_lots.wanting(protocol, tubes)
        recorded = kit_lots.of_kit(each.code) if wanting else {}
        words = [
            f"{said(protocol.container(code).text)}: {line(recorded[code])}"
            for code in wanting
            if code in recorded
        ]
        bare = [said(protocol.container(code).text) for code in kit_lots.missing(protocol, tubes, recorded)]
        found[each.code] = (words, bare)
    return found


def around() -> dict[str, Any]:
    """Return what the templates with lots use."""
    on = today(actor().zone)
    return {"lots": {"line": line, "is_over": lambda lot: kit_lots.is_over(lot, on)}}


def line(lot: Lot) -> str:
    """Write a lot for a page; without its number where that may not be read."""
    number = lot.number or "–"
    return _("%(number)s, expires %(month)s", number=number, month=lot.month) if lot.expires else number

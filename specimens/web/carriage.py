"""Carrying bags: taken along, left in a named place, delivered. Made for a phone: big buttons, or one scan."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from specimens.domain.access import Permission
from specimens.domain.errors import BadInput
from specimens.domain.identifiers import COMMAND_CODES, read_scan
from specimens.services import carriage, transfer_list, transfer_view
from specimens.services.clock import now_ms
from specimens.web import handover
from specimens.web.form import Form
from specimens.web.guard import actor, needs

bp = Blueprint("carriage", __name__)
Page = str | Response | tuple[str, int]


@bp.route("/carry", methods=["GET", "POST"])
@needs(Permission.TRANSFER_CARRY)
def scan() -> Page:
    """Pick up or deliver bags by scanning them."""
    act = "deliver" if request.values.get("act") == "deliver" else "pick_up"
    outcome = None
    raw = request.form.get("scan")
    if raw is not None and not _acknowledges(raw):
        outcome = carriage.scan_bag(actor(), raw, act, key=Form().scan_key, mode=handover.scan_mode())
    lists = transfer_list.open_lists(actor(), now_ms())
    mine = [each for each in lists["on_the_way"] if each.transfer.carried_by == actor().user]
    waiting = [each for each in lists["to_receive"] if not each.transfer.received_by]
    return render_template(
        "transfer/carry_scan.html",
        act=act,
        outcome=outcome,
        shown=mine if act == "deliver" else waiting,
        mine=mine,
        waiting=waiting,
        **handover.around(),
    )


def _acknowledges(raw: str) -> bool:
    try:
        return read_scan(raw).code == COMMAND_CODES["ACKNOWLEDGE"]
    except BadInput:
        return False


@bp.route("/carry/here", methods=["GET", "POST"])
@needs(Permission.TRANSFER_CARRY)
def bring() -> Page:
    """Bring one's own tubes to the station where one stands: that is no transfer."""
    outcome = None
    raw, station = request.form.get("scan"), actor().station
    if station is not None and raw is not None and not _acknowledges(raw):
        outcome = carriage.carry(actor(), station, raw, key=Form().scan_key, mode=handover.scan_mode())
    return render_template("transfer/bring.html", outcome=outcome, **handover.around())


@bp.route("/transfers/<code>/carry", methods=["GET", "POST"])
@needs(Permission.TRANSFER_CARRY)
def carry(code: str) -> Page:
    """Pick a list up, leave it in a named place with its temperature, or deliver it."""
    view = transfer_view.get(actor(), code)
    form = Form()
    errors: dict[str, str] = {}
    if request.method == "POST":
        act = form.text("act")
        place, tenths, key = form.text("place"), form.tenths("temperature"), form.key
        work = {
            "pick_up": lambda: carriage.pick_up(actor(), code, key=key),
            "deposit": lambda: carriage.deposit(actor(), code, place, temperature_tenths_c=tenths, key=key),
            "deliver": lambda: carriage.deliver(
                actor(), code, place or None, temperature_tenths_c=tenths, key=key
            ),
        }.get(act)
        if work is None:
            raise BadInput("choose_one")
        errors = form.saved(work)
        if not errors:
            flash({"pick_up": _("You have the bag now."), "deposit": _("Left in its place.")}.get(
                act, _("Delivered.")
            ))  # fmt: skip
            return redirect(url_for("carriage.carry", code=code), 303)
    page = render_template(
        "transfer/carry.html",
        errors=errors,
        sent=form.sent,
        places=[(each.code, f"{each.name} ({each.site})") for each in carriage.places(actor(), code)],
        **handover.around(view),
    )
    return (page, 422) if errors else page

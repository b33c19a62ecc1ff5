"""The procedure of a tissue kit, lots, and stopping a session: what is no scan at a kit."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from specimens.domain.access import Permission
from specimens.services import kit, kit_lots
from specimens.web import lots
from specimens.web.bedside import around, choices, reasons, said
from specimens.web.form import Form
from specimens.web.guard import actor, needs

bp = Blueprint("procedure", __name__)

Answer = str | Response | tuple[str, int]


@bp.route("/kits/<code>/procedure", methods=["GET", "POST"])
@needs(Permission.COLLECT)
def record(code: str) -> Answer:
    """Ask where tissue was taken, with what, by whom, and how many pieces came out."""
    view = kit.get(actor(), code)
    if not view.tissue:
        return redirect(url_for("kit.collect", code=code), 303)
    protocol = view.protocol
    trained = protocol.procedure(view.kit.procedure).operators
    operators = [(each.code, said(each.text)) for each in trained]
    places = [f"{site}:{side}" for site, side in view.places]
    asked = kit_lots.asked(actor(), protocol, code)
    errors: dict[str, str] = {}
    if request.method == "POST":
        form = Form()
        place = form.one_of("place", places) or ":"
        role = form.one_of("operator", [each for each, _text in operators])
        name = form.text("performed_by", needed=True)
        pieces = form.whole("pieces", most=99, needed=True)
        spoken = next(
            (each.text.en for each in protocol.procedure(view.kit.procedure).operators if each.code == role),
            "",
        )
        given = lots.read(form, view)
        told = {name: form.text(name) for name in ("device", "reason", "correction")}
        errors = form.saved(
            lambda: kit.record_procedure(
                actor(), code, body_site=place.partition(":")[0], side=place.partition(":")[2],
                device=told["device"], performed_by=f"{name}, {spoken}", pieces=pieces or 0,
                reason=told["reason"] or None, correction=told["correction"] or None, lots=given,
                key=form.key,
            )
        )  # fmt: skip
        if not errors:
            lots.tell_expired(protocol, code, given)
            return redirect(url_for("kit.collect", code=code), 303)
    page = render_template(
        "kit/procedure.html",
        view=view,
        asked=asked,
        operators=operators,
        names=kit.operators_before(actor(), view.kit.procedure),
        place_reasons=reasons(protocol, "body_site"),
        correction_reasons=reasons(protocol, "correction"),
        errors=errors,
        sent=request.form,
        **lots.around(),
        **around(protocol),
    )
    return (page, 422) if errors else page


@bp.route("/kits/<code>/lots", methods=["GET", "POST"])
@needs(Permission.COLLECT)
def record_lots(code: str) -> Answer:
    """Record the lots of a kit's containers, at any time: what nobody read at the bedside is added here."""
    view = kit.get(actor(), code)
    asked = kit_lots.asked(actor(), view.protocol, code)
    errors: dict[str, str] = {}
    if request.method == "POST":
        form = Form()
        given = lots.read(form, view)
        errors = form.saved(lambda: kit_lots.record(actor(), code, given, key=form.key))
        if not errors:
            lots.tell_expired(view.protocol, code, given)
            flash(_("The lots are recorded."))
            return redirect(url_for("visit.check", code=view.visit.code), 303)
    page = render_template(
        "kit/lots.html",
        view=view,
        asked=asked,
        errors=errors,
        sent=request.form,
        **lots.around(),
        **around(view.protocol),
    )
    return (page, 422) if errors else page


@bp.route("/kits/<code>/stop", methods=["GET", "POST"])
@needs(Permission.COLLECT)
def stop(code: str) -> Answer:
    """Stop a session with one reason: everything that is outstanding ends as not collected."""
    view = kit.get(actor(), code)
    offered = choices(view.protocol.not_collected_reasons_for(view.kit.procedure))
    errors: dict[str, str] = {}
    if request.method == "POST":
        form = Form()
        reason = form.one_of("reason", [each for each, _text in offered]) or ""
        errors = form.saved(lambda: kit.stop(actor(), code, reason=reason, key=form.key))
        if not errors:
            flash(_("The session is stopped: %(why)s.", why=dict(offered)[reason]))
            return redirect(url_for("visit.check", code=view.visit.code), 303)
    page = render_template(
        "kit/stop.html", view=view, offered=offered, errors=errors, **around(view.protocol)
    )
    return (page, 422) if errors else page

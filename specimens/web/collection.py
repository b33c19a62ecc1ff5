"""Collection of a visit: scan one of its kits to open it at this station."""

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from specimens.domain.access import Permission
from specimens.domain.terms import Mode
from specimens.services import kit, visit
from specimens.services.hands import names_of
from specimens.services.scan import ScanOutcome
from specimens.services.study import protocol_of
from specimens.web.bedside import around
from specimens.web.form import Form
from specimens.web.guard import actor, needs

bp = Blueprint("collection", __name__)


@bp.route("/visits/<code>/collect", methods=["GET", "POST"])
@needs(Permission.COLLECT)
def of_visit(code: str) -> str | Response:
    """Ask for a kit of the visit; scanning it opens it here."""
    view = visit.get(actor(), code)
    outcome = None
    if request.method == "POST":
        answer = _scanned(view)
        if isinstance(answer, Response):
            return answer
        outcome = answer
    return render_template(
        "collection/visit.html",
        view=view,
        outcome=outcome,
        stations=names_of([each.opened_at_station for each in view.kits]),
        **around(protocol_of(view.visit.study, view.visit.protocol_version)),
    )


def _scanned(view: visit.VisitView) -> Response | ScanOutcome:
    form = Form()
    mode = Mode.TYPED if form.sent.get("typed") else Mode.SCAN
    outcome = kit.scan_open(actor(), view.visit.code, form.sent.get("scan", ""), form.scan_key, mode=mode)
    opens = outcome.saved or outcome.code in ("station_needed", "kit_open_elsewhere")
    return redirect(url_for("kit.collect", code=outcome.read), 303) if opens else outcome

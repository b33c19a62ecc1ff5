"""The auditor's bench: seats, random draws, tracing forward and back, findings."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from specimens.domain.access import Permission
from specimens.domain.errors import NotFound
from specimens.domain.finding import Severity
from specimens.domain.grant import SEATED
from specimens.domain.signature import Occasion
from specimens.services import draw, finding, seat, trace
from specimens.services.study import protocol_of
from specimens.web import signing
from specimens.web.doors import door
from specimens.web.form import Form
from specimens.web.guard import actor, needs

bp = Blueprint("audit_bench", __name__)
Page = str | Response | tuple[str, int]


def _page(name: str, errors: dict[str, str] | None = None, **told: Any) -> Page:
    page = render_template(f"audit/{name}.html", errors=errors or {}, sent=request.form, door=door, **told)
    return (page, 422) if errors else page


# ---------------------------------------------------------------------------------------------------- seats


@bp.get("/audit/seats")
@needs(Permission.AUDIT_READ)
def seats() -> Page:
    """List the seats: who sits in them, from when to when, who opened them and why."""
    return _page("seats", lines=seat.seats(actor()))


@bp.route("/audit/seats/new", methods=["GET", "POST"])
@needs(Permission.SEAT_OPEN)
def open_seat() -> Page:
    """Open a seat for an auditor or a monitor, from a day until a day."""
    form = Form()
    errors: dict[str, str] = {}
    if request.method == "POST":
        days = {name: form.date(name, needed=True) for name in ("from_on", "until_on", "training_on")}
        role = form.one_of("role", SEATED)
        name, key = form.text("name", needed=True), form.key
        reason = form.text("reason", needed=True)
        errors = form.saved(lambda: seat.open_seat(actor(), name, role, reason=reason, key=key, **days))
        if not errors:
            flash(_("The seat is open for its period, and closes by itself."))
            return redirect(url_for("audit_bench.seats"), 303)
    return _page("seat_new", errors, roles=sorted(SEATED))


@bp.route("/audit/seats/<code>/close", methods=["GET", "POST"])
@needs(Permission.SEAT_OPEN)
def close_seat(code: str) -> Page:
    """Close a seat before its period ends, with a reason."""
    line = next((each for each in seat.seats(actor()) if each.line.grant.code == code), None)
    if line is None:
        raise NotFound("unknown_grant")
    form = Form()
    errors: dict[str, str] = {}
    if request.method == "POST":
        reason, key = form.text("reason"), form.key
        errors = form.saved(lambda: seat.close_seat(actor(), code, reason, key=key))
        if not errors:
            flash(_("The seat is closed."))
            return redirect(url_for("audit_bench.seats"), 303)
    return _page("seat_close", errors, each=line)


# ---------------------------------------------------------------------------------------------------- draws


@bp.get("/audit/draws")
@needs(Permission.AUDIT_READ)
def draws() -> Page:
    """List the random draws, newest first."""
    return _page("draws", draws=draw.draws(actor()))


@bp.route("/audit/draws/new", methods=["GET", "POST"])
@needs(Permission.AUDIT_DRAW)
def new_draw() -> Page:
    """Draw specimens at random: the seed is an entry first."""
    form = Form()
    errors: dict[str, str] = {}
    if request.method == "POST":
        count, own, key = form.whole("count", needed=True), form.text("seed"), form.key
        errors = form.saved(lambda: draw.draw(actor(), count, seed=own, key=key))
        if not errors:
            return redirect(url_for("audit_bench.show_draw", code=form.result.code), 303)
    return _page("draw_new", errors)


@bp.get("/audit/draws/<code>")
@needs(Permission.AUDIT_READ)
def show_draw(code: str) -> Page:
    """Show one draw: its seed, its population's digest, its specimens, and how to draw again without us."""
    return _page("draw", drawn=draw.get(actor(), code))


@bp.get("/audit/draws/<code>/population.txt")
@needs(Permission.AUDIT_READ)
def population(code: str) -> Response:
    """Give the codes among which was drawn, byte for byte as digested."""
    text = draw.population(actor(), code)
    headers = {"Content-Disposition": f'attachment; filename="population-{code}.txt"'}
    return Response(text, mimetype="text/plain", headers=headers)


# --------------------------------------------------------------------------------------------------- tracing


@bp.get("/audit/trace/<code>")
@needs(Permission.AUDIT_READ)
def forward(code: str) -> Page:
    """Trace a specimen to every paper and entry that speaks of it."""
    return _page("trace", trace=trace.forward(actor(), code))


@bp.get("/audit/entries/<int:number>")
@needs(Permission.AUDIT_READ)
def backward(number: int) -> Page:
    """Trace an entry of the ledger back to what it was about, and what the same act touched besides."""
    return _page("entry", origin=trace.backward(actor(), min(number, 2**62)))


# -------------------------------------------------------------------------------------------------- findings


@bp.get("/audit/findings")
@needs(Permission.AUDIT_READ)
def findings() -> Page:
    """List the findings, open ones first."""
    return _page("findings", findings=finding.findings(actor()))


@bp.route("/audit/findings/new", methods=["GET", "POST"])
@needs(Permission.FINDING_RAISE)
def raise_finding() -> Page:
    """Raise a finding about a record, and sign it."""
    form = Form()
    errors: dict[str, str] = {}
    about, of_draw = request.values.get("about", ""), request.values.get("draw", "")
    if request.method == "POST":
        severity, text, key = form.text("severity"), form.text("text"), form.key
        pen = signing.pen(form)
        errors = signing.signed(
            form,
            lambda: finding.raise_finding(
                actor(), about[:64], severity, text, pen=pen, draw=of_draw[:64] or None, key=key
            ),
        )
        if not errors:
            return redirect(url_for("audit_bench.show_finding", code=form.result.code), 303)
    return _page(
        "finding_new",
        errors,
        about=about[:64],
        of_draw=of_draw[:64],
        severities=[str(each) for each in Severity],
        meanings=signing.meanings(protocol_of(actor().study), Occasion.FINDING_RAISED),
    )


@bp.route("/audit/findings/<code>", methods=["GET", "POST"])
@needs(Permission.AUDIT_READ)
def show_finding(code: str) -> Page:
    """Show one finding with its answers and signatures; answer it, close it, or open it again."""
    form = Form()
    errors: dict[str, str] = {}
    if request.method == "POST":
        step, text, key = form.text("step"), form.text("text"), form.key
        pen = signing.pen(form)
        errors = signing.signed(form, lambda: finding.go_on(actor(), code, step, text, pen=pen, key=key))
        if not errors:
            flash(_("Signed."))
            return redirect(url_for("audit_bench.show_finding", code=code), 303)
    view = finding.get(actor(), code)
    rules = protocol_of(actor().study)
    meanings = signing.meanings(rules, finding.STEPS[view.next[0]][3]) if view.next else ()
    return _page("finding", errors, view=view, meanings=meanings)

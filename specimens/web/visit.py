"""Visits: opening one, its kits and tubes, what is added to it, and confirming it."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from specimens.domain.access import Permission
from specimens.domain.errors import BadInput, Refused
from specimens.domain.identifiers import COMMANDS, read_scan
from specimens.domain.terms import Kind, Status
from specimens.services import kit as kits
from specimens.services import pool, scan, visit, visit_plan, visit_preview
from specimens.services.hands import names_of
from specimens.services.scan import CHECK, STOP, ScanOutcome
from specimens.services.study import protocol_of
from specimens.web import lots, say
from specimens.web.bedside import around, choices, door, reasons
from specimens.web.form import Form
from specimens.web.guard import actor, needs

bp = Blueprint("visit", __name__)

Answer = str | Response | tuple[str, int]


@bp.route("/participants/<participant>/visits/new", methods=["GET", "POST"])
@needs(Permission.VISIT_WRITE)
def new(participant: str) -> Answer:
    """Show what opening a visit would plan; open it."""
    timepoint = request.values.get("timepoint", "")
    view = visit_preview.preview(actor(), participant, timepoint)
    if view.earlier:
        flash(_("This visit is open already."), "check")
        return redirect(url_for("visit.show", code=view.earlier), 303)
    offered = [*reasons(view.protocol, "visit"), ("other", _("other, in words"))]
    optional = [each.procedure.code for each in view.kits if each.optional]
    errors: dict[str, str] = {}
    if request.method == "POST":
        form = Form()
        reason = form.one_of("reason", [code for code, _text in offered], needed=view.reason_needed)
        note = form.text("reason_note")
        chosen = form.several("procedures", optional)
        labels = _pool_scans(form, view, chosen)
        if "scanned" in form.sent:
            # The scanner sends Enter after each label: it is checked, and the next tube asked for; nothing is planned.
            errors = form.saved(lambda: pool.check(view.participant.study, view.participant.site, labels))
            facts = {"left": len(labels), "of": len(_tubes(view, chosen))}
            return _new(view, offered, errors, say.sentence("pool_labels_missing", facts))
        form.wrong.update(_without_label(view, chosen, labels))
        errors = form.saved(
            lambda: visit.open_visit(
                actor(), participant, timepoint, reason=reason, note=note,
                procedures=chosen or None, labels=labels or None, key=form.key,
            )
        )  # fmt: skip
        if not errors:
            for warning in form.result.warnings:
                flash(say.sentence(warning), "check")
            flash(_("The visit is open. Print the labels, then collect."))
            return redirect(url_for("visit.show", code=form.result.visit.code), 303)
    page = _new(view, offered, errors)
    return (page, 422) if errors else page


def _tubes(view: visit_preview.Preview, chosen: tuple[str, ...]) -> list[tuple[str, str, str]]:
    """Return each tube of the plan: the name of its label's field, its procedure, and what it is."""
    return [
        (
            visit_plan.label_key(slot.code, number),
            kit.procedure.code,
            f"{slot.label} {number}/{slot.count}" if slot.count > 1 else slot.label,
        )
        for kit in view.kits
        if not kit.optional or kit.procedure.code in chosen
        for slot in kit.slots
        for number in range(1, slot.count + 1)
    ]


def _pool_scans(form: Form, view: visit_preview.Preview, chosen: tuple[str, ...]) -> dict[str, str]:
    """Return the pre-printed labels that were scanned so far, by tube."""
    scans = {name: form.text(name) for name, _procedure, _what in _tubes(view, chosen)}
    return {name: raw for name, raw in scans.items() if raw}


def _without_label(
    view: visit_preview.Preview, chosen: tuple[str, ...], labels: dict[str, str]
) -> dict[str, str]:
    """Return the tubes that still need a label: of a kit either every tube bears one of the pool, or none."""
    tubes = _tubes(view, chosen)
    begun = {procedure for name, procedure, _what in tubes if name in labels}
    return {
        name: "pool_label_needed"
        for name, procedure, _what in tubes
        if procedure in begun and name not in labels
    }


def _new(
    view: visit_preview.Preview, offered: list[tuple[str, str]], errors: dict[str, str], waiting: str = ""
) -> str:
    sent = request.form
    optional = tuple(each.procedure.code for each in view.kits if each.optional)
    tubes = _tubes(view, optional if not sent else tuple(sent.getlist("procedures")))
    return render_template(
        "visit/new.html",
        view=view,
        reasons=offered,
        errors=errors,
        sent=sent,
        waiting=waiting,
        tubes=tubes if pool.any_free(view.participant.study, view.participant.site) else [],
        next_tube=next((name for name, _procedure, _what in tubes if not sent.get(name)), None),
        **around(view.protocol),
    )


def _shown(code: str, errors: dict[str, str] | None = None, part: str = "") -> Answer:
    view = visit.get(actor(), code)
    protocol = protocol_of(view.visit.study, view.visit.protocol_version)
    planned = {each.procedure for each in view.kits}
    stations = names_of([each.opened_at_station for each in view.kits])
    page = render_template(
        "visit/show.html",
        view=view,
        timing=visit.timing(view, protocol),
        budget=visit.blood(view, protocol),
        stations=stations,
        people=names_of([view.visit.confirmed_by, view.visit.paper_entered_by, view.visit.paper_checked_by]),
        addable=[each for each in protocol.procedures_at(view.visit.timepoint) if each.code not in planned],
        repeatable=_repeatable(view),
        repeat_reasons=reasons(protocol, "repeat"),
        extra_reasons=reasons(protocol, "extra"),
        pre_printed=_pre_printed(view),
        errors=errors or {},
        part=part,
        sent=request.form,
        **around(protocol),
    )
    return (page, 422) if errors else page


def _repeatable(view: visit.VisitView) -> list[str]:
    """Return the procedures whose last attempt is over: another one may be opened, with a reason."""
    last = {each.procedure: each for each in view.kits}
    return [
        procedure
        for procedure, each in last.items()
        if all(tube.status != Status.PLANNED for tube in view.of(each.code))
    ]


def _pre_printed(view: visit.VisitView) -> dict[str, list[tuple[str, str | None]]]:
    """Return where labels of the site's pool are put on what comes beyond the plan, when it has any: (kit, page)."""
    if not pool.any_free(view.visit.study, view.visit.site):
        return {}
    last = {each.procedure: each for each in view.kits}
    return {
        "tube": [(each.code, door("pool_use.tube", code=each.code)) for each in view.kits],
        "attempt": [
            (last[each].code, door("pool_use.attempt", code=last[each].code)) for each in _repeatable(view)
        ],
    }


@bp.get("/visits/<code>")
@needs(Permission.VISIT_READ)
def show(code: str) -> Answer:
    """Show a visit: its kits, its tubes, what is still to be taken."""
    return _shown(code)


def _added(code: str, part: str, form: Form, work: Callable[[], Any], told: str) -> Answer:
    """Do one of the things that add to a visit, and show the visit again."""
    if errors := form.saved(work):
        return _shown(code, errors, part)
    flash(told)
    return redirect(url_for("visit.show", code=code), 303)


@bp.post("/visits/<code>/attempts")
@needs(Permission.VISIT_WRITE)
def repeat(code: str) -> Answer:
    """Open another attempt at a procedure, with a reason."""
    form = Form()
    procedure, reason, note = form.text("procedure"), form.text("reason"), form.text("reason_note")

    def work() -> Any:
        return visit_plan.second_attempt(actor(), code, procedure, reason=reason, note=note, key=form.key)

    told = _("Another attempt is planned, as a kit of its own. Print its labels.")
    return _added(code, "attempt", form, work, told)


@bp.post("/visits/<code>/procedures")
@needs(Permission.VISIT_WRITE)
def add_procedure(code: str) -> Answer:
    """Add an optional procedure of the timepoint to the visit."""
    form = Form()
    procedure = form.text("procedures")
    told = _("The procedure is planned, as a kit of its own. Print its labels.")
    return _added(
        code,
        "procedure",
        form,
        lambda: visit_plan.add_procedure(actor(), code, procedure, key=form.key),
        told,
    )


@bp.post("/visits/<code>/tubes")
@needs(Permission.COLLECT)
def add_tube(code: str) -> Answer:
    """Add an extra tube to a kit of the visit, with a reason."""
    form = Form()
    view = visit.get(actor(), code)
    kit, _sep, slot = form.text("slot").partition(":")
    reason, note = form.text("reason"), form.text("reason_note")

    def work() -> Any:
        if kit not in {each.code for each in view.kits}:
            raise BadInput("form_incomplete", {"slot": "choose_one"})
        return visit_plan.add_specimen(actor(), kit, slot, reason=reason, note=note, key=form.key)

    return _added(code, "tube", form, work, _("An extra tube is planned. Print its label."))


@bp.route("/visits/<code>/check", methods=["GET", "POST"])
@needs(Permission.VISIT_WRITE)
def check(code: str) -> Answer:
    """Check the answers of a visit and confirm it. It comes last and blocks nothing."""
    outcome = None
    if request.method == "POST":
        answer = _checked(code)
        if not isinstance(answer, ScanOutcome):
            return answer
        outcome = answer
    view = visit.get(actor(), code)
    protocol = protocol_of(view.visit.study, view.visit.protocol_version)
    people = [view.visit.confirmed_by, *(each.identity_attested_by for each in view.kits)]
    return render_template(
        "visit/check.html",
        view=view,
        timing=visit.timing(view, protocol),
        people=names_of(people),
        lots=lots.state_of(view, protocol),
        containers=dict(choices(protocol.containers)),
        outcome=outcome,
        errors={},
        **around(protocol),
    )


def _checked(code: str) -> Response | ScanOutcome:
    """Confirm by the button or by scanning ACKNOWLEDGE; a kit that is scanned here is collected next."""
    form = Form()
    try:
        if "scan" in form.sent:
            read = read_scan(form.sent["scan"])
            if COMMANDS.get(read.code) != "ACKNOWLEDGE":
                return _elsewhere(read.code)
        visit.confirm(actor(), code, key=form.key)
    except (BadInput, Refused) as error:
        return ScanOutcome(CHECK, error.code, dict(error.facts))
    flash(_("The visit is confirmed."))
    return redirect(url_for("visit.show", code=code), 303)


def _elsewhere(code: str) -> Response | ScanOutcome:
    if scan.kind_of(code) == Kind.KIT:
        kits.get(actor(), code)
        return redirect(url_for("kit.collect", code=code), 303)
    verdict = CHECK if code in COMMANDS else STOP
    return ScanOutcome(verdict, "check_page_scan", {"code": code}, code)

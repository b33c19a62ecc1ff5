"""Processing: what waits at the bench, batches, their steps, what is made of their tubes."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response

from specimens.domain.access import Permission
from specimens.domain.batch import STEPS, Step
from specimens.domain.errors import BadInput, Conflict, NotFound, Refused
from specimens.domain.identifiers import COMMANDS, read_scan
from specimens.domain.terms import ENDED, Mode, Status
from specimens.services import batch_next, batch_view, processing, recent_scans, undo
from specimens.services.batch_view import Tube, Work
from specimens.services.scan import CHECK, STOP, ScanOutcome
from specimens.services.study import protocol_of
from specimens.web import making, say
from specimens.web.bedside import door, reasons, said
from specimens.web.figures import capital, grouped
from specimens.web.form import Form
from specimens.web.guard import actor, needs

bp = Blueprint("batch", __name__)
bp.add_url_rule("/batches/<code>/derive/<made>", "derive", making.derive, methods=["GET", "POST"])
bp.add_url_rule("/batches/<code>/pool/<kit>", "pool", making.pool, methods=["GET", "POST"])

Answer = str | Response | tuple[str, int]

#: Numbers that are typed in degrees and kept in tenths.
_DEGREES = "_tenths_c"
#: Numbers that are told with a sign of their own behind them.
_SAID = {"force_g": "× g", "minutes": "min", "viability_percent": "%"}
_GONE = ENDED | {Status.STORED, Status.MISSING, Status.SHIPPED}


def around() -> dict[str, Any]:
    """Return what every template of this room uses."""
    return {
        "said": said,
        "door": door,
        "GONE": {str(each) for each in _GONE},
        "STEPS": STEPS,
        "grouped": grouped,
        "capital": capital,
    }


@bp.route("/batches", methods=["GET", "POST"])
@needs(Permission.PROCESS)
def index() -> Answer:
    """Show what waits to be processed and the open batches; open another one."""
    form, errors = Form(), {}
    if request.method == "POST":
        name = form.text("name", needed=True)
        errors = form.saved(lambda: processing.open_batch(actor(), name, key=form.key))
        if not errors:
            return redirect(url_for("batch.show", code=form.result.code), 303)
    closed = request.args.get("closed") == "1"
    page = render_template(
        "batch/index.html",
        waiting=batch_view.waiting(actor()),
        batches=processing.batches(actor(), closed=closed),
        closed=closed,
        errors=errors,
        sent=form.sent,
        **around(),
    )
    return (page, 422) if errors else page


# ---------------------------------------------------------------------------------------------- one batch


@bp.get("/batches/<code>")
@needs(Permission.PROCESS)
def show(code: str) -> Answer:
    """Show a batch: its tubes with their clocks, what was done, what is to be made."""
    return _show(code, None)


def _show(
    code: str,
    outcome: ScanOutcome | None,
    pending: str = "",
    carried: dict[str, str] | None = None,
    held: int = 0,
) -> str:
    work = batch_view.work(actor(), code)
    offered = reasons(protocol_of(actor().study), "undo") if outcome and outcome.ask == "undo" else []
    return render_template(
        "batch/show.html",
        work=work,
        batch=work.batch,
        outcome=outcome,
        pending=pending,
        held=max(held, int(outcome is not None and outcome.verdict == STOP)),
        carried=carried or {},
        asked=offered,
        last=recent_scans.at_batch(actor(), code),
        steps=[(each.code, say.word(f"step_{each.code}")) for each in STEPS.values()],
        following=batch_next.next_of(work),
        described=_described,
        **around(),
    )


def _described(step: dict[str, Any]) -> str:
    """Say the numbers of a recorded step in words."""
    told = []
    for name, value in (step.get("facts") or {}).items():
        if value is None:
            continue
        if name.endswith(_DEGREES):
            told.append(f"{say.word(name.removesuffix(_DEGREES))} {value / 10:g} °C".replace("-", "−"))
        elif isinstance(value, bool):
            told.append(f"{say.word(name)}: {_('yes') if value else _('no')}")
        elif name in _SAID:
            told.append(f"{grouped(value)} {_SAID[name]}")
        else:
            told.append(f"{say.word(name)} {grouped(value)}")
    return ", ".join(told)


@bp.post("/batches/<code>")
@needs(Permission.PROCESS)
def join(code: str) -> Answer:
    """Take one scan at a batch: a tube joins it, UNDO takes back."""
    form = Form()
    sent, pending = form.sent, form.sent.get("pending", "")
    raw, mode = sent.get("scan", ""), Mode.TYPED if sent.get("typed") else Mode.SCAN
    try:
        text = read_scan(raw)
    except BadInput:
        text = None  # the service keeps what could not be read
    word = COMMANDS.get(text.code) if text else None
    held = form.whole("held", most=9999) or 0
    if held and word != "ACKNOWLEDGE":
        return _show(code, ScanOutcome(STOP, "stop_held", {"count": held}), pending, held=held + 1)
    if word == "UNDO":
        again = pending == "undo"
        told = ScanOutcome(CHECK, "undo_dropped" if again else "undo_scan_tube", {})
        return _show(code, told, "" if again else "undo")
    if word == "ACKNOWLEDGE":
        return _show(code, None)
    key = form.scan_key
    try:
        if pending == "undo":
            outcome = undo.undo(actor(), raw, key, reason=sent.get("reason") or None, subject=code, mode=mode)
        else:
            outcome = processing.join(actor(), code, raw, key=key, mode=mode)
    except (Refused, Conflict) as error:
        outcome = ScanOutcome(STOP, error.code, dict(error.facts), text.code if text else None)
    carried = {"scan": raw, "typed": sent.get("typed", ""), "pending": pending} if outcome.ask else None
    return _show(code, outcome, pending if outcome.ask else "", carried)


@bp.post("/batches/<code>/close")
@needs(Permission.PROCESS)
def close(code: str) -> Answer:
    """Close a batch."""
    form = Form()
    if errors := form.saved(lambda: processing.close_batch(actor(), code, key=form.key)):
        flash(errors[""], "check")
    else:
        flash(_("The batch is closed."))
    return redirect(url_for("batch.show", code=code), 303)


# -------------------------------------------------------------------------------------------------- steps


def _groups(work: Work) -> dict[str, list[Tube]]:
    """Return the tubes at the bench by what they are, so that a step can be recorded on all that are alike."""
    groups: dict[str, list[Tube]] = {}
    for tube in work.tubes:
        each = tube.specimen
        if each.status not in _GONE and each.batch == work.batch.code:
            kind = (
                f"child-{each.derivative}"
                if each.derivative
                else f"{'pool' if each.level else 'slot'}-{each.slot}"
            )
            groups.setdefault(kind, []).append(tube)
    return groups


@bp.route("/batches/<code>/steps/<step>", methods=["GET", "POST"])
@needs(Permission.PROCESS)
def step(code: str, step: str) -> Answer:
    """Record one step on tubes of a batch."""
    if step not in STEPS:
        raise NotFound("not_found")
    done, form, errors = STEPS[step], Form(), {}
    work = batch_view.work(actor(), code)
    groups = _groups(work)
    every = [tube.specimen.code for tubes in groups.values() for tube in tubes]
    if request.method == "POST":
        chosen = set(form.several("tubes", every))
        for group in form.several("groups", groups):
            chosen |= {tube.specimen.code for tube in groups[group]}
        values = _values(form, done)
        lot, at = form.text("lot"), form.date_time("happened")
        if not chosen:
            form.wrong["groups"] = "choose_tubes"
        errors = form.saved(
            lambda: processing.record_step(
                actor(), code, step, values, specimens=chosen, happened_at=at, lot=lot, key=form.key
            )
        )
        if not errors:
            flash(
                ngettext(
                    "Recorded on %(num)s tube: %(step)s.",
                    "Recorded on %(num)s tubes: %(step)s.",
                    len(chosen),
                    step=say.word(f"step_{step}"),
                )
            )
            return redirect(url_for("batch.show", code=code), 303)
    page = render_template(
        "batch/step.html", batch=work.batch, step=done, groups=groups, errors=errors, sent=form.sent, form=form,
        degrees=_DEGREES, **around(),
    )  # fmt: skip
    return (page, 422) if errors else page


def _values(form: Form, done: Step) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for number in done.numbers:
        if number.name.endswith(_DEGREES):
            value = form.tenths(number.name, needed=not number.optional)
        else:
            value = form.whole(
                number.name, least=number.lowest, most=number.highest, needed=not number.optional
            )
        if value is not None:
            values[number.name] = value
    for question in done.questions:
        if answer := form.one_of(question, ("yes", "no")):
            values[question] = answer == "yes"
    return values

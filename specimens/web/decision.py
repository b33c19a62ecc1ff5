"""Decisions of the investigator: what is in quarantine, was too warm, or is to be destroyed."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response

from specimens.domain.access import Permission
from specimens.domain.errors import NotFound
from specimens.domain.protocol_signature import Meaning
from specimens.domain.specimen import Specimen
from specimens.services import decision, transfer_view
from specimens.services.clock import now_ms
from specimens.services.study import protocol_of
from specimens.web import handover, say, signing
from specimens.web.form import Form
from specimens.web.guard import actor, needs

bp = Blueprint("decision", __name__)
Page = str | Response | tuple[str, int]


@bp.get("/decisions")
@needs(Permission.QUARANTINE_DECIDE)
def index() -> Page:
    """Show what waits for a decision, oldest first."""
    pending = decision.pending(actor(), now_ms())
    tubes = [each.specimen for some in pending.values() for each in some]
    return render_template(
        "decision/index.html",
        pending=pending,
        whats=transfer_view.whats_of(tubes),
        together=TOGETHER,
        **handover.around(),
    )


#: What can be decided for many at once; what is ordered already waits for the laboratory.
TOGETHER = ("quarantine", "excursion", "withdrawal")


@bp.route("/decisions/together", methods=["GET", "POST"])
@needs(Permission.QUARANTINE_DECIDE)
def together() -> Page:
    """Decide about many tubes of one kind with one reason; nothing is ticked until somebody ticks it."""
    kind = request.args.get("kind", "")
    if kind not in TOGETHER:
        raise NotFound("not_found")
    form = Form()
    errors: dict[str, str] = {}
    waiting = decision.pending(actor(), now_ms())[kind]
    only = request.args.get("participant", "")
    shown = [each for each in waiting if not only or each.specimen.participant == only]
    ticked = [each.specimen.code for each in shown] if request.args.get("all") == "1" else []
    if request.method == "POST":
        ticked = [code[:8] for code in form.sent.getlist("specimens")]
        how, _sep, reason = form.text("why").partition(":")
        note, key, pen = form.text("reason_note"), form.key, signing.pen(form)
        errors = signing.signed(
            form, lambda: decision.decide_together(actor(), ticked, how, reason, pen=pen, note=note, key=key)
        )
        if not errors:
            flash(_told_many(how, len(form.result)))
            return redirect(url_for("decision.index"), 303)
        errors = {"why" if name in ("how", "reason") else name: text for name, text in errors.items()}
    ways = ("destroy",) if kind == "withdrawal" else tuple(decision.DECISIONS)
    page = render_template(
        "decision/together.html",
        kind=kind,
        shown=shown,
        ticked=ticked,
        only=only,
        participants=sorted({each.specimen.participant for each in waiting}),
        whats=transfer_view.whats_of([each.specimen for each in shown]),
        ways=[(how, _choices(how)) for how in ways],
        meanings=_meanings(shown[0].specimen) if shown else (),
        errors=errors,
        sent=form.sent,
        **handover.around(),
    )
    return (page, 422) if errors else page


def _told_many(how: str, count: int) -> str:
    if how == "release":
        return ngettext("%(num)s tube released for use.", "%(num)s tubes released for use.", count)
    return ngettext(
        "Destruction of %(num)s tube ordered. The laboratory does it.",
        "Destruction of %(num)s tubes ordered. The laboratory does it.",
        count,
    )


@bp.route("/decisions/<code>", methods=["GET", "POST"])
@needs(Permission.QUARANTINE_DECIDE)
def decide(code: str) -> Page:
    """Decide about one tube, and with it about everything that was made from it."""
    form = Form()
    errors: dict[str, str] = {}
    if request.method == "POST":
        how, _sep, reason = form.text("why").partition(":")
        note, key, pen = form.text("reason_note"), form.key, signing.pen(form)
        errors = signing.signed(
            form, lambda: decision.decide(actor(), code, how, reason, pen=pen, note=note, key=key)
        )
        if not errors:
            flash(
                _("Released for use.")
                if how == "release"
                else _("Destruction ordered. The laboratory does it.")
            )
            return redirect(url_for("decision.index"), 303)
        errors = {"why" if name in ("how", "reason") else name: text for name, text in errors.items()}
    pending = decision.pending(actor(), now_ms())
    waiting = next(
        (
            each
            for kind, some in pending.items()
            for each in some
            if each.specimen.code == code and kind != "ordered"
        ),
        None,
    )
    if waiting is None and not errors:
        raise NotFound("not_found")
    ways = ("destroy",) if waiting and waiting.kind == "withdrawal" else tuple(decision.DECISIONS)
    page = render_template(
        "decision/decide.html",
        waiting=waiting,
        whats=transfer_view.whats_of([waiting.specimen] if waiting else []),
        ways=[(how, _choices(how)) for how in ways],
        meanings=_meanings(waiting.specimen) if waiting else (),
        errors=errors,
        sent=form.sent,
        **handover.around(),
    )
    return (page, 422) if errors else page


def _meanings(specimen: Specimen) -> tuple[Meaning, ...]:
    return signing.meanings(protocol_of(specimen.study), decision.occasion_of(specimen))


def _choices(how: str) -> list[tuple[str, str]]:
    if how == "destroy":
        return [(f"destroy:{code}", text) for code, text in handover.reasons("destroy")]
    return [(f"{how}:{code}", say.word(code)) for code in decision.reasons(actor(), how)]

"""Decisions of the investigator: what is in quarantine, was too warm, or is to be destroyed."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
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
        "decision/index.html", pending=pending, whats=transfer_view.whats_of(tubes), **handover.around()
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

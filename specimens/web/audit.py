"""The audit: corrections, near misses, late entries, open matters; the trail of any record."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from specimens.documents import times
from specimens.domain.access import Permission
from specimens.domain.errors import BadInput, NotFound
from specimens.domain.words import WORDS
from specimens.services import audit, audit_lists, keeper, redaction, scan, signature
from specimens.services.report_voice import Voice
from specimens.web import say
from specimens.web.form import Form
from specimens.web.guard import actor, needs

bp = Blueprint("audit", __name__)


def cursors() -> dict[str, int | None]:
    """Return where a page of a list begins; a number that no entry can have is none."""
    found = {name: request.args.get(name, type=int) for name in ("before", "after")}
    return {name: at if at is not None and 0 <= at < 1 << 62 else None for name, at in found.items()}


@bp.get("/audit")
@needs(Permission.AUDIT_READ)
def index() -> str | Response | tuple[str, int]:
    """Show how much there is to look at; a scanned identifier leads to its trail."""
    raw = request.args.get("code", "").strip()
    errors: dict[str, str] = {}
    if raw:
        try:
            found = scan.what_is(raw)
            return redirect(url_for("audit.trail", kind=found.kind.replace("_", "-"), code=found.code), 303)
        except (BadInput, NotFound) as error:
            errors["code"] = say.told(error)
    page = _page(
        "index",
        counts=audit_lists.overview(actor()),
        errors=errors,
        typed=raw[:64],
        verification=keeper.last_verification(),
    )
    return (page, 422) if errors else page


@bp.get("/audit/changes")
@needs(Permission.AUDIT_READ)
def changes() -> str:
    """List what was corrected or undone."""
    return _page("changes", page=audit_lists.changes(actor(), **cursors()))


@bp.get("/audit/late")
@needs(Permission.AUDIT_READ)
def late() -> str:
    """List what was recorded long after it happened."""
    return _page("late", page=audit_lists.late_entries(actor(), **cursors()))


@bp.get("/audit/open")
@needs(Permission.AUDIT_READ)
def open_matters() -> str:
    """List the specimens that wait for somebody."""
    return _page("open", page=audit_lists.open_matters(actor(), **cursors()))


@bp.get("/audit/<kind>/<code>")
@needs(Permission.AUDIT_READ)
def trail(kind: str, code: str) -> str:
    """Show the trail of one record, field by field."""
    told = audit.trail(actor(), audit.kind_of(kind), code, **cursors())
    return _page(
        "trail",
        trail=told,
        given=signature.of(told.kind, code),
        may_redact=lambda name: redaction.may_redact(actor(), told.kind, name),
    )


@bp.route("/audit/<kind>/<code>/redact/<int(max=2147483647):seq>/<name>", methods=["GET", "POST"])
@needs(Permission.REDACT)
def redact(kind: str, code: str, seq: int, name: str) -> str | Response | tuple[str, int]:
    """Take a text out of the record for ever, with a reason."""
    subject = audit.kind_of(kind)
    sealed = redaction.find(actor(), subject, code, seq, name)
    form = Form()
    errors: dict[str, str] = {}
    if request.method == "POST":
        reason, key = form.text("reason", needed=True), form.key
        errors = form.saved(lambda: redaction.redact(actor(), subject, code, seq, name, reason, key=key))
        if not errors:
            flash(_("Redacted. The entry stays and still verifies; the text is gone."))
            return redirect(url_for("audit.trail", kind=kind, code=code), 303)
    page = _page(
        "redact", kind=kind, subject=subject, code=code, sealed=sealed, errors=errors, sent=form.sent
    )
    return (page, 422) if errors else page


def _page(name: str, **told: Any) -> str:
    """Return a page with what every page of the audit needs to say codes, durations and reasons in words."""
    tongue = "nl" if say.language() == "nl" else "en"
    return render_template(
        f"audit/{name}.html",
        voice=Voice(say.language(), say.word),
        lasted=lambda minutes: times.say_minutes(minutes, tongue),
        degrees=lambda tenths_c: times.say_temperature(tenths_c, tongue),
        known=WORDS,
        can_report=actor().may(Permission.REPORT_MAKE),
        **told,
    )

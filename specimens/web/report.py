"""Custody reports: what about, shown as a page, made as a file; the manifest and the downtime sheet."""

from contextlib import suppress
from typing import Any

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from labels.symbols import qr_code
from specimens import __version__
from specimens.documents import times
from specimens.documents.canonical import custody_digest
from specimens.domain.access import Permission
from specimens.domain.errors import NotFound, Refused
from specimens.domain.signature import Occasion
from specimens.domain.terms import Kind
from specimens.services import report, report_file, sheet, signature
from specimens.services.report_scope import ABOUT, ReportScope, read_scope
from specimens.services.report_voice import Voice
from specimens.services.study import protocol_of
from specimens.web import say, signing
from specimens.web.audit import cursors
from specimens.web.form import Form
from specimens.web.guard import actor, needs

bp = Blueprint("report", __name__)

#: How many events stand on a page of a report that is only shown, and how many specimens; a file holds them all.
EVENTS_PER_PAGE = 200
MOST_SPECIMENS = 200
#: A report with more events than this is made on a page that says how far it is.
LONG = 1000


def spoken() -> Voice:
    """Return the language of this reader."""
    return Voice(say.language(), say.word, __version__)


class Asked:
    """A scope as it was asked for, in an address or a form, and what is wrong with it."""

    def __init__(self, sent: Any) -> None:
        self.sent = sent
        form = Form()
        form.sent = sent
        about = next((name for name in ABOUT if sent.get(name)), None)
        raw = sent.get(about, "") if about else form.text("code")
        first_on, last_on = form.date("first"), form.date("last")
        self.errors = form.saved(lambda: read_scope(raw, first_on, last_on, about=about))
        self.scope: ReportScope | None = form.result
        self.typed = {"code": raw, **{name: sent.get(name, "") for name in _PARTS}}


_PARTS = tuple(f"{end}_{part}" for end in ("first", "last") for part in ("day", "month", "year"))


@bp.get("/reports/custody")
@needs(Permission.REPORT_MAKE)
def new() -> str | tuple[str, int]:
    """Ask what a report is to be about; with an answer in the address, show it."""
    if not any(request.args.get(name) for name in (*ABOUT, "code", *_PARTS)):
        return render_template("report/new.html", errors={}, sent={})
    asked = Asked(request.args)
    if asked.scope is None:
        return render_template("report/new.html", errors=asked.errors, sent=asked.typed), 422
    return _shown(asked.scope)


def _shown(scope: ReportScope) -> str | tuple[str, int]:
    try:
        told = report.preview(actor(), scope, spoken())
    except (NotFound, Refused) as error:
        sent = {"code": scope.code or ""}
        return render_template("report/new.html", errors={"code": say.told(error)}, sent=sent), 404
    start = request.args.get("from", 0, type=int)
    start = max(0, min(start, len(told.events)) // EVENTS_PER_PAGE * EVENTS_PER_PAGE)
    integrity = report_file.shown(told)
    return render_template(
        "report/show.html",
        told=told,
        integrity=integrity,
        qr=qr_code(integrity.checkpoint) if integrity.checkpoint else None,
        scope=scope,
        digest=custody_digest(told),
        events=told.events[start : start + EVENTS_PER_PAGE],
        specimens=told.specimens[:MOST_SPECIMENS],
        start=start,
        size=EVENTS_PER_PAGE,
        long=len(told.events) > LONG,
        fields=_fields(scope),
        audits=actor().may(Permission.AUDIT_READ),
        times=times,
        tongue="nl" if say.language() == "nl" else "en",
    )


def _fields(scope: ReportScope) -> dict[str, str]:
    """Return a scope as the fields of a form or an address."""
    found = {"code": scope.code or ""}
    for end, day in (("first", scope.first_on), ("last", scope.last_on)):
        if day is not None:
            found |= {
                f"{end}_day": str(day.day),
                f"{end}_month": str(day.month),
                f"{end}_year": str(day.year),
            }
    return found


@bp.post("/reports/custody.<any(pdf, csv):form>")
@needs(Permission.REPORT_MAKE)
def make(form: str) -> Response | tuple[str, int]:
    """Make a report as a file and keep on record that it was made."""
    asked = Asked(request.form)
    if asked.scope is None:
        return render_template("report/new.html", errors=asked.errors, sent=asked.typed), 422
    made = report.make(actor(), asked.scope, form, spoken(), key=Form().key)
    return as_file(made.data, made.media_type, made.filename, download=form == "csv")


def as_file(data: bytes, media_type: str, filename: str, *, download: bool = False) -> Response:
    """Return an answer that is a file: shown in the browser, or saved."""
    answer: Response = make_response(data)
    answer.headers["Content-Type"] = media_type
    how = "attachment" if download else "inline"
    answer.headers["Content-Disposition"] = f'{how}; filename="{filename}"'
    return answer


@bp.get("/reports")
@needs(Permission.REPORT_MAKE)
def index() -> str:
    """List the reports that were made."""
    page = report.listed(actor(), **cursors())
    return render_template("report/index.html", page=page, fields=_fields)


@bp.route("/reports/<code>", methods=["GET", "POST"])
@needs(Permission.REPORT_MAKE)
def show(code: str) -> str | Response | tuple[str, int]:
    """Show what a report was about, who signed it, and whether it still says the same today; take a signature."""
    kept = report.get(actor(), code)
    errors: dict[str, str] = {}
    form = Form()
    if request.method == "POST":
        pen = signing.pen(form)
        errors = signing.signed(form, lambda: report.review(actor(), code, pen=pen, key=form.key))
        if not errors:
            flash(_("Signed. The signature stays with this report and its digest."))
            return redirect(url_for("report.show", code=code), 303)
    digest = None
    with suppress(NotFound, Refused):  # what it was about may be out of this person's sight
        digest = custody_digest(report.preview(actor(), kept.scope, spoken()))
    page = render_template(
        "report/kept.html",
        kept=kept,
        digest=digest,
        fields=_fields(kept.scope),
        given=signature.of(Kind.REPORT, code),
        meanings=signing.meanings(protocol_of(kept.report.study), Occasion.REPORT_REVIEWED),
        errors=errors,
        sent=form.sent,
    )
    return (page, 422) if errors else page


@bp.get("/transfers/<code>/manifest.pdf")
@needs(Permission.TRANSFER_READ)
def manifest(code: str) -> Response:
    """Print the manifest of a transfer."""
    return as_file(sheet.manifest(actor(), code, spoken()), "application/pdf", f"manifest-{code}.pdf")


@bp.get("/visits/<code>/worksheet.pdf")
@needs(Permission.VISIT_READ)
def worksheet(code: str) -> Response:
    """Print the downtime sheet of a visit."""
    return as_file(sheet.worksheet(actor(), code, spoken()), "application/pdf", f"worksheet-{code}.pdf")

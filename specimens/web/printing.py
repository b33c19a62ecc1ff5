"""What is being printed: the queue, one thing in it, and printing again only what failed."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from specimens.domain.access import Permission
from specimens.domain.errors import NotFound
from specimens.services import label, printer_queue
from specimens.services import printer as printers
from specimens.services.clock import now_ms
from specimens.services.label import Again
from specimens.services.label_set import LabelSet
from specimens.services.printer_queue import Job
from specimens.web import say
from specimens.web.doors import door
from specimens.web.form import Form
from specimens.web.guard import actor, needs
from specimens.web.label import StockForm, offered_for, printed_answer, stock_page

bp = Blueprint("printing", __name__, url_prefix="/printing")

Answer = str | Response | tuple[str, int]

#: What of a queue can be printed again in parts: sources that are sets of labels.
_SETS = ("kit", "batch", "specimen", "children")


def age(milliseconds: int) -> str:
    """Say how long ago something was asked for."""
    minutes = max(0, now_ms() - milliseconds) // 60_000
    if minutes < 1:
        return _("just now")
    if minutes < 60:
        return _("%(n)s min", n=minutes)
    hours = minutes // 60
    return _("%(n)s h", n=hours) if hours < 48 else _("%(n)s d", n=hours // 24)


def subject_of(job: Job) -> tuple[str, str | None]:
    """Return what a job prints, in words, and the page on which that is printed."""
    pages = {
        "kit": "label.kit", "batch": "label.batch", "specimen": "label.specimen",
        "children": "label.children", "storage": "label.storage", "transfer": "label.transfer",
        "pool": "pool.show", "printer": "admin_printer.show",
    }  # fmt: skip
    word = say.word("test_page" if job.source == "printer" else job.source)
    page = pages.get(job.source)
    return word, door(page, code=job.subject) if page else None


@bp.get("")
@needs(Permission.LABEL_PRINT, Permission.SITE_MANAGE)
def index() -> str:
    """Show what waits, what failed and why, and what was printed within a week."""
    who = actor()
    site = who.site
    return render_template(
        "printing/index.html",
        jobs=printer_queue.jobs(who),
        printers=printers.offered(who) if site else [],
        age=age,
        subject_of=subject_of,
        may=printer_queue.may,
        door=door,
    )


@bp.get("/<code>")
@needs(Permission.LABEL_PRINT, Permission.SITE_MANAGE)
def show(code: str) -> str:
    """Show one thing in the queue, and what can be done with it."""
    return _show(code, {})


def _show(code: str, errors: dict[str, str], reason: str = "") -> str:
    job = printer_queue.job(actor(), code)
    return render_template(
        "printing/show.html",
        job=job,
        may=printer_queue.may(job),
        age=age,
        subject=subject_of(job),
        scan_back=_scan_back(job),
        in_parts=job.source in _SETS and actor().may(Permission.LABEL_PRINT),
        errors=errors,
        reason=reason,
    )


def _scan_back(job: Job) -> str | None:
    if job.source not in _SETS:
        return None
    return door(f"label.{job.source}_labels", code=job.subject)


@bp.post("/<code>")
@needs(Permission.LABEL_PRINT, Permission.SITE_MANAGE)
def act(code: str) -> Answer:
    """Send again, say that it came out, or cancel."""
    form = Form()
    what = form.one_of("what", ("again", "printed", "nothing_came", "cancel"))
    reason = form.text("cancel_reason")
    if errors := form.saved(lambda: printer_queue.act(actor(), code, what or "", reason=reason)):
        return _show(code, errors, reason), 422 if "cancel_reason" in errors else 409
    flash(
        {
            "again": _("It is sent again."),
            "nothing_came": _("It is sent again."),
            "printed": _("Noted: it came out. Scan the labels back."),
            "cancel": _("Cancelled: nothing more is sent."),
        }[what or ""]
    )
    return redirect(url_for("printing.show", code=code), 303)


@bp.route("/<code>/again", methods=["GET", "POST"])
@needs(Permission.LABEL_PRINT)
def again(code: str) -> Answer:
    """Print again only those labels that failed, with a reason; each gets a new generation."""
    job = printer_queue.job(actor(), code)
    if job.source not in _SETS:
        raise NotFound("unknown_print_job")
    whole = label.label_set(actor(), job.source, job.subject)
    rows = tuple(row for row in whole.rows if row.specimen.code in job.codes and row.printed)
    found = LabelSet(whole.source, whole.code, rows)
    form, errors = Form(), {}
    offered = offered_for(found.roles)
    if request.method == "POST":
        codes = form.several("again", found.codes)
        if not codes:
            form.wrong["again"] = "choose_one"
        reason = form.one_of("reason", [*(each.code for each in found.reasons), "other"])
        note = form.text("reason_note")
        choice = StockForm(form, offered).choice
        errors = form.saved(
            lambda: label.print_set(
                actor(), found, choice, again=Again(frozenset(codes), reason, note), key=form.key,
                language=say.language(),
            )
        )  # fmt: skip
        if not errors:
            _close(job)
            return printed_answer(form.result)
    page = render_template(
        "printing/again.html",
        job=job,
        found=found,
        reasons=[(each.code, each.text.said(say.language())) for each in found.reasons],
        ticked=form.sent.getlist("again"),
        errors=errors,
        **stock_page(form, offered),
    )
    return (page, 422) if errors else page


def _close(job: Job) -> None:
    """End the old job: what failed of it is printed under another."""
    can = printer_queue.may(job)
    for what in ("printed", "cancel"):
        if what in can:
            printer_queue.act(actor(), job.code, what, reprinted=True)
            return

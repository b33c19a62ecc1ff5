"""Pick lists: made from what was found or scanned, printed in walking order, scanned out tube by tube."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from specimens.domain.access import Permission
from specimens.domain.errors import Conflict
from specimens.domain.identifiers import COMMAND_CODES, is_identifier, printed
from specimens.domain.pick import REASONS
from specimens.services import pick as service
from specimens.services import pick_view, undo
from specimens.services.scan import STOP, ScanOutcome
from specimens.services.study import protocol_of
from specimens.web import say
from specimens.web.bedside import door, reason_word, reasons
from specimens.web.form import Form
from specimens.web.guard import actor, needs
from specimens.web.report import as_file, spoken
from specimens.web.storage import UNDO, Page, mode_of, steering

bp = Blueprint("pick", __name__, url_prefix="/picks")

Answer = str | Response | tuple[str, int]


@bp.get("")
@needs(Permission.STORE)
def index() -> str:
    """List the pick lists that are open, and the last that were finished."""
    going, over, names = pick_view.listed(actor())
    return render_template("pick/index.html", going=going, over=over, names=names, said=_purpose)


def _purpose(code: str) -> str:
    return _("another reason") if code == "other" else reason_word(protocol_of(actor().study), code)


@bp.get("/new")
@needs(Permission.STORE)
def new() -> Answer:
    """Ask for the specimens and the purpose; those that were ticked in a search are filled in."""
    ticked = [code for code in request.args.getlist("specimen")[: service.MOST_LINES] if is_identifier(code)]
    return _form({}, {"specimens": "\n".join(map(printed, dict.fromkeys(ticked)))})


def _form(errors: dict[str, str], sent: Any) -> Answer:
    offered = [*reasons(protocol_of(actor().study), "retrieve"), ("other", _("another reason"))]
    page = render_template("pick/new.html", errors=errors, sent=sent, reasons=offered)
    return (page, 422) if errors else page


@bp.post("/new")
@needs(Permission.STORE)
def make() -> Answer:
    """Make the list."""
    form = Form()
    text, purpose, note = form.sent.get("specimens", ""), form.text("reason"), form.text("reason_note")
    errors = form.saved(
        lambda: service.make(actor(), service.read_codes(text), purpose, note=note, key=form.key)
    )
    if errors:
        return _form(errors, form.sent)
    flash(_("The list is made. Print it, or scan the tubes as you take them out."))
    return redirect(url_for("pick.show", code=form.result.code), 303)


@bp.get("/<code>")
@needs(Permission.STORE)
def show(code: str) -> Answer:
    """Show what to fetch in walking order, and take scans."""
    return _page(code, Page())


def _page(code: str, page: Page, errors: dict[str, str] | None = None, sent: Any = None) -> Answer:
    view = pick_view.get(actor(), code)
    undoing = page.outcome is not None and page.outcome.ask == UNDO
    shown = render_template(
        "pick/show.html",
        view=view,
        purpose=_purpose(view.pick.purpose),
        page=page,
        outcome=page.outcome,
        asked=reasons(protocol_of(actor().study), UNDO) if undoing else [],
        last=pick_view.last_five(actor(), code),
        why=[
            (f"{outcome} {reason}", f"{say.word(outcome)}: {say.word(reason)}")
            for outcome, offered in REASONS.items()
            for reason in offered
        ],
        finish=COMMAND_CODES["FINISH"],
        errors=errors or {},
        sent=sent or {},
        door=door,
    )
    return (shown, 422) if errors else shown


@bp.post("/<code>")
@needs(Permission.STORE)
def take(code: str) -> Answer:
    """Take one scan: a tube of the list, or a command."""
    pick_view.get(actor(), code)
    form = Form()
    sent = form.sent
    raw, pending = sent.get("scan", ""), sent.get("pending", "")
    text, steered = steering(form)
    if steered is not None:
        return _page(code, steered)
    key, mode, reason = form.scan_key, mode_of(form), sent.get("reason", "")
    try:
        if pending == UNDO:
            outcome = undo.undo(actor(), raw, key, reason=reason or None, subject=code, mode=mode)
        else:
            outcome = service.scan_out(actor(), code, raw, key=key, mode=mode)
    except Conflict as error:
        outcome = ScanOutcome(STOP, error.code, dict(error.facts), text.code if text else None)
    page = Page(outcome)
    if outcome.ask:
        page.pending = pending
        page.carried = {"scan": raw, "typed": sent.get("typed", ""), "pending": pending}
    return _page(code, page)


@bp.post("/<code>/outcome")
@needs(Permission.STORE)
def outcome(code: str) -> Answer:
    """Say why tubes of the list were not taken."""
    view = pick_view.get(actor(), code)
    form = Form()
    codes = form.several("specimens", [each.code for each in view.left])
    what, _space, reason = form.text("why").partition(" ")
    note = form.text("note")
    errors = form.saved(
        lambda: service.not_taken(actor(), code, codes, what, reason, note=note, key=form.key)
    )
    if errors:
        return _page(code, Page(), errors, form.sent)
    return redirect(url_for("pick.show", code=code), 303)


@bp.post("/<code>/finish")
@needs(Permission.STORE)
def finish(code: str) -> Answer:
    """Finish the list, once every line has an outcome."""
    pick_view.get(actor(), code)
    form = Form()
    if errors := form.saved(lambda: service.close(actor(), code, key=form.key)):
        return _page(code, Page(), errors, form.sent)
    flash(_("Every line has an outcome. The list is finished."))
    return redirect(url_for("pick.show", code=code), 303)


@bp.get("/<code>/sheet.pdf")
@needs(Permission.STORE)
def sheet(code: str) -> Response:
    """Print the list to take along."""
    return as_file(pick_view.sheet(actor(), code, spoken()), "application/pdf", f"pick-{code}.pdf")

"""The inventory check of a box: scan the box, then every tube in it; and the checks that it has had."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from specimens.domain.access import Permission
from specimens.domain.identifiers import COMMAND_CODES
from specimens.domain.inventory import NOT_SEEN
from specimens.services import inventory as service
from specimens.services import inventory_view, storage_map
from specimens.services.scan import ScanOutcome
from specimens.services.study import protocol_of
from specimens.web import say
from specimens.web.bedside import door, reasons
from specimens.web.form import Form
from specimens.web.guard import actor, needs
from specimens.web.storage import UNDO, Page, mode_of, steering

bp = Blueprint("inventory", __name__)

Answer = str | Response | tuple[str, int]


@bp.get("/boxes/<code>/check")
@needs(Permission.STORE)
def show(code: str) -> Answer:
    """Show the check of a box that goes on, or ask for the code of the box to begin one."""
    return _page(code, Page())


def _page(code: str, page: Page, errors: dict[str, str] | None = None, sent: Any = None) -> Answer:
    view = storage_map.view(actor(), code)
    if not view.unit.rows:
        return redirect(url_for("storage.unit", code=code), 303)
    going = inventory_view.going_on(actor(), code)
    undoing = page.outcome is not None and page.outcome.ask == UNDO
    shown = render_template(
        "inventory/check.html",
        view=view,
        going=going,
        page=page,
        outcome=page.outcome,
        asked=reasons(protocol_of(actor().study), UNDO) if undoing else [],
        last=inventory_view.last_five(actor(), going.check) if going else [],
        findings=[(str(each), say.word(each)) for each in NOT_SEEN],
        finish=COMMAND_CODES["FINISH"],
        errors=errors or {},
        sent=sent or {},
        door=door,
    )
    return (shown, 422) if errors else shown


@bp.post("/boxes/<code>/check")
@needs(Permission.STORE)
def take(code: str) -> Answer:
    """Take one scan: the box, a tube, or a command."""
    form = Form()
    sent = form.sent
    raw, pending, check = sent.get("scan", ""), sent.get("pending", ""), sent.get("check", "")
    _read, steered = steering(form)
    if steered is not None:
        return _page(code, steered)
    key, mode, reason = form.scan_key, mode_of(form), sent.get("reason", "")
    if pending == UNDO:
        outcome = service.take_line_back(
            actor(), code, raw, reason=reason, check=check, key=key, mode=mode
        )  # fmt: skip
    else:
        outcome = service.scan_in(actor(), code, raw, check=check, key=key, mode=mode)
    page = Page(outcome)
    if outcome.ask:
        page.pending = pending
        page.carried = {"scan": raw, "typed": sent.get("typed", ""), "pending": pending, "check": check}
    return _page(code, page)


@bp.post("/boxes/<code>/check/outcome")
@needs(Permission.STORE)
def outcome(code: str) -> Answer:
    """Say what became of tubes that are not in the box."""
    storage_map.view(actor(), code)
    form = Form()
    going = inventory_view.going_on(actor(), code)
    codes = form.several("specimens", [each.code for each in going.left] if going else [])
    finding, note = form.text("finding"), form.text("note")
    errors = form.saved(
        lambda: service.not_seen(actor(), code, codes, finding, note=note, key=form.key)
    )  # fmt: skip
    if errors:
        return _page(code, Page(), errors, form.sent)
    return redirect(url_for("inventory.show", code=code), 303)


@bp.post("/boxes/<code>/check/finish")
@needs(Permission.STORE)
def finish(code: str) -> Answer:
    """Close the check, once every tube of the box has an outcome."""
    storage_map.view(actor(), code)
    form = Form()
    if errors := form.saved(lambda: service.close(actor(), code, key=form.key)):
        return _page(code, Page(), errors, form.sent)
    done: ScanOutcome = form.result
    flash(say.sentence(done.code, done.facts), "ok" if done.code == "check_closed_ok" else "check")
    return redirect(url_for("inventory.past", code=code), 303)


@bp.get("/boxes/<code>/checks")
@needs(Permission.STORAGE_READ)
def past(code: str) -> Answer:
    """Show the checks that a box has had."""
    view = storage_map.view(actor(), code)
    if not view.unit.rows:
        return redirect(url_for("storage.unit", code=code), 303)
    return render_template(
        "inventory/past.html",
        view=view,
        checks=inventory_view.past(actor(), code),
        may_store=actor().may(Permission.STORE),
        may_audit=actor().may(Permission.AUDIT_READ),
        door=door,
        asked=request.args,
    )

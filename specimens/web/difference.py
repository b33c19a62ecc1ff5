"""Differences: what is missing or came as extra, one after another, each with an owner and an age."""

from collections.abc import Callable

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from specimens.domain.access import Permission
from specimens.domain.custody import RULES
from specimens.domain.transfer import RESOLUTIONS
from specimens.services import difference, transfer_view
from specimens.services.clock import now_ms
from specimens.services.difference import Difference
from specimens.web import handover, say
from specimens.web.form import Form
from specimens.web.guard import actor, needs

bp = Blueprint("difference", __name__)
Page = str | Response | tuple[str, int]


@bp.route("/differences", methods=["GET", "POST"])
@needs(Permission.TRANSFER_READ)
def index() -> Page:
    """Show what is open everywhere at one's sites, and resolve the next."""
    return _page(None, lambda: difference.open_everywhere(actor(), now_ms()))


@bp.route("/transfers/<code>/differences", methods=["GET", "POST"])
@needs(Permission.TRANSFER_READ)
def show(code: str) -> Page:
    """Show what is open about one list, and resolve the next."""
    return _page(code, lambda: difference.of_transfer(actor(), code, now_ms())[1])


def _page(code: str | None, read: Callable[[], tuple[Difference, ...]]) -> Page:
    here = url_for("difference.show", code=code) if code else url_for("difference.index")
    view = transfer_view.get(actor(), code) if code else None
    form = Form()
    errors: dict[str, str] = {}
    chosen = request.values.get("specimen", "")
    if request.method == "POST":
        how, _sep, reason = form.text("why").partition(":")
        note, key = form.text("reason_note"), form.key
        errors = form.saved(lambda: difference.resolve(actor(), chosen, how, reason, note=note, key=key))
        if not errors:
            flash(_("Resolved: %(what)s.", what=say.word(how)))
            return redirect(here, 303)
        errors = {"why" if name in ("how", "reason") else name: text for name, text in errors.items()}
    found = read()
    mine = {each.specimen.code: _own(each) for each in found}
    now = next(
        (each for each in found if mine[each.specimen.code] and each.specimen.code == chosen),
        next((each for each in found if mine[each.specimen.code]), None),
    )
    page = render_template(
        "difference/differences.html",
        found=found,
        current=now,
        mine=mine,
        whats=transfer_view.whats_of(each.specimen for each in found),
        ways=_ways(now) if now else [],
        errors=errors,
        sent=form.sent,
        address=here,
        **handover.around(view),
    )
    return (page, 422) if errors else page


def _own(open_one: Difference) -> tuple[str, ...]:
    """Return the ways in which this person may resolve a difference: the page offers nothing that is refused."""
    if not actor().may(Permission.TRANSFER_RECEIVE):
        return ()
    return tuple(how for how in open_one.ways if actor().role in RULES[how].roles)


def _ways(current: Difference) -> list[tuple[str, str]]:
    return [
        (f"{how}:{reason}", f"{say.word(how)}: {say.word(reason)}")
        for how in _own(current)
        for reason in RESOLUTIONS[how]
    ]

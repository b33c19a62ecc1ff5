"""Pre-printed pools: issuing one, printing its sheet, seeing which of its labels are free."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from specimens.domain.access import Permission
from specimens.services import pool as service
from specimens.services import site as sites
from specimens.web import say
from specimens.web.form import Form
from specimens.web.frame import label_of
from specimens.web.guard import actor, needs
from specimens.web.label import StockForm, offered_for, printed_answer, stock_page

bp = Blueprint("pool", __name__, url_prefix="/pools")

Answer = str | Response | tuple[str, int]


def _names() -> dict[str, str]:
    return {each.code: each.name for each in sites.sites()}


@bp.get("")
@needs(Permission.LABEL_PRINT, Permission.SITE_MANAGE)
def index() -> str:
    """Show the pools of one's own study and sites."""
    return _index({}, Form())


def _index(errors: dict[str, str], form: Form) -> str:
    found = service.pools(actor())
    names = _names()
    places = service.places(actor())
    return render_template(
        "pool/index.html",
        pools=found,
        names=names,
        labels={each.pool.study: label_of(each.pool.study) for each in found},
        places=[(f"{study} {site}", f"{label_of(study)} · {names[site]}") for study, site in places],
        roles=[(role, say.word(f"role_{role}")) for role in service.ROLES],
        most=service.MOST_LABELS,
        errors=errors,
        sent=form.sent,
    )


@bp.post("")
@needs(Permission.LABEL_PRINT, Permission.SITE_MANAGE)
def issue() -> Answer:
    """Issue the identifiers of a new pool."""
    form = Form()
    place = form.one_of("place", [f"{study} {site}" for study, site in service.places(actor())]) or " "
    role = form.one_of("role", service.ROLES) or ""
    count = form.whole("count", needed=True) or 0
    study, _sep, site = place.partition(" ")
    if errors := form.saved(lambda: service.issue(actor(), study, site, role, count, key=form.key)):
        return _index(errors, form), 422
    flash(_("The pool is issued. Print its labels."))
    return redirect(url_for("pool.show", code=form.result.pool.code), 303)


@bp.route("/<code>", methods=["GET", "POST"])
@needs(Permission.LABEL_PRINT, Permission.SITE_MANAGE)
def show(code: str) -> Answer:
    """Show a pool and which of its labels are free; print them."""
    view = service.get(actor(), code)
    form = Form()
    errors: dict[str, str] = {}
    offered = offered_for({view.pool.role})
    if request.method == "POST":
        codes = form.several("codes", view.free)
        reason = form.text("reason")
        choice = StockForm(form, offered).choice
        errors = form.saved(lambda: _printed(code, choice, codes, reason, form.key))
        if not errors:
            return printed_answer(form.result)
    page = render_template(
        "pool/show.html",
        view=view,
        names=_names(),
        study=label_of(view.pool.study),
        ticked=form.sent.getlist("codes"),
        errors=errors,
        **stock_page(form, offered),
    )
    return (page, 422) if errors else page


def _printed(code: str, choice: Any, codes: tuple[str, ...], reason: str, key: str | None) -> Any:
    return service.print_pool(
        actor(), code, choice, codes=codes, reason=reason, key=key, language=say.language()
    )

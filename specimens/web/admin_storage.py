"""Freezers, shelves, racks and boxes, for the administrator. None is ever removed."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from specimens.domain.access import Permission
from specimens.domain.storage import Storage
from specimens.domain.terms import Kind, StorageKind
from specimens.services import site as sites
from specimens.services import storage_unit as service
from specimens.web import say
from specimens.web.form import Form
from specimens.web.guard import actor, needs

bp = Blueprint("admin_storage", __name__, url_prefix="/admin/storage")

Answer = str | Response | tuple[str, int]

MOST_AT_ONCE = 40


def _temperatures() -> dict[str, str]:
    language = say.language()
    return {code: words.get(language, words["en"]) for code, words in service.temperatures().items()}


@bp.get("")
@needs(Permission.SITE_MANAGE)
def index() -> str:
    """Show the tree of stores of each site that this administrator manages."""
    found = [each for each in sites.sites(actor()) if each.active]
    trees = {each.code: service.tree(actor(), each.code) for each in found}
    return render_template("admin/stores.html", sites=found, trees=trees, temperatures=_temperatures())


@bp.route("/new", methods=["GET", "POST"])
@needs(Permission.SITE_MANAGE)
def new() -> Answer:
    """Add a unit, or several alike, to a site or inside another unit."""
    form = Form()
    found = [each for each in sites.sites(actor()) if each.active]
    parent = request.values.get("parent") or None
    inside = service.unit(actor(), parent) if parent else None
    kinds = service.kinds_inside(inside.kind if inside else None)
    errors: dict[str, str] = {}
    if request.method == "POST":
        errors = _added(form, inside, {each.code for each in found}, kinds)
        if not errors:
            flash(_("Added: %(names)s.", names=", ".join(each.name for each in form.result)))
            return redirect(url_for("admin_storage.show", code=form.result[0].code), 303)
    page = render_template(
        "admin/store_new.html",
        inside=inside,
        sites=[(each.code, f"{each.code} · {each.name}") for each in found],
        kinds=[(each, say.word(each)) for each in kinds],
        temperatures=list(_temperatures().items()),
        most=MOST_AT_ONCE,
        errors=errors,
        sent=form.sent,
    )
    return (page, 422) if errors else page


def _added(form: Form, inside: Storage | None, offered: set[str], kinds: list[str]) -> dict[str, str]:
    site = inside.site if inside else form.one_of("site", offered)
    kind = form.one_of("kind", kinds)
    name = form.text("name", needed=True)
    count = form.whole("count", least=1, most=MOST_AT_ONCE) or 1
    temperature = inside.temperature if inside else form.one_of("temperature", _temperatures())
    box = kind == StorageKind.BOX
    rows, columns = form.whole("rows", least=1, most=26), form.whole("columns", least=1, most=40)
    fill = form.one_of("fill", ("row", "column"), needed=box) or "row"
    if box and "rows" not in form.wrong and (rows is None or columns is None):
        form.wrong["rows"] = "grid_needed"
    if not box and kind and (rows or columns):
        form.wrong["rows"] = "only_a_box_has_wells"
    names = [name] if count == 1 else [f"{name} {number:02d}" for number in range(1, count + 1)]
    return form.saved(
        lambda: sites.add_stores(
            actor(),
            site or "",
            StorageKind(kind or ""),
            names,
            temperature or "",
            parent=inside.code if inside else None,
            rows=rows or 0,
            columns=columns or 0,
            fill=fill,
            key=form.key,
        )
    )


def _show(code: str, errors: dict[str, str] | None = None, sent: Any = None) -> str:
    unit = service.unit(actor(), code)
    branches = service.tree(actor(), unit.site)
    start = next(number for number, each in enumerate(branches) if each.unit.code == code)
    depth = branches[start].depth
    below = []
    for each in branches[start + 1 :]:
        if each.depth <= depth:
            break
        below.append(each)
    return render_template(
        "admin/store.html",
        unit=unit,
        kept=branches[start].kept,
        below=below,
        base=depth + 1,
        above=service.above(actor(), unit),
        seen=sites.entries_in(Kind.STORAGE, code),
        inside=service.kinds_inside(unit.kind),
        temperatures=_temperatures(),
        errors=errors or {},
        sent=sent or {},
    )


@bp.get("/<code>")
@needs(Permission.SITE_MANAGE)
def show(code: str) -> str:
    """Show a unit and what stands in it."""
    return _show(code)


@bp.post("/<code>/change")
@needs(Permission.SITE_MANAGE)
def change(code: str) -> Answer:
    """Rename a unit; for a box, choose in which order its wells are offered."""
    unit = service.unit(actor(), code)
    form = Form()
    name, seen = form.text("name", needed=True), form.whole("seen")
    fill = form.one_of("fill", ("row", "column"), needed=unit.rows > 0) or unit.fill
    if errors := form.saved(lambda: service.change(actor(), code, name, fill, seen=seen, key=form.key)):
        return _show(code, errors, form.sent), 422
    flash(_("Saved."))
    return redirect(url_for("admin_storage.show", code=code), 303)


@bp.post("/<code>/switch")
@needs(Permission.SITE_MANAGE)
def switch(code: str) -> Answer:
    """Switch a unit off or on, with a reason."""
    service.unit(actor(), code)
    form = Form()
    on = form.one_of("active", ("yes", "no")) == "yes"
    reason = form.text("switch_reason", needed=True)
    if errors := form.saved(lambda: service.switch(actor(), code, active=on, reason=reason, key=form.key)):
        return _show(code, errors, form.sent), 422
    flash(
        _("The unit is switched on.") if on else _("The unit is switched off; nothing more is stored in it.")
    )
    return redirect(url_for("admin_storage.show", code=code), 303)

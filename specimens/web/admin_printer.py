"""Printers of the sites, for the administrator: adding, changing, a test print, switching off."""

from typing import Any

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from specimens.domain.access import Permission
from specimens.domain.printer import Printer, PrinterKind, PrinterLanguage
from specimens.domain.terms import Kind
from specimens.services import printer as service
from specimens.services import printer_trial, stock
from specimens.services import site as sites
from specimens.services.printer import Asked
from specimens.services.printer_target import Targets, targets_of
from specimens.web import say
from specimens.web.form import Form
from specimens.web.guard import actor, needs
from specimens.web.label import pdf_answer

bp = Blueprint("admin_printer", __name__, url_prefix="/admin/printers")

Answer = str | Response | tuple[str, int]

_DPI = (203, 300, 600)


def _targets() -> Targets:
    return targets_of(current_app.config["SETTINGS"].printing)


@bp.get("")
@needs(Permission.SITE_MANAGE)
def index() -> str:
    """Show the printers of each site that this administrator manages."""
    found = [each for each in sites.sites(actor()) if each.active]
    return render_template(
        "printer/index.html",
        sites=found,
        printers={each.code: service.of_site(each.code, all_of_them=True) for each in found},
        stocks=stock.names(say.language()),
        stations={each.code: each.name for each in sites.stations(all_of_them=True)},
    )


@bp.route("/new/<site>", methods=["GET", "POST"])
@needs(Permission.SITE_MANAGE)
def new(site: str) -> Answer:
    """Add a printer to a site."""
    sites.manage(actor(), site)
    held = sites.site(site)
    form, errors = Form(), {}
    if request.method == "POST":
        asked = _asked(form, site)
        errors = form.saved(lambda: service.add(actor(), site, asked, _targets(), key=form.key))
        if not errors:
            flash(_("The printer is added. Print a test, then look at it."))
            return redirect(url_for("admin_printer.show", code=form.result.code), 303)
    page = render_template(
        "printer/new.html", site=held, errors=errors, values=form.sent, ticked=form.sent.getlist("stations"),
        **_offered(site),
    )  # fmt: skip
    return (page, 422) if errors else page


def _offered(site: str) -> dict[str, Any]:
    targets = _targets()
    return {
        "kinds": [(str(each), say.word(f"printer_{each}")) for each in PrinterKind],
        "languages": [(str(each), say.word(f"print_{each}")) for each in PrinterLanguage],
        "names": [*targets.names(PrinterKind.COMMAND), *targets.names(PrinterKind.FOLDER)],
        "stocks": list(stock.names(say.language()).items()),
        "resolutions": [(each, f"{each} dpi") for each in _DPI],
        "offered": [(each.code, each.name) for each in sites.stations(site)],
    }


def _asked(form: Form, site: str) -> Asked:
    """Read what the form says of a printer; what is wrong stands in the form."""
    dpi = form.one_of("dpi", [str(each) for each in _DPI])
    return Asked(
        form.text("name", needed=True),
        form.one_of("kind", [str(each) for each in PrinterKind]) or PrinterKind.BROWSER,
        form.text("address"),
        form.one_of("language", [str(each) for each in PrinterLanguage]) or PrinterLanguage.PDF,
        form.sent.get("answers") == "yes",
        int(dpi or 0),
        form.one_of("stock", list(stock.stocks())) or "",
        form.tenths("offset_x") or 0,
        form.tenths("offset_y") or 0,
        form.several("stations", [each.code for each in sites.stations(site)]),
    )


def _held(code: str) -> Printer:
    """Return a printer of a site that this administrator manages; any other is not found."""
    held = service.get(actor(), code)
    sites.manage(actor(), held.site)
    return held


def _show(code: str, errors: dict[str, str] | None = None, sent: Any = None) -> str:
    held = _held(code)
    values = sent or {
        "name": held.name, "kind": held.kind, "address": held.address, "language": held.language,
        "answers": "yes" if held.answers else "", "dpi": held.dpi, "stock": held.stock,
        "offset_x": f"{held.offset_x / 10:g}", "offset_y": f"{held.offset_y / 10:g}",
    }  # fmt: skip
    return render_template(
        "printer/show.html",
        printer=held,
        site=sites.site(held.site),
        seen=sites.entries_in(Kind.PRINTER, code),
        values=values,
        ticked=sent.getlist("stations") if sent else held.stations,
        errors=errors or {},
        sent=sent or {},
        **_offered(held.site),
    )


@bp.get("/<code>")
@needs(Permission.SITE_MANAGE)
def show(code: str) -> str:
    """Show a printer."""
    return _show(code)


@bp.post("/<code>/change")
@needs(Permission.SITE_MANAGE)
def change(code: str) -> Answer:
    """Change a printer."""
    held = _held(code)
    form = Form()
    asked, seen = _asked(form, held.site), form.whole("seen")
    if errors := form.saved(
        lambda: service.change(actor(), code, asked, _targets(), seen=seen, key=form.key)
    ):
        return _show(code, errors, form.sent), 422
    flash(_("Saved."))
    return redirect(url_for("admin_printer.show", code=code), 303)


@bp.post("/<code>/switch")
@needs(Permission.SITE_MANAGE)
def switch(code: str) -> Answer:
    """Switch a printer off or on, with a reason."""
    _held(code)
    form = Form()
    on = form.one_of("active", ("yes", "no")) == "yes"
    reason = form.text("switch_reason", needed=True)
    if errors := form.saved(lambda: service.switch(actor(), code, active=on, reason=reason, key=form.key)):
        return _show(code, errors, None), 422
    flash(
        _("The printer is switched on.") if on else _("The printer is switched off; what waits for it stays.")
    )
    return redirect(url_for("admin_printer.show", code=code), 303)


@bp.post("/<code>/test")
@needs(Permission.SITE_MANAGE)
def test(code: str) -> Answer:
    """Print a test."""
    _held(code)
    form = Form()
    if errors := form.saved(
        lambda: printer_trial.print_test(actor(), code, key=form.key, language=say.language())
    ):
        return _show(code, errors, None), 422
    if form.result.job:
        return redirect(url_for("printing.show", code=form.result.job), 303)
    return pdf_answer(form.result)

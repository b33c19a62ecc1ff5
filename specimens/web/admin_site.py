"""Sites and their stations, for the administrator."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from specimens.domain.access import Permission
from specimens.domain.identifiers import printed
from specimens.domain.site import Site
from specimens.domain.station import Manner, Station, Theme, Tongue
from specimens.domain.terms import Kind, StationKind
from specimens.services import printer as printers
from specimens.services import site as service
from specimens.services import stock
from specimens.web import say
from specimens.web.form import Form
from specimens.web.guard import actor, needs

bp = Blueprint("admin_site", __name__, url_prefix="/admin")

Answer = str | Response | tuple[str, int]


@bp.get("/sites")
@needs(Permission.SITE_MANAGE)
def index() -> str:
    """Show the sites that this administrator manages, with their stations."""
    found = service.sites(actor())
    stations = [
        each for each in service.stations(all_of_them=True) if each.site in {one.code for one in found}
    ]
    return render_template("admin/sites.html", sites=found, stations=stations, may_open=actor().sites is None)


@bp.route("/sites/new", methods=["GET", "POST"])
@needs(Permission.SITE_MANAGE)
def new() -> Answer:
    """Open a site."""
    form = Form()
    errors: dict[str, str] = {}
    if request.method == "POST":
        code, name = form.text("code", needed=True), form.text("name", needed=True)
        zone, telephone = form.text("zone", needed=True), form.text("telephone")
        errors = form.saved(lambda: service.open_site(actor(), code, name, zone, telephone, key=form.key))
        if not errors:
            flash(_("The site is open. Add its stations, and open a study there."))
            return redirect(url_for("admin_site.show", code=form.result.code), 303)
    page = render_template("admin/site_new.html", errors=errors, sent=form.sent)
    return (page, 422) if errors else page


def _site(code: str) -> Site:
    """Return a site that this administrator manages; any other is not found."""
    service.manage(actor(), code)
    return service.site(code)


def _show(code: str, errors: dict[str, str] | None = None, sent: Any = None) -> str:
    return render_template(
        "admin/site.html",
        site=_site(code),
        seen=service.entries_in(Kind.SITE, code),
        stations=service.stations(code, all_of_them=True),
        kinds=[(str(each), say.word(each)) for each in StationKind],
        manners=_manners(),
        errors=errors or {},
        sent=sent or {},
    )


@bp.get("/sites/<code>")
@needs(Permission.SITE_MANAGE)
def show(code: str) -> str:
    """Show a site and its stations."""
    return _show(code)


@bp.post("/sites/<code>/change")
@needs(Permission.SITE_MANAGE)
def change(code: str) -> Answer:
    """Change a site's name and telephone."""
    _site(code)
    form = Form()
    name, telephone, seen = form.text("name", needed=True), form.text("telephone"), form.whole("seen")
    if errors := form.saved(
        lambda: service.change_site(actor(), code, name, telephone, seen=seen, key=form.key)
    ):
        return _show(code, errors, form.sent), 422
    flash(_("Saved."))
    return redirect(url_for("admin_site.show", code=code), 303)


@bp.post("/sites/<code>/switch")
@needs(Permission.SITE_MANAGE)
def switch(code: str) -> Answer:
    """Switch a site off or on, with a reason."""
    _site(code)
    form = Form()
    on = form.one_of("active", ("yes", "no")) == "yes"
    reason = form.text("switch_reason", needed=True)
    if errors := form.saved(
        lambda: service.switch_site(actor(), code, active=on, reason=reason, key=form.key)
    ):
        return _show(code, errors, form.sent), 422
    flash(_("The site is switched on.") if on else _("The site is switched off; its grants count no more."))
    return redirect(url_for("admin_site.show", code=code), 303)


@bp.post("/sites/<code>/stations")
@needs(Permission.SITE_MANAGE)
def add_station(code: str) -> Answer:
    """Add a station to a site."""
    _site(code)
    form = Form()
    name = form.text("station_name", needed=True)
    kind = form.one_of("kind", [str(each) for each in StationKind])
    manner = _manner(form)
    if errors := form.saved(
        lambda: service.add_station(actor(), code, name, StationKind(kind or ""), manner, key=form.key)
    ):
        if "name" in errors:
            errors["station_name"] = errors.pop("name")
        return _show(code, errors, form.sent), 422
    flash(
        _("%(name)s is added. Its code is %(code)s.", name=form.result.name, code=printed(form.result.code))
    )
    return redirect(url_for("admin_site.show", code=code), 303)


def _manners() -> dict[str, list[tuple[str, str]]]:
    """Return what can be chosen for the pages of a station, with the words."""
    return {
        "theme": [(str(each), say.word(each)) for each in Theme],
        "sound": [("off", say.word("sound_off")), ("on", say.word("sound_on"))],
        "language": [(str(each), say.word(each)) for each in Tongue],
    }


def _manner(form: Form) -> Manner:
    """Read how the pages of a station are to look, sound and speak."""
    theme = form.one_of("theme", [str(each) for each in Theme]) or Theme.DEVICE
    sound = form.one_of("sound", ("on", "off")) == "on"
    return Manner(theme, sound, form.one_of("language", [str(each) for each in Tongue]) or Tongue.PERSON)


def _station(code: str) -> Station:
    station = service.station(code)
    service.manage(actor(), station.site)
    return station


def _show_station(code: str, errors: dict[str, str] | None = None, sent: Any = None) -> str:
    station = _station(code)
    return render_template(
        "admin/station.html",
        station=station,
        site=service.site(station.site),
        seen=service.entries_in(Kind.STATION, code),
        printers=printers.of_station(station.site, code),
        stocks=stock.names(say.language()),
        manners=_manners(),
        errors=errors or {},
        sent=sent or {},
    )


@bp.get("/stations/<code>")
@needs(Permission.SITE_MANAGE)
def station(code: str) -> str:
    """Show a station."""
    return _show_station(code)


@bp.post("/stations/<code>/change")
@needs(Permission.SITE_MANAGE)
def change_station(code: str) -> Answer:
    """Rename a station, or change how its pages look, sound and speak."""
    _station(code)
    form = Form()
    name, seen, manner = form.text("name", needed=True), form.whole("seen"), _manner(form)
    if errors := form.saved(
        lambda: service.change_station(actor(), code, name, manner, seen=seen, key=form.key)
    ):
        return _show_station(code, errors, form.sent), 422
    flash(_("Saved."))
    return redirect(url_for("admin_site.station", code=code), 303)


@bp.post("/stations/<code>/switch")
@needs(Permission.SITE_MANAGE)
def switch_station(code: str) -> Answer:
    """Switch a station off or on, with a reason."""
    _station(code)
    form = Form()
    on = form.one_of("active", ("yes", "no")) == "yes"
    reason = form.text("switch_reason", needed=True)
    if errors := form.saved(
        lambda: service.switch_station(actor(), code, active=on, reason=reason, key=form.key)
    ):
        return _show_station(code, errors, form.sent), 422
    flash(
        _("The station is switched on.") if on else _("The station is switched off; nobody can work there.")
    )
    return redirect(url_for("admin_site.station", code=code), 303)

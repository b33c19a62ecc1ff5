"""Corrections of a specimen's entries, and giving a tube to the visit that it belongs to."""

from typing import Any

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from specimens.domain.access import Permission
from specimens.domain.errors import NotFound
from specimens.domain.protocol import Protocol
from specimens.domain.protocol_kit import places
from specimens.domain.specimen import Specimen
from specimens.services import correction, reassignment
from specimens.services.correction import LIMITS, Correction
from specimens.services.study import protocol_of
from specimens.web.access import address
from specimens.web.bedside import around, choices, door, reason_word, reasons, said
from specimens.web.form import Form
from specimens.web.guard import actor, needs
from specimens.web.say import moment, word

bp = Blueprint("correction", __name__)

Answer = str | Response | tuple[str, int]

#: Site and side are corrected together: one without the other may be no place at all.
_PLACE = ("body_site", "side")


def _back(code: str) -> str:
    return door("specimen.show", code=code) or url_for("correction.correct", code=code)


def _listed(found: list[Correction]) -> list[Correction]:
    """Return what may be corrected, one line per question that the page can ask."""
    return [each for each in found if each.field != "side"]


@bp.route("/specimens/<code>/correct", methods=["GET", "POST"])
@needs(Permission.SPECIMEN_CORRECT)
def correct(code: str) -> Answer:
    """List what may be corrected; ask for the new value and the reason; keep both beside the old."""
    specimen = correction.subject(actor(), code)
    protocol = protocol_of(specimen.study, specimen.protocol_version)
    found = correction.correctable(actor(), code)
    asked = (request.values.get("entry", ""), request.values.get("field", ""))
    chosen = next((each for each in _listed(found) if (each.entry, each.field) == asked), None)
    if chosen is None and any(asked):
        raise NotFound("unknown_entry")
    errors: dict[str, str] = {}
    twice = False
    if request.method == "POST" and chosen:
        form = Form()
        reason, note = form.text("reason", needed=True), form.text("reason_note")
        changes = _changes(form, protocol, specimen, chosen.field)
        errors = form.saved(
            lambda: correction.correct(
                actor(), code, chosen.entry, changes, reason=reason, note=note, key=form.key
            )
        )
        twice = form.repeats("happened")
        if not errors:
            flash(_("Corrected. What was written before stays readable in the timeline."))
            return redirect(_back(code), 303)
    page = render_template(
        "correction/correct.html",
        specimen=specimen,
        found=[(each, _value(protocol, found, each)) for each in _listed(found)],
        chosen=chosen,
        old=_value(protocol, found, chosen) if chosen else "",
        options=_options(protocol, specimen, chosen.field) if chosen else [],
        limits=LIMITS,
        correction_reasons=[*reasons(protocol, "correction"), ("other", _("other, in words"))],
        back=_back(code),
        twice=twice,
        errors=errors,
        sent=request.form,
        **around(protocol),
    )
    return (page, 422) if errors else page


def _options(protocol: Protocol, specimen: Specimen, field: str) -> list[tuple[str, str]]:
    """Return the choices for a field that has some."""
    if field == "container":
        return choices(protocol.containers)
    if field == "reason_code":
        return choices(protocol.not_collected_reasons_for(specimen.procedure))
    if field == "body_site":
        return [
            (f"{site}:{side}", f"{said(protocol.body_site(site).text)}, {word(side)}")
            for site, side in places(protocol, specimen.procedure)
        ]
    return []


def _value(protocol: Protocol, found: list[Correction], asked: Correction) -> str:
    """Return what an entry says now, in words."""
    value: Any = asked.value
    if value is None:
        return "–"
    match asked.field:
        case "happened_at":
            return moment(value)
        case "container":
            return said(protocol.container(value).text)
        case "reason_code":
            return reason_word(protocol, value)
        case "body_site":
            side = next(each.value for each in found if (each.entry, each.field) == (asked.entry, "side"))
            return f"{said(protocol.body_site(value).text)}, {word(side)}"
        case "temperature_tenths_c":
            return f"{value / 10:.1f}"
    return str(value)


def _changes(form: Form, protocol: Protocol, specimen: Specimen, field: str) -> dict[str, Any]:
    """Read the new value of a field."""
    if field == "happened_at":
        return {"happened_at": form.date_time("happened", needed=True)}
    if options := _options(protocol, specimen, field):
        value = form.one_of("value", [each for each, _text in options])
        if field == "body_site":
            return dict(zip(_PLACE, (value or ":").split(":"), strict=True))
        return {field: value}
    if field == "temperature_tenths_c":
        return {field: form.tenths("value", needed=True)}
    least, most = LIMITS[field]
    return {field: form.whole("value", least=least, most=most, needed=True)}


def _witness(form: Form, name: str, password: str) -> str:
    production = current_app.config["SETTINGS"].production
    return reassignment.witness_of(
        actor(),
        name,
        password,
        form.sent.get("witness_code", "")[:64],
        address=address(),
        production=production,
    )


@bp.route("/specimens/<code>/reassign", methods=["GET", "POST"])
@needs(Permission.SPECIMEN_CORRECT)
def reassign(code: str) -> Answer:
    """Give a tube to another visit of its participant, with a reason and in front of a second person."""
    specimen = correction.subject(actor(), code)
    protocol = protocol_of(specimen.study, specimen.protocol_version)
    visits = reassignment.visits_for(actor(), code)
    errors: dict[str, str] = {}
    if request.method == "POST":
        form = Form()
        visit = form.text("visit", needed=True)  # the service knows which; sent twice, it is there already
        reason, note = form.text("reason", needed=True), form.text("reason_note")
        login, password = form.text("witness", needed=True), form.sent.get("password", "")
        errors = form.saved(
            lambda: reassignment.reassign(
                actor(), code, visit, reason=reason, note=note,
                witness=_witness(form, login, password), key=form.key,
            )
        )  # fmt: skip
        if not errors:
            flash(_("The tube belongs to the other visit now; the time of collection is unchanged."))
            return redirect(_back(code), 303)
    offered = [
        (each.code, f"{said(protocol.timepoint(each.timepoint).text)}, {moment(each.opened_at)}")
        for each in visits
    ]
    page = render_template(
        "correction/reassign.html",
        specimen=specimen,
        visits=offered,
        reassign_reasons=[*reasons(protocol, "reassign"), ("other", _("other, in words"))],
        back=_back(code),
        errors=errors,
        sent=request.form,
        **around(protocol),
    )
    return (page, 422) if errors else page

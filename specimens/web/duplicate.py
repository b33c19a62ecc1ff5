"""Another tube bears this label too: both are set aside, and the second one gets an identifier of its own."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from specimens.domain.access import Permission
from specimens.domain.identifiers import printed
from specimens.domain.specimen import Specimen
from specimens.domain.terms import Kind
from specimens.services import duplicate, tenancy
from specimens.services.batch_view import name_of
from specimens.services.study import protocol_of
from specimens.web.bedside import door
from specimens.web.form import Form
from specimens.web.guard import actor, needs

bp = Blueprint("duplicate", __name__)

Answer = str | Response | tuple[str, int]


@bp.route("/specimens/<code>/duplicate", methods=["GET", "POST"])
@needs(Permission.SPECIMEN_CORRECT)
def second(code: str) -> Answer:
    """Say what happens to both tubes; set them aside, and go on to the label of the second one."""
    specimen: Specimen = tenancy.load(Kind.SPECIMEN, code, actor())
    form = Form()
    errors: dict[str, str] = {}
    if request.method == "POST":
        note = form.text("reason_note")
        errors = form.saved(lambda: duplicate.second_tube(actor(), code, note=note, key=form.key))
        if not errors:
            new = form.result.code
            flash(
                _(
                    "Both are set aside. The other tube is now %(code)s: print its label and cover the old one.",
                    code=printed(new),
                )
            )
            page = door("label.specimen", code=new) or url_for("specimen.show", code=new)
            return redirect(page, 303)
    page = render_template(
        "duplicate/second.html",
        specimen=specimen,
        label=name_of(protocol_of(specimen.study, specimen.protocol_version), specimen),
        errors=errors,
        sent=form.sent,
    )
    return (page, 422) if errors else page

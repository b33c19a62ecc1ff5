"""A label that cannot be read: two people know the tube by its well, and the same identifier is printed again."""

from flask import Blueprint, current_app, render_template, request
from werkzeug.wrappers import Response

from specimens.domain.access import Permission
from specimens.domain.signature import Occasion
from specimens.services import unreadable
from specimens.services.batch_view import name_of
from specimens.services.label_set import rows_of
from specimens.services.study import protocol_of
from specimens.services.unreadable import Seen
from specimens.web import say, signing
from specimens.web.form import Form
from specimens.web.guard import actor, needs
from specimens.web.label import StockForm, offered_for, printed_answer, stock_page

bp = Blueprint("unreadable", __name__)

Answer = str | Response | tuple[str, int]

#: What people type after the scan of the box, whose Enter sends the form: with none of it there, nobody has signed yet.
_TYPED = ("well", "witness", "password", "witness_password")


@bp.route("/specimens/<code>/unreadable", methods=["GET", "POST"])
@needs(Permission.STORE)
def reprint(code: str) -> Answer:
    """Show which tube is recorded in the well; both people sign that it lay there, and its label is printed again."""
    found = unreadable.lying(actor(), code)
    specimen = found.specimen
    form = Form()
    errors: dict[str, str] = {}
    offered = offered_for({row.role for row in rows_of([specimen])})
    scanned = bool(form.sent.get("box")) and not any(form.sent.get(name) for name in _TYPED)
    if request.method == "POST" and not scanned:
        seen = Seen(form.text("box", needed=True), form.text("well", needed=True))
        witness, note = form.text("witness", needed=True), form.text("reason_note")
        mine, theirs = signing.pen(form), signing.pen(form, "witness_password", code="witness_code")
        choice = StockForm(form, offered).choice
        errors = signing.signed(
            form,
            lambda: unreadable.reprint(
                actor(), code, seen, choice, pen=mine, witness=witness, witness_pen=theirs, note=note,
                production=current_app.config["SETTINGS"].production, key=form.key, language=say.language(),
            ),
        )  # fmt: skip
        if not errors:
            return printed_answer(form.result)
    protocol = protocol_of(specimen.study, specimen.protocol_version)
    page = render_template(
        "unreadable/reprint.html",
        found=found,
        specimen=specimen,
        label=name_of(protocol, specimen),
        scanned=scanned,
        errors=errors,
        meanings=signing.meanings(protocol_of(specimen.study), Occasion.IDENTITY_BY_POSITION),
        **stock_page(form, offered),
    )
    return (page, 422) if errors else page

"""Dots for the caps of tubes whose labels belong together."""

from flask import Blueprint, render_template, request, url_for

from specimens.domain.access import Permission
from specimens.services import label, label_cap
from specimens.web.form import Form
from specimens.web.guard import actor, needs
from specimens.web.label import Answer, StockForm, offered_for, printed_answer, stock_page

bp = Blueprint("label_cap", __name__)


@bp.route("/labels/<any(kit,batch,specimen,children):source>/<code>/caps", methods=["GET", "POST"])
@needs(Permission.LABEL_PRINT)
def caps(source: str, code: str) -> Answer:
    """Show on what the dots can be printed, or print them."""
    found = label.label_set(actor(), source, code)
    form, errors = Form(), {}
    offered = offered_for({label_cap.ROLE})
    if request.method == "POST":
        choice = StockForm(form, offered).choice
        errors = form.saved(lambda: label_cap.print_caps(actor(), found, choice, key=form.key))
        if not errors:
            return printed_answer(form.result)
    page = render_template(
        "label/caps.html", found=found, codes=label_cap.capped(found), errors=errors,
        back=url_for(f"label.{source}", code=code), **stock_page(form, offered),
    )  # fmt: skip
    return (page, 422) if errors else page

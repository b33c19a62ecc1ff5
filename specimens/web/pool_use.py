"""Labels of a pre-printed pool on an extra tube of a kit, or on the tubes of another attempt at it."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from specimens.domain.access import Permission
from specimens.services import pool, pool_use, visit_plan
from specimens.services.pool_use import Beyond
from specimens.web import say
from specimens.web.bedside import around, reasons
from specimens.web.form import Form
from specimens.web.guard import actor, needs

bp = Blueprint("pool_use", __name__, url_prefix="/pools")

Answer = str | Response | tuple[str, int]


@bp.route("/kits/<code>/tube", methods=["GET", "POST"])
@needs(Permission.COLLECT)
def tube(code: str) -> Answer:
    """Plan an extra tube of a kit that bears a label of the pool."""
    found = pool_use.beyond(actor(), code)
    form, errors = Form(), {}
    offered = _reasons(found, "extra")
    if request.method == "POST":
        slot = form.one_of("slot", [each.code for each in found.slots]) or ""
        reason = form.one_of("reason", [each for each, _text in offered]) or ""
        note, label = form.text("reason_note"), form.text("label", needed=True)
        errors = form.saved(
            lambda: visit_plan.add_specimen(
                actor(), code, slot, reason=reason, note=note, label=label, key=form.key
            )
        )
        if not errors:
            flash(_("The extra tube is planned, and its label counts."))
            return redirect(url_for("visit.show", code=found.kit.visit), 303)
    slots = [(each.code, each.label) for each in found.slots]
    page = render_template(
        "pool/tube.html", found=found, slots=slots, reasons=offered, errors=errors, sent=form.sent,
        **around(found.protocol),
    )  # fmt: skip
    return (page, 422) if errors else page


@bp.route("/kits/<code>/attempt", methods=["GET", "POST"])
@needs(Permission.VISIT_WRITE)
def attempt(code: str) -> Answer:
    """Plan another attempt at the procedure of a kit; each of its tubes bears a label of the pool."""
    found = pool_use.beyond(actor(), code)
    form, errors, waiting = Form(), {}, ""
    offered = _reasons(found, "repeat")
    if request.method == "POST":
        scans = {name: raw for name, _what in found.tubes if (raw := form.text(name))}
        if "scanned" in form.sent:
            # The scanner sends Enter after each label: it is checked, and the next tube asked for; nothing is planned.
            errors = form.saved(lambda: pool.check(found.kit.study, found.kit.site, scans))
            waiting = say.sentence("pool_labels_missing", {"left": len(scans), "of": len(found.tubes)})
        else:
            errors = _planned(form, found, scans, [each for each, _text in offered])
            if not errors:
                flash(_("Another attempt is planned, as a kit of its own, and its labels count."))
                return redirect(url_for("visit.show", code=found.kit.visit), 303)
    page = render_template(
        "pool/attempt.html", found=found, reasons=offered, errors=errors, sent=form.sent, waiting=waiting,
        next_tube=next((name for name, _what in found.tubes if not form.sent.get(name)), None),
        **around(found.protocol),
    )  # fmt: skip
    return (page, 422) if errors else page


def _planned(form: Form, found: Beyond, scans: dict[str, str], offered: list[str]) -> dict[str, str]:
    reason = form.one_of("reason", offered) or ""
    note, kit = form.text("reason_note"), found.kit
    form.wrong.update({name: "pool_label_needed" for name, _what in found.tubes if name not in scans})
    return form.saved(
        lambda: visit_plan.second_attempt(
            actor(), kit.visit, kit.procedure, reason=reason, note=note, labels=scans, key=form.key
        )
    )


def _reasons(found: Beyond, use: str) -> list[tuple[str, str]]:
    return [*reasons(found.protocol, use), ("other", _("other, in words"))]

"""What happens to one specimen from its own page: taken out, used, shipped, set aside, destroyed."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from specimens.domain.access import Permission
from specimens.domain.signature import Occasion
from specimens.domain.specimen import Specimen
from specimens.domain.terms import Kind, Status
from specimens.services import derivative, disposal, storage, tenancy, use
from specimens.services.batch_view import name_of
from specimens.services.study import protocol_of
from specimens.web import signing
from specimens.web.bedside import Choice, door, reasons
from specimens.web.form import Form
from specimens.web.guard import actor, needs

bp = Blueprint("disposal", __name__)

Answer = str | Response | tuple[str, int]


def _tube(code: str) -> Specimen:
    specimen: Specimen = tenancy.load(Kind.SPECIMEN, code, actor())
    return specimen


def _back(code: str) -> str:
    return door("specimen.show", code=code) or url_for("disposal.used", code=code)


def _reasons(of_use: str) -> list[Choice]:
    return [*reasons(protocol_of(actor().study), of_use), ("other", _("another reason"))]


def _page(template: str, specimen: Specimen, form: Form, errors: dict[str, str], **more: Any) -> Answer:
    protocol = protocol_of(specimen.study, specimen.protocol_version)
    page = render_template(
        f"disposal/{template}.html",
        specimen=specimen,
        label=name_of(protocol, specimen),
        back=_back(specimen.code),
        errors=errors,
        sent=form.sent,
        form=form,
        **more,
    )
    return (page, 422) if errors else page


def _done(
    form: Form, code: str, work: Callable[[], Any], told: str
) -> tuple[dict[str, str], Response | None]:
    errors = form.saved(work)
    if errors:
        return errors, None
    flash(told)
    return {}, redirect(_back(code), 303)


@bp.route("/specimens/<code>/retrieve", methods=["GET", "POST"])
@needs(Permission.STORE)
def retrieve(code: str) -> Answer:
    """Take one stored specimen out, with a reason."""
    specimen, form, errors = _tube(code), Form(), {}
    offered = _reasons("retrieve")
    if request.method == "POST":
        reason, note = form.one_of("reason", dict(offered)), form.text("reason_note")
        errors, answer = _done(
            form, code,
            lambda: storage.retrieve_one(actor(), code, reason=reason or "", note=note, key=form.key),
            _("Taken out. It is in your hands now."),
        )  # fmt: skip
        if answer:
            return answer
    return _page("retrieve", specimen, form, errors, reasons=offered)


@bp.route("/specimens/<code>/use", methods=["GET", "POST"])
@needs(Permission.PROCESS)
def used(code: str) -> Answer:
    """Record that a specimen was thawed, used, or used up."""
    specimen, form, errors = _tube(code), Form(), {}
    if request.method == "POST":
        act = form.one_of("act", ("thawed", "used", "used_up"))
        at = form.date_time("happened")
        purpose = form.text("purpose", needed=act in ("used", "used_up"))
        volume = form.whole("volume", least=1, most=derivative.MOST_VOLUME_UL) if act == "used" else None
        works: dict[str | None, Callable[[], Any]] = {
            "thawed": lambda: use.thaw(actor(), code, happened_at=at, key=form.key),
            "used": lambda: use.use(
                actor(), code, purpose=purpose, volume_ul=volume, happened_at=at, key=form.key
            ),
            "used_up": lambda: use.use_up(actor(), code, purpose=purpose, happened_at=at, key=form.key),
        }
        errors, answer = _done(form, code, works.get(act, lambda: None), _("Recorded."))
        if answer:
            return answer
    return _page("use", specimen, form, errors)


@bp.route("/specimens/<code>/ship", methods=["GET", "POST"])
@needs(Permission.STORE)
def ship(code: str) -> Answer:
    """Record that a specimen left for another institution, or that it came back."""
    specimen, form, errors = _tube(code), Form(), {}
    if request.method == "POST":
        at = form.date_time("happened")
        if specimen.status == Status.SHIPPED:
            errors, answer = _done(
                form, code, lambda: use.come_back(actor(), code, happened_at=at, key=form.key),
                _("It is back, in your hands."),
            )  # fmt: skip
        else:
            where = form.text("destination", needed=True)
            errors, answer = _done(
                form, code,
                lambda: use.ship(actor(), code, destination=where, happened_at=at, key=form.key), _("Recorded."),
            )  # fmt: skip
        if answer:
            return answer
    return _page("ship", specimen, form, errors)


@bp.route("/specimens/<code>/quarantine", methods=["GET", "POST"])
@needs(Permission.SPECIMEN_CORRECT)
def quarantine(code: str) -> Answer:
    """Set a specimen aside, with everything that was made from it."""
    specimen, form, errors = _tube(code), Form(), {}
    offered = _reasons("quarantine")
    if request.method == "POST":
        reason, note = form.one_of("reason", dict(offered)), form.text("reason_note")
        errors, answer = _done(
            form, code,
            lambda: disposal.quarantine(actor(), code, reason=reason, note=note, key=form.key),
            _("Set aside, with everything that was made from it. The investigator decides."),
        )  # fmt: skip
        if answer:
            return answer
    return _page("quarantine", specimen, form, errors, reasons=offered)


@bp.route("/specimens/<code>/evaluate", methods=["GET", "POST"])
@needs(Permission.PROCESS, Permission.QUARANTINE_DECIDE)
def evaluate(code: str) -> Answer:
    """Say whether there is in a specimen what was to be taken: no node or synovium in a core is marked."""
    specimen, form, errors = _tube(code), Form(), {}
    if request.method == "POST":
        found, note = form.one_of("evaluable", ("yes", "no")), form.text("reason_note")
        errors, answer = _done(
            form, code,
            lambda: use.evaluate(actor(), code, evaluable=found == "yes", note=note, key=form.key),
            _("Recorded."),
        )  # fmt: skip
        if answer:
            return answer
    return _page("evaluate", specimen, form, errors)


@bp.route("/specimens/<code>/never-made", methods=["GET", "POST"])
@needs(Permission.PROCESS)
def never_made(code: str) -> Answer:
    """Take back a derivative that was recorded by mistake."""
    specimen, form, errors = _tube(code), Form(), {}
    offered = _reasons("void")
    if request.method == "POST":
        reason, note = form.one_of("reason", dict(offered)), form.text("reason_note")
        errors, answer = _done(
            form, code,
            lambda: derivative.never_made(actor(), code, reason=reason, note=note, key=form.key),
            _("Taken back. Its label must never be used: throw it away."),
        )  # fmt: skip
        if answer:
            return answer
    return _page("never_made", specimen, form, errors, reasons=offered)


@bp.route("/specimens/<code>/destroy", methods=["GET", "POST"])
@needs(Permission.DESTROY)
def destroy(code: str) -> Answer:
    """Record the destruction of a specimen; who did it and the witness both sign on the same form."""
    specimen, form = _tube(code), Form()
    errors: dict[str, str] = {}
    offered = _reasons("destroy")
    ordered = disposal.ORDERED in specimen.moments
    if request.method == "POST":
        reason, note = form.one_of("reason", dict(offered), needed=not ordered), form.text("reason_note")
        witness = form.text("witness", needed=True)
        mine, theirs = signing.pen(form), signing.pen(form, "witness_password", code="witness_code")
        errors = signing.signed(
            form,
            lambda: disposal.destroy(
                actor(), code, pen=mine, witness=witness, witness_pen=theirs, reason=reason, note=note,
                production=current_app.config["SETTINGS"].production, key=form.key,
            ),
        )  # fmt: skip
        if not errors:
            flash(_("Destroyed, and signed by both of you. The record stays."))
            return redirect(_back(code), 303)
    offers = signing.meanings(protocol_of(specimen.study), Occasion.DESTRUCTION)
    return _page("destroy", specimen, form, errors, reasons=offered, ordered=ordered, meanings=offers)

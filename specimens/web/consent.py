"""Pages about consent: recorded from paper, renewed, withdrawn, and what is left used again."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from specimens.domain.access import Permission
from specimens.domain.errors import NotFound
from specimens.domain.signature import Occasion
from specimens.services import consent, dossier
from specimens.web import say, signing
from specimens.web.access import Answer
from specimens.web.doors import door
from specimens.web.form import Form
from specimens.web.guard import actor, needs

bp = Blueprint("consent", __name__, url_prefix="/participants/<code>/consent")


@bp.route("/new", methods=["GET", "POST"])
@needs(Permission.PARTICIPANT_WRITE)
def new(code: str) -> Answer:
    """Record a consent that was signed on paper; a later one is a re-consent."""
    view = dossier.of(actor(), code)
    versions, scopes = view.protocol.consent_versions, view.protocol.consent_scopes
    errors: dict[str, str] = {}
    form = Form()
    if request.method == "POST":
        version = form.one_of("version", [each.code for each in versions])
        agreed = form.several("scopes", [each.code for each in scopes])
        signed_at = form.date_time("happened", zone=view.zone, needed=True)
        obtained_by = form.text("obtained_by", needed=True)
        original = form.text("original", needed=True)
        errors = form.saved(
            lambda: consent.record(
                actor(),
                code,
                version=version or "",
                scopes=agreed,
                signed_at=signed_at or 0,
                obtained_by=obtained_by,
                original=original,
                key=form.key,
            )
        )
        if not errors:
            flash(_("The consent is recorded."))
            return redirect(url_for("participant.show", code=code), 303)
    words = say.language()
    page = render_template(
        "consent/new.html",
        view=view,
        person=view.participant,
        versions=[
            (
                each.code,
                each.text.said(words),
                _("required from %(day)s", day=say.day(each.required_from.isoformat())),
            )
            for each in versions
        ],
        scopes=[(each.code, each.text.said(words), _("needed") if each.required else "") for each in scopes],
        errors=errors,
        form=form,
    )
    return (page, 422) if errors else page


@bp.route("/<int:seq>/check", methods=["GET", "POST"])
@needs(Permission.PARTICIPANT_WRITE)
def check(code: str, seq: int) -> Answer:
    """Show a consent as it was recorded, for a second person to hold it beside the paper and sign."""
    view = dossier.of(actor(), code)
    given = next((each for each in view.consents if each.seq == seq), None)
    if given is None:
        raise NotFound("not_found")
    errors: dict[str, str] = {}
    form = Form()
    if request.method == "POST":
        form.one_of("same", ["yes"])
        pen = signing.pen(form)
        errors = signing.signed(form, lambda: consent.check(actor(), code, seq=seq, pen=pen, key=form.key))
        if not errors:
            flash(_("Checked and signed."))
            return redirect(url_for("participant.show", code=code), 303)
    page = render_template(
        "consent/check.html",
        view=view,
        person=view.participant,
        given=given,
        scopes={each.code: each.text.said(say.language()) for each in view.protocol.consent_scopes},
        mine=given.may_check(actor()),
        meanings=signing.meanings(view.protocol, Occasion.CONSENT_RECORDED),
        errors=errors,
    )
    return (page, 422) if errors else page


@bp.route("/withdraw", methods=["GET", "POST"])
@needs(Permission.PARTICIPANT_WRITE)
def withdraw(code: str) -> Answer:
    """Withdraw a consent; the page lists what exists and is decided on."""
    view = dossier.of(actor(), code)
    errors: dict[str, str] = {}
    form = Form()
    if request.method == "POST":
        choice = form.one_of("choice", consent.WITHDRAWALS)
        reason = form.text("reason")
        at = form.date_time("happened", zone=view.zone)
        errors = form.saved(
            lambda: consent.withdraw(
                actor(), code, choice=choice or "", reason=reason, happened_at=at, key=form.key
            )
        )
        if not errors:
            flash(_("The withdrawal is recorded. Nothing more is collected."))
            return redirect(url_for("participant.show", code=code), 303)
    return _what_is_left("consent/withdraw.html", view, form, errors)


def _what_is_left(template: str, view: dossier.Dossier, form: Form, errors: dict[str, str]) -> Answer:
    """Show a form about what is left of a participant's specimens."""
    types = {each.code: each.text.said(say.language()) for each in view.protocol.specimen_types}
    page = render_template(
        template, view=view, person=view.participant, types=types, door=door, errors=errors, form=form
    )
    return (page, 422) if errors else page


@bp.route("/free", methods=["GET", "POST"])
@needs(Permission.QUARANTINE_DECIDE)
def free(code: str) -> Answer:
    """Let what is left of somebody who withdrew and chose that it is kept be used again."""
    view = dossier.of(actor(), code)
    errors: dict[str, str] = {}
    form = Form()
    if request.method == "POST":
        reason = form.text("reason", needed=True)
        errors = form.saved(lambda: consent.free(actor(), code, reason=reason, key=form.key))
        if not errors:
            flash(_("The holds for consent are lifted."))
            return redirect(url_for("participant.show", code=code), 303)
    return _what_is_left("consent/free.html", view, form, errors)

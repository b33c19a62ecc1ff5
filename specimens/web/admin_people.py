"""People and their grants, for the administrator."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from specimens.domain.access import Permission
from specimens.domain.errors import NotFound
from specimens.domain.grant import Grant
from specimens.domain.terms import GRANTED_ROLES, Role
from specimens.services import badge, people, second_factor
from specimens.services import grant as grants
from specimens.services import site as sites
from specimens.services import study as studies
from specimens.services.clock import today
from specimens.web import badge as badge_page
from specimens.web import frame, say
from specimens.web.form import Form
from specimens.web.guard import actor, needs

bp = Blueprint("admin_people", __name__, url_prefix="/admin/people")

Answer = str | Response | tuple[str, int]

ROLES = [str(role) for role in GRANTED_ROLES]


def _places() -> dict[str, Any]:
    """What the tables of grants are labelled with."""
    return {
        "labels": {each.code: frame.label_of(each.code) for each in studies.studies()},
        "sites": {each.code: each.name for each in sites.sites()},
    }


@bp.get("")
@needs(Permission.PEOPLE_MANAGE)
def index() -> str:
    """Show the people whom this administrator manages."""
    words = request.args.get("q", "")[:200]
    lines = people.listed(actor(), words)
    return render_template("admin/people.html", lines=lines, words=words, **_places())


@bp.route("/new", methods=["GET", "POST"])
@needs(Permission.PEOPLE_MANAGE)
def new() -> Answer:
    """Add a person."""
    form = Form()
    errors: dict[str, str] = {}
    if request.method == "POST":
        login, full_name = form.text("login", needed=True), form.text("full_name", needed=True)
        language = form.one_of("language", say.LANGUAGES)
        password = _password(form)
        errors = form.saved(
            lambda: people.add(actor(), login, full_name, password, language=language or "", key=form.key)
        )
        if not errors:
            flash(_("Added. Now give a grant: without one nobody can log in."))
            return redirect(url_for("admin_people.show", code=form.result.code), 303)
    page = render_template("admin/person_new.html", errors=errors, sent=form.sent)
    return (page, 422) if errors else page


def _password(form: Form) -> str:
    """Return a password exactly as typed; it is no text of which spaces are taken away."""
    typed = form.sent.get("password", "")
    if not typed:
        form.wrong["password"] = "field_needed"  # noqa: S105 - the code of a sentence
    return typed


@bp.get("/<code>")
@needs(Permission.PEOPLE_MANAGE)
def show(code: str) -> str:
    """Show a person and their grants."""
    return _person(code)


def _person(code: str, errors: dict[str, str] | None = None, sent: Any = None) -> str:
    user = people.shown(actor(), code)
    me = actor()
    lines = grants.of(code)
    return render_template(
        "admin/person.html",
        user=user,
        lines=lines,
        mine={each.grant.code for each in lines if people.within(me, each.grant.study, each.grant.site)},
        myself=user.code == me.user,
        factor=second_factor.is_set(code),
        badges=badge.of(me, code),
        badge_reasons=badge_page.reasons(),
        errors=errors or {},
        sent=sent or {},
        **_places(),
    )


@bp.post("/<code>/name")
@needs(Permission.PEOPLE_MANAGE)
def rename(code: str) -> Answer:
    """Correct a person's name."""
    people.shown(actor(), code)
    form = Form()
    name = form.text("full_name", needed=True)
    if errors := form.saved(lambda: people.rename(actor(), code, name, key=form.key)):
        return _person(code, errors, form.sent), 422
    flash(_("The name is changed. What was recorded before keeps the name of that day."))
    return redirect(url_for("admin_people.show", code=code), 303)


@bp.post("/<code>/switch")
@needs(Permission.PEOPLE_MANAGE)
def switch(code: str) -> Answer:
    """Switch an account off or on, with a reason."""
    user = people.shown(actor(), code)
    form = Form()
    on = form.one_of("active", ("yes", "no")) == "yes"
    reason = form.text("switch_reason", needed=True)
    if errors := form.saved(lambda: people.switch(actor(), code, active=on, reason=reason, key=form.key)):
        return _person(code, errors, form.sent), 422
    flash(
        _("%(name)s can log in again.", name=user.full_name)
        if on
        else _("%(name)s is switched off; every session has ended.", name=user.full_name)
    )
    return redirect(url_for("admin_people.show", code=code), 303)


@bp.route("/<code>/password", methods=["GET", "POST"])
@needs(Permission.PEOPLE_MANAGE)
def password(code: str) -> Answer:
    """Set a password that has to be changed at the next log-in."""
    user = people.shown(actor(), code)
    form = Form()
    errors: dict[str, str] = {}
    if request.method == "POST":
        typed = _password(form)
        errors = form.saved(lambda: people.reset_password(actor(), code, typed, key=form.key))
        if not errors:
            flash(_("The password is set. It has to be changed at the next log-in; every session has ended."))
            return redirect(url_for("admin_people.show", code=code), 303)
    page = render_template("admin/person_password.html", user=user, errors=errors)
    return (page, 422) if errors else page


@bp.post("/<code>/second-factor")
@needs(Permission.PEOPLE_MANAGE)
def factor(code: str) -> Answer:
    """Take somebody's second factor away, with a reason."""
    people.shown(actor(), code)
    form = Form()
    reason = form.text("factor_reason", needed=True)
    if errors := form.saved(lambda: second_factor.reset(actor(), code, reason)):
        return _person(code, errors, form.sent), 422
    flash(_("The second factor is taken away. The password alone logs this person in until another is set."))
    return redirect(url_for("admin_people.show", code=code), 303)


@bp.route("/<code>/grants/new", methods=["GET", "POST"])
@needs(Permission.PEOPLE_MANAGE)
def give(code: str) -> Answer:
    """Give a person a role for a study and a site."""
    me = actor()
    user = people.shown(me, code)
    offered_studies = [each for each in studies.studies() if me.study in (None, each.code)]
    offered_sites = [each for each in sites.sites(me) if each.active]
    form = Form()
    errors: dict[str, str] = {}
    if request.method == "POST":
        errors = _given(
            form,
            user.code,
            {each.code for each in offered_studies} | ({EVERY} if me.study is None else set()),
            {each.code for each in offered_sites} | ({EVERY} if me.sites is None else set()),
        )
        if not errors:
            flash(_("The grant is given."))
            return redirect(url_for("admin_people.show", code=code), 303)
    page = render_template(
        "admin/grant_new.html",
        user=user,
        roles=[(each, say.word(each)) for each in ROLES],
        studies=[(each.code, each.title) for each in offered_studies],
        sites=[(each.code, f"{each.code} · {each.name}") for each in offered_sites],
        every_study=me.study is None,
        every_site=me.sites is None,
        errors=errors,
        sent=form.sent,
    )
    return (page, 422) if errors else page


EVERY = "*"


def _given(form: Form, user: str, studies_: set[str], sites_: set[str]) -> dict[str, str]:
    role = form.one_of("role", ROLES)
    study = form.one_of("study", studies_)
    site = form.one_of("site", sites_)
    from_on = form.date("from_on") or today(say.zone())
    until_on, training_on = form.date("until_on"), form.date("training_on", needed=True)
    delegated_by, reason = form.text("delegated_by"), form.text("reason", needed=True)
    return form.saved(
        lambda: grants.give(
            actor(),
            user,
            Role(role or ""),
            study=None if study == EVERY else study,
            site=None if site == EVERY else site,
            from_on=from_on,
            until_on=until_on,
            training_on=training_on,
            delegated_by=delegated_by,
            reason=reason,
            key=form.key,
        )
    )


@bp.route("/<code>/grants/<grant>/revoke", methods=["GET", "POST"])
@needs(Permission.PEOPLE_MANAGE)
def revoke(code: str, grant: str) -> Answer:
    """Revoke a grant from now on, with a reason."""
    user = people.shown(actor(), code)
    held: Grant = grants.grant(grant)
    if held.user != user.code:
        raise NotFound("unknown_grant")
    form = Form()
    errors: dict[str, str] = {}
    if request.method == "POST":
        reason = form.text("reason", needed=True)
        errors = form.saved(lambda: grants.revoke(actor(), grant, reason, key=form.key))
        if not errors:
            flash(_("The grant is revoked. It counts no more, from now on."))
            return redirect(url_for("admin_people.show", code=code), 303)
    page = render_template(
        "admin/grant_revoke.html", user=user, grant=held, errors=errors, sent=form.sent, **_places()
    )
    return (page, 422) if errors else page

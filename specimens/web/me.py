"""One's own account: password, language, grants, tokens for the API, and where one is logged in."""

from typing import Any

from flask import Blueprint, current_app, flash, redirect, render_template, request, session, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from specimens.domain.errors import BadInput
from specimens.services import access, badge, people, pin, second_factor, sign_on, token
from specimens.services import grant as grants
from specimens.services import session as held
from specimens.services import site as sites
from specimens.web import badge as badge_page
from specimens.web import frame, guard, manner, say
from specimens.web.access import Answer
from specimens.web.form import Form
from specimens.web.guard import any_role
from specimens.web.second_factor import asked_again

bp = Blueprint("me", __name__)


def _page(**more: Any) -> str:
    actor = guard.actor()
    lines = grants.of(actor.user)
    provider = current_app.config["SETTINGS"].sign_on
    return render_template(
        "access/me.html",
        user=people.person(actor.user),
        grants=lines,
        labels={each.grant.study: frame.label_of(each.grant.study) for each in lines},
        sites={each.code: each.name for each in sites.sites()},
        several=len(access.choices(actor.user)) > 1,
        factor=second_factor.is_set(actor.user),
        provider=provider.name if provider else None,
        linked=bool(provider) and sign_on.linked(actor.user, provider.issuer),
        tokens=token.mine(actor),
        sessions=held.mine(actor, session[guard.TOKEN], **guard.limits()),
        badges=badge.of(actor, actor.user),
        badge_reasons=badge_page.reasons(),
        pin=pin.is_set(actor.user),
        languages=[("en", "English"), ("nl", "Nederlands")],
        **{"errors": {}, "sent": {}, "made": None, **more},
    )


@bp.get("/me")
@any_role
def show() -> str:
    """Show one's own account."""
    return _page()


@bp.route("/password", methods=["GET", "POST"])
@any_role
def password() -> Answer:
    """Change one's own password; the present one is asked for."""
    actor = guard.actor()
    forced = access.must_change_password(actor)
    target = frame.safe_next(request.values.get("next"))
    if request.method == "GET":
        return render_template("access/password.html", forced=forced, errors={}, next=target)
    form = Form()
    old, new, again = (form.sent.get(name, "") for name in ("old", "new", "again"))
    for name, typed in (("old", old), ("new", new), ("again", again)):
        if not typed:
            form.wrong[name] = "field_needed"
    if not form.wrong and new != again:
        form.wrong["again"] = "password_differs"
    if not form.wrong and new == old:
        form.wrong["new"] = "password_same"
    errors = form.saved(lambda: _change(form, new))
    if errors:
        page = render_template("access/password.html", forced=forced, errors=errors, next=target)
        return page, 422
    flash(_("Your password is changed. Every other session of yours has ended."))
    return redirect(target or frame.home_of(actor), 303)


def _change(form: Form, new: str) -> None:
    asked_again(form, "old")
    try:
        people.change_password(guard.actor(), new, token=session[guard.TOKEN], key=form.key)
    except BadInput as bad:
        raise BadInput(bad.code, {"new": bad.fields.get("password", bad.code)}) from bad


@bp.post("/me/language")
@any_role
def language() -> Answer:
    """Set the language of one's account."""
    form = Form()
    chosen = form.one_of("language", say.LANGUAGES)
    if errors := form.saved(lambda: people.set_language(guard.actor(), chosen or "")):
        return _page(errors=errors), 422
    session.pop("language", None)  # what the account says counts from now on
    if manner.language():  # also where the station speaks another
        session["language"] = chosen
    flash(_("Saved."))
    return redirect(url_for("me.show"), 303)


@bp.post("/me/tokens")
@any_role
def make_token() -> Answer:
    """Make a token for the API and show it, this once."""
    actor = guard.actor()
    form = Form()
    name = form.text("name", needed=True)
    days = form.whole("days", least=1, most=token.LONGEST_DAYS, needed=True)
    errors = form.saved(lambda: token.make(actor, name, days=days or 0, station=actor.station, key=form.key))
    if errors:
        return _page(errors=errors, sent=form.sent), 422
    return _page(made=form.result)


@bp.post("/me/tokens/<int(max=2147483647):number>/revoke")
@any_role
def revoke_token(number: int) -> Response:
    """End one of one's own tokens."""
    token.revoke(guard.actor(), number)
    flash(_("The token is revoked; nothing can be sent with it any more."))
    return redirect(url_for("me.show"), 303)


@bp.post("/me/sessions/<int(max=2147483647):number>/end")
@any_role
def end_session(number: int) -> Response:
    """End one of one's own other sessions."""
    held.end(guard.actor(), number)
    flash(_("That session has ended."))
    return redirect(url_for("me.show"), 303)

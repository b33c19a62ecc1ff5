"""Single sign-on through OpenID Connect: setting out to the identity provider, and coming back.

The provider says who somebody is; the second factor, the role and the station are asked for here as ever.
"""

import logging
from typing import Any

from authlib.common.errors import AuthlibBaseError
from authlib.integrations.flask_client import OAuth
from flask import (
    Blueprint,
    abort,
    current_app,
    flash,
    g,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from flask.blueprints import BlueprintSetupState
from flask_babel import gettext as _
from joserfc.errors import JoseError
from requests import RequestException
from werkzeug.wrappers import Response

from specimens.domain.errors import Conflict, Refused
from specimens.services import sign_on
from specimens.web import access, frame, guard, say
from specimens.web.form import Form
from specimens.web.guard import any_role, public
from specimens.web.second_factor import asked_again

bp = Blueprint("sign_on", __name__)

_TIMEOUT_SECONDS = 10
#: What a person who set out wants: to be let in, or to link the account to this person (the code is kept).
_LINKS = "sign_on_links"
_NEXT = "sign_on_next"
_log = logging.getLogger(__name__)


@bp.record_once
def _register(state: BlueprintSetupState) -> None:
    """Make the client of the configured provider; its description is fetched when the first person sets out."""
    given = state.app.config["SETTINGS"].sign_on
    if given is None:
        return
    OAuth(state.app).register(
        "provider",
        client_id=given.client_id,
        client_secret=given.client_secret,
        server_metadata_url=f"{given.issuer}/.well-known/openid-configuration",
        client_kwargs={
            "scope": "openid",
            "code_challenge_method": "S256",
            "default_timeout": _TIMEOUT_SECONDS,
        },
    )


def _given() -> Any:
    given = current_app.config["SETTINGS"].sign_on
    if given is None:
        abort(404)
    return given


def _client() -> Any:
    return current_app.extensions["authlib.integrations.flask_client"].provider


@bp.get("/login/sign-on")
@public
def go() -> access.Answer:
    """Set out to the identity provider."""
    given = _given()
    session.pop(_LINKS, None)
    session[_NEXT] = request.args.get("next", "")
    return _set_out(given)


def _set_out(given: Any) -> access.Answer:
    try:
        answer: Response = _client().authorize_redirect(url_for("sign_on.back", _external=True))
    except (RequestException, AuthlibBaseError, ValueError) as error:
        _log.warning("the identity provider does not answer: %s", type(error).__name__)
        return _refused(given, "sign_on_unreachable")
    return answer


@bp.get("/login/sign-on/back")
@public
def back() -> access.Answer:
    """Take what the provider says: who this is."""
    given = _given()
    try:
        token = _client().authorize_access_token(timeout=_TIMEOUT_SECONDS)
        said = token.get("userinfo") or {}
        issuer, subject = str(said.get("iss", "")), str(said.get("sub", ""))
    except (RequestException, AuthlibBaseError, JoseError, ValueError, KeyError) as error:
        _log.warning("the identity provider did not confirm: %s", type(error).__name__)
        return _refused(given, "sign_on_failed")
    links = session.pop(_LINKS, None)
    if links is not None:
        return _link(given, links, issuer, subject)
    target = frame.safe_next(session.pop(_NEXT, None))
    try:
        user = sign_on.enter(issuer, subject, name=given.name, address=access.address())
    except Refused as refused:
        return access.not_entered(refused, access.login_page({"login": say.told(refused)}))
    return access.entered(user, target)


def _refused(given: Any, code: str) -> access.Answer:
    page = access.login_page({"login": say.sentence(code, {"name": given.name})})
    return page, 503 if code == "sign_on_unreachable" else 401


def _link(given: Any, links: str, issuer: str, subject: str) -> access.Answer:
    if g.actor is None or g.actor.user != links:
        return _refused(given, "sign_on_other")
    try:
        sign_on.link(g.actor, issuer, subject)
    except (Conflict, Refused) as error:
        return _page(given, errors={"": say.told(error)}), 409
    flash(_("Linked. From now on you can log in with %(name)s.", name=given.name))
    return redirect(url_for("sign_on.show"), 303)


def _page(given: Any, **more: Any) -> str:
    return render_template(
        "access/sign_on.html",
        provider=given.name,
        linked=sign_on.linked(guard.actor().user, given.issuer),
        **{"errors": {}, "ready": False, **more},
    )


@bp.get("/me/sign-on")
@any_role
def show() -> str:
    """Show whether an account of the identity provider is linked to one's own."""
    return _page(_given())


@bp.post("/me/sign-on")
@any_role
def prepare() -> access.Answer:
    """Ask for the password before an account is linked; the page then leads to the provider.

    A link, and not a redirection: the content policy lets no form lead to another program.
    """
    given = _given()
    form = Form()
    if errors := form.saved(lambda: asked_again(form)):
        return _page(given, errors=errors), 422
    session[_LINKS] = guard.actor().user
    return _page(given, ready=True)


@bp.get("/me/sign-on/go")
@any_role
def link() -> access.Answer:
    """Set out to the provider to link an account; the password was asked for."""
    given = _given()
    if session.get(_LINKS) != guard.actor().user:
        return redirect(url_for("sign_on.show"), 303)
    return _set_out(given)


@bp.post("/me/sign-on/unlink")
@any_role
def unlink() -> access.Answer:
    """Unlink one's own account of the provider."""
    given = _given()
    sign_on.unlink(guard.actor(), given.issuer)
    flash(_("Unlinked. Your password logs you in."))
    return redirect(url_for("sign_on.show"), 303)

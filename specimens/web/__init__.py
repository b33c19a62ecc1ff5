"""Floor 3: HTML doors."""

import secrets
from importlib import import_module
from pkgutil import iter_modules

from flask import Flask, Request, current_app, g, make_response, render_template, request
from flask.sessions import SecureCookieSessionInterface, SessionMixin
from flask_babel import Babel
from flask_bootstrap import Bootstrap5
from flask_wtf import CSRFProtect
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from specimens.domain.errors import (
    BadInput,
    Conflict,
    NotFound,
    NotPermitted,
    Refused,
    SpecimensError,
    Unavailable,
)
from specimens.domain.identifiers import printed
from specimens.domain.sentences import SENTENCES
from specimens.services import seat
from specimens.services.clock import now_ms
from specimens.services.second_factor import is_set as factor_is_set
from specimens.web import asset, clock_alarm, compressed, doors, frame, guard, guide, queue, say

#: Kind of error → status, once for all pages.
STATUS: dict[type[SpecimensError], int] = {
    BadInput: 422,
    NotPermitted: 403,
    NotFound: 404,
    Refused: 409,
    Conflict: 409,
    Unavailable: 503,
}

CONTENT_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; worker-src 'self'; "
    "font-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; "
    "manifest-src 'self'; object-src 'none'"
)


class _Sessions(SecureCookieSessionInterface):
    """A page that is fetched for keeping changes no session: another request may just have begun a new one.

    The JSON doors take no cookie, and none is read for them.
    """

    def open_session(self, app: Flask, request: Request) -> SessionMixin | None:
        """Read the cookie, but for the JSON doors."""
        if request.path.startswith("/api/"):
            return self.make_null_session(app)
        return super().open_session(app, request)

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        """Send the cookie, but for what a device keeps."""
        if request.headers.get("X-Requested-With") != queue.KEEP:
            super().save_session(app, session, response)


csrf = CSRFProtect()
babel = Babel()


def register(app: Flask) -> None:
    """Hang the pages: blueprints, protection, language, errors."""
    settings = app.config["SETTINGS"]
    app.config.update(
        SESSION_COOKIE_NAME="__Host-specimens" if settings.production else "specimens",
        SESSION_COOKIE_SECURE=settings.production,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_PATH="/",
        WTF_CSRF_TIME_LIMIT=None,  # the session's own time-out ends it
        BOOTSTRAP_SERVE_LOCAL=True,
        BABEL_DEFAULT_LOCALE="en",
        BABEL_TRANSLATION_DIRECTORIES="translations",
    )
    app.session_interface = _Sessions()
    Bootstrap5(app)
    csrf.init_app(app)
    babel.init_app(app, locale_selector=say.language, timezone_selector=say.zone)
    for module in iter_modules(__path__):  # every room that has doors hangs them itself
        if blueprint := getattr(import_module(f"{__name__}.{module.name}"), "bp", None):
            app.register_blueprint(blueprint)
    app.before_request(guard.check)
    app.url_defaults(asset.mark)
    app.after_request(asset.keep)
    app.after_request(compressed.compress)
    app.after_request(_protect)
    app.after_request(_note_viewed)
    app.after_request(queue.marked)
    app.register_error_handler(SpecimensError, _told)
    app.register_error_handler(CSRFError, _form_expired)
    app.register_error_handler(HTTPException, _http)
    app.jinja_env.filters.update(
        named=frame.named, word=say.word, moment=say.moment, day=say.day, clock=say.clock_time, code=printed
    )
    app.jinja_env.globals.update(
        sentence=say.sentence,
        way_to=doors.door,
        nonce=lambda: secrets.token_urlsafe(16),
        lasted_ms=say.lasted,
        clock_alarms=clock_alarm.shown_here,
        keep_page=queue.kept,
        now_ms=now_ms,
        help_here=guide.about_here,
        step_here=guide.step_here,
        asks_code=lambda: g.actor is not None and factor_is_set(g.actor.user),
    )
    app.context_processor(frame.around)


def _protect(response: Response) -> Response:
    response.headers.setdefault("Content-Security-Policy", CONTENT_POLICY)
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "same-origin"
    response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
    if request.endpoint and not request.endpoint.endswith("static"):
        response.headers.setdefault("Cache-Control", "no-store")
    return response


def _note_viewed(response: Response) -> Response:
    """Write down which records a seat looked at: what cannot be written down is not shown."""
    who = g.get("actor")
    if who is None or who.seat is None or request.method != "GET" or response.status_code != 200:
        return response
    told = {"asked": request.args.get("code"), **(request.view_args or {})}
    kind = str(told.get("kind", "")).replace("-", "_") or None
    try:
        for name, code in told.items():
            if name != "kind" and isinstance(code, str):
                seat.viewed(who, code, kind)
    except SpecimensError as error:
        return make_response(_told(error))
    return response


def _page(status: int, message: str, reference: str | None = None) -> tuple[str, int]:
    page = render_template("error/error.html", status=status, message=message, reference=reference)
    return page, status


def _told(error: SpecimensError) -> tuple[str, int]:
    status = next((code for kind, code in STATUS.items() if isinstance(error, kind)), 500)
    if status >= 500:
        return _fault(status, error)
    return _page(status, say.told(error))


def _form_expired(error: CSRFError) -> tuple[str, int]:
    return _page(400, say.sentence("form_expired"))


def _http(error: HTTPException) -> tuple[str, int] | tuple[str, int, dict[str, str]] | HTTPException:
    if error.code is None or error.code < 400:
        return error
    if error.code >= 500:
        return _fault(error.code, getattr(error, "original_exception", None) or error)
    code = {404: "not_found", 403: "not_permitted"}.get(error.code, f"status_{error.code}")
    page = _page(error.code, say.sentence(code if code in SENTENCES else "status_400"))
    offered = error.get_response().headers.get("Allow")
    return (*page, {"Allow": offered}) if offered else page


def _fault(status: int, error: Exception) -> tuple[str, int]:
    """Show nothing of the inside: a number stands on the page and beside the fault in the log."""
    reference = secrets.token_hex(4)
    current_app.logger.error("fault %s: %s", reference, error, exc_info=error)
    g.actor = None  # the page must be made without the database, which may be what failed
    g.setdefault("place", None)
    told = say.told(error) if isinstance(error, Unavailable) else say.sentence("status_500")
    return _page(status, told, reference)

"""Logging in and out: who one is, in which role, at which station; and how the pages look and sound."""

from typing import Any

from flask import Blueprint, current_app, g, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response

from specimens.domain.access import Actor
from specimens.domain.errors import BadInput, NotFound, Refused
from specimens.domain.terms import Kind, Mode
from specimens.domain.user import User
from specimens.services import access, find, presence, scan, second_factor
from specimens.services import login as door
from specimens.services import session as sessions
from specimens.services import site as sites
from specimens.web import frame, guard, manner, say
from specimens.web.form import Form
from specimens.web.guard import any_role, public

bp = Blueprint("access", __name__)

#: In a browser that waits for the second factor: whether the first one was the password.
BY_PASSWORD = "by_password"  # noqa: S105 - the name of a key, not a secret

Answer = str | Response | tuple[str, int] | tuple[str, int, dict[str, str]]


def address() -> str:
    """Return the address that this request came from, as far as the server sees it."""
    return (request.remote_addr or "unknown")[:64]


def _next() -> str | None:
    return frame.safe_next(request.values.get("next"))


@bp.route("/login", methods=["GET", "POST"])
@public
def login() -> Answer:
    """Ask for log-in name and password."""
    if request.method == "GET":
        if g.actor is not None:
            return redirect(_next() or frame.home_of(g.actor), 303)
        return login_page()
    typed = request.form.get("login", "")
    try:
        user = door.enter(
            typed,
            request.form.get("password", ""),
            address=address(),
            production=current_app.config["SETTINGS"].production,
        )
        return entered(user, _next(), by_password=True)
    except Refused as refused:
        return not_entered(refused, login_page({"login": say.told(refused)}, typed=typed[:64]))


def login_page(errors: dict[str, str] | None = None, *, typed: str = "") -> str:
    """Return the page that asks who somebody is."""
    provider = current_app.config["SETTINGS"].sign_on
    return render_template(
        "access/login.html",
        errors=errors or {},
        next=_next(),
        typed=typed,
        provider=provider.name if provider else None,
    )


def not_entered(refused: Refused, page: str) -> Answer:
    """Answer a try that failed: 429 with the time to wait, else 401."""
    if refused.code == "login_wait":
        return page, 429, {"Retry-After": str(refused.facts["seconds"])}
    return page, 401


def entered(user: User, target: str | None, *, by_password: bool = False) -> Response:
    """Go on with somebody whose first factor was right: to the second one, where it is set.

    Only the password lets the PIN of a badge count; an identity provider says who somebody is, and no more.
    """
    if (there := guard.at_station()) is not None:
        presence.leave(there, user)
        manner.left()
    if second_factor.is_set(user.code):
        hold(access.begin_waiting(user))
        session[BY_PASSWORD] = by_password
        return redirect(url_for("access.code", next=target), 303)
    return _begin(user, target, by_password=by_password)


def _begin(user: User, target: str | None, *, by_password: bool) -> Response:
    if by_password:
        presence.proven(user)
    offered = access.choices(user.code)
    if len(offered) > 1:
        hold(access.begin_undecided(user))
        return redirect(url_for("access.grant", next=target), 303)
    hold(access.begin(user, offered[0], None))
    return _onward(target)


@bp.route("/login/code", methods=["GET", "POST"])
@public
def code() -> Answer:
    """Ask for the code of the second factor, after the first one was right."""
    user = access.waiting(session.get(guard.TOKEN, ""), **guard.limits())
    if user is None:
        return redirect(url_for("access.login", next=_next()), 303)
    errors: dict[str, str] = {}
    if request.method == "POST":
        try:
            door.second(user, request.form.get("code", "")[:64], address=address())
            access.drop(session[guard.TOKEN])
            return _begin(user, _next(), by_password=bool(session.get(BY_PASSWORD)))
        except Refused as refused:
            errors = {"code": say.told(refused)}
            return not_entered(refused, render_template("access/code.html", errors=errors, next=_next()))
    return render_template("access/code.html", errors=errors, next=_next())


def hold(token: str) -> None:
    """Keep a new token and nothing that an earlier person left: a session that was planted is worth nothing."""
    guard.forget()
    session[guard.TOKEN] = token


def _onward(target: str | None) -> Response:
    """Go to the station where one is to be chosen, else to where the person was or begins the day."""
    actor = access.resume(session[guard.TOKEN], **guard.limits())
    if actor is None:
        return redirect(url_for("access.login"), 303)
    if actor.role in access.STATION_ROLES and actor.station is None and _stations(actor):
        return redirect(url_for("access.station", next=target), 303)
    return redirect(target or frame.home_of(actor), 303)


@bp.post("/logout")
@any_role
def logout() -> Response:
    """Log out."""
    token = session[guard.TOKEN]
    if g.actor is None:
        access.drop(token)
    else:
        access.end(g.actor, token)
    guard.forget()
    manner.left()
    return redirect(url_for("access.login"), 303)


@bp.route("/grant", methods=["GET", "POST"])
@any_role
def grant() -> Answer:
    """Choose in which role, study and site to work, among the grants that count today."""
    user = g.person.code if g.actor is None else g.actor.user
    offered = access.choices(user)
    errors: dict[str, str] = {}
    if request.method == "POST":
        try:
            chosen = request.form.get("grant", "")
            if chosen not in {each.code for each in offered}:
                raise BadInput("choose_one")
            hold(sessions.choose_grant(user, session[guard.TOKEN], chosen))
            return _onward(_next())
        except (BadInput, Refused) as error:
            errors = {"grant": say.told(error)}
    labels = {each.study: frame.label_of(each.study) for each in offered}
    named = {each.code: each.name for each in sites.sites()}
    page = render_template(
        "access/grant.html", offered=offered, labels=labels, sites=named, errors=errors, next=_next()
    )
    return (page, 422) if errors else page


def _stations(actor: Actor) -> list[Any]:
    return [each for each in sites.stations() if actor.sites is None or each.site in actor.sites]


@bp.route("/station", methods=["GET", "POST"])
@any_role
def station() -> Answer:
    """Choose the station to work at: press it, or scan its code. It says where one stands and nothing else."""
    actor = guard.actor()
    offered = _stations(actor)
    error = None
    if request.method == "POST":
        try:
            code = request.form.get("station") or _scanned(request.form.get("scan", ""))
            hold(sessions.choose_station(actor, session[guard.TOKEN], code))
            manner.at(code)
            return redirect(_next() or frame.home_of(actor), 303)
        except (BadInput, NotFound, Refused) as refused:
            error = say.told(refused)
            if (raw := request.form.get("scan", "")) and isinstance(refused, BadInput | NotFound):
                find.refused(actor, raw, refused, key=Form().scan_key, mode=Mode.SCAN)
    usual = next((each for each in offered if each.code == session.get("station")), None)
    names = {each.code: each.name for each in sites.sites()}
    page = render_template(
        "access/station.html",
        offered=offered,
        usual=usual,
        names=names,
        error=error,
        next=_next(),
        home=_next() or frame.home_of(actor),
    )
    return (page, 422) if error else page


def _scanned(raw: str) -> str:
    """Return the station whose code was scanned."""
    found = scan.what_is(raw)
    if found.kind != Kind.STATION:
        raise NotFound("unknown_station")
    return found.code


@bp.post("/preferences")
@public
def preferences() -> Response:
    """Set theme, sound and language for this browser, at a station for as long as this person is there."""
    for name, offered in manner.SWITCHES.items():
        if (chosen := request.form.get(name)) in offered:
            session[name] = chosen
    return redirect(_next() or url_for("home.index"), 303)

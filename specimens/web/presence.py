"""Who is at this station: the page of a locked station, and the page on which a badge is followed by a PIN."""

from typing import Any

from flask import Blueprint, current_app, g, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response

from specimens.domain.errors import BadInput, Refused
from specimens.domain.identifiers import LONGEST_SCAN
from specimens.domain.terms import Mode
from specimens.domain.user import User
from specimens.services import access as held_sessions
from specimens.services import presence, second_factor
from specimens.services.presence import Comer, Proof
from specimens.web import access, frame, guard, manner, say
from specimens.web.guard import any_role

bp = Blueprint("presence", __name__)

#: What a script asks with: it wants to know whether the one who was here is here again, not to be led anywhere.
_SCRIPT = "lock"


def _hours() -> dict[str, int]:
    return {"absolute_hours": guard.limits()["absolute_hours"]}


def _next() -> str | None:
    target = frame.safe_next(request.values.get("next"))
    return None if target is not None and target.startswith(("/lock", "/badge")) else target


@bp.get("/lock")
@any_role
def show() -> access.Answer:
    """Ask who is there; at a station that is not locked, go on."""
    if g.actor is not None:
        return redirect(_next() or frame.home_of(g.actor), 303)
    return _page(g.locked)


@bp.post("/lock")
@any_role
def lock() -> Response:
    """Lock this station by hand."""
    if g.actor is not None:
        presence.lock(g.actor, session[guard.TOKEN])
    return redirect(url_for("presence.show", next=_next()), 303)


@bp.post("/awake")
@any_role
def awake() -> tuple[str, int]:
    """Note that somebody is typing, so that a long form is not locked under their hands."""
    if held := guard.at_station():
        held_sessions.touch(held.number)
    return "", 204


@bp.route("/badge", methods=["GET", "POST"])
@any_role
def come() -> access.Answer:
    """Ask whose badge was scanned for the PIN or the password, and go on in that person's name where one was."""
    held = g.locked or guard.at_station()
    if held is None:
        raise Refused("badge_needs_station")
    sent = request.form
    proof = Proof(
        access.address(), sent.get("pin", "")[:64], sent.get("password", "")[:1024], sent.get("code", "")[:64]
    )
    raw = (sent.get("badge") or request.args.get("badge", ""))[:LONGEST_SCAN]
    if presence.looks_like_badge(proof.pin):  # another badge, scanned where the PIN is typed
        raw, proof = proof.pin, Proof(proof.address)
    try:
        user = presence.whose(raw) if raw.strip() else _here(held, proof)
        coming = presence.comer(user, held) if user else None
    except (BadInput, Refused) as error:
        if raw.strip():
            once = sent.get("nonce") or request.args.get("scan", "")
            presence.keep(held, raw, error, once=once[:32], mode=Mode.SCAN)
        return _page(held, errors={"badge": say.told(error)}), 409
    if coming is None or request.method == "GET" or not (proof.pin or proof.password):
        return _page(held, user=user, badge=raw)
    return _proved(held, coming, raw, proof)


def _here(held: held_sessions.Held, proof: Proof) -> User | None:
    """Without a badge the one who is here may go on with the password."""
    return held.user if proof.password else None


def _proved(held: held_sessions.Held, coming: Comer, raw: str, proof: Proof) -> access.Answer:
    try:
        production = current_app.config["SETTINGS"].production
        come = presence.come(coming, session[guard.TOKEN], proof, **_hours(), production=production)
    except Refused as refused:
        if refused.code == "session_ended":
            return redirect(url_for("access.login", next=_next()), 303)
        field = {"password_wrong": "password", "code_needed": "code", "code_wrong": "code"}.get(refused.code)
        field = field or ("password" if proof.password else "pin")
        page = _page(held, user=coming.user, badge=raw, errors={field: say.told(refused)})
        return access.not_entered(refused, page)
    if come.same:
        if request.headers.get("X-Requested-With") == _SCRIPT:
            return Response(status=204)
    else:
        access.hold(come.token)
        manner.at(str(come.actor.station))
        manner.left()
    return redirect(_next() or frame.home_of(come.actor), 303)


def _page(
    held: held_sessions.Held,
    *,
    user: User | None = None,
    badge: str = "",
    errors: dict[str, str] | None = None,
) -> str:
    place = held.place
    about: dict[str, Any] = {
        "there": held.user,
        "station": place.name if place else "",
        "locked": g.locked is not None,
        "came": user,
        "no_pin": presence.pin_counts_not(user, **_hours()) if user else None,
        "badge": badge if user else "",
        "factor": second_factor.is_set((user or held.user).code),
        "errors": errors or {},
        "next": _next(),
    }
    return render_template("access/lock.html", **about)

"""Who may come in at which door. Every door names its permission; a door that names none stays shut."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar
from urllib.parse import urlsplit

from flask import current_app, flash, g, redirect, request, session, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from specimens.domain.access import Actor, Permission
from specimens.domain.errors import BadInput, NotPermitted
from specimens.domain.identifiers import LONGEST_SCAN
from specimens.domain.waited import waited
from specimens.services import access, presence
from specimens.services.clock import now_ms
from specimens.services.entries import seal_texts
from specimens.web import manner, say

Door = TypeVar("Door", bound=Callable[..., Any])

PUBLIC = "public"
ANY_ROLE = "any role"
TOKEN = "specimens_session"  # noqa: S105 - the name of a key, not a secret

#: Answers even when the database does not.
UNWATCHED = "health.show"

#: What the script that scans says of itself.
SCRIPT = "scan"
#: Milliseconds since 1970 have thirteen digits until the year 2286.
_LONGEST_NUMBER = 13
#: What a locked station answers: who is there?
WHEN_LOCKED = ("presence.show", "presence.lock", "presence.come")

#: What stays in a browser when a person logs out: nothing about the person. At a station `manner.left` takes more away.
KEPT = (*manner.SWITCHES, "station", "label_stocks")


def needs(*permissions: Permission) -> Callable[[Door], Door]:
    """Mark a door with the permission that it asks for; of several, any one opens it."""

    def mark(door: Door) -> Door:
        door.needs = permissions  # type: ignore[attr-defined]
        return door

    return mark


def public(door: Door) -> Door:
    """Mark a door that anybody may use without logging in."""
    door.needs = PUBLIC  # type: ignore[attr-defined]
    return door


def any_role(door: Door) -> Door:
    """Mark a door for everybody who is logged in."""
    door.needs = ANY_ROLE  # type: ignore[attr-defined]
    return door


def admits(who: Actor | None, endpoint: str) -> bool:
    """Say whether a door is there and opens for somebody; None: for a person who is not logged in."""
    asked = getattr(current_app.view_functions.get(endpoint), "needs", None)
    if asked == PUBLIC:
        return True
    if asked is None or who is None:
        return False
    return asked == ANY_ROLE or any(who.may(permission) for permission in asked)


def actor() -> Actor:
    """Return the person who is logged in and acts in this request."""
    return g.actor  # type: ignore[no-any-return]


def forget() -> None:
    """Forget who was logged in; how this browser looks and sounds, and its station, stay for the next person."""
    kept = {name: session[name] for name in KEPT if name in session}
    session.clear()
    session.update(kept)


def limits() -> dict[str, int]:
    """Return how long a session lives, as the services ask for it."""
    settings = current_app.config["SETTINGS"]
    return {"idle_minutes": settings.idle_minutes, "absolute_hours": settings.absolute_hours}


def at_station() -> access.Held | None:
    """Return the session of this browser that is at a station, locked or not."""
    token = session.get(TOKEN)
    return access.present(token, absolute_hours=limits()["absolute_hours"]) if token else None


def lock_minutes() -> int:
    """Return after how many minutes of nothing a station asks who is there."""
    return int(current_app.config["SETTINGS"].lock_minutes)


def check() -> Response | None:
    """Before every request: know the person, then ask what the door needs."""
    g.actor = g.person = g.locked = None
    g.waiting = False
    seal_texts(None)
    endpoint = request.endpoint
    if endpoint == "static" or (endpoint or "").endswith(".static") or endpoint == UNWATCHED:
        return None
    if request.blueprint == "api":
        return None  # the JSON doors know the person by a token and ask for themselves
    asked = getattr(current_app.view_functions.get(endpoint or ""), "needs", None)
    if _has_zero():
        raise BadInput("text_control_characters")
    _recognise(told=asked != PUBLIC)
    seal_texts(say.word("text_sealed") if g.actor is not None and g.actor.seat else None)
    if endpoint is None or asked == PUBLIC:
        return None  # no such page: the answer says so, in the frame of whoever asked
    if g.locked is not None:
        return None if endpoint in WHEN_LOCKED else _ask_who()
    if g.waiting:
        return _first("access.code")
    if g.actor is None and g.person is None:
        return _first("access.login")
    if g.actor is None:
        chooses = endpoint in ("access.grant", "access.logout")
        return None if chooses else _first("access.grant")
    if access.must_change_password(g.actor) and endpoint not in ("me.password", "access.logout"):
        return _first("me.password")
    if g.actor.station is not None and (badge := _badge()) is not None and endpoint not in WHEN_LOCKED:
        return redirect(url_for("presence.come", badge=badge, scan=_nonce(), next=was_at()), 303)
    if not admits(g.actor, endpoint):
        raise NotPermitted("not_permitted")
    return _waited() if "waited_scanned" in request.form else None


def _first(endpoint: str) -> Response:
    """Send somebody to a page that comes first; a script is told the address, for it must not take it for an answer.

    What the script has sent it keeps, and sends again when that person is there.
    """
    address = url_for(endpoint, next=was_at())
    if request.headers.get("X-Requested-With") == SCRIPT:
        return Response(address, 401, mimetype="text/plain")
    return redirect(address, 303)


def _waited() -> Response | None:
    """Take what a device says about a scan that it kept; only who scanned it sends it, from the same station."""
    sent = request.form
    if (sent.get("waited_person"), sent.get("waited_station")) != (g.actor.user, g.actor.station or ""):
        return Response(url_for("access.login"), 401, mimetype="text/plain")
    told = [sent.get(f"waited_{name}", "") for name in ("scanned", "sent", "sequence")]
    if not all(each.isascii() and each.isdecimal() and len(each) <= _LONGEST_NUMBER for each in told):
        raise BadInput("waited_unreadable")
    scanned, sent_at, sequence = map(int, told)
    g.actor = replace(g.actor, waited=waited(now_ms(), scanned, sent_at, sequence))
    return None


def _ask_who() -> Response:
    """Send whoever is at a locked station to the question who that is; what was sent is not taken."""
    if request.method == "POST" and request.headers.get("X-Requested-With") != SCRIPT:
        flash(_("The station was locked, so what was sent just now is not saved. Send it again."), "check")
    return _first("presence.show")


def _badge() -> str | None:
    """Return the scan of a badge, at whatever page of a station it came in."""
    raw = (request.form if request.method == "POST" else request.args).get("scan", "")
    return raw.strip()[:LONGEST_SCAN] if raw and presence.looks_like_badge(raw) else None


def _nonce() -> str | None:
    """Return what tells this scan from the one before it: a badge that is refused twice is kept twice."""
    return request.form.get("nonce", "")[:32] or None


def by_script() -> bool:
    """Say whether a script of ours asks, beside the page: it may come with the session that was before this one."""
    return "X-Requested-With" in request.headers


def _has_zero() -> bool:
    """Say whether a zero character came in: no keyboard types it, no label has it, and one engine cannot keep it."""
    sent = (request.args, request.form)
    typed = (text for values in sent for texts in values.listvalues() for text in texts)
    return "\0" in request.path or any("\0" in text for text in typed)


def _recognise(*, told: bool) -> None:
    """Find out whose session this is; one that ended or timed out is forgotten, and a page that needs one says so."""
    token = session.get(TOKEN)
    if not token:
        return
    g.actor = access.resume(token, **limits(), lock_minutes=lock_minutes())
    if g.actor is None and (held := at_station()) is not None and held.locked(lock_minutes()):
        g.locked = held
        return
    if g.actor is None:
        g.person = access.undecided(token, **limits())
    if g.actor is None and g.person is None:
        g.waiting = access.waiting(token, **limits()) is not None
    if g.actor is None and g.person is None and not g.waiting:
        if by_script():  # it may be late: whoever is there now has another session, which must stay
            return
        forget()
        manner.left()
        if told:
            flash(_("You were away and have been logged out. Log in again; nothing was lost."), "check")


def was_at() -> str | None:
    """Return the page that this person is at: of a form that was sent, the page that it stood on."""
    if request.method == "GET":
        return request.full_path.rstrip("?") if request.path != "/" else None
    came = urlsplit(request.referrer or "")
    if came.netloc != request.host or came.path == "/":
        return None
    return f"{came.path}?{came.query}" if came.query else came.path

"""What a device needs that keeps scans while the line is down: who it is for, and the script that keeps pages."""

from pathlib import Path

from flask import Blueprint, current_app, g
from flask_wtf.csrf import generate_csrf
from werkzeug.wrappers import Response

from specimens.web.guard import actor, any_role, public

bp = Blueprint("queue", __name__)

#: Says whose page it is: the service worker forgets the pages of one person when another one's comes.
PERSON = "Specimens-Person"
#: What a device says of itself where it fetches a page only to keep it.
KEEP = "keep"
#: On pages that the service worker keeps for when the line is down.
KEPT = "Specimens-Keep"


@bp.get("/queue")
@any_role
def ask() -> dict[str, str]:
    """Say that the line is there, and who is logged in at which station: only their scans may go out now."""
    who = actor()
    return {"person": who.user, "station": who.station or "", "token": generate_csrf()}


@bp.get("/service-worker.js")
@public
def worker() -> Response:
    """Hand out the service worker: it stands at the root, for it keeps pages of the whole program."""
    script = Path(str(current_app.static_folder), "service-worker.js").read_bytes()
    return Response(script, headers={"Cache-Control": "no-cache"}, mimetype="text/javascript")


def kept() -> str:
    """Mark this page as one that a device keeps; a template calls it where scans may wait."""
    g.kept = True
    return ""


def marked(response: Response) -> Response:
    """After every request: say whose page it is, and whether a device keeps it."""
    who = g.get("actor")
    if who is not None:
        response.headers[PERSON] = who.user
        if g.get("kept"):
            response.headers[KEPT] = "1"
    return response

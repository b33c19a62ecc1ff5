"""Help: a page about each kind of page, and the first steps of a role on its home page."""

from dataclasses import dataclass

from flask import Blueprint, g, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response

from specimens.domain.errors import NotFound
from specimens.services import tour
from specimens.web import frame
from specimens.web.guard import actor, any_role
from specimens.web.help_texts import OF, TOPICS, VERDICTS
from specimens.web.tour_texts import HOMES, TOURS, First

bp = Blueprint("help", __name__)

_STEP = "introduction_step"


@bp.get("/help")
@any_role
def index() -> str:
    """List all help."""
    return render_template("help/index.html", topics=TOPICS)


@bp.get("/help/<topic>")
@any_role
def show(topic: str) -> str:
    """Show the help about one kind of page, with the way back to the page that it was asked on."""
    if topic not in TOPICS:
        raise NotFound("not_found")
    back = frame.safe_next(request.args.get("from"))
    return render_template("help/show.html", topic=TOPICS[topic], verdicts=VERDICTS, back=back)


@bp.post("/me/introduction")
@any_role
def introduction() -> Response:
    """End the first steps of one's role, or begin them again on the role's home page."""
    who = actor()
    home = url_for(HOMES[who.role])
    if request.form.get("again"):
        session[_STEP] = 1
        return redirect(home, 303)
    session.pop(_STEP, None)
    tour.end(who)
    return redirect(home, 303)


def about_here() -> str | None:
    """Return the address of the help about this page; None where nobody is logged in, and on help itself."""
    if g.get("actor") is None or request.blueprint == "help":
        return None
    topic = OF.get(request.endpoint or "") or OF.get(request.blueprint or "", "start")
    return url_for("help.show", topic=topic, **{"from": frame.here()})


@dataclass(frozen=True, slots=True)
class Step:
    """The step of a tour that is shown now: number *n* of *of*."""

    n: int
    of: int
    first: First


def step_here() -> Step | None:
    """Return the step to show on this page; None anywhere but on the home page of a role that is new to somebody."""
    who = g.get("actor")
    if who is None or request.method != "GET" or request.endpoint != HOMES.get(who.role):
        return None
    steps = TOURS[who.role]
    asked = request.args.get("step", "")
    if asked.isascii() and asked.isdecimal() and len(asked) == 1 and 1 <= int(asked) <= len(steps):
        session[_STEP] = int(asked)
    elif _STEP not in session and tour.ended(who):
        return None
    number = min(session.get(_STEP, 1), len(steps))
    return Step(number, len(steps), steps[number - 1])

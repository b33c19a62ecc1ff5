"""The page *Today*: where a nurse's day begins."""

from flask import Blueprint, render_template
from flask_babel import gettext as _

from specimens.domain.access import Permission
from specimens.domain.schedule import VisitStatus
from specimens.services import today
from specimens.services.clock import today as today_in
from specimens.web import say
from specimens.web.doors import door
from specimens.web.guard import actor, needs

bp = Blueprint("today", __name__)

#: So many differences are shown here; the others are counted.
SHOWN = 10


@bp.get("/today")
@needs(Permission.VISIT_READ)
def index() -> str:
    """Show which visits are due, in window, late and missed, and everything else that waits for the clinic."""
    board = today.board(actor())
    return render_template(
        "today/index.html",
        board=board,
        differences=(board.differences or ())[:SHOWN],
        more=max(0, len(board.differences or ()) - SHOWN),
        titles={
            VisitStatus.DUE: _("Due now"),
            VisitStatus.IN_WINDOW: _("In window"),
            VisitStatus.LATE: _("Late: the window has closed"),
            VisitStatus.MISSED: _("Missed: account for the tubes, with a reason"),
        },
        kinds={
            "missing": _("on a list, not received"),
            "extra": _("received, on no list"),
            "quarantined": _("in quarantine"),
            "uncollected": _("received, collection not logged"),
        },
        on=say.day(today_in(say.zone()).isoformat()),
        door=door,
    )

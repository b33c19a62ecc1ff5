"""The bench: what waits in the laboratory, most urgent first."""

from flask import Blueprint, render_template

from specimens.domain.access import Permission
from specimens.services import bench
from specimens.services.clock import now_ms
from specimens.web import handover
from specimens.web.guard import actor, needs

bp = Blueprint("bench", __name__)


@bp.get("/bench")
@needs(Permission.PROCESS)
def index() -> str:
    """Show counts, lists to be received, and the tubes whose clocks run out first."""
    return render_template("bench/index.html", seen=bench.bench(actor(), now_ms()), **handover.around())


@bp.get("/bench/<what>")
@needs(Permission.PROCESS)
def tubes(what: str) -> str:
    """Show one of its lists."""
    page = bench.page(
        actor(),
        what,
        now_ms(),
        before=handover.cursor("before"),
        after=handover.cursor("after"),
    )
    return render_template("bench/tubes.html", page_of=page, **handover.around())

"""Is the program well? For whoever watches over it, without logging in."""

from datetime import UTC, datetime
from typing import Any

from flask import Blueprint

from specimens import __version__
from specimens.domain.errors import Unavailable
from specimens.services import health
from specimens.services.clock import now_ms
from specimens.web.guard import public

bp = Blueprint("health", __name__)


@bp.get("/health")
@public
def show() -> tuple[dict[str, Any], int]:
    """Answer with version, engine and size of the ledger; 503 when the database cannot be read."""
    at = datetime.fromtimestamp(now_ms() / 1000, UTC).isoformat(timespec="milliseconds")
    said: dict[str, Any] = {"version": __version__, "time": at.replace("+00:00", "Z")}
    try:
        found = health.read()
    except Unavailable:
        return {"status": "unavailable", **said}, 503
    return {
        "status": "ok",
        **said,
        "engine": found.engine,
        "schema": found.schema,
        "ledger_entries": found.entries,
    }, 200

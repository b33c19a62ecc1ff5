"""Our own files (style, scripts): the address of each carries a mark of what is in it.

So a browser keeps a file for good and asks for nothing again, and a file that changed has another address.
"""

import hashlib
from functools import lru_cache
from pathlib import Path
from typing import Any

from flask import Response, current_app, request

_A_YEAR_S = 365 * 24 * 3600


@lru_cache(maxsize=64)
def _of(path: Path, changed_ns: int) -> str:
    """Return the mark of a file; *changed_ns*: when it was last changed, so that a newer one is read again."""
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12]


def _mark(endpoint: str, filename: str) -> str | None:
    blueprint = endpoint.rpartition(".")[0]
    owner = current_app.blueprints[blueprint] if blueprint else current_app
    path = Path(owner.static_folder or "", filename)
    return _of(path, path.stat().st_mtime_ns) if path.is_file() else None


def mark(endpoint: str, values: dict[str, Any]) -> None:
    """Put the mark into the address of a file that is being made."""
    if endpoint.endswith("static") and "filename" in values:
        values.setdefault("v", _mark(endpoint, values["filename"]))


def keep(response: Response) -> Response:
    """Let a browser keep a file that was asked for by its mark; any other it asks about each time."""
    endpoint = request.endpoint or ""
    if endpoint.endswith("static") and response.status_code in (200, 304):
        asked = request.args.get("v")
        if asked and asked == _mark(endpoint, (request.view_args or {}).get("filename", "")):
            response.headers["Cache-Control"] = f"public, max-age={_A_YEAR_S}, immutable"
    return response

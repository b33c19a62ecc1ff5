"""Sends what every page is made of (style, script) compressed, where the browser takes that.

Pages are sent as they are: next to a token, what somebody typed may not decide how long an answer is.
"""

import gzip
from functools import lru_cache
from pathlib import Path

from flask import Response, request

_KINDS = ("text/css", "text/javascript", "application/javascript", "image/svg+xml")
_LEVEL = 9


@lru_cache(maxsize=64)
def _packed(path: Path, changed_ns: int) -> bytes:
    """Return a file compressed; *changed_ns*: when it was last changed, so that a newer one is read again."""
    return gzip.compress(path.read_bytes(), _LEVEL, mtime=0)


def compress(response: Response) -> Response:
    """Compress the answer if it is one of our own files."""
    if not (request.endpoint or "").endswith("static") or response.mimetype not in _KINDS:
        return response
    response.vary.add("Accept-Encoding")
    served = getattr(response.response, "file", None)
    path = Path(getattr(served, "name", ""))
    if response.status_code != 200 or not request.accept_encodings["gzip"] or not path.is_file():
        return response
    response.close()
    response.direct_passthrough = False
    response.set_data(_packed(path, path.stat().st_mtime_ns))
    response.headers["Content-Encoding"] = "gzip"
    tag, _ = response.get_etag()
    if tag:
        response.set_etag(tag, weak=True)  # the same file, not the same bytes
    return response

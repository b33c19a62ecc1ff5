"""Links to the pages of other rooms: shown only where there is such a page and this person may open it."""

from flask import current_app, request
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect

from specimens.domain.access import Actor
from specimens.web.guard import admits


def opens(actor: Actor, address: str) -> bool:
    """Say whether *address* (a path of this application) has a page that *actor* may open."""
    adapter = current_app.url_map.bind_to_environ(request.environ)
    try:
        endpoint, _ = adapter.match(address, method="GET")
    except (HTTPException, RequestRedirect):
        return False
    return admits(actor, str(endpoint))


def posts(address: str) -> bool:
    """Say whether something can be sent to *address*."""
    adapter = current_app.url_map.bind_to_environ(request.environ)
    try:
        adapter.match(address, method="POST")
    except (HTTPException, RequestRedirect):
        return False
    return True

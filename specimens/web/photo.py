"""A photograph of a label instead of a scanner: read here, kept nowhere."""

from urllib.parse import urlencode, urlsplit, urlunsplit

from flask import Blueprint, flash, redirect, request, url_for
from werkzeug.wrappers import Response

from labels.errors import LabelError
from labels.read import read_photo
from specimens.domain.identifiers import is_identifier, printed
from specimens.web import say
from specimens.web.frame import safe_next
from specimens.web.guard import any_role
from specimens.web.rack import picture, where

bp = Blueprint("photo", __name__)


@bp.post("/photo")
@any_role
def read() -> Response:
    """Read the label in a photograph and go on with it: to `next`, with the identifier as `scan`."""
    back = safe_next(request.form.get("next")) or url_for("home.index")
    try:
        reading = read_photo(picture(), accept=is_identifier)
    except LabelError as error:
        return _told(back, error.code, dict(error.facts))
    found = reading.texts
    places = dict.fromkeys(where(reading, code.x, code.y) for code in reading.unread)
    facts = {"codes": ", ".join(map(printed, found)), "where": ", ".join(places)}
    match len(found), bool(places):
        case 0, False:
            return _told(back, "photo_nothing_read", {})
        case 0, True:
            return _told(back, "photo_seen_unread", facts)
        case 1, True:
            return _told(back, "photo_one_unread", {**facts, "code": found[0]})
        case count, unread if count > 1:
            return _told(back, "photo_several_unread" if unread else "photo_several_read", facts)
    scheme, host, path, query, _ = urlsplit(back)
    kept = "&".join(part for part in query.split("&") if part and not part.startswith("scan="))
    query = "&".join(filter(None, (kept, urlencode({"scan": found[0]}))))
    return redirect(urlunsplit((scheme, host, path, query, "")), 303)


def _told(back: str, code: str, facts: dict[str, str]) -> Response:
    flash(say.sentence(code, facts), "check")
    return redirect(back, 303)

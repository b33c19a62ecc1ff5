"""Addresses of pages in other rooms: one that is not there is no link, rather than a broken page."""

from typing import Any

from flask import url_for

from specimens.web.guard import actor, admits


def door(endpoint: str, **values: Any) -> str | None:
    """Return the address of a page that this person may open, or None."""
    return url_for(endpoint, **values) if admits(actor(), endpoint) else None

"""A site: a hospital or an institution that takes part, with its time zone."""

from dataclasses import dataclass

from specimens.domain.entry import Entry


@dataclass(frozen=True, slots=True)
class Site:
    """A site. `zone` is an IANA name; local dates and printed times follow it."""

    code: str
    name: str
    zone: str
    telephone: str = ""
    active: bool = True


def after(state: Site, entry: Entry) -> Site:
    """A site has nothing beyond the facts of its entries (`site_opened`, `site_changed`)."""
    return state

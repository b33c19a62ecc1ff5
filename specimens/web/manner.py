"""How pages look, sound and speak here: what somebody switched for themself, else what this browser's station says.

At a station its settings count from the first page on, before anybody logs in (decision 41). What somebody switches
there ends with them; a browser that is at no station keeps it.
"""

from flask import g, session

from specimens.domain.errors import NotFound
from specimens.domain.station import Manner, Station, Theme, Tongue
from specimens.services import site

#: What the switches of a page set in the browser, and to what.
SWITCHES = {"theme": (Theme.LIGHT, Theme.DARK), "sound": ("on", "off"), "language": ("en", "nl")}


def station() -> Station | None:
    """Return the station at which this browser is: of whoever is there, else the one that it was last at."""
    if "place" not in g:
        actor, locked = g.get("actor"), g.get("locked")
        if locked is not None:
            g.place = locked.place
        else:
            g.place = _in_use(actor.station if actor and actor.station else session.get("station"))
    return g.place  # type: ignore[no-any-return]


def _in_use(code: str | None) -> Station | None:
    try:
        found = site.station(code) if code else None
    except NotFound:  # a browser that was used with another database
        return None
    return found if found and found.active else None


def theme() -> str:
    """Return the theme, a `Theme`: light where nobody says anything."""
    here = station()
    return session.get("theme") or (here.theme if here else Theme.LIGHT)


def sound() -> bool:
    """Say whether a verdict is heard: only where somebody says so."""
    chosen = session.get("sound")
    return chosen == "on" if chosen else (station() or Manner()).sound


def language() -> str | None:
    """Return the language that was switched to here, or that the station speaks; None: that of the person."""
    here = station()
    return session.get("language") or (here.language if here and here.language != Tongue.PERSON else None)


def left() -> None:
    """Forget what somebody switched at a station: whoever comes finds it as the station says."""
    if "station" in session:
        for name in SWITCHES:
            session.pop(name, None)


def at(code: str) -> None:
    """Note that this browser is at a station; at another than before it begins as that station says."""
    if session.get("station") != code:
        session["station"] = code
        left()

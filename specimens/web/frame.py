"""What stands around every page: who, where, for which study, in which theme and language, and where to go."""

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from flask import current_app, g, request
from markupsafe import Markup, escape
from werkzeug.exceptions import HTTPException

from specimens import __version__
from specimens.domain.access import Actor
from specimens.domain.errors import NotFound
from specimens.domain.sentences.marker import N_
from specimens.domain.terms import Role
from specimens.services import study
from specimens.services.access import STATION_ROLES
from specimens.web import manner, say

_R = Role
_PARTICIPANTS = ("participant.index", N_("Participants"))
_TRANSFERS = ("transfer.index", N_("Transfers"))
_FIND = ("search.index", N_("Find"))
_REPORTS = ("report.new", N_("Custody report"))
_VERIFY = ("genuine.ask", N_("Verify a report"))

#: Role → the entries of its navigation (at most five), each an endpoint and a word.
NAVIGATION: dict[Role, tuple[tuple[str, str], ...]] = {
    _R.NURSE: (("today.index", N_("Today")), _PARTICIPANTS, _TRANSFERS, _FIND, _REPORTS),
    _R.INVESTIGATOR: (
        ("today.index", N_("Today")),
        _PARTICIPANTS,
        ("decision.index", N_("Decisions")),
        _FIND,
        _REPORTS,
    ),
    _R.TECHNICIAN: (
        ("bench.index", N_("Bench")),
        _TRANSFERS,
        ("batch.index", N_("Processing")),
        ("storage.index", N_("Storage")),
        _FIND,
    ),
    _R.COURIER: (("carriage.scan", N_("Carry bags")), _TRANSFERS),
    _R.MONITOR: (_PARTICIPANTS, _FIND, ("audit.index", N_("Audit")), _REPORTS, _VERIFY),
    _R.AUDITOR: (("audit.index", N_("Audit")), _REPORTS, _VERIFY, _FIND, _PARTICIPANTS),
    _R.ADMINISTRATOR: (
        ("admin_people.index", N_("People")),
        ("admin_site.index", N_("Sites and stations")),
        ("admin_storage.index", N_("Storage")),
        ("admin_study.index", N_("Studies")),
        ("audit.index", N_("Audit")),
    ),
}


#: A page of this blueprint stands under the entry of that one.
_UNDER: dict[str, tuple[str, ...]] = {
    "today": ("visit", "kit", "collection", "procedure", "paper"),
    "participant": ("consent", "eligibility", "course"),
    "transfer": ("receipt", "carriage", "difference"),
    "storage": ("inventory", "pick", "rack"),
    "search": ("specimen", "correction", "disposal"),
}

#: An address to go back to that is longer than this is not one of ours.
LONGEST_ADDRESS = 2000


_LABEL_OF = re.compile(r"<!--label of ([^>]*?)-->")


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of the navigation; *here*: the page that is open stands under it."""

    address: str
    word: str
    here: bool


def entries(actor: Actor | None) -> list[Entry]:
    """Return the navigation of somebody's role."""
    if actor is None:
        return []
    known = [
        (endpoint, word)
        for endpoint, word in NAVIGATION.get(actor.role, ())
        if endpoint in current_app.view_functions
    ]
    rooms = [endpoint.split(".")[0] for endpoint, _ in known]
    here = request.blueprint
    if here not in rooms:
        here = next((room for room, below in _UNDER.items() if request.blueprint in below), None)
    return [
        Entry(current_app.url_for(endpoint), word, room == here)
        for (endpoint, word), room in zip(known, rooms, strict=True)
    ]


def home_of(actor: Actor) -> str:
    """Return the address where this role begins its day."""
    found = entries(actor)
    return found[0].address if found else "/"


def here(**changes: Any) -> str:
    """Return this page's address with some of its query's values changed; None takes one away."""
    values = {name: value for name, value in request.args.to_dict().items() if name not in changes}
    values |= {name: str(value) for name, value in changes.items() if value is not None}
    return f"{request.path}?{urlencode(values)}" if values else request.path


def safe_next(target: str | None) -> str | None:
    """Return an address of this application that shows a page, to go back to; None for any other."""
    if not target or not target.startswith("/") or target.startswith("//") or "\\" in target:
        return None
    if (
        not target.isprintable() or len(target) > LONGEST_ADDRESS
    ):  # browsers drop tabs and newlines: "/\t/" is "//"
        return None
    try:
        current_app.url_map.bind("").match(target.partition("?")[0].partition("#")[0], method="GET")
    except HTTPException:
        return None
    return target


def label_of(code: str | None) -> str | None:
    """Return the short name of a study; its code where nothing was published under it."""
    if code is None:
        return None
    try:
        return str(study.protocol_of(code).study.label)
    except NotFound:
        return code


def study_label(code: str | None) -> str | None:
    """Return the study's short name, once per request."""
    if "study_label" not in g:
        g.study_label = label_of(code)
    return g.study_label  # type: ignore[no-any-return]


def named(page: str, labels: dict[str, str]) -> Markup:
    """Return a page whose summary of errors says which field each sentence is about.

    The summary stands above the fields, so it is written before their labels (field → label) are known.
    """

    def label(found: re.Match[str]) -> str:
        known = labels.get(found[1])
        return f"{escape(known)}{'' if known.endswith('?') else ':'} " if known else ""

    return Markup(_LABEL_OF.sub(label, page))  # noqa: S704 - the page is already escaped; so is what is put in


def around() -> dict[str, Any]:
    """Return what every template may use."""
    actor = g.get("actor")
    return {
        "actor": actor,
        "version": __version__,
        "language": say.language(),
        "theme": manner.theme(),
        "sound": manner.sound(),
        "lock_after": current_app.config["SETTINGS"].lock_minutes * 60 if actor and actor.station else None,
        "has_station": actor is not None and actor.role in STATION_ROLES,
        "study_label": study_label(actor.study) if actor else None,
        "navigation": entries(actor),
        "here": here,
        "labels": {},
    }

"""Who sees what across sites: what originates at a granted site, what such a site holds, what is addressed to it.

Everything else is *not found*: absent and out of sight are one answer.
"""

from typing import Any

from sqlalchemy import ColumnElement, and_, exists, false, or_, select, true

from specimens.domain.access import Actor
from specimens.domain.errors import NotFound
from specimens.domain.terms import Kind, Role
from specimens.models.base import db
from specimens.models.registry import ROWS
from specimens.models.specimen import SpecimenRow
from specimens.services.row import state_now

#: Kinds that other sites see as soon as they hold, or are to receive, a specimen of theirs.
_BY_SPECIMEN = {Kind.PARTICIPANT: "participant", Kind.VISIT: "visit", Kind.KIT: "kit"}

#: Kinds that belong to a site and to no study.
_OF_A_SITE = frozenset({Kind.STORAGE, Kind.STATION, Kind.PRINTER})


def _everything(actor: Actor) -> bool:
    return actor.role is Role.SYSTEM


def visible_specimens(actor: Actor) -> ColumnElement[bool]:
    """Return the condition under which *actor* sees a row of `specimen`."""
    if _everything(actor):
        return true()
    mine: ColumnElement[bool] = true() if actor.study is None else SpecimenRow.study == actor.study
    if actor.sites is None:
        return mine
    if not actor.sites:
        return false()
    return and_(
        mine,
        or_(
            SpecimenRow.site.in_(actor.sites),
            SpecimenRow.held_site.in_(actor.sites),
            SpecimenRow.bound_site.in_(actor.sites),
        ),
    )


def visible(kind: Kind, actor: Actor) -> ColumnElement[bool]:
    """Return the condition under which *actor* sees a row of *kind*."""
    row: Any = ROWS[kind]
    if _everything(actor):
        return true()
    if kind is Kind.SPECIMEN:
        return visible_specimens(actor)
    if kind in _OF_A_SITE:
        return true() if actor.sites is None else row.site.in_(actor.sites)
    mine: ColumnElement[bool] = true() if actor.study is None else row.study == actor.study
    if actor.sites is None:
        return mine
    if kind is Kind.TRANSFER:
        return and_(mine, or_(row.site.in_(actor.sites), row.to_site.in_(actor.sites)))
    if kind in _BY_SPECIMEN:
        column = getattr(SpecimenRow, _BY_SPECIMEN[kind])
        held = exists(select(SpecimenRow.id).where(column == row.code, visible_specimens(actor)))
        return and_(mine, or_(row.site.in_(actor.sites), held))
    return and_(mine, row.site.in_(actor.sites))


def load(kind: Kind, code: str, actor: Actor) -> Any:
    """Return a projection that *actor* may see, for reading.

    Raises:
        NotFound: `unknown_<kind>`.
    """
    state = state_now(kind, code)
    if state is None or not sees(kind, state, actor):
        raise NotFound(f"unknown_{kind}")
    return state


def sees(kind: Kind, state: Any, actor: Actor) -> bool:
    """Say whether *actor* may see a projection that is already loaded."""
    if _everything(actor):
        return True
    if kind in _OF_A_SITE:
        return actor.sites is None or state.site in actor.sites
    if actor.study is not None and state.study != actor.study:  # a grant without a study is for every study
        return False
    if actor.sites is None:
        return True
    sites = {state.site}
    if kind is Kind.SPECIMEN:
        sites |= {state.held_site, state.bound_site}
    if kind is Kind.TRANSFER:
        sites.add(state.to_site)
    if sites & actor.sites:
        return True
    if kind in _BY_SPECIMEN:
        column = getattr(SpecimenRow, _BY_SPECIMEN[kind])
        statement = select(SpecimenRow.id).where(column == state.code, visible_specimens(actor)).limit(1)
        return db.session.execute(statement).first() is not None
    return False


def must_see(kind: Kind, state: Any, actor: Actor) -> None:
    """Raise NotFound when *actor* may not see a loaded projection."""
    if not sees(kind, state, actor):
        raise NotFound(f"unknown_{kind}")


def own_site(actor: Actor, site: str) -> bool:
    """Say whether *actor* works at *site*: seeing what another site holds is not working there."""
    return _everything(actor) or actor.sites is None or site in actor.sites

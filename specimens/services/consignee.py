"""To whom tubes can be released: people who take tubes over, and places with a team."""

from dataclasses import dataclass

from sqlalchemy import or_, select

from specimens.domain.access import Actor
from specimens.domain.errors import BadInput, NotFound
from specimens.domain.study import Study
from specimens.domain.terms import Kind, Role
from specimens.models.base import db
from specimens.models.user import GrantRow, UserRow
from specimens.services import access
from specimens.services.row import table_of
from specimens.services.study import study

#: Roles that can take tubes over.
_TAKERS = frozenset({Role.TECHNICIAN, Role.NURSE})


@dataclass(frozen=True, slots=True)
class Consignee:
    """Somebody, or a place with its team. `kind` is `user` or `station`; `work` their role, or what place it is."""

    kind: str
    code: str
    name: str
    site: str
    work: str


def consignees(actor: Actor) -> tuple[Consignee, ...]:
    """Return to whom tubes can be released: stations of the sites that are open for the study, and people there.

    Those of one's own site stand first, laboratories before other places, and oneself is never among them.
    """
    try:
        running = study(actor.study or "")
    except NotFound:
        return ()
    found = [*_stations(running), *_people(actor, running)]
    own = actor.site
    places = ("laboratory", "pathology", "clinic")
    order = {kind: place for place, kind in enumerate(places)}
    return tuple(
        sorted(
            (each for each in found if each.code not in (actor.user, actor.station)),
            key=lambda each: (
                each.site != own, each.site, each.kind == "user", order.get(each.work, len(places)), each.name,
            ),
        )
    )  # fmt: skip


def _stations(running: Study) -> list[Consignee]:
    table = table_of(Kind.STATION)
    rows = db.session.execute(
        select(table.c.code, table.c.name, table.c.site, table.c.kind).where(
            table.c.site.in_(running.sites), table.c.active
        )
    )
    return [Consignee("station", row.code, row.name, row.site, row.kind) for row in rows]


def _people(actor: Actor, running: Study) -> list[Consignee]:
    rows = db.session.execute(
        select(UserRow.code, UserRow.full_name)
        .join(GrantRow, GrantRow.user == UserRow.code)
        .where(
            UserRow.active,
            GrantRow.role.in_([str(role) for role in _TAKERS]),
            or_(GrantRow.study.is_(None), GrantRow.study == running.code),
        )
        .distinct()
    ).all()
    found = []
    for code, name in rows:
        for grant in access.grants_today(code):
            site = grant.site or actor.site
            if grant.role in _TAKERS and grant.study in (None, running.code) and site in running.sites:
                found.append(Consignee("user", code, name, str(site), str(grant.role)))
                break
    return found


def chosen(actor: Actor, kind: str, code: str) -> Consignee:
    """Return the consignee that was chosen; raises BadInput (field `to`) for anybody who is not offered."""
    for each in consignees(actor):
        if (each.kind, each.code) == (kind, code):
            return each
    raise BadInput("form_incomplete", {"to": "consignee_needed"})

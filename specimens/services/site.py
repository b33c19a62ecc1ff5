"""Sites, their stations, and a new storage unit."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any
from zoneinfo import available_timezones

from sqlalchemy import func, select

from specimens.domain.access import Actor, Permission
from specimens.domain.errors import BadInput, Conflict, NotFound, NotPermitted, Refused
from specimens.domain.site import Site
from specimens.domain.station import Manner, Station, Theme, Tongue
from specimens.domain.storage import Storage
from specimens.domain.terms import ENDED, Kind, Role, StationKind, StorageKind
from specimens.models.base import db
from specimens.models.site import SiteRow, StationRow
from specimens.models.specimen import SpecimenRow
from specimens.services.record import Operation
from specimens.services.request import perform
from specimens.services.row import state_of, table_of
from specimens.services.switch import switched

_LEVELS = list(StorageKind)
_LONGEST_NAME = 200
_LONGEST_TELEPHONE = 64


def manage(actor: Actor, site: str | None = None) -> None:
    """Raise unless the person may manage sites, and this one among them.

    Raises:
        NotPermitted: without `site:manage`.
        NotFound: `unknown_site` for a site outside the person's own grant.
    """
    if not actor.may(Permission.SITE_MANAGE):
        raise NotPermitted("not_permitted")
    if site is not None and actor.sites is not None and site not in actor.sites:
        raise NotFound("unknown_site")


def name_of(name: str) -> str:
    """Return a name as it is kept; raises BadInput with the field `name`."""
    name = " ".join(name.split())
    if not (1 <= len(name) <= _LONGEST_NAME and name.isprintable()):
        raise BadInput("form_incomplete", {"name": "plain_name_unusable"})
    return name


def _telephone(telephone: str) -> str:
    telephone = " ".join(telephone.split())
    if not (len(telephone) <= _LONGEST_TELEPHONE and telephone.isprintable()):
        raise BadInput("form_incomplete", {"telephone": "telephone_unusable"})
    return telephone


def unmoved(operation: Operation, kind: Kind, code: str, seen: int | None) -> None:
    """Raise Conflict if somebody changed this since the page was shown (*seen*: its number of entries then)."""
    if seen is not None and operation.seq_of(kind, code) != seen:
        raise Conflict("somebody_was_first")


def entries_in(kind: Kind, code: str) -> int:
    """Return how many entries something has: a form carries it, so that nobody overwrites what they have not seen."""
    table = table_of(kind)
    return int(db.session.execute(select(table.c.entry_seq).where(table.c.code == code)).scalar_one())


def open_site(
    actor: Actor, code: str, name: str, zone: str, telephone: str = "", *, key: str | None = None
) -> Site:
    """Open a site: a short code that never changes, a name, and its IANA time zone.

    Raises:
        NotPermitted: without `site:manage` for every site.
        BadInput: fields `code`, `name`, `zone`, `telephone`.
        Conflict: `site_code_taken`.
    """
    manage(actor)
    if actor.sites is not None and actor.role is not Role.SYSTEM:
        raise NotPermitted("not_permitted")
    code = code.strip().upper()
    fields: dict[str, str] = {}
    if not (2 <= len(code) <= 16 and code.isascii() and code.isalnum()):
        fields["code"] = "site_code_unusable"
    if zone not in available_timezones():
        fields["zone"] = "zone_unknown"
    facts: dict[str, Any] = {"zone": zone}
    for field, read, typed in (("name", name_of, name), ("telephone", _telephone, telephone)):
        try:
            facts[field] = read(typed)
        except BadInput as bad:
            fields.update(bad.fields)
    if fields:
        raise BadInput("form_incomplete", fields)

    def work(operation: Operation) -> dict[str, str]:
        if operation.session.execute(select(SiteRow.id).where(SiteRow.code == code)).first():
            raise Conflict("site_code_taken")
        operation.create(Kind.SITE, "site_opened", code=code, facts=facts, site=code)
        return {"site": code}

    perform(actor, key, {"act": "site_opened", "code": code, **facts}, work)
    return site(code)


def change_site(
    actor: Actor, code: str, name: str, telephone: str, *, seen: int | None = None, key: str | None = None
) -> Site:
    """Change a site's name and telephone; its code and its time zone stay, because printed times follow them."""
    manage(actor, code)
    facts = {"name": name_of(name), "telephone": _telephone(telephone)}

    def work(operation: Operation) -> dict[str, str]:
        held: Site = operation.load(Kind.SITE, code)
        unmoved(operation, Kind.SITE, code, seen)
        if (held.name, held.telephone) == (facts["name"], facts["telephone"]):
            raise Refused("unchanged")
        operation.append(Kind.SITE, code, "site_changed", facts=facts, site=code)
        return {"site": code}

    perform(actor, key, {"act": "site_changed", "code": code, **facts}, work)
    return site(code)


def switch_site(actor: Actor, code: str, *, active: bool, reason: str, key: str | None = None) -> Site:
    """Switch a site off or on; off, its grants count no more. Nothing of it is removed.

    Raises:
        Refused: `reason_needed`, `unchanged`, `site_in_use` while stations of it are in use.
    """
    manage(actor, code)

    def ask(operation: Operation, now: Site) -> None:
        used = operation.session.execute(
            select(func.count(StationRow.id)).where(StationRow.site == code, StationRow.active)
        ).scalar_one()
        if not active and used:
            raise Refused("site_in_use", count=used)

    switched(actor, Kind.SITE, code, ask, site=code, active=active, reason=reason, key=key)
    return site(code)


def _said(manner: Manner) -> dict[str, Any]:
    """Return a manner as facts; raises BadInput with the fields `theme`, `language`."""
    offered = {"theme": Theme, "language": Tongue}
    wrong = {name: "choose_one" for name, ones in offered.items() if getattr(manner, name) not in list(ones)}
    if wrong:
        raise BadInput("form_incomplete", wrong)
    return {**asdict(manner), "theme": str(manner.theme), "language": str(manner.language)}


def add_station(
    actor: Actor,
    site: str,
    name: str,
    kind: StationKind,
    manner: Manner | None = None,
    *,
    key: str | None = None,
) -> Station:
    """Add a station to a site: a named place with a team that answers for it; None: its pages are as usual.

    Raises:
        BadInput: fields `name`, `theme`, `language`.
    """
    manage(actor, site)
    facts = {"name": name_of(name), "kind": str(kind), "site": site, **_said(manner or Manner())}

    def work(operation: Operation) -> dict[str, str]:
        operation.load(Kind.SITE, site)
        return {"station": operation.create(Kind.STATION, "station_added", facts=facts, site=site).code}

    return station(perform(actor, key, {"act": "station_added", **facts}, work)["station"])


def change_station(
    actor: Actor,
    code: str,
    name: str,
    manner: Manner | None = None,
    *,
    seen: int | None = None,
    key: str | None = None,
) -> Station:
    """Rename a station, and set how its pages look, sound and speak (None: as they do); what differs is written.

    Raises:
        BadInput: fields `name`, `theme`, `language`.
        Refused: `unchanged`.
        Conflict: `somebody_was_first` when somebody else changed it meanwhile.
    """
    held = station(code)
    manage(actor, held.site)
    facts = {"name": name_of(name), **(_said(manner) if manner else {})}

    def work(operation: Operation) -> dict[str, str]:
        now: Station = operation.load(Kind.STATION, code)
        unmoved(operation, Kind.STATION, code, seen)
        new = {each: said for each, said in facts.items() if getattr(now, each) != said}
        if not new:
            raise Refused("unchanged")
        operation.append(Kind.STATION, code, "station_changed", facts=new, site=now.site)
        return {"station": code}

    perform(actor, key, {"act": "station_changed", "code": code, **facts}, work)
    return station(code)


def switch_station(actor: Actor, code: str, *, active: bool, reason: str, key: str | None = None) -> Station:
    """Switch a station off or on.

    Raises:
        Refused: `reason_needed`, `unchanged`, `station_in_use` while specimens are in its custody.
    """
    held = station(code)
    manage(actor, held.site)

    def ask(operation: Operation, now: Station) -> None:
        used = operation.session.execute(
            select(func.count(SpecimenRow.id)).where(
                SpecimenRow.custodian == code, SpecimenRow.status.not_in(ENDED)
            )
        ).scalar_one()
        if not active and used:
            raise Refused("station_in_use", count=used)

    switched(actor, Kind.STATION, code, ask, site=held.site, active=active, reason=reason, key=key)
    return station(code)


def add_storage(
    actor: Actor,
    site: str,
    kind: StorageKind,
    name: str,
    temperature: str,
    *,
    parent: str | None = None,
    rows: int = 0,
    columns: int = 0,
    fill: str = "row",
) -> Storage:
    """Add a storage unit; a box has 1–26 rows and 1–40 columns, the others have none.

    Raises:
        BadInput: fields that contradict one another.
        Refused: `parent_elsewhere`, `parent_too_small`, `parent_off`.
    """
    return add_stores(
        actor, site, kind, [name], temperature, parent=parent, rows=rows, columns=columns, fill=fill
    )[0]


def add_stores(
    actor: Actor,
    site: str,
    kind: StorageKind,
    names: Sequence[str],
    temperature: str,
    *,
    parent: str | None = None,
    rows: int = 0,
    columns: int = 0,
    fill: str = "row",
    key: str | None = None,
) -> list[Storage]:
    """Add several storage units that are alike but for their names, whole or not at all; raises as `add_storage`."""
    manage(actor, site)
    fields: dict[str, str] = {}
    if (rows > 0) != (columns > 0) or not (0 <= rows <= 26 and 0 <= columns <= 40):
        fields["rows"] = "grid_unusable"
    elif rows and kind is not StorageKind.BOX:
        fields["rows"] = "only_a_box_has_wells"
    if fill not in ("row", "column"):
        fields["fill"] = "fill_unknown"
    if not temperature:
        fields["temperature"] = "store_temperature_needed"
    if fields:
        raise BadInput("form_incomplete", fields)
    facts: dict[str, Any] = {
        "kind": str(kind),
        "site": site,
        "temperature": temperature,
        "parent": parent,
        "rows": rows,
        "columns": columns,
        "fill": fill,
    }
    called = [name_of(name) for name in names]

    def work(operation: Operation) -> dict[str, list[str]]:
        operation.load(Kind.SITE, site)
        if parent:
            _fits(operation.load(Kind.STORAGE, parent), site, kind)
        made = [
            operation.create(Kind.STORAGE, "storage_added", facts={**facts, "name": name}, site=site).code
            for name in called
        ]
        return {"stores": made}

    made = perform(actor, key, {"act": "storage_added", "names": called, **facts}, work)["stores"]
    table = table_of(Kind.STORAGE)
    found = db.session.execute(select(table).where(table.c.code.in_(made)).order_by(table.c.id)).mappings()
    return [state_of(Kind.STORAGE, row) for row in found]


def _fits(above: Storage, site: str, kind: StorageKind) -> None:
    if above.site != site:
        raise Refused("parent_elsewhere")
    if not above.active:
        raise Refused("parent_off")
    if _LEVELS.index(StorageKind(above.kind)) >= _LEVELS.index(kind):
        raise Refused("parent_too_small")


def sites(actor: Actor | None = None) -> list[Site]:
    """Return every site, or those of somebody's grant, by code."""
    table = table_of(Kind.SITE)
    statement = select(table).order_by(table.c.code)
    if actor is not None and actor.sites is not None:
        statement = statement.where(table.c.code.in_(actor.sites))
    return [state_of(Kind.SITE, row) for row in db.session.execute(statement).mappings()]


def site(code: str) -> Site:
    """Return one site; raises NotFound."""
    table = table_of(Kind.SITE)
    row = db.session.execute(select(table).where(table.c.code == code)).mappings().first()
    if row is None:
        raise NotFound("unknown_site")
    return state_of(Kind.SITE, row)  # type: ignore[no-any-return]


def stations(site: str | None = None, *, all_of_them: bool = False) -> list[Station]:
    """Return the stations in use (or *all_of_them*), of one site or of all, by name."""
    table = table_of(Kind.STATION)
    statement = select(table).order_by(table.c.site, table.c.name, table.c.id)
    if not all_of_them:
        statement = statement.where(table.c.active)
    if site:
        statement = statement.where(table.c.site == site)
    return [state_of(Kind.STATION, row) for row in db.session.execute(statement).mappings()]


def station(code: str) -> Station:
    """Return one station; raises NotFound."""
    table = table_of(Kind.STATION)
    row = db.session.execute(select(table).where(table.c.code == code)).mappings().first()
    if row is None:
        raise NotFound("unknown_station")
    return state_of(Kind.STATION, row)  # type: ignore[no-any-return]

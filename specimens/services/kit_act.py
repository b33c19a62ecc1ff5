"""What every act on a kit has in common: one's own site, once per key, and at which station it is open."""

from collections.abc import Callable, Mapping
from typing import Any

from specimens.domain.access import Actor, Permission
from specimens.domain.errors import NotPermitted, Refused
from specimens.domain.kit import Kit
from specimens.domain.terms import Kind, Mode
from specimens.services import tenancy
from specimens.services.hands import names_of
from specimens.services.record import Operation
from specimens.services.request import perform


def on_kit(
    actor: Actor,
    code: str,
    act: str,
    do: Callable[[Operation, Kit], object],
    *,
    key: str | None = None,
    what: Mapping[str, Any] | None = None,
    mode: str = Mode.FORM,
) -> Kit:
    """Do something on a kit of one's own site, in one operation, once per key; return how the kit stands then.

    Raises:
        NotFound: absent, or out of this person's sight.
        NotPermitted: the role may not collect, or the kit belongs to another site.
    """
    if not actor.may(Permission.COLLECT):
        raise NotPermitted("not_permitted")

    def work(operation: Operation) -> str:
        kit: Kit = operation.load(Kind.KIT, code)
        tenancy.must_see(Kind.KIT, kit, actor)
        if not tenancy.own_site(actor, kit.site):
            raise NotPermitted("not_permitted")
        do(operation, kit)
        return code

    perform(actor, key, {"act": act, "kit": code, "station": actor.station, **(what or {})}, work, mode=mode)
    kit: Kit = tenancy.load(Kind.KIT, code, actor)
    return kit


def is_open(kit: Kit) -> bool:
    """Say whether a session of this kit runs, at whichever station."""
    return kit.opened_at is not None and kit.finished_at is None


def elsewhere(kit: Kit) -> Refused:
    """Say where the kit is open, since when, and who attested identity there."""
    names = names_of([kit.opened_at_station, kit.identity_attested_by])
    return Refused(
        "kit_open_elsewhere",
        kit=kit.code,
        place=names.get(kit.opened_at_station or "", "–"),
        who=names.get(kit.identity_attested_by or "", "–"),
        opened_at=kit.opened_at,
    )


def must_be_open_here(kit: Kit, actor: Actor) -> None:
    """Raise Refused unless the kit is open at this person's station: `station_needed`, `kit_open_elsewhere`,
    `kit_not_open`.
    """
    if actor.station is None:
        raise Refused("station_needed")
    if not is_open(kit):
        raise Refused("kit_not_open", kit=kit.code)
    if kit.opened_at_station != actor.station:
        raise elsewhere(kit)

"""Labels of a pre-printed pool for what comes beyond the plan: an extra tube of a kit, another attempt at it."""

from dataclasses import dataclass

from specimens.domain.access import Actor, Permission
from specimens.domain.errors import NotPermitted
from specimens.domain.kit import Kit
from specimens.domain.participant import Participant
from specimens.domain.protocol import Protocol
from specimens.domain.protocol_plan import Slot
from specimens.domain.terms import Kind, Status
from specimens.domain.visit import Visit
from specimens.services import tenancy, visit
from specimens.services.pool import any_free
from specimens.services.study import protocol_of
from specimens.services.visit_plan import label_key, taken_of


@dataclass(frozen=True, slots=True)
class Beyond:
    """What can be added to a kit with labels of a pool.

    `slots` are the kinds of tube that its procedure knows; `tubes` those of another attempt, as (name of the label's
    field, what it is), empty while the last attempt runs; `free` says whether the site has a free label.
    """

    kit: Kit
    protocol: Protocol
    slots: tuple[Slot, ...]
    tubes: tuple[tuple[str, str], ...]
    free: bool


def beyond(actor: Actor, code: str) -> Beyond:
    """Return what can be added to a kit of one's own site; raises NotFound, NotPermitted."""
    if not actor.may(Permission.COLLECT):
        raise NotPermitted("not_permitted")
    kit: Kit = tenancy.load(Kind.KIT, code, actor)
    if not tenancy.own_site(actor, kit.site):
        raise NotPermitted("not_permitted")
    held: Visit = tenancy.load(Kind.VISIT, kit.visit, actor)
    participant: Participant = tenancy.load(Kind.PARTICIPANT, kit.participant, actor)
    protocol = protocol_of(held.study, held.protocol_version)
    planned = taken_of(protocol, participant, held.timepoint, kit.procedure)
    slots = tuple(dict.fromkeys(each.slot for each in planned))
    tubes = tuple((label_key(each.slot.code, each.number), _what(each.slot, each.number)) for each in planned)
    running = _running(actor, kit)
    return Beyond(kit, protocol, slots, () if running else tubes, any_free(kit.study, kit.site))


def _what(slot: Slot, number: int) -> str:
    return f"{slot.label} {number}/{slot.count}" if slot.count > 1 else slot.label


def _running(actor: Actor, kit: Kit) -> bool:
    """Say whether tubes of the last attempt at the kit's procedure are still to be taken."""
    view = visit.get(actor, kit.visit)
    last = max((each for each in view.kits if each.procedure == kit.procedure), key=lambda each: each.attempt)
    return any(tube.status == Status.PLANNED for tube in view.of(last.code))

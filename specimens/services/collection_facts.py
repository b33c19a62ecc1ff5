"""What is written with a tube that was taken: whose hands it is in, its volume, its pieces, what stays true of it."""

from typing import Any

from specimens.domain.access import Actor
from specimens.domain.clocks import clocks_of, read_clocks
from specimens.domain.kit import Kit
from specimens.domain.participant import Participant
from specimens.domain.protocol import Protocol
from specimens.domain.protocol_kit import fill
from specimens.domain.schedule import Baseline, Timing, is_baseline, judge_window
from specimens.domain.specimen import TO_MEDIUM, Specimen
from specimens.domain.terms import CustodianKind, Flag, Status
from specimens.domain.visit import Visit
from specimens.services import participant as people


def flags_of(
    protocol: Protocol, participant: Participant, visit: Visit, kit: Kit | None, when: int, zone: str
) -> list[Flag]:
    """Return what stays true of a tube that was taken at an instant: out of window, not baseline, another place."""
    point = protocol.timepoint(visit.timepoint)
    zero = people.day_zero(participant, zone)
    flags = []
    if judge_window(point, zero, when).timing in (Timing.EARLY, Timing.LATE):
        flags.append(Flag.OUT_OF_WINDOW)
    if point.baseline and is_baseline(zero, when) is Baseline.NO:
        flags.append(Flag.NOT_BASELINE)
    if kit is not None and Flag.OTHER_BODY_SITE in kit.flags:
        flags.append(Flag.OTHER_BODY_SITE)
    return flags


def holds_medium(protocol: Protocol, container: str) -> bool:
    """Say whether a container is filled with its medium or fixative before anything goes into it."""
    return any(each.code == container and each.medium is not None for each in protocol.containers)


def medium_over(protocol: Protocol, specimen: Specimen) -> int:
    """Return how many minutes too late a piece lay in its medium, by its clocks; 0: in time, or none asks."""
    rules = [each for each in clocks_of(protocol, specimen.slot) if each.to_event == "in_medium"]
    at = specimen.moments.get("in_medium")
    return (
        max((each.over_minutes for each in read_clocks(rules, specimen.moments, at or 0)), default=0)
        if at
        else 0
    )


def facts_of(
    protocol: Protocol,
    visit: Visit,
    kit: Kit,
    specimen: Specimen,
    actor: Actor,
    *,
    container: str | None = None,
    to_medium: int | None = None,
) -> dict[str, Any]:
    """Return the facts of a collection; a tube that the laboratory has already stays where it is.

    *container* is the one used when it is another than planned. What goes into a filled container lies in its medium
    from then on, or *to_medium* minutes later.
    """
    facts: dict[str, Any] = {
        "volume_ul": protocol.slot(specimen.slot).volume_ul,
        "body_site": kit.body_site,
        "side": kit.side,
    }
    if specimen.status == Status.PLANNED:
        facts |= {
            "custodian_kind": CustodianKind.USER,
            "custodian": actor.user,
            "held_site": actor.site or specimen.site,
        }
    if kit.pieces is not None:
        shares = {
            (each.slot.code, each.number): each.pieces
            for each in fill(protocol, visit.timepoint, kit.procedure, kit.pieces)
        }
        facts["pieces"] = shares.get((specimen.slot, specimen.number))
    if holds_medium(protocol, container or specimen.container):
        facts[TO_MEDIUM] = to_medium or 0
    return facts

"""What comes next in a batch, as the plan of its tubes has it: one step, or something to make, label or put away."""

from collections.abc import Iterator
from dataclasses import dataclass

from specimens.domain.protocol import Protocol
from specimens.domain.protocol_plan import Derivative, Slot
from specimens.domain.specimen import Specimen
from specimens.domain.terms import ENDED, Status
from specimens.services.batch_view import Protocols, Work

#: In the order in which tubes of one batch go through them.
POOL, MAKE, LABEL, STORE = "pool", "make", "label", "store"
_ORDER = (
    "in_medium", "spun", "fixation_ended", POOL, "culture_started", "counted", MAKE, "embedded", "frozen", LABEL, STORE,
)  # fmt: skip
_BEFORE_MAKING = ("in_medium", "spun", "fixation_ended", "culture_started", "counted")
_AWAY = ENDED | {Status.STORED, Status.MISSING, Status.SHIPPED}


@dataclass(frozen=True, slots=True)
class Next:
    """What comes next: a step's code, or `pool`, `make`, `label`, `store`; `of` is the kit or the derivative."""

    act: str
    of: str | None = None


def next_of(work: Work) -> Next | None:
    """Return what the tubes of a batch wait for first; None when nothing of it is at the bench any more."""
    left = {each.derivative.code: each for each in work.makings if each.left and not each.scope_missing}
    to_pour = {tube.code: each.kit for each in work.poolings for tube in each.tubes}
    protocols = Protocols()
    found: list[Next] = []
    for tube in work.tubes:
        each = tube.specimen
        if each.status in _AWAY or each.batch != work.batch.code:
            continue
        protocol = protocols[each]
        if each.derivative:
            found.append(Next(_of_child(protocol, each)))
            continue
        making = [
            left[one.code].derivative
            for one in protocol.derivatives_of(each.slot, each.timepoint)
            if one.code in left and each.code in {parent.code for parent in left[one.code].parents}
        ]
        found += _of_parent(protocol.slot(each.slot), each, making, to_pour, protocol)
    return min(found, key=lambda each: _ORDER.index(each.act), default=None)


def _of_parent(
    slot: Slot, tube: Specimen, making: list[Derivative], to_pour: dict[str, str | None], protocol: Protocol
) -> Iterator[Next]:
    planned = making or (protocol.derivatives_of(tube.slot, tube.timepoint) if tube.code in to_pour else ())
    wanted = set(_wanted(protocol, slot, tube, planned)) - tube.moments.keys()
    for act in _BEFORE_MAKING:
        if act in wanted and not (act == "counted" and tube.code in to_pour):
            yield Next(act)
            return
    if tube.code in to_pour:
        yield Next(POOL, to_pour[tube.code])
    elif making:
        yield Next(MAKE, making[0].code)
    elif slot.storage and not tube.level:
        yield Next("frozen" if "frozen" in wanted else STORE)


def _wanted(
    protocol: Protocol,
    slot: Slot,
    tube: Specimen,
    planned: Iterator[Derivative] | list[Derivative] | tuple[Derivative, ...],
) -> Iterator[str]:
    """Yield the acts that the plan asks of a tube: its clocks end with them, or what is made of it needs them."""
    events = {each.code: str(each.to_event) for each in protocol.clocks}
    if not tube.level:
        yield from (events[code] for code in slot.clocks)
    for each in planned:
        yield from (event for code in each.clocks if (event := events[code]) in _BEFORE_MAKING)
        if not tube.level and each.sprec is not None and each.sprec.form == "fluid" and each.sprec.spins:
            yield "spun"
        if "cells" in each.records and (tube.level or not slot.pooled):
            yield "counted"


def _of_child(protocol: Protocol, child: Specimen) -> str:
    derivative = protocol.derivative(str(child.derivative))
    kept = next(each for each in protocol.storage_temperatures if each.code == derivative.storage)
    asked = "embedded" if kept.highest_tenths_c > 0 else "frozen"
    if asked not in child.moments:
        return asked
    return STORE if child.label_live else LABEL

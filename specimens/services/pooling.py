"""Pooling: tubes of one participant and one draw become one suspension; a clotted tube is left out."""

from collections.abc import Mapping, Sequence
from typing import Any

from specimens.domain.access import Actor, Permission
from specimens.domain.errors import BadInput, Refused
from specimens.domain.protocol import Protocol
from specimens.domain.specimen import Specimen
from specimens.domain.terms import Clock, Kind
from specimens.services.derivative import MOST_VOLUME_UL, inherited, parents_of, siblings_of
from specimens.services.hands import check, held_here, here, permit, tube
from specimens.services.processing import open_batch_of
from specimens.services.record import Operation
from specimens.services.request import perform
from specimens.services.scan import specimen_now
from specimens.services.study import protocol_of


def pool(
    actor: Actor,
    batch: str,
    parents: Sequence[str],
    *,
    left_out: Mapping[str, str] | None = None,
    volume_ul: int | None = None,
    happened_at: int | None = None,
    key: str | None = None,
) -> Specimen:
    """Pour tubes of a batch together and return the suspension; what is left out is rejected, each with its code.

    *left_out* maps a tube to a reject code of the protocol (clotted: RC). *volume_ul* is the suspension's volume
    where it was measured.

    Raises:
        BadInput: fields `parents`, `left_out`, `volume`.
        Refused: `not_pooled_by_plan`, `not_one_draw`, or what forbids it for one of the tubes.
    """
    permit(actor, Permission.PROCESS)
    poured, aside = sorted(set(parents)), dict(sorted((left_out or {}).items()))
    if not poured:
        raise BadInput("form_incomplete", {"parents": "choose_tubes"})
    if set(poured) & aside.keys():
        raise BadInput("form_incomplete", {"left_out": "in_and_out"})
    if volume_ul is not None and not 0 < volume_ul <= MOST_VOLUME_UL:
        raise BadInput("form_incomplete", {"volume": "number_out_of_range"})

    def work(op: Operation) -> str:
        tubes = parents_of(op, [*poured, *aside], batch)
        running = open_batch_of(op, batch)
        protocol = protocol_of(tubes[0].study, tubes[0].protocol_version)
        _must_be_one_draw(protocol, tubes)
        for each in tubes:
            if each.code not in running.specimens:
                raise Refused("not_in_this_batch", code=each.code)
            if not held_here(actor, each):
                raise Refused("not_in_your_hands", code=each.code)
        said: dict[str, Any] = {}
        if happened_at is not None:
            said = {"happened_at": happened_at, "happened_by": Clock.PERSON}
        _leave_out(op, protocol, aside, said)
        made = _pour(op, batch, [tube(op, code) for code in poured], volume_ul, said)
        facts = {"specimens": [*running.specimens, made], "made": [made]}
        op.append(Kind.BATCH, batch, "children_made", facts=facts)
        return made

    asked = {
        "act": "pool", "batch": batch, "parents": poured, "left_out": aside, "volume": volume_ul, "at": happened_at,
    }  # fmt: skip
    return specimen_now(perform(actor, key, asked, work))


def _must_be_one_draw(protocol: Protocol, tubes: Sequence[Specimen]) -> None:
    first = tubes[0]
    if not protocol.slot(first.slot).pooled:
        raise Refused("not_pooled_by_plan", code=first.code)
    for each in tubes:
        if each.level or (each.kit, each.slot, each.attempt) != (first.kit, first.slot, first.attempt):
            raise Refused("not_one_draw", code=each.code, other=first.code)


def _leave_out(op: Operation, protocol: Protocol, aside: Mapping[str, str], said: Mapping[str, Any]) -> None:
    offered = {each.code for each in protocol.reject_codes}
    for code, reason in aside.items():
        if reason not in offered:
            raise BadInput("form_incomplete", {"left_out": "choose_one"})
        check(op, "rejected", tube(op, code), reason=reason, happened_at=said.get("happened_at"))
        op.append(Kind.SPECIMEN, code, "rejected", reason=reason, **said)


def _pour(
    op: Operation, batch: str, parents: Sequence[Specimen], volume_ul: int | None, said: Mapping[str, Any]
) -> str:
    for each in parents:
        check(op, "pooled", each, happened_at=said.get("happened_at"))
    first = parents[0]
    protocol = protocol_of(first.study, first.protocol_version)
    types = {each.specimen_type for each in protocol.derivatives_of(first.slot, first.timepoint)}
    facts = inherited(parents) | {
        "specimen_type": types.pop() if len(types) == 1 else first.specimen_type,
        "container": first.container,
        "number": siblings_of(op.session, first, None)[1] + 1,
        "volume_ul": volume_ul,
        "parents": [[each.code, each.volume_ul or 0] for each in parents],
        "batch": batch,
        **here(op.actor),
    }
    made: Specimen = op.create(
        Kind.SPECIMEN, "derived", facts=facts, study=first.study, protocol=first.protocol_version, **said
    )
    for each in parents:
        op.append(Kind.SPECIMEN, each.code, "pooled", facts={"children": [made.code]}, **said)
    return made.code

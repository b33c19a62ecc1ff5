"""Signing for a release as its second party: somebody without an account, with the one-time code."""

from collections.abc import Collection
from typing import Any

from specimens.domain import free_text
from specimens.domain.access import Actor
from specimens.domain.errors import BadInput, Refused
from specimens.domain.handover import Handover, HandoverState, is_open
from specimens.domain.terms import CustodianKind, Kind, Outcome, Role
from specimens.domain.transfer import Transfer, open_lines
from specimens.services.handover import Offer, digest_of, handover_now, must_wait, open_offer, shown
from specimens.services.hands import check
from specimens.services.record import Operation
from specimens.services.request import perform
from specimens.services.row import state_now

#: What the second party can say about the list.
DECISIONS = ("all", "some", "none")


def sign(
    transfer: str,
    code: str,
    *,
    name: str,
    organisation: str,
    decision: str,
    taken: Collection[str] = (),
    reason: str = "",
    address: str,
    key: str | None = None,
) -> Offer:
    """Sign for a release with its code: take all of it, some of it (*taken*), or none.

    Writes `transfer_handed_over` on the list: both parties, the hash that both sign, and the tubes that stay behind;
    on each tube `picked_up` by the second party, or `declined`. Who signs stands sealed on the handover.

    Raises:
        NotFound, Refused: as `open_offer`; `handover_used`, `handover_list_changed`, `list_not_waiting`.
        BadInput: fields `name`, `organisation`, `decision`, `taken`, `reason`.
    """
    offered = open_offer(transfer, code, address=address)
    held = offered.handover
    said = {
        "name": " ".join(name.split()),
        "organisation": " ".join(organisation.split()),
        "decision": decision,
        "taken": sorted(set(taken)),
        "reason": reason,
    }
    if wrong := _wrong(offered, said):
        raise BadInput("form_incomplete", wrong)
    actor = outside_actor(held, offered.zone)

    def work(op: Operation) -> str:
        _sign(op, held.code, said)
        return held.code

    perform(actor, key, {"act": "sign", "handover": held.code, **said}, work)
    return shown(handover_now(held.code))


def outside_actor(handover: Handover, zone: str) -> Actor:
    """Return the second party as an actor: known by the handover, named nowhere but in its sealed text."""
    return Actor(
        user=handover.code,
        login="",
        name=handover.code,
        role=Role.OUTSIDE,
        study=handover.study,
        sites=frozenset({handover.site}),
        site=handover.site,
        zone=zone,
    )


def _wrong(offered: Offer, said: dict[str, Any]) -> dict[str, str]:
    wrong: dict[str, str] = {}
    for field in ("name", "organisation"):
        if not said[field]:
            wrong[field] = f"{field}_needed"
        elif problem := free_text.problem(said[field], longest=free_text.LONGEST_LINE):
            wrong[field] = problem
    if said["name"].casefold() == offered.from_name.casefold():
        wrong["name"] = "own_handover"
    if said["decision"] not in DECISIONS:
        wrong["decision"] = "decision_on_list_needed"
        return wrong
    there = set(offered.handover.specimens)
    if said["decision"] == "some" and not (set(said["taken"]) < there and said["taken"]):
        wrong["taken"] = "tick_what_you_take"
    if said["decision"] != "all" and said["reason"] not in {each for each, _ in offered.reasons}:
        wrong["reason"] = "reason_needed"
    return wrong


def _sign(op: Operation, code: str, said: dict[str, Any]) -> None:
    known: Handover = state_now(Kind.HANDOVER, code)
    transfer: Transfer = op.load(
        Kind.TRANSFER, known.transfer
    )  # first, as everywhere: two acts cannot deadlock
    held: Handover = op.load(Kind.HANDOVER, code)
    if held.state in (HandoverState.SIGNED, HandoverState.DECLINED):
        raise Refused("handover_used", signed_at=held.signed_at)
    if not is_open(held, op.now):
        raise Refused("handover_over")
    must_wait(transfer)
    lines = open_lines(transfer)
    if lines != tuple(held.specimens) or not digest_of(transfer) == transfer.list_hash == held.list_hash:
        raise Refused("handover_list_changed", transfer=transfer.code)
    takes = {"all": set(lines), "some": set(said["taken"]), "none": set()}[said["decision"]]
    left = [each for each in lines if each not in takes]
    _move(op, transfer, takes, left, said["reason"])
    both = {
        "handover": code,
        "signed_hash": held.list_hash,
        "releaser": transfer.released_by,
        "taken": sorted(takes),
        "not_taken": left,
    }
    act, signed = ("transfer_handed_over", "handover_signed") if takes else (
        "transfer_declined", "handover_declined"
    )  # fmt: skip
    reason = said["reason"] if left else None
    op.append(Kind.TRANSFER, transfer.code, act, facts=both, reason=reason)
    op.append(
        Kind.HANDOVER,
        code,
        signed,
        facts={"signed_hash": held.list_hash, "not_taken": left},
        reason=reason,
        sealed={"name": said["name"], "organisation": said["organisation"]},
    )


def _move(op: Operation, transfer: Transfer, takes: set[str], left: list[str], reason: str) -> None:
    """Put each tube into the hands of whoever took it, or back into those of the releaser."""
    op.lock((Kind.SPECIMEN, each) for each in [*takes, *left])
    for each in sorted(takes):
        check(op, "picked_up", op.load(Kind.SPECIMEN, each), transfer=transfer.code)
    for each in left:
        check(op, "declined", op.load(Kind.SPECIMEN, each), reason=reason, transfer=transfer.code)
    outside = {
        "custodian_kind": str(CustodianKind.OUTSIDE),
        "custodian": op.actor.user,
        "held_site": transfer.site,
    }
    back = {
        "custodian_kind": str(CustodianKind.USER),
        "custodian": transfer.released_by,
        "held_site": transfer.site,
    }
    for each in sorted(takes):
        op.append(Kind.SPECIMEN, each, "picked_up", facts=outside)
    for each in left:
        op.append(Kind.SPECIMEN, each, "declined", facts=back, reason=reason)
        if (
            takes
        ):  # a list that is declined whole is over; of one that travels on, each tube left has its outcome
            facts = {"specimen": each, "outcome": str(Outcome.NOT_TAKEN)}
            op.append(Kind.TRANSFER, transfer.code, "line_judged", facts=facts)

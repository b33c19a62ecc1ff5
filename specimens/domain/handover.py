"""Handing a released list over to somebody without an account, who signs for it with a one-time code."""

from dataclasses import dataclass, replace
from enum import StrEnum

from specimens.domain.entry import Entry

#: How long a code opens its list, and after how many wrong ones it opens nothing any more.
LIFETIME_MS = 30 * 60_000
MOST_GUESSES = 10


class HandoverState(StrEnum):
    """Where a handover stands; that its time is over follows from `until_at`."""

    OFFERED = "offered"
    SIGNED = "signed"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Handover:
    """One release, offered to one outside party with one code.

    `specimens` are the tubes that stood open on the list when the code was made, `list_hash` is what both parties
    sign, `not_taken` what the second party left with the releaser. Who that is stands sealed in the ledger (`name`,
    `organisation`) and in no row. `until_at` and the other instants are milliseconds, UTC.
    """

    code: str
    study: str
    site: str
    transfer: str
    list_hash: str
    specimens: tuple[str, ...]
    until_at: int
    offered_by: str | None = None
    offered_at: int | None = None
    state: str = HandoverState.OFFERED
    guesses: int = 0
    not_taken: tuple[str, ...] = ()
    signed_at: int | None = None


#: Act on a handover → the state that it leads to.
LEADS_TO = {
    "handover_signed": HandoverState.SIGNED,
    "handover_declined": HandoverState.DECLINED,
    "handover_withdrawn": HandoverState.WITHDRAWN,
}


def after(state: Handover, entry: Entry) -> Handover:
    """What an act on a handover does: who offered it and when, its state, how often its code was guessed."""
    match entry.act:
        case "handover_offered":
            return replace(state, offered_by=entry.actor["user"], offered_at=entry.happened_at)
        case "handover_guessed":
            return replace(state, guesses=state.guesses + 1)
        case "handover_signed" | "handover_declined":
            return replace(state, state=LEADS_TO[entry.act], signed_at=entry.happened_at)
        case "handover_withdrawn":
            return replace(state, state=LEADS_TO[entry.act])
    return state


def is_open(handover: Handover, now: int) -> bool:
    """Say whether the code still opens its list for signing."""
    return (
        handover.state == HandoverState.OFFERED
        and now < handover.until_at
        and handover.guesses < MOST_GUESSES
    )

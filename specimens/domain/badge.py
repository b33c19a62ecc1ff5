"""A person's badge: an identifier to scan when another person takes over a station."""

from dataclasses import dataclass, replace
from enum import StrEnum

from specimens.domain.entry import Entry


class BadgeState(StrEnum):
    """Whether a badge still stands for its person."""

    LIVE = "badge_live"
    RETIRED = "badge_retired"


class RetireReason(StrEnum):
    """Why a badge is worth nothing any more."""

    LOST = "badge_lost"
    WORN = "badge_worn"
    LEFT = "badge_left"


@dataclass(frozen=True, slots=True)
class Badge:
    """One badge of one person, who has one at a time; it is never given to anybody else. Instants in ms UTC."""

    code: str
    user: str
    state: str = BadgeState.LIVE
    issued_at: int | None = None
    retired_at: int | None = None


def after(state: Badge, entry: Entry) -> Badge:
    """A badge is live from its first entry until it is retired; printing it changes nothing."""
    match entry.act:
        case "badge_issued":
            return replace(state, issued_at=entry.happened_at)
        case "badge_retired":
            return replace(state, state=BadgeState.RETIRED, retired_at=entry.happened_at)
    return state

"""A pick list: specimens to be taken out of storage for one purpose, each with an outcome of its own."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from specimens.domain.entry import Entry


class PickState(StrEnum):
    """Whether there is still something to fetch."""

    OPEN = "pick_open"
    CLOSED = "pick_closed"


class Picked(StrEnum):
    """What became of one line."""

    TAKEN = "line_taken"
    NOT_THERE = "line_not_there"
    LEFT = "line_left"


#: What became of a tube that was not taken → why. A tube that is not there is missing from then on; one that is left
#: stays as it is.
REASONS: dict[str, tuple[str, ...]] = {
    Picked.NOT_THERE: ("well_empty", "another_in_its_well", "not_found_after_search"),
    Picked.LEFT: ("no_longer_needed", "already_taken_out", "may_not_be_used"),
}


@dataclass(frozen=True, slots=True)
class Pick:
    """A pick list. `purpose` is a reason of the protocol for taking out; `lines`: specimen → outcome, empty at first.

    Instants in ms UTC.
    """

    code: str
    study: str | None
    site: str | None
    purpose: str
    state: str = PickState.OPEN
    lines: Mapping[str, str] = field(default_factory=dict)
    listed_by: str | None = None
    listed_at: int | None = None
    closed_by: str | None = None
    closed_at: int | None = None

    @property
    def open_lines(self) -> tuple[str, ...]:
        """Specimens that have no outcome yet, by identifier."""
        return tuple(sorted(code for code, outcome in self.lines.items() if not outcome))


def natural(name: str) -> tuple[tuple[int, int, str], ...]:
    """Return by what a name is ordered as people do it: `Rack 2` comes before `Rack 10`.

    >>> sorted(["R10", "R2", "r1"], key=natural)
    ['r1', 'R2', 'R10']
    """
    parts = re.findall(r"[0-9]+|[^0-9]+", name.casefold())
    return tuple((0, int(part[:18]), "") if part[0].isdigit() else (1, 0, part) for part in parts)


def well_order(position: str | None) -> tuple[str, int]:
    """Return by what wells are ordered along the rows of a box: A2 before A10, and A10 before B1."""
    said = position or ""
    return said[:1], int(said[1:]) if said[1:].isdecimal() else 0


def after(state: Pick, entry: Entry) -> Pick:
    """What an act on a pick list does beyond its facts: its lines, who and when."""
    match entry.act:
        case "pick_listed":
            lines = dict.fromkeys(entry.facts["specimens"], "")
            return replace(state, lines=lines, listed_by=entry.actor["user"], listed_at=entry.happened_at)
        case "line_picked":
            return replace(state, lines={**state.lines, entry.facts["specimen"]: entry.facts["outcome"]})
        case "pick_closed":
            return replace(
                state, state=PickState.CLOSED, closed_by=entry.actor["user"], closed_at=entry.happened_at
            )
    return state

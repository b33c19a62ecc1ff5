"""An inventory check: every tube of a box scanned and compared with the map, every difference kept, nothing moved."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from specimens.domain.entry import Entry
from specimens.domain.specimen import Specimen
from specimens.domain.terms import Status


class InventoryState(StrEnum):
    """Whether a check goes on."""

    OPEN = "check_open"
    CLOSED = "check_closed"


class Finding(StrEnum):
    """What a check found out about one tube."""

    HERE = "seen_here"
    OTHER_WELL = "seen_other_well"
    MISPLACED = "seen_misplaced"
    MISSING = "not_seen"
    ELSEWHERE = "seen_elsewhere"


#: What can be said of a tube that was not seen in its box.
NOT_SEEN = (Finding.MISSING, Finding.ELSEWHERE)
#: Findings about tubes that the map has in this box; a misplaced tube is none of them.
_OF_THE_BOX = frozenset({Finding.HERE, Finding.OTHER_WELL, Finding.MISSING, Finding.ELSEWHERE})

#: A tube in one of these may well stand in a rack of the laboratory; every other one has no business in a box.
_AT_HAND = frozenset({Status.STORED, Status.RETRIEVED, Status.RECEIVED, Status.IN_PROCESSING, Status.MISSING})


@dataclass(frozen=True, slots=True)
class Inventory:
    """A check of one box, for one study. `lines`: specimen → its finding.

    `wells`: specimen → where it stood, as far as a picture or a rack reader said so. Instants in ms UTC.
    """

    code: str
    study: str | None
    site: str | None
    box: str
    state: str = InventoryState.OPEN
    lines: Mapping[str, str] = field(default_factory=dict)
    wells: Mapping[str, str] = field(default_factory=dict)
    opened_by: str | None = None
    opened_at: int | None = None
    closed_by: str | None = None
    closed_at: int | None = None

    def found(self, *findings: Finding) -> tuple[str, ...]:
        """Return the specimens with one of these findings, by identifier."""
        return tuple(sorted(code for code, finding in self.lines.items() if finding in findings))

    @property
    def judged(self) -> tuple[str, ...]:
        """Specimens of the box that have a finding."""
        return self.found(*_OF_THE_BOX)


def after(state: Inventory, entry: Entry) -> Inventory:
    """What an act on a check does beyond its facts: its lines, who and when."""
    match entry.act:
        case "check_opened":
            return replace(state, opened_by=entry.actor["user"], opened_at=entry.happened_at)
        case "tube_seen" | "tube_not_seen":
            code, well = entry.facts["specimen"], entry.facts.get("well")
            wells = {**state.wells, code: well} if well else state.wells
            return replace(state, lines={**state.lines, code: entry.facts["finding"]}, wells=wells)
        case "check_closed":
            return replace(
                state,
                state=InventoryState.CLOSED,
                closed_by=entry.actor["user"],
                closed_at=entry.happened_at,
            )
    return state


def finding_of(specimen: Specimen, box: str, well: str | None) -> Finding | None:
    """Return what a tube in a box comes to; None when it has no business there at all.

    *well* is where it stands, None where nobody said so (a scan says which tube, not where).
    """
    if specimen.status not in _AT_HAND:
        return None
    if specimen.place != box or specimen.status != Status.STORED:
        return Finding.MISPLACED
    return Finding.OTHER_WELL if well and well != specimen.position else Finding.HERE

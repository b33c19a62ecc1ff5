"""Questions about one kit: what the yield fills, where tissue may be taken, and how much blood may be drawn."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from specimens.domain.eligibility_answers import Answer, Choices
from specimens.domain.protocol_plan import ActiveSite, SameSite, Slot
from specimens.domain.protocol_study import Protocol

Place = tuple[str, str]
"""A body site and a side, by their codes."""


@dataclass(frozen=True, slots=True)
class Filled:
    """One planned container of a kit: the slot, its number there (from 1), and how many pieces go into it.

    `pieces` is None for blood, and 0 for a container that the yield does not reach.
    """

    slot: Slot
    number: int
    pieces: int | None


def fill(protocol: Protocol, timepoint: str, procedure: str, pieces: int | None = None) -> tuple[Filled, ...]:
    """Share a yield out over the planned containers, in order of draw or priority; *pieces* None is the target.

    A partial fill is allowed: whoever comes first takes what there is.
    """
    planned = protocol.planned(timepoint, procedure)
    obtained = protocol.procedure(procedure).target_pieces if pieces is None else pieces
    filled = []
    for slot in planned:
        each = slot.pieces_each
        for number in range(1, slot.count + 1):
            share = None
            if each is not None and slot.first_piece is not None and obtained is not None:
                reached = obtained - (slot.first_piece - 1) - each * (number - 1)
                share = max(0, min(each, reached))
            filled.append(Filled(slot, number, share))
    return tuple(filled)


def minimum_pieces(protocol: Protocol, procedure: str, body_site: str | None = None) -> int | None:
    """Return how many pieces are the least, at a body site where it has a minimum of its own; None for blood."""
    at_site = None if body_site is None else protocol.body_site(body_site).minimum_pieces
    least = protocol.procedure(procedure).minimum_pieces
    return least if at_site is None or least is None else at_site


def places(protocol: Protocol, procedure: str) -> tuple[Place, ...]:
    """Return every body site and side that a procedure knows."""
    sites = (protocol.body_site(code) for code in protocol.procedure(procedure).body_sites)
    return tuple((site.code, side) for site in sites for side in site.sides)


def expected_places(
    protocol: Protocol,
    timepoint: str,
    procedure: str,
    answers: Mapping[str, Answer],
    earlier: Mapping[str, Place],
) -> tuple[Place, ...]:
    """Return where it may be taken without a reason: anywhere else needs one, and is flagged.

    *answers* are the participant's to the criteria; *earlier* maps a timepoint to where it was taken then. A rule
    that has nothing to go by (no biopsy at baseline) leaves every place open.
    """
    everywhere = places(protocol, procedure)
    for rule in protocol.procedure(procedure).site_rules:
        if rule.timepoint != timepoint:
            continue
        if isinstance(rule, SameSite) and rule.earlier in earlier:
            return (earlier[rule.earlier],)
        if isinstance(rule, ActiveSite):
            answer = answers.get(rule.criterion)
            options = getattr(protocol.criterion(rule.criterion), "options", ())
            if isinstance(answer, Choices):
                active = {
                    (option.body_site, option.side) for option in options if option.code in answer.options
                }
                return tuple(place for place in everywhere if place in active)
    return everywhere


@dataclass(frozen=True, slots=True)
class BloodBudget:
    """What a draw comes to, in microlitres, beside the ceilings; `exceeds` names the ceilings that it breaks."""

    planned_ul: int
    visit_ul: int
    visit_ceiling_ul: int
    period_ul: int
    period_ceiling_ul: int
    period_days: int

    @property
    def exceeds(self) -> tuple[str, ...]:
        """`visit`, `period`, both or none. The ceiling itself may be reached."""
        broken = (
            ("visit", self.visit_ul > self.visit_ceiling_ul),
            ("period", self.period_ul > self.period_ceiling_ul),
        )
        return tuple(name for name, over in broken if over)


def blood_budget(
    protocol: Protocol, planned_ul: int, on: date, drawn: Iterable[tuple[date, int]], already_ul: int = 0
) -> BloodBudget:
    """Add up what a draw on a local date would come to.

    *drawn* are the earlier draws of the participant, dates with microlitres, those of this visit left out;
    *already_ul* is what this visit has drawn so far. The period ends on *on* and counts it.
    """
    limit = protocol.blood_volume
    first = on - timedelta(days=limit.period_days - 1)
    visit = already_ul + planned_ul
    period = visit + sum(volume for day, volume in drawn if first <= day <= on)
    return BloodBudget(planned_ul, visit, limit.per_visit_ul, period, limit.per_period_ul, limit.period_days)

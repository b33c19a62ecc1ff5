"""What opening a visit would plan, shown before anybody presses anything; nothing is written."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import select

from specimens.domain.access import Actor
from specimens.domain.participant import Participant
from specimens.domain.protocol import Protocol
from specimens.domain.protocol_kit import BloodBudget, blood_budget
from specimens.domain.protocol_plan import Procedure, Slot, Timepoint
from specimens.domain.schedule import Window, local_date, window
from specimens.domain.terms import Kind
from specimens.models.base import db
from specimens.models.specimen import SpecimenRow
from specimens.models.visit import VisitRow
from specimens.services import consent, tenancy
from specimens.services import participant as people
from specimens.services.clock import today
from specimens.services.study import protocol_of, zone_of
from specimens.services.visit import VISITED


@dataclass(frozen=True, slots=True)
class PlannedKit:
    """A kit that would be planned: its slots in order of draw or priority; `held_back` lacks a consent scope."""

    procedure: Procedure
    optional: bool
    slots: tuple[Slot, ...]
    held_back: tuple[Slot, ...]
    budget: BloodBudget | None

    @property
    def count(self) -> int:
        """How many containers it would have."""
        return sum(slot.count for slot in self.slots)


@dataclass(frozen=True, slots=True)
class Preview:
    """A visit before it is opened. `problem`: the code of what forbids it; `earlier`: the visit that is open."""

    participant: Participant
    protocol: Protocol
    point: Timepoint
    dates: Window
    early_days: int
    late_days: int
    kits: tuple[PlannedKit, ...]
    problem: str | None
    earlier: str | None

    @property
    def outside(self) -> bool:
        """Say whether today lies outside the window."""
        return bool(self.early_days or self.late_days)

    @property
    def reason_needed(self) -> bool:
        """Say whether opening it today needs a reason."""
        return self.outside or self.point.needs_reason


def preview(actor: Actor, participant_code: str, timepoint: str) -> Preview:
    """Return what opening a visit would plan today.

    Raises:
        NotFound: the participant, or a timepoint that the protocol does not know.
    """
    participant: Participant = tenancy.load(Kind.PARTICIPANT, participant_code, actor)
    protocol = protocol_of(participant.study)
    point = protocol.timepoint(timepoint)
    zone = zone_of(participant.site)
    on = today(zone)
    dates = window(point, people.day_zero(participant, zone))
    early = max(0, (dates.first_on - on).days) if dates.first_on else 0
    late = max(0, (on - dates.last_on).days) if dates.last_on else 0
    earlier = db.session.execute(
        select(VisitRow.code).where(VisitRow.participant == participant_code, VisitRow.timepoint == timepoint)
    ).scalar()
    problem = consent.problem(participant, protocol, on)
    if problem is None and participant.state not in VISITED and participant.state not in point.offered_when:
        problem = "visit_state"
    if problem is None and point.scheduled and dates.first_on is None:
        problem = "day0_unknown"
    return Preview(
        people.shown(participant, actor),
        protocol,
        point,
        dates,
        early,
        late,
        _kits(protocol, participant, point, zone),
        problem,
        earlier if point.scheduled else None,
    )


def _kits(
    protocol: Protocol, participant: Participant, point: Timepoint, zone: str
) -> tuple[PlannedKit, ...]:
    found = []
    for procedure in protocol.procedures_at(point.code):
        slots = protocol.planned(point.code, procedure.code)
        agreed = tuple(
            slot for slot in slots if slot.scope is None or slot.scope in participant.consent_scopes
        )
        volume = sum((slot.volume_ul or 0) * slot.count for slot in agreed)
        budget = (
            blood_budget(protocol, volume, today(zone), _drawn(protocol, participant, zone))
            if volume
            else None
        )
        held_back = tuple(slot for slot in slots if slot not in agreed)
        optional = procedure.code in point.optional_procedures
        found.append(PlannedKit(procedure, optional, agreed, held_back, budget))
    return tuple(found)


def _drawn(protocol: Protocol, participant: Participant, zone: str) -> list[tuple[date, int]]:
    volumes = {slot.code: slot.volume_ul or 0 for slot in protocol.slots}
    rows = db.session.execute(
        select(SpecimenRow.slot, SpecimenRow.collected_at).where(
            SpecimenRow.participant == participant.code,
            SpecimenRow.level == 0,
            SpecimenRow.collected_at.is_not(None),
        )
    )
    return [(local_date(row.collected_at, zone), volumes.get(row.slot, 0)) for row in rows]

"""Schedules: where every visit of some participants stands today, and how far each one is."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import func, select

from specimens.domain.access import Actor
from specimens.domain.participant import Participant
from specimens.domain.protocol import Protocol
from specimens.domain.protocol_base import Text
from specimens.domain.schedule import PlannedVisit, VisitStatus, schedule, window
from specimens.domain.terms import NO_MORE_VISITS, Kind, Status
from specimens.domain.visit import Visit
from specimens.models.base import db
from specimens.models.specimen import SpecimenRow
from specimens.services import participant as people
from specimens.services.clock import today
from specimens.services.row import state_of, table_of
from specimens.services.study import protocol_of, zone_of
from specimens.services.visit import VISITED

_NONE: Mapping[str, int] = {}


@dataclass(frozen=True, slots=True)
class ScheduledVisit:
    """One line of a schedule: the timepoint, its dates and status today, and the visit once it is open.

    `collected` of `total` tubes were taken; `outstanding` are still to be taken or accounted for.
    """

    participant: Participant
    planned: PlannedVisit
    text: Text
    visit: Visit | None
    collected: int = 0
    outstanding: int = 0
    total: int = 0

    @property
    def openable(self) -> bool:
        """Say whether the visit can be opened: it is expected, and not open yet."""
        return (
            self.visit is None
            and self.participant.state in VISITED
            and self.planned.status not in (VisitStatus.NOT_EXPECTED, VisitStatus.UNPLANNED, VisitStatus.DONE)
        )


def _visits_of(codes: list[str]) -> dict[str, list[Visit]]:
    table = table_of(Kind.VISIT)
    rows = db.session.execute(
        select(table).where(table.c.participant.in_(codes)).order_by(table.c.opened_at)
    ).mappings()
    found: dict[str, list[Visit]] = {}
    for row in rows:
        visit: Visit = state_of(Kind.VISIT, row)
        found.setdefault(visit.participant, []).append(visit)
    return found


def _counts(visits: list[str]) -> dict[str, Counter[str]]:
    rows = db.session.execute(
        select(SpecimenRow.visit, SpecimenRow.status, func.count().label("number"))
        .where(SpecimenRow.visit.in_(visits), SpecimenRow.level == 0)
        .group_by(SpecimenRow.visit, SpecimenRow.status)
    )
    counts: dict[str, Counter[str]] = {}
    for row in rows:
        counts.setdefault(row.visit, Counter())[row.status] = row.number
    return counts


def _done(counts: Mapping[str, int]) -> bool:
    """Say whether a visit is done: it has tubes, and none of them is still to be taken."""
    return bool(counts) and not counts.get(Status.PLANNED)


def schedules(actor: Actor, participants: list[Participant]) -> list[ScheduledVisit]:
    """Return the schedule of some participants as it stands today, in their order.

    A visit that is open stays on the version of the protocol under which it was planned; the others follow the
    version in force.
    """
    if not participants:
        return []
    protocol = protocol_of(actor.study)
    visits = _visits_of([each.code for each in participants])
    versions = {visit.protocol_version for each in visits.values() for visit in each}
    protocols = {version: protocol_of(actor.study, version) for version in versions}
    counts = _counts([visit.code for each in visits.values() for visit in each])
    zones = {site: zone_of(site) for site in {each.site for each in participants}}
    lines: list[ScheduledVisit] = []
    for participant in participants:
        mine = visits.get(participant.code, [])
        lines += _schedule_of(participant, protocol, protocols, mine, counts, zones[participant.site])
    return lines


def _schedule_of(
    participant: Participant,
    protocol: Protocol,
    protocols: Mapping[str, Protocol],
    visits: list[Visit],
    counts: Mapping[str, Mapping[str, int]],
    zone: str,
) -> list[ScheduledVisit]:
    zero = people.day_zero(participant, zone)
    finished = {visit.timepoint for visit in visits if _done(counts.get(visit.code, _NONE))}
    expected = participant.state not in NO_MORE_VISITS
    found: list[tuple[int, ScheduledVisit]] = []

    plans: dict[str, dict[str, PlannedVisit]] = {}

    def plan(by: Protocol) -> dict[str, PlannedVisit]:
        if by.study.version not in plans:
            lines = schedule(by, zero, today(zone), done=finished, expected=expected)
            plans[by.study.version] = {line.timepoint: line for line in lines}
        return plans[by.study.version]

    opened = set()
    for visit in visits:
        opened.add(visit.timepoint)
        by = protocols[visit.protocol_version]
        point = by.timepoint(visit.timepoint)
        tally = counts.get(visit.code, _NONE)
        if point.scheduled:
            line = plan(by)[visit.timepoint]
        else:
            status = VisitStatus.DONE if _done(tally) else VisitStatus.IN_WINDOW
            line = PlannedVisit(visit.timepoint, window(point, zero), status, None)
        total = sum(tally.values()) - tally.get(Status.VOIDED, 0)
        outstanding = tally.get(Status.PLANNED, 0)
        taken = total - outstanding - tally.get(Status.NOT_COLLECTED, 0)
        scheduled = ScheduledVisit(participant, line, point.text, visit, taken, outstanding, total)
        found.append((point.number, scheduled))
    for timepoint, line in plan(protocol).items():
        # A timepoint without collections is the clinic's own affair.
        if timepoint not in opened and protocol.procedures_at(timepoint):
            point = protocol.timepoint(timepoint)
            found.append((point.number, ScheduledVisit(participant, line, point.text, None)))
    return [line for _, line in sorted(found, key=lambda each: each[0])]

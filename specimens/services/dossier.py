"""What is known of one participant on one page: consent, eligibility, schedule, blood, specimens, and what was done."""

from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import func, select

from specimens.domain import fold
from specimens.domain.access import Actor, Permission
from specimens.domain.entry import Entry
from specimens.domain.participant import ACTS, Participant
from specimens.domain.protocol import Protocol
from specimens.domain.schedule import local_date
from specimens.domain.specimen import Specimen
from specimens.domain.terms import Kind
from specimens.models.base import db
from specimens.models.specimen import SpecimenRow
from specimens.services import consent, tenancy
from specimens.services import participant as people
from specimens.services.clock import today
from specimens.services.consent import Consent
from specimens.services.day_zero import failing
from specimens.services.eligibility import Eligibility, judge
from specimens.services.entries import entries_of
from specimens.services.hands import names_of
from specimens.services.schedule import ScheduledVisit, schedules
from specimens.services.study import protocol_of, zone_of


@dataclass(frozen=True, slots=True)
class BloodTotal:
    """Blood drawn from a participant so far, in microlitres: in the running period beside its ceiling, and in all."""

    period_ul: int
    ceiling_ul: int
    period_days: int
    all_ul: int

    @property
    def over(self) -> bool:
        """Say whether the running period is over its ceiling."""
        return self.period_ul > self.ceiling_ul


@dataclass(frozen=True, slots=True)
class Step:
    """One act on the participant. Instants in ms UTC; `note` is the free text, for those who may read it."""

    act: str
    at: int
    recorded_at: int
    who: str
    role: str
    place: str
    reason: str | None
    note: str | None
    undone: bool


@dataclass(frozen=True, slots=True)
class Dossier:
    """One participant's page.

    `here`: the reader works at the participant's site; `writes`: and keeps participants there; `acts`: what may be
    done now. `eligibility` is None for those who may not see it; `left` are the specimens that still exist.
    """

    participant: Participant
    protocol: Protocol
    zone: str
    today: date
    here: bool
    writes: bool
    acts: frozenset[str]
    consents: tuple[Consent, ...]
    consent_problem: str | None
    renewal_on: date | None
    eligibility: Eligibility | None
    failing: tuple[str, ...]
    schedule: tuple[ScheduledVisit, ...]
    blood: BloodTotal
    counts: Counter[str]
    left: tuple[Specimen, ...]
    steps: tuple[Step, ...]

    @property
    def day0_on(self) -> date | None:
        """The local date of Day 0 as it counts now."""
        return people.day_zero(self.participant, self.zone).on


def of(actor: Actor, code: str) -> Dossier:
    """Return everything on a participant whom this person may see.

    Raises:
        NotFound: `unknown_participant`.
    """
    stored: Participant = tenancy.load(Kind.PARTICIPANT, code, actor)
    protocol = protocol_of(stored.study)
    zone = zone_of(stored.site)
    on = today(zone)
    reads = actor.may(Permission.ELIGIBILITY_READ)
    here = tenancy.own_site(actor, stored.site)
    return Dossier(
        participant=people.shown(stored, actor),
        protocol=protocol,
        zone=zone,
        today=on,
        here=here,
        writes=here and actor.may(Permission.PARTICIPANT_WRITE),
        acts=allowed(actor, stored),
        consents=consent.consents_of(db.session(), code),
        consent_problem=consent.problem(stored, protocol, on) if stored.consented_at else None,
        renewal_on=consent.renewal_on(stored, protocol),
        eligibility=judge(stored, protocol) if reads else None,
        failing=failing(stored) if reads else (),
        schedule=tuple(schedules(actor, [people.shown(stored, actor)])),
        blood=_blood(stored, protocol, zone, on),
        counts=_counts(actor, code),
        left=consent.for_decision(actor, code),
        steps=_steps(code, reads),
    )


def allowed(actor: Actor, participant: Participant) -> frozenset[str]:
    """Return the acts that this person's role and the participant's state allow now, at the person's own site."""
    if not (actor.may(Permission.PARTICIPANT_WRITE) and tenancy.own_site(actor, participant.site)):
        return frozenset()
    return frozenset(
        act for act, (states, _, roles) in ACTS.items() if participant.state in states and actor.role in roles
    )


def _blood(participant: Participant, protocol: Protocol, zone: str, on: date) -> BloodTotal:
    """Add up what was drawn, by the volumes of the plan."""
    volumes = {slot.code: slot.volume_ul or 0 for slot in protocol.slots}
    limit = protocol.blood_volume
    first = on - timedelta(days=limit.period_days - 1)
    rows = db.session.execute(
        select(SpecimenRow.slot, SpecimenRow.collected_at).where(
            SpecimenRow.participant == participant.code,
            SpecimenRow.level == 0,
            SpecimenRow.collected_at.is_not(None),
        )
    )
    drawn = [(local_date(row.collected_at, zone), volumes.get(row.slot, 0)) for row in rows]
    recent = sum(volume for day, volume in drawn if first <= day <= on)
    return BloodTotal(recent, limit.per_period_ul, limit.period_days, sum(volume for _, volume in drawn))


def _counts(actor: Actor, code: str) -> Counter[str]:
    rows = db.session.execute(
        select(SpecimenRow.status, func.count())
        .where(SpecimenRow.participant == code, tenancy.visible_specimens(actor))
        .group_by(SpecimenRow.status)
    )
    return Counter({row[0]: row[1] for row in rows})


def _steps(code: str, reads: bool) -> tuple[Step, ...]:
    entries = entries_of(db.session(), Kind.PARTICIPANT, code)
    counted = {entry.id for entry in fold.effective(entries)}
    places = names_of([entry.station for entry in entries])
    return tuple(
        _step(entry, places, reads, entry.id not in counted) for entry in entries if entry.act != fold.UNDONE
    )


def _step(entry: Entry, places: dict[str, str], reads: bool, replaced: bool) -> Step:
    return Step(
        act=entry.act,
        at=entry.happened_at,
        recorded_at=entry.recorded_at,
        who=entry.actor["name"],
        role=entry.actor["role"],
        place=places.get(entry.station or "", ""),
        reason=entry.reason,
        note=entry.opened.get("reason") if reads else None,
        undone=replaced and entry.act != fold.CORRECTED,
    )

"""Visits: what is due, opening one with its kits and tubes, confirming it."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import select

from specimens.domain.access import Actor, Permission
from specimens.domain.errors import BadInput, NotPermitted, Refused
from specimens.domain.free_text import LONGEST_NOTE
from specimens.domain.kit import Kit
from specimens.domain.participant import Participant
from specimens.domain.protocol import Protocol
from specimens.domain.protocol_kit import BloodBudget, blood_budget
from specimens.domain.schedule import WindowJudgement, judge_window, local_date, window
from specimens.domain.specimen import Specimen
from specimens.domain.terms import Kind, ParticipantState, Status
from specimens.domain.visit import Visit
from specimens.models.base import db
from specimens.models.specimen import SpecimenRow
from specimens.models.visit import VisitRow
from specimens.services import consent, tenancy
from specimens.services import participant as people
from specimens.services.clock import local, today
from specimens.services.pool import bound
from specimens.services.record import Operation
from specimens.services.request import perform
from specimens.services.row import state_of, table_of
from specimens.services.study import protocol_of, zone_of
from specimens.services.visit_plan import plan_kit, reason_given

#: States in which scheduled visits take place.
VISITED = frozenset({ParticipantState.ENROLLED, ParticipantState.TREATMENT_STOPPED})


@dataclass(frozen=True, slots=True)
class Opening:
    """A visit that was opened, with advice that stops nothing (codes of sentences)."""

    visit: Visit
    kits: tuple[Kit, ...]
    warnings: tuple[str, ...] = ()


def open_visit(
    actor: Actor,
    participant_code: str,
    timepoint: str,
    *,
    reason: str | None = None,
    note: str = "",
    procedures: tuple[str, ...] | None = None,
    labels: Mapping[str, str] | None = None,
    key: str | None = None,
) -> Opening:
    """Open a visit: plan its specimens, each with its identifier, in a kit per procedure.

    It is bound to the version of the protocol that is in force now.

    *procedures* chooses among the optional ones of an unscheduled timepoint. Outside its window, and for an
    unscheduled timepoint, a *reason* (code, or `other` with a *note*) is needed.

    *labels* are scans of pre-printed labels, by tube (`visit_plan.label_key`): these tubes bear them, the others get
    an identifier of their own.

    Raises:
        Refused: `participant_state`, `visit_open`, `reason_needed`, `out_of_window_reason`, `day0_unknown`, consent
            codes.
        BadInput: `form_incomplete` for procedures that the timepoint does not know, or a reason that is not offered.
    """
    if not actor.may(Permission.VISIT_WRITE):
        raise NotPermitted("not_permitted")
    protocol = protocol_of(actor.study)
    point = protocol.timepoint(timepoint)
    said = people.texts(longest=LONGEST_NOTE, note=note)["note"]
    why = reason_given(protocol, "visit", reason, said)

    def work(operation: Operation) -> str:
        participant: Participant = operation.load(Kind.PARTICIPANT, participant_code)
        tenancy.must_see(Kind.PARTICIPANT, participant, actor)
        if not tenancy.own_site(actor, participant.site):
            raise NotPermitted("not_permitted")
        chosen = _chosen(protocol, timepoint, procedures)
        if participant.state not in VISITED and participant.state not in point.offered_when:
            raise Refused("participant_state", state=participant.state, act="visit_opened")
        zone = zone_of(participant.site)
        on = local(operation.now, zone).date()
        if problem := consent.problem(participant, protocol, on):
            raise Refused(problem)
        earlier = operation.session.execute(
            select(VisitRow.code).where(
                VisitRow.participant == participant_code, VisitRow.timepoint == timepoint
            )
        ).first()
        if earlier and point.scheduled:
            raise Refused("visit_open", visit=earlier.code)
        dates = window(point, people.day_zero(participant, zone))
        if point.scheduled and dates.first_on is None:
            raise Refused("day0_unknown")
        outside = dates.first_on is not None and dates.last_on is not None
        outside = outside and not (dates.first_on <= on <= dates.last_on)  # type: ignore[operator]
        if (outside or point.needs_reason) and not why:
            raise Refused("out_of_window_reason" if outside else "reason_needed")
        visit: Visit = operation.create(
            Kind.VISIT,
            "visit_opened",
            facts={
                "participant": participant_code,
                "timepoint": timepoint,
                "protocol_version": protocol.study.version,
                "target_on": dates.target_on.isoformat() if dates.target_on else None,
                "first_on": dates.first_on.isoformat() if dates.first_on else None,
                "last_on": dates.last_on.isoformat() if dates.last_on else None,
            },
            reason=why,
            sealed={"reason": said},
            study=participant.study,
            site=participant.site,
            protocol=protocol.study.version,
        )
        taken = bound(operation.session, participant.study, participant.site, labels) if labels else None
        for procedure in chosen:
            plan_kit(operation, protocol, participant, visit, procedure, labels=taken)
        return visit.code

    asked = {
        "act": "visit_opened", "participant": participant_code, "timepoint": timepoint, "reason": why,
        "note": said, "procedures": procedures, **({"labels": dict(labels)} if labels else {}),
    }  # fmt: skip
    view = get(actor, perform(actor, key, asked, work))
    return Opening(view.visit, view.kits, budget_warnings(blood(view, protocol)))


def _chosen(protocol: Protocol, timepoint: str, procedures: tuple[str, ...] | None) -> tuple[str, ...]:
    point = protocol.timepoint(timepoint)
    known = [each.code for each in protocol.procedures_at(timepoint)]
    wanted = procedures if procedures else point.procedures
    if not wanted or not set(wanted) <= set(known):
        raise BadInput("form_incomplete", {"procedures": "choose_one"})
    return tuple(code for code in known if code in wanted or code in point.procedures)


@dataclass(frozen=True, slots=True)
class VisitView:
    """A visit with its kits, its specimens, and what they add up to."""

    visit: Visit
    participant: Participant
    kits: tuple[Kit, ...]
    specimens: tuple[Specimen, ...]
    counts: Counter[str]

    @property
    def done(self) -> bool:
        """Say whether nothing is left to be taken."""
        return bool(self.counts) and self.counts[Status.PLANNED] == 0

    def of(self, kit: str) -> tuple[Specimen, ...]:
        """Return the primary specimens of one kit, in the order of the plan."""
        return tuple(each for each in self.specimens if each.kit == kit and each.level == 0)


def get(actor: Actor, code: str) -> VisitView:
    """Return a visit whom this person may see, with what belongs to it.

    Raises:
        NotFound: `unknown_visit`.
    """
    visit: Visit = tenancy.load(Kind.VISIT, code, actor)
    kits, specimens = table_of(Kind.KIT), table_of(Kind.SPECIMEN)
    kit_rows = db.session.execute(select(kits).where(kits.c.visit == code).order_by(kits.c.id)).mappings()
    rows = db.session.execute(
        select(specimens)
        .where(specimens.c.visit == code, tenancy.visible_specimens(actor))
        .order_by(specimens.c.id)
    ).mappings()
    found: tuple[Specimen, ...] = tuple(state_of(Kind.SPECIMEN, row) for row in rows)
    return VisitView(
        visit,
        people.get(actor, visit.participant),
        tuple(state_of(Kind.KIT, row) for row in kit_rows),
        found,
        Counter(each.status for each in found if each.level == 0),
    )


def timing(view: VisitView, protocol: Protocol) -> dict[str, WindowJudgement]:
    """Judge each tube that was taken against the window of its visit."""
    zero = people.day_zero(view.participant, zone_of(view.visit.site))
    point = protocol.timepoint(view.visit.timepoint)
    return {
        each.code: judge_window(point, zero, each.collected_at)
        for each in view.specimens
        if each.level == 0 and each.collected_at is not None
    }


def blood(view: VisitView, protocol: Protocol) -> BloodBudget | None:
    """Add up what is drawn and still planned at a visit beside the ceilings; None when it draws no blood."""
    volumes = {slot.code: slot.volume_ul or 0 for slot in protocol.slots}
    mine = [each for each in view.specimens if each.level == 0 and volumes.get(each.slot)]
    if not mine:
        return None
    zone = zone_of(view.visit.site)
    rows = db.session.execute(
        select(SpecimenRow.slot, SpecimenRow.collected_at).where(
            SpecimenRow.participant == view.visit.participant,
            SpecimenRow.visit != view.visit.code,
            SpecimenRow.level == 0,
            SpecimenRow.collected_at.is_not(None),
        )
    )
    drawn = [(local_date(row.collected_at, zone), volumes.get(row.slot, 0)) for row in rows]
    planned = sum(volumes[each.slot] for each in mine if each.status == Status.PLANNED)
    already = sum(volumes[each.slot] for each in mine if each.collected_at is not None)
    days = [local_date(each.collected_at, zone) for each in mine if each.collected_at is not None]
    return blood_budget(protocol, planned, max([*days, today(zone)]), drawn, already)


def budget_warnings(budget: BloodBudget | None) -> tuple[str, ...]:
    """Return the advice on blood: codes of sentences, one for each ceiling that the draw would break."""
    return tuple(f"blood_over_{name}" for name in budget.exceeds) if budget else ()


def confirm(actor: Actor, code: str, *, key: str | None = None) -> Visit:
    """Confirm a visit: the nurse has checked her answers. It comes last and blocks nothing.

    Raises:
        Refused: `already_confirmed`.
    """
    if not actor.may(Permission.VISIT_WRITE):
        raise NotPermitted("not_permitted")

    def work(operation: Operation) -> str:
        visit: Visit = operation.load(Kind.VISIT, code)
        tenancy.must_see(Kind.VISIT, visit, actor)
        if not tenancy.own_site(actor, visit.site):
            raise NotPermitted("not_permitted")
        if visit.confirmed_at is not None:
            raise Refused("already_confirmed", happened_at=visit.confirmed_at)
        operation.append(Kind.VISIT, code, "visit_confirmed")
        return code

    visit: Visit = tenancy.load(
        Kind.VISIT, perform(actor, key, {"act": "visit_confirmed", "visit": code}, work), actor
    )
    return visit

"""Reading: a participant, a visit, a specimen, its custody, a custody report."""

from dataclasses import asdict, fields

from flask import Response, request

from specimens.api.door import actor, answer, bp, needs
from specimens.api.records import (
    ClockRecord,
    Custody,
    KitRecord,
    ParticipantPage,
    ReportAnswer,
    SignatureRecord,
    SpecimenPage,
    SpecimenRecord,
    Step,
    VisitPage,
    instant,
)
from specimens.documents.canonical import custody_digest
from specimens.domain.access import Permission
from specimens.domain.errors import BadInput
from specimens.domain.identifiers import is_identifier
from specimens.domain.specimen import Specimen
from specimens.domain.terms import Kind
from specimens.services import find, signature
from specimens.services import participant as participants
from specimens.services import report as reports
from specimens.services import specimen as specimens
from specimens.services import visit as visits
from specimens.services.lineage import TubeClock
from specimens.services.report_scope import ReportScope
from specimens.services.signature import Given
from specimens.services.timeline import Step as Entry


def specimen_record(specimen: Specimen) -> SpecimenRecord:
    """Return a specimen as the API says it."""
    values = {each.name: getattr(specimen, each.name) for each in fields(specimen)}
    values |= {
        "holds": list(specimen.holds),
        "flags": list(specimen.flags),
        "collected_at": instant(specimen.collected_at),
        "parents": [parent for parent, _ in specimen.parents],
    }
    return SpecimenRecord(**{name: values[name] for name in SpecimenRecord.model_fields})


@bp.get("/specimens/<code>")
@needs(Permission.SPECIMEN_READ)
def specimen(code: str) -> Response:
    """Read a specimen with its family, its clocks and its SPREC code."""
    view = specimens.get(actor(), code)
    return answer(
        SpecimenPage(
            specimen=specimen_record(view.specimen),
            subject_number=view.participant.subject_number,
            custodian_name=view.custodian,
            places=[unit.name for unit in view.places],
            parents=[each.code for each in view.parents],
            children=[each.code for each in view.children],
            clocks=[_clock(each) for each in view.clocks.lines],
            sprec=view.sprec,
            sprec_missing=list(view.sprec_missing),
        )
    )


def _clock(held: TubeClock) -> ClockRecord:
    clock = held.clock
    return ClockRecord(
        code=clock.code,
        state=str(clock.state),
        started_at=instant(clock.started_at),
        stopped_at=instant(clock.stopped_at),
        deadline_at=instant(clock.deadline_at),
        elapsed_minutes=clock.elapsed_minutes,
        over_minutes=clock.over_minutes,
        under_minutes=clock.under_minutes,
    )


@bp.get("/specimens/<code>/custody")
@needs(Permission.SPECIMEN_READ)
def specimen_custody(code: str) -> Response:
    """Read the custody of a specimen, entry by entry."""
    line = specimens.custody_of(actor(), code)
    steps = [_step(each) for each in line.steps]
    return answer(Custody(specimen=code, steps=steps, signatures=_signatures(Kind.SPECIMEN, code)))


def _signatures(kind: Kind, code: str) -> list[SignatureRecord]:
    return [_signature(each) for each in signature.of(kind, code)]


def _signature(given: Given) -> SignatureRecord:
    signed = given.signature
    return SignatureRecord(
        name=signed.full_name or "",
        login=given.login,
        role=signed.role or "",
        occasion=signed.occasion,
        meaning=signed.meaning,
        statement=given.text.en,
        signed_at=instant(signed.signed_at) or "",
        offset=signed.offset or "",
        zone=signed.zone or "",
        of_entry=signed.of_seq,
        of_hash=signed.of_hash,
        hash=given.hash,
        changed=given.changed is not None,
    )


def _step(step: Entry) -> Step:
    before, after = step.moved_from or (None, None, None), step.moved_to or (None, None, None)
    return Step(
        entry=step.seq,
        act=step.act,
        happened_at=instant(step.happened_at) or "",
        happened_by=step.happened_by,
        recorded_at=instant(step.recorded_at) or "",
        who=step.who,
        role=step.role,
        performed_by=step.performed_by,
        site=step.site,
        station=step.station,
        mode=step.mode,
        reason=step.reason,
        note=step.note,
        custodian_before=before[0],
        custodian_after=after[0],
        place_before=" ".join(part for part in before[1:] if part) or None,
        place_after=" ".join(part for part in after[1:] if part) or None,
        gap_minutes=step.gap.minutes if step.gap else None,
        struck=step.struck,
        struck_by=step.struck_by,
        replaces=step.of,
        changes={each.field: [each.old, each.new] for each in step.changes},
        hash=step.hash,
    )


@bp.get("/visits/<code>")
@needs(Permission.VISIT_READ)
def visit(code: str) -> Response:
    """Read a visit with its kits and its specimens."""
    view = visits.get(actor(), code)
    plain = {
        name: getattr(view.visit, name)
        for name in (
            "code", "study", "site", "participant", "timepoint", "protocol_version", "target_on", "first_on",
            "last_on", "paper",
        )
    }  # fmt: skip
    return answer(
        VisitPage(
            **plain,
            opened_at=instant(view.visit.opened_at),
            confirmed_at=instant(view.visit.confirmed_at),
            kits=[
                KitRecord(
                    code=kit.code,
                    procedure=kit.procedure,
                    attempt=kit.attempt,
                    opened_at=instant(kit.opened_at),
                    finished_at=instant(kit.finished_at),
                    pieces=kit.pieces,
                )
                for kit in view.kits
            ],
            specimens=[specimen_record(each) for each in view.specimens],
        )
    )


@bp.get("/participants/<code>")
@needs(Permission.PARTICIPANT_READ)
def participant(code: str) -> Response:
    """Read a participant; blinded roles do not get the group."""
    found = participants.get(actor(), code)
    page = ParticipantPage(
        code=found.code,
        study=found.study,
        site=found.site,
        subject_number=found.subject_number,
        state=str(found.state),
        consent_version=found.consent_version,
        consent_scopes=list(found.consent_scopes),
        consented_at=instant(found.consented_at),
        withdrawn_at=instant(found.withdrawn_at),
        withdrawal=found.withdrawal,
        eligibility=found.eligibility,
        day0_planned_on=found.day0_planned_on,
        first_dosed_at=instant(found.first_dosed_at),
        visits=find.visits_of(actor(), code),
        signatures=_signatures(Kind.PARTICIPANT, code),
        group=found.group_code if actor().sees_group() else None,
    )
    left_out = set() if actor().sees_group() else {"group"}
    return Response(page.model_dump_json(exclude=left_out), mimetype="application/json")


@bp.get("/reports/custody")
@needs(Permission.REPORT_MAKE)
def custody_report() -> Response:
    """Read the custody report of one specimen, as it would be printed now, with its digest."""
    code = request.args.get("specimen", "")
    if not is_identifier(code):
        raise BadInput("parameter_unreadable", {"specimen": "field_needed"}, name="specimen")
    report = reports.preview(actor(), ReportScope("specimen", code))
    return answer(ReportAnswer(digest=custody_digest(report), report=asdict(report)))

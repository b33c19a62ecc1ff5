"""Tubes for tests that begin in the laboratory or at the bench: collected ones, without the whole way there."""

from specimens.domain.access import Actor
from specimens.domain.terms import CustodianKind, Kind
from specimens.services.record import writing
from specimens.services.study import protocol_of
from tests.cast import Cast

_BLOOD = ("SST", "HEP", "HEP", "HEP", "HEP", "EDTA", "PAX")


def kit_of(
    cast: Cast,
    nurse: Actor,
    count: int = 3,
    *,
    procedure: str = "blood",
    slot: str | None = None,
    collected: bool = True,
) -> tuple[str, list[str]]:
    """Make a participant, a visit and a kit with *count* tubes in *nurse*'s hands; return kit and tubes.

    *slot*: the same for all, where it is not the first of the procedure (for blood: in order of draw).
    """
    protocol = protocol_of(cast.study)
    point = next(each.code for each in protocol.timepoints if any(protocol.planned(each.code, procedure)))
    tubes = []
    with writing(nurse) as op:
        where = {"study": cast.study, "site": nurse.site, "protocol": protocol.study.version}
        participant = op.create(
            Kind.PARTICIPANT, "registered", facts={"subject_number": f"T{op.now}{op.id[-6:]}"}, **where
        ).code
        visit = op.create(
            Kind.VISIT,
            "visit_opened",
            facts={
                "participant": participant, "timepoint": point, "protocol_version": protocol.study.version,
            },
            **where,
        ).code  # fmt: skip
        kit = op.create(
            Kind.KIT,
            "kit_planned",
            facts={"participant": participant, "visit": visit, "procedure": procedure, "attempt": 1},
            **where,
        ).code
        slots = [each for each in protocol.slots if each.procedure == procedure]
        for number in range(count):
            name = slot or (_BLOOD[number % len(_BLOOD)] if procedure == "blood" else slots[0].code)
            planned = protocol.slot(name)
            facts = {
                "participant": participant, "visit": visit, "kit": kit, "timepoint": point,
                "procedure": procedure, "slot": name, "attempt": 1,
                "protocol_version": protocol.study.version, "specimen_type": planned.specimen_type,
                "container": planned.container, "number": number + 1,
            }  # fmt: skip
            tube = op.create(Kind.SPECIMEN, "planned", facts=facts, **where).code
            if collected:
                hands = {
                    "custodian_kind": str(CustodianKind.USER), "custodian": nurse.user,
                    "held_site": nurse.site,
                }  # fmt: skip
                op.append(Kind.SPECIMEN, tube, "collected", facts=hands)
            tubes.append(tube)
    return str(kit), tubes

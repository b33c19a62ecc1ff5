"""Tubes for tests that begin at the bedside, in the laboratory or at the bench, without the whole way there."""

from specimens.domain.access import Actor
from specimens.domain.terms import CustodianKind, Kind
from specimens.services.kit import get
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


_DAY_MS = 24 * 3600 * 1000


def open_kit(cast: Cast, count: int) -> tuple[str, list[str]]:
    """Open a kit with *count* planned tubes at Nora's station; return kit and tubes. The participant has consented."""
    kit, tubes = kit_of(cast, cast.nora, count, collected=False)
    version = protocol_of(cast.study).consent_versions[-1]
    with writing(cast.nora) as op:
        op.append(
            Kind.PARTICIPANT, get(cast.nora, kit).kit.participant, "consent_recorded",
            facts={"consent_version": version.code, "consent_scopes": list(version.scopes)},
            happened_at=op.now - _DAY_MS,
        )  # fmt: skip
        op.append(Kind.KIT, kit, "kit_opened")
        op.append(Kind.KIT, kit, "identity_attested")
    return kit, tubes

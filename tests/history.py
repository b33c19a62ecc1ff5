"""A small, honest history, made by the real services: one participant, one visit, its tubes on their way.

history = make(cast, clock)
history.blood        # the kit of blood, collected, released and received
"""

from dataclasses import dataclass
from datetime import timedelta

import time_machine

from specimens.domain.access import Actor
from specimens.domain.kit import Kit
from specimens.domain.specimen import Specimen
from specimens.domain.terms import Kind
from specimens.services import collection, consent, eligibility, kit, participant, receipt, transfer, visit
from specimens.services.clock import now_ms, today
from specimens.services.record import writing
from specimens.services.signature import Pen
from specimens.services.study import protocol_of
from tests.cast import PASSWORD, Cast


@dataclass(frozen=True, slots=True)
class History:
    """What was made: identifiers, and the tubes of the blood kit in the order of draw."""

    participant: str
    visit: str
    kits: dict[str, str]
    tubes: tuple[str, ...]
    transfer: str | None


def enrolled(cast: Cast, clock: time_machine.Traveller, number: str = "BEL-001") -> str:
    """Register, consent, judge and enrol a participant of group A."""
    nora = cast.nora
    code = participant.register(nora, number).code
    protocol = protocol_of(cast.study)
    version = protocol.consent_required_on(today(nora.zone))
    assert version is not None
    signed_at = now_ms()
    clock.shift(60)
    consent.record(
        nora,
        code,
        version=version.code,
        scopes=version.scopes,
        signed_at=signed_at,
        obtained_by="Ivo Smit",
        original="Investigator site file",
    )
    day0 = today(nora.zone) + timedelta(days=7)
    eligibility.answer(nora, code, _answers(cast.study), day0_planned_on=day0)
    eligibility.confirm(cast.ivo, code, pen=Pen(PASSWORD))
    eligibility.enrol(nora, code, day0_planned_on=day0)
    return code


def _answers(study: str) -> dict[str, dict[str, str]]:
    numbers = {"I3": "8", "I4": "40", "E3": "90"}
    told: dict[str, dict[str, str]] = {}
    for criterion in protocol_of(study).criteria:
        match criterion.kind:
            case "number":
                told[criterion.code] = {"value": numbers[criterion.code]}
            case "choices":
                told[criterion.code] = {f"option_{criterion.options[0].code}": "1"}
            case "choice":
                told[criterion.code] = {"value": criterion.options[0].code}
            case "yes_no":
                told[criterion.code] = {"value": "yes" if criterion.passes_when else "no"}
            case _:
                told[criterion.code] = {"never": "1"}
    return told


def opened(cast: Cast, clock: time_machine.Traveller) -> History:
    """Return an enrolled participant with the baseline visit open and nothing collected."""
    code = enrolled(cast, clock)
    opening = visit.open_visit(cast.nora, code, "BL")
    kits = {each.procedure: each.code for each in opening.kits}
    tubes = tuple(tube.code for tube in kit.specimens_of(kits["blood"]))
    return History(code, opening.visit.code, kits, tubes, None)


def collected(cast: Cast, clock: time_machine.Traveller) -> History:
    """Return that history with every tube of the blood kit collected, a minute apart."""
    made = opened(cast, clock)
    kit.open_kit(cast.nora, made.kits["blood"])
    kit.attest_identity(cast.nora, made.kits["blood"])
    for tube in made.tubes:
        clock.shift(60)
        assert collection.collect(cast.nora, made.kits["blood"], tube, None).saved
    kit.finish(cast.nora, made.kits["blood"])
    return made


def released(cast: Cast, clock: time_machine.Traveller) -> History:
    """Return that history with the blood released to the laboratory."""
    made = collected(cast, clock)
    clock.shift(300)
    listed = transfer.release_kit(
        cast.nora, made.kits["blood"], "station", cast.stations["AMS laboratory"],
        count=len(made.tubes), transport="by_hand", temperature="room",
    )  # fmt: skip
    return History(made.participant, made.visit, made.kits, made.tubes, listed.code)


def received(cast: Cast, clock: time_machine.Traveller) -> History:
    """Return that history with the blood received in the laboratory."""
    made = released(cast, clock)
    assert made.transfer
    clock.shift(600)
    receipt.open_receipt(cast.mei, made.transfer, condition="intact", temperature_tenths_c=210)
    for tube in made.tubes:
        clock.shift(5)
        assert receipt.receive(cast.mei, made.transfer, tube).saved
    receipt.close(cast.mei, made.transfer)
    return made


def child_of(cast: Cast, tube: str) -> Specimen:
    """Make one derivative of a received tube, as the laboratory does."""
    with writing(cast.mei) as op:
        parent: Specimen = op.load(Kind.SPECIMEN, tube)
        derivative = protocol_of(cast.study).derivatives_of(parent.slot)[0]
        op.append(Kind.SPECIMEN, tube, "volume_used", facts={"used_ul": 500})
        made: Specimen = op.create(
            Kind.SPECIMEN,
            "derived",
            facts={
                "participant": parent.participant, "visit": parent.visit, "kit": parent.kit,
                "timepoint": parent.timepoint, "procedure": parent.procedure, "slot": parent.slot,
                "attempt": parent.attempt, "protocol_version": parent.protocol_version,
                "specimen_type": derivative.specimen_type, "container": derivative.container,
                "level": 1, "derivative": derivative.code, "volume_ul": 500, "parents": [[tube, 500]],
                "custodian_kind": parent.custodian_kind, "custodian": parent.custodian,
                "held_site": parent.held_site,
            },
            study=parent.study,
            site=parent.site,
        )  # fmt: skip
    return made


def kit_of(actor: Actor, made: History) -> Kit:
    """Return the kit of blood as it stands."""
    return kit.get(actor, made.kits["blood"]).kit

"""What stands on the label of a specimen, from its plan and from nothing else: no name can get there."""

from labels.content import BiopsyLabel, CryovialLabel, Label, SmallLabel, TubeLabel
from labels.faces import NBSP
from specimens.domain.protocol import Protocol
from specimens.domain.specimen import Specimen
from specimens.services.label_words import HAZARDS, SIDES, day_said


def role_of(specimen: Specimen, protocol: Protocol) -> str:
    """Return the kind of label that the specimen's container takes."""
    return str(protocol.container(specimen.container).label_layout)


def kind_of(specimen: Specimen, protocol: Protocol) -> tuple[str, str]:
    """Return what it is, such as `PLASMA`, and its number among its like, such as `2/6` (empty where it is alone)."""
    planned = (
        protocol.slot(specimen.slot)
        if specimen.derivative is None
        else protocol.derivative(specimen.derivative)
    )
    if specimen.number > planned.count:  # beyond the plan: "7 of 6" would read like a mistake
        return planned.label, str(specimen.number)
    return planned.label, f"{specimen.number}/{planned.count}" if planned.count > 1 else ""


def visit_of(specimen: Specimen) -> str:
    """Return the timepoint, with the attempt where it is not the first."""
    return specimen.timepoint if specimen.attempt == 1 else f"{specimen.timepoint} ({specimen.attempt})"


def body_sites(specimen: Specimen, protocol: Protocol) -> str:
    """Return where tissue comes from: the site that was recorded, or every possible one with a box to tick."""
    procedure = protocol.procedure(specimen.procedure)
    if procedure.kind != "tissue":
        return ""
    if specimen.body_site:
        return f"{procedure.label} {protocol.body_site(specimen.body_site).label}"
    names = [protocol.body_site(code).label for code in procedure.body_sites]
    said = names if len(names) == 1 else [f"{name}{NBSP}☐" for name in names]
    return " ".join([procedure.label, *said])


def _temperature(specimen: Specimen, protocol: Protocol) -> str:
    """Return where it is kept, as short as a vial asks for: `-80`, `LN2`."""
    code = (
        protocol.slot(specimen.slot).storage
        if specimen.derivative is None
        else protocol.derivative(specimen.derivative).storage
    )
    return (code or "").replace("minus", "-").split("_")[0].upper()


def label_of(specimen: Specimen, protocol: Protocol, zone: str, language: str) -> Label:
    """Return the label of a specimen, in the layout that its container takes."""
    container = protocol.container(specimen.container)
    kind, number = kind_of(specimen, protocol)
    visit, study = visit_of(specimen), protocol.study.label
    side = SIDES[language].get(specimen.side or "", "")
    whose = (specimen.code, specimen.participant)
    match container.label_layout:
        case "blood_tube":
            return TubeLabel(*whose, study, visit, kind, number, language)
        case "biopsy_container":
            hazards = [HAZARDS[language][each] for each in container.hazards if each in HAZARDS[language]]
            return BiopsyLabel(
                *whose, study, visit, body_sites(specimen, protocol) or kind, f"{kind} {number}".strip(), side,
                container.medium.said(language) if container.medium else "", ", ".join(hazards), language,
            )  # fmt: skip
        case "small":
            return SmallLabel(
                *whose, study, visit, kind, number, body_sites(specimen, protocol), side, language
            )
        case "cryovial":
            when = specimen.moments.get("derived") or specimen.collected_at
            date = day_said(when, zone, language) if when else ""
            return CryovialLabel(*whose, visit, kind, number, _temperature(specimen, protocol), date)
    raise AssertionError(container.label_layout)

"""The fields of the eligibility form: from what was sent to answers, and from answers to what a field shows."""

from collections.abc import Mapping

from specimens.domain.eligibility import Answer, Choices, Last, Number, PartialDate, Unknown, YesNo
from specimens.domain.protocol_criteria import Criterion

UNKNOWN = "unknown"


def asked_of(code: str, sent: Mapping[str, str]) -> dict[str, str]:
    """Return one criterion's fields as they were sent; the radio “not known yet” is the answer *unknown*."""
    start = f"{code}."
    fields = {name.removeprefix(start): value for name, value in sent.items() if name.startswith(start)}
    if fields.get("value") == UNKNOWN:
        del fields["value"]
        fields[UNKNOWN] = "1"
    return fields


def fields_of(criterion: Criterion, answer: Answer) -> dict[str, str]:
    """Return the fields of the form that hold an answer that was saved."""
    fields: dict[str, str] = {}
    radios = criterion.kind in ("choice", "yes_no")
    match answer:
        case Unknown():
            fields = {"value": UNKNOWN} if radios else {UNKNOWN: "1"}
        case Number(value):
            fields = {"value": f"{value:f}"}
        case YesNo(value):
            fields = {"value": "yes" if value else "no"}
        case Choices(options) if radios:
            fields = {"value": options[0]}
        case Choices(options):
            fields = {f"option_{each}": "1" for each in options} or {"none": "1"}
        case Last():
            fields = _last(criterion, answer)
    return {f"{criterion.code}.{name}": value for name, value in fields.items()}


def _last(criterion: Criterion, answer: Last) -> dict[str, str]:
    if answer.on is None:
        return {"never": "1"}
    fields = _date(answer.on)
    if answer.half_life_days is not None:
        fields["half_life_days"] = f"{answer.half_life_days:f}"
    if criterion.kind == "malignancy":
        fields["excepted"] = answer.excepted or "no"
        conditions = {each.code: each.no_metastasis_for for each in criterion.options}
        if answer.excepted and conditions[answer.excepted]:
            spread = answer.metastasis
            fields |= _date(spread, "metastasis_") if spread else {"metastasis_never": "1"}
    return fields


def _date(on: PartialDate, prefix: str = "") -> dict[str, str]:
    parts = {"year": on.year, "month": on.month, "day": on.day}
    return {f"{prefix}{name}": str(part) for name, part in parts.items() if part is not None}

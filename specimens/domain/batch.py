"""A processing batch: tubes that go through the same steps together."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from specimens.domain.entry import Entry

#: Grade of haemolysis (0 none to 3 strong) from which a specimen keeps the flag [ASSUMED: the protocol names none].
HAEMOLYSED_FROM = 2

_MINUTE_MS = 60_000


@dataclass(frozen=True, slots=True)
class Field:
    """A number that belongs to a step, with its unit in its name; `optional` may stay empty."""

    name: str
    lowest: int
    highest: int
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """A step of processing: the act that it writes on each tube, its numbers, its yes/no questions."""

    code: str
    act: str
    numbers: tuple[Field, ...] = ()
    questions: tuple[str, ...] = ()


_TEMPERATURE = ("temperature_tenths_c", -2000, 600)

#: Step → what is recorded. `kept_tenths_c` is the temperature before the spin, `kept_after_tenths_c` that until
#: it was frozen: SPREC is computed from them.
STEPS: dict[str, Step] = {
    step.code: step
    for step in (
        Step(
            "spun",
            "spun",
            (
                Field("force_g", 1, 100_000),
                Field(*_TEMPERATURE),
                Field("minutes", 1, 600),
                Field("kept_tenths_c", -2000, 600, optional=True),
            ),
            ("brake",),
        ),
        Step(
            "counted",
            "counted",
            (
                Field("cells", 0, 10_000_000_000),
                Field("viability_percent", 0, 100),
                Field("cells_per_vial", 0, 1_000_000_000, optional=True),
                Field("passage", 0, 50, optional=True),
            ),
        ),
        Step("haemolysis", "counted", (Field("haemolysis_grade", 0, 3),)),
        Step("culture_started", "culture_started"),
        Step("in_medium", "in_medium"),
        Step("fixation_ended", "fixation_ended"),
        Step("embedded", "embedded"),
        Step(
            "frozen",
            "frozen",
            (Field(*_TEMPERATURE, optional=True), Field("kept_after_tenths_c", -2000, 600, optional=True)),
        ),
    )
}


def wrong_fields(step: Step, values: Mapping[str, Any]) -> dict[str, str]:
    """Return what is missing or out of range among the values of a step: field → code of its sentence."""
    wrong: dict[str, str] = {}
    for field in step.numbers:
        value = values.get(field.name)
        if value is None:
            if not field.optional:
                wrong[field.name] = "number_needed"
        elif (
            isinstance(value, bool)
            or not isinstance(value, int)
            or not field.lowest <= value <= field.highest
        ):
            wrong[field.name] = "number_out_of_range"
    for question in step.questions:
        if not isinstance(values.get(question), bool):
            wrong[question] = "answer_needed"
    known = {field.name for field in step.numbers} | set(step.questions)
    wrong.update({name: "not_part_of_step" for name in values if name not in known})
    return wrong


def facts_of(step: Step, values: Mapping[str, Any], started_at: int) -> dict[str, Any]:
    """Return the facts that a step writes on each tube; a spin also says when it began and ended (ms, UTC)."""
    facts = {name: value for name, value in values.items() if value is not None}
    if step.code == "spun":
        facts |= {"started_at": started_at, "stopped_at": started_at + int(values["minutes"]) * _MINUTE_MS}
    return facts


@dataclass(frozen=True, slots=True)
class Batch:
    """A batch at a laboratory. `steps` lists what was done, oldest first (step, instant, numbers, tubes, who)."""

    code: str
    study: str
    site: str
    name: str
    specimens: tuple[str, ...] = ()
    steps: tuple[Mapping[str, Any], ...] = ()
    opened_at: int | None = None
    closed_at: int | None = None


def after(state: Batch, entry: Entry) -> Batch:
    """Steps pile up; opening and closing keep their instants."""
    match entry.act:
        case "batch_opened":
            return replace(state, opened_at=entry.happened_at)
        case "batch_joined":
            return replace(state, specimens=tuple(dict.fromkeys([*state.specimens, entry.facts["specimen"]])))
        case "batch_left":
            gone = entry.facts["specimen"]
            return replace(state, specimens=tuple(each for each in state.specimens if each != gone))
        case "step_recorded":
            step = {
                "step": entry.facts["step"],
                "at": entry.happened_at,
                "facts": entry.facts.get("values", {}),
                "tubes": entry.facts.get("tubes"),
                "by": entry.actor["user"],
            }
            return replace(state, steps=(*state.steps, step))
        case "batch_closed":
            return replace(state, closed_at=entry.happened_at)
    return state

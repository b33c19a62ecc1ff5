"""Section 3 of a custody report: each specimen with its bar and its limits."""

from collections.abc import Iterable, Mapping

from specimens.documents.records import ClockLine, Milestone, Moment, SpecimenSection, Worded
from specimens.documents.times import grouped
from specimens.domain.clocks import (
    Clock,
    ClockState,
    breach,
    breach_sentence,
    clocks_of,
    moments_of,
    read_clock,
)
from specimens.domain.errors import NotFound
from specimens.domain.protocol import Protocol
from specimens.domain.protocol_plan import ClockRule
from specimens.domain.specimen import WHEN_TAKEN, Specimen
from specimens.domain.terms import ENDED, Status
from specimens.services import lineage
from specimens.services.duplicate import same_label
from specimens.services.report_facts import Facts, History
from specimens.services.report_voice import Voice, moment

#: The steps of the bar, each with the acts that reach it.
STEPS: Mapping[str, frozenset[str]] = {
    "collected": frozenset({"collected"}),
    "released": frozenset({"released"}),
    "received": frozenset(
        {
            "accepted",
            "accepted_with_deviation",
            "received_in_quarantine",
            "received_without_release",
            "received_extra",
            "duplicate_found",
        }
    ),
    "processed": frozenset(
        {
            "spun",
            "culture_started",
            "fixation_ended",
            "embedded",
            "counted",
            "frozen",
            "pooled",
            "derived",
            "in_medium",
        }
    ),
    "stored": frozenset({"stored"}),
}
_NEVER_THERE = frozenset({Status.PLANNED, Status.NOT_COLLECTED, Status.VOIDED})


def sections(facts: Facts, voice: Voice, now: int) -> tuple[SpecimenSection, ...]:
    """Return the sections, in the order of the scope."""
    return tuple(_section(each, facts, voice, now) for each in facts.histories)


def _section(history: History, facts: Facts, voice: Voice, now: int) -> SpecimenSection:
    specimen = history.specimen
    rules = voice.protocol(specimen.study, specimen.protocol_version)
    zone = facts.zones.get(specimen.site, "UTC")
    above = [each.moments for each in lineage.line_of(specimen, facts.ancestors)]
    clocks = list(_clocks(rules, specimen, above, now)) if rules else []
    return SpecimenSection(
        code=specimen.code,
        participant=specimen.participant,
        visit=f"{specimen.timepoint} · {grouped(specimen.visit)}",
        specimen_type=voice.named(rules, "specimen_type", specimen.specimen_type),
        container=voice.named(rules, "container", specimen.container),
        protocol_version=specimen.protocol_version,
        status=voice.word(specimen.status),
        custodian=facts.names.get(specimen.custodian, specimen.custodian) if specimen.custodian else None,
        place=facts.places.get(specimen.place, specimen.place) if specimen.place else None,
        position=specimen.position,
        parents=tuple(sorted(parent for parent, _ in specimen.parents)),
        children=facts.children.get(specimen.code, ()),
        same_label=same_label(history.counted),
        holds=tuple(voice.word(hold) for hold in sorted(specimen.holds)),
        flags=tuple(voice.word(flag) for flag in sorted(specimen.flags)),
        milestones=_milestones(specimen, above, clocks, zone, voice),
        clocks=tuple(_line(rule, clock, voice) for rule, clock in clocks),
    )


def _clocks(
    rules: Protocol, specimen: Specimen, above: Iterable[Mapping[str, int]], now: int
) -> Iterable[tuple[ClockRule, Clock]]:
    """Return the clocks that started; one that can never stop any more is left out."""
    if specimen.status in _NEVER_THERE or (specimen.level and specimen.derivative is None):
        return
    try:
        asked = clocks_of(rules, specimen.slot, specimen.derivative)
    except NotFound:
        return
    before = list(above)
    for rule in asked:
        clock = read_clock(rule, specimen.moments, now, before)
        over = specimen.status in ENDED and not clock.stopped
        if clock.state is not ClockState.NOT_STARTED and not over:
            yield rule, clock


def _line(rule: ClockRule, clock: Clock, voice: Voice) -> ClockLine:
    broken = breach(rule, clock)
    return ClockLine(
        what=Worded(rule.code, rule.text.said(voice.language)),
        least_minutes=rule.min_minutes,
        most_minutes=rule.max_minutes,
        elapsed_minutes=clock.elapsed_minutes if clock.stopped else None,
        breach=Worded(broken.kind, breach_sentence(broken, voice.language)) if broken else None,
    )


def _milestones(
    specimen: Specimen,
    above: Iterable[Mapping[str, int]],
    clocks: list[tuple[ClockRule, Clock]],
    zone: str,
    voice: Voice,
) -> tuple[Milestone, ...]:
    merged = moments_of(specimen.moments, above)
    found = []
    for step, acts in _steps(merged).items():
        # That its parent lay in a freezer says nothing of where a child is.
        moments: Mapping[str, int] = specimen.moments if step == "stored" else merged
        reached = min((moments[act] for act in acts if act in moments), default=None)
        limit, broken = _limit(acts, clocks, voice)
        at: Moment | None = None if reached is None else moment(reached, zone)
        found.append(Milestone(voice.word(step), at, limit, broken))
    return tuple(found)


def _steps(moments: Mapping[str, int]) -> Mapping[str, frozenset[str]]:
    """Return the steps. What was collected into its medium was not processed by that."""
    if moments.get("in_medium") is None or moments["in_medium"] != moments.get(WHEN_TAKEN):
        return STEPS
    filled = frozenset({"in_medium"})
    return {**STEPS, "collected": STEPS["collected"] | filled, "processed": STEPS["processed"] - filled}


def _limit(
    acts: frozenset[str], clocks: list[tuple[ClockRule, Clock]], voice: Voice
) -> tuple[int | None, Worded | None]:
    """Return the limit on the way to a step: the one that was broken, else the shortest."""
    mine = [(rule, clock) for rule, clock in clocks if rule.to_event in acts]
    for rule, clock in mine:
        if broken := breach(rule, clock):
            return broken.limit_minutes, Worded(broken.kind, breach_sentence(broken, voice.language))
    return min((rule.max_minutes for rule, _ in mine if rule.max_minutes), default=None), None

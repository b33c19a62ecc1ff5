"""A participant: a random code, a consent, eligibility, a group, a Day 0. Never a name."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from specimens.domain.entry import Entry
from specimens.domain.terms import NO_MORE_VISITS, ParticipantState, Role

_PS = ParticipantState


@dataclass(frozen=True, slots=True)
class Participant:
    """A participant of one study at one site.

    `answers` maps a criterion to its answer (plain JSON as `eligibility.py` reads it) and `group_code` names the
    group: both are sealed in the ledger. `eligibility` is `open`, `complete` (every criterion met) or `confirmed`.
    """

    code: str
    study: str
    site: str
    subject_number: str
    state: str = _PS.REGISTERED
    consent_version: str | None = None
    consent_scopes: tuple[str, ...] = ()
    consented_at: int | None = None
    withdrawn_at: int | None = None
    withdrawal: str | None = None
    eligibility: str = "open"
    answers: Mapping[str, Any] = field(default_factory=dict)
    group_code: str | None = None
    day0_planned_on: str | None = None
    first_dosed_at: int | None = None


#: Act → (states it may start from, state it leads to or None, roles). One row per act on a participant.
ACTS: dict[str, tuple[frozenset[ParticipantState], ParticipantState | None, frozenset[Role]]] = {
    "registered": (frozenset(), _PS.REGISTERED, frozenset({Role.NURSE, Role.INVESTIGATOR})),
    "consent_recorded": (
        frozenset(_PS) - NO_MORE_VISITS,
        None,  # the first consent leads from registered to consented; a re-consent leaves the state as it is
        frozenset({Role.NURSE, Role.INVESTIGATOR}),
    ),
    "consent_withdrawn": (
        frozenset(_PS) - {_PS.REGISTERED, _PS.CONSENT_WITHDRAWN},
        _PS.CONSENT_WITHDRAWN,
        frozenset({Role.NURSE, Role.INVESTIGATOR}),
    ),
    "eligibility_answered": (
        frozenset({_PS.CONSENTED, _PS.SCREENING}),
        _PS.SCREENING,
        frozenset({Role.NURSE, Role.INVESTIGATOR}),
    ),
    "eligibility_confirmed": (frozenset({_PS.SCREENING}), None, frozenset({Role.INVESTIGATOR})),
    "screen_failed": (
        frozenset({_PS.CONSENTED, _PS.SCREENING}),
        _PS.SCREEN_FAILURE,
        frozenset({Role.NURSE, Role.INVESTIGATOR}),
    ),
    "consent_checked": (
        frozenset(_PS) - {_PS.REGISTERED},
        None,
        frozenset({Role.NURSE, Role.INVESTIGATOR}),
    ),
    "enrolled": (frozenset({_PS.SCREENING}), _PS.ENROLLED, frozenset({Role.NURSE, Role.INVESTIGATOR})),
    "day0_planned": (
        frozenset({_PS.CONSENTED, _PS.SCREENING, _PS.ENROLLED}),
        None,
        frozenset({Role.NURSE, Role.INVESTIGATOR}),
    ),
    "first_dosed": (frozenset({_PS.ENROLLED}), None, frozenset({Role.NURSE, Role.INVESTIGATOR})),
    "treatment_stopped": (
        frozenset({_PS.ENROLLED}),
        _PS.TREATMENT_STOPPED,
        frozenset({Role.NURSE, Role.INVESTIGATOR}),
    ),
    "terminated_early": (
        frozenset({_PS.ENROLLED, _PS.TREATMENT_STOPPED}),
        _PS.EARLY_TERMINATION,
        frozenset({Role.NURSE, Role.INVESTIGATOR}),
    ),
    "lost_to_follow_up": (
        frozenset({_PS.ENROLLED, _PS.TREATMENT_STOPPED}),
        _PS.LOST_TO_FOLLOW_UP,
        frozenset({Role.NURSE, Role.INVESTIGATOR}),
    ),
    "died": (
        frozenset(_PS) - {_PS.REGISTERED, _PS.DIED},
        _PS.DIED,
        frozenset({Role.NURSE, Role.INVESTIGATOR}),
    ),
    "completed": (
        frozenset({_PS.ENROLLED, _PS.TREATMENT_STOPPED}),
        _PS.COMPLETED,
        frozenset({Role.NURSE, Role.INVESTIGATOR}),
    ),
}


def after(state: Participant, entry: Entry) -> Participant:
    """What an act does beyond its facts: the state, and the sealed answers."""
    rule = ACTS.get(entry.act)
    if rule and rule[1]:
        state = replace(state, state=rule[1])
    match entry.act:
        case "consent_recorded":
            first = state.state == _PS.REGISTERED
            return replace(
                state, consented_at=entry.happened_at, state=_PS.CONSENTED if first else state.state
            )
        case "consent_withdrawn":
            return replace(state, withdrawn_at=entry.happened_at)
        case "eligibility_answered":
            told = {
                name: json.loads(text) for name, text in entry.opened.items() if text and name != "reason"
            }
            return replace(state, answers={**state.answers, **told})
        case "eligibility_confirmed":
            return replace(state, eligibility="confirmed")
        case "first_dosed":
            return replace(state, first_dosed_at=entry.happened_at)
    return state

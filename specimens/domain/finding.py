"""A finding of an audit: raised, answered by the site, closed; each step signed."""

from dataclasses import dataclass, replace
from enum import StrEnum

from specimens.domain.entry import Entry


class Severity(StrEnum):
    """How grave a finding is, as inspectors grade them."""

    CRITICAL = "critical"
    MAJOR = "major"
    MINOR = "minor"


class FindingState(StrEnum):
    """Where a finding stands."""

    RAISED = "raised"
    ANSWERED = "answered"
    CLOSED = "finding_closed"


@dataclass(frozen=True, slots=True)
class Finding:
    """A finding. What it says, the site's answers and the conclusion stand sealed in the ledger.

    `about_kind`/`about_code` name the record that it is about, `draw` the draw in which it was found. Instants in ms
    UTC.
    """

    code: str
    study: str | None
    site: str | None
    about_kind: str
    about_code: str
    severity: str
    draw: str | None = None
    state: str = FindingState.RAISED
    raised_by: str | None = None
    raised_at: int | None = None
    answered_by: str | None = None
    answered_at: int | None = None
    closed_by: str | None = None
    closed_at: int | None = None


def after(state: Finding, entry: Entry) -> Finding:
    """What a step does: the state, who took it and when."""
    who, at = entry.actor["user"], entry.happened_at
    match entry.act:
        case "finding_raised":
            return replace(state, raised_by=who, raised_at=at)
        case "finding_answered":
            return replace(state, state=FindingState.ANSWERED, answered_by=who, answered_at=at)
        case "finding_reopened":
            return replace(state, state=FindingState.RAISED)
        case "finding_closed":
            return replace(state, state=FindingState.CLOSED, closed_by=who, closed_at=at)
    return state

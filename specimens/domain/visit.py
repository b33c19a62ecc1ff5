"""A visit: one participant at one timepoint. Its status is a question about its tubes, never a field."""

from dataclasses import dataclass, replace

from specimens.domain.entry import Entry


@dataclass(frozen=True, slots=True)
class Visit:
    """An opened visit, bound to the protocol's version in force when it was opened. Dates are local, ISO form.

    `paper` says that it was entered from a downtime sheet; `paper_original` where that sheet lies.
    """

    code: str
    study: str
    site: str
    participant: str
    timepoint: str
    protocol_version: str
    target_on: str | None = None
    first_on: str | None = None
    last_on: str | None = None
    opened_at: int | None = None
    reason_code: str | None = None
    confirmed_at: int | None = None
    confirmed_by: str | None = None
    paper: bool = False
    paper_original: str | None = None
    paper_entered_by: str | None = None
    paper_checked_by: str | None = None


def after(state: Visit, entry: Entry) -> Visit:
    """Opening and confirming keep their instants; a paper entry keeps who entered it."""
    match entry.act:
        case "visit_opened":
            return replace(state, opened_at=entry.happened_at, reason_code=entry.reason)
        case "visit_confirmed":
            return replace(state, confirmed_at=entry.happened_at, confirmed_by=entry.actor["user"])
        case "visit_entered_from_paper":
            return replace(state, paper=True, paper_entered_by=entry.actor["user"], paper_checked_by=None)
        case "paper_checked":
            return replace(state, paper_checked_by=entry.actor["user"])
    return state

"""A custody report that was made: its scope, its digest, who asked for it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from specimens.domain.entry import Entry


@dataclass(frozen=True, slots=True)
class Report:
    """A report. `digest` is the SHA-256 (hex) of the canonical custody data that it prints."""

    code: str
    study: str
    site: str | None
    digest: str
    format: str
    scope: Mapping[str, Any] = field(default_factory=dict)
    specimens: int = 0
    events: int = 0
    made_at: int | None = None
    made_by: str | None = None


def after(state: Report, entry: Entry) -> Report:
    """Making a report keeps when and for whom."""
    if entry.act == "report_made":
        return replace(state, made_at=entry.happened_at, made_by=entry.actor["user"])
    return state

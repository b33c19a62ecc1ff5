"""A near miss: a scan that was refused, kept with what was read and what was expected."""

from dataclasses import dataclass, replace

from specimens.domain.entry import Entry


@dataclass(frozen=True, slots=True)
class NearMiss:
    """A refused scan. `raw` is sealed in the ledger: what a scanner picks up may be a hospital number.

    `study` and `site` are where the person stood; `subject` names the kit, transfer or box that was open.
    """

    code: str
    refusal: str
    read: str | None = None
    raw: str | None = None
    subject: str | None = None
    study: str | None = None
    site: str | None = None
    station: str | None = None
    user: str | None = None
    happened_at: int | None = None


def after(state: NearMiss, entry: Entry) -> NearMiss:
    """A near miss keeps who stood where, and when."""
    return replace(state, station=entry.station, user=entry.actor["user"], happened_at=entry.happened_at)

"""A grant: one role for one person, for a study and a site, from a day, with training and delegation."""

from dataclasses import dataclass, replace

from specimens.domain.entry import Entry
from specimens.domain.terms import Role

#: Roles that can sit in a seat, and the longest period of one, in days.
SEATED = frozenset({Role.AUDITOR, Role.MONITOR})
LONGEST_SEAT_DAYS = 92


@dataclass(frozen=True, slots=True)
class Grant:
    """A grant of access. `study` None means every study, `site` None every site of the study.

    Dates are local dates in ISO form. A grant counts from `from_on` to `until_on` (inclusive; None = open) unless
    it was revoked, and only with a date of training.
    """

    code: str
    user: str
    role: str
    from_on: str
    training_on: str
    study: str | None = None
    site: str | None = None
    until_on: str | None = None
    delegated_by: str | None = None
    revoked_at: int | None = None


def after(state: Grant, entry: Entry) -> Grant:
    """Revoking keeps the instant from which the grant no longer counts."""
    if entry.act == "grant_revoked":
        return replace(state, revoked_at=entry.happened_at)
    return state


def state_on(grant: Grant, today: str) -> str:
    """Return how a grant stands on a local date (ISO form): `active`, `revoked`, `not_begun` or `over`."""
    if grant.revoked_at is not None:
        return "revoked"
    if grant.until_on is not None and grant.until_on < today:
        return "over"
    return "not_begun" if today < max(grant.from_on, grant.training_on) else "active"


def counts_on(grant: Grant, today: str) -> bool:
    """Say whether the grant counts on a local date (ISO form)."""
    return state_on(grant, today) == "active"


def is_seat(grant: Grant) -> bool:
    """Say whether a grant is a seat: of an auditor or a monitor, for a period that ends by itself."""
    return grant.role in SEATED and grant.until_on is not None


def overlap(one: Grant, from_on: str, until_on: str | None) -> bool:
    """Say whether a grant that was not revoked covers any day of a period (ISO dates; None = open)."""
    if one.revoked_at is not None:
        return False
    return (until_on is None or one.from_on <= until_on) and (one.until_on is None or from_on <= one.until_on)

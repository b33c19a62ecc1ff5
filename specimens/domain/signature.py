"""A signature: who stated what about which entry; it stays with that entry and with no other."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

from specimens.domain.entry import Entry


class Occasion(StrEnum):
    """What is signed here. Everyday acts are not: there the act itself, by whoever is logged in, is the record."""

    ELIGIBILITY_CONFIRMED = "eligibility_confirmed"
    QUARANTINE_DECIDED = "quarantine_decided"
    DEVIATION_DECIDED = "deviation_decided"
    DESTRUCTION = "destruction"
    IDENTITY_BY_POSITION = "identity_by_position"
    REPORT_REVIEWED = "report_reviewed"
    PROTOCOL_PUBLISHED = "protocol_published"
    CONSENT_RECORDED = "consent_recorded"
    PAPER_CHECKED = "paper_checked"
    FINDING_RAISED = "finding_raised"
    FINDING_ANSWERED = "finding_answered"
    FINDING_JUDGED = "finding_judged"


#: Occasions that need two people: who did it and who was there, or who entered it and who compared it.
TWO_PEOPLE = frozenset(
    {Occasion.DESTRUCTION, Occasion.IDENTITY_BY_POSITION, Occasion.CONSENT_RECORDED, Occasion.PAPER_CHECKED}
)

#: Occasion → acts that, coming later, change what was signed; corrections and undoing do so on every occasion.
_CHANGES: dict[str, frozenset[str]] = {
    Occasion.ELIGIBILITY_CONFIRMED: frozenset({"eligibility_answered", "day0_planned"}),
    Occasion.DESTRUCTION: frozenset({"reassigned"}),
    Occasion.IDENTITY_BY_POSITION: frozenset({"reassigned"}),
    Occasion.QUARANTINE_DECIDED: frozenset({"reassigned"}),
    Occasion.DEVIATION_DECIDED: frozenset({"reassigned"}),
}


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature. `of_*` is the entry that was signed: whose, its number in that chain, its hash (64 hex digits).

    `digest` is that of the signed report or protocol, where it is one. `meaning` is a code of the protocol in
    `protocol_version`. `signed_at` in ms UTC, with the signer's zone and its offset then.
    """

    code: str
    of_kind: str
    of_code: str
    of_seq: int
    of_hash: str
    occasion: str
    meaning: str
    study: str | None = None
    site: str | None = None
    protocol_version: str | None = None
    digest: str | None = None
    user: str | None = None
    full_name: str | None = None
    role: str | None = None
    signed_at: int | None = None
    zone: str | None = None
    offset: str | None = None


def after(state: Signature, entry: Entry) -> Signature:
    """A signature keeps who gave it, as they were called then, and when."""
    return replace(
        state,
        user=entry.actor["user"],
        full_name=entry.actor["name"],
        role=entry.actor["role"],
        signed_at=entry.happened_at,
        zone=entry.zone,
        offset=entry.offset,
    )


def changed_by(signature: Signature, entries: Iterable[Entry]) -> Entry | None:
    """Return the first of a record's entries (oldest first) that changed what was signed; None if nothing did."""
    signed: set[str] = set()
    for entry in entries:
        if entry.seq <= signature.of_seq:
            signed |= {entry.id, entry.operation}
        elif (
            (entry.act in ("corrected", "redacted") and entry.replaces in signed)
            or (entry.act == "undone" and entry.facts["operation"] in signed)
            or entry.act in _CHANGES.get(signature.occasion, frozenset())
        ):
            return entry
    return None

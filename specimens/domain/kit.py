"""A kit: the tubes of one procedure of one visit, one attempt, with its own sheet, operator and yield."""

from dataclasses import dataclass, replace

from specimens.domain.entry import Entry


@dataclass(frozen=True, slots=True)
class Kit:
    """A kit of a visit. `body_site` and `side` are codes of the protocol; `pieces` is the yield obtained."""

    code: str
    study: str
    site: str
    participant: str
    visit: str
    procedure: str
    attempt: int
    planned_at: int | None = None
    sheet_printed_at: int | None = None
    opened_at: int | None = None
    opened_at_station: str | None = None
    identity_attested_at: int | None = None
    identity_attested_by: str | None = None
    body_site: str | None = None
    side: str | None = None
    device: str | None = None
    performed_by: str | None = None
    pieces: int | None = None
    stopped_reason: str | None = None
    finished_at: int | None = None
    flags: tuple[str, ...] = ()


def after(state: Kit, entry: Entry) -> Kit:
    """What an act on a kit does beyond its facts: mostly, it keeps when and who."""
    match entry.act:
        case "kit_planned":
            return replace(state, planned_at=entry.happened_at)
        case "sheet_printed":
            return replace(state, sheet_printed_at=entry.happened_at)
        case "kit_opened":
            return replace(
                state, opened_at=entry.happened_at, opened_at_station=entry.station, finished_at=None
            )
        case "identity_attested":
            return replace(
                state, identity_attested_at=entry.happened_at, identity_attested_by=entry.actor["user"]
            )
        case "procedure_recorded":
            flags = tuple(sorted({*state.flags, *entry.facts.get("add_flags", ())}))
            return replace(state, performed_by=entry.performed_by or state.performed_by, flags=flags)
        case "kit_stopped":
            return replace(state, stopped_reason=entry.reason, finished_at=entry.happened_at)
        case "kit_finished" | "kit_paused":
            return replace(state, finished_at=entry.happened_at)
    return state

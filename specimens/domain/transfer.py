"""A transfer: a list of tubes on its way from one custodian to another."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from specimens.domain.entry import Entry
from specimens.domain.terms import Flag, TransferState

_TS = TransferState

#: How a list travels. Off campus means triple packing (UN3373), with dry ice also UN1845.
TRANSPORTS = ("by_hand", "courier", "courier_dry_ice")

#: In what condition a list arrives; `intact` is the only one that raises no question.
CONDITIONS = ("intact", "seal_broken", "damaged", "leaking")


@dataclass(frozen=True, slots=True)
class Transfer:
    """A transfer list. `lines` maps each specimen on it to its outcome at receipt, or "" while that is open.

    `to_kind`/`to_code` name the consignee: a user or a station (a team, or a place a team answers for).
    `extras` are specimens that came with it and were on no list. Temperatures are in tenths of a degree Celsius.
    """

    code: str
    study: str
    site: str
    to_kind: str
    to_code: str
    to_site: str
    state: str = _TS.PACKING
    lines: Mapping[str, str] = field(default_factory=dict)
    extras: tuple[str, ...] = ()
    sealed_count: int | None = None
    seal: str | None = None
    transport: str = "hand"
    temperature: str | None = None
    released_by: str | None = None
    released_at: int | None = None
    carried_by: str | None = None
    place: str | None = None
    condition: str | None = None
    received_temperature_tenths_c: int | None = None
    received_by: str | None = None
    closed_at: int | None = None
    list_hash: str | None = None


#: Act on a transfer → the state that it leads to.
LEADS_TO: dict[str, TransferState] = {
    "transfer_sealed": _TS.SEALED,
    "transfer_unsealed": _TS.PACKING,
    "transfer_released": _TS.RELEASED,
    "transfer_recalled": _TS.RECALLED,
    "transfer_declined": _TS.DECLINED,
    "transfer_picked_up": _TS.IN_TRANSIT,
    "transfer_handed_over": _TS.IN_TRANSIT,
    "transfer_deposited": _TS.DEPOSITED,
    "transfer_delivered": _TS.DELIVERED,
    "receipt_closed": _TS.CLOSED,
}

#: Reject codes that put the identity of a specimen in doubt. Blood is drawn again; a biopsy cannot be, so it is
#: quarantined and never rejected for one of these (trial.md, "What goes wrong").
IDENTITY_CODES = frozenset({"RA", "RI", "RM", "RD", "RP", "WRONGVISIT", "WRONGTUBE"})

#: Reject code → the flag that the specimen and its derivatives keep.
FLAG_OF_CODE = {
    "RH": Flag.HAEMOLYSED,
    "LATE": Flag.LATE,
    **dict.fromkeys(IDENTITY_CODES, Flag.IDENTITY_IN_DOUBT),
}

#: How a difference is resolved, and why.
RESOLUTIONS: dict[str, tuple[str, ...]] = {
    "found": ("in_the_bag", "in_a_fridge", "at_the_clinic", "elsewhere_in_storage"),
    "lost": ("searched_for", "never_sent", "broken_on_the_way"),
    "linked": ("not_scanned_at_packing", "from_another_list"),
}

#: States in which a list is somebody's work still.
OPEN = frozenset({_TS.PACKING, _TS.SEALED, _TS.RELEASED, _TS.IN_TRANSIT, _TS.DEPOSITED, _TS.DELIVERED})

#: States in which tubes can be received from the list.
ON_ITS_WAY = frozenset({_TS.RELEASED, _TS.IN_TRANSIT, _TS.DEPOSITED, _TS.DELIVERED})


def open_lines(transfer: Transfer) -> tuple[str, ...]:
    """Return the specimens on the list that have no outcome yet."""
    return tuple(sorted(code for code, outcome in transfer.lines.items() if not outcome))


def canonical_list(transfer: Transfer) -> dict[str, object]:
    """Return what both parties sign: from which site, to whom, in what condition, how many, and each identifier."""
    return {
        "transfer": transfer.code,
        "study": transfer.study,
        "from_site": transfer.site,
        "to": {"kind": transfer.to_kind, "code": transfer.to_code, "site": transfer.to_site},
        "condition": {
            "transport": transfer.transport,
            "temperature": transfer.temperature,
            "seal": transfer.seal,
            "counted": transfer.sealed_count,
        },
        "count": len(transfer.lines),
        "specimens": sorted(transfer.lines),
    }


def after(state: Transfer, entry: Entry) -> Transfer:
    """What an act on a transfer does beyond its facts: its state, its lines, who and when."""
    if entry.act in LEADS_TO:
        state = replace(state, state=LEADS_TO[entry.act])
    match entry.act:
        case "line_packed":
            return replace(state, lines={**state.lines, entry.facts["specimen"]: ""})
        case "line_unpacked":
            lines = {
                code: outcome for code, outcome in state.lines.items() if code != entry.facts["specimen"]
            }
            return replace(state, lines=lines)
        case "line_judged":
            return replace(state, lines={**state.lines, entry.facts["specimen"]: entry.facts["outcome"]})
        case "extra_found":
            return replace(state, extras=tuple(sorted({*state.extras, entry.facts["specimen"]})))
        case "transfer_released":
            return replace(state, released_by=entry.actor["user"], released_at=entry.happened_at)
        case "transfer_picked_up" | "transfer_handed_over":
            return replace(state, carried_by=entry.actor["user"], place=None)
        case "receipt_opened":
            return replace(state, received_by=entry.actor["user"])
        case "receipt_closed":
            return replace(state, closed_at=entry.happened_at)
    return state

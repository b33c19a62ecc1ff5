"""The field's words, once each. Sources stand in `docs/glossary.md`."""

from enum import StrEnum


class Role(StrEnum):
    """What a person may be for one study at one site."""

    NURSE = "nurse"
    TECHNICIAN = "technician"
    COURIER = "courier"
    INVESTIGATOR = "investigator"
    MONITOR = "monitor"
    AUDITOR = "auditor"
    ADMINISTRATOR = "administrator"
    OUTSIDE = "outside"  # somebody without an account, who signs for one release with a one-time code
    SYSTEM = "system"  # the program itself: migrations, first start; nobody can log in with it


#: Roles that people are given; the others nobody can log in with.
GRANTED_ROLES = tuple(role for role in Role if role not in (Role.OUTSIDE, Role.SYSTEM))


#: Laboratory and logistics roles do not see which group a participant is in.
BLINDED_ROLES = frozenset({Role.TECHNICIAN, Role.COURIER})


class Kind(StrEnum):
    """What an entry of the ledger can be about."""

    SITE = "site"
    STATION = "station"
    STORAGE = "storage"
    USER = "user"
    GRANT = "grant"
    PROTOCOL = "protocol"
    PARTICIPANT = "participant"
    VISIT = "visit"
    KIT = "kit"
    SPECIMEN = "specimen"
    TRANSFER = "transfer"
    HANDOVER = "handover"
    BATCH = "batch"
    REPORT = "report"
    NEAR_MISS = "near_miss"
    DRAW = "draw"
    FINDING = "finding"
    LOGIN = "login"
    SIGNING_KEY = "signing_key"
    SIGNATURE = "signature"
    PRINTER = "printer"
    POOL = "pool"
    CLOCK_ALARM = "clock_alarm"
    BADGE = "badge"
    INVENTORY = "inventory"
    PICK = "pick"


class Status(StrEnum):
    """Where a specimen is in its life."""

    PLANNED = "planned"
    COLLECTED = "collected"
    RELEASED = "released"
    IN_TRANSIT = "in_transit"
    DELIVERED = "delivered"
    RECEIVED = "received"
    IN_PROCESSING = "in_processing"
    STORED = "stored"
    RETRIEVED = "retrieved"
    SHIPPED = "shipped"
    MISSING = "missing"
    NOT_COLLECTED = "not_collected"
    VOIDED = "voided"
    REJECTED = "rejected"
    POOLED = "pooled"
    USED_UP = "used_up"
    LOST = "lost"
    DESTROYED = "destroyed"


#: A specimen in one of these has reached its end; nothing more happens to it except corrections.
ENDED = frozenset(
    {
        Status.NOT_COLLECTED,
        Status.VOIDED,
        Status.REJECTED,
        Status.POOLED,
        Status.USED_UP,
        Status.LOST,
        Status.DESTROYED,
    }
)


class Hold(StrEnum):
    """Why a specimen may not be worked on for now."""

    QUARANTINE = "quarantine"
    CONSENT = "consent"
    EXCURSION = "excursion"


class Flag(StrEnum):
    """What stays true of a specimen and passes to its derivatives."""

    DEVIATION = "deviation"
    NOT_BASELINE = "not_baseline"
    OUT_OF_WINDOW = "out_of_window"
    OTHER_BODY_SITE = "other_body_site"
    OTHER_CONTAINER = "other_container"
    EXTRA = "extra"
    REPEAT = "repeat"
    IDENTITY_IN_DOUBT = "identity_in_doubt"
    EXPIRED_LOT = "expired_lot"
    HAEMOLYSED = "haemolysed"
    LATE = "late"
    NOT_EVALUABLE = "not_evaluable"
    BACK_ENTERED = "back_entered"
    BEFORE_CONSENT = "before_consent"


class Mode(StrEnum):
    """How a fact came in."""

    SCAN = "scan"
    TYPED = "typed"
    PHOTO = "photo"
    READER = "reader"
    LAYOUT_CORRECTED = "layout_corrected"
    FORM = "form"
    PAPER = "paper"
    API = "api"
    SYSTEM = "system"


class Clock(StrEnum):
    """Who says when an act happened."""

    SERVER = "server"
    PERSON = "person"
    DEVICE = "device"


class ParticipantState(StrEnum):
    """Where a participant is in the study (trial.md, "Participant states")."""

    REGISTERED = "registered"
    CONSENTED = "consented"
    SCREENING = "screening"
    SCREEN_FAILURE = "screen_failure"
    ENROLLED = "enrolled"
    TREATMENT_STOPPED = "treatment_stopped"
    EARLY_TERMINATION = "early_termination"
    LOST_TO_FOLLOW_UP = "lost_to_follow_up"
    DIED = "died"
    COMPLETED = "completed"
    CONSENT_WITHDRAWN = "consent_withdrawn"


#: States after which no further visit is expected.
NO_MORE_VISITS = frozenset(
    {
        ParticipantState.SCREEN_FAILURE,
        ParticipantState.EARLY_TERMINATION,
        ParticipantState.LOST_TO_FOLLOW_UP,
        ParticipantState.DIED,
        ParticipantState.COMPLETED,
        ParticipantState.CONSENT_WITHDRAWN,
    }
)


class TransferState(StrEnum):
    """Where a transfer list stands; the tubes on it carry their own status."""

    PACKING = "packing"
    SEALED = "sealed"
    RELEASED = "released"
    IN_TRANSIT = "in_transit"
    DEPOSITED = "deposited"
    DELIVERED = "delivered"
    CLOSED = "closed"
    RECALLED = "recalled"
    DECLINED = "declined"


class Outcome(StrEnum):
    """What receipt found for one tube."""

    ACCEPTED = "accepted"
    ACCEPTED_WITH_DEVIATION = "accepted_with_deviation"
    QUARANTINED = "quarantined"
    REJECTED = "rejected"
    MISSING = "missing"
    EXTRA = "extra"
    NOT_TAKEN = "not_taken"  # left with the releaser when the list was handed over


class StationKind(StrEnum):
    """What a station is; each is a place that a team answers for."""

    CLINIC = "clinic"
    LABORATORY = "laboratory"
    PATHOLOGY = "pathology"
    DROP_BOX = "drop_box"
    FRIDGE = "fridge"


class StorageKind(StrEnum):
    """The levels of a store, largest first; a box has wells."""

    FREEZER = "freezer"
    SHELF = "shelf"
    RACK = "rack"
    BOX = "box"


class CustodianKind(StrEnum):
    """Who can hold a specimen: a person, a place that a team answers for, or somebody outside who signed for it."""

    USER = "user"
    STATION = "station"
    STORAGE = "storage"
    OUTSIDE = "outside"

"""Which table holds the projection of which kind of subject."""

from specimens.domain.terms import Kind
from specimens.models.audit import DrawPopulation, DrawRow, FindingRow
from specimens.models.badge import BadgeRow
from specimens.models.base import Base, Subject
from specimens.models.clock_alarm import ClockAlarmRow
from specimens.models.handover import HandoverRow, HandoverSecret
from specimens.models.identifier import Identifier
from specimens.models.installation import Installation
from specimens.models.inventory import InventoryRow, PickRow
from specimens.models.ledger import LedgerEntry, Redaction, SealedText
from specimens.models.participant import ParticipantRow
from specimens.models.printing import PoolLabel, PoolRow, PrinterRow, PrintJob
from specimens.models.request import AnsweredRequest
from specimens.models.signature import SignatureRow
from specimens.models.site import SiteRow, StationRow, StorageRow
from specimens.models.specimen import SpecimenParent, SpecimenRow
from specimens.models.study import ProtocolVersion, StudyRow
from specimens.models.transfer import BatchRow, NearMissRow, ReportRow, TransferRow
from specimens.models.tree import CheckpointRow, Cosignature, Leaf, SigningKeyRow, Tile, Verification
from specimens.models.user import GrantRow, LoginRow, UserRow
from specimens.models.visit import KitRow, VisitRow

__all__ = ["APPEND_ONLY", "ROWS"]

ROWS: dict[Kind, type[Subject]] = {
    Kind.SITE: SiteRow,
    Kind.STATION: StationRow,
    Kind.STORAGE: StorageRow,
    Kind.USER: UserRow,
    Kind.GRANT: GrantRow,
    Kind.PROTOCOL: StudyRow,
    Kind.PARTICIPANT: ParticipantRow,
    Kind.VISIT: VisitRow,
    Kind.KIT: KitRow,
    Kind.SPECIMEN: SpecimenRow,
    Kind.TRANSFER: TransferRow,
    Kind.HANDOVER: HandoverRow,
    Kind.BATCH: BatchRow,
    Kind.REPORT: ReportRow,
    Kind.NEAR_MISS: NearMissRow,
    Kind.LOGIN: LoginRow,
    Kind.SIGNING_KEY: SigningKeyRow,
    Kind.SIGNATURE: SignatureRow,
    Kind.DRAW: DrawRow,
    Kind.FINDING: FindingRow,
    Kind.PRINTER: PrinterRow,
    Kind.POOL: PoolRow,
    Kind.CLOCK_ALARM: ClockAlarmRow,
    Kind.BADGE: BadgeRow,
    Kind.INVENTORY: InventoryRow,
    Kind.PICK: PickRow,
}

#: Tables whose rows are never changed nor removed; triggers on both engines see to it.
APPEND_ONLY: tuple[type[Base], ...] = (
    LedgerEntry,
    SealedText,
    Redaction,
    ProtocolVersion,
    AnsweredRequest,
    Identifier,
    SpecimenParent,
    Leaf,
    Tile,
    CheckpointRow,
    Cosignature,
    Verification,
    HandoverSecret,
    SignatureRow,
    DrawPopulation,
    PoolLabel,
)

_ALSO_TABLES = (SpecimenParent, Installation, PrintJob)

"""The ledger's tables. Append-only: triggers refuse UPDATE and DELETE, and an INSERT over an existing row.

No CHECK on enumerations here: a new act must never need a rebuilt table.
"""

from sqlalchemy import ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from specimens.domain.moments import LATE_ENTRY_MS
from specimens.models.base import Base, Code, instant, pk

#: What was recorded late, in the words of its index: an engine takes a partial index where a condition is its own.
LATE = f"recorded_at - happened_at > {LATE_ENTRY_MS}"


class LedgerEntry(Base):
    """One entry: the bytes as hashed, and columns beside them for queries (compared by `specimens verify`)."""

    __tablename__ = "ledger_entry"
    __table_args__ = (
        UniqueConstraint("subject_kind", "subject_code", "seq", name="uq_ledger_entry_subject_seq"),
        Index("ix_ledger_entry_operation", "operation"),
        Index("ix_ledger_entry_recorded_at", "recorded_at"),
        Index("ix_ledger_entry_user", "actor_user", "id"),
        Index("ix_ledger_entry_act", "act", "id"),
        Index("ix_ledger_entry_late", "id", sqlite_where=text(LATE), postgresql_where=text(LATE)),
    )

    id: Mapped[pk]
    entry_id: Mapped[str] = mapped_column(String(36), unique=True)
    operation: Mapped[str] = mapped_column(String(36))
    subject_kind: Mapped[str] = mapped_column(String(32))
    subject_code: Mapped[str] = mapped_column(Code)
    seq: Mapped[int]
    act: Mapped[str] = mapped_column(String(64))
    study: Mapped[str | None] = mapped_column(Code)
    site: Mapped[str | None] = mapped_column(Code)
    station: Mapped[str | None] = mapped_column(Code)
    actor_user: Mapped[str] = mapped_column(Code)
    actor_role: Mapped[str] = mapped_column(String(32))
    mode: Mapped[str] = mapped_column(String(32))
    happened_at: Mapped[instant]
    recorded_at: Mapped[instant]
    body: Mapped[bytes] = mapped_column(LargeBinary)
    hash: Mapped[bytes] = mapped_column(LargeBinary)


class Redaction(Base):
    """Which sealed text was taken away, and the entry that says so; its row is blanked in the same transaction."""

    __tablename__ = "redaction"
    __table_args__ = (UniqueConstraint("entry_id", "name"),)

    id: Mapped[pk]
    entry_id: Mapped[str] = mapped_column(String(36))
    name: Mapped[str] = mapped_column(String(64))
    redacted_by: Mapped[str] = mapped_column(String(36), ForeignKey("ledger_entry.entry_id"))


class SealedText(Base):
    """A text whose commitment stands in an entry's body; it can be redacted, the entry still verifies."""

    __tablename__ = "sealed_text"
    __table_args__ = (UniqueConstraint("entry_id", "name"),)

    id: Mapped[pk]
    entry_id: Mapped[str] = mapped_column(String(36), index=True)
    name: Mapped[str] = mapped_column(String(64))
    salt: Mapped[bytes | None] = mapped_column(LargeBinary)
    text: Mapped[str | None] = mapped_column(Text)

"""Handovers to somebody without an account, and the hashes of their one-time codes."""

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from specimens.domain.handover import HandoverState
from specimens.models.base import Base, Code, Json, Subject, instant, one_of, pk

_OFFERED = text("state = 'offered'")


class HandoverRow(Subject, Base):
    """One release, offered to one outside party with one code."""

    __tablename__ = "handover"
    __table_args__ = (
        one_of("state", HandoverState),
        CheckConstraint("guesses >= 0", name="guesses"),
        CheckConstraint("state NOT IN ('signed', 'declined') OR signed_at IS NOT NULL", name="signed_when"),
        Index("uq_handover_one_open_per_transfer", "transfer", unique=True,
              sqlite_where=_OFFERED, postgresql_where=_OFFERED),
        Index("ix_handover_transfer", "transfer", "id"),
    )  # fmt: skip

    study: Mapped[str] = mapped_column(Code, ForeignKey("study.code"))
    site: Mapped[str] = mapped_column(Code, ForeignKey("site.code"), index=True)
    transfer: Mapped[str] = mapped_column(Code, ForeignKey("transfer.code"))
    list_hash: Mapped[str] = mapped_column(String(64))
    specimens: Mapped[tuple[str, ...]] = mapped_column(Json)
    until_at: Mapped[instant]
    offered_by: Mapped[str | None] = mapped_column(Code)
    offered_at: Mapped[instant | None]
    state: Mapped[str] = mapped_column(String(16))
    guesses: Mapped[int]
    not_taken: Mapped[tuple[str, ...]] = mapped_column(Json)
    signed_at: Mapped[instant | None]


class HandoverSecret(Base):
    """The hash of a one-time code. Stands apart from the handover: it never enters the ledger or a report."""

    __tablename__ = "handover_secret"

    id: Mapped[pk]
    handover: Mapped[str] = mapped_column(Code, ForeignKey("handover.code"), unique=True)
    code_hash: Mapped[str] = mapped_column(String(255))

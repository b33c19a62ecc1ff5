"""Transfers, processing batches, reports, near misses."""

from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from specimens.domain.terms import TransferState
from specimens.models.base import Base, Code, Json, Subject, instant, one_of


class TransferRow(Subject, Base):
    """A transfer list."""

    __tablename__ = "transfer"
    __table_args__ = (
        one_of("state", TransferState),
        one_of("to_kind", ("user", "station")),
        CheckConstraint("sealed_count IS NULL OR sealed_count > 0", name="sealed_count"),
        CheckConstraint("received_by IS NULL OR received_by <> released_by", name="receiver_is_not_releaser"),
        CheckConstraint(
            "state NOT IN ('released', 'in_transit', 'closed') OR released_by IS NOT NULL",
            name="released_by_somebody",
        ),
        Index("ix_transfer_open", "to_site", "state", "id"),
    )

    study: Mapped[str] = mapped_column(Code, ForeignKey("study.code"))
    site: Mapped[str] = mapped_column(Code, ForeignKey("site.code"), index=True)
    to_kind: Mapped[str] = mapped_column(String(16))
    to_code: Mapped[str] = mapped_column(Code)
    to_site: Mapped[str] = mapped_column(Code, ForeignKey("site.code"))
    state: Mapped[str] = mapped_column(String(16))
    lines: Mapped[dict[str, Any]] = mapped_column(Json)
    extras: Mapped[tuple[str, ...]] = mapped_column(Json)
    sealed_count: Mapped[int | None]
    seal: Mapped[str | None] = mapped_column(String(64))
    transport: Mapped[str] = mapped_column(String(32))
    temperature: Mapped[str | None] = mapped_column(String(32))
    released_by: Mapped[str | None] = mapped_column(Code)
    released_at: Mapped[instant | None]
    carried_by: Mapped[str | None] = mapped_column(Code)
    place: Mapped[str | None] = mapped_column(Code)
    condition: Mapped[str | None] = mapped_column(String(64))
    received_temperature_tenths_c: Mapped[int | None]
    received_by: Mapped[str | None] = mapped_column(Code)
    closed_at: Mapped[instant | None]
    list_hash: Mapped[str | None] = mapped_column(String(64))


class BatchRow(Subject, Base):
    """A processing batch."""

    __tablename__ = "batch"

    study: Mapped[str] = mapped_column(Code, ForeignKey("study.code"))
    site: Mapped[str] = mapped_column(Code, ForeignKey("site.code"), index=True)
    name: Mapped[str] = mapped_column(String(200))
    specimens: Mapped[tuple[str, ...]] = mapped_column(Json)
    steps: Mapped[tuple[Any, ...]] = mapped_column(Json)
    opened_at: Mapped[instant | None]
    closed_at: Mapped[instant | None]


class ReportRow(Subject, Base):
    """A custody report that was made."""

    __tablename__ = "report"

    study: Mapped[str] = mapped_column(Code, ForeignKey("study.code"), index=True)
    site: Mapped[str | None] = mapped_column(Code)
    digest: Mapped[str] = mapped_column(String(64), index=True)
    format: Mapped[str] = mapped_column(String(16))
    scope: Mapped[dict[str, Any]] = mapped_column(Json)
    specimens: Mapped[int]
    events: Mapped[int]
    made_at: Mapped[instant | None]
    made_by: Mapped[str | None] = mapped_column(Code)


class NearMissRow(Subject, Base):
    """A scan that was refused."""

    __tablename__ = "near_miss"
    __table_args__ = (
        Index("ix_near_miss_when", "study", "site", "happened_at"),
        Index("ix_near_miss_kind", "happened_at", "refusal", "station"),
    )

    refusal: Mapped[str] = mapped_column(String(64))
    read: Mapped[str | None] = mapped_column(String(64))
    raw: Mapped[str | None] = mapped_column(String(256))
    subject: Mapped[str | None] = mapped_column(Code)
    participant: Mapped[str | None] = mapped_column(Code)
    expected: Mapped[tuple[str, ...] | None] = mapped_column(Json)
    study: Mapped[str | None] = mapped_column(Code)
    site: Mapped[str | None] = mapped_column(Code)
    station: Mapped[str | None] = mapped_column(Code)
    user: Mapped[str | None] = mapped_column(Code)
    happened_at: Mapped[instant | None]

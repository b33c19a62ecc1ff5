"""Visits and kits."""

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from specimens.models.base import Base, Code, Json, Subject, instant


class VisitRow(Subject, Base):
    """A visit that was opened."""

    __tablename__ = "visit"
    __table_args__ = (
        CheckConstraint(
            "paper_checked_by IS NULL OR paper_checked_by <> paper_entered_by", name="second_person"
        ),
    )

    study: Mapped[str] = mapped_column(Code, ForeignKey("study.code"))
    site: Mapped[str] = mapped_column(Code, ForeignKey("site.code"), index=True)
    participant: Mapped[str] = mapped_column(Code, ForeignKey("participant.code"), index=True)
    timepoint: Mapped[str] = mapped_column(String(32))
    protocol_version: Mapped[str] = mapped_column(String(32))
    target_on: Mapped[str | None] = mapped_column(String(10))
    first_on: Mapped[str | None] = mapped_column(String(10))
    last_on: Mapped[str | None] = mapped_column(String(10))
    opened_at: Mapped[instant | None]
    reason_code: Mapped[str | None] = mapped_column(String(64))
    confirmed_at: Mapped[instant | None]
    confirmed_by: Mapped[str | None] = mapped_column(Code)
    paper: Mapped[bool]
    paper_original: Mapped[str | None] = mapped_column(String(200))
    paper_entered_by: Mapped[str | None] = mapped_column(Code)
    paper_checked_by: Mapped[str | None] = mapped_column(Code)


class KitRow(Subject, Base):
    """A kit of a visit: one procedure, one attempt. One running session per station."""

    __tablename__ = "kit"
    __table_args__ = (
        UniqueConstraint("visit", "procedure", "attempt"),
        CheckConstraint("attempt >= 1", name="attempt"),
        CheckConstraint("pieces IS NULL OR pieces >= 0", name="pieces"),
        Index(
            "uq_kit_one_open_per_station",
            "opened_at_station",
            unique=True,
            sqlite_where=text("opened_at IS NOT NULL AND finished_at IS NULL"),
            postgresql_where=text("opened_at IS NOT NULL AND finished_at IS NULL"),
        ),
    )

    study: Mapped[str] = mapped_column(Code, ForeignKey("study.code"))
    site: Mapped[str] = mapped_column(Code, ForeignKey("site.code"), index=True)
    participant: Mapped[str] = mapped_column(Code, ForeignKey("participant.code"), index=True)
    visit: Mapped[str] = mapped_column(Code, ForeignKey("visit.code"), index=True)
    procedure: Mapped[str] = mapped_column(String(32))
    attempt: Mapped[int]
    planned_at: Mapped[instant | None]
    sheet_printed_at: Mapped[instant | None]
    opened_at: Mapped[instant | None]
    opened_at_station: Mapped[str | None] = mapped_column(Code, ForeignKey("station.code"))
    identity_attested_at: Mapped[instant | None]
    identity_attested_by: Mapped[str | None] = mapped_column(Code)
    body_site: Mapped[str | None] = mapped_column(String(32))
    side: Mapped[str | None] = mapped_column(String(16))
    device: Mapped[str | None] = mapped_column(String(200))
    performed_by: Mapped[str | None] = mapped_column(String(200))
    pieces: Mapped[int | None]
    stopped_reason: Mapped[str | None] = mapped_column(String(64))
    finished_at: Mapped[instant | None]
    flags: Mapped[tuple[str, ...]] = mapped_column(Json)

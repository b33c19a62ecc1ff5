"""Printers, what is printed on them, and pre-printed pools."""

from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from specimens.domain.print_job import JobState
from specimens.domain.printer import PrinterKind, PrinterLanguage
from specimens.models.base import Base, Code, Json, Subject, instant, one_of, pk

_SENDING = text("state = 'sending'")
_OPEN = text("state NOT IN ('sent', 'cancelled')")


class PrinterRow(Subject, Base):
    """A printer of a site."""

    __tablename__ = "printer"
    __table_args__ = (
        one_of("kind", PrinterKind),
        one_of("language", PrinterLanguage),
        CheckConstraint("(kind = 'network') = (resolved IS NOT NULL)", name="resolved"),
        CheckConstraint("offset_x BETWEEN -100 AND 100 AND offset_y BETWEEN -100 AND 100", name="offset"),
        CheckConstraint("dpi > 0", name="dpi"),
    )

    site: Mapped[str] = mapped_column(Code, ForeignKey("site.code"), index=True)
    name: Mapped[str] = mapped_column(String(200))
    kind: Mapped[str] = mapped_column(String(16))
    address: Mapped[str] = mapped_column(String(200))
    resolved: Mapped[str | None] = mapped_column(String(64))
    language: Mapped[str] = mapped_column(String(16))
    answers: Mapped[bool]
    dpi: Mapped[int]
    stock: Mapped[str] = mapped_column(String(32))
    offset_x: Mapped[int]
    offset_y: Mapped[int]
    stations: Mapped[tuple[str, ...]] = mapped_column(Json)
    active: Mapped[bool]


class PrintJob(Base):
    """One thing to be printed. The document is kept until it was printed, byte for byte what is sent."""

    __tablename__ = "print_job"
    __table_args__ = (
        one_of("state", JobState),
        CheckConstraint("copies >= 1", name="copies"),
        CheckConstraint("tries >= 0", name="tries"),
        CheckConstraint("(state = 'sending') = (lease IS NOT NULL)", name="leased"),
        CheckConstraint("(lease IS NULL) = (lease_until IS NULL)", name="lease_whole"),
        CheckConstraint("state IN ('sent', 'cancelled') OR document IS NOT NULL", name="kept_until_printed"),
        Index("uq_print_job_one_sending_per_printer", "printer", unique=True,
              sqlite_where=_SENDING, postgresql_where=_SENDING),
        Index("ix_print_job_open", "not_before", "id", sqlite_where=_OPEN, postgresql_where=_OPEN),
    )  # fmt: skip

    id: Mapped[pk]
    code: Mapped[str] = mapped_column(Code, unique=True)
    printer: Mapped[str] = mapped_column(Code, ForeignKey("printer.code"), index=True)
    site: Mapped[str] = mapped_column(Code, ForeignKey("site.code"), index=True)
    study: Mapped[str | None] = mapped_column(Code, ForeignKey("study.code"))
    source: Mapped[str] = mapped_column(String(16))
    subject: Mapped[str] = mapped_column(Code)
    codes: Mapped[tuple[str, ...]] = mapped_column(Json)
    copies: Mapped[int]
    document: Mapped[bytes | None]
    state: Mapped[str] = mapped_column(String(16))
    why: Mapped[str | None] = mapped_column(String(64))
    said: Mapped[str | None] = mapped_column(String(200))
    tries: Mapped[int]
    not_before: Mapped[instant]
    lease: Mapped[str | None] = mapped_column(String(36))
    lease_until: Mapped[instant | None]
    asked_by: Mapped[str] = mapped_column(Code)
    asked_at: Mapped[instant]
    changed_at: Mapped[instant]
    changed_by: Mapped[str | None] = mapped_column(Code)


class PoolRow(Subject, Base):
    """A pre-printed pool of a study at a site."""

    __tablename__ = "pool"
    __table_args__ = (CheckConstraint("printed >= 0", name="printed"),)

    study: Mapped[str] = mapped_column(Code, ForeignKey("study.code"))
    site: Mapped[str] = mapped_column(Code, ForeignKey("site.code"), index=True)
    role: Mapped[str] = mapped_column(String(32))
    codes: Mapped[tuple[Any, ...]] = mapped_column(Json)
    printed: Mapped[int]


class PoolLabel(Base):
    """One identifier of a pool. It comes from the registry that all come from, so no two pools can share one."""

    __tablename__ = "pool_label"
    __table_args__ = (UniqueConstraint("code"),)

    id: Mapped[pk]
    code: Mapped[str] = mapped_column(Code, ForeignKey("identifier.code"))
    pool: Mapped[str] = mapped_column(Code, ForeignKey("pool.code"), index=True)

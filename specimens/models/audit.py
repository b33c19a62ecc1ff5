"""The auditor's bench: random draws with their populations, and findings."""

from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from specimens.domain.finding import FindingState, Severity
from specimens.models.base import Base, Code, Json, Subject, instant, one_of, pk


class DrawRow(Subject, Base):
    """A random draw of specimens."""

    __tablename__ = "draw"
    __table_args__ = (
        CheckConstraint("wanted > 0", name="wanted"),
        CheckConstraint("seed <> ''", name="seed"),
        CheckConstraint(
            "drawn_at IS NULL OR (committed_at IS NOT NULL AND committed_at <= drawn_at)", name="seed_first"
        ),
        Index("ix_draw_where", "study", "site", "id"),
    )

    study: Mapped[str | None] = mapped_column(Code, ForeignKey("study.code"))
    site: Mapped[str | None] = mapped_column(Code, ForeignKey("site.code"))
    seed: Mapped[str] = mapped_column(String(64))
    wanted: Mapped[int]
    own_seed: Mapped[bool]
    population: Mapped[int | None]
    population_digest: Mapped[str | None] = mapped_column(String(64))
    specimens: Mapped[tuple[Any, ...]] = mapped_column(Json)
    committed_by: Mapped[str | None] = mapped_column(Code)
    committed_at: Mapped[instant | None]
    drawn_at: Mapped[instant | None]


class DrawPopulation(Base):
    """The codes among which a draw was made, so that anybody can make it again; its digest stands in the ledger."""

    __tablename__ = "draw_population"

    id: Mapped[pk]
    draw: Mapped[str] = mapped_column(Code, ForeignKey("draw.code"), unique=True)
    codes: Mapped[str] = mapped_column(Text)


class FindingRow(Subject, Base):
    """A finding of an audit."""

    __tablename__ = "finding"
    __table_args__ = (
        one_of("state", FindingState),
        one_of("severity", Severity),
        CheckConstraint("answered_by IS NULL OR answered_by <> raised_by", name="answered_by_another"),
        CheckConstraint("state <> 'finding_closed' OR closed_by IS NOT NULL", name="closed_by_somebody"),
        Index("ix_finding_where", "study", "site", "id"),
        Index("ix_finding_about", "about_kind", "about_code"),
    )

    study: Mapped[str | None] = mapped_column(Code, ForeignKey("study.code"))
    site: Mapped[str | None] = mapped_column(Code, ForeignKey("site.code"))
    about_kind: Mapped[str] = mapped_column(String(32))
    about_code: Mapped[str] = mapped_column(Code)
    severity: Mapped[str] = mapped_column(String(16))
    draw: Mapped[str | None] = mapped_column(Code, ForeignKey("draw.code"))
    state: Mapped[str] = mapped_column(String(16))
    raised_by: Mapped[str | None] = mapped_column(Code)
    raised_at: Mapped[instant | None]
    answered_by: Mapped[str | None] = mapped_column(Code)
    answered_at: Mapped[instant | None]
    closed_by: Mapped[str | None] = mapped_column(Code)
    closed_at: Mapped[instant | None]

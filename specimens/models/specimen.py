"""Specimens and their lineage."""

from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from specimens.domain.terms import CustodianKind, Status
from specimens.models.base import Base, Code, Json, Subject, instant, one_of, pk

_MARKED = text("flags <> '[]' OR holds <> '[]'")
_IN_A_WELL = text("place IS NOT NULL AND position IS NOT NULL AND position <> ''")


class SpecimenRow(Subject, Base):
    """A specimen: one container. The row says what its entries add up to."""

    __tablename__ = "specimen"
    __table_args__ = (
        one_of("status", Status),
        CheckConstraint("custodian_kind IS NULL OR custodian_kind IN ({})".format(
            ", ".join(f"'{kind}'" for kind in CustodianKind)), name="custodian_kind"),
        CheckConstraint("(custodian_kind IS NULL) = (custodian IS NULL)", name="custodian_whole"),
        CheckConstraint("volume_ul IS NULL OR volume_ul >= 0", name="volume_not_negative"),
        CheckConstraint("level >= 0", name="level"),
        CheckConstraint("thaws >= 0", name="thaws"),
        CheckConstraint("status <> 'stored' OR place IS NOT NULL", name="stored_somewhere"),
        CheckConstraint("status <> 'collected' OR collected_at IS NOT NULL", name="collected_when"),
        CheckConstraint("status <> 'released' OR transfer IS NOT NULL", name="released_on_a_list"),
        Index("uq_specimen_one_per_well", "place", "position", unique=True,
              sqlite_where=_IN_A_WELL, postgresql_where=_IN_A_WELL),
        Index("ix_specimen_study_site", "study", "site", "id"),
        Index("ix_specimen_held_site", "study", "held_site", "id"),
        Index("ix_specimen_bound_site", "study", "bound_site", "id"),
        Index("ix_specimen_status", "study", "status", "id", "site", "held_site", "bound_site"),
        Index("ix_specimen_custodian", "custodian", "id"),
        Index("ix_specimen_type", "study", "specimen_type", "id"),
        Index("ix_specimen_place", "place", "id"),
        Index("ix_specimen_collected_at", "study", "collected_at"),
        Index("ix_specimen_marked", "study", "id", sqlite_where=_MARKED, postgresql_where=_MARKED),
    )  # fmt: skip

    study: Mapped[str] = mapped_column(Code, ForeignKey("study.code"))
    site: Mapped[str] = mapped_column(Code, ForeignKey("site.code"))
    participant: Mapped[str] = mapped_column(Code, ForeignKey("participant.code"), index=True)
    visit: Mapped[str] = mapped_column(Code, ForeignKey("visit.code"), index=True)
    kit: Mapped[str | None] = mapped_column(Code, ForeignKey("kit.code"), index=True)
    timepoint: Mapped[str] = mapped_column(String(32))
    procedure: Mapped[str] = mapped_column(String(32))
    slot: Mapped[str] = mapped_column(String(64))
    attempt: Mapped[int]
    protocol_version: Mapped[str] = mapped_column(String(32))
    specimen_type: Mapped[str] = mapped_column(String(64))
    container: Mapped[str] = mapped_column(String(64))
    level: Mapped[int]
    derivative: Mapped[str | None] = mapped_column(String(64))
    number: Mapped[int]
    status: Mapped[str] = mapped_column(String(32))
    status_before: Mapped[str | None] = mapped_column(String(32))
    custodian_kind: Mapped[str | None] = mapped_column(String(16))
    custodian: Mapped[str | None] = mapped_column(Code)
    held_site: Mapped[str | None] = mapped_column(Code, ForeignKey("site.code"))
    bound_site: Mapped[str | None] = mapped_column(Code, ForeignKey("site.code"))
    place: Mapped[str | None] = mapped_column(Code)
    position: Mapped[str | None] = mapped_column(String(16))
    transfer: Mapped[str | None] = mapped_column(Code, index=True)
    batch: Mapped[str | None] = mapped_column(Code, index=True)
    holds: Mapped[tuple[str, ...]] = mapped_column(Json)
    flags: Mapped[tuple[str, ...]] = mapped_column(Json)
    ended_reason: Mapped[str | None] = mapped_column(String(64))
    pieces: Mapped[int | None]
    body_site: Mapped[str | None] = mapped_column(String(32))
    side: Mapped[str | None] = mapped_column(String(16))
    volume_ul: Mapped[int | None]
    label_generation: Mapped[int]
    label_live: Mapped[bool]
    thaws: Mapped[int]
    collected_at: Mapped[instant | None]
    collected_by: Mapped[str | None] = mapped_column(String(200))
    parents: Mapped[tuple[Any, ...]] = mapped_column(Json)
    moments: Mapped[dict[str, Any]] = mapped_column(Json)


class SpecimenParent(Base):
    """One line of lineage: this child has that parent, from which so many microlitres went into it."""

    __tablename__ = "specimen_parent"
    __table_args__ = (
        UniqueConstraint("child", "parent"),
        CheckConstraint("child <> parent", name="not_its_own_parent"),
        CheckConstraint("volume_ul >= 0", name="volume"),
    )

    id: Mapped[pk]
    child: Mapped[str] = mapped_column(Code, ForeignKey("specimen.code"))
    parent: Mapped[str] = mapped_column(Code, ForeignKey("specimen.code"), index=True)
    volume_ul: Mapped[int]

"""Inventory checks of boxes, and pick lists."""

from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from specimens.domain.inventory import InventoryState
from specimens.domain.pick import PickState
from specimens.models.base import Base, Code, Json, Subject, instant, one_of

_OPEN = text("state = 'check_open'")


class InventoryRow(Subject, Base):
    """An inventory check; of a box one at a time is open, for each study."""

    __tablename__ = "inventory"
    __table_args__ = (
        one_of("state", InventoryState),
        CheckConstraint("(state = 'check_closed') = (closed_by IS NOT NULL)", name="closed_by_somebody"),
        Index("uq_inventory_one_open", "box", "study", unique=True, sqlite_where=_OPEN, postgresql_where=_OPEN),
        Index("ix_inventory_box", "box", "id"),
    )  # fmt: skip

    study: Mapped[str | None] = mapped_column(Code, ForeignKey("study.code"))
    site: Mapped[str | None] = mapped_column(Code, ForeignKey("site.code"))
    box: Mapped[str] = mapped_column(Code, ForeignKey("storage.code"))
    state: Mapped[str] = mapped_column(String(16))
    lines: Mapped[dict[str, Any]] = mapped_column(Json)
    wells: Mapped[dict[str, Any]] = mapped_column(Json)
    opened_by: Mapped[str | None] = mapped_column(Code)
    opened_at: Mapped[instant | None]
    closed_by: Mapped[str | None] = mapped_column(Code)
    closed_at: Mapped[instant | None]


class PickRow(Subject, Base):
    """A pick list."""

    __tablename__ = "pick"
    __table_args__ = (
        one_of("state", PickState),
        CheckConstraint("(state = 'pick_closed') = (closed_by IS NOT NULL)", name="closed_by_somebody"),
        Index("ix_pick_where", "study", "site", "state", "id"),
    )

    study: Mapped[str | None] = mapped_column(Code, ForeignKey("study.code"))
    site: Mapped[str | None] = mapped_column(Code, ForeignKey("site.code"))
    purpose: Mapped[str] = mapped_column(String(64))
    state: Mapped[str] = mapped_column(String(16))
    lines: Mapped[dict[str, Any]] = mapped_column(Json)
    listed_by: Mapped[str | None] = mapped_column(Code)
    listed_at: Mapped[instant | None]
    closed_by: Mapped[str | None] = mapped_column(Code)
    closed_at: Mapped[instant | None]

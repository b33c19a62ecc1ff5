"""Sites, stations and storage."""

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, false
from sqlalchemy.orm import Mapped, mapped_column

from specimens.domain.station import Theme, Tongue
from specimens.domain.terms import StationKind, StorageKind
from specimens.models.base import Base, Code, Subject, one_of


class SiteRow(Subject, Base):
    """A site."""

    __tablename__ = "site"

    name: Mapped[str] = mapped_column(String(200))
    zone: Mapped[str] = mapped_column(String(64))
    telephone: Mapped[str] = mapped_column(String(64))
    active: Mapped[bool]


class StationRow(Subject, Base):
    """A station of a site, and how its pages look, sound and speak."""

    __tablename__ = "station"
    __table_args__ = (one_of("kind", StationKind), one_of("theme", Theme), one_of("language", Tongue))

    site: Mapped[str] = mapped_column(Code, ForeignKey("site.code"), index=True)
    name: Mapped[str] = mapped_column(String(200))
    kind: Mapped[str] = mapped_column(String(32))
    active: Mapped[bool]
    theme: Mapped[str] = mapped_column(String(16), server_default=Theme.DEVICE)
    sound: Mapped[bool] = mapped_column(server_default=false())
    language: Mapped[str] = mapped_column(String(16), server_default=Tongue.PERSON)


class StorageRow(Subject, Base):
    """A storage unit; only a box has wells, and it has both rows and columns or neither."""

    __tablename__ = "storage"
    __table_args__ = (
        one_of("kind", StorageKind),
        one_of("fill", ("row", "column")),
        CheckConstraint("parent IS NULL OR parent <> code", name="not_its_own_parent"),
        CheckConstraint(
            '("rows" BETWEEN 0 AND 26) AND ("columns" BETWEEN 0 AND 40) AND (("rows" = 0) = ("columns" = 0))',
            name="grid",
        ),
        Index("ix_storage_parent", "parent"),
    )

    site: Mapped[str] = mapped_column(Code, ForeignKey("site.code"), index=True)
    kind: Mapped[str] = mapped_column(String(16))
    name: Mapped[str] = mapped_column(String(200))
    temperature: Mapped[str] = mapped_column(String(32))
    parent: Mapped[str | None] = mapped_column(Code, ForeignKey("storage.code"))
    rows: Mapped[int]
    columns: Mapped[int]
    fill: Mapped[str] = mapped_column(String(16))
    active: Mapped[bool]

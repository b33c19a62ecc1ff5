"""Studies and the versions of their protocols."""

from sqlalchemy import String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from specimens.models.base import Base, Code, Json, Subject, instant, pk


class StudyRow(Subject, Base):
    """A study and the version of its protocol that is in force."""

    __tablename__ = "study"

    title: Mapped[str] = mapped_column(String(300))
    version: Mapped[str] = mapped_column(String(32))
    digest: Mapped[str] = mapped_column(String(64))
    sites: Mapped[tuple[str, ...]] = mapped_column(Json)
    published_at: Mapped[instant | None]


class ProtocolVersion(Base):
    """The text of one published version, byte for byte; append-only."""

    __tablename__ = "protocol_version"
    __table_args__ = (UniqueConstraint("study", "version"),)

    id: Mapped[pk]
    study: Mapped[str] = mapped_column(Code, index=True)
    version: Mapped[str] = mapped_column(String(32))
    digest: Mapped[str] = mapped_column(String(64))
    text: Mapped[str] = mapped_column(Text)
    published_at: Mapped[instant]
    published_by: Mapped[str] = mapped_column(Code)

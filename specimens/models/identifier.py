"""The registry of all identifiers, whatever they name."""

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from specimens.models.base import Base, instant, pk


class Identifier(Base):
    """One identifier and the kind of thing it names. A collision at random is refused here and tried again."""

    __tablename__ = "identifier"
    __table_args__ = (Index("ix_identifier_kind", "kind", "id"),)

    id: Mapped[pk]
    code: Mapped[str] = mapped_column(String(8), unique=True)
    kind: Mapped[str] = mapped_column(String(32))
    issued_at: Mapped[instant]

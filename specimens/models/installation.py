"""This installation: the name under which its ledger is known."""

from sqlalchemy import CheckConstraint, String
from sqlalchemy.orm import Mapped, mapped_column

from specimens.models.base import Base, instant, pk


class Installation(Base):
    """The one row that names the ledger's origin. Identity elsewhere is (origin, identifier)."""

    __tablename__ = "installation"
    __table_args__ = (CheckConstraint("id = 1", name="only_one"),)

    id: Mapped[pk]
    origin: Mapped[str] = mapped_column(String(200))
    made_at: Mapped[instant]

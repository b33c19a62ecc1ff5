"""Requests that were answered: the same key again gets the same answer and makes no second event."""

from sqlalchemy import String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from specimens.models.base import Base, Code, instant, pk


class AnsweredRequest(Base):
    """One act that was asked for under a key; `digest` is the SHA-256 of what was asked, `outcome` the answer."""

    __tablename__ = "answered_request"
    __table_args__ = (UniqueConstraint("actor_user", "key"),)

    id: Mapped[pk]
    actor_user: Mapped[str] = mapped_column(Code)
    key: Mapped[str] = mapped_column(String(128))
    digest: Mapped[str] = mapped_column(String(64))
    outcome: Mapped[str] = mapped_column(Text)
    answered_at: Mapped[instant]

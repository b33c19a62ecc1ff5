"""Signatures: one row each, never changed; what was signed is named by its entry."""

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from specimens.models.base import Base, Code, Subject, instant


class SignatureRow(Subject, Base):
    """A signature; append-only. Nobody signs one entry twice."""

    __tablename__ = "signature"
    __table_args__ = (
        UniqueConstraint("of_kind", "of_code", "of_seq", "user", name="uq_signature_once"),
        Index("ix_signature_digest", "digest"),
    )

    of_kind: Mapped[str] = mapped_column(String(32))
    of_code: Mapped[str] = mapped_column(Code)
    of_seq: Mapped[int]
    of_hash: Mapped[str] = mapped_column(String(64))
    occasion: Mapped[str] = mapped_column(String(64))
    meaning: Mapped[str] = mapped_column(String(64))
    study: Mapped[str | None] = mapped_column(Code, ForeignKey("study.code"), index=True)
    site: Mapped[str | None] = mapped_column(Code, ForeignKey("site.code"))
    protocol_version: Mapped[str | None] = mapped_column(String(40))
    digest: Mapped[str | None] = mapped_column(String(64))
    user: Mapped[str | None] = mapped_column(Code)
    full_name: Mapped[str | None] = mapped_column(String(200))
    role: Mapped[str | None] = mapped_column(String(32))
    signed_at: Mapped[instant | None]
    zone: Mapped[str | None] = mapped_column(String(64))
    offset: Mapped[str | None] = mapped_column(String(6))

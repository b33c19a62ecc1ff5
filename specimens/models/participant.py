"""Participants. There is no column for a name, a birth date or a hospital number, and there never will be."""

from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from specimens.domain.terms import ParticipantState
from specimens.models.base import Base, Code, Json, Subject, instant, one_of


class ParticipantRow(Subject, Base):
    """A participant of one study at one site."""

    __tablename__ = "participant"
    __table_args__ = (
        UniqueConstraint("study", "subject_number"),
        one_of("state", ParticipantState),
        one_of("eligibility", ("open", "complete", "confirmed")),
        CheckConstraint("withdrawal IS NULL OR withdrawal IN ('keep', 'destroy')", name="withdrawal"),
        CheckConstraint(
            "state IN ('registered', 'died') OR consented_at IS NOT NULL", name="consent_comes_first"
        ),
        CheckConstraint(
            "state NOT IN ('enrolled', 'treatment_stopped', 'completed') OR eligibility = 'confirmed'",
            name="enrolled_only_when_confirmed",
        ),
    )

    study: Mapped[str] = mapped_column(Code, ForeignKey("study.code"), index=True)
    site: Mapped[str] = mapped_column(Code, ForeignKey("site.code"), index=True)
    subject_number: Mapped[str] = mapped_column(String(32))
    state: Mapped[str] = mapped_column(String(32))
    consent_version: Mapped[str | None] = mapped_column(String(32))
    consent_scopes: Mapped[tuple[str, ...]] = mapped_column(Json)
    consented_at: Mapped[instant | None]
    withdrawn_at: Mapped[instant | None]
    withdrawal: Mapped[str | None] = mapped_column(String(16))
    eligibility: Mapped[str] = mapped_column(String(16))
    answers: Mapped[dict[str, Any]] = mapped_column(Json)
    group_code: Mapped[str | None] = mapped_column(String(32))
    day0_planned_on: Mapped[str | None] = mapped_column(String(10))
    first_dosed_at: Mapped[instant | None]

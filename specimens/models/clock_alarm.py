"""Alarms: the server's clock was behind the newest entry of the ledger."""

from sqlalchemy import CheckConstraint, String
from sqlalchemy.orm import Mapped, mapped_column

from specimens.domain.clock_alarm import AlarmState
from specimens.models.base import Base, Code, Subject, instant, one_of


class ClockAlarmRow(Subject, Base):
    """The projection of `domain/clock_alarm.py`: one alarm for each instant from which the clock went back."""

    __tablename__ = "clock_alarm"
    __table_args__ = (
        one_of("state", AlarmState),
        CheckConstraint("behind_ms > 0", name="behind"),
        CheckConstraint("state <> 'alarm_closed' OR closed_by IS NOT NULL", name="closed_by_somebody"),
    )

    newest_at: Mapped[instant] = mapped_column(unique=True)
    behind_ms: Mapped[instant]
    state: Mapped[str] = mapped_column(String(16), index=True)
    opened_at: Mapped[instant | None]
    closed_by: Mapped[str | None] = mapped_column(Code)
    closed_at: Mapped[instant | None]

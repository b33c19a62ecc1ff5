"""The badges of people, and the PINs that go with them."""

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from specimens.domain.badge import BadgeState
from specimens.models.base import Base, Code, Subject, instant, one_of, pk

_LIVE = text("state = 'badge_live'")


class BadgeRow(Subject, Base):
    """A badge. A person has one live one at a time."""

    __tablename__ = "badge"
    __table_args__ = (
        one_of("state", BadgeState),
        CheckConstraint("(state = 'badge_retired') = (retired_at IS NOT NULL)", name="retired_once"),
        Index("uq_badge_one_live", "user", unique=True, sqlite_where=_LIVE, postgresql_where=_LIVE),
    )

    user: Mapped[str] = mapped_column(Code, ForeignKey("user_account.code"), index=True)
    state: Mapped[str] = mapped_column(String(16))
    issued_at: Mapped[instant | None]
    retired_at: Mapped[instant | None]


class Pin(Base):
    """The hash of a person's PIN; never in the ledger or a report. Taken away, the row stays without a hash.

    It counts while `proven_at`, the last time this person typed the password, is near enough, and while `failures`,
    the wrong PINs since then in a row, are few.
    """

    __tablename__ = "pin"

    id: Mapped[pk]
    user: Mapped[str] = mapped_column(Code, ForeignKey("user_account.code"), unique=True)
    pin_hash: Mapped[str | None] = mapped_column(String(255))
    set_at: Mapped[instant]
    proven_at: Mapped[instant | None]
    failures: Mapped[int]

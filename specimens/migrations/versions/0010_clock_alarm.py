"""Alarms of a clock that went back."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the table of alarms."""
    op.create_table(
        "clock_alarm",
        sa.Column("newest_at", sa.BigInteger(), nullable=False),
        sa.Column("behind_ms", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("opened_at", sa.BigInteger(), nullable=True),
        sa.Column("closed_by", sa.String(length=64), nullable=True),
        sa.Column("closed_at", sa.BigInteger(), nullable=True),
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("entry_seq", sa.Integer(), nullable=False),
        sa.Column("entry_hash", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("state IN ('alarm_open', 'alarm_closed')", name=op.f("ck_clock_alarm_state")),
        sa.CheckConstraint("behind_ms > 0", name=op.f("ck_clock_alarm_behind")),
        sa.CheckConstraint(
            "state <> 'alarm_closed' OR closed_by IS NOT NULL", name=op.f("ck_clock_alarm_closed_by_somebody")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_clock_alarm")),
        sa.UniqueConstraint("code", name=op.f("uq_clock_alarm_code")),
        sa.UniqueConstraint("newest_at", name=op.f("uq_clock_alarm_newest_at")),
    )
    op.create_index("ix_clock_alarm_state", "clock_alarm", ["state"])

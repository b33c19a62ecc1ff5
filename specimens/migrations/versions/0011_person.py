"""People at a station: badges, PINs, locked sessions; what a refused scan was expected to be."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_LIVE = sa.text("state = 'badge_live'")


def upgrade() -> None:
    """Make the tables of badges and PINs; sessions can be locked; near misses say what was expected."""
    op.create_table(
        "badge",
        sa.Column("user", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("issued_at", sa.BigInteger(), nullable=True),
        sa.Column("retired_at", sa.BigInteger(), nullable=True),
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("entry_seq", sa.Integer(), nullable=False),
        sa.Column("entry_hash", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("state IN ('badge_live', 'badge_retired')", name=op.f("ck_badge_state")),
        sa.CheckConstraint(
            "(state = 'badge_retired') = (retired_at IS NOT NULL)", name=op.f("ck_badge_retired_once")
        ),
        sa.ForeignKeyConstraint(["user"], ["user_account.code"], name=op.f("fk_badge_user_user_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_badge")),
        sa.UniqueConstraint("code", name=op.f("uq_badge_code")),
    )
    op.create_index("ix_badge_user", "badge", ["user"])
    op.create_index(
        "uq_badge_one_live", "badge", ["user"], unique=True, sqlite_where=_LIVE, postgresql_where=_LIVE
    )
    op.create_table(
        "pin",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("user", sa.String(length=64), nullable=False),
        sa.Column("pin_hash", sa.String(length=255), nullable=True),
        sa.Column("set_at", sa.BigInteger(), nullable=False),
        sa.Column("proven_at", sa.BigInteger(), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["user"], ["user_account.code"], name=op.f("fk_pin_user_user_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pin")),
        sa.UniqueConstraint("user", name=op.f("uq_pin_user")),
    )
    op.add_column("login_session", sa.Column("locked_at", sa.BigInteger(), nullable=True))
    op.add_column(
        "login_session", sa.Column("by_pin", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    op.add_column("near_miss", sa.Column("participant", sa.String(length=64), nullable=True))
    op.add_column("near_miss", sa.Column("expected", sa.Text(), nullable=True))
    op.create_index("ix_near_miss_kind", "near_miss", ["happened_at", "refusal", "station"])

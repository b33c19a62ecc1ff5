"""Inventory checks of boxes, and pick lists."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_OPEN = sa.text("state = 'check_open'")


def _subject() -> list[sa.Column[object]]:
    return [
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("entry_seq", sa.Integer(), nullable=False),
        sa.Column("entry_hash", sa.LargeBinary(), nullable=False),
    ]


def upgrade() -> None:
    """Make the tables of checks and of pick lists."""
    op.create_table(
        "inventory",
        sa.Column("study", sa.String(length=64), nullable=True),
        sa.Column("site", sa.String(length=64), nullable=True),
        sa.Column("box", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("lines", sa.Text(), nullable=False),
        sa.Column("wells", sa.Text(), nullable=False),
        sa.Column("opened_by", sa.String(length=64), nullable=True),
        sa.Column("opened_at", sa.BigInteger(), nullable=True),
        sa.Column("closed_by", sa.String(length=64), nullable=True),
        sa.Column("closed_at", sa.BigInteger(), nullable=True),
        *_subject(),
        sa.CheckConstraint("state IN ('check_open', 'check_closed')", name=op.f("ck_inventory_state")),
        sa.CheckConstraint(
            "(state = 'check_closed') = (closed_by IS NOT NULL)", name=op.f("ck_inventory_closed_by_somebody")
        ),
        sa.ForeignKeyConstraint(["study"], ["study.code"], name=op.f("fk_inventory_study_study")),
        sa.ForeignKeyConstraint(["site"], ["site.code"], name=op.f("fk_inventory_site_site")),
        sa.ForeignKeyConstraint(["box"], ["storage.code"], name=op.f("fk_inventory_box_storage")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inventory")),
        sa.UniqueConstraint("code", name=op.f("uq_inventory_code")),
    )
    op.create_index(
        "uq_inventory_one_open", "inventory", ["box", "study"], unique=True, sqlite_where=_OPEN,
        postgresql_where=_OPEN,
    )  # fmt: skip
    op.create_index("ix_inventory_box", "inventory", ["box", "id"])
    op.create_table(
        "pick",
        sa.Column("study", sa.String(length=64), nullable=True),
        sa.Column("site", sa.String(length=64), nullable=True),
        sa.Column("purpose", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("lines", sa.Text(), nullable=False),
        sa.Column("listed_by", sa.String(length=64), nullable=True),
        sa.Column("listed_at", sa.BigInteger(), nullable=True),
        sa.Column("closed_by", sa.String(length=64), nullable=True),
        sa.Column("closed_at", sa.BigInteger(), nullable=True),
        *_subject(),
        sa.CheckConstraint("state IN ('pick_open', 'pick_closed')", name=op.f("ck_pick_state")),
        sa.CheckConstraint(
            "(state = 'pick_closed') = (closed_by IS NOT NULL)", name=op.f("ck_pick_closed_by_somebody")
        ),
        sa.ForeignKeyConstraint(["study"], ["study.code"], name=op.f("fk_pick_study_study")),
        sa.ForeignKeyConstraint(["site"], ["site.code"], name=op.f("fk_pick_site_site")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pick")),
        sa.UniqueConstraint("code", name=op.f("uq_pick_code")),
    )
    op.create_index("ix_pick_where", "pick", ["study", "site", "state", "id"])

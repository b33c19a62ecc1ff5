"""Signatures: one row each, bound to the entry that was signed; append-only."""

import sqlalchemy as sa
from alembic import op

from specimens.migrations.guards import append_only

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the table of signatures."""
    op.create_table(
        "signature",
        sa.Column("of_kind", sa.String(length=32), nullable=False),
        sa.Column("of_code", sa.String(length=64), nullable=False),
        sa.Column("of_seq", sa.Integer(), nullable=False),
        sa.Column("of_hash", sa.String(length=64), nullable=False),
        sa.Column("occasion", sa.String(length=64), nullable=False),
        sa.Column("meaning", sa.String(length=64), nullable=False),
        sa.Column("study", sa.String(length=64), nullable=True),
        sa.Column("site", sa.String(length=64), nullable=True),
        sa.Column("protocol_version", sa.String(length=40), nullable=True),
        sa.Column("digest", sa.String(length=64), nullable=True),
        sa.Column("user", sa.String(length=64), nullable=True),
        sa.Column("full_name", sa.String(length=200), nullable=True),
        sa.Column("role", sa.String(length=32), nullable=True),
        sa.Column("signed_at", sa.BigInteger(), nullable=True),
        sa.Column("zone", sa.String(length=64), nullable=True),
        sa.Column("offset", sa.String(length=6), nullable=True),
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("entry_seq", sa.Integer(), nullable=False),
        sa.Column("entry_hash", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["study"], ["study.code"], name=op.f("fk_signature_study_study")),
        sa.ForeignKeyConstraint(["site"], ["site.code"], name=op.f("fk_signature_site_site")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_signature")),
        sa.UniqueConstraint("code", name=op.f("uq_signature_code")),
        sa.UniqueConstraint("of_kind", "of_code", "of_seq", "user", name=op.f("uq_signature_once")),
    )
    op.create_index(op.f("ix_signature_digest"), "signature", ["digest"], unique=False)
    op.create_index(op.f("ix_signature_study"), "signature", ["study"], unique=False)
    append_only("signature", ("code",), ("of_kind", "of_code", "of_seq", "user"))


def downgrade() -> None:
    """Nothing of the ledger is ever taken away."""
    raise RuntimeError("this schema only grows: restore a backup to go back")

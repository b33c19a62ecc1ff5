"""The tree over all entries: leaves, tiles, the queue before it, checkpoints, signing keys, verifications."""

import sqlalchemy as sa
from alembic import op

from specimens.migrations.guards import append_only

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the tables, and give every entry that is there its place in the tree, in the order of its row."""
    op.create_table(
        "leaf",
        sa.Column("id", BIG, autoincrement=False, nullable=False),
        sa.Column("entry", BIG, nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("id >= 0", name=op.f("ck_leaf_index")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_leaf")),
        sa.UniqueConstraint("entry", name=op.f("uq_leaf_entry")),
    )
    op.create_table(
        "tile",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("number", BIG, nullable=False),
        sa.Column("hashes", sa.LargeBinary(), nullable=False),
        sa.Column("top", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("length(hashes) = 8192 AND length(top) = 32", name=op.f("ck_tile_complete")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tile")),
        sa.UniqueConstraint("level", "number", name=op.f("uq_tile_level_number")),
    )
    op.create_table(
        "pending",
        sa.Column("id", BIG, autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pending")),
    )
    op.create_table(
        "lease",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("held_by", sa.String(length=64), nullable=False),
        sa.Column("until_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_lease_only_one")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lease")),
    )
    op.create_table(
        "checkpoint",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("origin", sa.String(length=220), nullable=False),
        sa.Column("size", BIG, nullable=False),
        sa.Column("root", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_checkpoint")),
        sa.UniqueConstraint("origin", "size", name=op.f("uq_checkpoint_origin_size")),
    )
    op.create_table(
        "cosignature",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("checkpoint", BIG, nullable=False),
        sa.Column("vkey", sa.String(length=300), nullable=False),
        sa.Column("line", sa.Text(), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cosignature")),
        sa.UniqueConstraint("checkpoint", "vkey", name=op.f("uq_cosignature_checkpoint_vkey")),
    )
    op.create_table(
        "signing_key",
        sa.Column("name", sa.String(length=220), nullable=False),
        sa.Column("vkey", sa.String(length=300), nullable=False),
        sa.Column("begun_at", sa.BigInteger(), nullable=True),
        sa.Column("retired_at", sa.BigInteger(), nullable=True),
        sa.Column("statement", sa.Text(), nullable=True),
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("entry_seq", sa.Integer(), nullable=False),
        sa.Column("entry_hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_signing_key")),
        sa.UniqueConstraint("code", name=op.f("uq_signing_key_code")),
    )
    op.create_table(
        "verification",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("began_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=False),
        sa.Column("entries", BIG, nullable=False),
        sa.Column("whole", sa.Boolean(), nullable=False),
        sa.Column("differences", sa.Text(), nullable=False),
        sa.Column("further", BIG, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_verification")),
    )
    op.execute(
        "INSERT INTO leaf (id, entry, hash) "
        "SELECT row_number() OVER (ORDER BY id) - 1, id, hash FROM ledger_entry ORDER BY id"
    )  # complete tiles follow when the installation is named: hashing is no work for SQL
    op.execute("INSERT INTO lease (id, held_by, until_at) VALUES (1, '', 0)")
    append_only("leaf", ("entry",))
    append_only("tile", ("level", "number"))
    append_only("checkpoint", ("origin", "size"))
    append_only("cosignature", ("checkpoint", "vkey"))
    append_only("verification")


def downgrade() -> None:
    """Nothing of the ledger is ever taken away."""
    raise RuntimeError("this schema only grows: restore a backup to go back")

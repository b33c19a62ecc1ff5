"""Printers, the queue of what is printed, and pre-printed pools."""

import sqlalchemy as sa
from alembic import op

from specimens.migrations.guards import append_only

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Printers, the queue of what is printed, and pre-printed pools."""
    op.create_table(
        "printer",
        sa.Column("site", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("address", sa.String(length=200), nullable=False),
        sa.Column("resolved", sa.String(length=64), nullable=True),
        sa.Column("language", sa.String(length=16), nullable=False),
        sa.Column("answers", sa.Boolean(), nullable=False),
        sa.Column("dpi", sa.Integer(), nullable=False),
        sa.Column("stock", sa.String(length=32), nullable=False),
        sa.Column("offset_x", sa.Integer(), nullable=False),
        sa.Column("offset_y", sa.Integer(), nullable=False),
        sa.Column("stations", sa.Text(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("entry_seq", sa.Integer(), nullable=False),
        sa.Column("entry_hash", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('network', 'command', 'folder', 'browser')", name=op.f("ck_printer_kind")
        ),
        sa.CheckConstraint("language IN ('pdf', 'zpl')", name=op.f("ck_printer_language")),
        sa.CheckConstraint("(kind = 'network') = (resolved IS NOT NULL)", name=op.f("ck_printer_resolved")),
        sa.CheckConstraint(
            "offset_x BETWEEN -100 AND 100 AND offset_y BETWEEN -100 AND 100", name=op.f("ck_printer_offset")
        ),
        sa.CheckConstraint("dpi > 0", name=op.f("ck_printer_dpi")),
        sa.ForeignKeyConstraint(["site"], ["site.code"], name=op.f("fk_printer_site_site")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_printer")),
        sa.UniqueConstraint("code", name=op.f("uq_printer_code")),
    )
    op.create_index(op.f("ix_printer_site"), "printer", ["site"], unique=False)
    _queue()
    _pools()


def _queue() -> None:
    op.create_table(
        "print_job",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("printer", sa.String(length=64), nullable=False),
        sa.Column("site", sa.String(length=64), nullable=False),
        sa.Column("study", sa.String(length=64), nullable=True),
        sa.Column("source", sa.String(length=16), nullable=False),
        sa.Column("subject", sa.String(length=64), nullable=False),
        sa.Column("codes", sa.Text(), nullable=False),
        sa.Column("copies", sa.Integer(), nullable=False),
        sa.Column("document", sa.LargeBinary(), nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("why", sa.String(length=64), nullable=True),
        sa.Column("said", sa.String(length=200), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("not_before", sa.BigInteger(), nullable=False),
        sa.Column("lease", sa.String(length=36), nullable=True),
        sa.Column("lease_until", sa.BigInteger(), nullable=True),
        sa.Column("asked_by", sa.String(length=64), nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.Column("changed_by", sa.String(length=64), nullable=True),
        sa.CheckConstraint(
            "state IN ('waiting', 'sending', 'sent', 'failed', 'unknown', 'cancelled')",
            name=op.f("ck_print_job_state"),
        ),
        sa.CheckConstraint("copies >= 1", name=op.f("ck_print_job_copies")),
        sa.CheckConstraint("tries >= 0", name=op.f("ck_print_job_tries")),
        sa.CheckConstraint("(state = 'sending') = (lease IS NOT NULL)", name=op.f("ck_print_job_leased")),
        sa.CheckConstraint("(lease IS NULL) = (lease_until IS NULL)", name=op.f("ck_print_job_lease_whole")),
        sa.CheckConstraint(
            "state IN ('sent', 'cancelled') OR document IS NOT NULL",
            name=op.f("ck_print_job_kept_until_printed"),
        ),
        sa.ForeignKeyConstraint(["printer"], ["printer.code"], name=op.f("fk_print_job_printer_printer")),
        sa.ForeignKeyConstraint(["site"], ["site.code"], name=op.f("fk_print_job_site_site")),
        sa.ForeignKeyConstraint(["study"], ["study.code"], name=op.f("fk_print_job_study_study")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_print_job")),
        sa.UniqueConstraint("code", name=op.f("uq_print_job_code")),
    )
    op.create_index(op.f("ix_print_job_printer"), "print_job", ["printer"], unique=False)
    op.create_index(op.f("ix_print_job_site"), "print_job", ["site"], unique=False)
    sending, unfinished = sa.text("state = 'sending'"), sa.text("state NOT IN ('sent', 'cancelled')")
    op.create_index(
        "uq_print_job_one_sending_per_printer",
        "print_job",
        ["printer"],
        unique=True,
        sqlite_where=sending,
        postgresql_where=sending,
    )
    op.create_index(
        "ix_print_job_open",
        "print_job",
        ["not_before", "id"],
        unique=False,
        sqlite_where=unfinished,
        postgresql_where=unfinished,
    )


def _pools() -> None:
    op.create_table(
        "pool",
        sa.Column("study", sa.String(length=64), nullable=False),
        sa.Column("site", sa.String(length=64), nullable=False),
        sa.Column("role", sa.String(length=32), nullable=False),
        sa.Column("codes", sa.Text(), nullable=False),
        sa.Column("printed", sa.Integer(), nullable=False),
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("entry_seq", sa.Integer(), nullable=False),
        sa.Column("entry_hash", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("printed >= 0", name=op.f("ck_pool_printed")),
        sa.ForeignKeyConstraint(["study"], ["study.code"], name=op.f("fk_pool_study_study")),
        sa.ForeignKeyConstraint(["site"], ["site.code"], name=op.f("fk_pool_site_site")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pool")),
        sa.UniqueConstraint("code", name=op.f("uq_pool_code")),
    )
    op.create_index(op.f("ix_pool_site"), "pool", ["site"], unique=False)
    op.create_table(
        "pool_label",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("pool", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["pool"], ["pool.code"], name=op.f("fk_pool_label_pool_pool")),
        sa.ForeignKeyConstraint(["code"], ["identifier.code"], name=op.f("fk_pool_label_code_identifier")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pool_label")),
        sa.UniqueConstraint("code", name=op.f("uq_pool_label_code")),
    )
    op.create_index(op.f("ix_pool_label_pool"), "pool_label", ["pool"], unique=False)
    append_only("pool_label", ("code",))

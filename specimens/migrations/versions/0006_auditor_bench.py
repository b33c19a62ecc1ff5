"""The auditor's bench: random draws with the populations they were made from, and findings."""

import sqlalchemy as sa
from alembic import op

from specimens.migrations.guards import append_only

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _subject() -> list[sa.Column[object]]:
    return [
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("entry_seq", sa.Integer(), nullable=False),
        sa.Column("entry_hash", sa.LargeBinary(), nullable=False),
    ]


def upgrade() -> None:
    """Make the tables of draws and findings."""
    op.create_table(
        "draw",
        sa.Column("study", sa.String(length=64), nullable=True),
        sa.Column("site", sa.String(length=64), nullable=True),
        sa.Column("seed", sa.String(length=64), nullable=False),
        sa.Column("wanted", sa.Integer(), nullable=False),
        sa.Column("own_seed", sa.Boolean(), nullable=False),
        sa.Column("population", sa.Integer(), nullable=True),
        sa.Column("population_digest", sa.String(length=64), nullable=True),
        sa.Column("specimens", sa.Text(), nullable=False),
        sa.Column("committed_by", sa.String(length=64), nullable=True),
        sa.Column("committed_at", sa.BigInteger(), nullable=True),
        sa.Column("drawn_at", sa.BigInteger(), nullable=True),
        *_subject(),
        sa.CheckConstraint("wanted > 0", name=op.f("ck_draw_wanted")),
        sa.CheckConstraint("seed <> ''", name=op.f("ck_draw_seed")),
        sa.CheckConstraint(
            "drawn_at IS NULL OR (committed_at IS NOT NULL AND committed_at <= drawn_at)",
            name=op.f("ck_draw_seed_first"),
        ),
        sa.ForeignKeyConstraint(["study"], ["study.code"], name=op.f("fk_draw_study_study")),
        sa.ForeignKeyConstraint(["site"], ["site.code"], name=op.f("fk_draw_site_site")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_draw")),
        sa.UniqueConstraint("code", name=op.f("uq_draw_code")),
    )
    op.create_index("ix_draw_where", "draw", ["study", "site", "id"])
    op.create_table(
        "draw_population",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("draw", sa.String(length=64), nullable=False),
        sa.Column("codes", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["draw"], ["draw.code"], name=op.f("fk_draw_population_draw_draw")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_draw_population")),
        sa.UniqueConstraint("draw", name=op.f("uq_draw_population_draw")),
    )
    append_only("draw_population", ("draw",))
    op.create_table(
        "finding",
        sa.Column("study", sa.String(length=64), nullable=True),
        sa.Column("site", sa.String(length=64), nullable=True),
        sa.Column("about_kind", sa.String(length=32), nullable=False),
        sa.Column("about_code", sa.String(length=64), nullable=False),
        sa.Column("severity", sa.String(length=16), nullable=False),
        sa.Column("draw", sa.String(length=64), nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("raised_by", sa.String(length=64), nullable=True),
        sa.Column("raised_at", sa.BigInteger(), nullable=True),
        sa.Column("answered_by", sa.String(length=64), nullable=True),
        sa.Column("answered_at", sa.BigInteger(), nullable=True),
        sa.Column("closed_by", sa.String(length=64), nullable=True),
        sa.Column("closed_at", sa.BigInteger(), nullable=True),
        *_subject(),
        sa.CheckConstraint(
            "state IN ('raised', 'answered', 'finding_closed')", name=op.f("ck_finding_state")
        ),
        sa.CheckConstraint("severity IN ('critical', 'major', 'minor')", name=op.f("ck_finding_severity")),
        sa.CheckConstraint(
            "answered_by IS NULL OR answered_by <> raised_by", name=op.f("ck_finding_answered_by_another")
        ),
        sa.CheckConstraint(
            "state <> 'finding_closed' OR closed_by IS NOT NULL", name=op.f("ck_finding_closed_by_somebody")
        ),
        sa.ForeignKeyConstraint(["study"], ["study.code"], name=op.f("fk_finding_study_study")),
        sa.ForeignKeyConstraint(["site"], ["site.code"], name=op.f("fk_finding_site_site")),
        sa.ForeignKeyConstraint(["draw"], ["draw.code"], name=op.f("fk_finding_draw_draw")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_finding")),
        sa.UniqueConstraint("code", name=op.f("uq_finding_code")),
    )
    op.create_index("ix_finding_where", "finding", ["study", "site", "id"])
    op.create_index("ix_finding_about", "finding", ["about_kind", "about_code"])

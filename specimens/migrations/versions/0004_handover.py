"""A list is handed over to somebody without an account, who signs with a one-time code."""

import sqlalchemy as sa
from alembic import op

from specimens.migrations.guards import append_only

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

_OLD_KINDS = "'user', 'station', 'storage'"
_NEW_KINDS = f"{_OLD_KINDS}, 'outside'"


def upgrade() -> None:
    """Make the tables of handovers; a specimen can be in the hands of somebody outside."""
    op.create_table(
        "handover",
        sa.Column("study", sa.String(length=64), nullable=False),
        sa.Column("site", sa.String(length=64), nullable=False),
        sa.Column("transfer", sa.String(length=64), nullable=False),
        sa.Column("list_hash", sa.String(length=64), nullable=False),
        sa.Column("specimens", sa.Text(), nullable=False),
        sa.Column("until_at", sa.BigInteger(), nullable=False),
        sa.Column("offered_by", sa.String(length=64), nullable=True),
        sa.Column("offered_at", sa.BigInteger(), nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("guesses", sa.Integer(), nullable=False),
        sa.Column("not_taken", sa.Text(), nullable=False),
        sa.Column("signed_at", sa.BigInteger(), nullable=True),
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("entry_seq", sa.Integer(), nullable=False),
        sa.Column("entry_hash", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint(
            "state IN ('offered', 'signed', 'declined', 'withdrawn')", name=op.f("ck_handover_state")
        ),
        sa.CheckConstraint("guesses >= 0", name=op.f("ck_handover_guesses")),
        sa.CheckConstraint(
            "state NOT IN ('signed', 'declined') OR signed_at IS NOT NULL",
            name=op.f("ck_handover_signed_when"),
        ),
        sa.ForeignKeyConstraint(["study"], ["study.code"], name=op.f("fk_handover_study_study")),
        sa.ForeignKeyConstraint(["site"], ["site.code"], name=op.f("fk_handover_site_site")),
        sa.ForeignKeyConstraint(["transfer"], ["transfer.code"], name=op.f("fk_handover_transfer_transfer")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_handover")),
        sa.UniqueConstraint("code", name=op.f("uq_handover_code")),
    )
    op.create_index("ix_handover_site", "handover", ["site"])
    op.create_index("ix_handover_transfer", "handover", ["transfer", "id"])
    op.create_index(
        "uq_handover_one_open_per_transfer",
        "handover",
        ["transfer"],
        unique=True,
        sqlite_where=sa.text("state = 'offered'"),
        postgresql_where=sa.text("state = 'offered'"),
    )
    op.create_table(
        "handover_secret",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("handover", sa.String(length=64), nullable=False),
        sa.Column("code_hash", sa.String(length=255), nullable=False),
        sa.ForeignKeyConstraint(
            ["handover"], ["handover.code"], name=op.f("fk_handover_secret_handover_handover")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_handover_secret")),
        sa.UniqueConstraint("handover", name=op.f("uq_handover_secret_handover")),
    )
    append_only("handover_secret", ("handover",))
    _let_outsiders_hold()


def _let_outsiders_hold() -> None:
    """Widen the CHECK on who can hold a specimen."""
    if op.get_bind().dialect.name == "postgresql":
        op.drop_constraint("ck_specimen_custodian_kind", "specimen", type_="check")
        op.create_check_constraint(
            op.f("ck_specimen_custodian_kind"),
            "specimen",
            f"custodian_kind IS NULL OR custodian_kind IN ({_NEW_KINDS})",
        )
        return
    # SQLite cannot change a CHECK: the table is made again, from its own text, with everything that stands on it.
    connection = op.get_bind()
    said = dict(
        connection.exec_driver_sql(
            "SELECT name, sql FROM sqlite_master WHERE tbl_name = 'specimen' AND sql IS NOT NULL"
        ).all()
    )
    table = str(said.pop("specimen"))
    wider = table.replace(f"IN ({_OLD_KINDS})", f"IN ({_NEW_KINDS})")
    if wider == table:
        raise RuntimeError("the table of specimens does not say who can hold one as this step expects")
    for old in ("CREATE TABLE specimen", 'CREATE TABLE "specimen"'):
        wider = wider.replace(old, "CREATE TABLE specimen_wider", 1)
    connection.exec_driver_sql(wider)
    connection.exec_driver_sql("INSERT INTO specimen_wider SELECT * FROM specimen")
    connection.exec_driver_sql("DROP TABLE specimen")
    connection.exec_driver_sql("ALTER TABLE specimen_wider RENAME TO specimen")
    for statement in said.values():
        connection.exec_driver_sql(statement)

"""Second factor and single sign-on."""

import sqlalchemy as sa
from alembic import op

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Secrets of authenticators, recovery codes, accounts of an identity provider, sessions that wait for a code."""
    op.add_column(
        "login_session", sa.Column("waits", sa.Boolean(), server_default=sa.false(), nullable=False)
    )
    op.create_table(
        "second_factor",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("user", sa.String(length=64), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=True),
        sa.Column("confirmed_at", sa.BigInteger(), nullable=True),
        sa.Column("last_step", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user"], ["user_account.code"], name=op.f("fk_second_factor_user_user_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_second_factor")),
        sa.UniqueConstraint("user", name=op.f("uq_second_factor_user")),
    )
    op.create_table(
        "recovery_code",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("user", sa.String(length=64), nullable=False),
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["user"], ["user_account.code"], name=op.f("fk_recovery_code_user_user_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recovery_code")),
        sa.UniqueConstraint("code_hash", name=op.f("uq_recovery_code_code_hash")),
    )
    op.create_index(op.f("ix_recovery_code_user"), "recovery_code", ["user"], unique=False)
    op.create_table(
        "sign_on_identity",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("issuer", sa.String(length=255), nullable=False),
        sa.Column("subject", sa.String(length=255), nullable=False),
        sa.Column("user", sa.String(length=64), nullable=False),
        sa.Column("linked_at", sa.BigInteger(), nullable=False),
        sa.Column("unlinked_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["user"], ["user_account.code"], name=op.f("fk_sign_on_identity_user_user_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_on_identity")),
    )
    for name, columns in (("account", ["issuer", "subject"]), ("user", ["issuer", "user"])):
        op.create_index(
            f"uq_sign_on_identity_{name}",
            "sign_on_identity",
            columns,
            unique=True,
            sqlite_where=sa.text("unlinked_at IS NULL"),
            postgresql_where=sa.text("unlinked_at IS NULL"),
        )

"""The first schema."""

import sqlalchemy as sa
from alembic import op

from specimens.migrations.guards import append_only

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """The first schema."""
    op.create_table(
        "answered_request",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("actor_user", sa.String(length=64), nullable=False),
        sa.Column("key", sa.String(length=128), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("answered_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_answered_request")),
        sa.UniqueConstraint("actor_user", "key", name=op.f("uq_answered_request_actor_user_key")),
    )
    op.create_table(
        "failed_login",
        sa.Column("outcome", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=256), nullable=True),
        sa.Column("user", sa.String(length=64), nullable=True),
        sa.Column("address", sa.String(length=64), nullable=True),
        sa.Column("happened_at", sa.BigInteger(), nullable=True),
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("entry_seq", sa.Integer(), nullable=False),
        sa.Column("entry_hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_failed_login")),
        sa.UniqueConstraint("code", name=op.f("uq_failed_login_code")),
    )
    op.create_table(
        "identifier",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("code", sa.String(length=8), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("issued_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identifier")),
        sa.UniqueConstraint("code", name=op.f("uq_identifier_code")),
    )
    op.create_index("ix_identifier_kind", "identifier", ["kind", "id"], unique=False)
    op.create_table(
        "installation",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("origin", sa.String(length=200), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_installation_only_one")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_installation")),
    )
    op.create_table(
        "ledger_entry",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("entry_id", sa.String(length=36), nullable=False),
        sa.Column("operation", sa.String(length=36), nullable=False),
        sa.Column("subject_kind", sa.String(length=32), nullable=False),
        sa.Column("subject_code", sa.String(length=64), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("act", sa.String(length=64), nullable=False),
        sa.Column("study", sa.String(length=64), nullable=True),
        sa.Column("site", sa.String(length=64), nullable=True),
        sa.Column("station", sa.String(length=64), nullable=True),
        sa.Column("actor_user", sa.String(length=64), nullable=False),
        sa.Column("actor_role", sa.String(length=32), nullable=False),
        sa.Column("mode", sa.String(length=32), nullable=False),
        sa.Column("happened_at", sa.BigInteger(), nullable=False),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_entry")),
        sa.UniqueConstraint("entry_id", name=op.f("uq_ledger_entry_entry_id")),
        sa.UniqueConstraint("subject_kind", "subject_code", "seq", name="uq_ledger_entry_subject_seq"),
    )
    op.create_index("ix_ledger_entry_act", "ledger_entry", ["act", "id"], unique=False)
    op.create_index("ix_ledger_entry_operation", "ledger_entry", ["operation"], unique=False)
    op.create_index("ix_ledger_entry_recorded_at", "ledger_entry", ["recorded_at"], unique=False)
    op.create_index("ix_ledger_entry_user", "ledger_entry", ["actor_user", "id"], unique=False)
    op.create_table(
        "login_delay",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("key_hash", sa.String(length=64), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("until_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_login_delay")),
        sa.UniqueConstraint("key_hash", name=op.f("uq_login_delay_key_hash")),
    )
    op.create_table(
        "near_miss",
        sa.Column("refusal", sa.String(length=64), nullable=False),
        sa.Column("read", sa.String(length=64), nullable=True),
        sa.Column("raw", sa.String(length=256), nullable=True),
        sa.Column("subject", sa.String(length=64), nullable=True),
        sa.Column("study", sa.String(length=64), nullable=True),
        sa.Column("site", sa.String(length=64), nullable=True),
        sa.Column("station", sa.String(length=64), nullable=True),
        sa.Column("user", sa.String(length=64), nullable=True),
        sa.Column("happened_at", sa.BigInteger(), nullable=True),
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("entry_seq", sa.Integer(), nullable=False),
        sa.Column("entry_hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_near_miss")),
        sa.UniqueConstraint("code", name=op.f("uq_near_miss_code")),
    )
    op.create_index("ix_near_miss_when", "near_miss", ["study", "site", "happened_at"], unique=False)
    op.create_table(
        "protocol_version",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("study", sa.String(length=64), nullable=False),
        sa.Column("version", sa.String(length=32), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("published_at", sa.BigInteger(), nullable=False),
        sa.Column("published_by", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_protocol_version")),
        sa.UniqueConstraint("study", "version", name=op.f("uq_protocol_version_study_version")),
    )
    op.create_index(op.f("ix_protocol_version_study"), "protocol_version", ["study"], unique=False)
    op.create_table(
        "sealed_text",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("entry_id", sa.String(length=36), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=True),
        sa.Column("text", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sealed_text")),
        sa.UniqueConstraint("entry_id", "name", name=op.f("uq_sealed_text_entry_id_name")),
    )
    op.create_index(op.f("ix_sealed_text_entry_id"), "sealed_text", ["entry_id"], unique=False)
    op.create_table(
        "site",
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("zone", sa.String(length=64), nullable=False),
        sa.Column("telephone", sa.String(length=64), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("entry_seq", sa.Integer(), nullable=False),
        sa.Column("entry_hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_site")),
        sa.UniqueConstraint("code", name=op.f("uq_site_code")),
    )
    op.create_table(
        "study",
        sa.Column("title", sa.String(length=300), nullable=False),
        sa.Column("version", sa.String(length=32), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("sites", sa.Text(), nullable=False),
        sa.Column("published_at", sa.BigInteger(), nullable=True),
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("entry_seq", sa.Integer(), nullable=False),
        sa.Column("entry_hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_study")),
        sa.UniqueConstraint("code", name=op.f("uq_study_code")),
    )
    op.create_table(
        "user_account",
        sa.Column("login", sa.String(length=64), nullable=False),
        sa.Column("full_name", sa.String(length=200), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("must_change_password", sa.Boolean(), nullable=False),
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("entry_seq", sa.Integer(), nullable=False),
        sa.Column("entry_hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user_account")),
        sa.UniqueConstraint("code", name=op.f("uq_user_account_code")),
        sa.UniqueConstraint("login", name=op.f("uq_user_account_login")),
    )
    op.create_table(
        "access_grant",
        sa.Column("user", sa.String(length=64), nullable=False),
        sa.Column("role", sa.String(length=32), nullable=False),
        sa.Column("study", sa.String(length=64), nullable=True),
        sa.Column("site", sa.String(length=64), nullable=True),
        sa.Column("from_on", sa.String(length=10), nullable=False),
        sa.Column("until_on", sa.String(length=10), nullable=True),
        sa.Column("training_on", sa.String(length=10), nullable=False),
        sa.Column("delegated_by", sa.String(length=200), nullable=True),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True),
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("entry_seq", sa.Integer(), nullable=False),
        sa.Column("entry_hash", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint(
            "role IN ('nurse', 'technician', 'courier', 'investigator', 'monitor', 'auditor', 'administrator')",
            name=op.f("ck_access_grant_role"),
        ),
        sa.CheckConstraint("until_on IS NULL OR until_on >= from_on", name=op.f("ck_access_grant_period")),
        sa.ForeignKeyConstraint(["site"], ["site.code"], name=op.f("fk_access_grant_site_site")),
        sa.ForeignKeyConstraint(
            ["user"], ["user_account.code"], name=op.f("fk_access_grant_user_user_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_access_grant")),
        sa.UniqueConstraint("code", name=op.f("uq_access_grant_code")),
    )
    op.create_index("ix_access_grant_user", "access_grant", ["user"], unique=False)
    op.create_table(
        "batch",
        sa.Column("study", sa.String(length=64), nullable=False),
        sa.Column("site", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("specimens", sa.Text(), nullable=False),
        sa.Column("steps", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.BigInteger(), nullable=True),
        sa.Column("closed_at", sa.BigInteger(), nullable=True),
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("entry_seq", sa.Integer(), nullable=False),
        sa.Column("entry_hash", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["site"], ["site.code"], name=op.f("fk_batch_site_site")),
        sa.ForeignKeyConstraint(["study"], ["study.code"], name=op.f("fk_batch_study_study")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_batch")),
        sa.UniqueConstraint("code", name=op.f("uq_batch_code")),
    )
    op.create_index(op.f("ix_batch_site"), "batch", ["site"], unique=False)
    op.create_table(
        "credential",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("user", sa.String(length=64), nullable=False),
        sa.Column("password_hash", sa.String(length=255), nullable=False),
        sa.Column("set_by", sa.String(length=64), nullable=False),
        sa.Column("set_at", sa.BigInteger(), nullable=False),
        sa.Column("demonstration", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user"], ["user_account.code"], name=op.f("fk_credential_user_user_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_credential")),
        sa.UniqueConstraint("user", name=op.f("uq_credential_user")),
    )
    op.create_table(
        "participant",
        sa.Column("study", sa.String(length=64), nullable=False),
        sa.Column("site", sa.String(length=64), nullable=False),
        sa.Column("subject_number", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("consent_version", sa.String(length=32), nullable=True),
        sa.Column("consent_scopes", sa.Text(), nullable=False),
        sa.Column("consented_at", sa.BigInteger(), nullable=True),
        sa.Column("withdrawn_at", sa.BigInteger(), nullable=True),
        sa.Column("withdrawal", sa.String(length=16), nullable=True),
        sa.Column("eligibility", sa.String(length=16), nullable=False),
        sa.Column("answers", sa.Text(), nullable=False),
        sa.Column("group_code", sa.String(length=32), nullable=True),
        sa.Column("day0_planned_on", sa.String(length=10), nullable=True),
        sa.Column("first_dosed_at", sa.BigInteger(), nullable=True),
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("entry_seq", sa.Integer(), nullable=False),
        sa.Column("entry_hash", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint(
            "eligibility IN ('open', 'complete', 'confirmed')", name=op.f("ck_participant_eligibility")
        ),
        sa.CheckConstraint(
            "state IN ('registered', 'consented', 'screening', 'screen_failure', 'enrolled', 'treatment_stopped', 'early_termination', 'lost_to_follow_up', 'died', 'completed', 'consent_withdrawn')",
            name=op.f("ck_participant_state"),
        ),
        sa.CheckConstraint(
            "state IN ('registered', 'died') OR consented_at IS NOT NULL",
            name=op.f("ck_participant_consent_comes_first"),
        ),
        sa.CheckConstraint(
            "state NOT IN ('enrolled', 'treatment_stopped', 'completed') OR eligibility = 'confirmed'",
            name=op.f("ck_participant_enrolled_only_when_confirmed"),
        ),
        sa.CheckConstraint(
            "withdrawal IS NULL OR withdrawal IN ('keep', 'destroy')", name=op.f("ck_participant_withdrawal")
        ),
        sa.ForeignKeyConstraint(["site"], ["site.code"], name=op.f("fk_participant_site_site")),
        sa.ForeignKeyConstraint(["study"], ["study.code"], name=op.f("fk_participant_study_study")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_participant")),
        sa.UniqueConstraint("code", name=op.f("uq_participant_code")),
        sa.UniqueConstraint("study", "subject_number", name=op.f("uq_participant_study_subject_number")),
    )
    op.create_index(op.f("ix_participant_site"), "participant", ["site"], unique=False)
    op.create_index(op.f("ix_participant_study"), "participant", ["study"], unique=False)
    op.create_table(
        "report",
        sa.Column("study", sa.String(length=64), nullable=False),
        sa.Column("site", sa.String(length=64), nullable=True),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("format", sa.String(length=16), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("specimens", sa.Integer(), nullable=False),
        sa.Column("events", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=True),
        sa.Column("made_by", sa.String(length=64), nullable=True),
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("entry_seq", sa.Integer(), nullable=False),
        sa.Column("entry_hash", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["study"], ["study.code"], name=op.f("fk_report_study_study")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report")),
        sa.UniqueConstraint("code", name=op.f("uq_report_code")),
    )
    op.create_index(op.f("ix_report_digest"), "report", ["digest"], unique=False)
    op.create_index(op.f("ix_report_study"), "report", ["study"], unique=False)
    op.create_table(
        "station",
        sa.Column("site", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("entry_seq", sa.Integer(), nullable=False),
        sa.Column("entry_hash", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('clinic', 'laboratory', 'pathology', 'drop_box', 'fridge')",
            name=op.f("ck_station_kind"),
        ),
        sa.ForeignKeyConstraint(["site"], ["site.code"], name=op.f("fk_station_site_site")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_station")),
        sa.UniqueConstraint("code", name=op.f("uq_station_code")),
    )
    op.create_index(op.f("ix_station_site"), "station", ["site"], unique=False)
    op.create_table(
        "storage",
        sa.Column("site", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("temperature", sa.String(length=32), nullable=False),
        sa.Column("parent", sa.String(length=64), nullable=True),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("columns", sa.Integer(), nullable=False),
        sa.Column("fill", sa.String(length=16), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("entry_seq", sa.Integer(), nullable=False),
        sa.Column("entry_hash", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("fill IN ('row', 'column')", name=op.f("ck_storage_fill")),
        sa.CheckConstraint("kind IN ('freezer', 'shelf', 'rack', 'box')", name=op.f("ck_storage_kind")),
        sa.CheckConstraint(
            '("rows" BETWEEN 0 AND 26) AND ("columns" BETWEEN 0 AND 40) AND (("rows" = 0) = ("columns" = 0))',
            name=op.f("ck_storage_grid"),
        ),
        sa.CheckConstraint("parent IS NULL OR parent <> code", name=op.f("ck_storage_not_its_own_parent")),
        sa.ForeignKeyConstraint(["parent"], ["storage.code"], name=op.f("fk_storage_parent_storage")),
        sa.ForeignKeyConstraint(["site"], ["site.code"], name=op.f("fk_storage_site_site")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_storage")),
        sa.UniqueConstraint("code", name=op.f("uq_storage_code")),
    )
    op.create_index("ix_storage_parent", "storage", ["parent"], unique=False)
    op.create_index(op.f("ix_storage_site"), "storage", ["site"], unique=False)
    op.create_table(
        "transfer",
        sa.Column("study", sa.String(length=64), nullable=False),
        sa.Column("site", sa.String(length=64), nullable=False),
        sa.Column("to_kind", sa.String(length=16), nullable=False),
        sa.Column("to_code", sa.String(length=64), nullable=False),
        sa.Column("to_site", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("lines", sa.Text(), nullable=False),
        sa.Column("extras", sa.Text(), nullable=False),
        sa.Column("sealed_count", sa.Integer(), nullable=True),
        sa.Column("seal", sa.String(length=64), nullable=True),
        sa.Column("transport", sa.String(length=32), nullable=False),
        sa.Column("temperature", sa.String(length=32), nullable=True),
        sa.Column("released_by", sa.String(length=64), nullable=True),
        sa.Column("released_at", sa.BigInteger(), nullable=True),
        sa.Column("carried_by", sa.String(length=64), nullable=True),
        sa.Column("place", sa.String(length=64), nullable=True),
        sa.Column("condition", sa.String(length=64), nullable=True),
        sa.Column("received_temperature_tenths_c", sa.Integer(), nullable=True),
        sa.Column("received_by", sa.String(length=64), nullable=True),
        sa.Column("closed_at", sa.BigInteger(), nullable=True),
        sa.Column("list_hash", sa.String(length=64), nullable=True),
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("entry_seq", sa.Integer(), nullable=False),
        sa.Column("entry_hash", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint(
            "state IN ('packing', 'sealed', 'released', 'in_transit', 'deposited', 'delivered', 'closed', 'recalled', 'declined')",
            name=op.f("ck_transfer_state"),
        ),
        sa.CheckConstraint(
            "state NOT IN ('released', 'in_transit', 'closed') OR released_by IS NOT NULL",
            name=op.f("ck_transfer_released_by_somebody"),
        ),
        sa.CheckConstraint("to_kind IN ('user', 'station')", name=op.f("ck_transfer_to_kind")),
        sa.CheckConstraint(
            "received_by IS NULL OR received_by <> released_by",
            name=op.f("ck_transfer_receiver_is_not_releaser"),
        ),
        sa.CheckConstraint("sealed_count IS NULL OR sealed_count > 0", name=op.f("ck_transfer_sealed_count")),
        sa.ForeignKeyConstraint(["site"], ["site.code"], name=op.f("fk_transfer_site_site")),
        sa.ForeignKeyConstraint(["study"], ["study.code"], name=op.f("fk_transfer_study_study")),
        sa.ForeignKeyConstraint(["to_site"], ["site.code"], name=op.f("fk_transfer_to_site_site")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transfer")),
        sa.UniqueConstraint("code", name=op.f("uq_transfer_code")),
    )
    op.create_index("ix_transfer_open", "transfer", ["to_site", "state", "id"], unique=False)
    op.create_index(op.f("ix_transfer_site"), "transfer", ["site"], unique=False)
    op.create_table(
        "api_token",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("user", sa.String(length=64), nullable=False),
        sa.Column("grant", sa.String(length=64), nullable=False),
        sa.Column("station", sa.String(length=64), nullable=True),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("until_at", sa.BigInteger(), nullable=True),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["grant"], ["access_grant.code"], name=op.f("fk_api_token_grant_access_grant")
        ),
        sa.ForeignKeyConstraint(["station"], ["station.code"], name=op.f("fk_api_token_station_station")),
        sa.ForeignKeyConstraint(["user"], ["user_account.code"], name=op.f("fk_api_token_user_user_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_token")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_api_token_token_hash")),
    )
    op.create_index(op.f("ix_api_token_user"), "api_token", ["user"], unique=False)
    op.create_table(
        "login_session",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("user", sa.String(length=64), nullable=False),
        sa.Column("grant", sa.String(length=64), nullable=True),
        sa.Column("station", sa.String(length=64), nullable=True),
        sa.Column("began_at", sa.BigInteger(), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["grant"], ["access_grant.code"], name=op.f("fk_login_session_grant_access_grant")
        ),
        sa.ForeignKeyConstraint(["station"], ["station.code"], name=op.f("fk_login_session_station_station")),
        sa.ForeignKeyConstraint(
            ["user"], ["user_account.code"], name=op.f("fk_login_session_user_user_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_login_session")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_login_session_token_hash")),
    )
    op.create_index(op.f("ix_login_session_user"), "login_session", ["user"], unique=False)
    op.create_table(
        "visit",
        sa.Column("study", sa.String(length=64), nullable=False),
        sa.Column("site", sa.String(length=64), nullable=False),
        sa.Column("participant", sa.String(length=64), nullable=False),
        sa.Column("timepoint", sa.String(length=32), nullable=False),
        sa.Column("protocol_version", sa.String(length=32), nullable=False),
        sa.Column("target_on", sa.String(length=10), nullable=True),
        sa.Column("first_on", sa.String(length=10), nullable=True),
        sa.Column("last_on", sa.String(length=10), nullable=True),
        sa.Column("opened_at", sa.BigInteger(), nullable=True),
        sa.Column("reason_code", sa.String(length=64), nullable=True),
        sa.Column("confirmed_at", sa.BigInteger(), nullable=True),
        sa.Column("confirmed_by", sa.String(length=64), nullable=True),
        sa.Column("paper", sa.Boolean(), nullable=False),
        sa.Column("paper_original", sa.String(length=200), nullable=True),
        sa.Column("paper_entered_by", sa.String(length=64), nullable=True),
        sa.Column("paper_checked_by", sa.String(length=64), nullable=True),
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("entry_seq", sa.Integer(), nullable=False),
        sa.Column("entry_hash", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint(
            "paper_checked_by IS NULL OR paper_checked_by <> paper_entered_by",
            name=op.f("ck_visit_second_person"),
        ),
        sa.ForeignKeyConstraint(
            ["participant"], ["participant.code"], name=op.f("fk_visit_participant_participant")
        ),
        sa.ForeignKeyConstraint(["site"], ["site.code"], name=op.f("fk_visit_site_site")),
        sa.ForeignKeyConstraint(["study"], ["study.code"], name=op.f("fk_visit_study_study")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_visit")),
        sa.UniqueConstraint("code", name=op.f("uq_visit_code")),
    )
    op.create_index(op.f("ix_visit_participant"), "visit", ["participant"], unique=False)
    op.create_index(op.f("ix_visit_site"), "visit", ["site"], unique=False)
    op.create_table(
        "kit",
        sa.Column("study", sa.String(length=64), nullable=False),
        sa.Column("site", sa.String(length=64), nullable=False),
        sa.Column("participant", sa.String(length=64), nullable=False),
        sa.Column("visit", sa.String(length=64), nullable=False),
        sa.Column("procedure", sa.String(length=32), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("planned_at", sa.BigInteger(), nullable=True),
        sa.Column("sheet_printed_at", sa.BigInteger(), nullable=True),
        sa.Column("opened_at", sa.BigInteger(), nullable=True),
        sa.Column("opened_at_station", sa.String(length=64), nullable=True),
        sa.Column("identity_attested_at", sa.BigInteger(), nullable=True),
        sa.Column("identity_attested_by", sa.String(length=64), nullable=True),
        sa.Column("body_site", sa.String(length=32), nullable=True),
        sa.Column("side", sa.String(length=16), nullable=True),
        sa.Column("device", sa.String(length=200), nullable=True),
        sa.Column("performed_by", sa.String(length=200), nullable=True),
        sa.Column("pieces", sa.Integer(), nullable=True),
        sa.Column("stopped_reason", sa.String(length=64), nullable=True),
        sa.Column("finished_at", sa.BigInteger(), nullable=True),
        sa.Column("flags", sa.Text(), nullable=False),
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("entry_seq", sa.Integer(), nullable=False),
        sa.Column("entry_hash", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("attempt >= 1", name=op.f("ck_kit_attempt")),
        sa.CheckConstraint("pieces IS NULL OR pieces >= 0", name=op.f("ck_kit_pieces")),
        sa.ForeignKeyConstraint(
            ["opened_at_station"], ["station.code"], name=op.f("fk_kit_opened_at_station_station")
        ),
        sa.ForeignKeyConstraint(
            ["participant"], ["participant.code"], name=op.f("fk_kit_participant_participant")
        ),
        sa.ForeignKeyConstraint(["site"], ["site.code"], name=op.f("fk_kit_site_site")),
        sa.ForeignKeyConstraint(["study"], ["study.code"], name=op.f("fk_kit_study_study")),
        sa.ForeignKeyConstraint(["visit"], ["visit.code"], name=op.f("fk_kit_visit_visit")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_kit")),
        sa.UniqueConstraint("code", name=op.f("uq_kit_code")),
        sa.UniqueConstraint("visit", "procedure", "attempt", name=op.f("uq_kit_visit_procedure_attempt")),
    )
    op.create_index(op.f("ix_kit_participant"), "kit", ["participant"], unique=False)
    op.create_index(op.f("ix_kit_site"), "kit", ["site"], unique=False)
    op.create_index(op.f("ix_kit_visit"), "kit", ["visit"], unique=False)
    op.create_index(
        "uq_kit_one_open_per_station",
        "kit",
        ["opened_at_station"],
        unique=True,
        sqlite_where=sa.text("opened_at IS NOT NULL AND finished_at IS NULL"),
        postgresql_where=sa.text("opened_at IS NOT NULL AND finished_at IS NULL"),
    )
    op.create_table(
        "specimen",
        sa.Column("study", sa.String(length=64), nullable=False),
        sa.Column("site", sa.String(length=64), nullable=False),
        sa.Column("participant", sa.String(length=64), nullable=False),
        sa.Column("visit", sa.String(length=64), nullable=False),
        sa.Column("kit", sa.String(length=64), nullable=True),
        sa.Column("timepoint", sa.String(length=32), nullable=False),
        sa.Column("procedure", sa.String(length=32), nullable=False),
        sa.Column("slot", sa.String(length=64), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("protocol_version", sa.String(length=32), nullable=False),
        sa.Column("specimen_type", sa.String(length=64), nullable=False),
        sa.Column("container", sa.String(length=64), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("derivative", sa.String(length=64), nullable=True),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("status_before", sa.String(length=32), nullable=True),
        sa.Column("custodian_kind", sa.String(length=16), nullable=True),
        sa.Column("custodian", sa.String(length=64), nullable=True),
        sa.Column("held_site", sa.String(length=64), nullable=True),
        sa.Column("bound_site", sa.String(length=64), nullable=True),
        sa.Column("place", sa.String(length=64), nullable=True),
        sa.Column("position", sa.String(length=16), nullable=True),
        sa.Column("transfer", sa.String(length=64), nullable=True),
        sa.Column("batch", sa.String(length=64), nullable=True),
        sa.Column("holds", sa.Text(), nullable=False),
        sa.Column("flags", sa.Text(), nullable=False),
        sa.Column("ended_reason", sa.String(length=64), nullable=True),
        sa.Column("pieces", sa.Integer(), nullable=True),
        sa.Column("body_site", sa.String(length=32), nullable=True),
        sa.Column("side", sa.String(length=16), nullable=True),
        sa.Column("volume_ul", sa.Integer(), nullable=True),
        sa.Column("label_generation", sa.Integer(), nullable=False),
        sa.Column("label_live", sa.Boolean(), nullable=False),
        sa.Column("thaws", sa.Integer(), nullable=False),
        sa.Column("collected_at", sa.BigInteger(), nullable=True),
        sa.Column("collected_by", sa.String(length=200), nullable=True),
        sa.Column("parents", sa.Text(), nullable=False),
        sa.Column("moments", sa.Text(), nullable=False),
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("entry_seq", sa.Integer(), nullable=False),
        sa.Column("entry_hash", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint(
            "custodian_kind IS NULL OR custodian_kind IN ('user', 'station', 'storage')",
            name=op.f("ck_specimen_custodian_kind"),
        ),
        sa.CheckConstraint(
            "status <> 'collected' OR collected_at IS NOT NULL", name=op.f("ck_specimen_collected_when")
        ),
        sa.CheckConstraint(
            "status <> 'released' OR transfer IS NOT NULL", name=op.f("ck_specimen_released_on_a_list")
        ),
        sa.CheckConstraint(
            "status <> 'stored' OR place IS NOT NULL", name=op.f("ck_specimen_stored_somewhere")
        ),
        sa.CheckConstraint(
            "status IN ('planned', 'collected', 'released', 'in_transit', 'delivered', 'received', 'in_processing', 'stored', 'retrieved', 'shipped', 'missing', 'not_collected', 'voided', 'rejected', 'pooled', 'used_up', 'lost', 'destroyed')",
            name=op.f("ck_specimen_status"),
        ),
        sa.CheckConstraint(
            "(custodian_kind IS NULL) = (custodian IS NULL)", name=op.f("ck_specimen_custodian_whole")
        ),
        sa.CheckConstraint("level >= 0", name=op.f("ck_specimen_level")),
        sa.CheckConstraint("thaws >= 0", name=op.f("ck_specimen_thaws")),
        sa.CheckConstraint(
            "volume_ul IS NULL OR volume_ul >= 0", name=op.f("ck_specimen_volume_not_negative")
        ),
        sa.ForeignKeyConstraint(["bound_site"], ["site.code"], name=op.f("fk_specimen_bound_site_site")),
        sa.ForeignKeyConstraint(["held_site"], ["site.code"], name=op.f("fk_specimen_held_site_site")),
        sa.ForeignKeyConstraint(["kit"], ["kit.code"], name=op.f("fk_specimen_kit_kit")),
        sa.ForeignKeyConstraint(
            ["participant"], ["participant.code"], name=op.f("fk_specimen_participant_participant")
        ),
        sa.ForeignKeyConstraint(["site"], ["site.code"], name=op.f("fk_specimen_site_site")),
        sa.ForeignKeyConstraint(["study"], ["study.code"], name=op.f("fk_specimen_study_study")),
        sa.ForeignKeyConstraint(["visit"], ["visit.code"], name=op.f("fk_specimen_visit_visit")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_specimen")),
        sa.UniqueConstraint("code", name=op.f("uq_specimen_code")),
    )
    op.create_index(op.f("ix_specimen_batch"), "specimen", ["batch"], unique=False)
    op.create_index(op.f("ix_specimen_bound_site"), "specimen", ["bound_site"], unique=False)
    op.create_index("ix_specimen_custodian", "specimen", ["custodian", "id"], unique=False)
    op.create_index("ix_specimen_held_site", "specimen", ["held_site", "id"], unique=False)
    op.create_index(op.f("ix_specimen_kit"), "specimen", ["kit"], unique=False)
    op.create_index(op.f("ix_specimen_participant"), "specimen", ["participant"], unique=False)
    op.create_index("ix_specimen_status", "specimen", ["study", "status", "id"], unique=False)
    op.create_index("ix_specimen_study_site", "specimen", ["study", "site", "id"], unique=False)
    op.create_index(op.f("ix_specimen_transfer"), "specimen", ["transfer"], unique=False)
    op.create_index("ix_specimen_type", "specimen", ["study", "specimen_type", "id"], unique=False)
    op.create_index("ix_specimen_place", "specimen", ["place", "id"], unique=False)
    op.create_index("ix_specimen_collected_at", "specimen", ["study", "collected_at"], unique=False)
    op.create_index(
        "ix_specimen_marked",
        "specimen",
        ["study", "id"],
        unique=False,
        sqlite_where=sa.text("flags <> '[]' OR holds <> '[]'"),
        postgresql_where=sa.text("flags <> '[]' OR holds <> '[]'"),
    )
    op.create_index(op.f("ix_specimen_visit"), "specimen", ["visit"], unique=False)
    op.create_index(
        "uq_specimen_one_per_well",
        "specimen",
        ["place", "position"],
        unique=True,
        sqlite_where=sa.text("place IS NOT NULL AND position IS NOT NULL AND position <> ''"),
        postgresql_where=sa.text("place IS NOT NULL AND position IS NOT NULL AND position <> ''"),
    )
    op.create_table(
        "specimen_parent",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("child", sa.String(length=64), nullable=False),
        sa.Column("parent", sa.String(length=64), nullable=False),
        sa.Column("volume_ul", sa.Integer(), nullable=False),
        sa.CheckConstraint("child <> parent", name=op.f("ck_specimen_parent_not_its_own_parent")),
        sa.CheckConstraint("volume_ul >= 0", name=op.f("ck_specimen_parent_volume")),
        sa.ForeignKeyConstraint(["child"], ["specimen.code"], name=op.f("fk_specimen_parent_child_specimen")),
        sa.ForeignKeyConstraint(
            ["parent"], ["specimen.code"], name=op.f("fk_specimen_parent_parent_specimen")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_specimen_parent")),
        sa.UniqueConstraint("child", "parent", name=op.f("uq_specimen_parent_child_parent")),
    )
    op.create_index(op.f("ix_specimen_parent_parent"), "specimen_parent", ["parent"], unique=False)
    append_only("ledger_entry", ("entry_id",), ("subject_kind", "subject_code", "seq"))
    append_only("sealed_text", ("entry_id", "name"))
    append_only("protocol_version", ("study", "version"))
    append_only("answered_request", ("actor_user", "key"))
    append_only("identifier", ("code",))
    append_only("specimen_parent", ("child", "parent"))


def downgrade() -> None:
    """Nothing of the ledger is ever taken away."""
    raise RuntimeError("this schema only grows: restore a backup to go back")

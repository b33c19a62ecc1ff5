"""Redaction: a sealed text may be blanked, in the same transaction as the entry that says so, and in no other way."""

import sqlalchemy as sa
from alembic import op

from specimens.migrations.guards import append_only

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

#: What an UPDATE of a sealed text has to be: both blanked, nothing else touched, and an entry says so.
_SAYS_SO = """
EXISTS (
    SELECT 1 FROM {schema}redaction r JOIN {schema}ledger_entry e ON e.entry_id = r.redacted_by
    WHERE r.entry_id = OLD.entry_id AND r.name = OLD.name AND e.act = 'redacted'
)
"""
_BLANKED = """
NEW.id = OLD.id AND NEW.entry_id = OLD.entry_id AND NEW.name = OLD.name AND NEW.salt IS NULL AND NEW.text IS NULL
"""

_GUARD = f"""
CREATE FUNCTION refuse_unless_redacted() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND {_BLANKED} AND {_SAYS_SO.format(schema="public.")} THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'sealed_text is append-only' USING ERRCODE = 'integrity_constraint_violation';
END $$
"""

#: The application's role may not UPDATE sealed texts; this does it in the owner's name, and the trigger still looks.
_BLANK = """
CREATE FUNCTION redact_sealed_text(of_entry text, of_name text) RETURNS void LANGUAGE sql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
    UPDATE public.sealed_text SET salt = NULL, text = NULL WHERE entry_id = of_entry AND name = of_name
$$
"""


def upgrade() -> None:
    """The list of redactions, and the triggers that let nothing else through."""
    op.create_table(
        "redaction",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("entry_id", sa.String(length=36), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("redacted_by", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(
            ["redacted_by"], ["ledger_entry.entry_id"], name=op.f("fk_redaction_redacted_by_ledger_entry")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_redaction")),
        sa.UniqueConstraint("entry_id", "name", name=op.f("uq_redaction_entry_id_name")),
    )
    append_only("redaction", ("entry_id", "name"))
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TRIGGER sealed_text_no_update")
        op.execute(
            "CREATE TRIGGER sealed_text_no_update BEFORE UPDATE ON sealed_text "
            f"WHEN NOT ({_BLANKED} AND {_SAYS_SO.format(schema='')}) "
            "BEGIN SELECT RAISE(ABORT, 'sealed_text is append-only'); END"
        )
        return
    op.execute(_GUARD)
    op.execute(_BLANK)
    op.execute("REVOKE EXECUTE ON FUNCTION redact_sealed_text(text, text) FROM PUBLIC")
    op.execute("DROP TRIGGER sealed_text_no_change ON sealed_text")
    op.execute(
        "CREATE TRIGGER sealed_text_no_change BEFORE UPDATE OR DELETE ON sealed_text "
        "FOR EACH ROW EXECUTE FUNCTION refuse_unless_redacted()"
    )

"""Triggers that keep a table append-only, on both engines."""

from alembic import op

#: The path is pinned: nobody can put a function or a table of their own in front.
_REFUSE = """
CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation';
END $$
"""


def append_only(table: str, *unique: tuple[str, ...]) -> None:
    """Refuse UPDATE, DELETE, TRUNCATE, and (SQLite) an INSERT that would replace a row.

    SQLite's `INSERT OR REPLACE` deletes the old row without firing a DELETE trigger; a trigger before INSERT
    refuses a row whose `id`, or one of the *unique* column groups, is there already.
    """
    if op.get_bind().dialect.name == "sqlite":
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            )
        for number, columns in enumerate((("id",), *unique), start=1):
            same = " AND ".join(f"{column} = NEW.{column}" for column in columns)
            op.execute(
                f"CREATE TRIGGER {table}_no_replace_{number} BEFORE INSERT ON {table} "
                f"WHEN EXISTS (SELECT 1 FROM {table} WHERE {same}) "
                f"BEGIN SELECT RAISE(ABORT, '{table} is append-only: uq_{table}'); END"
            )
        return
    op.execute(_REFUSE)
    op.execute(
        f"CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE ON {table} "
        "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
    )
    op.execute(
        f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )

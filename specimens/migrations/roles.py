"""What the application's role may do on PostgreSQL: it owns nothing and appends."""

from sqlalchemy import make_url, text
from sqlalchemy.dialects import postgresql

from specimens.migrations import connect

_OWNS = (
    "SELECT EXISTS (SELECT 1 FROM pg_catalog.pg_class WHERE relname = 'ledger_entry' "
    "AND pg_has_role(current_user, relowner, 'MEMBER')) "
    "OR (SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = current_user)"
)

#: Tables to which rows are added and nothing else.
APPEND_ONLY = (
    "ledger_entry",
    "sealed_text",
    "redaction",
    "protocol_version",
    "answered_request",
    "identifier",
    "specimen_parent",
    "leaf",
    "tile",
    "checkpoint",
    "cosignature",
    "verification",
    "handover_secret",
    "signature",
    "draw_population",
    "pool_label",
)


def statements(database: str, role: str) -> list[str]:
    """Return what makes *role* the application's: SELECT, INSERT, UPDATE where rows change, and nothing else.

    No TEMP, no DDL, no ownership. DELETE is granted nowhere but on the queue of entries that wait for their place in
    the tree: nothing is deleted.
    """
    quote = postgresql.dialect().identifier_preparer.quote_identifier
    database, role = quote(database), quote(role)
    return [
        f"REVOKE TEMPORARY ON DATABASE {database} FROM PUBLIC",
        f"GRANT CONNECT ON DATABASE {database} TO {role}",
        "REVOKE CREATE ON SCHEMA public FROM PUBLIC",
        f"GRANT USAGE ON SCHEMA public TO {role}",
        f"GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA public TO {role}",
        f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {role}",
        *(f"REVOKE UPDATE ON {table} FROM {role}" for table in (*APPEND_ONLY, "alembic_version")),
        f"GRANT DELETE ON pending TO {role}",
        f"REVOKE INSERT ON alembic_version FROM {role}",
        f"GRANT EXECUTE ON FUNCTION redact_sealed_text(text, text) TO {role}",
    ]


def grant(owner_url: str, role: str) -> None:
    """Give *role* what the application needs in the owner's database."""
    engine = connect.engine(owner_url)
    with engine.begin() as connection:
        for statement in statements(str(engine.url.database), role):
            connection.execute(text(statement))
    engine.dispose()


def script(url: str, role: str) -> str:
    """Return the SQL by which the owner of the database at *url* makes the application's role."""
    database = str(make_url(url).database)
    quoted = postgresql.dialect().identifier_preparer.quote_identifier(role)
    return "".join(
        f"{each};\n"
        for each in [f"CREATE ROLE {quoted} LOGIN PASSWORD 'choose one'", *statements(database, role)]
    )


def owns(url: str) -> bool:
    """Say whether the role of *url* owns the ledger, could become its owner, or is a superuser: PostgreSQL only."""
    engine = connect.engine(url)
    try:
        with engine.connect() as connection:
            return bool(connection.execute(text(_OWNS)).scalar())
    finally:
        engine.dispose()

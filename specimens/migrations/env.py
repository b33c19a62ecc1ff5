"""What Alembic runs: one connection, and a transaction that really begins (SQLite's driver would not)."""

from typing import Any

from alembic import context
from sqlalchemy import event

from specimens.migrations import connect

_LOCK = 7_215_331  # any number, the same for every process that migrates


def _explicit(connection: Any, record: Any) -> None:
    connection.isolation_level = None


def _begin(connection: Any) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _run() -> None:
    engine = connect.engine(context.config.attributes["url"])
    sqlite = engine.dialect.name == "sqlite"
    if sqlite:
        event.listen(engine, "connect", _explicit)
        event.listen(engine, "begin", _begin)
    with engine.connect() as connection:
        context.configure(
            connection=connection,
            target_metadata=context.config.attributes.get("metadata"),
            transactional_ddl=True,  # SQLite can, once BEGIN is explicit; Alembic assumes that it cannot
            transaction_per_migration=True,
            render_as_batch=False,
        )
        with context.begin_transaction():
            if not sqlite:
                connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK})")
            context.run_migrations()
    engine.dispose()


_run()

"""Verifying that tables are what they were made as: whoever owns the database can put something else in their place.

A view that lies, a row-level rule, a table that inherits, a unique index that is gone so that a tube has two rows, a
trigger of the same name that refuses nothing: no entry differs then, and what the pages show does.
"""

from collections.abc import Iterator
from typing import NamedTuple

from sqlalchemy import Connection, Table, UniqueConstraint, text

from specimens.ledger.chain import Difference
from specimens.models.base import Base
from specimens.models.registry import APPEND_ONLY


class _Trigger(NamedTuple):
    """A trigger as it stands: on which table, its definition and (PostgreSQL) the body and path of its function."""

    table: str
    said: str
    function: str = ""
    path: str = ""


_TRIGGERS = {
    "sqlite": text(
        "SELECT name, tbl_name AS on_table, sql AS said, '' AS function, '' AS path, 'O' AS enabled "
        "FROM sqlite_master WHERE type = 'trigger'"
    ),
    "postgresql": text(
        "SELECT tgname AS name, c.relname AS on_table, pg_get_triggerdef(t.oid, true) AS said, p.prosrc AS function, "
        "array_to_string(p.proconfig, ';') AS path, tgenabled::text AS enabled "
        "FROM pg_trigger t JOIN pg_proc p ON p.oid = tgfoid JOIN pg_class c ON c.oid = tgrelid "
        "JOIN pg_namespace n ON n.oid = c.relnamespace WHERE NOT tgisinternal AND n.nspname = 'public'"
    ),
}
#: What bears the name of one of our tables, and what else (PostgreSQL) decides which of its rows are seen.
_RELATIONS = {
    "sqlite": text(
        "SELECT name, type AS kind, '' AS also FROM sqlite_master WHERE type IN ('table', 'view')"
    ),
    "postgresql": text(
        "SELECT c.relname AS name, CASE c.relkind WHEN 'r' THEN 'table' WHEN 'v' THEN 'view' "
        "ELSE 'relation of kind ' || c.relkind::text END AS kind, concat_ws(', ', "
        "CASE WHEN c.relrowsecurity THEN 'row-level security' END, "
        "CASE WHEN EXISTS (SELECT 1 FROM pg_rewrite r WHERE r.ev_class = c.oid) THEN 'a rule' END, "
        "CASE WHEN EXISTS (SELECT 1 FROM pg_inherits i WHERE c.oid IN (i.inhparent, i.inhrelid)) "
        "THEN 'a table that inherits' END) AS also "
        "FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
        "WHERE n.nspname = 'public' AND c.relkind IN ('r', 'v', 'm', 'f', 'p')"
    ),
}
#: Each column of each unique index of a table, in order, and whether only some rows are held to it.
_UNIQUE = {
    "sqlite": text(
        'SELECT m.name AS on_table, i.name, i."partial" AS partly, c.name AS column_name FROM sqlite_master m '
        'JOIN pragma_index_list(m.name) i ON i."unique" = 1 JOIN pragma_index_info(i.name) c '
        "WHERE m.type = 'table' ORDER BY m.name, i.name, c.seqno"
    ),
    "postgresql": text(
        "SELECT c.relname AS on_table, x.relname AS name, i.indpred IS NOT NULL AS partly, a.attname AS column_name "
        "FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid JOIN pg_class x ON x.oid = i.indexrelid "
        "JOIN pg_namespace n ON n.oid = c.relnamespace "
        "CROSS JOIN LATERAL unnest(i.indkey::smallint[]) WITH ORDINALITY AS k (number, place) "
        "LEFT JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.number "
        "WHERE i.indisunique AND i.indisvalid AND i.indisready AND n.nspname = 'public' "
        "ORDER BY c.relname, x.relname, k.place"
    ),
}

#: How an update of a sealed text is let through: both blanked, nothing else touched, and an entry says so.
_UNLESS_REDACTED = (
    "NEW.id = OLD.id AND NEW.entry_id = OLD.entry_id AND NEW.name = OLD.name AND NEW.salt IS NULL "
    "AND NEW.text IS NULL AND EXISTS ( SELECT 1 FROM {schema}redaction r JOIN {schema}ledger_entry e "
    "ON e.entry_id = r.redacted_by WHERE r.entry_id = OLD.entry_id AND r.name = OLD.name AND e.act = 'redacted' )"
)
_SEALED = "sealed_text"
_PATH = "search_path=pg_catalog, pg_temp"
_VIOLATION = "USING ERRCODE = 'integrity_constraint_violation'; END"
_REFUSES = f"BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME {_VIOLATION}"
_REFUSES_UNLESS_REDACTED = (
    f"BEGIN IF TG_OP = 'UPDATE' AND {_UNLESS_REDACTED.format(schema='public.')} THEN RETURN NEW; END IF; "
    f"RAISE EXCEPTION 'sealed_text is append-only' {_VIOLATION}"
)


def check_schema(connection: Connection) -> list[Difference]:
    """Name every table, unique index and trigger that is not as the program made it, and every trigger of others."""
    return [*_tables(connection), *_unique(connection), *_triggers(connection)]


def _tables(connection: Connection) -> Iterator[Difference]:
    there = {row.name: row for row in connection.execute(_RELATIONS[connection.dialect.name])}
    for table in Base.metadata.sorted_tables:
        row = there.get(table.name)
        if row is None or row.kind != "table":
            found = "gone" if row is None else f"a {row.kind}"
            yield Difference(f"table {table.name}", 0, "kind", "a table", found)
        elif row.also:
            yield Difference(f"table {table.name}", 0, "kind", "a table and nothing else", row.also)


def _unique(connection: Connection) -> Iterator[Difference]:
    found: dict[tuple[str, str, bool], list[str]] = {}
    for row in connection.execute(_UNIQUE[connection.dialect.name]):
        found.setdefault((row.on_table, row.name, bool(row.partly)), []).append(row.column_name)
    there = {(table, partly, tuple(columns)) for (table, _, partly), columns in found.items()}
    for table in Base.metadata.sorted_tables:
        for columns, partly in _held_unique(table):
            if (table.name, partly, columns) not in there:
                field = f"unique {', '.join(columns)}"
                yield Difference(f"table {table.name}", 0, field, "no two rows alike", "not held to it")


def _held_unique(table: Table) -> Iterator[tuple[tuple[str, ...], bool]]:
    """Yield the columns in which no two rows of a table may be alike, and whether only some rows are held to it."""
    for columns in _groups(table):
        yield columns, False
    for index in table.indexes:
        if index.unique:
            yield (
                tuple(column.name for column in index.columns),
                index.dialect_options["sqlite"]["where"] is not None,
            )


def _groups(table: Table) -> list[tuple[str, ...]]:
    constraints = [each for each in table.constraints if isinstance(each, UniqueConstraint)]
    return sorted(tuple(column.name for column in each.columns) for each in constraints)


def _triggers(connection: Connection) -> Iterator[Difference]:
    dialect = connection.dialect.name
    there = {(row.on_table, row.name): row for row in connection.execute(_TRIGGERS[dialect])}
    for row in APPEND_ONLY:
        table: Table = row.__table__  # type: ignore[assignment]
        for name, expected in (_of_sqlite(table) if dialect == "sqlite" else _of_postgresql(table)).items():
            field = f"trigger {name}"
            if (found := there.pop((table.name, name), None)) is None:
                yield Difference(f"table {table.name}", 0, field, "there", "gone")
            elif found.enabled not in ("O", "A") or _as_made(found) != expected:
                yield Difference(f"table {table.name}", 0, field, "refuses", "refuses nothing, or not all")
    for on_table, name in sorted(there):
        if on_table in Base.metadata.tables:
            yield Difference(f"table {on_table}", 0, f"trigger {name}", "none of this name", "there")


def _as_made(row: object) -> _Trigger:
    return _Trigger(*(_plain(getattr(row, name)) for name in ("on_table", "said", "function", "path")))


def _plain(said: object) -> str:
    """Return SQL with single blanks: how it is broken into lines says nothing."""
    return " ".join(str(said or "").split())


def _of_sqlite(table: Table) -> dict[str, _Trigger]:
    name = table.name
    refuses = f"BEGIN SELECT RAISE(ABORT, '{name} is append-only'); END"
    unless = f"WHEN NOT ( {_UNLESS_REDACTED.format(schema='')} ) " if name == _SEALED else ""
    said = {
        f"{name}_no_update": f"BEFORE UPDATE ON {name} {unless}{refuses}",
        f"{name}_no_delete": f"BEFORE DELETE ON {name} {refuses}",
    }
    for number, columns in enumerate([("id",), *_groups(table)], start=1):
        same = " AND ".join(f"{column} = NEW.{column}" for column in columns)
        said[f"{name}_no_replace_{number}"] = (
            f"BEFORE INSERT ON {name} WHEN EXISTS (SELECT 1 FROM {name} WHERE {same}) "  # noqa: S608 - only compared
            f"BEGIN SELECT RAISE(ABORT, '{name} is append-only: uq_{name}'); END"
        )
    return {made: _Trigger(name, f"CREATE TRIGGER {made} {rest}") for made, rest in said.items()}


def _of_postgresql(table: Table) -> dict[str, _Trigger]:
    name = table.name
    refuses = ("refuse_change", _REFUSES)
    changing = ("refuse_unless_redacted", _REFUSES_UNLESS_REDACTED) if name == _SEALED else refuses
    said = {
        f"{name}_no_change": (f"BEFORE DELETE OR UPDATE ON {name} FOR EACH ROW", changing),
        f"{name}_no_truncate": (f"BEFORE TRUNCATE ON {name} FOR EACH STATEMENT", refuses),
    }
    return {
        made: _Trigger(name, f"CREATE TRIGGER {made} {when} EXECUTE FUNCTION {function}()", body, _PATH)
        for made, (when, (function, body)) in said.items()
    }

"""The triggers that keep tables append-only, word for word as they must stand in the database.

The migrations make them; a test holds both against each other. `specimens verify` compares what is there.
"""

from collections.abc import Iterator

from sqlalchemy import Connection, Table, UniqueConstraint, text

from specimens.models.base import Base
from specimens.models.ledger import SealedText
from specimens.models.registry import APPEND_ONLY

#: Name → words: of a trigger, or (PostgreSQL) of a function that one calls. Runs of white space count as one space.
Guards = dict[str, str]

_PINNED = "search_path=pg_catalog, pg_temp"
_SAYS_SO = (
    "EXISTS ( SELECT 1 FROM {schema}redaction r JOIN {schema}ledger_entry e ON e.entry_id = r.redacted_by "
    "WHERE r.entry_id = OLD.entry_id AND r.name = OLD.name AND e.act = 'redacted' )"
)
_BLANKED = (
    "NEW.id = OLD.id AND NEW.entry_id = OLD.entry_id AND NEW.name = OLD.name "
    "AND NEW.salt IS NULL AND NEW.text IS NULL"
)
_REFUSED = "USING ERRCODE = 'integrity_constraint_violation'; END as plpgsql, as whoever asks, " + _PINNED
_FUNCTIONS = {
    "refuse_change": f"BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME {_REFUSED}",
    "refuse_unless_redacted": (
        f"BEGIN IF TG_OP = 'UPDATE' AND {_BLANKED} AND {_SAYS_SO.format(schema='public.')} THEN RETURN NEW; END IF; "
        f"RAISE EXCEPTION 'sealed_text is append-only' {_REFUSED}"
    ),
    "redact_sealed_text": (
        "UPDATE public.sealed_text SET salt = NULL, text = NULL WHERE entry_id = of_entry AND name = of_name "  # noqa: S608
        "as sql, as its owner, " + _PINNED
    ),
}

_THERE = {
    "sqlite": text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"),
    # A trigger that is switched off is another one.
    "postgresql": text(
        "SELECT tgname, pg_get_triggerdef(t.oid) || CASE WHEN tgenabled IN ('O', 'A') THEN '' ELSE ' (off)' END "
        "FROM pg_trigger t JOIN pg_class c ON c.oid = tgrelid "
        "WHERE NOT tgisinternal AND relnamespace = 'public'::regnamespace "
        "UNION ALL SELECT proname, concat(prosrc, ' as ', lanname, ', as ', "
        "CASE WHEN prosecdef THEN 'its owner' ELSE 'whoever asks' END, ', ', array_to_string(proconfig, ';')) "
        "FROM pg_proc p JOIN pg_language l ON l.oid = prolang WHERE pronamespace = 'public'::regnamespace "
        # Those of an extension are the server's: only its superuser could put one there.
        "AND NOT EXISTS (SELECT 1 FROM pg_depend WHERE objid = p.oid AND deptype = 'e')"
    ),
}

#: Of these columns (joined by commas, in the order of their names) only one row of the table may have the same values.
_UNIQUE = {
    "sqlite": text(
        "SELECT name, group_concat(field, ',') FROM (SELECT m.name, i.name AS constraint_, f.name AS field "
        "FROM sqlite_master m, pragma_index_list(m.name) i, pragma_index_info(i.name) f "
        "WHERE m.type = 'table' AND i.\"unique\" AND NOT i.partial ORDER BY m.name, i.name, f.name) "
        "GROUP BY name, constraint_"
    ),
    "postgresql": text(
        "SELECT c.relname, string_agg(a.attname, ',' ORDER BY a.attname) FROM pg_index i "
        "JOIN pg_class c ON c.oid = indrelid JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = ANY(indkey) "
        "WHERE relnamespace = 'public'::regnamespace AND indisunique AND indisvalid AND indpred IS NULL "
        "GROUP BY c.relname, indexrelid"
    ),
}


def expected(dialect: str) -> Guards:
    """Return every trigger that there must be, and on PostgreSQL every function; there are no others."""
    made = _sqlite() if dialect == "sqlite" else _postgresql()
    return {name: _plain(words) for name, words in made}


def there(connection: Connection) -> Guards:
    """Return those that are in the database."""
    return {name: _plain(words or "") for name, words in connection.execute(_THERE[connection.dialect.name])}


def expected_unique(dialect: str) -> set[tuple[str, str]]:
    """Return (table, columns) of each constraint by which no row is there twice."""
    keys = {
        (table.name, ",".join(sorted(group)))
        for table in Base.metadata.tables.values()
        for group in _unique(table)
    }
    if dialect == "sqlite":  # there a primary key of one number is the place of the row itself
        return keys
    return keys | {(table.name, "id") for table in Base.metadata.tables.values()}


def unique_there(connection: Connection) -> set[tuple[str, str]]:
    """Return those that are in the database."""
    return {(row[0], row[1]) for row in connection.execute(_UNIQUE[connection.dialect.name])}


def _plain(words: str) -> str:
    return " ".join(words.split())


def _sqlite() -> Iterator[tuple[str, str]]:
    for row in APPEND_ONLY:
        table: Table = row.__table__  # type: ignore[assignment]
        name = table.name
        refuse = f"BEGIN SELECT RAISE(ABORT, '{name} is append-only'); END"
        unless = f"WHEN NOT ( {_BLANKED} AND {_SAYS_SO.format(schema='')} ) " if row is SealedText else ""
        yield f"{name}_no_update", f"CREATE TRIGGER {name}_no_update BEFORE UPDATE ON {name} {unless}{refuse}"
        yield f"{name}_no_delete", f"CREATE TRIGGER {name}_no_delete BEFORE DELETE ON {name} {refuse}"
        for number, columns in enumerate((("id",), *_unique(table)), start=1):
            same = " AND ".join(f"{column} = NEW.{column}" for column in columns)
            trigger = f"{name}_no_replace_{number}"
            yield (
                trigger,
                f"CREATE TRIGGER {trigger} BEFORE INSERT ON {name} "  # noqa: S608 - compared, never run
                f"WHEN EXISTS (SELECT 1 FROM {name} WHERE {same}) "
                f"BEGIN SELECT RAISE(ABORT, '{name} is append-only: uq_{name}'); END",
            )


def _unique(table: Table) -> list[tuple[str, ...]]:
    """Return the columns of which only one row may have the same values, the shortest group first."""
    groups = [each.columns.keys() for each in table.constraints if isinstance(each, UniqueConstraint)]
    return sorted(map(tuple, groups), key=lambda group: (len(group), group))


def _postgresql() -> Iterator[tuple[str, str]]:
    yield from _FUNCTIONS.items()
    for row in APPEND_ONLY:
        name = row.__tablename__
        refuse = "refuse_unless_redacted" if row is SealedText else "refuse_change"
        yield (
            f"{name}_no_change",
            f"CREATE TRIGGER {name}_no_change BEFORE DELETE OR UPDATE ON public.{name} "
            f"FOR EACH ROW EXECUTE FUNCTION {refuse}()",
        )
        yield (
            f"{name}_no_truncate",
            f"CREATE TRIGGER {name}_no_truncate BEFORE TRUNCATE ON public.{name} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()",
        )

"""The triggers that keep tables append-only, word for word as they must stand in the database.

The migrations make them; a test holds both against each other. `specimens verify` compares what is there.
"""

from collections.abc import Iterator
from typing import NamedTuple

from sqlalchemy import Connection, Table, UniqueConstraint, text

from specimens.models.base import Base
from specimens.models.ledger import SealedText
from specimens.models.registry import APPEND_ONLY

#: (`table T`, `trigger N`) or (PostgreSQL) (`database`, `function N`) → words. Runs of white space count as one space.
Guards = dict[tuple[str, str], str]


class Unique(NamedTuple):
    """Columns of a table, by their names, in which no two rows are alike; `partly`: of those that an index is about."""

    table: str
    columns: tuple[str, ...]
    partly: bool = False


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
    "sqlite": text(
        "SELECT 'table ' || tbl_name, 'trigger ' || name, sql FROM sqlite_master WHERE type = 'trigger'"
    ),
    # A trigger that is switched off is another one.
    "postgresql": text(
        "SELECT 'table ' || c.relname, 'trigger ' || tgname, "
        "pg_get_triggerdef(t.oid) || CASE WHEN tgenabled IN ('O', 'A') THEN '' ELSE ' (off)' END "
        "FROM pg_trigger t JOIN pg_class c ON c.oid = tgrelid "
        "WHERE NOT tgisinternal AND relnamespace = 'public'::regnamespace "
        "UNION ALL SELECT 'database', 'function ' || proname, concat(prosrc, ' as ', lanname, ', as ', "
        "CASE WHEN prosecdef THEN 'its owner' ELSE 'whoever asks' END, ', ', array_to_string(proconfig, ';')) "
        "FROM pg_proc p JOIN pg_language l ON l.oid = prolang WHERE pronamespace = 'public'::regnamespace "
        # Those of an extension are the server's: only its superuser could put one there.
        "AND NOT EXISTS (SELECT 1 FROM pg_depend WHERE objid = p.oid AND deptype = 'e')"
    ),
}
_UNIQUE = {
    "sqlite": text(
        "SELECT name, group_concat(field, ','), partly FROM (SELECT m.name, i.name AS index_, f.name AS field, "
        "i.partial AS partly FROM sqlite_master m, pragma_index_list(m.name) i, pragma_index_info(i.name) f "
        "WHERE m.type = 'table' AND i.\"unique\" ORDER BY m.name, i.name, f.name) GROUP BY name, index_"
    ),
    "postgresql": text(
        "SELECT c.relname, string_agg(a.attname, ',' ORDER BY a.attname), indpred IS NOT NULL FROM pg_index i "
        "JOIN pg_class c ON c.oid = indrelid JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = ANY(indkey) "
        "WHERE relnamespace = 'public'::regnamespace AND indisunique AND indisvalid AND indisready "
        "GROUP BY c.relname, indexrelid, indpred IS NOT NULL"
    ),
}


def expected(dialect: str) -> Guards:
    """Return every trigger that there must be, and on PostgreSQL every function; there are no others."""
    made = _sqlite() if dialect == "sqlite" else _postgresql()
    return {where: _plain(words) for where, words in made}


def there(connection: Connection) -> Guards:
    """Return those that are in the database."""
    found = connection.execute(_THERE[connection.dialect.name])
    return {(row[0], row[1]): _plain(row[2] or "") for row in found}


def expected_unique(dialect: str) -> set[Unique]:
    """Return every constraint and index by which no row is there twice."""
    found = set()
    for table in Base.metadata.tables.values():
        found |= {Unique(table.name, tuple(sorted(group))) for group in _unique(table)}
        found |= {
            Unique(
                table.name,
                tuple(sorted(each.columns.keys())),
                each.dialect_options[dialect]["where"] is not None,
            )
            for each in table.indexes
            if each.unique
        }
        if dialect != "sqlite":  # there a primary key of one number is the place of the row itself
            found.add(Unique(table.name, ("id",)))
    return found


def unique_there(connection: Connection) -> set[Unique]:
    """Return those that are in the database."""
    found = connection.execute(_UNIQUE[connection.dialect.name])
    return {Unique(row[0], tuple(row[1].split(",")), bool(row[2])) for row in found}


def _plain(words: str) -> str:
    return " ".join(words.split())


def _sqlite() -> Iterator[tuple[tuple[str, str], str]]:
    for row in APPEND_ONLY:
        table: Table = row.__table__  # type: ignore[assignment]
        name = table.name
        refuse = f"BEGIN SELECT RAISE(ABORT, '{name} is append-only'); END"
        unless = f"WHEN NOT ( {_BLANKED} AND {_SAYS_SO.format(schema='')} ) " if row is SealedText else ""
        on = f"table {name}"
        yield (
            (on, f"trigger {name}_no_update"),
            f"CREATE TRIGGER {name}_no_update BEFORE UPDATE ON {name} {unless}{refuse}",
        )
        yield (
            (on, f"trigger {name}_no_delete"),
            f"CREATE TRIGGER {name}_no_delete BEFORE DELETE ON {name} {refuse}",
        )
        for number, columns in enumerate((("id",), *_unique(table)), start=1):
            same = " AND ".join(f"{column} = NEW.{column}" for column in columns)
            trigger = f"{name}_no_replace_{number}"
            yield (
                (on, f"trigger {trigger}"),
                f"CREATE TRIGGER {trigger} BEFORE INSERT ON {name} "  # noqa: S608 - compared, never run
                f"WHEN EXISTS (SELECT 1 FROM {name} WHERE {same}) "
                f"BEGIN SELECT RAISE(ABORT, '{name} is append-only: uq_{name}'); END",
            )


def _unique(table: Table) -> list[tuple[str, ...]]:
    """Return the columns of which only one row may have the same values, the shortest group first."""
    groups = [each.columns.keys() for each in table.constraints if isinstance(each, UniqueConstraint)]
    return sorted(map(tuple, groups), key=lambda group: (len(group), group))


def _postgresql() -> Iterator[tuple[tuple[str, str], str]]:
    yield from ((("database", f"function {name}"), words) for name, words in _FUNCTIONS.items())
    for row in APPEND_ONLY:
        name = row.__tablename__
        refuse = "refuse_unless_redacted" if row is SealedText else "refuse_change"
        yield (
            (f"table {name}", f"trigger {name}_no_change"),
            f"CREATE TRIGGER {name}_no_change BEFORE DELETE OR UPDATE ON public.{name} "
            f"FOR EACH ROW EXECUTE FUNCTION {refuse}()",
        )
        yield (
            (f"table {name}", f"trigger {name}_no_truncate"),
            f"CREATE TRIGGER {name}_no_truncate BEFORE TRUNCATE ON public.{name} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()",
        )

"""Verifying what stands beside the entries: sealed texts, protocol texts, the installation's name."""

import json
from typing import Any

from sqlalchemy import Connection, bindparam, text

from specimens.domain import protocol as rules
from specimens.domain.errors import Refused
from specimens.domain.fold import REDACTED
from specimens.ledger.chain import Difference
from specimens.models import guard
from specimens.models.base import Base

_SEALS = text("SELECT entry_id, name, salt, text FROM sealed_text WHERE entry_id IN :ids").bindparams(
    bindparam("ids", expanding=True)
)
_KINDS = {
    "sqlite": text("SELECT name, type FROM sqlite_master WHERE type IN ('table', 'view')"),
    "postgresql": text(
        "SELECT relname, CASE WHEN relkind <> 'r' THEN relkind::text "
        "WHEN EXISTS (SELECT 1 FROM pg_rewrite WHERE ev_class = c.oid) THEN 'table with rules' "
        "WHEN EXISTS (SELECT 1 FROM pg_inherits WHERE inhparent = c.oid) THEN 'table with another one under it' "
        "WHEN relrowsecurity THEN 'table of which some rows are hidden' "
        "ELSE 'table' END FROM pg_class c WHERE relnamespace = 'public'::regnamespace "
        "AND relkind IN ('r', 'v', 'm', 'p', 'f')"
    ),
}
_PROTOCOLS = text(
    "SELECT study, version, digest, text, published_at, published_by FROM protocol_version ORDER BY id"
)
_PUBLISHED = text(
    "SELECT subject_code, seq, actor_user, recorded_at, body FROM ledger_entry "
    "WHERE act = 'protocol_published' AND subject_kind = 'protocol'"
)

_BLANKED = text(
    "SELECT s.entry_id, s.name FROM sealed_text s "
    "LEFT JOIN redaction r ON r.entry_id = s.entry_id AND r.name = s.name "
    "WHERE (s.text IS NULL OR s.salt IS NULL) AND r.id IS NULL ORDER BY s.id"
)
_REDACTIONS = text(
    "SELECT r.entry_id, r.name, r.redacted_by, e.act, e.subject_kind, e.subject_code, e.seq, e.body, "
    "(s.id IS NOT NULL AND s.text IS NULL AND s.salt IS NULL) AS blank FROM redaction r "
    "LEFT JOIN ledger_entry e ON e.entry_id = r.redacted_by "
    "LEFT JOIN sealed_text s ON s.entry_id = r.entry_id AND s.name = r.name ORDER BY r.id"
)
_REDACTING = text(
    "SELECT entry_id, subject_kind, subject_code, seq FROM ledger_entry WHERE act = 'redacted' ORDER BY id"
)

#: The tree begins with leaf 0: what stands in front of it stands in no tree, and no checkpoint covers it.
_BEFORE = text(
    "SELECT e.subject_kind, e.subject_code, e.seq, l.id AS place FROM leaf l "
    "LEFT JOIN ledger_entry e ON e.id = l.entry WHERE l.id < 0 ORDER BY l.id LIMIT 1000"
)
_WAITING = text(
    "SELECT e.subject_kind, e.subject_code, e.seq, 'waiting' AS place FROM pending p "
    "LEFT JOIN ledger_entry e ON e.id = p.id ORDER BY p.id LIMIT 1000"
)


def origin(connection: Connection) -> str:
    """Return the name of this installation's ledger.

    Raises:
        Refused: `not_installed`.
    """
    said = connection.execute(text("SELECT origin FROM installation")).scalar()
    if said is None:
        raise Refused("not_installed")
    return str(said)


def seals_of(connection: Connection, entry_ids: list[Any]) -> dict[Any, dict[str, tuple[Any, Any]]]:
    """Return entry id → name → (salt, text) of some entries."""
    found: dict[Any, dict[str, tuple[Any, Any]]] = {}
    for row in connection.execute(_SEALS, {"ids": entry_ids}):
        salt = bytes(row.salt) if isinstance(row.salt, memoryview) else row.salt
        found.setdefault(row.entry_id, {})[row.name] = (salt, row.text)
    return found


def check_guards(connection: Connection) -> list[Difference]:
    """Name every trigger that should keep a table append-only and is gone, switched off, or another one; each unique
    constraint that is gone; and what nobody here made: another trigger or function, a view or rules for a table."""
    expected, there = guard.expected(connection.dialect.name), guard.there(connection)
    wrong = [
        Difference(
            subject, 0, field, expected.get((subject, field), "none"), there.get((subject, field), "gone")
        )
        for subject, field in sorted({*expected, *there})
        if expected.get((subject, field)) != there.get((subject, field))
    ]
    lost = guard.expected_unique(connection.dialect.name) - guard.unique_there(connection)
    wrong.extend(
        Difference(
            f"table {each.table}",
            0,
            f"unique {', '.join(each.columns)}",
            "no two rows alike",
            "not held to it",
        )
        for each in sorted(lost)
    )
    kinds = {row[0]: row[1] for row in connection.execute(_KINDS[connection.dialect.name])}
    wrong.extend(
        Difference(f"table {name}", 0, "kind", "table", kinds.get(name, "gone"))
        for name in sorted(Base.metadata.tables)
        if kinds.get(name) != "table"
    )
    return wrong


def check_places(connection: Connection) -> list[Difference]:
    """Name every entry that has a place and yet stands in no tree: in front of it, or (SQLite) waiting for ever."""
    queries = [_BEFORE, _WAITING] if connection.dialect.name == "sqlite" else [_BEFORE]
    return [
        Difference(
            f"{row.subject_kind} {row.subject_code}" if row.subject_kind else f"leaf {row.place}",
            row.seq or 0,
            "leaf",
            "a place in the tree",
            str(row.place),
        )
        for query in queries
        for row in connection.execute(query)
    ]


def check_redactions(connection: Connection) -> list[Difference]:
    """Name every text that was blanked with no entry that says so, and every redaction whose text is still there."""
    wrong = [
        Difference(f"entry {row.entry_id}", 0, f"sealed.{row.name}", "a text, or who redacted it", "neither")
        for row in connection.execute(_BLANKED)
    ]
    said = set()
    for row in connection.execute(_REDACTIONS):
        subject, facts, seq = f"{row.subject_kind} {row.subject_code}", _facts(row.body), row.seq or 0
        meant = (facts.get("redacted_entry"), facts.get("redacted_text"))
        if row.act != REDACTED or meant != (row.entry_id, row.name):
            wrong.append(Difference(subject, seq, "redaction", f"redacts {row.name}", f"{row.act} {meant}"))
        if not row.blank:
            wrong.append(Difference(subject, seq, f"sealed.{row.name}", "redacted", "a text, or no row"))
        said.add(row.redacted_by)
    for row in connection.execute(_REDACTING):
        if row.entry_id not in said:
            subject = f"{row.subject_kind} {row.subject_code}"
            wrong.append(Difference(subject, row.seq, "redaction", "its row", "gone"))
    return wrong


def check_protocols(connection: Connection) -> list[Difference]:
    """Compare the texts of protocols with the entries that published them."""
    wrong: list[Difference] = []
    published = {}
    for row in connection.execute(_PUBLISHED):
        if facts := _facts(row.body):
            published[row.subject_code, str(facts.get("version"))] = (row, facts)
    for text_row in connection.execute(_PROTOCOLS):
        subject = f"protocol {text_row.study}"
        entry, facts = published.pop((text_row.study, text_row.version), (None, {}))
        if entry is None:
            wrong.append(Difference(subject, 0, f"version {text_row.version}", "no text", "a text"))
            continue
        expected = {
            "digest": facts.get("digest"),
            "text": facts.get("digest"),
            "published_at": entry.recorded_at,
            "published_by": entry.actor_user,
        }
        found = {
            "digest": text_row.digest,
            "text": rules.digest(text_row.text) if isinstance(text_row.text, str) else None,
            "published_at": text_row.published_at,
            "published_by": text_row.published_by,
        }
        wrong.extend(
            Difference(
                subject, entry.seq, f"{name} of {text_row.version}", str(expected[name]), str(found[name])
            )
            for name in expected
            if expected[name] != found[name]
        )
    for (study, version), (entry, _) in published.items():
        wrong.append(Difference(f"protocol {study}", entry.seq, f"version {version}", "a text", "no text"))
    return wrong


def _facts(body: Any) -> dict[str, Any]:
    try:
        facts = json.loads(body)["facts"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return {}
    return facts if isinstance(facts, dict) else {}

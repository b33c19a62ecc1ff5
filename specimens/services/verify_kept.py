"""Verifying what is kept beside the ledger and digested in it: results of verifications, hashes of one-time codes."""

import hashlib
import json
from collections import Counter
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, text

from specimens.ledger.chain import Difference
from specimens.models.base import Json

_COLUMNS = ("began_at", "ended_at", "entries", "whole", "differences", "further")
_KEPT = text(f"SELECT id, {', '.join(_COLUMNS)} FROM verification ORDER BY id")  # noqa: S608 - our own columns
_SAID = text(
    "SELECT subject_code, seq, body FROM ledger_entry "
    "WHERE act = 'ledger_verified' AND subject_kind = 'signing_key' ORDER BY id"
)
_SECRETS = text(
    "SELECT h.code, s.code_hash, e.body FROM handover h LEFT JOIN handover_secret s ON s.handover = h.code "
    "LEFT JOIN ledger_entry e ON e.subject_kind = 'handover' AND e.subject_code = h.code AND e.seq = 1 ORDER BY h.id"
)


def digest(row: Mapping[str, Any]) -> str:
    """Return the SHA-256 (hex) of a result of a verification, of its values as they are stored or as they are said."""
    said = {name: row[name] for name in _COLUMNS}
    if not isinstance(said["differences"], str | bytes):
        said["differences"] = Json().process_bind_param(said["differences"], None)  # type: ignore[arg-type]
    if isinstance(said["whole"], bool | int):
        said["whole"] = int(said["whole"])
    return hashlib.sha256(json.dumps(said, sort_keys=True, default=str).encode()).hexdigest()


def check_verifications(connection: Connection) -> list[Difference]:
    """Name every result of a verification that was changed, put in or taken out."""
    rows: list[dict[str, Any]] = [dict(row) for row in connection.execute(_KEPT).mappings()]
    kept = Counter(digest(row) for row in rows)
    wrong = []
    for entry in connection.execute(_SAID):
        said = str(_facts(entry.body).get("result"))
        if kept[said]:
            kept[said] -= 1
        else:
            wrong.append(
                Difference(f"signing_key {entry.subject_code}", entry.seq, "result", "its row", "gone")
            )
    for row in reversed(rows):
        if kept[digest(row)]:
            kept[digest(row)] -= 1
            wrong.append(Difference(f"verification {row['id']}", 0, "row", "an entry that says so", "none"))
    return wrong


def check_secrets(connection: Connection) -> list[Difference]:
    """Name every one-time code that is not the one that was made: whoever knows another could sign with it."""
    wrong = []
    for row in connection.execute(_SECRETS):
        expected = _facts(row.body).get("code_digest")
        found = None if row.code_hash is None else hashlib.sha256(str(row.code_hash).encode()).hexdigest()
        if found != expected:
            wrong.append(Difference(f"handover {row.code}", 1, "secret", str(expected), found or "gone"))
    return wrong


def _facts(body: Any) -> Mapping[str, Any]:
    try:
        facts = json.loads(body if isinstance(body, str) else bytes(body))["facts"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return {}
    return facts if isinstance(facts, dict) else {}

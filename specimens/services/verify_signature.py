"""Verifying signatures: each still belongs to the very entry that was signed, and to no other."""

import json
from typing import Any

from sqlalchemy import Connection, text

from specimens.ledger.chain import Difference

_CHUNK = 500
#: Each signature with the entry that it names, and with its own entry.
_SIGNED = text(
    "SELECT s.code, s.of_kind, s.of_code, s.of_seq, s.of_hash, s.digest, o.operation AS own_operation, "
    "e.operation, e.hash, "
    "(SELECT x.body FROM ledger_entry x WHERE x.subject_kind = s.of_kind AND x.subject_code = s.of_code "
    "AND x.seq = 1) AS first_body, e.body "
    "FROM signature s "
    "LEFT JOIN ledger_entry o ON o.subject_kind = 'signature' AND o.subject_code = s.code AND o.seq = 1 "
    "LEFT JOIN ledger_entry e ON e.subject_kind = s.of_kind AND e.subject_code = s.of_code AND e.seq = s.of_seq "
    "ORDER BY s.id"
)


def check_signatures(connection: Connection) -> list[Difference]:
    """Name every signature that does not fit what it stands on: copied, moved, or on an entry that was changed."""
    wrong: list[Difference] = []
    result = connection.execution_options(stream_results=True, max_row_buffer=_CHUNK).execute(_SIGNED)
    for row in result.mappings():
        wrong += _compared(row)
    return wrong


def _compared(row: Any) -> list[Difference]:
    name, seq = f"signature {row['code']}", row["of_seq"]
    signed = f"{row['of_kind']} {row['of_code']}, entry {seq}"
    if row["hash"] is None:
        return [Difference(name, 1, "signed", signed, "no such entry")]
    expected = {"of_hash": _hex(row["hash"]), "operation": row["operation"]}
    found = {"of_hash": row["of_hash"], "operation": row["own_operation"]}
    if row["digest"] is not None:
        expected["digest"] = _digest(row["body"]) or _digest(row["first_body"])
        found["digest"] = row["digest"]
    return [
        Difference(name, 1, field, f"{expected[field]} ({signed})", str(found[field]))
        for field in expected
        if expected[field] != found[field]
    ]


def _hex(value: Any) -> str:
    return bytes(value).hex() if isinstance(value, bytes | memoryview) else str(value)


def _digest(body: Any) -> Any:
    """Return the digest that an entry names: a report's first, a protocol's own."""
    try:
        return json.loads(bytes(body) if isinstance(body, memoryview) else body)["facts"].get("digest")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None

"""An entry back-dated with raw SQL, and everything that follows from it made to fit: its time alone gives it away."""

import json
from collections.abc import Callable

import pytest

from specimens.domain.clock_alarm import BEHIND
from specimens.ledger.entry import entry_hash
from specimens.services.verify import Result
from tests.history import History
from tests.tamper.conftest import Owner, named


@pytest.mark.parametrize("mark", [{}, {BEHIND: 1}])
def test_back_dated_by_whoever_owns_the_database_and_has_the_key_it_is_named(
    mark: dict[str, int], owner: Owner, history: History, verified: Callable[[], Result]
) -> None:
    """The last entry of all, its hash, leaf and row made to fit: only its time does not, whatever its *mark* says."""
    kind, code, seq = (
        owner.asks(
            f"SELECT {column} FROM ledger_entry WHERE id = (SELECT entry FROM leaf ORDER BY id DESC LIMIT 1)"
        )
        for column in ("subject_kind", "subject_code", "seq")
    )
    where = "subject_kind = :kind AND subject_code = :code AND seq = :seq"
    body = json.loads(
        bytes(owner.asks(f"SELECT body FROM ledger_entry WHERE {where}", kind=kind, code=code, seq=seq))
    )
    body["recorded_at"] = body["happened_at"] = "2026-03-01T08:00:00.000Z"
    body["facts"] |= mark
    forged = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    values = {
        "kind": kind,
        "code": code,
        "seq": seq,
        "body": forged,
        "hash": entry_hash(forged),
        "at": 1772352000000,
    }
    owner.does(
        f"UPDATE ledger_entry SET body = :body, hash = :hash, recorded_at = :at, happened_at = :at WHERE {where}",
        "UPDATE leaf SET hash = :hash WHERE id = (SELECT max(id) FROM leaf)",
        **values,
    )
    assert (f"{kind} {code}", seq, "recorded_at") in named(verified())

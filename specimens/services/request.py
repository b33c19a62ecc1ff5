"""Once is enough: the same act asked for again under the same key gets the same answer and makes no second event.

A page puts a nonce into each form, a client of the API sends a key. Double click, Back, refresh and a retry after a
lost answer then all come to one event.
"""

import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import Table, bindparam, insert, select

from specimens.domain.access import Actor
from specimens.domain.errors import BadInput, Conflict
from specimens.domain.terms import Mode
from specimens.models.base import db
from specimens.models.request import AnsweredRequest
from specimens.models.statement import Statement
from specimens.services import outside
from specimens.services.operate import operate
from specimens.services.record import Operation
from specimens.services.transaction import is_constraint

LONGEST_KEY = 128

_ANSWERED: Table = AnsweredRequest.__table__  # type: ignore[assignment]
_SELECT = Statement(
    select(_ANSWERED.c.digest, _ANSWERED.c.outcome).where(
        _ANSWERED.c.actor_user == bindparam("person"), _ANSWERED.c.key == bindparam("asked_under")
    )
)
_INSERT = Statement(insert(_ANSWERED))


def _digest(what: Mapping[str, Any]) -> str:
    """What was asked for may hold a hospital number that was scanned: only under a key can nobody guess it."""
    text = json.dumps(what, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=str)
    return hmac.new(outside.key("answered requests"), text.encode(), hashlib.sha256).hexdigest()


def once(op: Operation, key: str, what: Mapping[str, Any]) -> Any | None:
    """Return the outcome that was stored under *key* for this person; None if the key is new.

    Raises:
        BadInput: `key_too_long`.
        Conflict: `key_reused` if the key was used for something else.
    """
    if len(key) > LONGEST_KEY:
        raise BadInput("key_too_long", longest=LONGEST_KEY)
    for row in op.all(_SELECT, person=op.actor.user, asked_under=key):
        if row["digest"] != _digest(what):
            raise Conflict("key_reused")
        return json.loads(row["outcome"])
    return None


def answer_to(actor: Actor, key: str | None) -> Any | None:
    """Return what was answered under *key* to this person, whatever was asked, for reading; None if nothing was."""
    if key is None or len(key) > LONGEST_KEY:
        return None
    row = _SELECT.first(db.session.connection(), person=actor.user, asked_under=key)
    return None if row is None else json.loads(row["outcome"])


def answered(op: Operation, key: str, what: Mapping[str, Any], outcome: Any) -> None:
    """Store the outcome (plain JSON, not None) of what was asked under *key*, in the same transaction as the act."""
    _INSERT.later(
        op.connection,
        {
            "actor_user": op.actor.user,
            "key": key,
            "digest": _digest(what),
            "outcome": json.dumps(outcome, ensure_ascii=False, sort_keys=True),
            "answered_at": op.now,
        },
    )


def perform(
    actor: Actor,
    key: str | None,
    what: Mapping[str, Any],
    work: Callable[[Operation], Any],
    *,
    mode: str = Mode.FORM,
) -> Any:
    """Do *work* in one operation, once per key, and return its outcome (plain JSON, not None).

    Without a key it is simply done. Two requests with one key at the same moment: on PostgreSQL the second waits at
    the unique index, is rolled back, and then reads the answer of the first.
    """

    def act(op: Operation) -> Any:
        if key is not None and (stored := once(op, key, what)) is not None:
            return stored
        outcome = work(op)
        if key is not None:
            answered(op, key, what, outcome)
        return outcome

    ahead = [(_SELECT, {"person": actor.user, "asked_under": key})] if key is not None else []
    for last in (False, True):
        try:
            return operate(actor, act, mode=mode, ahead=ahead)
        except Conflict as conflict:
            if last or not is_constraint(conflict, "uq_answered_request_actor_user_key"):
                raise
    raise AssertionError("unreachable")

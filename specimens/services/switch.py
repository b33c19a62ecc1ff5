"""Switching something off and on: a site, a station, a storage unit, a printer. Nothing of it is removed."""

from collections.abc import Callable
from typing import Any

from specimens.domain.access import Actor
from specimens.domain.errors import Refused
from specimens.domain.terms import Kind
from specimens.services.record import Operation
from specimens.services.request import perform


def switched(
    actor: Actor,
    kind: Kind,
    code: str,
    ask: Callable[[Operation, Any], None],
    *,
    site: str,
    active: bool,
    reason: str,
    key: str | None,
) -> None:
    """Write that something is switched off or on, and why; *ask* raises where it may not be, as it stands now.

    Raises:
        Refused: `reason_needed`, `unchanged`, and what *ask* raises.
    """
    said = reason.strip()
    if not said:
        raise Refused("reason_needed")
    act = f"{kind}_switched_{'on' if active else 'off'}"

    def work(op: Operation) -> dict[str, str]:
        now = op.load(kind, code)
        if now.active == active:
            raise Refused("unchanged")
        ask(op, now)
        op.append(kind, code, act, facts={"active": active}, sealed={"reason": said}, site=site)
        return {"code": code}

    perform(actor, key, {"act": act, "code": code, "reason": reason}, work)

"""`POST /scans`: one scan, the same outcome as on a page."""

from collections.abc import Callable
from typing import Any

from flask import Response, request

from specimens.api import reading
from specimens.api.door import actor, answer, bp, needs, read, sentence
from specimens.api.forms import Collect, Pack, Receive, Release, Scan, Store, milliseconds
from specimens.api.records import ScanAnswer
from specimens.domain.access import Permission
from specimens.domain.errors import BadInput, NotFound
from specimens.domain.terms import Kind, Mode, TransferState
from specimens.services import collection, find, receipt, storage, transfer
from specimens.services.scan import OK, ScanOutcome

LONGEST_KEY = 100


@bp.post("/scans")
@needs(Permission.SPECIMEN_READ)
def scans() -> Response:
    """Do what a scan is for, once per Idempotency-Key. A refusal is an outcome and is kept as a near miss."""
    key = request.headers.get("Idempotency-Key", "")
    if not (1 <= len(key) <= LONGEST_KEY and all("!" <= each <= "~" for each in key)):
        raise BadInput("key_needed")
    asked = read(Scan).root
    outcome = _ACTS[type(asked)](asked, f"api:{key}")
    return answer(said(outcome))


def said(outcome: ScanOutcome) -> ScanAnswer:
    """Return an outcome as the API says it."""
    facts = {name: value for name, value in outcome.facts.items() if _is_plain(value)}
    return ScanAnswer(
        verdict=outcome.verdict,
        code=outcome.code,
        sentence=sentence(outcome.code, outcome.facts),
        facts=facts,
        saved=outcome.saved,
        read=outcome.read,
        specimen=reading.specimen_record(outcome.specimen) if outcome.specimen else None,
        next=outcome.next,
        ask=outcome.ask,
    )


def _is_plain(value: Any) -> bool:
    return value is None or isinstance(value, str | int | list | tuple)


def _collect(asked: Collect, key: str) -> ScanOutcome:
    return collection.collect(
        actor(),
        asked.kit,
        asked.scan,
        key,
        happened_at=milliseconds(asked.happened_at),
        container=asked.container,
        reason=asked.reason,
        late_reason=asked.late_reason,
        minutes_to_medium=asked.minutes_to_medium,
        mode=Mode.API,
    )


def _pack(asked: Pack, key: str) -> ScanOutcome:
    return transfer.pack(actor(), asked.transfer, asked.scan, key=key, mode=Mode.API)


def _release(asked: Release, key: str) -> ScanOutcome:
    """Seal the bag that was scanned, where it is still open, and hand it over."""
    try:
        found = find.find(actor(), asked.scan)
        if found.kind != Kind.TRANSFER:
            raise NotFound("unknown_code", code=found.code)
    except (BadInput, NotFound) as error:
        return find.refused(actor(), asked.scan, error, key=key, mode=Mode.API)
    if transfer.transfer_now(found.code).state == TransferState.PACKING:
        transfer.seal(
            actor(), found.code, asked.count, transport=asked.transport, temperature=asked.temperature,
            seal=asked.seal, key=f"{key}:seal",
        )  # fmt: skip
    after = transfer.release(actor(), found.code, key=key)
    return ScanOutcome(
        OK, "api_list_released", {"transfer": found.code, "count": len(after.lines)}, found.code
    )


def _receive(asked: Receive, key: str) -> ScanOutcome:
    return receipt.receive(
        actor(), asked.transfer, asked.scan, outcome=asked.outcome, reason=asked.reason or "", note=asked.note,
        key=key, mode=Mode.API,
    )  # fmt: skip


def _store(asked: Store, key: str) -> ScanOutcome:
    return storage.put(
        actor(), asked.unit, asked.scan, well=asked.well, reason=asked.reason or "", note=asked.note, key=key,
        mode=Mode.API,
    )  # fmt: skip


_ACTS: dict[type[Any], Callable[[Any, str], ScanOutcome]] = {
    Collect: _collect,
    Pack: _pack,
    Release: _release,
    Receive: _receive,
    Store: _store,
}

"""What the running server does by itself: places for entries, checkpoints, and a verification of everything.

One thread. It waits for its next duty, does it, and tells the log what went wrong; no page waits for it.
"""

import logging
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import insert, select

from specimens.domain.access import system_actor
from specimens.domain.errors import SpecimensError
from specimens.domain.terms import Kind
from specimens.ledger import checkpoint as checkpoints
from specimens.ledger.note import BadNote
from specimens.models.tree import SigningKeyRow, Verification
from specimens.services import checkpoint, tree, verify, verify_kept
from specimens.services.clock import now_ms
from specimens.services.record import writing
from specimens.services.transaction import committing

#: How many differences a kept result names; the page that shows it sends its reader to the terminal for all.
MOST_KEPT = 20
_TICK_SECONDS = 0.25

#: The newest key that signs: its subject tells what the installation itself did with its ledger.
_SIGNS = (
    select(SigningKeyRow.code).where(SigningKeyRow.retired_at.is_(None)).order_by(SigningKeyRow.id.desc())
)

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Rhythm:
    """How often: a checkpoint after so many minutes or entries, whichever comes first; a verification after hours."""

    checkpoint_minutes: int
    checkpoint_entries: int
    verify_hours: int


@dataclass(frozen=True, slots=True)
class Last:
    """The last verification: when it ended (ms), how many entries there were, and what it found."""

    ended_at: int
    entries: int
    whole: bool
    differences: tuple[dict[str, str], ...]
    further: int

    @property
    def sound(self) -> bool:
        """Say whether everything was as it must be."""
        return not self.differences


def last_verification() -> Last | None:
    """Return the last verification that was kept, None before the first."""
    with tree.snapshot() as connection:
        row = connection.execute(
            select(Verification.__table__).order_by(Verification.id.desc()).limit(1)
        ).first()
    return Last(row.ended_at, row.entries, row.whole, row.differences, row.further) if row else None


def verify_and_keep(*, whole: bool | None = True) -> verify.Result:
    """Verify, and keep the result where the auditor's home page finds it; an entry holds its digest.

    *whole*: see `verify.verify`.
    """
    began = now_ms()
    result = verify.verify(whole=whole)
    row: dict[str, Any] = {
        "began_at": began, "ended_at": now_ms(), "entries": result.entries + result.unread,
        "whole": not result.unread, "further": result.further + len(result.differences[MOST_KEPT:]),
        "differences": tuple(
            {name: str(value) for name, value in asdict(each).items()} for each in result.differences[:MOST_KEPT]
        ),
    }  # fmt: skip
    try:
        if checkpoint.newest_note() is None:
            checkpoint.make()  # the key that signs is the subject of the entry
        with writing(system_actor()) as op:
            op.session.execute(insert(Verification), row)
            key = op.session.execute(_SIGNS).scalars().first()
            if key is not None:
                facts = {"result": verify_kept.digest(row), "entries": row["entries"], "sound": result.sound}
                op.append(Kind.SIGNING_KEY, key, "ledger_verified", facts=facts)
    except (
        SpecimensError
    ):  # a ledger that was tampered with may take no entry: what was found is kept all the same
        log.exception("keeper: the result of a verification could not be put on record")
        with committing() as (session, _):
            session.execute(insert(Verification), row)
    return result


def due(rhythm: Rhythm) -> tuple[bool, bool]:
    """Say whether a checkpoint and whether a verification is due now."""
    now = now_ms()
    note = checkpoint.newest_note()
    with tree.snapshot() as connection:
        size = tree.size_of(connection) + tree.waiting(connection)
    before, at = 0, 0
    if note:
        try:
            head, _ = checkpoints.read(note)
            before, at = head.size, head.at or 0
        except BadNote:
            before = 0
    grown = size - before
    checkpoint_due = grown >= rhythm.checkpoint_entries or (
        grown > 0 and now - at >= rhythm.checkpoint_minutes * 60_000
    )
    last = last_verification()
    return checkpoint_due, size > 0 and (
        last is None or now - last.ended_at >= rhythm.verify_hours * 3_600_000
    )


class Keeper(threading.Thread):
    """The thread; *context* gives it an application context for each duty."""

    def __init__(self, context: Callable[[], AbstractContextManager[object]], rhythm: Rhythm) -> None:
        super().__init__(name="keeper", daemon=True)
        self._context = context
        self._rhythm = rhythm
        self._stopped = threading.Event()

    def stop(self) -> None:
        """End after the present duty."""
        self._stopped.set()

    def run(self) -> None:
        """Do what is due until stopped."""
        look_again = 0.0
        while not self._stopped.wait(_TICK_SECONDS):
            try:
                with self._context():
                    tree.sequence_waiting()
                    if time.monotonic() >= look_again:
                        look_again = time.monotonic() + 15
                        self._look()
            except SpecimensError as error:
                log.error("keeper: %s", error)
                look_again = time.monotonic() + 60
            except Exception:
                log.exception("keeper: a duty failed, it is tried again in a minute")
                look_again = time.monotonic() + 60

    def _look(self) -> None:
        checkpoint_due, verification_due = due(self._rhythm)
        if checkpoint_due:
            checkpoint.make()
        if verification_due and not verify_and_keep().sound:
            log.critical("keeper: verification found differences; run: specimens verify --full")

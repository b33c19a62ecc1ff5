"""The gate in front of SQLite's one writer: who waits longest goes first, and whoever leads takes others' work along.

Left to its busy handler a writer can wait for seconds while others pass it; behind a first-come-first-served gate the
longest wait is the queue's length. And what takes time in a commit is the disk: those who wait hand their work to the
one at the gate, who does it in the same transaction, in their order, and lets them go when the commit is on the disk.
"""

import threading
from collections import deque
from collections.abc import Callable
from contextvars import copy_context
from types import TracebackType
from typing import Any


class Turn:
    """Somebody in the queue, perhaps with the work that they came for; it is done once, by them or by a leader."""

    def __init__(self, work: Callable[[Any], Any] | None = None) -> None:
        self.work = work or (lambda _: None)
        self.can_be_served = work is not None
        self.context = copy_context()  # whoever does it: it is this person's request
        self._closed = threading.Lock()  # opened once; an `Event` takes thirty times as long to make
        self._closed.acquire()
        self.served = False
        self.outcome: Any = None
        self.error: BaseException | None = None

    def wait(self) -> None:
        """Wait until somebody calls."""
        self._closed.acquire()

    def call(self) -> None:
        """Say, once, that the wait is over."""
        self._closed.release()


class FairGate:
    """A lock that is handed over in order of arrival."""

    def __init__(self) -> None:
        self._inner = threading.Lock()
        self._waiting: deque[Turn] = deque()
        self._held = False

    def enter(self, turn: Turn) -> bool:
        """Wait for one's turn. True: the gate is held, `leave` it; False: a leader has served this turn."""
        with self._inner:
            if not self._held:
                self._held = True
                return True
            self._waiting.append(turn)
        turn.wait()
        return not turn.served

    def take_along(self) -> Turn | None:
        """For whoever holds the gate: take the next in the queue out of it, if that one has brought work."""
        with self._inner:
            return self._waiting.popleft() if self._waiting and self._waiting[0].can_be_served else None

    def serve(self, turn: Turn) -> None:
        """Let somebody go whose work was done, or has failed."""
        turn.served = True
        turn.call()

    def leave(self) -> None:
        """Hand the gate over to the next in the queue."""
        with self._inner:
            if self._waiting:
                self._waiting.popleft().call()  # stays held: it is handed over, so nobody can overtake
            else:
                self._held = False

    def __enter__(self) -> None:
        self.enter(Turn())

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.leave()

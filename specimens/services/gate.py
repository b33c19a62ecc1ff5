"""A fair gate: whoever waits longest goes first.

SQLite has one writer at a time. Left to its busy handler a writer can wait for seconds while others pass it; behind
a first-come-first-served gate the longest wait is the queue's length.
"""

import threading
from collections import deque
from types import TracebackType


class FairGate:
    """A lock that is handed over in order of arrival."""

    def __init__(self) -> None:
        self._inner = threading.Lock()
        self._waiting: deque[threading.Event] = deque()
        self._held = False

    def __enter__(self) -> None:
        with self._inner:
            if not self._held:
                self._held = True
                return
            turn = threading.Event()
            self._waiting.append(turn)
        turn.wait()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._inner:
            if self._waiting:
                self._waiting.popleft().set()  # stays held: it is handed over, so nobody can overtake
            else:
                self._held = False

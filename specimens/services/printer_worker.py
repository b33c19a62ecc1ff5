"""The thread that empties the queue, in the process that serves and nowhere else."""

import logging
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from specimens.models.base import db
from specimens.services import printer_queue
from specimens.services.printer_send import Patience, send
from specimens.services.printer_target import Targets

#: How often the queue is looked at when nobody has put anything in, seconds.
LOOKS_EVERY_S = 2.0

_wake = threading.Event()
_log = logging.getLogger("specimens.printing")


def work_once(targets: Targets, patience: Patience | None = None) -> bool:
    """Send the next job, if there is one; say whether there was. Needs an application context."""
    printer_queue.abandoned()
    claimed = printer_queue.claim()
    if claimed is None:
        return False
    # No transaction is open while the printer takes its time.
    result = send(claimed.printer, claimed.code, claimed.document, targets, patience)
    printer_queue.settle(claimed, result)
    return True


def wake() -> None:
    """Tell the thread that something was put into the queue."""
    _wake.set()


class Worker:
    """The thread. `end` lets it finish the job in hand; what it could not finish is told to somebody later."""

    def __init__(self, context: Callable[[], AbstractContextManager[Any]], targets: Targets) -> None:
        self._context = context
        self._targets = targets
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="printing", daemon=True)

    def begin(self) -> None:
        """Begin."""
        self._thread.start()

    def end(self, seconds: float = 5.0) -> None:
        """Take no further job, and wait *seconds* for the one in hand."""
        self._ended.set()
        _wake.set()
        self._thread.join(seconds)

    def _run(self) -> None:
        while not self._ended.is_set():
            _wake.clear()
            try:
                with self._context():
                    try:
                        while not self._ended.is_set() and work_once(self._targets):
                            pass
                    finally:
                        db.session.remove()
            except Exception:  # a full disk today must not end printing for ever
                _log.exception("printing: the queue could not be worked on; it is tried again")
            _wake.wait(LOOKS_EVERY_S)

"""This process among others: the name under which it holds a lease, and how it waits for another that holds one."""

import os
import secrets
import time

from specimens.domain.errors import Unavailable

#: One name for each life of a process: process ids come back.
NAME = f"{os.getpid()}-{secrets.token_hex(6)}"

_STEP_SECONDS = 0.02
_PATIENCE_SECONDS = 15.0


class Patience:
    """Waits a little, again and again, but not for ever."""

    def __init__(self) -> None:
        self._until = time.monotonic() + _PATIENCE_SECONDS

    def wait(self) -> None:
        """Wait a little.

        Raises:
            Unavailable: `sequencer_busy` after fifteen seconds.
        """
        if time.monotonic() > self._until:
            raise Unavailable("sequencer_busy")
        time.sleep(_STEP_SECONDS)

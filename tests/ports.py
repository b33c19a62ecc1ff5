"""Ports for programs that a test starts."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def port_held() -> Iterator[int]:
    """Yield a port of this machine that nobody is given meanwhile; a program may listen on it, for it is only bound.

    A port that was only found free may be somebody else's connection by the time at which the program has started.
    """
    with socket.socket() as held:
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        held.bind(("127.0.0.1", 0))
        yield int(held.getsockname()[1])

"""Printers for tests: a server on a real socket that prints, stalls, hangs up, answers nonsense, or has no paper."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace

from specimens.domain.access import Actor, system_actor
from specimens.domain.printer import Printer
from specimens.services import printer
from specimens.services.printer_send import Patience
from specimens.services.printer_target import Targets

#: With a printer that does something: as long as a busy machine may take for it.
PATIENCE = Patience(connect=30.0, answer=30.0, take=30.0)
#: With one that never answers, and with one that stops taking: a test need not wait for it longer.
UNTIL_SILENT = replace(PATIENCE, answer=0.5)
UNTIL_STALLED = replace(PATIENCE, take=0.7)

READY = (
    b"\x02030,0,0,1225,000,0,0,0,000,0,0,0\x03\r\n"
    b"\x02000,0,0,0,0,2,6,0,00000000,1,000\x03\r\n"
    b"\x021234,0\x03\r\n"
)
PAPER_OUT = READY.replace(b"030,0,0", b"030,1,0")
HEAD_OPEN = READY.replace(b"000,0,0,0,0,2", b"000,0,1,0,0,2")


class Roll:
    """A printer: what came out of it, and how it behaves from now on."""

    def __init__(self) -> None:
        self.printed: list[bytes] = []
        self.connections = 0
        self.behaviour: Callable[[Roll, socket.socket], None] = takes_all
        self.status = READY
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._server.getsockname()[1])
        self._held: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self._listens = threading.Thread(target=self._listen, daemon=True)
        self._listens.start()

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def targets(self) -> Targets:
        return Targets(("127.0.0.0/8",), frozenset({self.port}))

    def _listen(self) -> None:
        while True:
            try:
                connection, _ = self._server.accept()
            except OSError:
                return
            self.connections += 1
            self._held.append(connection)
            served = threading.Thread(target=self._serve, args=(connection,), daemon=True)
            self._threads.append(served)
            served.start()

    def _serve(self, connection: socket.socket) -> None:
        with suppress(OSError):
            self.behaviour(self, connection)

    def settled(self) -> None:
        """Wait until everything that came in was printed."""
        for each in self._threads:
            each.join(30)

    def close(self) -> None:
        self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        for connection in self._held:
            connection.close()
        self._listens.join(3)
        self.settled()


def _closes(connection: socket.socket) -> None:
    connection.shutdown(socket.SHUT_RDWR)
    connection.close()


def takes_all(roll: Roll, connection: socket.socket) -> None:
    """Print what comes, answer when asked, hang up at the end; what stands before the question is printed first."""
    came = b""
    while more := connection.recv(65536):
        came += more
        while b"~HS\r\n" in came:
            before, _, came = came.partition(b"~HS\r\n")
            if before:
                roll.printed.append(before)
            connection.sendall(roll.status)
    if came:
        roll.printed.append(came)
    _closes(connection)


def answers_nonsense(roll: Roll, connection: socket.socket) -> None:
    """Be a web server rather than a printer."""
    connection.recv(1024)
    connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")


def says_nothing(roll: Roll, connection: socket.socket) -> None:
    """Take the connection and leave it at that; it stays open until the test ends."""


def hangs_up_at_once(roll: Roll, connection: socket.socket) -> None:
    """Hang up before anything was sent."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    connection.close()


def hangs_up_half_way(roll: Roll, connection: socket.socket) -> None:
    """Print the beginning, then break the connection off."""
    came = connection.recv(64)
    if came.startswith(b"~HS"):
        connection.sendall(roll.status)
        came = connection.recv(64)
    roll.printed.append(came)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    connection.close()


def stalls_half_way(roll: Roll, connection: socket.socket) -> None:
    """Print the beginning, then take nothing more and say nothing."""
    came = connection.recv(64)
    if came.startswith(b"~HS"):
        connection.sendall(roll.status)
        came = connection.recv(64)
    roll.printed.append(came)


@contextmanager
def a_roll() -> Iterator[Roll]:
    """Yield a printer that is ready."""
    roll = Roll()
    try:
        yield roll
    finally:
        roll.close()


def asked(address: str, **changes: object) -> printer.Asked:
    """Return what an administrator says of a label printer."""
    said = {
        "name": "Label printer", "kind": "network", "address": address, "language": "pdf", "answers": False,
        "dpi": 300, "stock": "roll_50", **changes,
    }  # fmt: skip
    return printer.Asked(**said)  # type: ignore[arg-type]


def added(roll: Roll, *, by: Actor | None = None, **changes: object) -> Printer:
    """Add that printer to Amsterdam."""
    return printer.add(by or system_actor(), "AMS", asked(roll.address, **changes), roll.targets)

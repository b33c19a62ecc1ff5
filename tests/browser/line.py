"""The line between a browser and the program: it can be cut, mended, and made to lose answers."""

import contextlib
import socket
import threading
from typing import Literal

State = Literal["up", "down", "deaf", "mute"]


class Line:
    """A loopback port in front of another. `deaf`: what is asked arrives, the answer is lost; `mute`: nothing comes."""

    def __init__(self, port: int) -> None:
        self.state: State = "up"
        self._behind = port
        self._open: set[socket.socket] = set()
        self._door = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._door.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    def cut(self, state: State = "down") -> None:
        """Cut every connection, and let no new one through (or no answer back)."""
        self.state = state
        for each in list(self._open):
            self._hang_up(each)

    def mend(self) -> None:
        """Let everything through again."""
        self.cut("up")

    def close(self) -> None:
        """Take the line away."""
        self.cut()
        self._hang_up(self._door)

    def _serve(self) -> None:
        while True:
            try:
                near, _ = self._door.accept()
            except OSError:
                return
            if self.state == "down":
                self._hang_up(near)
                continue
            try:
                far = socket.create_connection(("127.0.0.1", self._behind))
            except OSError:  # nobody serves behind it just now
                self._hang_up(near)
                continue
            self._open |= {near, far}
            for ends in ((near, far, False), (far, near, True)):
                threading.Thread(target=self._pump, args=ends, daemon=True).start()

    def _pump(self, source: socket.socket, sink: socket.socket, answers: bool) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                if self.state == "mute":
                    continue
                if not (answers and self.state == "deaf"):
                    sink.sendall(data)
                elif data.startswith(b"HTTP/"):
                    break
        self._hang_up(source)
        self._hang_up(sink)

    def _hang_up(self, end: socket.socket) -> None:
        self._open.discard(end)
        with contextlib.suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
        end.close()

"""The program as it is served, and clients that scan over HTTP."""

import http.client
import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.seed import Lane
from tests.engines import Database


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def serving(database: Database, folder: Path) -> Iterator[tuple[int, float]]:
    """Serve *database* in a process of its own; yield the port and the seconds until it answered."""
    port = _free_port()
    environ = os.environ | {
        "SPECIMENS_HOME": str(folder), "DATABASE_URL": database.url, "PORT": str(port), "SPECIMENS_ENV": "development",
    }  # fmt: skip
    start = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "specimens", "serve"],
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    try:
        yield port, _answers(process, port, start)
    finally:
        process.terminate()
        process.wait(20)


def _answers(process: subprocess.Popen[bytes], port: int, start: float) -> float:
    while time.perf_counter() - start < 60:
        if process.poll() is not None:
            raise RuntimeError(process.stdout.read().decode() if process.stdout else "the server ended")
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("GET", "/health")
            if connection.getresponse().status == 200:
                return time.perf_counter() - start
        except OSError:
            time.sleep(0.02)
    raise RuntimeError("the server did not answer within a minute")


def scan(port: int, lanes: list[Lane]) -> tuple[float, list[float]]:
    """Let every lane's client collect its tubes at once; return scans per second and the seconds that each took."""
    taken: list[float] = []
    wrong: list[str] = []

    def client(lane: Lane) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        for tube in lane.tubes:
            body = json.dumps({"act": "collect", "scan": tube, "kit": lane.kit})
            head = {
                "Authorization": f"Bearer {lane.token}", "Content-Type": "application/json",
                "Idempotency-Key": f"{tube}-{lane.kit}",
            }  # fmt: skip
            began = time.perf_counter()
            connection.request("POST", "/api/v1/scans", body, head)
            answer = connection.getresponse()
            told = json.loads(answer.read())
            taken.append(time.perf_counter() - began)
            if answer.status != 200 or not told.get("saved"):
                wrong.append(f"{answer.status} {told}")

    threads = [threading.Thread(target=client, args=(lane,)) for lane in lanes]
    start = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seconds = time.perf_counter() - start
    if wrong:
        raise RuntimeError(f"{len(wrong)} scans were not saved, the first: {wrong[0]}")
    return len(taken) / seconds, taken

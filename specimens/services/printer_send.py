"""Sending one document to one printer, and saying honestly what is known afterwards.

What surely printed nothing may be tried again by itself. As soon as one byte may have reached the printer, only a
person can say what came out: the answer is then *unknown*, never a second try.
"""

import os
import select
import socket
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from specimens.domain import printer as printers
from specimens.domain.print_job import JobState
from specimens.domain.printer import Printer, PrinterKind
from specimens.services.printer_target import Targets

#: Seconds: to connect, to answer a question, and to take a whole document.
CONNECT_S = 5.0
ANSWER_S = 4.0
TAKE_S = 40.0
_CHUNK = 8192


@dataclass(frozen=True, slots=True)
class Result:
    """How sending went. `state`: sent, failed, unknown, or waiting (nothing was printed, it is tried again).

    `why` is the code of a sentence; `said` what the other side said, where it said anything.
    """

    state: JobState
    why: str | None = None
    said: str = ""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long the other side may take, in seconds."""

    connect: float = CONNECT_S
    answer: float = ANSWER_S
    take: float = TAKE_S


def send(
    printer: Printer, job: str, document: bytes, targets: Targets, patience: Patience | None = None
) -> Result:
    """Send a document to a printer once; *job* names it where the other side keeps names."""
    patience = patience or Patience()
    match printer.kind:
        case PrinterKind.NETWORK:
            return _network(printer, document, targets, patience)
        case PrinterKind.COMMAND:
            return _command(printer, document, targets, patience)
        case PrinterKind.FOLDER:
            return _folder(printer, job, document, targets)
    return Result(JobState.FAILED, "printer_not_reached")


# ------------------------------------------------------------------------------------------------ the network


class _Nothing(Exception):
    """The other side did not answer in time, or hung up."""


def _network(printer: Printer, document: bytes, targets: Targets, patience: Patience) -> Result:
    if printer.resolved is None or not targets.allows(printer.resolved):
        return Result(JobState.FAILED, "printer_not_allowed")
    host, _, port = printer.resolved.rpartition(":")
    try:
        connection = socket.create_connection((host.strip("[]"), int(port)), timeout=patience.connect)
    except ConnectionRefusedError:
        return Result(JobState.WAITING, "printer_refused")
    except ConnectionResetError:  # it answered, and hung up before we were through
        return Result(JobState.WAITING, "printer_silent")
    except OSError:
        return Result(JobState.WAITING, "printer_not_reached")
    with connection:
        if printer.answers:
            try:
                trouble = _asked(connection, patience.answer)
            except _Nothing:
                return Result(JobState.WAITING, "printer_silent")
            except ValueError:
                return Result(JobState.FAILED, "printer_nonsense")
            if trouble:
                return Result(JobState.WAITING, trouble)
        return _handed_over(connection, document, printer.answers, patience)


def _handed_over(connection: socket.socket, document: bytes, answers: bool, patience: Patience) -> Result:
    until = time.monotonic() + patience.take
    view, taken = memoryview(document), 0
    try:
        while taken < len(view):
            connection.settimeout(max(0.01, until - time.monotonic()))
            taken += connection.send(view[taken : taken + _CHUNK])
    except OSError as error:
        if not taken:
            return Result(JobState.WAITING, "printer_hung_up_first")
        why = "printer_stalled" if isinstance(error, TimeoutError) else "printer_hung_up"
        return Result(JobState.UNKNOWN, why)
    try:
        if not answers:
            connection.shutdown(socket.SHUT_WR)
            _end(connection, patience.take)
            return Result(JobState.SENT)
        # It answers in order: an answer now says that it has read everything before the question.
        return Result(JobState.SENT, _asked(connection, patience.take))
    except _Nothing:
        return Result(JobState.UNKNOWN, "printer_no_end")
    except (OSError, ValueError):
        return Result(JobState.UNKNOWN, "printer_hung_up")


def _asked(connection: socket.socket, seconds: float) -> str | None:
    """Ask a printer how it is; return its trouble, or None.

    Raises:
        _Nothing: no answer in time. ValueError: an answer that is none.
    """
    answer = b""
    until = time.monotonic() + seconds
    try:
        connection.settimeout(max(0.01, seconds))
        connection.sendall(printers.STATUS_QUESTION + b"\r\n")
        while len(strings := printers.status_strings(answer)) < printers.STATUS_STRINGS:
            connection.settimeout(max(0.01, until - time.monotonic()))
            more = connection.recv(1024)
            if not more or time.monotonic() > until:
                raise _Nothing
            answer += more
    except OSError as error:
        raise _Nothing from error
    return printers.trouble(strings)


def _end(connection: socket.socket, seconds: float) -> None:
    """Wait until the other side has taken everything and hung up; what it says meanwhile is not asked for."""
    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0:
        ready, _, _ = select.select([connection], [], [], left)
        if not ready:
            break
        if not connection.recv(4096):
            return
    raise _Nothing


# -------------------------------------------------------------------------------------- a command, a folder


def _command(printer: Printer, document: bytes, targets: Targets, patience: Patience) -> Result:
    argv = targets.commands.get(printer.address)
    if not argv:
        return Result(JobState.FAILED, "printer_not_allowed")
    try:
        done = subprocess.run(  # noqa: S603 - a fixed program with fixed arguments, written by whoever installs
            argv, input=document, capture_output=True, timeout=patience.take, check=False
        )
    except subprocess.TimeoutExpired:
        return Result(JobState.UNKNOWN, "printer_command_stalled")
    except OSError as error:
        return Result(JobState.FAILED, "printer_command_missing", _plain(str(error.strerror)))
    if done.returncode == 0:
        return Result(JobState.SENT)
    said = _plain(done.stderr.decode("utf-8", "replace"))
    if done.returncode < 0:
        return Result(JobState.UNKNOWN, "printer_command_ended", said)
    return Result(JobState.FAILED, "printer_command_failed", said)


def _plain(text: str) -> str:
    return "".join(each if each.isprintable() else " " for each in text).strip()[:200]


def _folder(printer: Printer, job: str, document: bytes, targets: Targets) -> Result:
    """Put the document into the folder under the job's name, whole or not at all; twice is once."""
    folder = targets.folders.get(printer.address)
    if not folder:
        return Result(JobState.FAILED, "printer_not_allowed")
    path = Path(folder) / f"{job}.{printer.language}"
    part = path.with_suffix(".part")
    try:
        with part.open("wb") as file:
            file.write(document)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        return Result(JobState.WAITING, "printer_folder", _plain(str(error.strerror)))
    return Result(JobState.SENT)

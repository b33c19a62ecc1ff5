"""Files that must survive a power cut: written whole or not at all, on the disk before anybody relies on them."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

#: Nobody but the program's own user reads what signs, and what the signer remembers.
PRIVATE = 0o600


def replace(path: Path, data: bytes) -> None:
    """Write *data* under *path* (mode 600): after a crash there is the old file or the new one, whole."""
    part = path.with_name(path.name + ".part")
    part.unlink(missing_ok=True)
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE)
    try:
        _write(descriptor, data)
    finally:
        os.close(descriptor)
    os.replace(part, path)
    _sync(path.parent)


def append(path: Path, data: bytes, after: int) -> None:
    """Write *data* at byte *after* of a file (mode 600), cutting off what a crash may have left behind it."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT, PRIVATE)
    try:
        os.ftruncate(descriptor, after)
        os.lseek(descriptor, after, os.SEEK_SET)
        _write(descriptor, data)
    finally:
        os.close(descriptor)
    _sync(path.parent)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold a lock between processes for the length of the block; a killed process lets go of it."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT, PRIVATE)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _write(descriptor: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]
    os.fsync(descriptor)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

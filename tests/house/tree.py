"""The files of the project, as the tests of the house read them."""

import fnmatch
import shutil
import subprocess
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]


@cache
def tracked() -> tuple[str, ...]:
    """Return the path of every file of the project, relative to its root.

    Git knows them; in an unpacked archive, without Git, everything counts that `.gitignore` does not name.
    """
    if (ROOT / ".git").exists() and shutil.which("git"):
        command = ["git", "-c", "safe.directory=*", "-C", str(ROOT), "ls-files", "-z"]
        told = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        return tuple(path for path in told.split("\0") if path and (ROOT / path).exists())
    ignored = [line.strip("/") for line in text(".gitignore").split() if line]
    return tuple(sorted(str(path.relative_to(ROOT)) for path in _walk(ROOT, [*ignored, ".git"])))


def _walk(folder: Path, ignored: list[str]) -> list[Path]:
    found = []
    for path in folder.iterdir():
        if any(fnmatch.fnmatch(path.name, pattern) for pattern in ignored):
            continue
        found += _walk(path, ignored) if path.is_dir() else [path]
    return found


def code() -> tuple[str, ...]:
    """Return every Python file of the program."""
    return tuple(
        path
        for path in tracked()
        if path.endswith(".py") and path.startswith(("specimens/", "labels/", "config.py"))
    )


def text(path: str) -> str:
    """Return what a file says."""
    return (ROOT / path).read_text(encoding="utf-8")

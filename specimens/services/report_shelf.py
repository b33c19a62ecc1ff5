"""Where a long report waits for its reader: in the data folder, for an hour, for nobody but who made it."""

import os
from pathlib import Path

from specimens.domain.access import Actor, Permission
from specimens.domain.errors import NotFound
from specimens.domain.terms import Kind
from specimens.services import tenancy
from specimens.services.clock import now_ms
from specimens.services.hands import permit

_HOUR_MS = 3_600_000


def put(home: Path, code: str, data: bytes) -> None:
    """Lay a report down; those that have waited for an hour are thrown away (they can be made again)."""
    shelf = home / "reports"
    shelf.mkdir(mode=0o700, exist_ok=True)
    for old in shelf.glob("*.pdf"):
        if old.stat().st_mtime * 1000 < now_ms() - _HOUR_MS:
            old.unlink(missing_ok=True)
    part = shelf / f"{code}.part"
    part.touch(mode=0o600)
    part.write_bytes(data)
    os.replace(part, shelf / f"{code}.pdf")


def take(home: Path, actor: Actor, code: str) -> bytes:
    """Return a report that waits; raises NotFound (`unknown_report`) when it does not, or is somebody else's."""
    permit(actor, Permission.REPORT_MAKE)
    report = tenancy.load(Kind.REPORT, code, actor)
    path = home / "reports" / f"{report.code}.pdf"
    if report.made_by != actor.user or not path.exists():
        raise NotFound("report_gone")
    return path.read_bytes()

"""Publishing checkpoints: to a folder that others copy, and to witnesses who cosign them."""

import http.client
import os
import re
import tempfile
import urllib.parse
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import insert, select

from specimens.domain.errors import Refused, Unavailable
from specimens.ledger import checkpoint as checkpoints
from specimens.ledger import witness
from specimens.ledger.note import COSIGNATURE, BadNote, Key, read_key, read_signatures
from specimens.models.tree import CheckpointRow, Cosignature
from specimens.services import checkpoint, tree
from specimens.services.transaction import committing

_SECONDS = 20
_LARGEST_ANSWER = 64 * 1024
_SIZE = re.compile(r"[0-9]{1,19}")


@dataclass(frozen=True, slots=True)
class Published:
    """A checkpoint that went out: its size, and where to."""

    size: int
    to: str


def to_folder(folder: Path) -> Published:
    """Write the newest checkpoint into a folder, as `checkpoint` and under its size; nothing there is overwritten else.

    Raises:
        Refused: `publish_folder` if the folder cannot be written.
    """
    note = checkpoint.make()
    head, _ = checkpoints.read(note)
    try:
        for name in (f"checkpoint-{head.size}", "checkpoint"):
            _replace(folder / name, note)
    except OSError as error:
        raise Refused("publish_folder", folder=str(folder), said=str(error.strerror)) from error
    return Published(head.size, str(folder))


def _replace(path: Path, said: str) -> None:
    descriptor, part = tempfile.mkstemp(dir=path.parent, prefix=path.name)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(said)
        file.flush()
        os.fsync(file.fileno())
    Path(part).chmod(0o644)
    Path(part).replace(path)


def to_witness(url: str, vkey: str) -> Published:
    """Ask a witness to cosign the newest checkpoint, with the proof that it continues what the witness saw last.

    The cosignature is checked against *vkey*, the witness's public key, and kept.

    Raises:
        Refused: `witness_key` (no cosigning key), `witness_refused` (what it answered), `witness_contradicts` (it saw a
            history that this ledger does not have).
        Unavailable: `witness_silent`.
    """
    try:
        key = read_key(vkey)
    except BadNote as error:
        raise Refused("witness_key", said=str(error)) from error
    if key.kind != COSIGNATURE:
        raise Refused("witness_key", said="it is no cosigning key (type 4)")
    note = checkpoint.make()
    head, _ = checkpoints.read(note)
    old = _seen(key, head.origin)
    status, answer = _ask(url, old, head.size, note)
    if status == 409 and _SIZE.fullmatch(answer.strip()):
        old = int(answer)
        if old > head.size:
            raise Refused("witness_contradicts", witness=key.name, size=old, found=head.size)
        status, answer = _ask(url, old, head.size, note)
    if status in (409, 422):
        raise Refused("witness_contradicts", witness=key.name, size=old, found=head.size)
    if status != 200:
        raise Refused("witness_refused", witness=key.name, status=status, said=answer.strip()[:200])
    keep(key, note, answer)
    return Published(head.size, key.name)


def _seen(key: Key, origin: str) -> int:
    with tree.snapshot() as connection:
        query = (
            select(CheckpointRow.size)
            .join(Cosignature, Cosignature.checkpoint == CheckpointRow.id)
            .where(Cosignature.vkey == key.vkey, CheckpointRow.origin == origin)
            .order_by(CheckpointRow.size.desc())
            .limit(1)
        )
        return int(connection.execute(query).scalar() or 0)


def _ask(url: str, old: int, size: int, note: str) -> tuple[int, str]:
    where = urllib.parse.urlsplit(url)
    if where.scheme not in ("http", "https") or not where.hostname:
        raise Refused("witness_address", url=url)
    kind = http.client.HTTPSConnection if where.scheme == "https" else http.client.HTTPConnection
    proof = checkpoint.consistency(old, size) if old else []
    connection = kind(where.hostname, where.port, timeout=_SECONDS)
    try:
        connection.request(
            "POST", where.path.rstrip("/") + witness.PATH, witness.ask(old, proof, note).encode(),
            {"Content-Type": "text/plain; charset=utf-8"},
        )  # fmt: skip
        response = connection.getresponse()
        return response.status, response.read(_LARGEST_ANSWER).decode("utf-8", "replace")
    except (OSError, http.client.HTTPException) as error:
        raise Unavailable("witness_silent", url=url, said=str(error)) from error
    finally:
        connection.close()


def keep(key: Key, note: str, answer: str) -> None:
    """Check a witness's answer against its key, and keep its signature.

    Raises:
        Refused: `witness_refused` if it is no signature of that key.
    """
    head, read = checkpoints.read(note)
    try:
        lines = [each for each in read_signatures(answer) if key.made(each)]
    except BadNote as error:
        raise Refused("witness_refused", witness=key.name, status=200, said=str(error)) from error
    good = [each for each in lines if key.verify(read.text, each.value)]
    if not good:
        raise Refused(
            "witness_refused", witness=key.name, status=200, said="its signature does not fit its key"
        )
    with committing() as (session, _):
        number = session.execute(
            select(CheckpointRow.id).where(
                CheckpointRow.origin == head.origin, CheckpointRow.size == head.size
            )
        ).scalar_one()
        there = session.execute(
            select(Cosignature.id).where(Cosignature.checkpoint == number, Cosignature.vkey == key.vkey)
        ).first()
        if there is None:
            row = {"checkpoint": number, "vkey": key.vkey, "line": good[0].line(), "made_at": good[0].at_ms}
            session.execute(insert(Cosignature), row)

"""A checkpoint (C2SP tlog-checkpoint): the ledger's name, how many entries it has, and the root over all of them.

    specimens.hospital.example/log
    1042
    <root, base64>
    time 2026-11-22T13:03:11.123Z

Signed as a note it is what stands on every report: whoever keeps one can tell later whether history was rewritten.
"""

import base64
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from specimens.ledger.entry import instant, instant_text
from specimens.ledger.note import BadNote, Key, Note, Signer, checked_name, decoded, read_note, write_note
from specimens.ledger.tree import HASH, MOST_LEAVES

_TIME = "time "
_SIZE = re.compile(r"0|[1-9][0-9]{0,18}")


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """How far the ledger *origin* had grown (`size` entries, `root` 32 bytes), and when (ms since 1970, or None).

    `more` are lines after the root that are not the time; another program may have put them there.
    """

    origin: str
    size: int
    root: bytes
    at: int | None = None
    more: tuple[str, ...] = ()

    def text(self) -> str:
        """Return the text that is signed."""
        time = () if self.at is None else (_TIME + instant_text(self.at),)
        root = base64.b64encode(self.root).decode()
        return "".join(f"{line}\n" for line in (self.origin, str(self.size), root, *time, *self.more))


def read_text(text: str) -> Checkpoint:
    """Read a checkpoint's text, without its signatures.

    Raises:
        BadNote: it is none; the message says which line.
    """
    lines = text.split("\n")
    if len(lines) < 4 or lines[-1] or "" in lines[:-1]:
        raise BadNote("a checkpoint has a line each for its origin, its size and its root")
    origin, size, root, *more = lines[:-1]
    if not (_SIZE.fullmatch(size) and int(size) <= MOST_LEAVES):
        raise BadNote(f"line 2 is no number of entries: {size[:40]!r}")
    raw = decoded(root)
    if len(raw) != HASH:
        raise BadNote(f"line 3 is no root: {root[:60]!r}")
    at = None
    if more and more[0].startswith(_TIME):
        try:
            at = instant(more[0].removeprefix(_TIME))
        except ValueError as error:
            raise BadNote(f"line 4 is no time: {more[0][:60]!r}") from error
        more = more[1:]
    return Checkpoint(checked_name(origin), int(size), raw, at, tuple(more))


def write(checkpoint: Checkpoint, signers: Sequence[Signer]) -> str:
    """Return a checkpoint as a signed note."""
    return write_note(checkpoint.text(), signers)


def read(message: str) -> tuple[Checkpoint, Note]:
    """Take a signed checkpoint apart, whoever signed it.

    Raises:
        BadNote: it is none.
    """
    note = read_note(message)
    return read_text(note.text), note


def open_checkpoint(message: str, keys: Iterable[Key]) -> Checkpoint:
    """Return a checkpoint that one of *keys* has signed.

    Raises:
        BadNote: none of them has, one of their signatures does not fit, or it is no checkpoint.
    """
    checkpoint, note = read(message)
    note.signed_by(keys)
    return checkpoint

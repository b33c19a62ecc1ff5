"""A proof that travels (C2SP tlog-proof): where an entry stands in the ledger, its path to the root, a checkpoint.

c2sp.org/tlog-proof@v1
index 73894
<hash, base64>
…

<signed checkpoint>
"""

import base64
import re
from collections.abc import Iterable
from dataclasses import dataclass

from specimens.ledger.checkpoint import Checkpoint, open_checkpoint
from specimens.ledger.note import BadNote, Key, decoded
from specimens.ledger.tree import HASH, verify_inclusion

HEAD = "c2sp.org/tlog-proof@v1"
#: As many as the path in the largest tree can have.
MOST_HASHES = 63
_INDEX = re.compile(r"0|[1-9][0-9]{0,18}")


@dataclass(frozen=True, slots=True)
class Proof:
    """That the entry at `index` (from 0) is in the tree of `note`, a signed checkpoint; `path` from its sibling up."""

    index: int
    path: tuple[bytes, ...]
    note: str

    def text(self) -> str:
        """Return the proof as it travels."""
        return "\n".join([HEAD, f"index {self.index}", *hash_lines(self.path), "", self.note])

    def verify(self, leaf: bytes, keys: Iterable[Key]) -> Checkpoint:
        """Check that the entry with hash *leaf* is in the checkpoint, and that one of *keys* signed it; return it.

        Raises:
            BadProof: the path does not lead from the entry to the checkpoint's root.
            BadNote: the checkpoint is not signed by one of *keys*.
        """
        checkpoint = open_checkpoint(self.note, keys)
        verify_inclusion(leaf, self.index, checkpoint.size, self.path, checkpoint.root)
        return checkpoint


def hash_lines(hashes: Iterable[bytes]) -> list[str]:
    """Return each hash as base64."""
    return [base64.b64encode(each).decode() for each in hashes]


def read_hashes(lines: Iterable[str]) -> tuple[bytes, ...]:
    """Read lines of base64, each a hash.

    Raises:
        BadNote: a line is none, or there are more than any path can have.
    """
    found: list[bytes] = []
    for line in lines:
        raw = decoded(line)
        if len(raw) != HASH:
            raise BadNote(f"not a hash: {line[:60]!r}")
        found.append(raw)
    if len(found) > MOST_HASHES:
        raise BadNote(f"more than {MOST_HASHES} hashes")
    return tuple(found)


def read_proof(text: str) -> Proof:
    """Read a proof as it travels; extra data, which nobody has signed, is passed over.

    Raises:
        BadNote: it is none.
    """
    head, gap, note = text.partition("\n\n")
    first, *lines = head.split("\n")
    if first != HEAD or not gap:
        raise BadNote(f"a proof begins with {HEAD} and ends with a checkpoint")
    if lines and lines[0].startswith("extra "):
        lines = lines[1:]
    if not lines or not lines[0].startswith("index "):
        raise BadNote("a proof names the index of its entry")
    index = lines[0].removeprefix("index ")
    if not _INDEX.fullmatch(index):
        raise BadNote(f"not an index: {index[:40]!r}")
    return Proof(int(index), read_hashes(lines[1:]), note)

"""A witness (C2SP tlog-witness): it remembers the newest checkpoint of each ledger it knows, and cosigns growth alone.

Small enough for a clinic: one file of memory, one key. Who serves it over HTTP is not its business.
"""

import json
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from specimens.ledger import checkpoint as checkpoints
from specimens.ledger import durable
from specimens.ledger.note import BadNote, Key, Signer, cosignature_of
from specimens.ledger.proof import hash_lines, read_hashes
from specimens.ledger.tree import BadProof, verify_consistency

#: Far above what a request can need: a proof has at most 63 lines.
LARGEST_REQUEST = 64 * 1024
PATH = "/add-checkpoint"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a witness answers: an HTTP status, a body, and what the body is."""

    status: int
    body: str = ""
    content: str = "text/plain; charset=utf-8"


def ask(old: int, proof: Sequence[bytes], note: str) -> str:
    """Return the request that asks for a cosignature of *note*, with the proof that it continues *old* entries."""
    return "\n".join([f"old {old}", *hash_lines(proof), "", note])


class Witness:
    """A witness with its memory in *path*, its *signer* (a cosigning key), and the *keys* of ledgers that it knows."""

    def __init__(self, path: Path, signer: Signer, keys: Sequence[Key]) -> None:
        self._path = path
        self._signer = signer
        self._keys = list(keys)
        self._one = threading.Lock()

    def known(self) -> dict[str, tuple[int, str]]:
        """Return origin → (size, root in hex) of what was cosigned last."""
        try:
            said = json.loads(self._path.read_bytes())
        except FileNotFoundError:
            return {}
        return {origin: (int(size), str(root)) for origin, (size, root) in said.items()}

    def add(self, request: str, seconds: int) -> Answer:
        """Answer one request, at *seconds* since 1970; a cosignature is given only after it is remembered."""
        try:
            head, gap, note = request.partition("\n\n")
            first, *lines = head.split("\n")
            old_text = first.removeprefix("old ")
            if not gap or not first.startswith("old ") or str(int(old_text)) != old_text:
                raise BadNote("a request begins with the old size")
            old, proof = int(old_text), read_hashes(lines)
            asked, parsed = checkpoints.read(note)
        except ValueError as error:
            return Answer(400, f"{error}\n")
        keys = [key for key in self._keys if key.name == asked.origin]
        if not keys:
            return Answer(404, "this ledger is not known here\n")
        try:
            parsed.signed_by(keys)
        except BadNote as error:
            return Answer(403, f"{error}\n")
        if not 0 <= old <= asked.size:
            return Answer(400, "the old size is larger than the new one\n")
        with self._one, durable.locked(self._path.with_name(self._path.name + ".lock")):
            known = self.known()
            size, root = known.get(asked.origin, (0, ""))
            if old != size:
                return Answer(409, f"{size}\n", "text/x.tlog.size")
            try:
                if old:
                    verify_consistency(old, asked.size, proof, bytes.fromhex(root), asked.root)
                elif proof:
                    raise BadProof("a first checkpoint needs no proof")
            except BadProof as error:
                return Answer(409 if old == asked.size else 422, f"{error}\n")
            known[asked.origin] = (asked.size, asked.root.hex())
            durable.replace(self._path, json.dumps(known, indent=1).encode() + b"\n")
        return Answer(200, cosignature_of(parsed.text, self._signer, seconds).line())

"""custody.json: the report as data that anybody can check without this program. See docs/ledger-format.md.

Written piece by piece, because the entries of a long report with their proofs are tens of megabytes.
"""

import base64
import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from specimens.documents.canonical import canonical_pieces
from specimens.documents.records import CustodyReport, Key

FORMAT = "specimens/custody@v1"
#: What stands in the place of a sealed text that was taken out of the record, or that its reader may not see.
REDACTED, WITHHELD = "redacted", "withheld"


@dataclass(frozen=True, slots=True)
class Opened:
    """A sealed text with the salt (32 bytes) that it was sealed under."""

    salt: bytes
    text: str


@dataclass(frozen=True, slots=True)
class Proven:
    """An entry as its bytes, its leaf index, and the hashes that lead from it to the root of the checkpoint."""

    body: bytes
    index: int
    proof: Sequence[bytes]
    texts: Mapping[str, Opened | str] = field(default_factory=dict)


def keys_digest(keys: Iterable[Key]) -> str:
    """Return the SHA-256 (hex) of a list of keys as custody.json writes it."""
    return hashlib.sha256(_keys(keys)).hexdigest()


def custody_json(
    told: CustodyReport, digest: str, made: Proven, entries: Iterable[Proven]
) -> Iterator[bytes]:
    """Yield custody.json, canonical JSON, in pieces.

    *digest* is that of its canonical custody data, *made* the entry that keeps the report on record.
    """
    integrity = told.integrity
    yield b'{"checkpoint":' + _bytes(integrity.checkpoint)
    yield b',"csv":' + _bytes(integrity.csv)
    yield b',"data":"'
    for piece in canonical_pieces(told):
        yield _bytes(piece.decode())[1:-1]
    yield b'"'
    yield b',"digest":' + _bytes(digest)
    yield b',"entries":['
    comma = b""
    for entry in entries:
        yield comma + _entry(entry)
        comma = b","
    yield b'],"format":' + _bytes(FORMAT)
    yield b',"keys":' + _keys(integrity.keys)
    yield b',"made":' + _entry(made)
    yield b',"report":' + _bytes(told.header.number) + b"}"


def _bytes(value: object) -> bytes:
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()


def _keys(keys: Iterable[Key]) -> bytes:
    return _bytes([{"key": each.key, "from": each.since, "until": each.until} for each in keys])


def _entry(entry: Proven) -> bytes:
    texts = {
        name: {"salt": said.salt.hex(), "text": said.text} if isinstance(said, Opened) else said
        for name, said in entry.texts.items()
    }
    proof = [base64.b64encode(each).decode() for each in entry.proof]
    return _bytes({"body": entry.body.decode(), "index": entry.index, "proof": proof, "texts": texts})

"""Verifying the tree: every leaf against its entry, every tile against its leaves, every checkpoint against the root.

Leaves are read once, in order, in bounded memory: what is kept of them is one hash in 256.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from typing import Any

from sqlalchemy import Connection, text

from specimens.ledger import checkpoint as checkpoints
from specimens.ledger import tree as rules
from specimens.ledger.chain import Difference
from specimens.ledger.checkpoint import Checkpoint
from specimens.ledger.note import BadNote, Key, read_key, read_signatures
from specimens.ledger.tree import HASH, TILE
from specimens.models.driver import rows, streamed
from specimens.services.rolling import Rolling

_LEAVES = (
    "SELECT l.id, l.hash, e.hash FROM leaf l LEFT JOIN ledger_entry e ON e.id = l.entry "
    "WHERE l.id >= :first ORDER BY l.id"
)
_ENTRY = text(
    "SELECT e.subject_kind, e.subject_code, e.seq FROM leaf l JOIN ledger_entry e ON e.id = l.entry "
    "WHERE l.id = :number"
)
_TILES = "SELECT hashes, top FROM tile WHERE level = :level AND number = :number"
_ALL_TILES = text("SELECT level, number FROM tile ORDER BY level, number")
_COUNTS = text(
    "SELECT (SELECT count(*) FROM ledger_entry) - (SELECT count(*) FROM leaf) - (SELECT count(*) FROM pending)"
)
_WITHOUT_LEAF = text(
    "SELECT e.subject_kind, e.subject_code, e.seq FROM ledger_entry e WHERE NOT EXISTS "
    "(SELECT 1 FROM leaf l WHERE l.entry = e.id) AND NOT EXISTS (SELECT 1 FROM pending p WHERE p.id = e.id) LIMIT 1000"
)
_CHECKPOINTS = text(
    "SELECT id, origin, size, root, made_at, note FROM checkpoint WHERE size >= :first ORDER BY size, id"
)
_COSIGNATURES = text("SELECT checkpoint, vkey, line, made_at FROM cosignature ORDER BY id")
_KEYS = text("SELECT vkey FROM signing_key ORDER BY id")


def bytes_of(value: Any) -> bytes:
    """Return a hash as the store gave it, b"" for what is none: an attacker need not keep to a column's type."""
    return bytes(value) if isinstance(value, bytes | memoryview) else b""


def check_tree(
    connection: Connection,
    outside: Iterable[Checkpoint],
    first: int = 0,
    progress: Callable[[int], None] = lambda done: None,
) -> tuple[int, bytes, list[Difference]]:
    """Check leaves from *first* on (where a tile begins), tiles, and checkpoints; return (size, root, differences).

    *outside* are checkpoints that are kept outside the store.
    """
    rolling = Rolling(_tops(connection, first // TILE))
    wrong: list[Difference] = []
    heads = sorted([*_heads(connection, first, wrong), *outside], key=lambda each: each.size)
    at = 0
    with closing(streamed(connection, _LEAVES, {"first": first}, TILE)) as runs:
        for run in runs:
            at = _roots(rolling, heads, at, wrong)
            if not _whole_tile(connection, rolling, run, heads, at, wrong):
                for number, hash_, entry_hash in run:
                    at = _roots(rolling, heads, at, wrong)
                    if number != rolling.size:  # from here on nothing would fit
                        wrong.append(
                            Difference(f"leaf {rolling.size}", 0, "index", str(rolling.size), str(number))
                        )
                        return rolling.size, rolling.root(), wrong
                    wrong.extend(_leaf(connection, rolling, bytes_of(hash_), bytes_of(entry_hash)))
            progress(rolling.size)
    _roots(rolling, heads, at, wrong, last=True)
    wrong.extend(_strays(connection, rolling.size))
    wrong.extend(_without_leaf(connection))
    return rolling.size, rolling.root(), wrong


def _whole_tile(
    connection: Connection,
    rolling: Rolling,
    run: Sequence[tuple[Any, ...]],
    heads: list[Checkpoint],
    at: int,
    wrong: list[Difference],
) -> bool:
    """Add 256 leaves at once where they are as they must be; False: look at each, nothing was added."""
    size = rolling.size
    if len(run) != TILE or size % TILE or (at < len(heads) and heads[at].size < size + TILE):
        return False
    numbers, hashes, entry_hashes = zip(*run, strict=True)
    if numbers != tuple(range(size, size + TILE)) or hashes != entry_hashes:
        return False
    if set(map(type, hashes)) != {bytes} or set(map(len, hashes)) != {HASH}:
        return False
    tile = b"".join(hashes)
    wrong.extend(_tiles(connection, rolling, tile, rolling.add_tile(tile)))
    return True


def _leaf(connection: Connection, rolling: Rolling, hash_: bytes, entry_hash: bytes) -> Iterator[Difference]:
    number = rolling.size
    if entry_hash != hash_:
        yield _entry_of(connection, number, hash_, entry_hash)
    if len(hash_) != HASH:
        yield Difference(f"leaf {number}", 0, "hash", "32 bytes", f"{len(hash_)} bytes")
        hash_ = bytes(HASH)
    tile = rolling.add(hash_)
    if tile is not None:
        yield from _tiles(connection, rolling, tile, rules.top(tile))


def _entry_of(connection: Connection, number: int, hash_: bytes, entry_hash: bytes) -> Difference:
    """Return the difference between a leaf and its entry, under the entry's name where there is one."""
    row = connection.execute(_ENTRY, {"number": number}).first()
    if row is None:
        return Difference(f"leaf {number}", 0, "entry", "an entry", "no entry")
    return Difference(f"{row[0]} {row[1]}", row[2], "leaf", hash_.hex(), entry_hash.hex())


def _tops(connection: Connection, width: int) -> bytes:
    query = text("SELECT top FROM tile WHERE level = 0 AND number < :width ORDER BY number")
    return b"".join(bytes_of(each) for each in connection.execute(query, {"width": width}).scalars())


def _roots(
    rolling: Rolling, heads: list[Checkpoint], at: int, wrong: list[Difference], last: bool = False
) -> int:
    """Compare the root so far with the checkpoints of this size; return which of *heads* is next."""
    size = rolling.size
    root = b""
    while at < len(heads) and (last or heads[at].size <= size):
        head = heads[at]
        at += 1
        if head.size > size:
            wrong.append(Difference(f"checkpoint {head.size}", 0, "size", str(head.size), str(size)))
        elif head.size == size:
            root = root or rolling.root()
            if head.root != root:
                wrong.append(Difference(f"checkpoint {head.size}", 0, "root", head.root.hex(), root.hex()))
    return at


def _tiles(connection: Connection, rolling: Rolling, tile: bytes, top: bytes) -> Iterator[Difference]:
    """Compare the tiles that have just become complete with those that are kept; *top* is the hash above *tile*."""
    level, count, hashes = 0, rolling.size // TILE, tile
    while True:
        number = count - 1
        kept = rows(connection, _TILES, level=level, number=number)
        name = f"tile {level}/{number}"
        if not kept:
            yield Difference(name, 0, "row", "a row", "no row")
        else:
            for field, expected, there in zip(("hashes", "top"), (hashes, top), kept[0], strict=True):
                found = bytes_of(there)
                if found != expected:
                    yield Difference(name, 0, field, expected.hex()[:64], found.hex()[:64])
        if count % TILE:
            return
        level, count = level + 1, count // TILE
        hashes = rolling.hashes(level, (count - 1) * TILE, count * TILE)
        top = rules.top(hashes)


def _strays(connection: Connection, size: int) -> Iterator[Difference]:
    for level, number in connection.execute(_ALL_TILES):
        if not (isinstance(level, int) and isinstance(number, int) and 0 <= level < 8 and number >= 0) or (
            (number + 1) * TILE ** (level + 1) > size
        ):
            yield Difference(f"tile {level}/{number}", 0, "row", "no row", "a row")


def _without_leaf(connection: Connection) -> Iterator[Difference]:
    if connection.execute(_COUNTS).scalar_one() == 0:
        return
    for kind, code, seq in connection.execute(_WITHOUT_LEAF):
        yield Difference(f"{kind} {code}", seq, "leaf", "a place in the tree", "none")


def known_keys(connection: Connection, wrong: list[Difference]) -> list[Key]:
    """Return the keys by which checkpoints are signed, as the store names them."""
    keys = []
    for vkey in connection.execute(_KEYS).scalars():
        try:
            keys.append(read_key(str(vkey)))
        except BadNote as error:
            wrong.append(Difference("signing key", 0, "vkey", "a public key", str(error)))
    return keys


def _heads(connection: Connection, first: int, wrong: list[Difference]) -> list[Checkpoint]:
    """Return the checkpoints of the store, each checked against its columns, its signatures and its cosignatures."""
    keys = known_keys(connection, wrong)
    heads, texts = [], {}
    for row in connection.execute(_CHECKPOINTS, {"first": first}):
        name = f"checkpoint {row.size}"
        try:
            head, note = checkpoints.read(str(row.note))
            texts[row.id] = note.text
            note.signed_by(key for key in keys if key.name == head.origin)
        except BadNote as error:
            wrong.append(Difference(name, 0, "note", "a checkpoint that our key has signed", str(error)))
            continue
        found = {
            "origin": row.origin, "size": row.size, "root": bytes_of(row.root), "made_at": row.made_at
        }  # fmt: skip
        said = {"origin": head.origin, "size": head.size, "root": head.root, "made_at": head.at}
        for field, expected in said.items():
            if found[field] != expected:
                wrong.append(Difference(name, 0, field, _shown(expected), _shown(found[field])))
        heads.append(head)
    for row in connection.execute(_COSIGNATURES):
        if row.checkpoint not in texts and first:
            continue
        wrong.extend(_cosignature(row, texts.get(row.checkpoint, "")))
    return heads


def _cosignature(row: Any, said: str) -> Iterator[Difference]:
    """Check a witness's line under the text of a checkpoint, and its time."""
    name = f"cosignature {row.checkpoint}"
    try:
        key = read_key(str(row.vkey))
        good = [
            each for each in read_signatures(str(row.line)) if key.made(each) and key.verify(said, each.value)
        ]
    except BadNote:
        good = []
    if not good:
        yield Difference(name, 0, "line", "a witness's signature", "another")
    elif row.made_at != good[0].at_ms:
        yield Difference(name, 0, "made_at", str(good[0].at_ms), str(row.made_at))


def _shown(value: Any) -> str:
    return value.hex() if isinstance(value, bytes) else str(value)

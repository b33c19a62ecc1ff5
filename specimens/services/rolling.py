"""A tree built while entries are read: of its leaves only those of the last, incomplete tile are kept."""

from collections.abc import Iterable

from sqlalchemy import Connection, text

from specimens.ledger import tree as rules
from specimens.ledger.tree import HASH, TILE, Growing

_CHUNK = 4096
_BODIES = text(
    "SELECT l.id, e.body FROM leaf l LEFT JOIN ledger_entry e ON e.id = l.entry WHERE l.id < :size ORDER BY l.id"
)


class Rolling:
    """A tree that leaves are added to, of which only the last, incomplete tile keeps its leaves."""

    def __init__(self, tops: bytes = b"") -> None:
        self._above = Growing()
        self._above.add(tops)
        self._tile = bytearray()

    @property
    def size(self) -> int:
        """Return how many leaves there are."""
        return self._above.size * TILE + len(self._tile) // HASH

    def add(self, leaf: bytes) -> bytes | None:
        """Add a leaf; return the hashes of the tile that it completes, if it does."""
        self._tile += leaf
        if len(self._tile) < TILE * HASH:
            return None
        tile = bytes(self._tile)
        self._tile.clear()
        self._above.add(rules.top(tile))
        return tile

    def add_tile(self, tile: bytes) -> bytes:
        """Add 256 leaves at once, where the last tile is complete; return the hash above them."""
        top = rules.top(tile)
        self._above.add(top)
        return top

    def hashes(self, level: int, first: int, stop: int) -> bytes:
        """Return a run of hashes, see `ledger.tree.Reader`."""
        if level:
            return self._above.hashes(level - 1, first, stop)
        start = self._above.size * TILE
        return bytes(self._tile[(first - start) * HASH : (stop - start) * HASH])

    def root(self) -> bytes:
        """Return the root over the leaves so far."""
        return rules.root(self, self.size)


def roots_from_bodies(connection: Connection, sizes: Iterable[int]) -> dict[int, bytes]:
    """Return the roots at some sizes, computed from the bodies of the entries as they are now, and nothing else.

    Sizes that the tree does not reach are left out, and all after an entry that is missing.
    """
    wanted = sorted(set(sizes))
    rolling = Rolling()
    found: dict[int, bytes] = {}
    streamed = connection.execution_options(stream_results=True, max_row_buffer=_CHUNK)
    at = 0
    with streamed.execute(_BODIES, {"size": wanted[-1] if wanted else 0}) as result:
        while rows := result.fetchmany(_CHUNK):
            for number, body in rows:
                at = _note(rolling, wanted, at, found)
                if number != rolling.size or body is None:
                    return found
                rolling.add(rules.leaf_hash(body if isinstance(body, bytes) else str(body).encode()))
    _note(rolling, wanted, at, found)
    return found


def _note(rolling: Rolling, wanted: list[int], at: int, found: dict[int, bytes]) -> int:
    while at < len(wanted) and wanted[at] <= rolling.size:
        if wanted[at] == rolling.size:
            found[wanted[at]] = rolling.root()
        at += 1
    return at

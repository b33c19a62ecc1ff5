"""The tree over all entries: RFC 6962 roots and proofs, from tiles of 256 hashes, and their verification.

A tree of a million entries is read at a handful of places: whoever keeps it answers with runs of hashes (`Reader`), and
a root, an inclusion proof or a consistency proof costs O(log n).
"""

import hashlib
from collections.abc import Sequence
from typing import Protocol

HASH = 32
#: A tile holds 2^8 hashes: level 0 those of the leaves, level 1 those of complete tiles of level 0, and so on.
TILE_HEIGHT = 8
TILE = 1 << TILE_HEIGHT
EMPTY_ROOT = hashlib.sha256(b"").digest()
#: RFC 6962 allows more; nobody's log has more leaves than fit a signed 64-bit integer.
MOST_LEAVES = 2**63 - 1

_sha256 = hashlib.sha256


class BadProof(ValueError):
    """A proof that does not prove what it should; the message says where."""


class Reader(Protocol):
    """Where the hashes of a tree are kept."""

    def hashes(self, level: int, first: int, stop: int) -> bytes:
        """Return the hashes of the nodes *first* to *stop* - 1 of height 8 x *level*, one after another.

        Every node asked for is complete: it stands over 256 ** *level* leaves of the tree. The run lies in one tile.
        """
        ...


def leaf_hash(data: bytes) -> bytes:
    """Return the hash of a leaf, SHA-256(0x00 ‖ data)."""
    return _sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of the node above two others, SHA-256(0x01 ‖ left ‖ right)."""
    return _sha256(b"\x01" + left + right).digest()


def top(hashes: bytes) -> bytes:
    """Return the hash of the node above 1, 2, 4 … hashes, given one after another: of a whole tile, for example."""
    while len(hashes) > HASH:
        hashes = b"".join(
            [_sha256(b"\x01" + hashes[at : at + 2 * HASH]).digest() for at in range(0, len(hashes), 2 * HASH)]
        )
    return hashes


def _split(size: int) -> int:
    """Return the largest power of two below *size*: how many leaves stand under the left node."""
    return 1 << (size - 1).bit_length() - 1


def _subtree(reader: Reader, first: int, stop: int) -> bytes:
    """Return the hash over the leaves *first* to *stop* - 1, where *first* is where a subtree of that size begins."""
    size = stop - first
    if size & (size - 1) == 0:
        height = size.bit_length() - 1
        level, above = divmod(height, TILE_HEIGHT)
        width = 1 << above
        at = first >> level * TILE_HEIGHT
        return top(reader.hashes(level, at, at + width))
    middle = first + _split(size)
    return node_hash(_subtree(reader, first, middle), _subtree(reader, middle, stop))


def root(reader: Reader, size: int) -> bytes:
    """Return the root over the first *size* leaves."""
    return _subtree(reader, 0, size) if size else EMPTY_ROOT


def inclusion(reader: Reader, index: int, size: int) -> list[bytes]:
    """Return the proof that leaf *index* (from 0) is in the tree of *size* leaves, from the leaf's sibling upwards.

    Raises:
        BadProof: there is no such leaf in a tree of that size.
    """
    if not 0 <= index < size:
        raise BadProof(f"leaf {index} is not in a tree of {size}")
    proof: list[bytes] = []
    first, stop = 0, size
    while stop - first > 1:
        middle = first + _split(stop - first)
        if index < middle:
            proof.append(_subtree(reader, middle, stop))
            stop = middle
        else:
            proof.append(_subtree(reader, first, middle))
            first = middle
    proof.reverse()
    return proof


def consistency(reader: Reader, old: int, new: int) -> list[bytes]:
    """Return the proof that the tree of *new* leaves begins with the tree of *old* leaves; empty for 0 and for equals.

    Raises:
        BadProof: *old* is larger than *new*.
    """
    if not 0 <= old <= new:
        raise BadProof(f"a tree of {new} cannot begin with a tree of {old}")
    if old in (0, new):
        return []
    proof: list[bytes] = []
    first, stop, whole = 0, new, True
    while old != stop:
        middle = first + _split(stop - first)
        if old <= middle:
            proof.append(_subtree(reader, middle, stop))
            stop = middle
        else:
            proof.append(_subtree(reader, first, middle))
            first, whole = middle, False
    if not whole:
        proof.append(_subtree(reader, first, stop))
    proof.reverse()
    return proof


def verify_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], expected: bytes) -> None:
    """Check that the leaf with hash *leaf* stands at *index* of the tree of *size* leaves with root *expected*.

    Raises:
        BadProof: it does not, or the proof is not of the right length.
    """
    if not 0 <= index < size <= MOST_LEAVES:
        raise BadProof(f"leaf {index} is not in a tree of {size}")
    _whole([leaf, *proof, expected])
    inner = (index ^ size - 1).bit_length()
    border = (index >> inner).bit_count()
    if len(proof) != inner + border:
        raise BadProof(f"the proof has {len(proof)} hashes, {inner + border} are needed")
    found = leaf
    for height, sibling in enumerate(proof):
        right = height >= inner or index >> height & 1
        found = node_hash(sibling, found) if right else node_hash(found, sibling)
    if found != expected:
        raise BadProof(f"the proof leads to the root {found.hex()}, not {expected.hex()}")


def verify_consistency(old: int, new: int, proof: Sequence[bytes], old_root: bytes, new_root: bytes) -> None:
    """Check that the tree of *new* leaves with *new_root* begins with the tree of *old* leaves with *old_root*.

    Raises:
        BadProof: it does not, the proof is not of the right length, or *old* is 0: there is nothing to prove then.
    """
    if not 0 <= old <= new <= MOST_LEAVES:
        raise BadProof(f"a tree of {new} cannot begin with a tree of {old}")
    if old == 0 < new:
        raise BadProof("every tree begins with a tree without leaves: there is nothing to prove")
    if old == new:
        if proof:
            raise BadProof(f"the proof has {len(proof)} hashes, none is needed")
        if old_root != new_root:
            raise BadProof(f"two roots for {old} leaves: {old_root.hex()} and {new_root.hex()}")
        return
    _whole([*proof, old_root, new_root])
    trailing = (old & -old).bit_length() - 1
    inner = (old - 1 ^ new - 1).bit_length() - trailing
    border = (old - 1 >> inner + trailing).bit_count()
    own = old == 1 << trailing  # the old tree is a complete subtree of the new one: its root is the seed
    seed, path = (old_root, proof) if own else (proof[0] if proof else b"", proof[1:])
    if not seed or len(path) != inner + border:
        raise BadProof(f"the proof has {len(proof)} hashes, {inner + border + (not own)} are needed")
    number = old - 1 >> trailing
    before = after = seed
    for height, sibling in enumerate(path):
        if height >= inner or number >> height & 1:
            before, after = node_hash(sibling, before), node_hash(sibling, after)
        else:
            after = node_hash(after, sibling)
    if before != old_root:
        raise BadProof(f"the proof leads to the old root {before.hex()}, not {old_root.hex()}")
    if after != new_root:
        raise BadProof(f"the proof leads to the new root {after.hex()}, not {new_root.hex()}")


def _whole(hashes: Sequence[bytes]) -> None:
    if any(len(each) != HASH for each in hashes):
        raise BadProof("a hash has 32 bytes")


class Growing:
    """A tree in memory that only grows: what a test, a witness or a verification adds leaf after leaf.

    Keeps 32 bytes a leaf and what stands above; `tiles` are told as they become complete.
    """

    def __init__(self) -> None:
        self._levels: list[bytearray] = [bytearray()]

    @property
    def size(self) -> int:
        """Return how many leaves there are."""
        return len(self._levels[0]) // HASH

    def add(self, leaves: bytes) -> None:
        """Add the hashes of some leaves, one after another."""
        self._levels[0] += leaves
        level = -1
        while (level := level + 1) < len(self._levels):
            below = self._levels[level]
            if len(below) < TILE * HASH:
                return
            if level + 1 == len(self._levels):
                self._levels.append(bytearray())
            above = self._levels[level + 1]
            for number in range(len(above) // HASH, len(below) // (TILE * HASH)):
                above += top(bytes(below[number * TILE * HASH : (number + 1) * TILE * HASH]))

    def hashes(self, level: int, first: int, stop: int) -> bytes:
        """Return a run of hashes, see `Reader`."""
        return bytes(self._levels[level][first * HASH : stop * HASH])

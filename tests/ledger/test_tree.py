"""The tree: public vectors, the definition of RFC 6962, and trees of any size."""

import base64
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from specimens.ledger import tree
from specimens.ledger.tree import BadProof, Growing

_VECTORS = json.loads((Path(__file__).parent / "merkle.json").read_text(encoding="utf-8"))


def _leaves(size: int) -> list[bytes]:
    return [tree.leaf_hash(str(number).encode()) for number in range(size)]


def _grown(leaves: list[bytes]) -> Growing:
    grown = Growing()
    grown.add(b"".join(leaves))
    return grown


def _defined(leaves: list[bytes]) -> bytes:
    """RFC 6962, section 2.1, word for word."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return hashlib.sha256(b"\x01" + _defined(leaves[:k]) + _defined(leaves[k:])).digest()


@pytest.mark.parametrize("case", _VECTORS["cases"], ids=lambda case: str(case["name"]))
def test_the_public_vectors_are_judged_as_they_should_be(case: dict[str, Any]) -> None:
    def hash_of(field: str) -> bytes:
        return base64.b64decode(case[field] or "")

    proof = [base64.b64decode(each) for each in case["proof"] or []]
    try:
        if case["kind"] == "inclusion":
            tree.verify_inclusion(
                hash_of("leafHash"), case["leafIdx"], case["treeSize"], proof, hash_of("root")
            )
        else:
            tree.verify_consistency(case["size1"], case["size2"], proof, hash_of("root1"), hash_of("root2"))
        refused = False
    except BadProof:
        refused = True
    assert refused == case["wantErr"], case["desc"]


@pytest.mark.parametrize("size", [0, 1, 2, 3, 7, 8, 255, 256, 257, 511, 512, 513, 1000])
def test_a_root_is_what_the_standard_defines(size: int) -> None:
    leaves = _leaves(size)
    assert tree.root(_grown(leaves), size) == _defined(leaves)


_GROWN = _grown(_leaves(70_000))


@given(st.integers(1, 70_000), st.data())
def test_every_leaf_of_every_tree_has_a_proof_that_fits_nothing_else(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    root = tree.root(_GROWN, size)
    proof = tree.inclusion(_GROWN, index, size)
    leaf = _GROWN.hashes(0, index, index + 1)
    tree.verify_inclusion(leaf, index, size, proof, root)
    other = data.draw(st.integers(0, size - 1).filter(lambda each: each != index)) if size > 1 else 1
    with pytest.raises(BadProof):
        tree.verify_inclusion(leaf, other, size, proof, root)
    with pytest.raises(BadProof):
        tree.verify_inclusion(leaf, index, size, [*proof, leaf], root)
    with pytest.raises(BadProof):
        tree.verify_inclusion(_flipped(leaf, data), index, size, proof, root)
    if proof:
        place = data.draw(st.integers(0, len(proof) - 1))
        wrong = [*proof[:place], _flipped(proof[place], data), *proof[place + 1 :]]
        with pytest.raises(BadProof):
            tree.verify_inclusion(leaf, index, size, wrong, root)


@given(st.integers(1, 70_000), st.data())
def test_every_tree_begins_with_every_smaller_one(new: int, data: st.DataObject) -> None:
    old = data.draw(st.integers(1, new))
    before, after = tree.root(_GROWN, old), tree.root(_GROWN, new)
    proof = tree.consistency(_GROWN, old, new)
    tree.verify_consistency(old, new, proof, before, after)
    with pytest.raises(BadProof):
        tree.verify_consistency(old, new, proof, _flipped(before, data), after)
    with pytest.raises(BadProof):
        tree.verify_consistency(old, new, [*proof, before], before, after)
    if proof:
        place = data.draw(st.integers(0, len(proof) - 1))
        wrong = [*proof[:place], _flipped(proof[place], data), *proof[place + 1 :]]
        with pytest.raises(BadProof):
            tree.verify_consistency(old, new, wrong, before, after)
        with pytest.raises(BadProof):
            tree.verify_consistency(old, new, proof[:-1], before, after)


def _flipped(hash_: bytes, data: st.DataObject) -> bytes:
    bit = data.draw(st.integers(0, 255))
    return (int.from_bytes(hash_) ^ 1 << bit).to_bytes(32)


class _Counting:
    """A reader that counts the tiles it was asked for."""

    def __init__(self) -> None:
        self.tiles: set[tuple[int, int]] = set()

    def hashes(self, level: int, first: int, stop: int) -> bytes:
        assert first // tree.TILE == (stop - 1) // tree.TILE, "a run lies in one tile"
        self.tiles.add((level, first // tree.TILE))
        return bytes(32) * (stop - first)


def test_a_tree_of_a_billion_leaves_is_read_at_a_handful_of_tiles() -> None:
    size = 10**9 + 7
    for act in (
        lambda reader: tree.root(reader, size),
        lambda reader: tree.inclusion(reader, size // 3, size),
        lambda reader: tree.consistency(reader, size // 3, size),
    ):
        reader = _Counting()
        act(reader)
        assert len(reader.tiles) <= 8


def test_growing_in_pieces_makes_the_same_tree() -> None:
    leaves = _leaves(1500)
    pieces = Growing()
    for leaf in leaves:
        pieces.add(leaf)
    assert tree.root(pieces, 1500) == tree.root(_grown(leaves), 1500)


def test_what_is_not_in_a_tree_has_no_proof() -> None:
    with pytest.raises(BadProof, match="leaf 5 is not in a tree of 5"):
        tree.inclusion(_GROWN, 5, 5)
    with pytest.raises(BadProof, match="a tree of 4 cannot begin with a tree of 5"):
        tree.consistency(_GROWN, 5, 4)

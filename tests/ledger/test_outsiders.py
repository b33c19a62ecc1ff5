"""Programs that nobody here wrote agree: they accept what we make, and refuse it after one flipped bit.

`metamorphic-log` (Rust) verifies signed notes, checkpoints and proofs; `pymerkle` builds the same tree by itself.
"""

import base64

import metamorphic_log as outsider
import pytest
from pymerkle import InmemoryTree

from specimens.ledger import checkpoint as checkpoints
from specimens.ledger.checkpoint import Checkpoint
from specimens.ledger.note import KeySigner, read_note
from specimens.ledger.tree import Growing, consistency, inclusion, leaf_hash, root

SIGNER = KeySigner("example.org/specimens", bytes(range(32)))
VKEYS = [SIGNER.key.vkey]
SIZES = (1, 2, 3, 4, 5, 7, 8, 9, 100, 255, 256, 257, 511, 512, 513, 700, 1024)
BODIES = [f'{{"v":1,"seq":{number}}}'.encode() for number in range(SIZES[-1])]


@pytest.fixture(scope="module")
def grown() -> Growing:
    made = Growing()
    made.add(b"".join(leaf_hash(body) for body in BODIES))
    return made


def _note(grown: Growing, size: int) -> str:
    return checkpoints.write(
        Checkpoint(SIGNER.key.name, size, root(grown, size), 1_795_352_591_123), [SIGNER]
    )


def _flips(hash_: bytes) -> list[bytes]:
    return [(int.from_bytes(hash_) ^ 1 << bit).to_bytes(32) for bit in (0, 100, 255)]


def test_another_tree_has_the_same_roots(grown: Growing) -> None:
    other = InmemoryTree(algorithm="sha256")
    for size, body in enumerate(BODIES, start=1):
        other.append_entry(body)
        if size in SIZES:
            assert other.get_root(size) == root(grown, size), size


def test_an_outsider_opens_our_checkpoints(grown: Growing) -> None:
    for size in SIZES:
        head = outsider.checkpoint_verify(_note(grown, size), VKEYS)
        assert (head.origin, head.size, bytes(head.root)) == (SIGNER.key.name, size, root(grown, size))


def test_an_outsider_refuses_a_checkpoint_after_any_flipped_bit(grown: Growing) -> None:
    message = _note(grown, 700)
    text, _, _ = message.rpartition("\n\n")
    for place in range(len(text)):
        changed = message[:place] + chr(ord(message[place]) ^ 1) + message[place + 1 :]
        with pytest.raises(outsider.VerifyError):
            outsider.checkpoint_verify(changed, VKEYS)
    signature = read_note(message).signatures[0]
    for place in range(len(signature.value)):
        value = bytearray(signature.value)
        value[place] ^= 1
        line = f"— {signature.name} {base64.b64encode(signature.key_id + bytes(value)).decode()}\n"
        with pytest.raises(outsider.VerifyError):
            outsider.checkpoint_verify(f"{text}\n\n{line}", VKEYS)


def test_an_outsider_accepts_our_inclusion_proofs_and_refuses_flipped_ones(grown: Growing) -> None:
    for size in SIZES:
        for index in {0, size // 3, size - 1}:
            proof, leaf = inclusion(grown, index, size), leaf_hash(BODIES[index])
            outsider.checkpoint_verify_inclusion(_note(grown, size), VKEYS, index, leaf, proof)
            for place, hash_ in enumerate(proof):
                for wrong in _flips(hash_):
                    with pytest.raises(outsider.VerifyError):
                        outsider.verify_inclusion(
                            index, size, leaf, [*proof[:place], wrong, *proof[place + 1 :]], root(grown, size)
                        )
            for wrong in _flips(leaf):
                with pytest.raises(outsider.VerifyError):
                    outsider.verify_inclusion(index, size, wrong, proof, root(grown, size))


def test_an_outsider_accepts_our_consistency_proofs_and_refuses_flipped_ones(grown: Growing) -> None:
    for new in SIZES:
        for old in (size for size in SIZES if size <= new):
            proof = consistency(grown, old, new)
            outsider.checkpoint_verify_consistency(_note(grown, old), _note(grown, new), VKEYS, proof)
            for place, hash_ in enumerate(proof):
                for wrong in _flips(hash_):
                    with pytest.raises(outsider.VerifyError):
                        outsider.verify_consistency(
                            old, new, [*proof[:place], wrong, *proof[place + 1 :]],
                            root(grown, old), root(grown, new),
                        )  # fmt: skip

"""Notes, checkpoints and proofs that travel: the specifications' examples, and what is refused."""

import base64

import pytest

from specimens.ledger import checkpoint as checkpoints
from specimens.ledger.checkpoint import Checkpoint
from specimens.ledger.note import (
    COSIGNATURE,
    BadNote,
    Key,
    KeySigner,
    Note,
    cosignature_of,
    key_id,
    read_key,
    read_note,
    read_signatures,
    write_note,
)
from specimens.ledger.proof import Proof, read_proof
from specimens.ledger.tree import BadProof, Growing, inclusion, leaf_hash, root

#: The example of C2SP signed-note. Its key is not printed there; that of Go's documentation is.
POEM = (
    "Ognuno sta solo sul cuor della terra\ntrafitto da un raggio di sole:\n\ned è subito sera.\n\n"
    "— quasimodo.example/salvatore "
    "NnugSzTjtVAewIS+Z/iJhUPeFDkO/5QQ2i5ddnGITLlC+EhfLW9oJKONrMouFSQU0xMcXxj99ihAQwaqP3ZekRwNtIc=\n"
)
#: The example of golang.org/x/mod/sumdb/note, with its key.
PETER = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
QUOTE = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n\n"
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)
#: The example of C2SP tlog-cosignature.
COSIGNED = (
    "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n"
    "— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurm"
    "RDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n"
    "— witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OW"
    "XEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==\n"
)  # fmt: skip

ORIGIN = "example.org/specimens"
SIGNER = KeySigner(ORIGIN, bytes(range(32)))
WITNESS = KeySigner("witness.example/clinic", bytes(range(1, 33)), COSIGNATURE)
AT = 1_795_352_591_123


def test_the_example_of_go_opens_with_its_key() -> None:
    key = read_key(PETER)
    assert key.vkey == PETER
    assert read_note(QUOTE).signed_by([key]) == [key]


def test_the_example_of_the_specification_is_taken_apart_and_put_together() -> None:
    note = read_note(POEM)
    assert note.text.endswith("\n\ned è subito sera.\n")
    assert [each.name for each in note.signatures] == ["quasimodo.example/salvatore"]
    assert note.message() == POEM


def test_the_example_of_a_cosigned_checkpoint_is_read() -> None:
    read, note = checkpoints.read(COSIGNED)
    assert (read.origin, read.size) == ("example.com/behind-the-sofa", 20_852_163)
    assert [len(each.value) for each in note.signatures] == [64, 72]
    assert int.from_bytes(note.signatures[1].value[:8]) == 1_679_315_147
    assert note.message() == COSIGNED


def test_a_checkpoint_is_written_as_the_design_shows_and_read_again() -> None:
    made = Checkpoint(ORIGIN, 1042, leaf_hash(b"x"), AT)
    message = checkpoints.write(made, [SIGNER])
    lines = message.split("\n")
    assert lines[:2] == [ORIGIN, "1042"]
    assert lines[3:5] == ["time 2026-11-22T13:03:11.123Z", ""]
    assert lines[5].startswith(f"— {ORIGIN} ")
    assert checkpoints.open_checkpoint(message, [SIGNER.key]) == made


def test_every_changed_byte_of_a_checkpoint_is_refused() -> None:
    message = checkpoints.write(Checkpoint(ORIGIN, 1042, leaf_hash(b"x"), AT), [SIGNER]).encode()
    for place in range(len(message)):
        for bit in range(8):
            changed = bytearray(message)
            changed[place] ^= 1 << bit
            with pytest.raises((BadNote, UnicodeDecodeError)):
                checkpoints.open_checkpoint(bytes(changed).decode(), [SIGNER.key])


def test_unknown_signatures_are_passed_over_and_a_wrong_one_of_a_known_key_refuses_the_note() -> None:
    other = KeySigner("another.example/log", bytes(32))
    message = write_note("text\n", [other, SIGNER])
    note = read_note(message)
    assert note.signed_by([SIGNER.key]) == [SIGNER.key]
    same_name = Key(ORIGIN, other.key.public)
    with pytest.raises(BadNote, match="no key that is known here"):
        note.signed_by([same_name])
    forged = Note("another text\n", note.signatures)
    with pytest.raises(BadNote, match="does not fit"):
        forged.signed_by([SIGNER.key])


def test_two_keys_sign_during_a_rotation() -> None:
    new = KeySigner(ORIGIN, bytes(range(2, 34)))
    message = checkpoints.write(Checkpoint(ORIGIN, 1, leaf_hash(b"x"), AT), [SIGNER, new])
    assert read_note(message).signed_by([SIGNER.key, new.key]) == [SIGNER.key, new.key]
    assert checkpoints.open_checkpoint(message, [new.key]).size == 1


def test_a_witness_signs_with_its_time() -> None:
    text = Checkpoint(ORIGIN, 1, leaf_hash(b"x"), AT).text()
    line = cosignature_of(text, WITNESS, 1_679_315_147)
    assert read_signatures(line.line()) == (line,)
    assert WITNESS.key.verify(text, line.value)
    later = (1_679_315_148).to_bytes(8) + line.value[8:]
    assert not WITNESS.key.verify(text, later)
    assert not WITNESS.key.verify(text, line.value[8:])
    assert read_key(WITNESS.key.vkey) == WITNESS.key


@pytest.mark.parametrize(
    ("vkey", "told"),
    [
        ("", "not a key"),
        (PETER.replace("c74f20a3", "c74f20a4"), "has the id c74f20a3"),
        ("a b+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW", "cannot be the name"),
        ("PeterNeumann+c74f20a3+AR", "not base64"),
        ("PeterNeumann+c74f20a3+" + base64.b64encode(b"\x07" + bytes(32)).decode(), "type that is not known"),
    ],
)
def test_a_key_that_is_none_is_refused(vkey: str, told: str) -> None:
    with pytest.raises(BadNote, match=told):
        read_key(vkey)


@pytest.mark.parametrize(
    ("message", "told"),
    [
        ("", "newline"),
        ("text\n", "empty line"),
        ("text\n\n", "empty line"),
        ("te\txt\n\n— a AAAAAAAA\n", "control"),
        ("text\n\n- a AAAAAAAA\n", "line of a signature"),
        ("text\n\n— a AAAA\n", "line of a signature"),
        ("text\n\n— a AAAAAAAA extra\n", "line of a signature"),
        ("text\n\n— a+b AAAAAAAA\n", "name of a key"),
        ("text\n\n" + "— a AAAAAAAA\n" * 101, "more than 100"),
        ("\ud800\n\n— a AAAAAAAA\n", "UTF-8"),
    ],
)
def test_a_note_that_is_none_is_refused(message: str, told: str) -> None:
    with pytest.raises(BadNote, match=told):
        read_note(message)


_ROOT = base64.b64encode(bytes(32)).decode()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a\n1\n", "a line each"),
        (f"a\n1\n{_ROOT}\n\nmore\n", "a line each"),
        (f"a\n01\n{_ROOT}\n", "no number"),
        (f"a\n-1\n{_ROOT}\n", "no number"),
        (f"a\n9999999999999999999\n{_ROOT}\n", "no number"),
        ("a\n1\nAAAA\n", "no root"),
        (f"a b\n1\n{_ROOT}\n", "name of a key"),
        (f"a\n1\n{_ROOT}\ntime yesterday\n", "no time"),
    ],
)
def test_a_checkpoint_that_is_none_is_refused(text: str, told: str) -> None:
    with pytest.raises(BadNote, match=told):
        checkpoints.read_text(text)


def test_lines_that_another_program_added_stay_as_they_are() -> None:
    text = f"a\n1\n{_ROOT}\ntime 2026-11-22T13:03:11.123Z\nmore\n"
    assert checkpoints.read_text(text).text() == text
    assert checkpoints.read_text(f"a\n1\n{_ROOT}\n").at is None


def _proof() -> tuple[bytes, Proof]:
    grown = Growing()
    leaves = [leaf_hash(bytes([number])) for number in range(9)]
    grown.add(b"".join(leaves))
    note = checkpoints.write(Checkpoint(ORIGIN, 9, root(grown, 9), AT), [SIGNER])
    return leaves[3], Proof(3, tuple(inclusion(grown, 3, 9)), note)


def test_a_proof_travels_as_text_and_is_checked_at_the_other_end() -> None:
    leaf, proof = _proof()
    text = proof.text()
    assert text.startswith("c2sp.org/tlog-proof@v1\nindex 3\n")
    assert read_proof(text) == proof
    assert read_proof(text.replace("index", "extra aGVsbG8=\nindex", 1)) == proof
    assert proof.verify(leaf, [SIGNER.key]).size == 9
    with pytest.raises(BadProof):
        proof.verify(leaf_hash(b"another"), [SIGNER.key])
    with pytest.raises(BadNote):
        proof.verify(leaf, [WITNESS.key])


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("tlog-proof@v1", "tlog-proof@v2", "begins with"),
        ("index 3", "index 03", "not an index"),
        ("index 3", "place 3", "names the index"),
        ("index 3\n", "index 3\nAAAA\n", "not a hash"),
        ("index 3\n", "index 3\n" + f"{_ROOT}\n" * 63, "more than 63"),
    ],
)
def test_a_proof_that_is_none_is_refused(old: str, new: str, told: str) -> None:
    with pytest.raises(BadNote, match=told):
        read_proof(_proof()[1].text().replace(old, new, 1))


def test_a_keys_id_is_what_the_specification_says() -> None:
    key = read_key(PETER)
    assert key_id("PeterNeumann", 1, key.public).hex() == "c74f20a3"

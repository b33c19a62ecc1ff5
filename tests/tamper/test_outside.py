"""What lies outside the database taken away, cut or forged, and keys that are nobody's here. On both engines."""

import json
from collections.abc import Callable

import pytest

from specimens.ledger import checkpoint as checkpoints
from specimens.ledger.canonical import canonical
from specimens.ledger.checkpoint import Checkpoint
from specimens.ledger.entry import entry_hash
from specimens.ledger.note import KeySigner, write_note
from specimens.models.base import db
from specimens.services import checkpoint, notary, tree
from specimens.services.verify import Result, verify
from tests.engines import ORIGIN
from tests.tamper.conftest import Owner, named
from tests.tamper.test_tree import _drop_checkpoints, _rewrite, _station

Verified = Callable[[], Result]


def test_a_rewritten_history_whose_file_of_checkpoints_is_gone_is_found_by_the_signers_memory(
    owner: Owner, verified: Verified
) -> None:
    size = checkpoints.read(notary.notary().kept()[-1])[0].size
    _rewrite(owner, _station(owner))
    _drop_checkpoints(owner)
    notary.notary().checkpoints.unlink()
    assert named(verified()) == {(f"checkpoint {size}", 0, "root")}


@pytest.mark.parametrize("said", [b"", b"\xff{", b"[" * 100_000, b'{"origin": "o", "size": -5, "root": ""}'])
def test_a_memory_of_the_signer_that_is_damaged_is_named(
    said: bytes, owner: Owner, verified: Verified
) -> None:
    (notary.notary().folder / "signed").write_bytes(said)
    assert named(verified()) == {("file signed", 0, "text")}


def test_a_file_of_checkpoints_that_lacks_what_the_store_has_is_named(
    owner: Owner, verified: Verified
) -> None:
    who = notary.notary()
    honest = who.checkpoints.read_bytes()
    for said in (b"", honest[: len(honest) // 2]):
        who.checkpoints.write_bytes(said)
        assert named(verified()) == {("file checkpoints", 0, "text")}
    who.checkpoints.write_bytes(honest)
    assert verified().sound


def test_a_file_of_checkpoints_with_a_size_that_no_tree_has_is_named(
    owner: Owner, verified: Verified
) -> None:
    who = notary.notary()
    size = checkpoints.read(who.kept()[-1])[0].size
    who.checkpoints.write_text(who.checkpoints.read_text().replace(f"\n{size}\n", f"\n{'9' * 5000}\n"))
    assert named(verified()) == {("file checkpoints", 0, "text")}


@pytest.mark.parametrize(
    "said", ["[" * 100_000, '{"size": -5, "root": ""}', '{"size": 1e999, "root": ""}', "x"]
)
def test_what_was_verified_before_may_be_forged_and_all_is_read_again(
    said: str, owner: Owner, verified: Verified
) -> None:
    assert verified().sound
    (notary.notary().folder / "verified").write_text(said)
    db.session.rollback()
    result = verify(whole=False)
    assert result.sound
    assert result.unread == 0


def _begin_key(owner: Owner, signer: KeySigner, statement: str | None = None) -> None:
    """Write what begins a key, entry, row and leaf, as the program does: by raw SQL, behind everything else."""
    tree.catch_up()
    code = signer.key.key_id.hex()
    first = owner.asks("SELECT body FROM ledger_entry WHERE act = 'key_begun' ORDER BY id LIMIT 1")
    last = owner.asks(
        "SELECT e.body FROM ledger_entry e JOIN leaf l ON l.entry = e.id ORDER BY l.id DESC LIMIT 1"
    )
    body, at = json.loads(bytes(first)), json.loads(bytes(last))["recorded_at"]
    body["subject"]["code"], body["recorded_at"], body["happened_at"] = code, at, at
    body["id"] = body["operation"] = "019aaaaa-0000-7000-8000-000000000001"
    body["facts"] = {"name": signer.key.name, "vkey": signer.key.vkey}
    if statement is not None:
        body["facts"]["statement"] = statement
    forged = canonical(body)
    columns = [name for name in owner.columns("ledger_entry") if name != "id"]
    new = {
        "entry_id": ":id", "operation": ":id", "subject_code": ":code", "body": ":body", "hash": ":hash",
        "recorded_at": ":at", "happened_at": ":at",
    }  # fmt: skip
    owner.does(
        f"INSERT INTO ledger_entry (id, {', '.join(columns)}) SELECT (SELECT max(id) + 1 FROM ledger_entry), "
        f"{', '.join(new.get(name, name) for name in columns)} FROM ledger_entry "
        "WHERE act = 'key_begun' ORDER BY id LIMIT 1",
        "INSERT INTO leaf (id, entry, hash) SELECT (SELECT max(id) + 1 FROM leaf), id, :hash "
        "FROM ledger_entry WHERE subject_code = :code",
        "INSERT INTO signing_key (code, entry_seq, entry_hash, name, vkey, begun_at, statement) "
        "VALUES (:code, 1, :hash, :name, :vkey, :at, :statement)",
        id=body["id"], code=code, body=forged, hash=entry_hash(forged), name=signer.key.name, vkey=signer.key.vkey,
        statement=statement,
        at=owner.asks("SELECT max(recorded_at) FROM ledger_entry"),
    )  # fmt: skip


def test_a_key_that_the_signer_never_had_is_named(owner: Owner, verified: Verified) -> None:
    """An auditor who notes it would believe whatever its owner signs."""
    stranger = KeySigner(ORIGIN, bytes(range(32)))
    _begin_key(owner, stranger)
    assert named(verified()) == {(f"signing_key {stranger.key.key_id.hex()}", 1, "vkey")}


def test_a_forged_new_count_does_not_excuse_a_rewritten_history(owner: Owner, verified: Verified) -> None:
    """`both agree on the first 0`, signed by a key of the owner's own: the checkpoints outside bind all the same."""
    size = checkpoints.read(notary.notary().kept()[-1])[0].size
    _rewrite(owner, _station(owner))
    _drop_checkpoints(owner)
    stranger = KeySigner(f"{ORIGIN}/2", bytes(range(32)))
    said = f"{ORIGIN}/2\nknown outside: x\nin the store: y\nboth agree on the first 0\n"
    _begin_key(owner, stranger, write_note(said, [stranger]))
    with tree.snapshot() as connection:
        now = tree.size_of(connection)
    head = Checkpoint(stranger.key.name, now, checkpoint.root_at(now), 1)
    owner.does(
        "INSERT INTO checkpoint (id, origin, size, root, made_at, note) VALUES (99, :origin, :size, :root, 1, :note)",
        origin=head.origin, size=head.size, root=head.root, note=checkpoints.write(head, [stranger]),
    )  # fmt: skip
    found = named(verified())
    assert (f"checkpoint {size}", 0, "root") in found
    assert (f"signing_key {stranger.key.key_id.hex()}", 1, "vkey") in found


def test_a_statement_with_a_number_beyond_every_tree_does_not_stop_the_search(
    owner: Owner, verified: Verified
) -> None:
    owner.does("UPDATE signing_key SET statement = :said", said=f"both agree on the first {'9' * 5000}")
    assert {field for _, _, field in named(verified())} == {"row.statement"}


def test_a_key_that_signed_before_the_file_was_lost_is_no_stranger(owner: Owner, verified: Verified) -> None:
    """The whole folder is lost: a new key begins, and nobody can say any more what the old one signed."""
    who = notary.notary()
    for path in [*who.folder.glob("keys/*"), who.checkpoints, who.folder / "signed"]:
        path.unlink()
    assert {subject for subject, _, _ in named(verified())} == {"file checkpoints", "file signed"}
    db.session.rollback()
    checkpoint.make()
    assert verified().sound

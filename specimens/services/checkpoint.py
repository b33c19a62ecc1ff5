"""Checkpoints: made, kept inside and outside the store, asked for, and compared with the store at every start.

note = checkpoint.make()                       # signed text, for a report
placed = checkpoint.proofs_for(entry_ids, size)  # where each entry stands, and its path to that root
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Table, insert, select

from specimens.domain.access import system_actor
from specimens.domain.errors import BadInput, NotFound, Refused
from specimens.domain.terms import Kind
from specimens.ledger import checkpoint as checkpoints
from specimens.ledger import tree as rules
from specimens.ledger.checkpoint import Checkpoint
from specimens.ledger.note import BadNote, Key, Signer, read_key
from specimens.ledger.signer import BadSigner, Inconsistent, NoMemory, Notary, Signed
from specimens.models.installation import Installation
from specimens.models.ledger import LedgerEntry
from specimens.models.tree import CheckpointRow, Leaf, SigningKeyRow
from specimens.services import tree
from specimens.services.clock import now_ms
from specimens.services.notary import notary
from specimens.services.record import writing
from specimens.services.transaction import committing

_CHECKPOINT: Table = CheckpointRow.__table__  # type: ignore[assignment]
_ENTRY: Table = LedgerEntry.__table__  # type: ignore[assignment]
_LEAF: Table = Leaf.__table__  # type: ignore[assignment]
_KEY: Table = SigningKeyRow.__table__  # type: ignore[assignment]
_CHUNK = 500


@dataclass(frozen=True, slots=True)
class Placed:
    """Where an entry stands in the ledger (`index`, from 0), and its path to a root, sibling first."""

    index: int
    path: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A key that signs or signed checkpoints, as text, and its period (ms since 1970; `retired_at` None: still)."""

    name: str
    vkey: str
    begun_at: int
    retired_at: int | None
    statement: str | None = None


def newest_note() -> str | None:
    """Return the newest signed checkpoint, None before the first."""
    with tree.snapshot() as connection:
        return connection.execute(
            select(_CHECKPOINT.c.note).order_by(_CHECKPOINT.c.id.desc()).limit(1)
        ).scalar()


def make() -> str:
    """Sign a checkpoint over everything that is committed, keep it in the store and outside; return it.

    Where nothing was added since the last one, that one is returned.

    Raises:
        Refused: `signer_inconsistent`, `signer_ahead` or `signer_forgot`: the store is not what was signed before.
        Unavailable: `sequencer_busy`.
    """
    who = notary()
    with who.lock():
        return made_by(who)


def made_by(who: Notary) -> str:
    """Make a checkpoint under a lock that is held already, see `make`."""
    try:
        last = who.last()
        if last is None:
            with tree.snapshot() as connection:
                who.begin(origin_of(connection))
            last = who.last()
        assert last is not None  # noqa: S101 - it was begun just now
        signers = who.signers(last.origin)
        if not signers:
            signers = [who.make_key(last.origin)]
        _name(signers)
        tree.catch_up()
        with tree.snapshot() as connection:
            size = tree.size_of(connection)
            kept = _kept(connection, last.origin, size)
            if last.size == size and kept is not None and _signed_by_all(kept, signers):
                return kept
            asked, proof = _asked(connection, last, size)
        note = who.sign(asked, proof, signers)
    except NoMemory as error:
        raise Refused("signer_forgot", file=str(error)) from error
    except BadSigner as error:
        raise Refused("signer_broken", said=str(error)) from error
    except Inconsistent as error:
        raise _refused(error) from error
    with committing() as (session, _):
        if kept is None:
            row = {
                "origin": asked.origin, "size": asked.size, "root": asked.root, "made_at": asked.at, "note": note
            }  # fmt: skip
            session.execute(insert(_CHECKPOINT), row)
    return note


def _asked(connection: Connection, last: Signed, size: int) -> tuple[Checkpoint, list[bytes]]:
    stored = tree.Stored(connection, size)
    if size < last.size:
        raise Inconsistent(last, Checkpoint(last.origin, size, rules.root(stored, size)))
    asked = Checkpoint(last.origin, size, rules.root(stored, size), now_ms())
    return asked, rules.consistency(stored, last.size, size)


def _kept(connection: Connection, origin: str, size: int) -> str | None:
    query = select(_CHECKPOINT.c.note).where(_CHECKPOINT.c.origin == origin, _CHECKPOINT.c.size == size)
    return connection.execute(query).scalar()


def _signed_by_all(note: str, signers: Sequence[Signer]) -> bool:
    try:
        checkpoint, read = checkpoints.read(note)
        return len(read.signed_by(each.key for each in signers)) == len(signers) and checkpoint.size > 0
    except BadNote:
        return False


def _refused(error: Inconsistent) -> Refused:
    code = "signer_ahead" if error.found.size < error.last.size else "signer_inconsistent"
    return Refused(code, signed=error.last.size, found=error.found.size, root=error.last.root.hex())


def origin_of(connection: Connection) -> str:
    """Return the name of this installation's ledger."""
    return str(connection.execute(select(Installation.origin)).scalar_one())


def _name(signers: Iterable[Signer]) -> None:
    """Let every key that signs stand in the ledger before it does."""
    with tree.snapshot() as connection:
        known = set(connection.execute(select(_KEY.c.code)).scalars())
    for signer in signers:
        if code_of(signer.key) not in known:
            with writing(system_actor()) as op:
                begin_key(op, signer.key)


def begin_key(op: Any, key: Key, statement: str | None = None) -> None:
    """Write the entry by which a key begins to sign."""
    facts = {"name": key.name, "vkey": key.vkey, **({"statement": statement} if statement else {})}
    op.create(Kind.SIGNING_KEY, "key_begun", code=code_of(key), facts=facts)


def code_of(key: Key) -> str:
    """Return how the ledger names a key: its id in hex, as its vkey does."""
    return key.key_id.hex()


def public_keys() -> tuple[PublicKey, ...]:
    """Return every key that signs or signed checkpoints, oldest first."""
    with tree.snapshot() as connection:
        rows = connection.execute(select(_KEY).order_by(_KEY.c.id)).all()
    return tuple(PublicKey(row.name, row.vkey, row.begun_at, row.retired_at, row.statement) for row in rows)


def keys() -> list[Key]:
    """Return the same keys, to check signatures by."""
    return [read_key(each.vkey) for each in public_keys()]


def proofs_for(entry_ids: Iterable[str], size: int) -> dict[str, Placed]:
    """Return, for each entry by its id, where it stands and its path to the root over *size* entries.

    Raises:
        NotFound: `entry_beyond_checkpoint` if one of them is not among those *size* entries.
        BadInput: `sizes_unknown` if there are not so many.
    """
    wanted = list(entry_ids)
    with tree.snapshot() as connection:
        if not 0 <= size <= tree.size_of(connection):
            raise BadInput("sizes_unknown", old=0, new=size)
        stored = tree.Stored(connection, size)
        places = _places(connection, wanted)
        if missing := [each for each in wanted if not places.get(each, size) < size]:
            raise NotFound("entry_beyond_checkpoint", entry=missing[0], size=size)
        return {
            each: Placed(places[each], tuple(rules.inclusion(stored, places[each], size))) for each in wanted
        }


def _places(connection: Connection, entry_ids: Sequence[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for start in range(0, len(entry_ids), _CHUNK):
        rows = connection.execute(
            select(_ENTRY.c.entry_id, _LEAF.c.id)
            .join(_LEAF, _LEAF.c.entry == _ENTRY.c.id)
            .where(_ENTRY.c.entry_id.in_(entry_ids[start : start + _CHUNK]))
        )
        found.update({row.entry_id: row.id for row in rows})
    return found


def consistency(old: int, new: int) -> list[bytes]:
    """Return the proof that the tree of *new* entries begins with the tree of *old* entries.

    Raises:
        BadInput: `sizes_unknown` if there are not so many, or *old* is the larger.
    """
    with tree.snapshot() as connection:
        if not 0 <= old <= new <= tree.size_of(connection):
            raise BadInput("sizes_unknown", old=old, new=new)
        return rules.consistency(tree.Stored(connection, new), old, new)


def root_at(size: int) -> bytes:
    """Return the root over the first *size* entries.

    Raises:
        BadInput: `sizes_unknown` if there are not so many.
    """
    with tree.snapshot() as connection:
        if not 0 <= size <= tree.size_of(connection):
            raise BadInput("sizes_unknown", old=0, new=size)
        return rules.root(tree.Stored(connection, size), size)


def rotate() -> tuple[str, str]:
    """Begin a new key beside the present ones: both sign until `finish_rotation`. Return (its vkey, a checkpoint)."""
    who = notary()
    with who.lock():
        if who.last() is None:
            made_by(who)
        last = who.last()
        assert last is not None  # noqa: S101 - made just now
        signer = who.make_key(last.origin)
        return signer.key.vkey, made_by(who)


def finish_rotation() -> tuple[list[str], str]:
    """Retire every key but the newest; return (the vkeys of those retired, a checkpoint by the one that is left).

    Raises:
        Refused: `no_rotation` if only one key signs.
    """
    who = notary()
    with who.lock():
        last = who.last()
        signers = who.signers(last.origin) if last else []
        if len(signers) < 2:
            raise Refused("no_rotation")
        made_by(who)  # the last that both sign covers all that the old one saw
        for old in signers[:-1]:
            with writing(system_actor()) as op:
                op.append(Kind.SIGNING_KEY, code_of(old.key), "key_retired")
            who.drop_key(old.key)
        return [old.key.vkey for old in signers[:-1]], made_by(who)


def unknown_outside(connection: Connection, heads: Iterable[Checkpoint]) -> Checkpoint | None:
    """Return the newest checkpoint of the store if it is not one of *heads*, those of the file outside.

    One is in the file before it is in the store: if not, the file was taken away, or an older one put in its place.
    """
    note = connection.execute(select(_CHECKPOINT.c.note).order_by(_CHECKPOINT.c.id.desc()).limit(1)).scalar()
    if note is None:
        return None
    try:
        newest = checkpoints.read(str(note))[0]
    except BadNote:
        return None  # verifying names it
    there = {(each.origin, each.size, each.root) for each in heads}
    return None if (newest.origin, newest.size, newest.root) in there else newest


def outside() -> Mapping[str, Any]:
    """Compare the newest checkpoint of the file outside with the store; return its size and root, empty without one.

    Raises:
        Refused: `checkpoint_ahead` (the store has fewer entries), `checkpoint_contradicts` (others),
            `checkpoint_file_behind` (the store has a checkpoint that the file has not), or `checkpoint_file_broken`.
    """
    who = notary()
    try:
        heads = [checkpoints.read(each)[0] for each in who.kept()]
    except BadNote as error:
        raise Refused("checkpoint_file_broken", file=str(who.checkpoints), said=str(error)) from error
    facts: dict[str, Any] = {}
    tree.catch_up()
    with tree.snapshot() as connection:
        if heads:
            newest, size = heads[-1], tree.size_of(connection)
            facts = {
                "file": str(who.checkpoints), "size": newest.size, "found": size, "root": newest.root.hex()
            }  # fmt: skip
            if size < newest.size:
                raise Refused("checkpoint_ahead", **facts)
            if rules.root(tree.Stored(connection, newest.size), newest.size) != newest.root:
                raise Refused("checkpoint_contradicts", **facts)
        if (unknown := unknown_outside(connection, heads)) is not None:
            raise Refused("checkpoint_file_behind", file=str(who.checkpoints), size=unknown.size)
    return facts

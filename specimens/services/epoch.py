"""A new count after a loss: an older backup had to be restored, and checkpoints outside know more than the store.

The gap goes on record: a signed statement names the last checkpoint that is known outside, what the store still has,
and how far both agree. Checkpoints are then signed as `<origin>/2`, `<origin>/3`, …
"""

import base64
import re
from dataclasses import dataclass

from sqlalchemy import Connection, select, text

from specimens.domain.access import system_actor
from specimens.domain.errors import Refused
from specimens.domain.terms import Kind
from specimens.ledger import tree as rules
from specimens.ledger.checkpoint import Checkpoint
from specimens.ledger.note import BadNote, read_key, read_note
from specimens.ledger.signer import BadSigner, NoMemory, Notary
from specimens.models.tree import SigningKeyRow
from specimens.services import checkpoint, tree
from specimens.services.against import read
from specimens.services.notary import notary
from specimens.services.record import writing
from specimens.services.rolling import roots_from_bodies

_AGREES = re.compile(r"^both agree on the first ([0-9]{1,19})$", re.MULTILINE)
_STATEMENTS = text("SELECT name, vkey, statement FROM signing_key WHERE statement IS NOT NULL ORDER BY id")


@dataclass(frozen=True, slots=True)
class Begun:
    """A new count: its name, the statement as a signed note, and the first checkpoint under it."""

    origin: str
    statement: str
    note: str


def begin(known: str | None = None) -> Begun:
    """Begin a new count, from the newest checkpoint of the file or, if given, from the *known* one of a report.

    Raises:
        Refused: `epoch_needless` if everything that is known outside is still there.
        BadInput: `no_checkpoint` if there is none in the text.
    """
    who = notary()
    with who.lock():
        try:
            return _begun(who, known)
        except BadSigner as error:
            raise Refused("signer_broken", said=str(error)) from error


def _begun(who: Notary, known: str | None) -> Begun:
    heads = _outside(who)
    tree.catch_up()
    with tree.snapshot() as connection:
        lost = checkpoint.unknown_outside(connection, heads)
        if lost is not None:  # the file is: what the store itself has is all that is known
            heads.append(lost)
        if known is not None:
            heads.append(read(known)[0])
        if not heads:
            raise Refused("epoch_needless")
        size = tree.size_of(connection)
        root = rules.root(tree.Stored(connection, size), size)
        roots = roots_from_bodies(connection, [each.size for each in heads])
        binding = still_binding(connection, heads)
        present = checkpoint.origin_of(connection)
    fits = [each.size for each in heads if roots.get(each.size) == each.root]
    if all(roots.get(each.size) == each.root for each in binding) and not (lost or _forgot(who)):
        raise Refused("epoch_needless")
    last = max(heads, key=lambda each: each.size)
    origin = _next(present, heads)
    agrees = max(fits, default=0)
    old = who.signers("-")
    who.begin(origin)
    signer = who.make_key(origin)
    statement = who.state(_said(origin, last, size, root, agrees), [signer])
    retired = [checkpoint.code_of(each.key) for each in old]
    with writing(system_actor()) as op:
        checkpoint.begin_key(op, signer.key, statement)
        there = set(
            op.session.execute(select(SigningKeyRow.code).where(SigningKeyRow.retired_at.is_(None))).scalars()
        )
        for code in sorted(there & set(retired)):
            op.append(Kind.SIGNING_KEY, code, "key_retired")
    for each in old:
        who.drop_key(each.key)
    return Begun(origin, statement, checkpoint.made_by(who))


def _outside(who: Notary) -> list[Checkpoint]:
    try:
        return [read(each)[0] for each in who.kept()]
    except BadNote as error:
        raise Refused("checkpoint_file_broken", file=str(who.checkpoints), said=str(error)) from error


def _forgot(who: Notary) -> bool:
    try:
        return who.last() is None
    except NoMemory:
        return True


def _next(origin: str, heads: list[Checkpoint]) -> str:
    numbers = [1]
    for each in heads:
        if (found := re.fullmatch(re.escape(origin) + r"/([0-9]{1,6})", each.origin)) is not None:
            numbers.append(int(found.group(1)))
    return f"{origin}/{max(numbers) + 1}"


def _said(origin: str, last: Checkpoint, size: int, root: bytes, agrees: int) -> str:
    return "\n".join(
        [
            origin,
            f"known outside: {last.origin}, {last.size} entries, root {base64.b64encode(last.root).decode()}",
            f"in the store: {size} entries, root {base64.b64encode(root).decode()}",
            f"both agree on the first {agrees}",
            "",
        ]
    )


def still_binding(connection: Connection, heads: list[Checkpoint]) -> list[Checkpoint]:
    """Leave out the checkpoints of which a statement says, signed by the signer, that the store could not keep them."""
    agreed: dict[str, int] = {}
    names: list[str] = []
    for name, vkey, statement in connection.execute(_STATEMENTS):
        found = _AGREES.search(_signed(str(name), str(vkey), str(statement)))
        if found:
            names.append(str(name))
            agreed[str(name)] = int(found.group(1))
    if not names:
        return heads
    newest = names[-1]
    return [
        each for each in heads
        if each.origin == newest or each.size <= min(agreed[name] for name in names[_after(names, each.origin) :])
    ]  # fmt: skip


def _signed(name: str, vkey: str, statement: str) -> str:
    """Return what a statement says; nothing where it is not signed, or by a key that the signer does not know.

    Whoever owns the database can write any statement into it, and sign it with a key of their own.
    """
    try:
        key, note = read_key(vkey), read_note(statement)
        note.signed_by([key])
        said = note.text if key.name == name and note.text.startswith(f"{name}\n") else ""
        return said if said and notary().vouches(key) else ""
    except (BadNote, BadSigner):
        return ""


def _after(names: list[str], origin: str) -> int:
    """Return the first of *names* that began after checkpoints were signed as *origin*."""
    return names.index(origin) + 1 if origin in names else 0

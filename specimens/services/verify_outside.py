"""Verifying what the signer keeps outside the store: the file of checkpoints, its memory, and whose keys there are."""

from collections.abc import Iterator

from sqlalchemy import Connection, text

from specimens.ledger import checkpoint as checkpoints
from specimens.ledger.chain import Difference
from specimens.ledger.checkpoint import Checkpoint
from specimens.ledger.note import BadNote, read_key
from specimens.ledger.signer import BadSigner, NoMemory, Notary
from specimens.services import epoch
from specimens.services.notary import notary

_NEWEST = text("SELECT origin, size FROM checkpoint ORDER BY id DESC LIMIT 1")
_KEYS = text(
    "SELECT k.code, k.vkey, l.id AS place FROM signing_key k "
    "LEFT JOIN ledger_entry e ON e.subject_kind = 'signing_key' AND e.subject_code = k.code AND e.seq = 1 "
    "LEFT JOIN leaf l ON l.entry = e.id ORDER BY k.id"
)
_NEXT = "put the folder back from its backup, or begin a new count: specimens checkpoint epoch"


def check_outside(connection: Connection) -> tuple[list[Checkpoint], list[Difference]]:
    """Return the checkpoints outside that the store must still fit, and what is wrong with what lies there."""
    who = notary()
    try:
        kept = [checkpoints.read(each)[0] for each in who.kept()]
    except BadNote as error:
        return [], [Difference(f"file {who.checkpoints.name}", 0, "text", "checkpoints", str(error))]
    wrong: list[Difference] = []
    newest = connection.execute(_NEWEST).first()
    if newest is not None and (newest.origin, newest.size) not in {(each.origin, each.size) for each in kept}:
        expected = f"the checkpoint of {newest.size} entries, which the store has"
        wrong.append(Difference(f"file {who.checkpoints.name}", 0, "text", expected, f"gone: {_NEXT}"))
    remembered = list(_remembered(who, newest is not None, wrong))
    wrong += _strangers(connection, who, kept)
    known = {(each.origin, each.size, each.root) for each in kept}
    kept += [each for each in remembered if (each.origin, each.size, each.root) not in known]
    return epoch.still_binding(connection, kept), wrong


def _remembered(who: Notary, has_signed: bool, wrong: list[Difference]) -> Iterator[Checkpoint]:
    """Yield what the signer remembers having signed last: it holds where the file of checkpoints was cut, too."""
    try:
        last = who.last()
    except (NoMemory, BadSigner):
        last, has_signed = None, True
    if last is None and has_signed:
        wrong.append(
            Difference("file signed", 0, "text", "what was signed last", f"gone or damaged: {_NEXT}")
        )
    elif last is not None and last.size:
        yield Checkpoint(last.origin, last.size, last.root)


def _strangers(connection: Connection, who: Notary, kept: list[Checkpoint]) -> Iterator[Difference]:
    """Name every key that began after the file did, signed nothing in it, and is not the signer's.

    An entry alone makes no key of ours: the owner of the database can write one, for a key of their own.
    """
    first = min((each.size for each in kept), default=None)
    for row in connection.execute(_KEYS):
        if first is None or (isinstance(row.place, int) and row.place < first):
            continue
        try:
            found = None if who.vouches(read_key(str(row.vkey))) else "a key that signed nothing outside"
        except (BadNote, BadSigner) as error:
            found = str(error)
        if found is not None:
            yield Difference(f"signing_key {row.code}", 1, "vkey", "a key of the signer", found)

"""Holding an old checkpoint, from a report on paper for example, against the ledger as it is today."""

import re
from contextlib import suppress
from dataclasses import dataclass

from sqlalchemy import Connection, text

from specimens.domain.errors import BadInput
from specimens.ledger import checkpoint as checkpoints
from specimens.ledger.checkpoint import Checkpoint
from specimens.ledger.note import BadNote, read_note
from specimens.services import rolling, tree, verify_tree
from specimens.services.notary import notary

_HEAD = re.compile(r"^(\S+)\n(0|[1-9][0-9]{0,18})\n([A-Za-z0-9+/]{43}=)\n(?:time \S+\n)?", re.MULTILINE)
_LINE = re.compile(r"^— \S+ [A-Za-z0-9+/]+=*$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Answer:
    """Whether an old checkpoint is a beginning of today's ledger.

    `agrees_to` is the largest size at which a checkpoint that is known here still fits today's ledger, at most that of
    the old one; `differs_at` the smallest known size at which one does not (None: none). `signed`: by a key of this
    ledger (None: it came without signatures).
    """

    holds: bool
    origin: str
    size: int
    now: int
    agrees_to: int
    differs_at: int | None
    signed: bool | None


def read(said: str) -> tuple[Checkpoint, str | None]:
    """Find a checkpoint in a text; return it and, where its signatures are there, the whole note.

    Raises:
        BadInput: `no_checkpoint`.
    """
    tidy = "\n".join(line.strip() for line in said.splitlines()) + "\n"
    found = _HEAD.search(tidy)
    if not found:
        raise BadInput("no_checkpoint")
    try:
        head = checkpoints.read_text(found.group(0))
    except BadNote as error:
        raise BadInput("no_checkpoint") from error
    lines = _LINE.findall(tidy[found.end() :])
    return head, f"{found.group(0)}\n" + "".join(f"{line}\n" for line in lines) if lines else None


def against(said: str) -> Answer:
    """Say whether the checkpoint in a text is a beginning of today's ledger, computed anew from every entry's body.

    Raises:
        BadInput: `no_checkpoint` if there is none in it, `another_ledger` if it is of another ledger.
    """
    head, note = read(said)
    tree.catch_up()
    with tree.snapshot() as connection:
        origin = str(connection.execute(text("SELECT origin FROM installation")).scalar())
        if head.origin != origin and not re.fullmatch(re.escape(origin) + r"/[0-9]+", head.origin):
            raise BadInput("another_ledger", origin=head.origin, ours=origin)
        known = [each for each in _known(connection) if each.size <= head.size]
        roots = rolling.roots_from_bodies(connection, [head.size, *(each.size for each in known)])
        size = tree.size_of(connection)
        keys = verify_tree.known_keys(connection, [])
    fits = [each.size for each in known if roots.get(each.size) == each.root]
    differs = [each.size for each in known if roots.get(each.size) != each.root]
    holds = roots.get(head.size) == head.root
    signed = None
    if note is not None:
        try:
            signed = bool(read_note(note).signed_by(keys))
        except BadNote:
            signed = False
    if not holds:
        differs.append(head.size)
    return Answer(
        holds, head.origin, head.size, size, head.size if holds else max(fits, default=0),
        min(differs, default=None), signed,
    )  # fmt: skip


def _known(connection: Connection) -> list[Checkpoint]:
    """Return the checkpoints of the store and of the file outside that can be read."""
    notes = list(connection.execute(text("SELECT note FROM checkpoint")).scalars())
    with suppress(BadNote):
        notes += notary().kept()
    found = []
    for each in notes:
        try:
            found.append(checkpoints.read(str(each))[0])
        except BadNote:
            continue
    return found

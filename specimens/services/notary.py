"""Which signer belongs to which store: appointed once, where the program is wired together."""

from pathlib import Path
from weakref import WeakKeyDictionary

from sqlalchemy import Engine

from specimens.ledger.signer import Notary
from specimens.models.base import db

_NOTARIES: "WeakKeyDictionary[Engine, Notary]" = WeakKeyDictionary()


def appoint(engine: Engine, folder: Path, command: str | None) -> None:
    """Let the signer in *folder*, or the one behind *command*, sign the checkpoints of a store."""
    _NOTARIES[engine] = Notary(folder, command)


def notary() -> Notary:
    """Return the signer of the store in use."""
    return _NOTARIES[db.engine]

"""What an installation keeps outside its database: the secret that keys are made from, and the data folder."""

import hmac
from pathlib import Path
from weakref import WeakKeyDictionary

from sqlalchemy import Engine

from specimens.models.base import db

_KEPT: "WeakKeyDictionary[Engine, tuple[bytes, Path]]" = WeakKeyDictionary()


def keep(engine: Engine, secret: str, home: Path) -> None:
    """Say what belongs to a store; done once, where the application is wired together."""
    _KEPT[engine] = (secret.encode(), home)


def key(purpose: str) -> bytes:
    """Return 32 bytes that only this installation can make, another for each purpose (HMAC-SHA256 of its name)."""
    return hmac.digest(_KEPT[db.engine][0], b"specimens " + purpose.encode(), "sha256")


def folder() -> Path:
    """Return the data folder of the store in use."""
    return _KEPT[db.engine][1]

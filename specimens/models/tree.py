"""The tree over all entries, kept beside them: leaves, complete tiles, checkpoints and who cosigned them."""

from sqlalchemy import CheckConstraint, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from specimens.models.base import Base, Big, Code, Json, Subject, instant, pk


class Leaf(Base):
    """Where an entry stands in the tree: `id` is the leaf's index, contiguous from 0, `entry` the entry's row."""

    __tablename__ = "leaf"
    __table_args__ = (CheckConstraint("id >= 0", name="index"),)

    id: Mapped[int] = mapped_column(Big, primary_key=True, autoincrement=False)
    entry: Mapped[int] = mapped_column(Big, unique=True)
    hash: Mapped[bytes] = mapped_column(LargeBinary)


class Tile(Base):
    """256 hashes of one height, one after another, and that of the node above them. Only complete ones are kept."""

    __tablename__ = "tile"
    __table_args__ = (
        UniqueConstraint("level", "number"),
        CheckConstraint("length(hashes) = 8192 AND length(top) = 32", name="complete"),
    )

    id: Mapped[pk]
    level: Mapped[int]
    number: Mapped[int] = mapped_column(Big)
    hashes: Mapped[bytes] = mapped_column(LargeBinary)
    top: Mapped[bytes] = mapped_column(LargeBinary)


class Pending(Base):
    """An entry that waits for its place in the tree (PostgreSQL): committed with it, gone when the leaf is there."""

    __tablename__ = "pending"

    id: Mapped[int] = mapped_column(Big, primary_key=True, autoincrement=False)


class Lease(Base):
    """Who gives entries their places just now, and until when (PostgreSQL); whoever finds it expired takes it."""

    __tablename__ = "lease"
    __table_args__ = (CheckConstraint("id = 1", name="only_one"),)

    id: Mapped[pk]
    held_by: Mapped[str] = mapped_column(Code)
    until_at: Mapped[instant]


class CheckpointRow(Base):
    """A signed checkpoint: `note` as it was signed, its size and root beside it for queries."""

    __tablename__ = "checkpoint"
    __table_args__ = (UniqueConstraint("origin", "size"),)

    id: Mapped[pk]
    origin: Mapped[str] = mapped_column(String(220))
    size: Mapped[int] = mapped_column(Big)
    root: Mapped[bytes] = mapped_column(LargeBinary)
    made_at: Mapped[instant]
    note: Mapped[str] = mapped_column(Text)


class Cosignature(Base):
    """A witness's signature under a checkpoint: `line` as it answered, `vkey` the key that was expected."""

    __tablename__ = "cosignature"
    __table_args__ = (UniqueConstraint("checkpoint", "vkey"),)

    id: Mapped[pk]
    checkpoint: Mapped[int] = mapped_column(Big)
    vkey: Mapped[str] = mapped_column(String(300))
    line: Mapped[str] = mapped_column(Text)
    made_at: Mapped[instant]


class SigningKeyRow(Subject, Base):
    """The projection of `domain/signing_key.py`: a key by which checkpoints are signed, and when it did so."""

    __tablename__ = "signing_key"

    name: Mapped[str] = mapped_column(String(220))
    vkey: Mapped[str] = mapped_column(String(300))
    begun_at: Mapped[instant | None]
    retired_at: Mapped[instant | None]
    statement: Mapped[str | None] = mapped_column(Text)


class Verification(Base):
    """A verification that was made: how much was read, and the first differences as JSON. An entry holds its digest."""

    __tablename__ = "verification"

    id: Mapped[pk]
    began_at: Mapped[instant]
    ended_at: Mapped[instant]
    entries: Mapped[int] = mapped_column(Big)
    whole: Mapped[bool]
    differences: Mapped[tuple[dict[str, str], ...]] = mapped_column(Json)
    further: Mapped[int] = mapped_column(Big)

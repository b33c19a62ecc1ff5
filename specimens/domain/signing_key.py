"""A key by which this installation signs its checkpoints."""

from dataclasses import dataclass, replace

from specimens.domain.entry import Entry


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A signing key: `name` is what checkpoints are signed as, `vkey` the public key as text.

    `begun_at` and `retired_at` (ms since 1970) are its period. `statement` is what was said when a new count began
    after a loss: which checkpoint was known outside, and what the store still had.
    """

    code: str
    name: str
    vkey: str
    begun_at: int | None = None
    retired_at: int | None = None
    statement: str | None = None


def after(state: SigningKey, entry: Entry) -> SigningKey:
    """A key signs from the entry that begins it to the one that retires it; `ledger_verified` changes nothing."""
    if entry.act == "key_begun":
        return replace(state, begun_at=entry.happened_at)
    if entry.act == "key_retired":
        return replace(state, retired_at=entry.happened_at)
    return state

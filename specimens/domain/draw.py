"""A random draw of specimens: its seed stands in the ledger before anything is drawn, and anybody can draw it again."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace

from specimens.domain.entry import Entry

#: How many specimens are drawn at most, and how long a seed that somebody brings along may be.
MOST_DRAWN = 200
LONGEST_SEED = 64


@dataclass(frozen=True, slots=True)
class Draw:
    """A draw. `wanted` specimens were asked for; `specimens` came, in the order of their ranks.

    `own_seed` says that whoever draws brought the seed along. `population_digest` is the SHA-256 of the codes among
    which was drawn. Instants in ms UTC.
    """

    code: str
    study: str | None
    site: str | None
    seed: str
    wanted: int
    own_seed: bool = False
    population: int | None = None
    population_digest: str | None = None
    specimens: tuple[str, ...] = ()
    committed_by: str | None = None
    committed_at: int | None = None
    drawn_at: int | None = None


def after(state: Draw, entry: Entry) -> Draw:
    """A draw keeps who committed its seed and when, and when it was drawn."""
    if entry.act == "draw_committed":
        return replace(state, committed_by=entry.actor["user"], committed_at=entry.recorded_at)
    if entry.act == "specimens_drawn":
        return replace(state, drawn_at=entry.recorded_at)
    return state


def listed(codes: Iterable[str]) -> str:
    """Return a population as text: the codes in alphabetical order, each on a line of its own."""
    return "".join(f"{code}\n" for code in sorted(codes))


def digest(population: str) -> str:
    """Return the SHA-256 of a population's text, as hex.

    >>> digest("C4K7N2XD\\n")[:16]
    'd1efed62eb07473d'
    """
    return hashlib.sha256(population.encode()).hexdigest()


def rank(seed: str, code: str) -> str:
    """Return by what a specimen is ranked: the SHA-256 of seed, colon and code, as hex."""
    return hashlib.sha256(f"{seed}:{code}".encode()).hexdigest()


def draw(seed: str, codes: Iterable[str], wanted: int) -> tuple[str, ...]:
    """Return the *wanted* codes with the lowest ranks: the same seed and codes always draw the same."""
    return tuple(sorted(codes, key=lambda code: rank(seed, code))[:wanted])

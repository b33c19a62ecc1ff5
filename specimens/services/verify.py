"""Asking whether the ledger, and everything that follows from it, is as it must be.

Every entry is read once, subject by subject, in bounded memory and as of one moment: people go on working meanwhile.
Then the tree over all entries is built anew and compared with its tiles and with every checkpoint, those outside the
store included. Many entries are spread over the processors; what is only new is read alone (`whole=False`).
"""

import gc
import json
import multiprocessing
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from specimens.domain.errors import Tampered
from specimens.ledger import durable
from specimens.ledger import tree as rules
from specimens.ledger.chain import Difference
from specimens.ledger.tree import TILE
from specimens.models import driver
from specimens.models.base import db
from specimens.services import (
    tree,
    verify_clock,
    verify_draw,
    verify_kept,
    verify_outside,
    verify_rows,
    verify_signature,
    verify_store,
    verify_tree,
)
from specimens.services.notary import notary
from specimens.services.verify_subjects import Found, Part, check_range, ranges

#: How many differences are named one by one; the others are counted.
MOST_DIFFERENCES = 1000
#: So many entries are read in some seconds: then nobody is left with half an answer.
FEW = 250_000
#: Below so many entries a second process costs more than it brings.
_WORTH_A_PROCESS = 50_000
#: More ranges than processes: who is done early takes another.
_RANGES_EACH = 8
#: So many more objects there may be before Python looks whether some of them hold each other.
_MOST_GARBAGE = 100_000
_STATE = "verified"

_COUNT = text("SELECT count(*) FROM ledger_entry")
_NEW = text(
    "SELECT DISTINCT e.subject_kind, e.subject_code FROM ledger_entry e LEFT JOIN leaf l ON l.entry = e.id "
    "WHERE l.id >= :first OR l.id IS NULL"
)


@dataclass(frozen=True, slots=True)
class Result:
    """What verifying found: how much was read, the first differences, and how many more there were.

    `unread` counts older entries that were verified before and not read again; `size` and `root` (hex) are those of the
    tree. `redacted` counts sealed texts that were taken away; their commitments still stand in the entries.
    """

    entries: int
    subjects: int
    differences: tuple[Difference, ...]
    further: int
    redacted: int = 0
    unread: int = 0
    size: int = 0
    root: str = ""

    @property
    def sound(self) -> bool:
        """Say whether everything that was read is as it must be."""
        return not self.differences


def verify(
    progress: Callable[[int, int], None] = lambda done, total: None,
    *,
    whole: bool | None = True,
    workers: int = 1,
) -> Result:
    """Check every entry, every chain, every sealed text, every row that the entries add up to, the tree, checkpoints.

    Unless *whole*, entries that were verified before are not read again where their tree still is what it was then:
    only subjects with new entries are, from their first entry on. None: whole where there are but `FEW`. *progress* is
    told (entries done, entries in all).
    """
    try:
        return _verified(progress, whole, workers)
    except DBAPIError as error:
        if not driver.undecodable(error):
            raise
        return _verified(progress, whole, 1, unreadable=str(error.orig))


def _verified(
    progress: Callable[[int, int], None], whole: bool | None, workers: int, unreadable: str = ""
) -> Result:
    """Verify; *unreadable*: what the store said of a text that is not UTF-8, so that each is written out."""
    tree.catch_up()
    found = Found(MOST_DIFFERENCES)
    with (
        _seldom_collecting(),
        tree.snapshot() as connection,
        driver.any_text(connection) if unreadable else nullcontext(),
    ):
        origin = verify_store.origin(connection)
        found.add(verify_store.check_guards(connection))
        total = int(connection.execute(_COUNT).scalar_one())
        first = 0 if whole or (whole is None and total <= FEW) else _verified_before(connection)
        heads, wrong = verify_outside.check_outside(connection)
        found.add(wrong)
        done = subjects = redacted = 0
        with _parts(
            connection, origin, first, total, workers
        ) as parts:  # others begin while the tree is built
            size, root, wrong = verify_tree.check_tree(connection, heads, first // TILE * TILE)
            found.add(wrong)
            for part in parts:
                done, subjects, redacted = (
                    done + part.entries,
                    subjects + part.subjects,
                    redacted + part.redacted,
                )
                found.merge(part.found)
                progress(done, total)
        if not first:
            found.add(verify_rows.check_strays(connection))
        found.add(verify_store.check_places(connection))
        found.add(verify_store.check_protocols(connection))
        found.add(verify_store.check_redactions(connection))
        found.add(verify_signature.check_signatures(connection))
        found.add(verify_draw.check_draws(connection))
        found.add(verify_kept.check_verifications(connection))
        found.add(verify_kept.check_secrets(connection))
        found.add(verify_clock.check_clock(connection, first))
    if unreadable and not found.named:  # where nothing else speaks of it
        found.add([Difference("the store", 0, "text", "UTF-8", unreadable)])
    progress(total, total)
    result = Result(
        done, subjects, tuple(found.named), found.further, redacted, max(0, total - done), size, root.hex()
    )
    if result.sound:
        _remember(result)
    return result


@contextmanager
def _seldom_collecting() -> Iterator[None]:
    """Let Python look for garbage seldom: what is read here goes by itself, and looking takes a sixth of the time."""
    before = gc.get_threshold()
    gc.set_threshold(_MOST_GARBAGE, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)


def plain(result: Result) -> dict[str, Any]:
    """Return a result as plain JSON."""
    return {**asdict(result), "sound": result.sound}


@contextmanager
def _parts(
    connection: Connection, origin: str, first: int, total: int, workers: int
) -> Iterator[Iterator[Part]]:
    """Yield what verifying the subjects finds, part by part: here, or by processes that begin at once."""
    if first:
        new = [(row[0], row[1]) for row in connection.execute(_NEW, {"first": first})]
        yield (
            part
            for kind, code in sorted(new)
            for part in check_range(connection, origin, (kind, code), (kind, code))
        )
    elif workers < 2 or total < _WORTH_A_PROCESS:
        yield check_range(connection, origin)
    else:
        url = db.engine.url.render_as_string(hide_password=False)
        asked = [(url, origin, low, high) for low, high in ranges(connection, total, workers * _RANGES_EACH)]
        with multiprocessing.get_context("spawn").Pool(workers) as pool:
            yield (part for parts in pool.imap_unordered(_elsewhere, asked) for part in parts)


def _elsewhere(asked: tuple[str, str, Any, Any]) -> list[Part]:
    """Verify one range in a process of its own; differences come back, entries do not."""
    from sqlalchemy import create_engine

    from specimens.models.base import POSTGRESQL_OPTIONS, configure

    url, origin, low, high = asked
    options = {} if url.startswith("sqlite") else {"connect_args": {"options": POSTGRESQL_OPTIONS}}
    engine = create_engine(url, **options)
    configure(engine)
    try:
        with _seldom_collecting(), tree.snapshot_of(engine) as connection:
            return [Part.merged(list(check_range(connection, origin, low, high)), MOST_DIFFERENCES)]
    finally:
        engine.dispose()


def _verified_before(connection: Connection) -> int:
    """Return how many entries were verified before and need not be read again: none if their tree has changed."""
    path = notary().folder / _STATE
    try:
        said = json.loads(path.read_bytes())
        size, root = int(said["size"]), bytes.fromhex(said["root"])
        if 0 <= size <= tree.size_of(connection) and rules.root(tree.Stored(connection, size), size) == root:
            return size
    except (OSError, ValueError, KeyError, TypeError, OverflowError, RecursionError, Tampered):
        return 0
    return 0


def _remember(result: Result) -> None:
    who = notary()
    said = json.dumps({"size": result.size, "root": result.root}).encode() + b"\n"
    with who.lock():
        durable.replace(who.folder / _STATE, said)

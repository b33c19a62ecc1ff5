"""A large, honest ledger: tubes that the real services walked to the freezer, with their histories, again and again.

Every copy has identifiers, entries, operations, seals, rows and leaves of its own: its bodies are canonical, its chains
and hashes computed, its tiles complete. `specimens verify` accepts it like any other ledger. For SQLite.
"""

import re
import time
from collections.abc import Iterator, Mapping
from typing import Any

import time_machine
from sqlalchemy import Connection, text

from bench import table
from specimens.domain.identifiers import new_identifier
from specimens.ledger.entry import entry_hash, instant_text
from specimens.ledger.uuid7 import uuid7
from specimens.models.base import db
from specimens.services import tree
from tests.cast import Cast
from tests.services.chain import Chain, frozen_vials

_CHUNK = 20_000
_SUBJECTS = (
    "SELECT subject_code FROM ledger_entry WHERE subject_kind = 'specimen' GROUP BY 1 HAVING count(*) > 1"
)
#: Table → what of it belongs to the tubes that are copied.
_TABLES = {
    "ledger_entry": f"subject_code IN ({_SUBJECTS})",
    "sealed_text": f"entry_id IN (SELECT entry_id FROM ledger_entry WHERE subject_code IN ({_SUBJECTS}))",
    "specimen": f"code IN ({_SUBJECTS})",
    "specimen_parent": f"child IN ({_SUBJECTS})",
    "identifier": f"code IN ({_SUBJECTS})",
}
_RECORDED = re.compile(rb'"recorded_at":"[^"]*"')
_COUNT = text("SELECT max(id) + 1 FROM leaf")


def walked(cast: Cast, clock: time_machine.Traveller) -> None:
    """Draw the blood of one visit, bring it to the laboratory, make a vial and freeze it, by the real services."""
    frozen_vials(Chain(cast, clock))
    db.session.commit()


class _Said:
    """A text in which names are to be replaced."""

    def __init__(self, said: str, names: re.Pattern[str]) -> None:
        self.parts = names.split(said)

    def __call__(self, new: Mapping[str, str]) -> str:
        parts = self.parts[:]
        parts[1::2] = [new[name] for name in parts[1::2]]
        return "".join(parts)


class _Table:
    """The rows of one table that are copied, with the places in them that change."""

    def __init__(self, connection: Connection, name: str) -> None:
        result = connection.exec_driver_sql(f"SELECT * FROM {name} WHERE {_TABLES[name]} ORDER BY id")
        self.columns = list(result.keys())
        self.rows = [tuple(row) for row in result]
        names, marks = ", ".join(f'"{each}"' for each in self.columns), ", ".join("?" * len(self.columns))
        self.insert = f"INSERT INTO {name} ({names}) VALUES ({marks})"
        self.next = 1 + int(
            connection.exec_driver_sql(f"SELECT coalesce(max(id), 0) FROM {name}").scalar_one()
        )
        self.made: list[tuple[Any, ...]] = []

    def prepare(self, names: re.Pattern[str]) -> None:
        """Find the texts with names in them, row by row, as (place, text)."""
        self.said = [
            [
                (at, _Said(value, names))
                for at, value in enumerate(row)
                if isinstance(value, str) and names.search(value)
            ]
            for row in self.rows
        ]

    def copied(self, number: int, new: Mapping[str, str]) -> list[Any]:
        """Return one row with new names and the next id; `columns[0]` is not always the id."""
        row = list(self.rows[number])
        for at, said in self.said[number]:
            row[at] = said(new)
        row[self.columns.index("id")] = self.next
        self.next += 1
        return row


class Copies:
    """What is copied, read once."""

    def __init__(self, connection: Connection) -> None:
        self.tables = {name: _Table(connection, name) for name in _TABLES}
        entries = self.tables["ledger_entry"]
        self.place = {name: entries.columns.index(name) for name in entries.columns}
        self._all_at_the_end(
            int(connection.exec_driver_sql("SELECT max(recorded_at) FROM ledger_entry").scalar_one())
        )
        rows, at = entries.rows, self.place
        self.codes = sorted({row[at["subject_code"]] for row in rows})
        self.ids = sorted({row[at[name]] for row in rows for name in ("entry_id", "operation")})
        hashes = [row[at["hash"]].hex() for row in rows]
        names = re.compile("(" + "|".join([*self.codes, *self.ids, *hashes]) + ")")
        for each in self.tables.values():
            each.prepare(names)
        self.bodies = [_Said(row[at["body"]].decode(), names) for row in rows]
        self.used: set[str] = set()

    def _all_at_the_end(self, newest: int) -> None:
        """Let every copy be recorded when the newest entry was: time never runs backwards in a ledger."""
        entries, at = self.tables["ledger_entry"], self.place
        said = b'"recorded_at":"' + instant_text(newest).encode() + b'"'
        for number, row in enumerate(entries.rows):
            changed = list(row)
            changed[at["recorded_at"]] = newest
            changed[at["body"]] = _RECORDED.sub(said, row[at["body"]])
            entries.rows[number] = tuple(changed)
        issued = self.tables["identifier"]
        place = issued.columns.index("issued_at")
        issued.rows = [(*row[:place], newest, *row[place + 1 :]) for row in issued.rows]

    def add(self, now: int) -> list[tuple[int, bytes]]:
        """Make one copy of everything; return its entries as (row, hash)."""
        new = {code: self._identifier() for code in self.codes}
        new.update((each, uuid7(now)) for each in self.ids)
        hashes: dict[bytes, bytes] = {}
        entries, at = self.tables["ledger_entry"], self.place
        placed = []
        for number, body in enumerate(self.bodies):
            row = entries.copied(number, new)
            row[at["body"]] = body(new).encode()
            made = entry_hash(row[at["body"]])
            old = row[at["hash"]]
            hashes[old], new[old.hex()] = made, made.hex()
            row[at["hash"]] = made
            entries.made.append(tuple(row))
            placed.append((row[at["id"]], made))
        for rows in self.tables.values():
            if rows is not entries:
                head = rows.columns.index("entry_hash") if "entry_hash" in rows.columns else None
                for number in range(len(rows.rows)):
                    row = rows.copied(number, new)
                    if head is not None:
                        row[head] = hashes[row[head]]
                    rows.made.append(tuple(row))
        return placed

    def _identifier(self) -> str:
        while (code := new_identifier()) in self.used:
            pass
        self.used.add(code)
        return code

    def write(self, connection: Connection, first: int, placed: list[tuple[int, bytes]]) -> None:
        """Insert what was made, and give its entries their places in the tree from *first* on."""
        for rows in self.tables.values():
            if rows.made:
                connection.exec_driver_sql(rows.insert, rows.made)
                rows.made = []
        leaves = [(first + number, row, made) for number, (row, made) in enumerate(placed)]
        connection.exec_driver_sql("INSERT INTO leaf (id, entry, hash) VALUES (?, ?, ?)", leaves)
        tree.complete_tiles(connection, first + len(placed))


def fill(entries: int) -> None:
    """Bring the ledger to *entries* or a few more, in large transactions."""
    connection = db.session.connection()
    connection.exec_driver_sql("PRAGMA cache_size = -500000")
    copies = None
    for size in _sizes(entries):
        copies = copies or Copies(connection)
        now, placed = int(time.time() * 1000), list[tuple[int, bytes]]()
        while len(placed) < min(_CHUNK, entries - size):
            placed += copies.add(now)
        copies.write(connection, size, placed)
        db.session.commit()
        connection = db.session.connection()


def _sizes(entries: int) -> Iterator[int]:
    """Yield the size of the ledger until it is reached, with a line of progress now and then."""
    start = said = time.perf_counter()
    while (size := int(db.session.execute(_COUNT).scalar_one())) < entries:
        if time.perf_counter() - said > 10:
            said = time.perf_counter()
            table.say(f"{size:,} of {entries:,} entries after {said - start:.0f} s")
        yield size

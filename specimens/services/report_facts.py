"""What a custody report is made from: entries and their specimens, read in one snapshot."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import func, select

from specimens.documents.records import SEALED
from specimens.domain import fold
from specimens.domain.access import Actor
from specimens.domain.entry import Entry, read_entry
from specimens.domain.specimen import Specimen
from specimens.domain.terms import Kind, Role
from specimens.models.base import db
from specimens.models.ledger import LedgerEntry
from specimens.models.site import SiteRow, StorageRow
from specimens.models.specimen import SpecimenParent
from specimens.models.transfer import NearMissRow
from specimens.services import lineage, tenancy
from specimens.services.entries import sealed_texts
from specimens.services.hands import names_of
from specimens.services.report_scope import ReportScope, count_visible, specimens_in_scope
from specimens.services.row import table_of

_CHUNK = 500
#: How many specimens stand in memory with all their entries.
_PART = 50

#: What is told of kits, visits and transfers beside the specimens: what bears on custody, without the lines of
#: transfers, which name tubes outside the scope.
_AROUND: Mapping[Kind, frozenset[str]] = {
    Kind.VISIT: frozenset(
        {"visit_opened", "visit_confirmed", "visit_entered_from_paper", "paper_checked", fold.UNDONE, fold.REDACTED}
    ),
    Kind.KIT: frozenset(
        {
            "kit_opened", "identity_attested", "procedure_recorded", "lots_recorded", "kit_stopped", "kit_finished",
            fold.UNDONE, fold.REDACTED,
        }
    ),
    Kind.TRANSFER: frozenset(
        {
            "transfer_sealed", "transfer_unsealed", "transfer_released", "transfer_handed_over", "transfer_picked_up",
            "transfer_deposited", "transfer_delivered", "transfer_recalled", "transfer_declined",
            "receipt_opened", "receipt_closed", fold.UNDONE, fold.REDACTED,
        }
    ),
}  # fmt: skip

#: Roles that judge codes and leave the words of others sealed.
_WITHOUT_TEXTS = frozenset({Role.MONITOR, Role.ADMINISTRATOR})


@dataclass(frozen=True, slots=True)
class Row:
    """One entry with its number in the ledger and its hash (64 hex digits)."""

    number: int
    entry: Entry
    hash: str


@dataclass(frozen=True, slots=True)
class History:
    """The entries of one specimen, all and those that count, and the specimen after each of the latter."""

    specimen: Specimen
    rows: tuple[Row, ...]
    counted: tuple[Entry, ...]
    states: Mapping[str, Specimen]
    before: Mapping[str, Specimen | None]


@dataclass(frozen=True, slots=True)
class Facts:
    """A part of what a report says, before it is put into words. `around` are the entries on kits, visits, transfers.

    `near_misses` are the first entries of refused scans. `numbers` maps the id of an entry to its number, `names` and
    `zones` codes to names of people and places, and sites to their time zones; `places` a storage unit to its path.
    """

    histories: tuple[History, ...]
    around: tuple[Row, ...]
    near_misses: tuple[Row, ...]
    ancestors: Mapping[str, Specimen]
    children: Mapping[str, tuple[str, ...]]
    numbers: Mapping[str, int]
    names: Mapping[str, str]
    places: Mapping[str, str]
    zones: Mapping[str, str]


def reads_texts(actor: Actor) -> bool:
    """Say whether this person's reports hold the free text of reasons and notes."""
    return actor.role not in _WITHOUT_TEXTS and actor.seat is None


def sealed_away(entry: Entry) -> Entry:
    """Return an entry of which only shows that it has texts; those that were redacted still say so."""
    return entry._replace(
        opened={name: None if text is None else SEALED for name, text in entry.opened.items()}
    )


@contextmanager
def snapshot() -> Iterator[None]:
    """Read everything as it was at one instant; nothing is written and nobody waits."""
    session = db.session
    session.rollback()  # what is still open would show an older instant
    if db.engine.dialect.name == "postgresql":
        session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
    try:
        yield
    finally:
        session.rollback()


@dataclass(frozen=True, slots=True)
class Reading:
    """What a report is read from: its facts in parts, so that a long one never stands whole in memory.

    Each part holds some specimens; the last holds what happened around them. `up_to` is the number of the newest entry.
    """

    up_to: int
    specimens_out: int
    parts: Iterator[Facts]


def read_facts(actor: Actor, scope: ReportScope, as_of: int | None = None) -> Reading:
    """Read what *actor* may see of a scope; *as_of* leaves out every entry with a higher number.

    Raises:
        NotFound: `unknown_<kind>` for something out of sight.
    """
    up_to = as_of or db.session.execute(select(func.max(LedgerEntry.id))).scalar() or 0
    codes = specimens_in_scope(actor, scope)
    return Reading(up_to, count_visible(actor) - len(codes), _parts(actor, scope, codes, up_to, as_of))


def _parts(
    actor: Actor, scope: ReportScope, codes: list[str], up_to: int, as_of: int | None
) -> Iterator[Facts]:
    texts = reads_texts(actor)
    zones = {row.code: row.zone for row in db.session.execute(select(SiteRow.code, SiteRow.zone))}
    around = _Around(scope)
    for start in range(0, len(codes), _PART):
        of_each: dict[str, list[Row]] = {code: [] for code in codes[start : start + _PART]}
        for row in _rows(Kind.SPECIMEN, of_each, up_to, texts=texts):
            of_each[row.entry.code].append(row)
        # A specimen without rows was made after the entry up to which this is asked.
        histories = tuple(_history(rows) for rows in of_each.values() if rows)
        around.note(histories)
        yield _facts(histories, (), (), zones, as_of, texts=texts)
    rows = around.rows(actor, up_to, texts=texts)
    subjects = {*codes, *(row.entry.code for row in rows)}
    yield _facts((), rows, tuple(_near_misses(actor, subjects, up_to)), zones, as_of, texts=texts)


def _facts(
    histories: tuple[History, ...],
    around: tuple[Row, ...],
    near_misses: tuple[Row, ...],
    zones: Mapping[str, str],
    as_of: int | None,
    *,
    texts: bool,
) -> Facts:
    every = [*(row for each in histories for row in each.rows), *around, *near_misses]
    places = _places({state.place for each in histories for state in each.states.values() if state.place})
    return Facts(
        histories=histories,
        around=around,
        near_misses=near_misses,
        ancestors=lineage.ancestors(db.session(), [each.specimen for each in histories]),
        children=_children([each.specimen.code for each in histories], as_of),
        numbers={row.entry.id: row.number for row in every},
        names=_names(histories, every, texts=texts) | places,
        places=places,
        zones=zones,
    )


def _rows(kind: Kind, codes: Iterable[str], up_to: int, *, texts: bool) -> list[Row]:
    """Return the entries of some subjects in the order of the ledger, up to the one with this number."""
    wanted = sorted(codes)
    found: list[Row] = []
    for start in range(0, len(wanted), _CHUNK):
        rows = db.session.execute(
            select(LedgerEntry.id, LedgerEntry.entry_id, LedgerEntry.body, LedgerEntry.hash).where(
                LedgerEntry.subject_kind == str(kind),
                LedgerEntry.subject_code.in_(wanted[start : start + _CHUNK]),
                LedgerEntry.id <= up_to,
            )
        ).all()
        sealed = sealed_texts(db.session(), [row.entry_id for row in rows])
        for row in rows:
            entry = read_entry(row.body, sealed.get(row.entry_id))
            found.append(Row(row.id, entry if texts else sealed_away(entry), row.hash.hex()))
    return sorted(found, key=lambda row: row.number)


def _history(rows: list[Row]) -> History:
    counted = fold.effective(row.entry for row in rows)
    states: dict[str, Specimen] = {}
    before: dict[str, Specimen | None] = {}
    state: Specimen | None = None
    for entry in counted:
        before[entry.id] = state
        state = fold.apply(Kind.SPECIMEN, state, entry)
        states[entry.id] = state
    assert state is not None  # noqa: S101 - a row exists only because its first entry counts
    return History(state, tuple(rows), tuple(counted), states, before)


class _Around:
    """The kits, visits and transfers that the specimens of a report went through."""

    def __init__(self, scope: ReportScope) -> None:
        self._subjects: dict[Kind, set[str]] = {kind: set() for kind in _AROUND}
        if scope.code and scope.about in ("transfer", "visit"):
            self._subjects[Kind(scope.about)].add(scope.code)

    def note(self, histories: Iterable[History]) -> None:
        """Note where some specimens went through."""
        for each in histories:
            self._subjects[Kind.VISIT].add(each.specimen.visit)
            if each.specimen.kit:
                self._subjects[Kind.KIT].add(each.specimen.kit)
            self._subjects[Kind.TRANSFER] |= {
                state.transfer for state in each.states.values() if state.transfer
            }

    def rows(self, actor: Actor, up_to: int, *, texts: bool) -> tuple[Row, ...]:
        """Return the entries on them that bear on custody, in the order of the ledger."""
        found: list[Row] = []
        for kind, acts in _AROUND.items():
            rows = _rows(kind, _seen(actor, kind, self._subjects[kind]), up_to, texts=texts)
            found += [row for row in rows if row.entry.act in acts]
        return tuple(sorted(found, key=lambda row: row.number))


def _seen(actor: Actor, kind: Kind, codes: set[str]) -> set[str]:
    table = table_of(kind)
    found: set[str] = set()
    wanted = sorted(codes)
    for start in range(0, len(wanted), _CHUNK):
        rows = db.session.execute(
            select(table.c.code).where(
                table.c.code.in_(wanted[start : start + _CHUNK]), tenancy.visible(kind, actor)
            )
        )
        found |= set(rows.scalars())
    return found


def _near_misses(actor: Actor, subjects: set[str], up_to: int) -> list[Row]:
    """Return the refused scans that read one of these identifiers, or in which one of them was open."""
    wanted = sorted(subjects)
    codes: set[str] = set()
    for start in range(0, len(wanted), _CHUNK):
        some = wanted[start : start + _CHUNK]
        rows = db.session.execute(
            select(NearMissRow.code).where(
                NearMissRow.read.in_(some) | NearMissRow.subject.in_(some),
                tenancy.visible(Kind.NEAR_MISS, actor),
            )
        )
        codes |= set(rows.scalars())
    return _rows(Kind.NEAR_MISS, codes, up_to, texts=False)  # what was picked up may be a hospital number


def _children(codes: list[str], as_of: int | None) -> dict[str, tuple[str, ...]]:
    later = _made_after(as_of) if as_of is not None else set()
    from_parent: dict[str, list[str]] = {}
    for start in range(0, len(codes), _CHUNK):
        rows = db.session.execute(
            select(SpecimenParent.parent, SpecimenParent.child)
            .where(SpecimenParent.parent.in_(codes[start : start + _CHUNK]))
            .order_by(SpecimenParent.id)
        )
        for parent, child in rows:
            if child not in later:
                from_parent.setdefault(parent, []).append(child)
    return {parent: tuple(children) for parent, children in from_parent.items()}


def _made_after(number: int) -> set[str]:
    rows = db.session.execute(
        select(LedgerEntry.subject_code).where(
            LedgerEntry.id > number, LedgerEntry.subject_kind == str(Kind.SPECIMEN), LedgerEntry.seq == 1
        )
    )
    return set(rows.scalars())


def _names(histories: Iterable[History], rows: Iterable[Row], *, texts: bool) -> dict[str, str]:
    codes: set[str] = {row.entry.station for row in rows if row.entry.station}
    codes |= {second for row in rows if (second := row.entry.facts.get("witness"))}
    for each in histories:
        codes |= {state.custodian for state in each.states.values() if state.custodian}
    outside = {row.entry.actor["user"] for row in rows if row.entry.actor["role"] == Role.OUTSIDE}
    return names_of(codes | outside if texts else codes - outside)


def _places(codes: set[str]) -> dict[str, str]:
    """Return storage unit → its path, from the outermost inwards."""
    units: dict[str, tuple[str, str | None]] = {}
    wave = codes
    while wave:
        rows = db.session.execute(
            select(StorageRow.code, StorageRow.name, StorageRow.parent).where(StorageRow.code.in_(wave))
        )
        new = {row.code: (row.name, row.parent) for row in rows}
        units |= new
        wave = {parent for _, parent in new.values() if parent} - units.keys()

    def path(code: str | None) -> list[str]:
        if code is None or code not in units:
            return []
        name, parent = units[code]
        return [*path(parent), name]

    return {code: " › ".join(path(code)) for code in codes}

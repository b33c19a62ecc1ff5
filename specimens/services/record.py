"""The one place that writes: an operation appends entries and the rows that they imply, in one transaction.

    with writing(actor) as operation:
        specimen = operation.load(Kind.SPECIMEN, code)
        operation.append(Kind.SPECIMEN, code, "collected", facts={...})

Leaving the block commits; an exception rolls everything back. Nothing is acknowledged before the commit.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Engine, Table, bindparam, insert, select
from sqlalchemy.orm import Session

from specimens.domain import fold
from specimens.domain.access import Actor, system_actor
from specimens.domain.clock_alarm import BEHIND, TOLERANCE_MS
from specimens.domain.entry import Entry
from specimens.domain.errors import NotFound, Refused, Tampered
from specimens.domain.identifiers import new_badge, new_identifier
from specimens.domain.terms import Clock, Kind, Mode
from specimens.ledger import entry as ledger
from specimens.ledger.uuid7 import uuid7
from specimens.models.driver import send
from specimens.models.identifier import Identifier
from specimens.models.installation import Installation
from specimens.models.ledger import LedgerEntry, SealedText
from specimens.models.printing import PoolLabel
from specimens.models.specimen import SpecimenParent
from specimens.models.statement import Ask, Statement, ask
from specimens.models.tree import Pending
from specimens.services import clock_watch, tree
from specimens.services.clock import now_ms, offset_minutes
from specimens.services.entries import entries_of, read
from specimens.services.row import insert_row, move_row, names_of, select_locked, state_of
from specimens.services.transaction import committing

_LEDGER: Table = LedgerEntry.__table__  # type: ignore[assignment]
_SEALED: Table = SealedText.__table__  # type: ignore[assignment]
_IDENTIFIER: Table = Identifier.__table__  # type: ignore[assignment]
_PARENT: Table = SpecimenParent.__table__  # type: ignore[assignment]
_POOL_LABEL: Table = PoolLabel.__table__  # type: ignore[assignment]

#: Statements are made once: making one takes longer than running it.
_VALUES: dict[str, Any] = {
    each.name: bindparam(each.name) for each in _LEDGER.columns if not each.primary_key
}
_ENTRY = insert(_LEDGER).values(_VALUES).returning(_LEDGER.c.id)
_INSERT_ENTRY = Statement(_ENTRY)
#: PostgreSQL: with the entry goes the row by which it waits for its place in the tree.
_INSERT_WAITING = Statement(insert(Pending).from_select(["id"], select(_ENTRY.cte("entry").c.id)))
_INSERT_SEALED = Statement(insert(_SEALED))
_TAKEN = Statement(select(_IDENTIFIER.c.id).where(_IDENTIFIER.c.code == bindparam("identifier")))
_ISSUE = Statement(insert(_IDENTIFIER))

_ORIGINS: "WeakKeyDictionary[Engine, str]" = WeakKeyDictionary()
_COLLISION_TRIES = 20


@dataclass(slots=True)
class _Head:
    """Where a subject's chain stands, and what it adds up to."""

    state: Any
    seq: int
    hash: bytes | None


class Operation:
    """One act of one person, on as many subjects as it touches; its entries share one operation id.

    `connection` is the session's own, in the same transaction: a short way for statements on tables alone. `now` is the
    instant of everything that it writes, *behind* by how many ms the clock was behind it (0: not worth telling);
    `happening` is when that happened: now, or when a scan was made that waited on a device.
    """

    def __init__(
        self,
        session: Session,
        connection: Connection,
        actor: Actor,
        *,
        origin: str,
        mode: str,
        now: int,
        behind: int = 0,
        spare: str | None = None,
    ) -> None:
        self.session = session
        self.connection = connection
        self.actor = actor
        self.now = now
        self.mode = mode
        self.id = uuid7(now)
        self._origin = origin
        self.happening = actor.waited.at if actor.waited and actor.waited.plausible(now) else now
        self._marks = ({BEHIND: behind} if behind else {}) | (actor.waited.facts() if actor.waited else {})
        self._heads: dict[tuple[Kind, str], _Head] = {}
        self._written: list[tuple[int, bytes]] = []
        self._known: dict[tuple[Statement, tuple[Any, ...]], list[dict[str, Any]]] = {}
        self._spare = spare

    def issue(self, kind: Kind) -> str:
        """Issue a new identifier for something of *kind*; a collision is tried again with another."""
        for _ in range(_COLLISION_TRIES):
            code = new_badge() if kind is Kind.BADGE else self._spare or new_identifier()
            if code == self._spare:
                self._spare = None
            if not self.all(_TAKEN, identifier=code):
                _ISSUE.later(self.connection, {"code": code, "kind": str(kind), "issued_at": self.now})
                return code
        raise RuntimeError("twenty random identifiers in a row were taken")

    def lock(self, subjects: Iterable[tuple[Kind, str]]) -> None:
        """Load and lock several subjects in (kind, code) order, so that two operations cannot deadlock."""
        self.take(ordered := sorted(set(subjects)))
        for kind, code in ordered:
            self._head(kind, code)

    def take(self, subjects: Iterable[tuple[Kind, str]], *asks: Ask) -> None:
        """Lock the subjects that there are, in (kind, code) order, and ask what `all` will be asked: in one journey."""
        asked: list[Ask] = [
            (select_locked(kind), {"subject": code})
            for kind, code in sorted(set(subjects))
            if (kind, code) not in self._heads
        ]
        asked += asks
        self._know(asked, ask(self.connection, asked))

    def _know(self, asks: Sequence[Ask], answers: Sequence[list[dict[str, Any]]]) -> None:
        for (statement, given), rows in zip(asks, answers, strict=True):
            self._known[statement, tuple(given.values())] = rows

    def all(self, statement: Statement, **given: Any) -> list[dict[str, Any]]:
        """Return the rows of a statement, also where they were asked for ahead."""
        rows = self._known.pop((statement, tuple(given.values())), None)
        return statement.all(self.connection, **given) if rows is None else rows

    def load(self, kind: Kind, code: str) -> Any:
        """Return a subject's projection, locked for this operation.

        Raises:
            NotFound: `unknown_<kind>` if there is no such subject.
        """
        return self._head(kind, code).state

    def seq_of(self, kind: Kind, code: str) -> int:
        """Return how many entries a subject has."""
        return self._head(kind, code).seq

    def _head(self, kind: Kind, code: str) -> _Head:
        head = self._heads.get((kind, code))
        if head is None:
            row = next(iter(self.all(select_locked(kind), subject=code)), None)
            if row is None:
                raise NotFound(f"unknown_{kind}", code=code)
            head = _Head(state_of(kind, row), row["entry_seq"], row["entry_hash"])
            self._heads[kind, code] = head
        return head

    def create(self, kind: Kind, act: str, *, code: str | None = None, **said: Any) -> Any:
        """Write the first entry of a new subject and its row; return its projection. *said*: see `append`."""
        code = code or self.issue(kind)
        self._heads[kind, code] = _Head(None, 0, None)
        return self.append(kind, code, act, **said)

    def append(
        self,
        kind: Kind,
        code: str,
        act: str,
        *,
        facts: Mapping[str, Any] | None = None,
        reason: str | None = None,
        sealed: Mapping[str, str] | None = None,
        happened_at: int | None = None,
        happened_by: Clock = Clock.SERVER,
        performed_by: str | None = None,
        replaces: str | None = None,
        study: str | None = None,
        site: str | None = None,
        protocol: str | None = None,
        mode: str | None = None,
        written_first: Callable[[str], None] | None = None,
    ) -> Any:
        """Append one entry to a subject's chain, and bring its row to what the entries now add up to.

        *facts* are codes and numbers; *sealed* are texts that may identify somebody (the reason's free text goes in
        under `reason`): only their commitments enter the body. *happened_at* in milliseconds UTC, by default
        `happening`; a typed time is marked by *happened_by*. The caller has asked the rules first. *written_first* is
        called with the entry's id between writing the entry and adding everything up.

        Returns:
            The subject's projection after the act.
        """
        head = self._head(kind, code)
        happened = self.happening if happened_at is None else happened_at
        actor = self.actor
        device = actor.waited is not None and self.happening == actor.waited.at
        told_by = happened_by if happened_at is not None else Clock.DEVICE if device else Clock.SERVER
        seals = {name: (ledger.new_salt(), text) for name, text in (sealed or {}).items() if text}
        state = head.state
        draft = ledger.Draft(
            id=uuid7(self.now),
            operation=self.id,
            origin=self._origin,
            study=study or getattr(state, "study", None) or (facts or {}).get("study") or actor.study,
            protocol=protocol or getattr(state, "protocol_version", None),
            kind=str(kind),
            code=code,
            act=act,
            happened_at=happened,
            happened_by=str(told_by),
            offset_minutes=offset_minutes(happened, actor.zone),
            zone=actor.zone,
            recorded_at=self.now,
            actor={"user": actor.user, "name": actor.name, "role": str(actor.role)},
            performed_by=performed_by,
            site=site or actor.site,
            station=actor.station,
            mode=str(mode or self.mode),
            facts={**(facts or {}), **self._marks},
            reason_code=reason,
            replaces=replaces,
            sealed=seals,
        )
        written = ledger.write(draft, seq=head.seq + 1, prev=head.hash)
        self._insert(draft, written)
        if written_first is not None:
            written_first(draft.id)
        texts = {name: text for name, (_, text) in seals.items()}
        new = self._projected(kind, code, state, read(written.body, texts))
        self._project(kind, code, state, new, written)
        self._heads[kind, code] = _Head(new, written.seq, written.hash)
        return new

    def _projected(self, kind: Kind, code: str, state: Any, entry: Entry) -> Any:
        if entry.act not in fold.RETROACTIVE:
            return fold.apply(kind, state, entry)
        return fold.fold(kind, entries_of(self.session, kind, code))

    def _insert(self, draft: ledger.Draft, written: ledger.Entry) -> None:
        row = {
            "entry_id": draft.id,
            "operation": draft.operation,
            "subject_kind": draft.kind,
            "subject_code": draft.code,
            "seq": written.seq,
            "act": draft.act,
            "study": draft.study,
            "site": draft.site,
            "station": draft.station,
            "actor_user": draft.actor["user"],
            "actor_role": draft.actor["role"],
            "mode": draft.mode,
            "happened_at": draft.happened_at,
            "recorded_at": draft.recorded_at,
            "body": written.body,
            "hash": written.hash,
        }
        if self.connection.dialect.name == "postgresql":
            _INSERT_WAITING.later(self.connection, row)
        else:
            made = _INSERT_ENTRY.first(self.connection, **row)
            self._written.append((made["id"], written.hash))  # type: ignore[index]
        for name, (salt, text) in draft.sealed.items():
            said = {"entry_id": draft.id, "name": name, "salt": salt, "text": text}
            _INSERT_SEALED.later(self.connection, said)

    def close(self) -> None:
        """Give the entries that were written their places in the tree; `writing` does so before it commits."""
        tree.add(self.connection, self._written)
        send(self.connection)

    def _project(self, kind: Kind, code: str, old: Any, new: Any, written: ledger.Entry) -> None:
        head = {"entry_seq": written.seq, "entry_hash": written.hash}
        names = names_of(kind)
        if old is None:
            insert_row(kind).later(self.connection, {**{name: getattr(new, name) for name in names}, **head})
            if kind is Kind.SPECIMEN and new.parents:
                self.connection.execute(
                    insert(_PARENT),
                    [
                        {"child": code, "parent": parent, "volume_ul": volume}
                        for parent, volume in new.parents
                    ],
                )
            if kind is Kind.POOL:
                self.connection.execute(
                    insert(_POOL_LABEL), [{"code": label, "pool": code} for label in new.codes]
                )
            return
        changed = {name: getattr(new, name) for name in names if getattr(new, name) != getattr(old, name)}
        values = {f"new_{name}": value for name, value in (changed | head).items()}
        move_row(kind, tuple(changed)).later(
            self.connection,
            {"at_code": code, "at_seq": written.seq - 1, **values},
            otherwise=Tampered("row_moved", kind=str(kind), code=code),
        )


def origin_of(session: Session, engine: Engine) -> str:
    """Return the name of this installation in every entry.

    Raises:
        Refused: `not_installed`.
    """
    origin = _ORIGINS.get(engine)
    if origin is None:
        origin = session.execute(select(Installation.origin)).scalar()
        if origin is None:
            raise Refused("not_installed")
        _ORIGINS[engine] = origin
    return origin


def begin(
    session: Session,
    connection: Connection,
    actor: Actor,
    *,
    mode: str,
    now: int | None = None,
    ahead: Sequence[Ask] = (),
) -> Operation:
    """Begin an operation at the present instant, in a transaction that writes; *ahead*: see `Operation.ask_ahead`.

    Where the clock is behind the newest entry, that entry's instant counts as the present: time never runs backwards in
    the ledger. Beyond `TOLERANCE_MS` every entry is marked by how far, and an alarm is opened, once.
    """
    origin, said = origin_of(session, connection.engine), now or now_ms()
    spare = None
    if (
        connection.dialect.name == "postgresql"
    ):  # on the same journey: is this one free, should one be needed?
        spare = new_identifier()
        ahead = [*ahead, (_TAKEN, {"identifier": spare})]
    latest, *answers = ask(connection, [(clock_watch.NEWEST, {}), *ahead])
    newest = clock_watch.newest(latest)
    behind = newest - said if newest - said > TOLERANCE_MS else 0
    at = max(said, newest)
    if behind and not clock_watch.is_told(connection, newest):
        told = Operation(
            session, connection, system_actor(), origin=origin, mode=Mode.SYSTEM, now=at, behind=behind
        )
        told.create(Kind.CLOCK_ALARM, "clock_went_back", facts={"newest_at": newest, "behind_ms": behind})
        told.close()
    operation = Operation(
        session, connection, actor, origin=origin, mode=mode, now=at, behind=behind, spare=spare
    )
    operation._know(ahead, answers)
    return operation


@contextmanager
def writing(
    actor: Actor, *, mode: str = Mode.FORM, now: int | None = None, ahead: Sequence[Ask] = ()
) -> Iterator[Operation]:
    """Open one operation of *actor*; commit when the block is left, roll back on any exception.

    Every read that decides anything has to be made inside the block, on `operation.session`.

    Raises:
        Conflict: a named constraint refused because somebody else was first.
        Unavailable: the store cannot write (disk full, lock held too long); nothing was saved.
    """
    with committing() as (session, connection):
        operation = begin(session, connection, actor, mode=mode, now=now, ahead=ahead)
        yield operation
        operation.close()

"""What every scanning page shares: reading a scan, its outcome, and the near miss that a refusal leaves behind.

A refused scan is no exception: it is an outcome, committed together with its near miss.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Table, bindparam, select, true

from specimens.domain.access import Actor
from specimens.domain.custody import Refusal
from specimens.domain.errors import BadInput, NotFound, Refused
from specimens.domain.identifiers import COMMANDS, ScanText, read_scan
from specimens.domain.specimen import Specimen
from specimens.domain.terms import Kind, Mode
from specimens.ledger.uuid7 import uuid7
from specimens.models.base import db
from specimens.models.identifier import Identifier
from specimens.models.ledger import LedgerEntry
from specimens.models.specimen import SpecimenRow
from specimens.models.user import UserRow
from specimens.services import expected, tenancy
from specimens.services.record import Operation
from specimens.services.request import perform
from specimens.services.row import state_now

OK = "ok"
ALREADY = "already"
CHECK = "check"
STOP = "stop"

_IDENTIFIER: Table = Identifier.__table__  # type: ignore[assignment]
_KIND = select(_IDENTIFIER.c.kind).where(_IDENTIFIER.c.code == bindparam("identifier"))


@dataclass(frozen=True, slots=True)
class ScanOutcome:
    """What one scan came to.

    `verdict` is `ok`, `already`, `check` or `stop`; `code` and `facts` make the sentence (cause, place, next act);
    `read` is the identifier that was read; `specimen` the tube after the act, where there is one; `next` the
    identifier that is expected next; `ask` names what the page should ask for now (`reason`, `undo`, …).
    """

    verdict: str
    code: str
    facts: Mapping[str, Any] = field(default_factory=dict)
    read: str | None = None
    specimen: Specimen | None = None
    next: str | None = None
    ask: str | None = None

    @property
    def saved(self) -> bool:
        """Say whether the act that was asked for now stands in the ledger."""
        return self.verdict in (OK, ALREADY) or bool(self.facts.get("saved"))

    def plain(self) -> dict[str, Any]:
        """Return it as plain JSON, the tube by its identifier."""
        return {
            "verdict": self.verdict,
            "code": self.code,
            "facts": dict(self.facts),
            "read": self.read,
            "specimen": self.specimen.code if self.specimen else None,
            "next": self.next,
            "ask": self.ask,
        }


@dataclass(frozen=True, slots=True)
class Found:
    """What an identifier names: its kind (`command` for a command code, then `word` says which)."""

    kind: str
    code: str
    word: str | None = None
    layout_corrected: bool = False


def refuse(
    op: Operation,
    refusal: Refusal,
    *,
    raw: str,
    read: str | None = None,
    subject: str | None = None,
    verdict: str = STOP,
) -> ScanOutcome:
    """Keep a near miss and return the outcome of a refused scan.

    *subject*: the kit, transfer or box that was open; what was still expected there is kept too. What a scanner picked
    up may be a hospital number, so it goes in sealed. Nothing may have been written before.
    """
    op.create(
        Kind.NEAR_MISS,
        "scan_refused",
        code=uuid7(op.now),
        facts={
            "refusal": refusal.code,
            "read": read,
            "subject": subject,
            "study": op.actor.study,
            **expected.at(op, subject),
        },
        sealed={"raw": raw[:256]},
        study=op.actor.study,
        site=op.actor.site,
    )
    return ScanOutcome(verdict, refusal.code, {**refusal.facts, **last_act(op, read)}, read=read)


def last_act(op: Operation, code: str | None, acts: Collection[str] = ()) -> dict[str, Any]:
    """Return who acted last on a specimen and when (`last_by`, `last_at`): a refusal names them.

    *acts*: only these count; by default every act. Nothing is said of a specimen that is out of the actor's sight.
    """
    row = op.session.execute(
        select(LedgerEntry.recorded_at, UserRow.full_name)
        .join(SpecimenRow, SpecimenRow.code == LedgerEntry.subject_code)
        .outerjoin(UserRow, UserRow.code == LedgerEntry.actor_user)
        .where(
            LedgerEntry.subject_kind == str(Kind.SPECIMEN),
            LedgerEntry.subject_code == code,
            LedgerEntry.act.in_(acts) if acts else true(),
            tenancy.visible_specimens(op.actor),
        )
        .order_by(LedgerEntry.seq.desc())
        .limit(1)
    ).first()
    return {"last_by": row.full_name or "–", "last_at": row.recorded_at} if row else {}


def scanned(
    actor: Actor,
    raw: str,
    work: Callable[[Operation, ScanText], ScanOutcome],
    *,
    key: str | None,
    what: Mapping[str, Any] | None = None,
    subject: str | None = None,
    mode: str = Mode.SCAN,
) -> ScanOutcome:
    """Read one scan and do *work* with it, once per key; what cannot be read is refused and kept.

    When *work* raises `NotFound` or `Refused`, what it wrote is rolled back and the refusal is kept as a near miss.
    *what* is everything else that was asked for besides the raw text; *mode* says how it came in (a reading that
    was only right under another keyboard layout is marked as such).
    """
    try:
        read: ScanText | BadInput = read_scan(raw)
    except BadInput as unreadable:
        read = unreadable
    if isinstance(read, ScanText) and read.layout_corrected:
        mode = Mode.LAYOUT_CORRECTED

    told: list[tuple[dict[str, Any], Specimen | None]] = []

    def act(op: Operation) -> dict[str, Any]:
        if isinstance(read, BadInput):
            return refuse(op, Refusal(read.code, read.facts), raw=raw, subject=subject).plain()
        plain = work(op, read).plain()
        code = plain["specimen"]
        told.append((plain, op.load(Kind.SPECIMEN, code) if code else None))
        return plain

    asked = {**(what or {}), "raw": raw, "subject": subject}
    try:
        answer = perform(actor, key, asked, act, mode=mode)
        if told and answer is told[-1][0]:  # done now, and not the stored answer of an earlier request
            return ScanOutcome(**{**answer, "specimen": told[-1][1]})
        return revived(answer)
    except (NotFound, Refused) as error:
        code = "unknown_code" if isinstance(error, NotFound) else error.code
        known = read.code if isinstance(read, ScanText) else None
        refusal = Refusal(code, {"code": known, **error.facts})

        def keep(op: Operation) -> dict[str, Any]:
            return refuse(op, refusal, raw=raw, read=known, subject=subject).plain()

        return revived(perform(actor, key, asked, keep, mode=mode))


class Stop(Exception):
    """Raised by a scan's work, before it wrote anything, to end it with a refusal."""

    def __init__(self, refusal: Refusal, *, verdict: str | None = None) -> None:
        super().__init__(refusal.code)
        self.refusal = refusal
        self.verdict = verdict or (ALREADY if refusal.code == "already" else STOP)


def stoppable(
    work: Callable[[Operation, ScanText], ScanOutcome], raw: str, subject: str | None
) -> Callable[[Operation, ScanText], ScanOutcome]:
    """Return *work* with `Stop` turned into an outcome and its near miss."""

    def stopped(op: Operation, text: ScanText) -> ScanOutcome:
        try:
            return work(op, text)
        except Stop as stop:
            return refuse(op, stop.refusal, raw=raw, read=text.code, subject=subject, verdict=stop.verdict)

    return stopped


def revived(plain: Mapping[str, Any]) -> ScanOutcome:
    """Return a stored outcome with its tube as it is now."""
    code = plain["specimen"]
    return ScanOutcome(**{**plain, "specimen": specimen_now(code) if code else None})


def specimen_now(code: str) -> Specimen:
    """Return a specimen's projection, without asking who may see it.

    Raises:
        NotFound: `unknown_specimen`.
    """
    specimen: Specimen | None = state_now(Kind.SPECIMEN, code)
    if specimen is None:
        raise NotFound("unknown_specimen", code=code)
    return specimen


def what_is(raw: str) -> Found:
    """Say what a scan names; whether this person may see it is asked by the page that it leads to.

    Raises:
        BadInput: if it cannot be read.
        NotFound: `unknown_code` if nothing has this identifier.
    """
    read = read_scan(raw)
    if read.code in COMMANDS:
        return Found("command", read.code, COMMANDS[read.code], read.layout_corrected)
    kind = kind_of(read.code)
    if kind is None:
        raise NotFound("unknown_code", code=read.code)
    return Found(kind, read.code, None, read.layout_corrected)


def kind_of(code: str) -> str | None:
    """Return the kind of thing that an identifier names; None if it was never issued here."""
    return db.session.execute(_KIND, {"identifier": code}).scalar()

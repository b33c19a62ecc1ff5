"""Is this report genuine, and has the history been rewritten since? From a PDF, a digest, a checkpoint, a number.

Nothing is written: whoever asks learns what the ledger says, in codes that a door puts into words.
"""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sqlalchemy import select

from specimens.documents.canonical import custody_digest
from specimens.documents.records import Key
from specimens.domain.access import Actor, Permission
from specimens.domain.entry import Entry, read_entry
from specimens.domain.errors import BadInput, NotFound, NotPermitted, Refused
from specimens.domain.identifiers import is_identifier
from specimens.domain.terms import Kind, Role
from specimens.ledger import offline
from specimens.ledger import tree as rules
from specimens.ledger.entry import instant
from specimens.ledger.proof import hash_lines
from specimens.models.base import db
from specimens.models.installation import Installation
from specimens.models.ledger import LedgerEntry
from specimens.models.transfer import ReportRow
from specimens.models.tree import Leaf
from specimens.services import checkpoint, report, report_file, tenancy, tree
from specimens.services.report_scope import ReportScope

OK, CHECK, STOP = "ok", "check", "stop"
#: What an attachment may unpack to on the server (bytes).
MOST_UNPACKED = 128_000_000
_CHUNK = 1000
#: A digest may be typed from the foot of a page, where only the first 16 digits stand.
_DIGEST = re.compile(r"[0-9a-f]{16,64}")


@dataclass(frozen=True, slots=True)
class Said:
    """A sentence by its code, with its facts."""

    code: str
    facts: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Answer:
    """What the ledger says: `verdict` is ok, check or stop; then the sentence, and what else there is to say."""

    verdict: str
    said: Said
    more: tuple[Said, ...] = ()
    problems: tuple[Said, ...] = ()
    further: int = 0
    report: str | None = None


def may_ask(actor: Actor) -> None:
    """Raise `NotPermitted` unless this person makes reports or reads the audit."""
    if not (actor.may(Permission.REPORT_MAKE) or actor.may(Permission.AUDIT_READ)):
        raise NotPermitted("not_permitted")


def examine_text(actor: Actor, typed: str) -> Answer:
    """Answer what somebody typed, pasted or photographed: a digest, a report's number, a checkpoint.

    Raises:
        BadInput: field `text`, when it is none of these.
    """
    may_ask(actor)
    text = typed.replace("\r\n", "\n").strip()
    if "\n" in text:
        return examine_checkpoint(actor, text + "\n")
    compact = "".join(text.split())
    if is_identifier(compact.upper()):
        return _of_report(actor, _visible(actor, ReportRow.code == compact.upper()))
    if not _DIGEST.fullmatch(compact.lower()):
        raise BadInput("form_incomplete", {"text": "genuine_unreadable" if text else "field_needed"})
    return _of_report(actor, _visible(actor, ReportRow.digest.startswith(compact.lower())))


def examine_checkpoint(actor: Actor, note: str) -> Answer:
    """Answer a checkpoint: does the history of today begin with the one that it signs?"""
    may_ask(actor)
    found = _prefix(note)
    return Answer(STOP if found.code in _BAD else OK, found)


#: What a checkpoint can come to that means that something is wrong.
_BAD = frozenset({"genuine_rewritten", "genuine_unsigned", "genuine_other_ledger"})


def examine_file(actor: Actor, data: bytes) -> Answer:
    """Answer a file: the PDF of a report, or its attachment custody.json.

    Raises:
        BadInput: field `file`, when it is no report or not a whole one.
    """
    may_ask(actor)
    try:
        bundle, table = (data, None) if data[:1] == b"{" else offline.attachments(data, MOST_UNPACKED)
        found = offline.check(bundle, table, _keys())
    except offline.Unreadable as error:
        facts = dict(error.facts)
        raise BadInput("form_incomplete", {"file": f"genuine_{error.code}"}, about={"file": facts}) from error
    problems = tuple(Said(f"genuine_{code}", facts) for code, facts in found.problems)
    if problems:
        return Answer(STOP, Said("genuine_false", {}), (), problems, found.further)
    return _of_bundle(actor, data, bundle, found)


def _of_bundle(actor: Actor, data: bytes, bundle: bytes, found: offline.Findings) -> Answer:
    told = found.told
    history = _prefix(offline.read_json(bundle)["checkpoint"])
    facts = {"report": told["report"], "by": told["made_by"], "made_at": instant(told["made_at"])}
    if history.code in _BAD:
        return Answer(STOP, history, (Said("genuine_report", facts),))
    more = [Said("genuine_report", facts), history]
    if told["clock_behind"][0]:
        count, most = told["clock_behind"]
        more.append(Said("genuine_clock_behind", {"count": count, "most_s": most // 1000}))
    row = db.session.execute(
        select(ReportRow).where(ReportRow.code == told["report"], tenancy.visible(Kind.REPORT, actor))
    ).scalar()
    if row is None:
        return Answer(OK, Said("genuine_out_of_sight", facts), tuple(more))
    more += _since(actor, row)
    sums = {entry.facts["sha256"] for entry in _entries(row.code) if entry.act == "report_issued"}
    if hashlib.sha256(data).hexdigest() in sums:
        return Answer(OK, Said("genuine_file", facts), tuple(more), report=row.code)
    if data is bundle:
        return Answer(OK, Said("genuine_data", facts), tuple(more), report=row.code)
    return Answer(CHECK, Said("genuine_saved_again", facts), tuple(more), report=row.code)


def keys() -> tuple[Key, ...]:
    """Return the keys of this ledger, as an auditor may note them."""
    return report_file.public_keys()


def consistency(actor: Actor, old: int, new: int) -> str:
    """Return the proof that the history of *new* entries begins with that of *old*: a line of base64 for each hash.

    Raises:
        BadInput: `sizes_unknown` if there are not so many entries, or *old* is the larger.
    """
    may_ask(actor)
    return "".join(f"{line}\n" for line in hash_lines(checkpoint.consistency(old, new)))


def program() -> bytes:
    """Return the program that checks a report without this system."""
    return Path(offline.__file__).read_bytes()


def _keys() -> list[str]:
    return [each.key for each in report_file.public_keys()]


def _prefix(note: str) -> Said:
    """Say whether the history of today begins with the one that a checkpoint signs."""
    try:
        old = offline.read_checkpoint(note, _keys())
    except ValueError as error:
        return Said("genuine_unsigned", {"why": str(error)})
    origin, now, root = _today(old.size)
    facts = {"then": old.size, "now": now, "origin": old.origin}
    if not offline.counts(origin, old.origin):
        return Said("genuine_other_ledger", facts)
    if root != old.root:
        return Said("genuine_rewritten", facts)
    return Said("genuine_prefix" if old.size < now else "genuine_same", facts)


def _today(size: int) -> tuple[str, int, bytes | None]:
    """Return the ledger's name, how many entries it has, and the root over the first *size* (None: there are fewer).

    The root is computed from the entries themselves: the hashes that are stored beside them could be old ones.
    """
    with tree.snapshot() as connection:
        origin = str(connection.execute(select(Installation.origin)).scalar_one())
        now = tree.size_of(connection)
        if size > now:
            return origin, now, None
        rows = connection.execution_options(stream_results=True, max_row_buffer=_CHUNK).execute(
            select(LedgerEntry.body)
            .join(Leaf, Leaf.entry == LedgerEntry.id)
            .where(Leaf.id < size)
            .order_by(Leaf.id)
        )
        growing = rules.Growing()
        while some := rows.fetchmany(_CHUNK):
            growing.add(b"".join(rules.leaf_hash(row.body) for row in some))
        return origin, now, rules.root(growing, size) if growing.size == size else None


def _of_report(actor: Actor, rows: Sequence[ReportRow]) -> Answer:
    """Answer for a report that is on record here."""
    if not rows:
        return Answer(CHECK, Said("genuine_unknown", {}))
    if len(rows) > 1:  # the same question over the same entries, asked more than once
        rows = sorted(rows, key=lambda row: row.id)
    row = rows[-1]
    facts = {"report": row.code, "made_at": row.made_at}
    entry = _entries(row.code)[0]
    facts["by"] = entry.actor["name"]
    then = _digest_then(entry)
    more = (Said("genuine_digest", {"digest": row.digest}), *_since(actor, row))
    if then == row.digest:
        return Answer(OK, Said("genuine_unchanged", facts), more, report=row.code)
    return Answer(CHECK, Said("genuine_differs", facts), more, report=row.code)


def _visible(actor: Actor, condition: Any) -> Sequence[ReportRow]:
    statement = select(ReportRow).where(condition, tenancy.visible(Kind.REPORT, actor)).limit(20)
    return list(db.session.execute(statement).scalars())


def _entries(code: str) -> list[Entry]:
    rows = db.session.execute(
        select(LedgerEntry.body)
        .where(LedgerEntry.subject_kind == str(Kind.REPORT), LedgerEntry.subject_code == code)
        .order_by(LedgerEntry.seq)
    )
    return [read_entry(row.body) for row in rows]


def _digest_then(entry: Entry) -> str | None:
    """Return the digest that a report has now over the entries of when it was made, as its maker saw them."""
    facts = entry.facts
    sites = facts.get("sites")
    maker = Actor(
        user=entry.actor["user"], login="", name=entry.actor["name"], role=Role(entry.actor["role"]),
        study=entry.study, sites=None if sites is None else frozenset(sites), site=entry.site, zone=entry.zone,
    )  # fmt: skip
    try:
        return custody_digest(report.as_of(maker, ReportScope.read(facts["scope"]), facts["up_to"]))
    except (NotFound, Refused):
        return None


def _since(actor: Actor, row: ReportRow) -> list[Said]:
    """Say how many events its scope has today beyond those that the report tells."""
    try:
        now = report.preview(replace(actor, study=row.study), ReportScope.read(row.scope)).scope.events_in
    except (NotFound, NotPermitted, Refused):
        return []
    count = now - row.events
    return [Said("genuine_since" if count > 0 else "genuine_none_since", {"count": count})]

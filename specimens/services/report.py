"""Custody reports: shown, or made as a file and kept on record with what it said.

Everything is read in one snapshot; the file is drawn outside of any transaction; then an entry keeps scope and digest.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from sqlalchemy import insert, select

from specimens.documents.canonical import custody_digest
from specimens.documents.custody import bound
from specimens.documents.custody_csv import custody_csv
from specimens.documents.paper import Progress
from specimens.documents.records import (
    Correction,
    CustodyReport,
    Event,
    Gap,
    Header,
    NearMiss,
    OpenMatter,
    Person,
    Scope,
    SignatureLine,
    Signatures,
    SpecimenSection,
    Worded,
    plain,
)
from specimens.domain.access import Actor, Permission
from specimens.domain.errors import BadInput, Conflict, Refused
from specimens.domain.identifiers import new_identifier
from specimens.domain.report import Report
from specimens.domain.signature import Occasion
from specimens.domain.terms import Kind
from specimens.models.base import db
from specimens.models.identifier import Identifier
from specimens.models.request import AnsweredRequest
from specimens.services import report_events, report_file, report_signatures, signature, tenancy
from specimens.services.clock import now_ms
from specimens.services.hands import names_of, permit
from specimens.services.record import Operation, writing
from specimens.services.report_facts import Reading, read_facts, reads_texts, snapshot
from specimens.services.report_open import open_matters
from specimens.services.report_scope import ReportScope
from specimens.services.report_specimens import sections
from specimens.services.report_voice import Voice, moment
from specimens.services.report_voice import protocol as protocol_or_none
from specimens.services.request import perform
from specimens.services.row import state_of, table_of
from specimens.services.signature import Pen
from specimens.services.study import protocol_of
from specimens.services.transaction import is_constraint

#: Format → media type.
FORMATS = {"pdf": "application/pdf", "csv": "text/csv; charset=utf-8"}

#: Number of a report that is only shown.
SHOWN = "–"


@dataclass(frozen=True, slots=True)
class Made:
    """A report as a file. `code` is its number, `digest` the SHA-256 (hex) of its custody data."""

    data: bytes
    media_type: str
    filename: str
    digest: str
    code: str


def preview(actor: Actor, scope: ReportScope, voice: Voice | None = None) -> CustodyReport:
    """Return a report as it would be made now; nothing is written.

    Raises:
        NotPermitted: without `report:make`.
        NotFound: for a scope that this person may not see.
        Refused: `report_one_study` for somebody who sees every study, where the scope is not of exactly one.
    """
    permit(actor, Permission.REPORT_MAKE)
    return _built(actor, scope, voice or Voice(), SHOWN)


def make(
    actor: Actor,
    scope: ReportScope,
    form: str,
    voice: Voice | None = None,
    *,
    key: str | None = None,
    progress: Progress | None = None,
) -> Made:
    """Make a report as a file (`pdf`, `csv`) and keep on record that it was made, of what, with which digest.

    First an entry keeps scope, digest and the SHA-256 of the CSV; then a checkpoint is signed that covers it, which is
    printed on the report; a second entry keeps the SHA-256 of the file. The same key over data that did not change
    gives the same report again; over other data it is another report. *progress* is told pages done and pages in all.

    Raises:
        BadInput: field `format`.
        NotPermitted: without `report:make`.
        NotFound: for a scope that this person may not see.
    """
    permit(actor, Permission.REPORT_MAKE)
    if form not in FORMATS:
        raise BadInput("form_incomplete", {"format": "choose_one"})
    told = _built(actor, scope, voice or Voice(), SHOWN)
    content = report_file.content(told)
    digest = content.digest
    code, key = _before(actor, key, scope, form, digest)
    code = code or new_identifier()

    def work(op: Operation) -> str:
        row = {"code": code, "kind": str(Kind.REPORT), "issued_at": op.now}
        op.session.execute(insert(Identifier), row)
        facts = {
            "digest": digest,
            "csv": content.csv_digest,
            "keys": content.keys_digest,
            "format": form,
            "scope": scope.plain(),
            "sites": None if actor.sites is None else sorted(actor.sites),
            "specimens": told.scope.specimens_in,
            "events": told.scope.events_in,
            "up_to": told.scope.up_to_event,
        }
        op.create(
            Kind.REPORT, "report_made", code=code, facts=facts, study=told.header.study, site=actor.site
        )
        return code

    asked = {"act": "report_made", "scope": scope.plain(), "format": form, "digest": digest}
    try:
        kept = perform(actor, key, asked, work)
    except Conflict as conflict:
        if is_constraint(conflict, "uq_identifier_code"):
            # That number was given a moment ago.
            return make(actor, scope, form, voice, key=key, progress=progress)
        raise
    if kept != code:  # the same form was sent twice at the same moment: the other one was first
        return make(actor, scope, form, voice, key=key, progress=progress)
    told = replace(told, header=replace(told.header, number=code))
    if form == "csv":
        data = custody_csv(told)
    else:
        drawn = report_file.drawn(actor, told, content, progress)
        del told  # ten thousand records, of which nothing more is needed
        data = bound(drawn)
    with writing(actor) as op:
        facts = {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}
        op.append(Kind.REPORT, code, "report_issued", facts=facts)
    return Made(data, FORMATS[form], f"custody-{code}.{form}", digest, code)


def _before(
    actor: Actor, key: str | None, scope: ReportScope, form: str, digest: str
) -> tuple[str | None, str | None]:
    """Return the number that was given under this key, and the key to go on with: none where the data moved on."""
    if key is None:
        return None, None
    answer = db.session.execute(
        select(AnsweredRequest.outcome).where(
            AnsweredRequest.actor_user == actor.user, AnsweredRequest.key == key
        )
    ).scalar()
    if answer is None:
        return None, key
    table = table_of(Kind.REPORT)
    row = db.session.execute(select(table).where(table.c.code == answer.strip('"'))).mappings().first()
    if row is None or row["scope"] != scope.plain() or row["format"] != form:
        return None, key  # the key was used for something else, and that is refused
    return (row["code"], key) if row["digest"] == digest else (None, None)


def as_of(actor: Actor, scope: ReportScope, number: int) -> CustodyReport:
    """Return a report over the entries up to one of them, to be compared with one that was made then."""
    return _built(actor, scope, Voice(), SHOWN, number)


def _built(
    actor: Actor, scope: ReportScope, voice: Voice, number: str, up_to: int | None = None
) -> CustodyReport:
    with snapshot():
        told = _report(actor, scope, read_facts(actor, scope, up_to), voice, number, now_ms())
        signed = report_signatures.on_report(told.header.study, custody_digest(told), voice)
        return replace(told, signatures=replace(told.signatures, of_report=signed))


@dataclass(slots=True)
class _Found:
    """What the parts of a reading add up to."""

    specimens: list[SpecimenSection] = field(default_factory=list)
    corrections: list[Correction] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)
    near_misses: list[NearMiss] = field(default_factory=list)
    open_matters: list[OpenMatter] = field(default_factory=list)
    signatures: list[SignatureLine] = field(default_factory=list)


def _report(
    actor: Actor, scope: ReportScope, reading: Reading, voice: Voice, number: str, now: int
) -> CustodyReport:
    found, every, studies = _Found(), list[Event](), set[str]()
    for facts in reading.parts:
        studies |= {each.specimen.study for each in facts.histories}
        every += report_events.events(facts, voice)
        found.specimens += sections(facts, voice, now)
        found.corrections += report_events.corrections(facts, voice)
        found.gaps += report_events.gaps(facts, voice)
        found.near_misses += report_events.near_misses(facts, voice)
        found.open_matters += open_matters(facts, voice)
        found.signatures += report_signatures.on_records(facts, voice)
    study = actor.study or _one(studies)
    rules = protocol_or_none(study)
    first, last = scope.period_ms(actor.zone)
    told = sorted(
        (event for event in every if _within(event.happened.at_ms, first, last)),
        key=lambda event: event.number,
    )
    numbers = {event.number for event in told}
    return CustodyReport(
        header=Header(
            study=study,
            title=rules.study.title.said(voice.language) if rules else "–",
            number=number,
            generated_at=moment(now, actor.zone),
            generated_by=Person(actor.name, voice.word(actor.role)),
            software_version=voice.version,
            language=voice.language,
            label=rules.study.label if rules else "",
        ),
        scope=Scope(
            filters=_filters(actor, scope, voice),
            period=(
                moment(first, actor.zone) if first is not None else None,
                moment(last - 1, actor.zone) if last is not None else None,
            ),
            specimens_in=len(found.specimens),
            specimens_out=reading.specimens_out,
            events_in=len(told),
            events_out=len(every) - len(told),
            redactions=report_events.redactions(told),
            up_to_event=reading.up_to,
        ),
        specimens=tuple(found.specimens),
        events=tuple(told),
        corrections=tuple(each for each in found.corrections if each.by_event in numbers),
        gaps=tuple(
            each for each in found.gaps if each.after_event in numbers or each.before_event in numbers
        ),
        near_misses=tuple(each for each in found.near_misses if _within(each.at.at_ms, first, last)),
        open_matters=tuple(found.open_matters),
        signatures=Signatures(
            given=tuple(
                each
                for each in sorted(found.signatures, key=lambda line: line.number)
                if each.number <= reading.up_to and _within(each.at.at_ms, first, last)
            )
        ),
    )


def _one(studies: set[str]) -> str:
    """Return the study of the specimens, for somebody whose grant is for every study."""
    if len(studies) != 1:
        raise Refused("report_one_study")
    return next(iter(studies))


def _within(at_ms: int, first: int | None, last: int | None) -> bool:
    return (first is None or at_ms >= first) and (last is None or at_ms < last)


def _filters(actor: Actor, scope: ReportScope, voice: Voice) -> tuple[tuple[Worded, Worded], ...]:
    found = []
    if scope.code:
        found.append((voice.word(scope.about), plain(scope.code)))
    if not reads_texts(actor):
        found.append((voice.word("texts"), voice.word("left_out")))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Listed:
    """A report that was made, and by whom."""

    report: Report
    made_by: str

    @property
    def scope(self) -> ReportScope:
        """What it was about."""
        return ReportScope.read(self.report.scope)


@dataclass(frozen=True, slots=True)
class Page:
    """Some reports, newest first; `previous` and `next` are cursors or None."""

    reports: tuple[Listed, ...]
    previous: int | None
    next: int | None


def listed(actor: Actor, *, before: int | None = None, after: int | None = None, size: int = 50) -> Page:
    """Return reports that were made, newest first; *before* and *after* are the cursors of a page."""
    permit(actor, Permission.REPORT_MAKE)
    table = table_of(Kind.REPORT)
    statement = select(table).where(tenancy.visible(Kind.REPORT, actor))
    if before is not None:
        statement = statement.where(table.c.id > before).order_by(table.c.id)
    else:
        statement = statement.order_by(table.c.id.desc())
        if after is not None:
            statement = statement.where(table.c.id < after)
    rows = list(db.session.execute(statement.limit(size + 1)).mappings())
    more, rows = len(rows) > size, rows[:size]
    if before is not None:
        rows.reverse()
    newer, older = (more, bool(rows)) if before is not None else (after is not None, more)
    reports = _listed(state_of(Kind.REPORT, row) for row in rows)
    return Page(
        reports,
        rows[0]["id"] if rows and newer else None,
        rows[-1]["id"] if rows and older else None,
    )


def _listed(reports: Iterable[Report]) -> tuple[Listed, ...]:
    known = list(reports)
    names = names_of(each.made_by for each in known)
    return tuple(Listed(each, names.get(each.made_by or "", "–")) for each in known)


def get(actor: Actor, code: str) -> Listed:
    """Return a report that was made; raises NotFound (`unknown_report`)."""
    permit(actor, Permission.REPORT_MAKE)
    return _listed([tenancy.load(Kind.REPORT, code, actor)])[0]


def review(actor: Actor, code: str, *, pen: Pen, key: str | None = None) -> Listed:
    """Sign a report that was made, by the digest that it bears: reviewed, received, or what the study lists.

    Raises:
        NotFound: `unknown_report`.
        Refused: `signed_before` for the same statement by the same person; and what `signature.ask` raises.
    """
    kept = get(actor, code)
    signer = signature.ask(actor, Occasion.REPORT_REVIEWED, pen, protocol_of(kept.report.study))
    stated = signer.meaning.code

    def work(op: Operation) -> str:
        op.load(Kind.REPORT, code)
        before = [each.signature for each in signature.of(Kind.REPORT, code)]
        if any((each.user, each.meaning) == (actor.user, stated) for each in before):
            raise Refused("signed_before")
        op.append(Kind.REPORT, code, "report_reviewed", facts={"meaning": stated})
        signature.sign(op, signer, Kind.REPORT, code)
        return code

    perform(actor, key, {"act": "report_reviewed", "report": code, "meaning": stated}, work)
    return get(actor, code)

"""Findings: raised from the auditor's bench, answered by the site, closed; each step signed with the password again."""

from dataclasses import dataclass

from sqlalchemy import select

from specimens.domain import free_text
from specimens.domain.access import Actor, Permission
from specimens.domain.errors import BadInput, NotFound, NotPermitted, Refused
from specimens.domain.finding import Finding, FindingState, Severity
from specimens.domain.signature import Occasion
from specimens.domain.terms import Kind
from specimens.models.base import db
from specimens.services import audit_sight, scan, signature, tenancy
from specimens.services.draw import draw_now
from specimens.services.entries import entries_of
from specimens.services.hands import names_of, permit, seen
from specimens.services.record import Operation
from specimens.services.request import perform
from specimens.services.row import state_now, state_of, table_of
from specimens.services.signature import Pen

_FS = FindingState

#: Records that a finding can be about.
ABOUT = frozenset(
    {Kind.PARTICIPANT, Kind.VISIT, Kind.KIT, Kind.SPECIMEN, Kind.TRANSFER, Kind.BATCH, Kind.STORAGE}
)

#: Step → (its act, the state it starts from, the permission, the occasion that is signed).
STEPS: dict[str, tuple[str, FindingState, Permission, Occasion]] = {
    "answer": ("finding_answered", _FS.RAISED, Permission.FINDING_ANSWER, Occasion.FINDING_ANSWERED),
    "close": ("finding_closed", _FS.ANSWERED, Permission.FINDING_RAISE, Occasion.FINDING_JUDGED),
    "reopen": ("finding_reopened", _FS.ANSWERED, Permission.FINDING_RAISE, Occasion.FINDING_JUDGED),
}


@dataclass(frozen=True, slots=True)
class Said:
    """One step of a finding: act, what was said (None: redacted), who, in which role, when (ms UTC)."""

    act: str
    text: str | None
    who: str
    role: str
    at: int


@dataclass(frozen=True, slots=True)
class FindingView:
    """A finding as its page shows it, with its signatures and what this person can do next."""

    finding: Finding
    steps: tuple[Said, ...]
    signatures: tuple[signature.Given, ...]
    next: tuple[str, ...]


def raise_finding(
    actor: Actor,
    about: str,
    severity: str,
    text: str,
    *,
    pen: Pen,
    draw: str | None = None,
    key: str | None = None,
) -> Finding:
    """Raise a finding about a record, by its identifier, and sign it.

    Raises:
        NotPermitted: without `finding:raise`.
        BadInput: fields `about`, `severity`, `text`; and what `signature.ask` raises.
    """
    permit(actor, Permission.FINDING_RAISE)
    wrong: dict[str, str] = {}
    kind, code = _record(actor, about)
    if kind is None:
        wrong["about"] = "finding_about_needed"
    if severity not in set(Severity):
        wrong["severity"] = "choose_one"
    text = text.strip()
    if problem := _problem(text):
        wrong["text"] = problem
    if wrong or kind is None:
        raise BadInput("form_incomplete", wrong)
    of_draw = draw if draw and _of_draw(actor, draw, code) else None
    signer = signature.ask(actor, Occasion.FINDING_RAISED, pen)

    def work(op: Operation) -> str:
        record = seen(op, kind, code)
        facts = {
            "study": actor.study,
            "site": getattr(record, "site", None) or actor.site,
            "about_kind": str(kind),
            "about_code": code,
            "severity": severity,
            "draw": of_draw,
        }
        made: Finding = op.create(Kind.FINDING, "finding_raised", facts=facts, sealed={"text": text})
        signature.sign(op, signer, Kind.FINDING, made.code)
        return made.code

    asked = {"act": "raise_finding", "about": code, "severity": severity, "text": text, "draw": of_draw}
    return finding_now(perform(actor, key, asked, work))


def _problem(text: str) -> str | None:
    return "field_needed" if not text else free_text.problem(text)


def _record(actor: Actor, about: str) -> tuple[Kind | None, str]:
    """Return kind and code of the record that an identifier names, where this person sees it."""
    try:
        found = scan.what_is(about)
        kind = Kind(found.kind)
    except (BadInput, NotFound, ValueError):
        return None, ""
    return (kind, found.code) if kind in ABOUT and audit_sight.sees(actor, kind, found.code) else (None, "")


def _of_draw(actor: Actor, code: str, specimen: str) -> bool:
    try:
        tenancy.load(Kind.DRAW, code, actor)
    except NotFound:
        return False
    return specimen in draw_now(code).specimens


def go_on(actor: Actor, code: str, step: str, text: str, *, pen: Pen, key: str | None = None) -> Finding:
    """Take the next step of a finding and sign it: `answer` by the site, `close` or `reopen` by the auditor.

    Raises:
        BadInput: fields `step`, `text`; and what `signature.ask` raises.
        NotPermitted: for a step of the other side, and for answering one's own finding.
        NotFound: `unknown_finding`.
        Refused: `finding_moved_on` when somebody was first.
    """
    if step not in STEPS:
        raise BadInput("form_incomplete", {"step": "choose_one"})
    act, before, permission, occasion = STEPS[step]
    permit(actor, Permission.AUDIT_READ)
    permit(actor, permission)
    text = text.strip()
    if problem := _problem(text):
        raise BadInput("form_incomplete", {"text": problem})
    held: Finding = tenancy.load(Kind.FINDING, code, actor)
    if step == "answer" and held.raised_by == actor.user:
        raise NotPermitted("not_permitted")
    signer = signature.ask(actor, occasion, pen)

    def work(op: Operation) -> str:
        now: Finding = seen(op, Kind.FINDING, code)
        if now.state != before:
            raise Refused("finding_moved_on", state=now.state)
        op.append(Kind.FINDING, code, act, sealed={"text": text})
        signature.sign(op, signer, Kind.FINDING, code)
        return code

    return finding_now(perform(actor, key, {"act": act, "finding": code, "text": text}, work))


def finding_now(code: str) -> Finding:
    """Return a finding as it is now."""
    found: Finding = state_now(Kind.FINDING, code)
    return found


def findings(actor: Actor, limit: int = 500) -> tuple[tuple[Finding, str], ...]:
    """Return the findings of this person's study and sites with who raised them: open ones first, newest first."""
    permit(actor, Permission.AUDIT_READ)
    table = table_of(Kind.FINDING)
    rows = db.session.execute(
        select(table)
        .where(tenancy.visible(Kind.FINDING, actor))
        .order_by(table.c.state == str(_FS.CLOSED), table.c.id.desc())
        .limit(limit)
    ).mappings()
    found = [state_of(Kind.FINDING, row) for row in rows]
    names = names_of(each.raised_by for each in found)
    return tuple((each, names.get(each.raised_by, "")) for each in found)


def get(actor: Actor, code: str) -> FindingView:
    """Return one finding with everything that was said about it.

    Raises:
        NotFound: `unknown_finding`.
    """
    permit(actor, Permission.AUDIT_READ)
    found: Finding = tenancy.load(Kind.FINDING, code, actor)
    entries = entries_of(db.session(), Kind.FINDING, code)
    steps = tuple(
        Said(each.act, each.opened.get("text"), each.actor["name"], each.actor["role"], each.happened_at)
        for each in entries
    )
    able = tuple(
        step
        for step, (_, before, permission, _) in STEPS.items()
        if found.state == before
        and actor.may(permission)
        and not (step == "answer" and found.raised_by == actor.user)
    )
    return FindingView(found, steps, signature.of(Kind.FINDING, code), able)

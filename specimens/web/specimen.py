"""One specimen: who it is, who holds it, how its clocks stand, and everything that happened to it."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from specimens.domain import custody
from specimens.domain.access import Actor, Permission
from specimens.domain.clocks import breach, breach_sentence, duration
from specimens.domain.errors import NotFound
from specimens.domain.identifiers import is_identifier, printed
from specimens.domain.protocol import Protocol
from specimens.domain.specimen import TO_MEDIUM, Specimen
from specimens.domain.terms import Clock, Kind, Mode
from specimens.domain.waited import DEVICE_CLOCK
from specimens.services import duplicate, signature, undo, unreadable
from specimens.services import specimen as service
from specimens.services.lineage import TubeClock
from specimens.services.scan import OK
from specimens.services.timeline import Change, Gap, Step, Timeline
from specimens.web import address, lots, pictures, say
from specimens.web.form import Form
from specimens.web.guard import actor, needs

bp = Blueprint("specimen", __name__, url_prefix="/specimens")

_MINUTE_MS = 60_000


@bp.get("/<code>")
@needs(Permission.SPECIMEN_READ)
def show(code: str) -> str:
    """Show a specimen."""
    view = service.get(actor(), code)
    language = say.language()
    return render_template(
        "specimen/show.html",
        view=view,
        specimen=view.specimen,
        texts=_Texts(view.protocol, language),
        reason=lambda code: _reason(view.protocol, code, language),
        clocks=[_clock(view.protocol, each, language) for each in view.clocks.lines],
        steps=_shown_steps(view.timeline, view.protocol, language),
        bar=pictures.custody_bar(view.timeline.spans),
        gap_said=lambda gap: _gap_sentence(gap, language),
        tree=pictures.lineage_tree(view),
        given=signature.of(Kind.SPECIMEN, code),
        lot=lots.line(view.lot) if view.lot else "",
        running_gap=_gap_sentence(view.timeline.running_gap, language),
        actions=_actions(actor(), view),
        links=_links(actor(), view.specimen),
    )


@bp.route("/<code>/undo", methods=["GET", "POST"])
@needs(Permission.SPECIMEN_CORRECT)
def take_back(code: str) -> str | Response | tuple[str, int]:
    """Take back one's own last act on a specimen, with a reason; it stays, struck through."""
    view = service.get(actor(), code)
    last = max(view.timeline.steps, key=lambda step: step.seq)
    offered = [(each.code, each.text.said(say.language())) for each in view.protocol.reasons_for("undo")]
    form = Form()
    errors: dict[str, str] = {}
    if request.method == "POST":
        reason = form.one_of("reason", [each for each, _text in offered])
        if not form.wrong:
            outcome = undo.undo(actor(), code, form.key, reason=reason, mode=Mode.FORM)
            if outcome.verdict == OK:
                flash(say.sentence(outcome.code, outcome.facts))
                return redirect(url_for("specimen.show", code=code), 303)
            errors = {"": say.sentence(outcome.code, outcome.facts)}
        errors |= {name: say.sentence(wrong) for name, wrong in form.wrong.items()}
    page = render_template(
        "specimen/undo.html",
        specimen=view.specimen,
        last=last,
        reasons=offered,
        errors=errors,
        sent=form.sent,
    )
    return (page, 422) if errors else page


class _Texts:
    """The protocol's words for the codes of a specimen; a code that the protocol does not know stands for itself."""

    def __init__(self, protocol: Protocol, language: str) -> None:
        self.protocol = protocol
        self.language = language

    def __call__(self, kind: str, code: str | None) -> str:
        if not code:
            return ""
        try:
            return str(getattr(self.protocol, kind)(code).text.said(self.language))
        except NotFound:
            return say.word(code)


@dataclass(frozen=True, slots=True)
class _ClockLine:
    """A clock in words: what it limits, its state, how long it took or is taking, how much is left or over."""

    text: str
    state: str
    elapsed: str
    left: str
    sentence: str
    of_child: str | None


def _clock(protocol: Protocol, held: TubeClock, language: str) -> _ClockLine:
    clock = held.clock
    rule = protocol.clock(clock.code)
    broken = breach(rule, clock)
    left = ""
    if not clock.stopped and not clock.over_minutes and clock.deadline_at is not None and clock.started_at:
        limit = (clock.deadline_at - clock.started_at) // _MINUTE_MS
        rest = duration(max(0, limit - (clock.elapsed_minutes or 0)), language)
        left = _("%(minutes)s left, until %(moment)s", minutes=rest, moment=say.moment(clock.deadline_at))
    elapsed = "" if clock.elapsed_minutes is None else duration(clock.elapsed_minutes, language)
    said = breach_sentence(broken, language) if broken else ""
    return _ClockLine(held.text.said(language), str(clock.state), elapsed, left, said, held.of_child)


def _gap_sentence(gap: Gap | None, language: str) -> str:
    if gap is None:
        return ""
    return _(
        "%(length)s without an entry while %(status)s; the limit is %(limit)s.",
        length=duration(gap.minutes, language),
        status=say.word(gap.status),
        limit=duration(gap.limit_minutes, language),
    )


def _shown_steps(line: Timeline, protocol: Protocol, language: str) -> list[dict[str, Any]]:
    """Return the steps as the macro `timeline` takes them."""
    return [
        {
            "number": step.seq,
            "act": say.word(step.act),
            "at": step.happened_at,
            "who": step.who,
            "role": step.role,
            "place": line.names.get(step.station or "", ""),
            "moved": _moved(step, line),
            "elapsed": _elapsed(step, language),
            "gap": _gap_sentence(step.gap, language),
            "struck": _struck(step),
            "struck_by": step.struck_by,
            "of": step.of,
            "reason": _reason(protocol, step.reason, language) if step.reason else "",
            "note": step.note or "",
            "facts": _facts(step, line),
            "changes": [_change(each) for each in step.changes],
        }
        for step in line.steps
    ]


def _reason(protocol: Protocol, code: str, language: str) -> str:
    """Return the protocol's words for a reason, or those of the house."""
    every = (*protocol.reasons, *protocol.not_collected_reasons, *protocol.reject_codes)
    return next((each.text.said(language) for each in every if each.code == code), say.word(code))


def _elapsed(step: Step, language: str) -> str:
    if step.since_ms is None:
        return ""
    if step.since_ms < _MINUTE_MS:
        return _("%(seconds)s s", seconds=step.since_ms // 1000)
    return duration(step.since_ms // _MINUTE_MS, language)


def _struck(step: Step) -> str:
    if step.struck is None:
        return ""
    how = _("Undone by entry %(number)s", number=step.struck_by)
    return how if step.struck == "undone" else _("Corrected by entry %(number)s", number=step.struck_by)


def _moved(step: Step, line: Timeline) -> str:
    if step.moved_to is None or step.moved_from is None:
        return ""

    def where(custodian: str | None, place: str | None, position: str | None) -> str:
        unit = " ".join(part for part in (line.names.get(place or "", place or ""), position) if part)
        parts = (line.names.get(custodian or "", custodian or ""), unit)
        return ", ".join(part for part in parts if part) or "–"

    return f"{where(*step.moved_from)} → {where(*step.moved_to)}"


def _facts(step: Step, line: Timeline) -> str:
    """Return what else an entry says in a few words: how it came in, a typed time, who performed it, a late entry."""
    said = [] if step.mode in ("form", "scan") else [say.word(step.mode)]
    if step.happened_by != Clock.SERVER:
        said.append(say.word(step.happened_by))
    if (told := step.facts.get(DEVICE_CLOCK)) is not None:
        said.append(_("device time %(moment)s", moment=say.moment(told)))
    if step.late_entry:
        said.append(_("recorded %(moment)s", moment=say.moment(step.recorded_at)))
    if (minutes := step.facts.get(TO_MEDIUM)) is not None:
        said.append(
            _("in its medium after %(length)s", length=duration(minutes, say.language()))
            if minutes
            else _("in its medium at once")
        )
    if place := step.facts.get("at_place"):
        said.append(
            _("%(unit)s, well %(well)s", unit=line.names.get(place, place), well=step.facts["at_position"])
        )
    if witness := step.facts.get("witness"):
        said.append(_("second person: %(who)s", who=line.names.get(witness, witness)))
    if other := step.facts.get(duplicate.DUPLICATE):
        said.append(_("the other tube is %(code)s from now on", code=printed(other)))
    if other := step.facts.get(duplicate.BORE):
        said.append(_("it bore the label of %(code)s", code=printed(other)))
    if step.performed_by:
        said.append(_("performed by %(who)s", who=line.names.get(step.performed_by, step.performed_by)))
    return " · ".join(said)


def _change(change: Change) -> dict[str, str]:
    return {
        "field": say.word(change.field),
        "old": _value(change.field, change.old),
        "new": _value(change.field, change.new),
    }


def _value(field: str, value: Any) -> str:
    if value is None:
        return "–"
    if field.endswith("_at") and isinstance(value, int):
        return say.moment(value)
    if isinstance(value, str):
        return printed(value) if is_identifier(value) else say.word(value)
    return str(value)


@dataclass(frozen=True, slots=True)
class _Action:
    """Something that this person may do now: its words and its page."""

    word: str
    page: str


def _actions(who: Actor, view: service.SpecimenView) -> list[_Action]:
    """Return what this person may do to a specimen now, as far as there is a page for it."""
    specimen = view.specimen
    here = f"/specimens/{specimen.code}"
    offered: Iterable[tuple[str | None, str, str]] = (
        (None, f"{here}/correct", _("Correct")),
        *([(None, f"{here}/undo", _("Undo the last act"))] if _undoable(who, view) else []),
        ("label_printed", f"{here}/label", _("Reprint its label")),
        *(
            [("identified_by_position", f"{here}/unreadable", _("Its label cannot be read"))]
            if unreadable.has_a_well(specimen)
            else []
        ),
        ("flagged", f"{here}/duplicate", _("Another tube bears this label too")),
        ("retrieved", f"{here}/retrieve", _("Retrieve")),
        ("used", f"{here}/use", _("Use")),
        ("thawed", f"{here}/thaw", _("Thaw")),
        ("shipped", f"{here}/ship", _("Ship")),
        ("returned", f"{here}/return", _("Take back")),
        ("evaluated", f"{here}/evaluate", _("Evaluate")),
        ("reassigned", f"{here}/reassign", _("Move to another visit")),
        ("quarantined", f"{here}/quarantine", _("Put into quarantine")),
        ("destroyed", f"{here}/destroy", _("Destroy")),
    )
    return [
        _Action(word, page)
        for act, page, word in offered
        if (act is None or _allowed(act, who, specimen)) and address.opens(who, page)
    ]


def _undoable(who: Actor, view: service.SpecimenView) -> bool:
    """Say whether the last act looks like one that this person may take back; the service asks again."""
    last = max(view.timeline.steps, key=lambda step: step.seq)
    mine = (last.user, last.station) == (who.user, who.station) and last.seq > 1
    recent = view.clocks.now - last.recorded_at <= undo.UNDO_MINUTES * _MINUTE_MS
    return mine and recent and last.act not in undo.FOR_GOOD


def _allowed(act: str, who: Actor, specimen: Specimen) -> bool:
    """Ask the table of acts, as if everything that the act's own page asks for were there."""
    at = specimen.collected_at or 0
    return custody.may(act, specimen, who, at, reason="-", witness="-", position="-") is None


def _links(who: Actor, specimen: Specimen) -> dict[str, str]:
    """Return the pages of what the specimen belongs to, as far as this person may open them."""
    pages = {
        "participant": f"/participants/{specimen.participant}",
        "visit": f"/visits/{specimen.visit}",
        "transfer": f"/transfers/{specimen.transfer}" if specimen.transfer else "",
        "batch": f"/batches/{specimen.batch}" if specimen.batch else "",
        "audit": f"/audit/specimen/{specimen.code}",
        "report": "/reports/custody",
    }
    if specimen.place:
        pages["place"] = f"/boxes/{specimen.place}" if specimen.position else f"/storage/{specimen.place}"
    return {name: page for name, page in pages.items() if page and address.opens(who, page)}

"""Collection: the scanning page of a kit, the procedure of a tissue kit, and stopping a session.

What a scan means depends on the one before it (NOT COLLECTED, UNDO); that lies in hidden fields of the form, so the
page works without JavaScript, and Back or a refresh asks for nothing that was not asked before.
"""

from dataclasses import dataclass, field, replace
from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.datastructures import ImmutableMultiDict
from werkzeug.wrappers import Response

from specimens.domain.access import Permission
from specimens.domain.choice_codes import CHOICES
from specimens.domain.errors import BadInput, Conflict, NotFound, Refused
from specimens.domain.identifiers import COMMAND_CODES, COMMANDS, ScanText, read_scan
from specimens.domain.protocol import Protocol
from specimens.domain.specimen import MOST_TO_MEDIUM, TO_MEDIUM
from specimens.domain.terms import Kind, Mode
from specimens.services import collection, find, kit, scan, undo
from specimens.services.clock import today
from specimens.services.collection_last import last_scans
from specimens.services.scan import CHECK, OK, STOP, ScanOutcome
from specimens.web import say
from specimens.web.bedside import around, choices, reason_word, reasons, said
from specimens.web.form import Form
from specimens.web.guard import actor, needs

bp = Blueprint("kit", __name__)

Answer = str | Response | tuple[str, int]

#: What a scan can wait for: the tube that was not collected, the tube whose last act is taken back.
PENDING = {"NOT_COLLECTED": "not_collected", "UNDO": "undo"}
#: Before a reason: it is not one tube that is not collected, but everything that is outstanding.
SESSION = "session:"
_TIME = ("happened_day", "happened_month", "happened_year", "happened_hour", "happened_minute")
_CARRIED = (*_TIME, "happened_which", TO_MEDIUM, "container", "reason", "late_reason")
_KEPT = (*_CARRIED, "scan", "pending", "typed")


@dataclass(slots=True)
class Page:
    """What the page says after a scan.

    `carried` is what was typed and scanned; it is sent again with the choice that `outcome.ask` asks for.
    """

    outcome: ScanOutcome | None = None
    pending: str = ""
    carried: dict[str, str] = field(default_factory=dict)
    held: int = 0


def _mode(form: Form) -> Mode:
    return Mode.TYPED if form.sent.get("typed") else Mode.SCAN


@bp.get("/kits/<code>/scan")
@bp.get("/kits/<code>/collect")
@needs(Permission.COLLECT)
def collect(code: str) -> Answer:
    """Show the scanning page of a kit; without the script it stands at the other address once something was scanned."""
    return _rendered(code, Page())


def _rendered(code: str, page: Page) -> str:
    view = kit.get(actor(), code)
    protocol = view.protocol
    here = actor().station
    open_here = view.open_here and view.kit.opened_at_station == here
    ask = page.outcome.ask if page.outcome else None
    return render_template(
        "kit/collect.html",
        view=view,
        page=page,
        outcome=page.outcome,
        open_here=open_here,
        elsewhere=view.open_here and not open_here,
        attested=open_here and actor().user in view.attested,
        last=[_in_words(protocol, each) for each in last_scans(view.kit)],
        asked=_asked(view, ask),
        before=_before(view),
        substitutes=choices(protocol.containers),
        containers=dict(choices(protocol.containers)),
        **around(protocol),
    )


def _in_words(protocol: Protocol, outcome: ScanOutcome) -> ScanOutcome:
    """Return an outcome whose reason is told in words."""
    return replace(
        outcome, facts={**outcome.facts, "reason": reason_word(protocol, outcome.facts.get("reason"))}
    )


def _asked(view: kit.KitView, ask: str | None) -> tuple[str, list[tuple[str, str]]]:
    """Return the field and the choices of the reason that is asked for."""
    protocol = view.protocol
    match ask:
        case "not_collected":
            offered = protocol.not_collected_reasons_for(view.kit.procedure)
            whole = [
                (f"{SESSION}{each.code}", _("%(why)s: stop the session", why=said(each.text)))
                for each in offered
                if each.ends_session
            ]
            return "reason", [*choices(offered), *whole]
        case "undo":
            return "reason", reasons(protocol, "undo")
        case "container":
            return "reason", reasons(protocol, "container")
        case "late_entry":
            return "late_reason", reasons(protocol, "late_entry")
        case "which_hour":
            return "happened_which", [("earlier", _("the earlier one")), ("later", _("the later one"))]
    return "", []


def _before(view: kit.KitView) -> dict[str, Any]:
    """Return what a code says about the next tube, for the script: it sends the tube together with it, in one item.

    `lead` is the field, `codes` the fields and values by the codes to scan; `answers` the reasons, each as the code to
    scan (None past the ninth), value and word.
    """
    offered = _asked(view, "not_collected")[1]
    numbers = {number: code for code, number in CHOICES.items()}
    pending = PENDING["NOT_COLLECTED"]
    return {
        "lead": "pending",
        "codes": {COMMAND_CODES["NOT_COLLECTED"]: ("pending", pending)},
        "answers": [
            (numbers.get(place), value, text) for place, (value, text) in enumerate(offered, start=1)
        ],
        "words": {pending: say.word(pending), **dict(offered)},
        "said": {
            "half": say.sentence(f"now_{pending}"),
            "first": say.sentence("not_collected_reason", {"code": "{code}"}),
            "none": say.sentence("pending_dropped"),
        },
    }


@bp.post("/kits/<code>/scan")
@needs(Permission.COLLECT)
def scanned(code: str) -> Answer:
    """Take one scan at a kit, and show the page with its verdict."""
    form = Form()
    try:
        text = read_scan(form.sent.get("scan", ""))
    except BadInput:
        text = None  # the service keeps what could not be read
    word = COMMANDS.get(text.code) if text else None
    held = int(form.whole("held", most=9999) or 0)
    if held and word != "ACKNOWLEDGE":
        outcome = ScanOutcome(STOP, "stop_held", {"count": held})
        return _rendered(code, Page(outcome, held=held + 1))
    try:
        if text and text.code in CHOICES:
            answer = _choice(code, CHOICES[text.code], form)
        elif word:
            answer = _command(code, word, form)
        elif text and scan.kind_of(text.code) == Kind.KIT:
            answer = _kit(code, text.code, form)
        else:
            answer = _tube(code, form)
    except (Refused, Conflict, NotFound) as error:
        answer = Page(_kept(code, form, error, text))
    if isinstance(answer, Response):
        return answer
    answer.held = 1 if answer.outcome and answer.outcome.verdict == STOP else 0
    return _rendered(code, answer)


def _kept(code: str, form: Form, error: Refused | Conflict | NotFound, text: ScanText | None) -> ScanOutcome:
    """Keep what a command or another kit was refused for; what a tube was refused for is kept by its act."""
    kit.get(actor(), code)
    if text is None or isinstance(error, Conflict):
        return ScanOutcome(STOP, error.code, dict(error.facts), text.code if text else None)
    raw, key = form.sent.get("scan", ""), form.scan_key
    return find.refused(
        actor(), raw, error, key=f"{key}:kept" if key else None, mode=_mode(form), subject=code
    )


def _command(code: str, word: str, form: Form) -> Page | Response:
    """Do what a command code says."""
    kit.get(actor(), code)
    match word:
        case "IDENTITY":
            kit.begin(actor(), code, key=form.scan_key, mode=_mode(form))
            if kit.get(actor(), code).yield_needed:
                return redirect(url_for("procedure.record", code=code), 303)
            return Page(ScanOutcome(OK, "identity_ok", {"kit": code}))
        case "FINISH":
            done = kit.finish(actor(), code, key=form.scan_key, mode=_mode(form))
            left = len(kit.get(actor(), code).outstanding)
            told = ngettext(
                "The session is finished. %(num)s tube is still to be taken; scan the kit to go on.",
                "The session is finished. %(num)s tubes are still to be taken; scan the kit to go on.",
                left,
            )
            flash(told if left else _("The session is finished. Every tube has its outcome."))
            return redirect(url_for("visit.check", code=done.visit), 303)
        case "ACKNOWLEDGE":
            return Page()
    pending = PENDING[word]
    if form.sent.get("pending") == pending:
        return Page(ScanOutcome(CHECK, "pending_dropped", {}))
    return Page(ScanOutcome(CHECK, f"now_{pending}", {}), pending)


def _choice(code: str, number: int, form: Form) -> Page | Response:
    """Take the choice of that number, of those that the page was showing."""
    name, offered = _asked(kit.get(actor(), code), form.sent.get("ask"))
    if not 1 <= number <= len(offered):
        return Page(ScanOutcome(CHECK, "no_such_choice", {"number": number}), form.sent.get("pending", ""))
    kept = {each: form.sent[f"kept_{each}"] for each in _KEPT if f"kept_{each}" in form.sent}
    nonce = form.sent.get("nonce", "")
    form.sent = ImmutableMultiDict({**kept, name: offered[number - 1][0], "nonce": nonce})
    return _tube(code, form)


def _kit(code: str, read: str, form: Form) -> Page | Response:
    """Open this kit here; another one has a page of its own."""
    if read != code:
        other = kit.get(actor(), read)
        return redirect(url_for("kit.collect", code=other.kit.code), 303)
    kit.open_kit(actor(), code, key=form.scan_key, mode=_mode(form))
    return Page(ScanOutcome(OK, "kit_open_ok", {"kit": code}, code))


def _tube(code: str, form: Form) -> Page | Response:
    """Take a tube: collected, or what the command before it said."""
    sent = form.sent
    raw, pending, mode, key = sent.get("scan", ""), sent.get("pending", ""), _mode(form), form.scan_key
    reason = sent.get("reason") or None
    if pending == "not_collected" and reason and reason.startswith(SESSION):
        done = kit.stop(actor(), code, reason=reason.removeprefix(SESSION), key=form.key)
        flash(_("The session is stopped."))
        return redirect(url_for("visit.check", code=done.visit), 303)
    if pending == "not_collected":
        outcome = collection.not_collected(actor(), code, raw, key, reason=reason, mode=mode)
        return _page(outcome, sent, {"pending": pending})
    if pending == "undo":
        outcome = undo.undo(actor(), raw, key, reason=reason, subject=code, mode=mode)
        return _page(outcome, sent, {"pending": pending})
    happened_at = _typed_time(form)
    carried = {name: sent[name] for name in _CARRIED if sent.get(name)}
    if "happened" in form.wrong:
        wrong = form.wrong["happened"]
        ask = "which_hour" if wrong == "time_repeats" else None
        facts = dict(form.about.get("happened", {}))
        return _page(ScanOutcome(CHECK, wrong, facts, None, None, None, ask), sent, carried)
    minutes = form.whole(TO_MEDIUM, most=MOST_TO_MEDIUM)
    if TO_MEDIUM in form.wrong:
        return _page(ScanOutcome(CHECK, form.wrong[TO_MEDIUM], {}), sent, carried)
    outcome = collection.collect(
        actor(), code, raw, key, happened_at=happened_at, container=sent.get("container") or None,
        reason=reason, late_reason=sent.get("late_reason") or None, minutes_to_medium=minutes, mode=mode,
    )  # fmt: skip
    return _page(outcome, sent, carried)


def _typed_time(form: Form) -> int | None:
    """Return the time of collection that was typed for this tube; hour and minute alone mean today."""
    if not any(form.sent.get(name, "").strip() for name in _TIME):
        return None
    if not any(form.sent.get(name, "").strip() for name in _TIME[:3]):
        on = today(actor().zone)
        dated = {**form.sent, _TIME[0]: str(on.day), _TIME[1]: str(on.month), _TIME[2]: str(on.year)}
        form.sent = ImmutableMultiDict(dated)
    return form.date_time("happened")


def _page(outcome: ScanOutcome, sent: Any, carried: dict[str, str]) -> Page:
    """Return the page after a tube; what was asked for is carried on until its reason is there."""
    if not outcome.ask:
        kept = {} if outcome.saved or outcome.verdict == STOP else carried
        return Page(outcome, carried=kept)
    return Page(outcome, carried={**carried, "scan": sent.get("scan", ""), "typed": sent.get("typed", "")})


@bp.post("/kits/<code>/open")
@needs(Permission.COLLECT)
def opened(code: str) -> Answer:
    """Open a kit here by the button, or take it over from another station."""
    form = Form()
    try:
        kit.open_kit(actor(), code, take_over=form.sent.get("take_over") == "1", key=form.key)
    except (Refused, Conflict) as error:
        return _rendered(code, Page(ScanOutcome(STOP, error.code, dict(error.facts))))
    return redirect(url_for("kit.collect", code=code), 303)

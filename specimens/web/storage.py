"""Storage: the tree, the map of a box, putting away and taking out by scanning, an excursion.

What a scan waits for (a well that was chosen, UNDO) lies in hidden fields of the form, so that the pages work without
JavaScript, and Back or a refresh asks for nothing that was not asked before.
"""

from dataclasses import dataclass, field
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import ngettext
from werkzeug.wrappers import Response

from specimens.domain.access import Permission
from specimens.domain.errors import BadInput, Conflict, NotFound, Refused
from specimens.domain.identifiers import COMMANDS, ScanText, read_scan
from specimens.domain.storage import OTHER_TEMPERATURE
from specimens.domain.terms import Kind, Mode
from specimens.services import excursion as excursions
from specimens.services import find, recent_scans, scan, storage, storage_map, storage_unit, undo
from specimens.services.scan import CHECK, STOP, ScanOutcome
from specimens.services.study import protocol_of
from specimens.web import say
from specimens.web.bedside import door, reasons
from specimens.web.figures import grouped
from specimens.web.form import Form
from specimens.web.guard import actor, needs

bp = Blueprint("storage", __name__)

Answer = str | Response | tuple[str, int]

#: What a page waits for after the command of that name: the tube whose last act is to be taken back.
UNDO = "undo"


@dataclass(slots=True)
class Page:
    """What a scanning page says; `carried` is sent again together with the reason that `outcome.ask` asks for."""

    outcome: ScanOutcome | None = None
    pending: str = ""
    well: str = ""
    carried: dict[str, str] = field(default_factory=dict)
    held: int = 0

    def __post_init__(self) -> None:
        """Hold what comes after a STOP until somebody has looked."""
        if self.outcome and self.outcome.verdict == STOP:
            self.held = max(1, self.held)


def mode_of(form: Form) -> Mode:
    """Return how a scan came in."""
    return Mode.TYPED if form.sent.get("typed") else Mode.SCAN


def steering(form: Form) -> tuple[ScanText | None, Page | None]:
    """Read a scan at a list of tubes; return what was read, and the page where it steers and is no tube.

    While STOP is held everything but ACKNOWLEDGE is counted; UNDO waits for a tube, and twice is never.
    """
    try:
        text = read_scan(form.sent.get("scan", ""))
    except BadInput:
        text = None  # the service keeps what could not be read
    word, pending = COMMANDS.get(text.code) if text else None, form.sent.get("pending", "")
    held = form.whole("held", most=9999) or 0
    if held and word != "ACKNOWLEDGE":
        return text, Page(ScanOutcome(STOP, "stop_held", {"count": held}), pending, held=held + 1)
    if word == "ACKNOWLEDGE":
        return text, Page()
    if word == "UNDO":
        waits = "undo_dropped" if pending == UNDO else "undo_scan_tube"
        return text, Page(ScanOutcome(CHECK, waits, {}), "" if pending == UNDO else UNDO)
    return text, None


def temperatures() -> dict[str, str]:
    """Return the storage temperatures of all studies in this reader's language."""
    return {
        code: words.get(say.language(), words["en"]) for code, words in storage_unit.temperatures().items()
    }


# ------------------------------------------------------------------------------------------------ the store


@bp.get("/storage")
@needs(Permission.STORAGE_READ)
def index() -> str:
    """Show the store as a tree, with a field that takes the code of a unit or of a tube."""
    return _index(None)


def _index(outcome: ScanOutcome | None) -> str:
    return render_template(
        "storage/index.html", branches=storage_map.tree(actor()), temperatures=temperatures(), outcome=outcome
    )


@bp.post("/storage")
@needs(Permission.STORAGE_READ)
def go() -> Answer:
    """Go to the unit that was scanned, or to where a scanned tube lies."""
    raw = Form().sent.get("scan", "")
    try:
        found = scan.what_is(raw)
        if found.kind == Kind.STORAGE:
            storage_map.view(actor(), found.code)  # out of sight is not found
            return redirect(url_for("storage.unit", code=found.code), 303)
        if found.kind == Kind.SPECIMEN:
            if place := storage_map.place_of(actor(), found.code):
                return redirect(url_for("storage.unit", code=place, tube=found.code), 303)
            return _index(ScanOutcome(CHECK, "not_in_store", {"code": found.code}, found.code))
        return _index(ScanOutcome(CHECK, "not_a_unit", {"kind": found.kind}, found.code))
    except (BadInput, NotFound) as error:
        return _index(_unknown(raw, error, Form()))


def _unknown(raw: str, error: BadInput | NotFound, form: Form) -> ScanOutcome:
    """Keep a scan that names nothing that this person may see."""
    return find.refused(actor(), raw, error, key=form.scan_key, mode=mode_of(form))


@bp.get("/storage/<code>")
@needs(Permission.STORAGE_READ)
def unit(code: str) -> Answer:
    """Show a unit: what stands in it and what is in it; a box has a map of its own."""
    view = storage_map.view(actor(), code)
    if view.unit.rows:
        return redirect(url_for("storage.box", code=code, **request.args), 303)
    return _unit(code, Page())


@bp.get("/boxes/<code>")
@needs(Permission.STORAGE_READ)
def box(code: str) -> Answer:
    """Show the map of a box, with the well that the next tube goes into."""
    view = storage_map.view(actor(), code)
    if not view.unit.rows:
        return redirect(url_for("storage.unit", code=code), 303)
    well = request.args.get("well", "").upper()
    free = {each.position for row in view.grid for each in row if not each.occupant}
    return _unit(code, Page(well=well if well in free else ""))


def _unit(code: str, page: Page) -> str:
    view = storage_map.view(actor(), code, page.well or None)
    may_store = actor().may(Permission.STORE)
    return render_template(
        "storage/box.html" if view.unit.rows else "storage/unit.html",
        view=view,
        page=page,
        outcome=page.outcome,
        may_store=may_store,
        last=recent_scans.at_box(actor(), view.unit) if may_store else [],
        asked=_asked(page.outcome),
        temperatures=temperatures(),
        sought=request.args.get("tube", ""),
        door=door,
        grouped=grouped,
    )


def _asked(outcome: ScanOutcome | None) -> list[tuple[str, str]]:
    match outcome.ask if outcome else None:
        case "reason":
            return [(code, say.word(code)) for code in OTHER_TEMPERATURE]
        case "undo":
            return reasons(protocol_of(actor().study), "undo")
    return []


@bp.post("/boxes/<code>")
@needs(Permission.STORE)
def fill(code: str) -> Answer:
    """Take one scan at a box or another unit: a tube goes in, a unit's code goes there, UNDO takes back."""
    form = Form()
    sent = form.sent
    try:
        text = read_scan(sent.get("scan", ""))
    except BadInput:
        text = None  # the service keeps what could not be read
    pending, well = sent.get("pending", ""), sent.get("well", "")
    held = form.whole("held", most=9999) or 0
    if held and (text is None or COMMANDS.get(text.code) != "ACKNOWLEDGE"):
        return _unit(
            code, Page(ScanOutcome(STOP, "stop_held", {"count": held}), pending, well, held=held + 1)
        )
    if text and text.code in COMMANDS:
        return _command(code, COMMANDS[text.code], pending)
    if text and scan.kind_of(text.code) == Kind.STORAGE and text.code != code:
        try:
            storage_map.view(actor(), text.code)
        except NotFound as error:
            return _unit(code, Page(_unknown(sent.get("scan", ""), error, form)))
        return redirect(url_for("storage.unit", code=text.code), 303)
    raw, key, mode, reason = sent.get("scan", ""), form.scan_key, mode_of(form), sent.get("reason", "")
    try:
        if pending == "undo":
            outcome = undo.undo(actor(), raw, key, reason=reason or None, subject=code, mode=mode)
        else:
            outcome = storage.put(
                actor(), code, raw, well=well or None, reason=reason, note=sent.get("reason_note", ""), key=key,
                mode=mode,
            )  # fmt: skip
    except (Refused, Conflict) as error:
        return _unit(
            code, Page(ScanOutcome(STOP, error.code, dict(error.facts), text.code if text else None))
        )
    except BadInput as error:
        wrong = next(iter(error.fields.values()), error.code)
        return _unit(code, Page(ScanOutcome(CHECK, wrong, dict(error.facts), text.code if text else None)))
    page = Page(outcome)
    if outcome.ask:
        page.pending, page.well = pending, well
        page.carried = {"scan": raw, "typed": sent.get("typed", ""), "pending": pending, "well": well}
    return _unit(code, page)


def _command(code: str, word: str, pending: str) -> Answer:
    match word:
        case "FINISH":
            return redirect(url_for("storage.index"), 303)
        case "ACKNOWLEDGE":
            return _unit(code, Page())
        case "UNDO":
            if pending == "undo":
                return _unit(code, Page(ScanOutcome(CHECK, "undo_dropped", {})))
            return _unit(code, Page(ScanOutcome(CHECK, "undo_scan_tube", {}), "undo"))
    return _unit(code, Page(ScanOutcome(CHECK, "command_not_here", {"word": word.lower()})))


# ---------------------------------------------------------------------------------------------- taking out


@bp.get("/storage/retrieve")
@needs(Permission.STORE)
def retrieve() -> Answer:
    """Ask why tubes are taken out; then take scans."""
    chosen = request.args.get("reason", "")
    return _retrieve(chosen if chosen in dict(_retrieve_reasons()) else "", None)


def _retrieve_reasons() -> list[tuple[str, str]]:
    return reasons(protocol_of(actor().study), "retrieve")


def _is_command(raw: str, word: str) -> bool:
    try:
        return COMMANDS.get(read_scan(raw).code) == word
    except BadInput:
        return False


def _retrieve(reason: str, outcome: ScanOutcome | None, held: int = 0) -> str:
    page = Page(outcome, held=held)
    return render_template(
        "storage/retrieve.html", reason=reason, reasons=_retrieve_reasons(), outcome=outcome,
        page=page,
        last=recent_scans.taken_out(actor()),
    )  # fmt: skip


@bp.post("/storage/retrieve")
@needs(Permission.STORE)
def take_out() -> Answer:
    """Take one tube out by scanning it."""
    form = Form()
    reason = form.sent.get("reason", "")
    if reason not in dict(_retrieve_reasons()):
        return redirect(url_for("storage.retrieve"), 303)
    raw = form.sent.get("scan", "")
    if _is_command(raw, "UNDO"):
        return redirect(url_for("home.index", pending="undo"), 303)
    held = form.whole("held", most=9999) or 0
    if held and not _is_command(raw, "ACKNOWLEDGE"):
        return _retrieve(reason, ScanOutcome(STOP, "stop_held", {"count": held}), held + 1)
    if _is_command(raw, "ACKNOWLEDGE"):
        return _retrieve(reason, None)
    try:
        outcome = storage.retrieve(actor(), raw, reason=reason, key=form.scan_key, mode=mode_of(form))
    except (Refused, Conflict) as error:
        outcome = ScanOutcome(STOP, error.code, dict(error.facts))
    return _retrieve(reason, outcome)


# ----------------------------------------------------------------------------------------------- excursion


@bp.route("/storage/<code>/excursion", methods=["GET", "POST"])
@needs(Permission.STORE)
def excursion(code: str) -> Answer:
    """Record a temperature excursion of a unit; every tube that it reached is held."""
    form = Form()
    errors: dict[str, str] = {}
    view = storage_map.view(actor(), code)
    if request.method == "POST":
        values: dict[str, Any] = {
            "lowest_tenths_c": form.tenths("lowest", needed=True),
            "highest_tenths_c": form.tenths("highest", needed=True),
            "minutes": form.whole("minutes", least=1, needed=True),
            "began_at": form.date_time("began", needed=True),
            "cause": form.one_of("cause", excursions.CAUSES),
            "note": form.text("reason_note"),
        }
        errors = form.saved(lambda: excursions.record(actor(), code, key=form.key, **values))
        if not errors:
            count = len(form.result.specimens)
            flash(
                ngettext(
                    "Recorded. %(num)s specimen is held until the investigator decides.",
                    "Recorded. %(num)s specimens are held until the investigator decides.",
                    count,
                )
            )
            return redirect(url_for("storage.unit", code=code), 303)
    page = render_template(
        "storage/excursion.html",
        view=view,
        reached=excursions.would_reach(actor(), code),
        causes=[(each, say.word(each)) for each in excursions.CAUSES],
        temperatures=temperatures(),
        form=form,
        errors=errors,
        sent=form.sent,
    )
    return (page, 422) if errors else page

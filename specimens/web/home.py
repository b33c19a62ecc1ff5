"""The front door: scan anything, and be led to its page."""

from flask import Blueprint, redirect, render_template, request
from werkzeug.wrappers import Response

from specimens.domain.access import Actor, Permission
from specimens.domain.errors import BadInput, NotFound, Refused
from specimens.domain.terms import Kind, Mode, StorageKind
from specimens.domain.transfer import ON_ITS_WAY
from specimens.services import find, people, presence, site, tenancy
from specimens.services.scan import CHECK, Found, ScanOutcome
from specimens.web import address
from specimens.web.form import Form
from specimens.web.guard import actor, any_role

bp = Blueprint("home", __name__)

#: What a scan can wait for: the tube whose last act is taken back.
UNDO = "undo"


@bp.get("/")
@any_role
def index() -> str | Response:
    """Show the field that takes any scan; `?scan=` goes to what it names, as a photo or a link does."""
    raw = request.args.get("scan", "")
    if (
        request.args.get("pending") == UNDO and not raw
    ):  # UNDO was scanned on a page that takes nothing back itself
        return _page(ScanOutcome(CHECK, "undo_scan_tube", {}), pending=UNDO)
    return _led(raw, None, Mode.PHOTO) if raw else _page(None)


@bp.post("/")
@any_role
def scanned() -> str | Response:
    """Go to what a scan names, or say why there is nowhere to go."""
    form = Form()
    mode = Mode.TYPED if form.sent.get("typed") else Mode.SCAN
    raw = form.sent.get("scan", "")
    return _led(raw, form.scan_key, mode, pending=form.sent.get("pending") == UNDO)


def _led(raw: str, key: str | None, mode: str, *, pending: bool = False) -> str | Response:
    try:
        found = find.find(actor(), raw)
    except (BadInput, NotFound) as error:
        if error.code == "label_of_a_pool":
            return _page(ScanOutcome(CHECK, error.code, dict(error.facts), str(error.facts["code"])))
        return _page(find.refused(actor(), raw, error, key=key, mode=mode))
    if found.word == "UNDO" and actor().may(Permission.SPECIMEN_CORRECT):
        if pending:
            return _page(ScanOutcome(CHECK, "undo_dropped", {}))
        return _page(ScanOutcome(CHECK, "undo_scan_tube", {}), pending=UNDO)
    if pending and found.kind == Kind.SPECIMEN and address.opens(actor(), f"/specimens/{found.code}/undo"):
        return redirect(f"/specimens/{found.code}/undo", 303)
    if found.kind == "command":
        return _page(ScanOutcome(CHECK, f"command_{str(found.word).lower()}", {}, found.code))
    if found.kind == Kind.STATION:
        return _page(_outcome(found, "found_station"), station=site.station(found.code))
    if found.kind == Kind.BADGE:  # at a station it never gets here: the badge is followed by the PIN
        try:
            presence.whose(raw)
        except Refused as error:
            return _page(find.refused(actor(), raw, error, key=key, mode=mode))
        return _page(_outcome(found, "badge_needs_station"))
    if found.kind == Kind.USER:
        return _page(_outcome(found, "found_person", name=people.person(found.code).full_name))
    for page in _addresses(actor(), found):
        if address.opens(actor(), page):
            return redirect(page, 303)
    return _page(_outcome(found, "no_page_for", kind=found.kind))


def _outcome(found: Found, code: str, **facts: str) -> ScanOutcome:
    return ScanOutcome(CHECK, code, {"code": found.code, **facts}, found.code)


def _addresses(who: Actor, found: Found) -> list[str]:
    """Return where this role goes with such a thing: the first page that is there and open to it."""
    code = found.code
    match found.kind:
        case Kind.KIT:
            kit = tenancy.load(Kind.KIT, code, who)
            collects = [f"/kits/{code}/collect"] if kit.finished_at is None else []
            return [*collects, f"/visits/{kit.visit}"]
        case Kind.TRANSFER:
            transfer = tenancy.load(Kind.TRANSFER, code, who)
            arrives = who.site == transfer.to_site and transfer.state in ON_ITS_WAY
            receives = arrives and who.may(Permission.TRANSFER_RECEIVE) and transfer.released_by != who.user
            return [*([f"/transfers/{code}/receipt"] if receives else []), f"/transfers/{code}"]
        case Kind.STORAGE:
            unit = tenancy.load(Kind.STORAGE, code, who)
            boxes = [f"/boxes/{code}"] if unit.kind == StorageKind.BOX else []
            return [*boxes, f"/storage/{code}", f"/admin/storage/{code}"]
        case _:
            return [f"/{found.kind}{'es' if found.kind == Kind.BATCH else 's'}/{code}"]


def _page(outcome: ScanOutcome | None, station: object = None, pending: str = "") -> str:
    shows_photo = address.posts("/photo")
    return render_template(
        "home/index.html", outcome=outcome, station=station, shows_photo=shows_photo, pending=pending
    )

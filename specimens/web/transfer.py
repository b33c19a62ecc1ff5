"""Transfers: the open lists, packing, sealing, releasing, taking back."""

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from specimens.domain.access import Permission
from specimens.domain.errors import BadInput
from specimens.domain.identifiers import COMMAND_CODES, read_scan
from specimens.domain.transfer import TRANSPORTS
from specimens.services import consignee, recall, scan_history, transfer, transfer_list, transfer_view
from specimens.services.clock import now_ms
from specimens.services.scan import ScanOutcome
from specimens.services.study import protocol_of
from specimens.web import handover
from specimens.web.form import Form
from specimens.web.guard import actor, needs

bp = Blueprint("transfer", __name__)
Page = str | Response | tuple[str, int]


@bp.get("/transfers")
@needs(Permission.TRANSFER_READ)
def index() -> Page:
    """Show the open lists by what comes next."""
    lists = transfer_list.open_lists(actor(), now_ms())
    kits = transfer_list.kits_waiting(actor()) if actor().may(Permission.TRANSFER_RELEASE) else ()
    return render_template("transfer/index.html", lists=lists, kits=kits, **handover.around())


@bp.get("/transfers/closed")
@needs(Permission.TRANSFER_READ)
def closed() -> Page:
    """Show the lists that are over, newest first."""
    view = transfer_list.closed_lists(
        actor(),
        now_ms(),
        before=handover.cursor("before"),
        after=handover.cursor("after"),
    )
    return render_template("transfer/closed.html", page_of=view, **handover.around())


@bp.route("/transfers/new", methods=["GET", "POST"])
@needs(Permission.TRANSFER_RELEASE)
def new() -> Page:
    """Release what was collected of a kit in one act, or begin a list for somebody."""
    kit = request.args.get("kit", "").upper()
    return _release_kit(kit) if kit else _begin()


def _begin() -> Page:
    form = Form()
    errors: dict[str, str] = {}
    if request.method == "POST":
        kind, _sep, code = form.text("to").partition(":")
        key = form.key
        errors = form.saved(lambda: transfer.open_transfer(actor(), kind, code, key=key))
        if not errors:
            return redirect(url_for("transfer.show", code=form.result.code), 303)
    page = render_template(
        "transfer/new.html",
        errors=errors,
        kits=transfer_list.kits_waiting(actor()),
        to=_consignees(),
        sent=form.sent,
        **handover.around(),
    )
    return (page, 422) if errors else page


def _release_kit(kit: str) -> Page:
    ready = transfer.releasable(actor(), kit)
    form = Form()
    errors: dict[str, str] = {}
    if request.method == "POST":
        kind, _sep, to = form.text("to").partition(":")
        packing = _packing(form)
        key = form.key
        if not to:
            form.wrong["to"] = "consignee_needed"
        errors = form.saved(lambda: transfer.release_kit(actor(), kit, kind, to, key=key, **packing))
        if not errors:
            flash(_("Released. You answer for the tubes until somebody accepts them."))
            return redirect(url_for("transfer.show", code=form.result.code), 303)
    page = render_template(
        "transfer/release_kit.html",
        errors=errors,
        kit=kit,
        ready=ready,
        whats=transfer_view.whats_of(ready),
        to=_consignees(),
        sent=form.sent,
        **_choices(),
        **handover.around(),
    )
    return (page, 422) if errors else page


def _consignees() -> list[consignee.Consignee]:
    return list(consignee.consignees(actor()))


def _choices() -> dict[str, object]:
    return {"transports": TRANSPORTS, "bands": handover.bands(protocol_of(actor().study))}


def _packing(form: Form) -> dict[str, object]:
    told: dict[str, object] = {
        "count": form.whole("count", most=9999) or 0,
        "transport": form.text("transport"),
        "temperature": form.text("temperature"),
        "seal": form.text("seal"),
    }
    for name in ("count", "transport", "temperature"):  # what was left empty is told at once, not one by one
        if not told[name]:
            form.wrong.setdefault(name, f"{name}_needed")
    return told


@bp.get("/transfers/<code>")
@needs(Permission.TRANSFER_READ)
def show(code: str) -> Page:
    """Show one list: where it stands, what comes next, its tubes and its history; pack it while it is open."""
    return _show(code, None)


def _show(code: str, outcome: ScanOutcome | None) -> Page:
    view = transfer_view.get(actor(), code)
    may_pack = (
        view.stage == "packing" and _own(view.transfer.site) and actor().may(Permission.TRANSFER_RELEASE)
    )
    known = handover.around(view)
    if may_pack:
        return render_template(
            "transfer/pack.html",
            outcome=outcome,
            last=scan_history.last_five(actor(), code, now_ms(), packing=True),
            out=request.values.get("out") == "1",
            finish=COMMAND_CODES["FINISH"],
            **known,
        )
    return render_template("transfer/show.html", **known, **_what_next(view))


def _own(site: str) -> bool:
    return actor().sites is None or site in (actor().sites or ())


def _what_next(view: transfer_view.TransferView) -> dict[str, object]:
    """Say which acts this person can do on the list now; a page offers nothing that would be refused."""
    who, held = actor(), view.transfer
    ours, theirs = _own(held.site), _own(held.to_site)
    waiting = view.stage == "to_receive"
    untouched = waiting and held.received_by is None
    receives = who.may(Permission.TRANSFER_RECEIVE) and theirs
    mine = held.released_by == who.user
    named = held.to_kind != "user" or held.to_code == who.user
    return {
        "can_release": view.stage == "to_release" and ours and who.may(Permission.TRANSFER_RELEASE),
        "can_receive": waiting and receives and not mine and named,
        "own_release": waiting and receives and mine and held.to_code == who.station,
        "not_named": waiting and receives and not mine and not named,
        "can_decline": untouched and receives and not mine and named,
        "can_recall": untouched and ours and who.may(Permission.TRANSFER_RELEASE),
        "can_hand_over": untouched and ours and who.may(Permission.TRANSFER_RELEASE),
        "can_carry": (untouched or view.stage == "on_the_way") and who.may(Permission.TRANSFER_CARRY),
    }


@bp.post("/transfers/<code>")
@needs(Permission.TRANSFER_RELEASE)
def scan(code: str) -> Page:
    """Pack a tube by scanning it, or take it out again; FINISH goes on to counting and sealing."""
    transfer_view.get(actor(), code)
    raw = request.form.get("scan", "")
    if _is_command(raw, "FINISH"):
        return redirect(url_for("transfer.seal", code=code), 303)
    if _is_command(raw, "UNDO"):
        return redirect(url_for("home.index", pending="undo"), 303)
    act = transfer.unpack if request.form.get("out") == "1" else transfer.pack
    outcome = act(actor(), code, raw, key=Form().scan_key, mode=handover.scan_mode())
    return _show(code, outcome)


def _is_command(raw: str, word: str) -> bool:
    try:
        return read_scan(raw).code == COMMAND_CODES[word]
    except BadInput:
        return False


@bp.route("/transfers/<code>/seal", methods=["GET", "POST"])
@needs(Permission.TRANSFER_RELEASE)
def seal(code: str) -> Page:
    """Count the tubes, say how they travel, seal the bag."""
    view = transfer_view.get(actor(), code)
    form = Form()
    errors: dict[str, str] = {}
    if request.method == "POST":
        packing = _packing(form)
        key = form.key
        errors = form.saved(lambda: transfer.seal(actor(), code, key=key, **packing))
        if not errors:
            flash(_("Sealed. Release the list when you hand it over."))
            return redirect(url_for("transfer.show", code=code), 303)
    elif view.stage != "packing":
        return redirect(url_for("transfer.show", code=code), 303)
    page = render_template(
        "transfer/seal.html", errors=errors, sent=form.sent, **_choices(), **handover.around(view)
    )
    return (page, 422) if errors else page


@bp.post("/transfers/<code>/unseal")
@needs(Permission.TRANSFER_RELEASE)
def unseal(code: str) -> Page:
    """Open a sealed bag again."""
    transfer.unseal(actor(), code, key=Form().key)
    flash(_("The bag is open again. Count and seal it anew."))
    return redirect(url_for("transfer.show", code=code), 303)


@bp.post("/transfers/<code>/release")
@needs(Permission.TRANSFER_RELEASE)
def release(code: str) -> Page:
    """Hand the sealed list over."""
    transfer.release(actor(), code, key=Form().key)
    flash(_("Released. You answer for the tubes until somebody accepts them."))
    return redirect(url_for("transfer.show", code=code), 303)


@bp.route("/transfers/<code>/recall", methods=["GET", "POST"])
@needs(Permission.TRANSFER_RELEASE)
def take_back(code: str) -> Page:
    """Take a released list back, with a reason."""
    return _back(code, "recall")


@bp.route("/transfers/<code>/decline", methods=["GET", "POST"])
@needs(Permission.TRANSFER_RECEIVE)
def decline(code: str) -> Page:
    """Say that the list is not taken, with a reason."""
    return _back(code, "decline")


def _back(code: str, act: str) -> Page:
    view = transfer_view.get(actor(), code)
    if not _what_next(view)[f"can_{act}"] and request.method == "GET":
        abort(404)
    form = Form()
    errors: dict[str, str] = {}
    if request.method == "POST":
        reason, note, key = form.text("reason"), form.text("reason_note"), form.key
        do = recall.recall if act == "recall" else recall.decline
        errors = form.saved(lambda: do(actor(), code, reason, note=note, key=key))
        if not errors:
            done = _("Recalled. The tubes are with you again.")
            flash(done if act == "recall" else _("Declined. Whoever released the list has to fetch it."))
            return redirect(url_for("transfer.show", code=code), 303)
    page = render_template(
        "transfer/back.html",
        act=act,
        errors=errors,
        sent=form.sent,
        reasons=handover.reasons(act),
        **handover.around(view),
    )
    return (page, 422) if errors else page

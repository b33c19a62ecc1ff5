"""Receipt: condition first, then tube after tube; and tubes that were carried over before anybody clicked."""

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from labels.symbols import data_matrix
from specimens.domain import receipt_codes
from specimens.domain.access import Permission
from specimens.domain.errors import BadInput
from specimens.domain.identifiers import COMMAND_CODES, COMMANDS, read_scan
from specimens.domain.transfer import CONDITIONS
from specimens.services import receipt, scan, scan_history, transfer_view, undo, unlisted
from specimens.services.clock import now_ms
from specimens.services.scan import ScanOutcome
from specimens.services.study import protocol_of
from specimens.web import handover, say
from specimens.web.form import Form
from specimens.web.guard import actor, needs

bp = Blueprint("receipt", __name__)
Page = str | Response | tuple[str, int]
UNDO = "undo"


@dataclass(frozen=True, slots=True)
class Next:
    """What was said about the next tube before its scan: an outcome and a reason; nothing means accepted."""

    outcome: str = ""
    reason: str = ""

    @property
    def ready(self) -> bool:
        """Say whether a scan can be taken now."""
        return not self.outcome or bool(self.reason)


@bp.get("/transfers/<code>/receipt")
@needs(Permission.TRANSFER_RECEIVE)
def show(code: str) -> Page:
    """Show the receipt: the form about its condition, then the page for scanning."""
    return _page(code)


def _page(
    code: str,
    outcome: ScanOutcome | None = None,
    following: Next | None = None,
    errors: dict[str, str] | None = None,
    sent: Form | None = None,
) -> Page:
    view = transfer_view.get(actor(), code)
    held, who = view.transfer, actor()
    protocol = protocol_of(held.study)
    reject_codes = [
        (each.code, f"{each.code} · {handover.said(each.text)}")
        for each in protocol.reject_codes
        if each.code not in receipt_codes.GIVEN
    ]
    page = render_template(
        "receipt/receipt.html" if held.received_by else "receipt/open.html",
        outcome=outcome,
        following=following or Next(),
        last=scan_history.last_five(who, code, now_ms()) if held.received_by else [],
        errors=errors or {},
        sent=sent.sent if sent else {},
        conditions=[(each, say.word(each)) for each in CONDITIONS],
        reject_codes=reject_codes,
        before=_before(reject_codes),
        undo_reasons=handover.reasons("undo"),
        chosen=receipt_codes.CHOSEN,
        finish=COMMAND_CODES["FINISH"],
        own_release=held.released_by == who.user,
        not_named=held.to_kind == "user" and held.to_code != who.user,
        elsewhere=who.sites is not None and held.to_site not in who.sites,
        **handover.around(view),
    )
    return (page, 422) if errors else page


def _before(reject_codes: list[handover.Choice]) -> dict[str, Any]:
    """Return what a code says about the next tube, for the script: it sends the tube together with it, in one item.

    `lead` is the field of the outcome, `lone` the outcome of a reason without one; `codes` the fields and values by the
    codes to scan, which are those that `_said` reads where there is no script.
    """
    outcomes = {each: say.word(f"outcome_{each}") for each in receipt_codes.CHOSEN}
    told = {"outcome": "{outcome}", "code": "{code}"}
    return {
        "lead": "outcome",
        "lone": receipt_codes.CHOSEN[0],
        "codes": {
            **{
                code: ("outcome", "" if each == "accepted" else each)
                for code, each in receipt_codes.OUTCOMES.items()
            },
            **{code: ("reason", each) for code, each in receipt_codes.REASONS.items()},
        },
        "words": {**outcomes, **dict(reject_codes)},
        "said": {
            "half": say.sentence("mode_set", told),
            "ready": say.sentence("reason_set", told),
            "first": say.sentence("reason_first", told),
            "none": say.sentence("mode_cleared"),
        },
    }


@bp.post("/transfers/<code>/receipt/open")
@needs(Permission.TRANSFER_RECEIVE)
def begin(code: str) -> Page:
    """Say in what condition the list arrived, and how warm it was."""
    transfer_view.get(actor(), code)
    form = Form()
    condition, tenths, key = form.text("condition"), form.tenths("temperature"), form.key
    not_measured = "not_measured" in form.several("not_measured", ["not_measured"])
    if condition not in CONDITIONS:
        form.wrong["condition"] = "condition_needed"
    if tenths is None and not not_measured and "temperature" not in form.wrong:
        form.wrong["temperature"] = "temperature_or_not"
    errors = form.saved(
        lambda: receipt.open_receipt(actor(), code, condition=condition, temperature_tenths_c=tenths, key=key)
    )
    if errors:
        return _page(code, errors=errors, sent=form)
    return redirect(url_for("receipt.show", code=code), 303)


@bp.post("/transfers/<code>/receipt")
@needs(Permission.TRANSFER_RECEIVE)
def take(code: str) -> Page:
    """Take one scan: a tube, an outcome or a reason for the next tube, or a command."""
    transfer_view.get(actor(), code)
    following = Next(request.form.get("outcome", ""), request.form.get("reason", ""))
    if "scan" not in request.form:  # chosen with a button
        return _page(code, _told(following), following)
    raw = request.form["scan"]
    known = _read(raw)
    if known == COMMAND_CODES["ACKNOWLEDGE"]:
        return _page(code, None, following)
    if (said := _said(known, following)) is not None:
        return _page(code, _told(said), said)
    if not following.ready and COMMANDS.get(known or "") is None:
        return _page(code, ScanOutcome(scan.CHECK, "reason_first", {"code": known}, known), following)
    return _page(code, _scanned(code, raw, following))


def _read(raw: str) -> str | None:
    try:
        return read_scan(raw).code
    except BadInput:
        return None


def _said(read: str | None, following: Next) -> Next | None:
    """Return what a code says about the next tube; None when it says nothing."""
    if read is None:
        return None
    if read == COMMAND_CODES["UNDO"]:
        return Next(UNDO)
    if read in receipt_codes.OUTCOMES:
        outcome = receipt_codes.OUTCOMES[read]
        return Next() if outcome == "accepted" else Next(outcome, following.reason)
    if read in receipt_codes.REASONS:
        return Next(following.outcome or receipt_codes.CHOSEN[0], receipt_codes.REASONS[read])
    return None


def _told(following: Next) -> ScanOutcome:
    """Return what the page says about the next tube; nothing is saved by it."""
    if not following.outcome:
        return ScanOutcome(scan.CHECK, "mode_cleared")
    shown = say.word(f"outcome_{following.outcome}")
    return ScanOutcome(scan.CHECK, "reason_set" if following.ready else "mode_set", {"outcome": shown})


def _scanned(code: str, raw: str, following: Next) -> ScanOutcome:
    key, mode = Form().scan_key, handover.scan_mode()
    try:
        if following.outcome == UNDO:
            return undo.undo(actor(), raw, key, reason=following.reason, subject=code, mode=mode)
        outcome = following.outcome or "accepted"
        return receipt.receive(
            actor(), code, raw, outcome=outcome, reason=following.reason, key=key, mode=mode
        )
    except BadInput as wrong:  # an outcome or reason that was never offered
        return ScanOutcome(scan.CHECK, next(iter(wrong.fields.values()), wrong.code), read=_read(raw))


@bp.post("/transfers/<code>/receipt/missing")
@needs(Permission.TRANSFER_RECEIVE)
def missing(code: str) -> Page:
    """Report tubes of the list as missing."""
    view = transfer_view.get(actor(), code)
    form = Form()
    chosen = form.several("specimens", list(view.transfer.lines))
    note, key = form.text("note"), form.key
    errors = form.saved(lambda: receipt.report_missing(actor(), code, chosen, note=note, key=key))
    if errors:
        return _page(code, errors=errors, sent=form)
    flash(_("Reported missing. They stand among the differences until they are found or given up."))
    return redirect(url_for("receipt.show", code=code), 303)


@bp.post("/transfers/<code>/receipt/finish")
@needs(Permission.TRANSFER_RECEIVE)
def finish(code: str) -> Page:
    """Close the receipt, once every tube has an outcome."""
    form = Form()
    key = form.key
    errors = form.saved(lambda: receipt.close(actor(), code, key=key))
    if errors:
        return _page(code, errors=errors, sent=form)
    flash(_("Every tube has an outcome. The receipt is closed."))
    return redirect(url_for("transfer.show", code=code), 303)


@bp.route("/receive", methods=["GET", "POST"])
@needs(Permission.PROCESS)
def without_release() -> Page:
    """Receive a tube that was carried over before anybody clicked."""
    outcome = None
    raw = request.form.get("scan")
    if raw is not None and _read(raw) != COMMAND_CODES["ACKNOWLEDGE"]:
        outcome = unlisted.receive_without_release(
            actor(), raw, key=Form().scan_key, mode=handover.scan_mode()
        )
    return render_template("receipt/without_release.html", outcome=outcome, **handover.around())


@bp.get("/transfers/codes")
@needs(Permission.TRANSFER_RECEIVE)
def codes() -> Page:
    """Show the card with the codes for outcomes and reasons, to print and keep at the bench."""
    known = {each.code: handover.said(each.text) for each in protocol_of(actor().study).reject_codes}
    outcomes = [
        (code, say.word(f"outcome_{outcome}").capitalize(), "")
        for code, outcome in receipt_codes.OUTCOMES.items()
    ]
    reasons = [
        (code, reason, known[reason]) for code, reason in receipt_codes.REASONS.items() if reason in known
    ]
    commands = [
        (COMMAND_CODES["FINISH"], _("FINISH"), _("closes the receipt")),
        (COMMAND_CODES["ACKNOWLEDGE"], _("ACKNOWLEDGE"), _("after STOP")),
        (COMMAND_CODES["UNDO"], _("UNDO"), _("takes back your last scan")),
    ]
    shown = [code for code, _word, _more in (*outcomes, *reasons, *commands)]
    return render_template(
        "receipt/codes.html",
        outcomes=outcomes,
        reasons=reasons,
        commands=commands,
        symbols={code: data_matrix(code) for code in shown},
        **handover.around(),
    )

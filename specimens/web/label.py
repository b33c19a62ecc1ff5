"""Printing labels and scanning them back; sheets of kits and stations; labels of boxes and bags; photographs."""

from collections.abc import Callable
from typing import Any

from flask import (
    Blueprint,
    Response,
    flash,
    make_response,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from specimens.domain.access import Permission
from specimens.domain.errors import BadInput
from specimens.domain.terms import Mode
from specimens.services import label, label_kit, label_place, label_stock, pool, printer_queue
from specimens.services import printer as printers
from specimens.services.label import Again
from specimens.services.label_cap import capped
from specimens.services.label_out import MOST_COPIES, Printed
from specimens.services.label_set import LabelSet
from specimens.services.label_stock import Offer
from specimens.services.scan import ScanOutcome
from specimens.web import say
from specimens.web.doors import door
from specimens.web.form import Form
from specimens.web.guard import actor, needs

bp = Blueprint("label", __name__)

Answer = str | AnyResponse | tuple[str, int]

#: What this browser printed on, newest first: tubes, vials and bags lie on stocks of their own.
_STOCKS = "label_stocks"
_MOST_KEPT = 8


def pdf_answer(printed: Printed) -> Response:
    """Show a PDF in the browser, under a name that a person finds again."""
    answer = make_response(printed.pdf)
    answer.mimetype = "application/pdf"
    answer.headers["Content-Disposition"] = f'inline; filename="{printed.name}"'
    return answer


def printed_answer(printed: Printed) -> AnyResponse:
    """Go to the queue where a printer prints it, else show the PDF."""
    if printed.job:
        flash(_("It is in the printer's queue."))
        return redirect(url_for("printing.show", code=printed.job), 303)
    return pdf_answer(printed)


def offered_for(roles: Any) -> list[Offer]:
    """Return on what labels can be printed here: the station's printers, the site's, then PDF for the browser."""
    who = actor()
    own = label_stock.printers_for(roles, printers.offered(who), who.station, say.language())
    return own + label_stock.offers(roles, say.language())


def _last_stock(offered: list[Offer]) -> str:
    """Return what is chosen to begin with: the station's printer, else what such labels were last printed on here."""
    if offered and offered[0].here:
        return offered[0].value
    takes = {each.value: len(each.takes) for each in offered}
    kept = [each for each in session.get(_STOCKS, ()) if each in takes]
    return max(kept, key=takes.__getitem__, default="")  # of those that take as many, the newest


class StockForm:
    """The part of a form that says on what is printed; `choice` is None while a field is wrong."""

    def __init__(self, form: Form, offered: list[Offer]) -> None:
        value = form.one_of("stock", [each.value for each in offered]) or ""
        start = form.whole("start", least=1, most=1_000)
        copies = form.whole("copies", least=1, most=MOST_COPIES)
        used: frozenset[int] = frozenset()
        try:
            used = label_stock.cells(form.text("used"))
        except BadInput as error:
            form.wrong.update(error.fields)
        self.choice = (
            None if form.wrong else label_stock.chosen(actor(), value, start or 1, copies or 1, used)
        )
        if self.choice:
            others = [each for each in session.get(_STOCKS, ()) if each != value]
            session[_STOCKS] = [value, *others][:_MOST_KEPT]


def stock_page(form: Form, offered: list[Offer]) -> dict[str, Any]:
    """Return what the fields of a `StockForm` need on a page."""
    last = form.sent.get("stock") or _last_stock(offered)
    sheets = {each.text: (each.columns, each.rows) for each in offered if each.is_sheet}
    return {
        "offered": offered, "last": last, "sent": form.sent, "most_copies": MOST_COPIES, "sheets": sheets,
    }  # fmt: skip


def _printing(found: LabelSet) -> Answer:
    """Show what can be printed of a set, or print it."""
    form, errors = Form(), {}
    offered = offered_for(found.roles)
    if request.method == "POST":
        again = form.several("again", [row.specimen.code for row in found.rows if row.printed])
        reasons = [each.code for each in found.reasons]
        reason = form.one_of("reason", [*reasons, "other"], needed=bool(again))
        note = form.text("reason_note")
        choice = StockForm(form, offered).choice
        errors = form.saved(
            lambda: label.print_set(
                actor(),
                found,
                choice,
                again=Again(frozenset(again), reason, note),
                key=form.key,
                language=say.language(),
            )
        )
        if not errors:
            return printed_answer(form.result)
    page = render_template(
        "label/print.html",
        found=found,
        reasons=[(each.code, each.text.said(say.language())) for each in found.reasons],
        ticked=form.sent.getlist("again"),
        errors=errors,
        names=_names(found),
        jobs=printer_queue.open_of(actor(), found.code),
        pool_doors=_pool_doors(found),
        caps=url_for("label_cap.caps", source=found.source, code=found.code) if capped(found) else None,
        **stock_page(form, offered),
    )
    return (page, 422) if errors else page


def _pool_doors(found: LabelSet) -> list[tuple[str, str]]:
    """Return where labels of a pool are put on what comes beyond the plan of a kit, when the site has any."""
    if found.source != "kit" or not found.rows:
        return []
    first = found.rows[0].specimen
    if not pool.any_free(first.study, first.site):
        return []
    doors = [
        (_("An extra tube"), door("pool_use.tube", code=found.code)),
        (_("Another attempt at the procedure"), door("pool_use.attempt", code=found.code)),
    ]
    return [(text, url) for text, url in doors if url]


def _names(found: LabelSet) -> dict[str, str]:
    """Return what each specimen is, in the reader's language."""
    language = say.language()
    return {
        row.specimen.code: row.protocol.container(row.specimen.container).text.said(language)
        for row in found.rows
    }


def _scanning(source: str, code: str) -> str:
    """Show the labels of a set that are to be scanned back, with the verdict on the last scan."""
    outcome: ScanOutcome | None = None
    if request.method == "POST":
        mode = Mode.TYPED if request.form.get("typed") == "1" else Mode.SCAN
        raw, key = request.form.get("scan", ""), Form().scan_key
        outcome = label.confirm(actor(), source, code, raw, key, mode=mode)
    found = label.label_set(actor(), source, code)
    return render_template("label/confirm.html", found=found, outcome=outcome, names=_names(found))


@bp.route("/kits/<code>/print", methods=["GET", "POST"])
@needs(Permission.LABEL_PRINT)
def kit(code: str) -> Answer:
    """Print the labels of a kit."""
    return _printing(label.label_set(actor(), "kit", code))


@bp.post("/kits/<code>/sheet.pdf")
@needs(Permission.LABEL_PRINT)
def sheet(code: str) -> Answer:
    """Print the sheet of a kit."""
    return _at_once(
        lambda form: label_kit.kit_sheet(actor(), code, key=form.key, language=say.language()),
        url_for("label.kit", code=code),
    )


@bp.route("/kits/<code>/labels", methods=["GET", "POST"])
@needs(Permission.LABEL_PRINT)
def kit_labels(code: str) -> str:
    """Scan the labels of a kit back."""
    return _scanning("kit", code)


@bp.route("/batches/<code>/print", methods=["GET", "POST"])
@needs(Permission.LABEL_PRINT)
def batch(code: str) -> Answer:
    """Print the labels of what was made in a batch."""
    return _printing(label.label_set(actor(), "batch", code))


@bp.route("/batches/<code>/labels", methods=["GET", "POST"])
@needs(Permission.LABEL_PRINT)
def batch_labels(code: str) -> str:
    """Scan the labels of what was made in a batch back."""
    return _scanning("batch", code)


@bp.route("/specimens/<code>/label", methods=["GET", "POST"])
@needs(Permission.LABEL_PRINT)
def specimen(code: str) -> Answer:
    """Print the label of one specimen, or print it again with a reason."""
    return _printing(label.label_set(actor(), "specimen", code))


@bp.route("/specimens/<code>/labels", methods=["GET", "POST"])
@needs(Permission.LABEL_PRINT)
def specimen_labels(code: str) -> str:
    """Scan the label of one specimen back."""
    return _scanning("specimen", code)


@bp.route("/specimens/<code>/children/print", methods=["GET", "POST"])
@needs(Permission.LABEL_PRINT)
def children(code: str) -> Answer:
    """Print the labels of what was made from a specimen."""
    return _printing(label.label_set(actor(), "children", code))


@bp.route("/specimens/<code>/children/labels", methods=["GET", "POST"])
@needs(Permission.LABEL_PRINT)
def children_labels(code: str) -> str:
    """Scan the labels of what was made from a specimen back."""
    return _scanning("children", code)


@bp.route("/storage/<code>/label.pdf", methods=["GET", "POST"])
@needs(Permission.LABEL_PRINT, Permission.SITE_MANAGE)
def storage(code: str) -> Answer:
    """Print the label of a storage unit."""
    return _place("storage", code, frozenset({"box"}), label_place.unit_name, label_place.box_pdf)


@bp.route("/transfers/<code>/label.pdf", methods=["GET", "POST"])
@needs(Permission.LABEL_PRINT)
def transfer(code: str) -> Answer:
    """Print the label of a transport bag."""
    return _place("transfer", code, frozenset({"bag"}), label_place.bag_name, label_place.bag_pdf)


@bp.route("/stations/<code>/sheet.pdf", methods=["GET", "POST"])
@needs(Permission.LABEL_PRINT, Permission.SITE_MANAGE)
def station(code: str) -> Answer:
    """Print the sheet of a station: its code and the command codes."""
    name = label_place.station_name(actor(), code)
    if request.method == "POST":
        return _at_once(
            lambda form: label_place.station_pdf(actor(), code, key=form.key, language=say.language()),
            url_for("label.station", code=code),
        )
    return render_template("label/station.html", code=code, name=name)


def _at_once(work: Callable[[Form], Printed], back: str) -> Answer:
    """Print something that has nothing to choose; what refuses is told on the page *back*."""
    form = Form()
    if errors := form.saved(lambda: work(form)):
        flash(next(iter(errors.values())), "check")
        return redirect(back, 303)
    return pdf_answer(form.result)


def _place(
    kind: str,
    code: str,
    roles: frozenset[str],
    name_of: Callable[..., str],
    print_it: Callable[..., Printed],
) -> Answer:
    """Show on what the label of a bag or a storage unit can be printed, or print it."""
    form, errors = Form(), {}
    name = name_of(actor(), code)
    offered = offered_for(roles)
    if request.method == "POST":
        choice = StockForm(form, offered).choice
        errors = form.saved(lambda: print_it(actor(), code, choice, key=form.key, language=say.language()))
        if not errors:
            return printed_answer(form.result)
    page = render_template(
        "label/place.html", kind=kind, code=code, name=name, errors=errors, **stock_page(form, offered)
    )
    return (page, 422) if errors else page

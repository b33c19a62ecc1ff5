"""Downtime: a kit's paper sheet is entered afterwards, and a second person checks what was entered."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from specimens.domain.access import Permission
from specimens.domain.signature import Occasion
from specimens.domain.specimen import MOST_TO_MEDIUM
from specimens.domain.terms import Kind
from specimens.services import kit, kit_lots, paper, paper_check, signature, visit
from specimens.services.kit_lots import Lot
from specimens.services.kit_procedure import Procedure
from specimens.services.paper import PaperLine, Sheet
from specimens.services.study import protocol_of
from specimens.web import lots, signing
from specimens.web.bedside import around, choices, reasons, said
from specimens.web.form import Form
from specimens.web.guard import actor, needs

bp = Blueprint("paper", __name__)

Answer = str | Response | tuple[str, int]


@bp.route("/visits/<code>/paper", methods=["GET", "POST"])
@needs(Permission.COLLECT)
def enter(code: str) -> Answer:
    """Choose a kit of the visit, then type its paper sheet: every tube, or nothing is saved."""
    visited = visit.get(actor(), code)
    protocol = protocol_of(visited.visit.study, visited.visit.protocol_version)
    waiting = [each for each in visited.kits if paper.awaited(each.code)]
    chosen = request.values.get("kit", waiting[0].code if len(waiting) == 1 else "")
    offered = visited.kits if request.method == "POST" else waiting  # sent twice, it waits no more
    if chosen not in {each.code for each in offered}:
        return render_template(
            "paper/choose.html", view=visited, waiting=waiting, errors={}, **around(protocol)
        )
    view = kit.get(actor(), chosen)
    tubes = paper.awaited(chosen)
    procedure = protocol.procedure(view.kit.procedure)
    asked = kit_lots.asked(actor(), protocol, chosen) if view.tissue else ()
    operators = [(each.code, said(each.text)) for each in procedure.operators]
    errors: dict[str, str] = {}
    twice = False
    if request.method == "POST":
        form = Form()
        given = lots.read(form, view) if view.tissue else ()
        sheet = _sheet(form, view, [each.code for each in view.specimens], dict(operators), given)
        errors = form.saved(lambda: paper.enter(actor(), chosen, sheet, key=form.key))
        twice = "time_repeats" in form.wrong.values() or "taken_which" in form.sent
        if not errors:
            lots.tell_expired(protocol, chosen, given)
            flash(_("The sheet is entered. A second person checks it now."))
            return redirect(url_for("paper.check", code=code), 303)
    page = render_template(
        "paper/enter.html",
        view=view,
        asked=asked,
        tubes=tubes,
        operators=operators,
        not_collected=choices(protocol.not_collected_reasons_for(view.kit.procedure)),
        late_reasons=reasons(protocol, "late_entry"),
        place_reasons=reasons(protocol, "body_site"),
        twice=twice,
        errors=errors,
        sent=request.form,
        **lots.around(),
        **around(protocol),
    )
    return (page, 422) if errors else page


def _sheet(
    form: Form, view: kit.KitView, tubes: list[str], operators: dict[str, str], given: tuple[Lot, ...]
) -> Sheet:
    """Read the sheet: one day for all tubes, hour and minute for each; another day where it is given."""
    role = form.one_of("operator", operators)
    name = form.text("performed_by", needed=True)
    spoken = next(
        (each.text.en for each in view.protocol.procedure(view.kit.procedure).operators if each.code == role),
        "",
    )
    form.date("taken", needed=True)
    lines = [_line(form, tube) for tube in tubes]
    done = _procedure(form, view, f"{name}, {spoken}", given) if view.tissue else None
    checked = form.text("identity") == "yes"
    return Sheet(
        tuple(each for each in lines if each),
        form.text("original", needed=True),
        f"{name}, {spoken}",
        checked,
        form.text("why"),
        done,
    )


def _line(form: Form, tube: str) -> PaperLine | None:
    """Return what the sheet says of one tube; None where nothing was typed."""
    hour, minute = (form.sent.get(f"at_{tube}_{part}", "").strip() for part in ("hour", "minute"))
    reason = form.sent.get(f"why_{tube}", "").strip() or None
    name = f"medium_{tube}"
    to_medium = form.whole(name, most=MOST_TO_MEDIUM)
    if name in form.wrong:
        form.wrong[f"at_{tube}"] = form.wrong.pop(name)
    if not (hour or minute):
        return PaperLine(tube, None, reason, to_medium) if reason or to_medium is not None else None
    dated = _dated(form, tube, hour, minute)
    at = dated.date_time(f"at_{tube}")
    if dated.wrong:
        form.wrong.update(dated.wrong)
        form.about.update(dated.about)
    return PaperLine(tube, at, reason, to_medium)


def _dated(form: Form, tube: str, hour: str, minute: str) -> Form:
    """Return a form of one time: the day of the sheet, the hour and minute of the tube."""
    one = Form()
    day = {f"at_{tube}_{part}": form.sent.get(f"taken_{part}", "") for part in ("day", "month", "year")}
    one.sent = type(form.sent)(
        {
            **day, f"at_{tube}_hour": hour, f"at_{tube}_minute": minute,
            f"at_{tube}_which": form.sent.get("taken_which", ""),
        }
    )  # fmt: skip
    return one


def _procedure(form: Form, view: kit.KitView, performed_by: str, given: tuple[Lot, ...]) -> Procedure:
    place = form.one_of("place", [f"{site}:{side}" for site, side in view.places]) or ":"
    site, _sep, side = place.partition(":")
    pieces = form.whole("pieces", most=99, needed=True)
    return Procedure(
        site, side, form.text("device"), performed_by, pieces or 0, form.text("reason") or None, lots=given
    )


@bp.route("/visits/<code>/paper/check", methods=["GET", "POST"])
@needs(Permission.COLLECT)
def check(code: str) -> Answer:
    """Show what was entered, for a second person to hold it beside the sheet and confirm it."""
    errors: dict[str, str] = {}
    if request.method == "POST":
        form = Form()
        form.one_of("same", ["yes"])
        pen = signing.pen(form)
        errors = signing.signed(form, lambda: paper_check.check(actor(), code, pen=pen, key=form.key))
        if not errors:
            flash(_("Checked. The entries stay marked as entered from paper."))
            return redirect(url_for("visit.show", code=code), 303)
    view = paper_check.entered(actor(), code)
    visited = visit.get(actor(), code)
    protocol = protocol_of(view.visit.study, view.visit.protocol_version)
    page = render_template(
        "paper/check.html",
        view=view,
        participant=visited.participant,
        kits={each.code: each for each in visited.kits},
        tubes={each.code: each for each in visited.specimens},
        mine=view.may_check(actor()),
        meanings=signing.meanings(protocol_of(view.visit.study), Occasion.PAPER_CHECKED),
        given=signature.of(Kind.VISIT, code),
        errors=errors,
        **around(protocol),
    )
    return (page, 422) if errors else page

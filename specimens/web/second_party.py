"""Handing a list over to somebody without an account: the releaser's page with the code, and the page that it opens."""

from flask import Blueprint, flash, redirect, render_template, request, session, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from labels.symbols import qr_code
from specimens.domain.access import Permission
from specimens.domain.errors import NotFound, Refused
from specimens.domain.handover import is_open
from specimens.domain.identifiers import is_identifier
from specimens.services import handover, second_party, transfer_view
from specimens.services.clock import now_ms
from specimens.web import handover as shared
from specimens.web import say
from specimens.web.access import address
from specimens.web.form import Form
from specimens.web.guard import actor, needs, public

bp = Blueprint("second_party", __name__)
Page = str | Response | tuple[str, int] | tuple[str, int, dict[str, str]]

#: What the second party's page shows of whoever is logged in here: nothing. The screen is in somebody else's hands.
_NOBODY = {"actor": None, "navigation": (), "study_label": None, "has_station": False}


# -------------------------------------------------------------------------------------------- the releaser's page


@bp.route("/transfers/<code>/handover", methods=["GET", "POST"])
@needs(Permission.TRANSFER_RELEASE)
def offer(code: str) -> Page:
    """Make a one-time code for a released list, and show it as long as it opens anything."""
    view = transfer_view.get(actor(), code)
    if request.method == "POST":
        form = Form()
        if request.form.get("act") == "withdraw":
            handover.withdraw(actor(), code, key=form.key)
            session.pop("handover", None)
            flash(_("The code opens nothing any more."))
            return redirect(url_for("transfer.show", code=code), 303)
        if form.key not in session.get("handover", ()):  # Back and refresh show the code that was made
            made, secret = handover.offer(actor(), code, key=form.key)
            session["handover"] = [made.code, secret, form.key]
        return redirect(url_for("second_party.offer", code=code), 303)
    found = handover.latest(code)
    live = found if found is not None and is_open(found, now_ms()) else None
    kept = session.get("handover", ())
    secret = kept[1] if live is not None and kept and kept[0] == live.code else None
    link = url_for("second_party.sign", transfer=code, code=secret, _external=True) if secret else None
    return render_template(
        "handover/offer.html",
        live=live,
        secret=secret,
        link=link,
        symbol=qr_code(link) if link else None,
        **shared.around(view),
    )


# ---------------------------------------------------------------------------------------- the second party's page


@bp.route("/handover", methods=["GET", "POST"])
@public
def find() -> Page:
    """Ask for the identifier of the bag and the one-time code, where no link can be opened."""
    errors: dict[str, str] = {}
    if request.method == "POST":
        typed = {name: handover.typed_code(request.form.get(name, "")) for name in ("transfer", "code")}
        errors = {
            name: say.sentence("identifier_mistyped")
            for name, said in typed.items()
            if not is_identifier(said)
        }
        if not errors:
            return redirect(url_for("second_party.sign", **typed), 303)
    page = render_template("handover/find.html", errors=errors, sent=request.form, **_NOBODY)
    return (page, 422) if errors else page


@bp.route("/handover/<transfer>/<code>", methods=["GET", "POST"])
@public
def sign(transfer: str, code: str) -> Page:
    """Show a release to whoever has its code, and let them sign for it: all, some, or none."""
    errors: dict[str, str] = {}
    form = Form()
    try:
        if request.method == "POST":
            said = {name: form.text(name) for name in ("name", "organisation", "decision", "reason")}
            taken = request.form.getlist("taken")
            key = form.key
            errors = form.saved(
                lambda: second_party.sign(transfer, code, taken=taken, address=address(), key=key, **said)
            )
            if not errors:
                return redirect(url_for("second_party.sign", transfer=transfer, code=code), 303)
        offered = handover.open_offer(transfer, code, address=address())
    except (NotFound, Refused) as refused:
        return _shut(refused)
    page = render_template(
        "handover/sign.html",
        offer=offered,
        errors=errors,
        sent=request.form,
        taken=request.form.getlist("taken"),
        said=shared.said,
        **_NOBODY,
    )
    return (page, 422) if errors else page


def _shut(refused: NotFound | Refused) -> Page:
    """Say why nothing opens; a wrong list, a wrong code and a code for another release are one answer."""
    page = render_template("handover/shut.html", told=say.told(refused), **_NOBODY)
    if refused.code == "login_wait":
        return page, 429, {"Retry-After": str(refused.facts["seconds"])}
    return page, 404 if isinstance(refused, NotFound) else 410

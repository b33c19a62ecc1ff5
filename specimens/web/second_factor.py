"""One's own second factor: set it, renew its recovery codes, take it away."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_babel import gettext as _

from labels.symbols import qr_code
from specimens.domain.errors import BadInput, Refused
from specimens.services import login, second_factor
from specimens.web import guard
from specimens.web.access import Answer, address
from specimens.web.form import Form
from specimens.web.guard import any_role

bp = Blueprint("second_factor", __name__, url_prefix="/me/second-factor")

#: What an authenticator shows beside the log-in name.
ISSUER = "Specimens"


def _page(**more: Any) -> str:
    actor = guard.actor()
    return render_template(
        "access/second_factor.html",
        is_set=second_factor.is_set(actor.user),
        left=second_factor.codes_left(actor.user),
        **{"errors": {}, "offer": None, "symbol": None, "codes": None, **more},
    )


def _offered(**more: Any) -> str:
    """Return the page that shows the secret to be scanned, as picture and as text."""
    offer = second_factor.offered(guard.actor(), issuer=ISSUER)
    if offer is None:
        return _page(**more)
    return _page(offer=offer, symbol=qr_code(offer.address), **more)


def asked_again(form: Form, field: str = "password") -> None:
    """Ask for the password again, and for the code where a second factor is set; what is wrong names its field.

    Raises:
        BadInput: fields `code`, and the one in which the password was typed.
    """
    typed, code = form.sent.get(field, ""), form.sent.get("code", "")[:64]
    try:
        login.ask_again(guard.actor(), typed, code, address=address())
    except Refused as refused:
        wrong = {"password_wrong": field, "code_needed": "code", "code_wrong": "code"}.get(refused.code)
        if wrong is None:
            raise
        raise BadInput("form_incomplete", {wrong: refused.code}) from refused


@bp.get("")
@any_role
def show() -> str:
    """Show whether a second factor is set, and the secret that waits to be confirmed."""
    return _offered()


@bp.post("/begin")
@any_role
def begin() -> Answer:
    """Make a new secret, after the password."""
    form = Form()

    def work() -> None:
        asked_again(form)
        second_factor.offer(guard.actor(), issuer=ISSUER)

    if errors := form.saved(work):
        return _page(errors=errors), 422
    return redirect(url_for("second_factor.show"), 303)


@bp.post("/confirm")
@any_role
def confirm() -> Answer:
    """Let the secret count, after one right code of it; show the recovery codes, this once."""
    form = Form()
    code = form.text("confirm", needed=True)
    errors = form.saved(lambda: second_factor.confirm(guard.actor(), code))
    if errors:
        return _offered(errors={"confirm": errors.get("code") or next(iter(errors.values()))}), 422
    return _page(codes=form.result)


@bp.post("/codes")
@any_role
def codes() -> Answer:
    """Make new recovery codes, after both factors; show them, this once."""
    form = Form()

    def work() -> tuple[str, ...]:
        asked_again(form)
        return second_factor.renew_codes(guard.actor())

    if errors := form.saved(work):
        return _page(errors=errors), 422
    return _page(codes=form.result)


@bp.post("/remove")
@any_role
def remove() -> Answer:
    """Take the second factor away, after both factors."""
    form = Form()

    def work() -> None:
        asked_again(form)
        second_factor.remove(guard.actor())

    if errors := form.saved(work):
        return _page(errors=errors), 422
    flash(_("Your second factor is taken away. The password alone logs you in."))
    return redirect(url_for("me.show"), 303)

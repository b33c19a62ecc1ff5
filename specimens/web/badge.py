"""Badges and PINs: one's own, and the badges of the people whom an administrator manages."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from specimens.domain.access import Permission
from specimens.domain.badge import RetireReason
from specimens.domain.errors import Refused
from specimens.services import badge, pin
from specimens.web import guard, say
from specimens.web.access import Answer
from specimens.web.form import Form
from specimens.web.guard import any_role, needs
from specimens.web.label import pdf_answer
from specimens.web.second_factor import asked_again

bp = Blueprint("badge", __name__)


@bp.post("/me/badge")
@any_role
def mine() -> Response:
    """Issue oneself a badge."""
    return _issued(guard.actor().user, url_for("me.show"))


@bp.post("/me/badge/retire")
@any_role
def retire_mine() -> Response:
    """Retire one's own badge."""
    return _retired(guard.actor().user, url_for("me.show"))


@bp.post("/me/badge/card")
@any_role
def my_card() -> Answer:
    """Print one's own badge."""
    return _card(guard.actor().user, url_for("me.show"))


@bp.post("/admin/people/<code>/badge")
@needs(Permission.PEOPLE_MANAGE)
def issue(code: str) -> Response:
    """Issue a badge to somebody."""
    return _issued(code, url_for("admin_people.show", code=code))


@bp.post("/admin/people/<code>/badge/retire")
@needs(Permission.PEOPLE_MANAGE)
def retire(code: str) -> Response:
    """Retire somebody's badge."""
    return _retired(code, url_for("admin_people.show", code=code))


@bp.post("/admin/people/<code>/badge/card")
@needs(Permission.PEOPLE_MANAGE)
def card(code: str) -> Answer:
    """Print somebody's badge."""
    return _card(code, url_for("admin_people.show", code=code))


def _issued(user: str, back: str) -> Response:
    form = Form()
    errors = form.saved(lambda: badge.issue(guard.actor(), user, key=form.key))
    return _answered(errors, _("The badge is issued. Print it as a card."), back)


def _live(user: str) -> str:
    """Return the code of the live badge of somebody whose badges this person may see."""
    held = next((each.badge for each in badge.of(guard.actor(), user) if each.badge.retired_at is None), None)
    if held is None:
        raise Refused("badge_not_issued")
    return held.code


def _retired(user: str, back: str) -> Response:
    form = Form()
    reason = form.sent.get("badge_reason", "")
    errors = form.saved(lambda: badge.retire(guard.actor(), _live(user), reason, key=form.key))
    return _answered(
        errors, _("The badge is retired: whoever scans it now is refused, and that is kept."), back
    )


def _card(user: str, back: str) -> Answer:
    form = Form()
    errors = form.saved(
        lambda: badge.card_pdf(guard.actor(), _live(user), key=form.key, language=say.language())
    )
    return _answered(errors, "", back) if errors else pdf_answer(form.result)


def _answered(errors: dict[str, str], done: str, back: str) -> Response:
    """Go back to the page of the person, and say there what came of it."""
    if errors:
        flash(next(iter(errors.values())), "check")
    else:
        flash(done)
    return redirect(f"{back}#badge", 303)


def reasons() -> list[tuple[str, str]]:
    """Return why a badge can be retired, with the words."""
    return [(str(each), say.word(each)) for each in RetireReason]


@bp.route("/me/pin", methods=["GET", "POST"])
@any_role
def set_pin() -> Answer:
    """Set one's own PIN, after the password."""
    form = Form()
    if request.method == "GET":
        return _pin_page({})
    chosen, again = form.sent.get("pin", ""), form.sent.get("again", "")
    for name, typed in (("password", form.sent.get("password", "")), ("pin", chosen), ("again", again)):
        if not typed:
            form.wrong[name] = "field_needed"
    if not form.wrong and chosen != again:
        form.wrong["again"] = "pin_differs"
    if errors := form.saved(lambda: _set(form, chosen)):
        return _pin_page(errors), 422
    flash(_("Your PIN is set. It counts at stations, for as long as your password was typed recently."))
    return redirect(url_for("me.show"), 303)


def _set(form: Form, chosen: str) -> None:
    asked_again(form)
    pin.change(guard.actor(), chosen, key=form.key)


@bp.post("/me/pin/remove")
@any_role
def remove_pin() -> Response:
    """Take one's own PIN away."""
    pin.remove(guard.actor())
    flash(_("Your PIN is taken away. At a station your badge asks for the password."))
    return redirect(url_for("me.show"), 303)


def _pin_page(errors: dict[str, str]) -> str:
    return render_template("access/pin.html", errors=errors, is_set=pin.is_set(guard.actor().user))

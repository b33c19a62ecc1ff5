"""Alarms of a clock that went back: what that means, and closing one."""

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from specimens.domain.access import Permission
from specimens.domain.clock_alarm import AlarmState, ClockAlarm
from specimens.services import clock_alarm
from specimens.web import frame, say
from specimens.web.form import Form
from specimens.web.guard import actor, needs

bp = Blueprint("clock_alarm", __name__)


def shown_here() -> tuple[ClockAlarm, ...]:
    """Return the open alarms, on the pages where a day begins, for whoever reads the audit."""
    who = g.get("actor")
    if who is None or not who.may(Permission.AUDIT_READ):
        return ()
    begins = {"/", url_for("audit.index"), frame.home_of(who)}
    return clock_alarm.alarms(who) if request.path in begins else ()


@bp.route("/audit/alarms/<code>", methods=["GET", "POST"])
@needs(Permission.AUDIT_READ)
def show(code: str) -> str | Response | tuple[str, int]:
    """Show an alarm and what the ledger does meanwhile; close it with a reason."""
    form = Form()
    errors: dict[str, str] = {}
    if request.method == "POST":
        reason, key = form.text("reason"), form.key
        errors = form.saved(lambda: clock_alarm.close(actor(), code, reason, key=key))
        if not errors:
            flash(_("The alarm is closed. Its entries stay."))
            return redirect(url_for("clock_alarm.show", code=code), 303)
    view = clock_alarm.get(actor(), code)
    may_close = actor().may(Permission.ALARM_CLOSE) and view.alarm.state == AlarmState.OPEN
    page = render_template(
        "audit/alarm.html", view=view, may_close=may_close, errors=errors, sent=form.sent, lasted=say.lasted
    )
    return (page, 422) if errors else page

"""Pages about a participant's course: stopped, ended, lost, died, completed; Day 0 and the first dose."""

from datetime import date

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from specimens.domain.access import Permission
from specimens.domain.errors import NotFound
from specimens.domain.schedule import VisitStatus
from specimens.services import day_zero, dossier, participant
from specimens.services.participant import COURSES
from specimens.web import say
from specimens.web.access import Answer
from specimens.web.form import Form
from specimens.web.guard import actor, needs

bp = Blueprint("course", __name__, url_prefix="/participants/<code>")

#: Courses that end the visits; the other one, stopping the treatment, leaves the follow-up as it is.
ENDING = tuple(act for act in COURSES if act != "treatment_stopped")


def titles() -> list[tuple[str, str]]:
    """Return each change of the course with its title, in the order in which a page offers them."""
    return [
        ("treatment_stopped", _("Stop the treatment")),
        ("terminated_early", _("End early")),
        ("completed", _("Complete the study")),
        ("lost_to_follow_up", _("Lost to follow-up")),
        ("died", _("Died")),
        ("screen_failed", _("Screen failure")),
    ]


@bp.route("/course/<act>", methods=["GET", "POST"])
@needs(Permission.PARTICIPANT_WRITE)
def change(code: str, act: str) -> Answer:
    """Record a change of the course; the page says first what it does to the visits that remain."""
    if act not in COURSES:
        raise NotFound("not_found")
    view = dossier.of(actor(), code)
    errors: dict[str, str] = {}
    form = Form()
    if request.method == "POST":
        reason = form.text("reason", needed=True)
        at = form.date_time("happened", zone=view.zone)
        errors = form.saved(
            lambda: participant.change_course(actor(), code, act, reason=reason, happened_at=at, key=form.key)
        )
        if not errors:
            flash(_("Recorded: %(act)s.", act=say.word(act)))
            return redirect(url_for("participant.show", code=code), 303)
    ended = (VisitStatus.DONE, VisitStatus.NOT_EXPECTED)
    page = render_template(
        "participant/course.html",
        view=view,
        person=view.participant,
        act=act,
        title=dict(titles())[act],
        ends=act in ENDING,
        remaining=[each for each in view.schedule if each.planned.status not in ended],
        errors=errors,
        form=form,
    )
    return (page, 422) if errors else page


def _told(view: dossier.Dossier, done: day_zero.Dosed) -> None:
    """Say what was counted again, and which criteria no longer hold with the new date."""
    zero = participant.day_zero(done.participant, view.zone).on
    flash(_("Recorded. Day 0 is %(day)s; the windows follow it.", day=say.day(str(zero) if zero else None)))
    if done.failing:
        flash(
            _(
                "With this date %(criteria)s no longer hold. Tell the investigator.",
                criteria=", ".join(done.failing),
            ),
            "check",
        )


@bp.route("/dose", methods=["GET", "POST"])
@needs(Permission.PARTICIPANT_WRITE)
def dose(code: str) -> Answer:
    """Record the first dose, or correct its time: date and hour decide what is baseline."""
    view = dossier.of(actor(), code)
    correcting = view.participant.first_dosed_at is not None
    errors: dict[str, str] = {}
    form = Form()
    if request.method == "POST":
        # The form says which page it was: one that was open too long must not correct what it meant to record.
        correcting = bool(form.sent.get("correct"))
        at = form.date_time("happened", zone=view.zone, needed=True)
        if correcting:
            reason, note = form.text("reason"), form.text("reason_note")
            errors = form.saved(
                lambda: day_zero.correct_first_dose(
                    actor(), code, given_at=at or 0, reason=reason, note=note, key=form.key
                )
            )
        else:
            errors = form.saved(lambda: day_zero.first_dose(actor(), code, given_at=at or 0, key=form.key))
        if not errors:
            _told(view, form.result)
            return redirect(url_for("participant.show", code=code), 303)
    reasons = [
        (each.code, each.text.said(say.language())) for each in view.protocol.reasons_for("correction")
    ]
    page = render_template(
        "participant/dose.html",
        view=view,
        person=view.participant,
        correcting=correcting,
        reasons=[*reasons, ("other", _("another reason, in words"))],
        errors=errors,
        form=form,
    )
    return (page, 422) if errors else page


@bp.route("/day0", methods=["GET", "POST"])
@needs(Permission.PARTICIPANT_WRITE)
def plan(code: str) -> Answer:
    """Move the planned Day 0 of somebody who is enrolled and not treated yet."""
    view = dossier.of(actor(), code)
    errors: dict[str, str] = {}
    form = Form()
    if request.method == "POST":
        day0 = form.date("day0", needed=True) or date.min
        reason = form.text("reason", needed=True)
        errors = form.saved(lambda: day_zero.plan(actor(), code, day0=day0, reason=reason, key=form.key))
        if not errors:
            _told(view, form.result)
            return redirect(url_for("participant.show", code=code), 303)
    page = render_template(
        "participant/day0.html", view=view, person=view.participant, errors=errors, form=form
    )
    return (page, 422) if errors else page

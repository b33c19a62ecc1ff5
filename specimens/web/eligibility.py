"""Pages about eligibility: the form with its judgement, the investigator's confirmation, enrolment."""

import re
from collections.abc import Iterable, Mapping
from datetime import date

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from specimens.domain import eligibility as rules
from specimens.domain.access import Permission
from specimens.domain.protocol_criteria import Criterion
from specimens.domain.signature import Occasion
from specimens.domain.terms import ParticipantState
from specimens.services import dossier, eligibility
from specimens.web import say, signing
from specimens.web.access import Answer
from specimens.web.eligibility_fields import asked_of, fields_of
from specimens.web.form import Form
from specimens.web.guard import actor, needs

bp = Blueprint("eligibility", __name__, url_prefix="/participants/<code>")

#: In these states answers can still be given.
ANSWERED_IN = (ParticipantState.CONSENTED, ParticipantState.SCREENING)


def _judged(view: dossier.Dossier) -> dict[str, tuple[str, str]]:
    """Return criterion → outcome and its reason in the reader's words."""
    if view.eligibility is None:
        return {}
    language = say.language()
    return {
        each.criterion: (str(each.outcome), rules.sentence(each, language))
        for each in view.eligibility.verdict.judgements
    }


def _parts(criteria: Iterable[Criterion]) -> list[tuple[str, list[Criterion]]]:
    """Part the criteria as registries number them, I1 and E1; those with other codes stand together."""
    parts: dict[str, list[Criterion]] = {
        _("Inclusion: each has to apply"): [],
        _("Exclusion: none may apply"): [],
        _("Criteria"): [],
    }
    lists = dict(zip("IE", parts.values(), strict=False))
    for criterion in criteria:
        numbered = re.match("[IE](?=[0-9])", criterion.code)
        (lists[numbered[0]] if numbered else parts[_("Criteria")]).append(criterion)
    return [(title, found) for title, found in parts.items() if found]


def _day0_fields(planned: str | None) -> dict[str, str]:
    if not planned:
        return {}
    on = date.fromisoformat(planned)
    return {"day0_day": str(on.day), "day0_month": str(on.month), "day0_year": str(on.year)}


def _shown(
    view: dossier.Dossier,
    values: Mapping[str, str],
    errors: dict[str, str],
) -> str:
    answers = view.eligibility.answers if view.eligibility else {}
    criteria = view.protocol.criteria
    return render_template(
        "eligibility/show.html",
        view=view,
        person=view.participant,
        parts=_parts(criteria),
        judged=_judged(view),
        units={"years": _("years"), "points": _("points"), "days": _("days")},
        answered=len([each for each in criteria if each.code in answers]),
        values=values,
        writable=view.participant.state in ANSWERED_IN and "eligibility_answered" in view.acts,
        errors=errors,
    )


@bp.get("/eligibility")
@needs(Permission.ELIGIBILITY_READ)
def show(code: str) -> str:
    """Show every criterion with its answer and what it comes to."""
    view = dossier.of(actor(), code)
    values = _day0_fields(view.participant.day0_planned_on)
    if view.eligibility:
        for criterion in view.protocol.criteria:
            if (answer := view.eligibility.answers.get(criterion.code)) is not None:
                values |= fields_of(criterion, answer)
    return _shown(view, values, {})


@bp.post("/eligibility")
@needs(Permission.PARTICIPANT_WRITE)
def answer(code: str) -> Answer:
    """Save the answers, all or some, and judge them; what cannot be read is told and nothing typed is lost."""
    view = dossier.of(actor(), code)
    form = Form()
    raw = {each.code: asked_of(each.code, form.sent) for each in view.protocol.criteria}
    day0 = form.date("day0")
    errors = form.saved(lambda: eligibility.answer(actor(), code, raw, day0_planned_on=day0, key=form.key))
    if errors:
        if form.wrong:  # the date cannot be read: what is wrong with the answers is told in the same breath
            form.wrong = {}
            errors |= form.saved(lambda: eligibility.read_answers(actor(), raw))
        return _shown(view, form.sent, errors), 422
    flash(_("Saved. Each criterion says what it comes to."))
    return redirect(url_for("eligibility.show", code=code), 303)


@bp.route("/eligibility/confirm", methods=["GET", "POST"])
@needs(Permission.ELIGIBILITY_CONFIRM)
def confirm(code: str) -> Answer:
    """The investigator reads every answer and confirms, with the password again."""
    view = dossier.of(actor(), code)
    errors: dict[str, str] = {}
    if request.method == "POST":
        form = Form()
        pen, seen = signing.pen(form), form.text("seen")
        errors = signing.signed(
            form, lambda: eligibility.confirm(actor(), code, pen=pen, seen=seen, key=form.key)
        )
        if not errors:
            flash(_("Confirmed. The participant can be enrolled."))
            return redirect(url_for("participant.show", code=code), 303)
        view = dossier.of(actor(), code)
    page = render_template(
        "eligibility/confirm.html",
        view=view,
        person=view.participant,
        criteria=view.protocol.criteria,
        judged=_judged(view),
        seen=eligibility.digest_of(view.participant),
        meanings=signing.meanings(view.protocol, Occasion.ELIGIBILITY_CONFIRMED),
        errors=errors,
    )
    return (page, 422) if errors else page


@bp.route("/enrol", methods=["GET", "POST"])
@needs(Permission.PARTICIPANT_WRITE)
def enrol(code: str) -> Answer:
    """Enrol: sets the group and the planned Day 0; blocked, with the criteria named, until all are met."""
    view = dossier.of(actor(), code)
    errors: dict[str, str] = {}
    values: Mapping[str, str] = _day0_fields(view.participant.day0_planned_on)
    if request.method == "POST":
        form = Form()
        values = form.sent
        day0 = form.date("day0", needed=True) or date.min
        errors = form.saved(lambda: eligibility.enrol(actor(), code, day0_planned_on=day0, key=form.key))
        if not errors:
            flash(_("Enrolled. The schedule below counts from Day 0."))
            return redirect(url_for("participant.show", code=code), 303)
    group = view.eligibility.verdict.group if view.eligibility and actor().sees_group() else None
    page = render_template(
        "eligibility/enrol.html",
        view=view,
        person=view.participant,
        judged=_judged(view),
        blocking=[each.criterion for each in view.eligibility.verdict.blocking] if view.eligibility else [],
        group=view.protocol.group(group).text.said(say.language()) if group else None,
        values=values,
        errors=errors,
    )
    return (page, 422) if errors else page

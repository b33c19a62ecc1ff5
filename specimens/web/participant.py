"""Pages about participants: the list, registering one, and everything that is known of one."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from specimens.domain.access import Permission
from specimens.domain.terms import Hold, Kind, ParticipantState
from specimens.services import dossier, participant, signature
from specimens.services import site as sites
from specimens.services import study as studies
from specimens.services.day_zero import never_treated
from specimens.web import course, pictures, say
from specimens.web.access import Answer
from specimens.web.doors import door
from specimens.web.form import Form
from specimens.web.guard import actor, needs

bp = Blueprint("participant", __name__, url_prefix="/participants")

LONGEST_FILTER = 64


def _asked(name: str) -> str:
    """Return a value of the address, cut to a length that a person would type."""
    return request.args.get(name, "").strip()[:LONGEST_FILTER]


@bp.get("")
@needs(Permission.PARTICIPANT_READ)
def index() -> str:
    """List the participants that this person may see, by subject number, a page at a time."""
    who = actor()
    state, site, wanted = _asked("state"), _asked("site"), _asked("q")
    names = {each.code: each.name for each in sites.sites()}
    if state not in set(ParticipantState):
        state = ""
    if site not in names:
        site = ""
    view = participant.page(
        who,
        state=state or None,
        site=site or None,
        wanted=wanted,
        after=_asked("after") or None,
        before=_asked("before") or None,
    )
    offered = sorted(code for code in names if who.sites is None or code in who.sites)
    return render_template(
        "participant/index.html",
        view=view,
        state_options=[(str(each), say.word(each)) for each in ParticipantState],
        sites=[(code, names[code]) for code in offered],
        asked={"state": state, "site": site, "q": wanted},
        sees_group=who.sees_group(),
    )


@bp.route("/new", methods=["GET", "POST"])
@needs(Permission.PARTICIPANT_WRITE)
def new() -> Answer:
    """Register a participant: the subject number is typed, the code is issued by the system."""
    protocol = studies.protocol_of(actor().study)
    errors: dict[str, str] = {}
    if request.method == "POST":
        form = Form()
        number = form.text("subject_number", needed=True)
        if not (errors := form.saved(lambda: participant.register(actor(), number, key=form.key))):
            flash(_("Registered. The next step is the signed consent."))
            return redirect(url_for("participant.show", code=form.result.code), 303)
    page = render_template("participant/new.html", errors=errors, rule=protocol.subject_number)
    return (page, 422) if errors else page


def _millilitres(volume_ul: int) -> str:
    """Write microlitres as millilitres with at most one decimal, as the reader's language does."""
    tenths = (volume_ul + 50) // 100
    whole, tenth = divmod(tenths, 10)
    comma = "," if say.language() == "nl" else "."
    return f"{whole}{comma}{tenth}" if tenth else str(whole)


@bp.get("/<code>")
@needs(Permission.PARTICIPANT_READ)
def show(code: str) -> str:
    """Show everything that is known of one participant."""
    view = dossier.of(actor(), code)
    group = view.participant.group_code
    return render_template(
        "participant/show.html",
        view=view,
        person=view.participant,
        line=pictures.visit_line(view.schedule, view.today, view.day0_on, view.zone),
        month=say.month,
        given=signature.of(Kind.PARTICIPANT, code),
        door=door,
        group=view.protocol.group(group).text.said(say.language()) if group else None,
        scopes={each.code: each.text.said(say.language()) for each in view.protocol.consent_scopes},
        courses=course.titles(),
        millilitres=_millilitres,
        held=any(Hold.CONSENT in each.holds for each in view.left),
        untreated=view.participant.state == ParticipantState.ENROLLED
        and never_treated(view.participant, view.today),
        steps=[
            {
                "act": say.word(each.act),
                "at": each.at,
                "who": each.who,
                "role": each.role,
                "place": each.place,
                "reason": say.word(each.reason) if each.reason else "",
                "note": each.note,
                "moved": _("recorded %(when)s", when=say.moment(each.recorded_at))
                if abs(each.recorded_at - each.at) >= 60_000
                else "",
                "struck": _("Corrected or undone by a later entry.") if each.undone else "",
            }
            for each in view.steps
        ],
    )

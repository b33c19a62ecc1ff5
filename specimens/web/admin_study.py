"""Studies and the versions of their protocols, for the administrator."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from specimens.domain import protocol as protocols
from specimens.domain.access import Permission
from specimens.domain.errors import NotFound
from specimens.domain.protocol_signature import Meaning
from specimens.domain.signature import Occasion
from specimens.domain.study import Study
from specimens.domain.terms import Kind
from specimens.services import people, publication, signature
from specimens.services import site as sites
from specimens.services import study as service
from specimens.services.publication import Publication
from specimens.web import frame, say, signing
from specimens.web.form import Form
from specimens.web.guard import actor, needs

bp = Blueprint("admin_study", __name__, url_prefix="/admin/studies")

Answer = str | Response | tuple[str, int]

LONGEST_PROTOCOL = 500_000


def _mine(code: str) -> Study:
    """Return a study that this administrator manages; any other is not found."""
    if actor().study not in (None, code):
        raise NotFound("unknown_study")
    return service.study(code)


@bp.get("")
@needs(Permission.PROTOCOL_PUBLISH)
def index() -> str:
    """Show the studies that this administrator manages."""
    found = [each for each in service.studies() if actor().study in (None, each.code)]
    return render_template(
        "admin/studies.html",
        studies=found,
        labels={each.code: frame.label_of(each.code) for each in found},
        versions={each.code: service.versions(each.code) for each in found},
    )


def _show(code: str, errors: dict[str, str] | None = None, sent: Any = None) -> str:
    study = _mine(code)
    versions = service.versions(code)
    named = {each.code: each.name for each in sites.sites()}
    offered = [
        (each.code, f"{each.code} · {each.name}")
        for each in sites.sites(actor())
        if each.active and each.code not in study.sites
    ]
    protocol = service.protocol_of(code)
    return render_template(
        "admin/study.html",
        study=study,
        label=protocol.study.label,
        versions=versions,
        planned=service.planned_on(code),
        people=people.names({each.published_by for each in versions}),
        sites=named,
        offered=offered,
        assumptions=protocol.assumptions(),
        given=signature.of(Kind.PROTOCOL, code),
        errors=errors or {},
        sent=sent or {},
    )


@bp.get("/<code>")
@needs(Permission.PROTOCOL_PUBLISH)
def show(code: str) -> str:
    """Show a study: its versions, where it is open, and which values are assumed."""
    return _show(code)


@bp.post("/<code>/sites")
@needs(Permission.SITE_MANAGE)
def open_at(code: str) -> Answer:
    """Open a study at a site."""
    _mine(code)
    form = Form()
    site = form.one_of("site", [each.code for each in sites.sites(actor()) if each.active])
    if errors := form.saved(lambda: service.open_at_site(actor(), code, site or "", key=form.key)):
        return _show(code, errors, form.sent), 422
    flash(_("The study is open at %(site)s.", site=site))
    return redirect(url_for("admin_study.show", code=code), 303)


@bp.get("/<code>/versions/<version>.toml")
@needs(Permission.PROTOCOL_PUBLISH)
def text(code: str, version: str) -> Response:
    """Hand out the text of a version as it was published."""
    _mine(code)
    answer = Response(service.text_of(code, version), mimetype="application/toml")
    answer.headers.set("Content-Disposition", "attachment", filename=f"{code}-{version}.toml")
    return answer


@bp.route("/publish", methods=["GET", "POST"])
@needs(Permission.PROTOCOL_PUBLISH)
def publish() -> Answer:
    """Take a protocol, list its problems or show what it changes, and publish it once that was confirmed."""
    form = Form()
    errors: dict[str, str] = {}
    found = None
    typed = name = ""
    if request.method == "POST":
        typed, name = _protocol(form)
        errors = {field: say.sentence(code) for field, code in form.wrong.items()}
        if not errors:
            found = publication.preview(typed, name)
            if found.study is not None and actor().study not in (None, found.study):
                raise NotFound("unknown_study")
            if found.refusal:
                errors = {"text": say.sentence(found.refusal, {"version": found.version})}
            elif form.sent.get("confirmed") and not found.problems:
                errors = _published(form, typed, name)
                if not errors:
                    flash(
                        _(
                            "Version %(version)s is in force. Visits planned before stay on their version.",
                            version=form.result.version,
                        )
                    )
                    return redirect(url_for("admin_study.show", code=form.result.code), 303)
    page = render_template(
        "admin/publish.html",
        errors=errors,
        text=typed,
        name=name,
        found=found,
        sent=form.sent,
        meanings=_meanings(found, typed, name),
    )
    return (page, 422) if errors or (found and found.problems) else page


def _meanings(found: Publication | None, typed: str, name: str) -> tuple[Meaning, ...]:
    """Return what is stated by publishing: from the version in force, for a new study from its own list."""
    if found is None or found.study is None:
        return ()
    rules = service.protocol_of(found.study) if found.replaces else protocols.load(typed, name)
    return signing.meanings(rules, Occasion.PROTOCOL_PUBLISHED)


def _protocol(form: Form) -> tuple[str, str]:
    """Return the text that was pasted or chosen as a file, with the line ends that a file has, and its name."""
    pasted = form.sent.get("text", "").replace("\r\n", "\n")
    file = request.files.get("file")
    if file is None or not file.filename:
        if not pasted.strip():
            form.wrong["text"] = "protocol_needed"
        elif len(pasted) > LONGEST_PROTOCOL:
            form.wrong["text"] = "protocol_too_long"
            return "", ""
        return pasted, (form.sent.get("name", "")[:200] or "pasted.toml")
    if pasted.strip():
        form.wrong["file"] = "protocol_both"
        return pasted, file.filename[:200]
    raw = file.stream.read(4 * LONGEST_PROTOCOL + 1)
    try:
        read = raw.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError:
        form.wrong["file"] = "protocol_not_text"
        return "", file.filename[:200]
    if len(read) > LONGEST_PROTOCOL:
        form.wrong["file"] = "protocol_too_long"
        return "", ""
    if not read.strip():
        form.wrong["file"] = "protocol_needed"
    return read, file.filename[:200]


def _published(form: Form, typed: str, name: str) -> dict[str, str]:
    replaces = form.sent.get("replaces", "")
    reason = form.text("reason", needed=bool(replaces))
    pen = signing.pen(form)
    return signing.signed(
        form,
        lambda: publication.publish(
            actor(), typed, name, pen=pen, reason=reason or None, replaces=replaces, key=form.key
        ),
    )

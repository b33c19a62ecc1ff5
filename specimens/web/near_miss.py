"""Near misses for the quality meeting: the list, the register of kinds by stations, and its CSV."""

from datetime import date
from typing import Any

from flask import Blueprint, render_template, request
from werkzeug.wrappers import Response

from specimens.documents.csv_safe import Column, write_csv
from specimens.domain.access import Permission
from specimens.domain.errors import BadInput
from specimens.domain.near_miss import MissKind
from specimens.services import audit_lists, near_miss
from specimens.services.near_miss import NO_STATION, Register, Wanted
from specimens.services.report_voice import Voice
from specimens.web import say
from specimens.web.audit import cursors
from specimens.web.form import Form
from specimens.web.guard import actor, needs

bp = Blueprint("near_miss", __name__, url_prefix="/audit/near-misses")

_COLUMNS = (
    Column("from"), Column("until"), Column("kind_code"), Column("kind"), Column("station_code"), Column("station"),
    Column("count", number=True),
)  # fmt: skip


def _wanted() -> tuple[Wanted, dict[str, str]]:
    """Return which near misses the address asks for, and what of it cannot be read (field → sentence)."""
    form = Form()
    form.sent = request.args  # a register is looked at: nothing is sent
    period: dict[str, date | None] = {name: form.date(name) for name in ("from", "until")}
    asked = any(request.args.get(f"{name}_{part}") for name in period for part in ("day", "month", "year"))
    usual = near_miss.usual(actor())
    wanted = Wanted(
        period["from"] if asked else usual.from_on,
        period["until"] if asked else usual.until_on,
        next((each for each in MissKind if each == request.args.get("kind")), None),
        request.args.get("station", "")[:64] or None,
    )
    return wanted, {name: say.sentence(code) for name, code in form.wrong.items()}


def _found() -> tuple[Register | None, Wanted, dict[str, str]]:
    wanted, errors = _wanted()
    if not errors:
        try:
            return near_miss.register(actor(), wanted), wanted, {}
        except BadInput as bad:
            errors = {name: say.sentence(code) for name, code in bad.fields.items()}
    return None, wanted, errors


@bp.get("/register")
@needs(Permission.AUDIT_READ)
def register() -> str | tuple[str, int]:
    """Count the refused scans of a period by kind and by station."""
    found, wanted, errors = _found()
    page = render_template(
        "audit/register.html",
        found=found,
        wanted=wanted,
        errors=errors,
        none=NO_STATION,
        days=days_of(wanted),
    )
    return (page, 422) if errors else page


@bp.get("/register.csv")
@needs(Permission.AUDIT_READ)
def export() -> Response | tuple[str, int]:
    """Hand the register out as a file: a line for each kind at each station."""
    found, wanted, errors = _found()
    if found is None:
        page = render_template(
            "audit/register.html",
            found=None,
            wanted=wanted,
            errors=errors,
            none=NO_STATION,
            days=days_of(wanted),
        )
        return page, 422
    period = [each.isoformat() if each else None for each in (wanted.from_on, wanted.until_on)]
    rows = [
        (*period, str(kind), say.word(kind), None if station == NO_STATION else station, name, number)
        for station, name in found.stations.items()
        for kind in found.kinds
        if (number := found.counts.get((kind, station)))
    ]
    answer = Response(write_csv(_COLUMNS, rows), mimetype="text/csv")
    answer.headers["Content-Disposition"] = 'attachment; filename="near-misses.csv"'
    return answer


@bp.get("")
@needs(Permission.AUDIT_READ)
def index() -> str | tuple[str, int]:
    """List the scans that were refused: all of them, or those of one cell of the register."""
    narrowed = any(name for name in request.args if name not in ("before", "after"))
    wanted, errors = _wanted()
    page = audit_lists.near_misses(actor(), **cursors(), of=wanted if narrowed and not errors else None)
    return render_template(
        "audit/near_misses.html",
        page=page,
        voice=Voice(say.language(), say.word),
        wanted=wanted if narrowed else None,
        none=NO_STATION,
    )


def days_of(wanted: Wanted) -> dict[str, Any]:
    """Return the days of a period as the fields of a form, to fill it in and to link on."""
    told: dict[str, Any] = {}
    for name, on in (("from", wanted.from_on), ("until", wanted.until_on)):
        if on is not None:
            told |= {f"{name}_day": on.day, f"{name}_month": on.month, f"{name}_year": on.year}
    return told

"""Searching specimens, page after page, and taking a list of them out as CSV."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, render_template, request, stream_with_context

from specimens.documents.csv_safe import Column, write_csv
from specimens.domain.access import Permission
from specimens.domain.errors import BadInput
from specimens.domain.identifiers import read_scan
from specimens.domain.moments import read_day
from specimens.domain.protocol import Protocol
from specimens.domain.terms import Flag, Hold, Status
from specimens.services import search as service
from specimens.services.clock import now_ms
from specimens.services.search import Line, Query
from specimens.services.study import protocol_of
from specimens.web import say
from specimens.web.form import Form
from specimens.web.guard import actor, needs

bp = Blueprint("search", __name__)

_LONGEST = 128
_LARGEST_CURSOR = 2**62
_FLUSH = 500
_MARKS = tuple(str(mark) for mark in (*Hold, *Flag))

_COLUMNS = (
    Column("specimen"), Column("participant"), Column("subject_number"), Column("visit"), Column("timepoint"),
    Column("type"), Column("container"), Column("procedure"), Column("slot"), Column("derivative"),
    Column("number", number=True), Column("attempt", number=True), Column("status"), Column("custodian"),
    Column("place"), Column("position"), Column("holds"), Column("flags"), Column("collected_at"),
    Column("volume_ul", number=True), Column("pieces", number=True), Column("parents"),
    Column("protocol_version"), Column("site"), Column("held_site"),
)  # fmt: skip


@bp.get("/search")
@needs(Permission.SPECIMEN_READ)
def index() -> str | tuple[str, int]:
    """Search specimens by whatever is known of them."""
    protocol = protocol_of(actor().study)
    query, errors = _query(protocol)
    found = None
    if not errors:
        whole = request.args.get("count") == "all"
        found = service.search(actor(), query, before=_cursor("before"), after=_cursor("after"), whole=whole)
    page = render_template(
        "search/index.html",
        found=found,
        query=query,
        errors=errors,
        words={each.code: each.text.said(say.language()) for each in protocol.specimen_types},
        timepoints=[
            (each.code, f"{each.code} – {each.text.said(say.language())}") for each in protocol.timepoints
        ],
        statuses=[(str(each), say.word(each)) for each in Status],
        marks=[(each, say.word(each)) for each in _MARKS],
    )
    return (page, 422) if errors else page


@bp.post("/search.csv")
@needs(Permission.EXPORT)
def export() -> Response | tuple[str, int]:
    """Hand out what was found as CSV, after writing down who takes it and how much it is."""
    query, errors = _query(protocol_of(actor().study))
    if errors:
        raise BadInput("search_unreadable")
    who = actor()
    _, lines = service.export(who, query, key=Form().key)
    day = datetime.fromtimestamp(now_ms() / 1000, ZoneInfo(who.zone)).date().isoformat()
    return Response(
        stream_with_context(_csv(lines, who.zone)),
        mimetype="text/csv",
        headers={"Content-Disposition": f'attachment; filename="specimens-{who.study}-{day}.csv"'},
    )


def _csv(lines: Iterator[Line], zone: str) -> Iterator[bytes]:
    """Yield CSV in pieces; only the first carries the heading and the byte order mark."""
    yield write_csv(_COLUMNS, [])
    heading = len(write_csv(_COLUMNS, []))
    waiting: list[tuple[Any, ...]] = []
    for line in lines:
        waiting.append(_row(line, zone))
        if len(waiting) == _FLUSH:
            yield write_csv(_COLUMNS, waiting)[heading:]
            waiting = []
    yield write_csv(_COLUMNS, waiting)[heading:]


def _row(line: Line, zone: str) -> tuple[Any, ...]:
    each = line.specimen
    collected = ""
    if each.collected_at is not None:
        at = datetime.fromtimestamp(each.collected_at / 1000, ZoneInfo(zone))
        collected = at.isoformat(timespec="minutes")
    return (
        each.code, each.participant, line.subject_number, each.visit, each.timepoint, each.specimen_type,
        each.container, each.procedure, each.slot, each.derivative, each.number, each.attempt, each.status,
        line.custodian, line.place, each.position, " ".join(each.holds), " ".join(each.flags), collected,
        each.volume_ul, each.pieces, " ".join(parent for parent, _ in each.parents), each.protocol_version,
        each.site, each.held_site,
    )  # fmt: skip


def _cursor(name: str) -> int | None:
    said = request.args.get(name, "")
    readable = said.isascii() and said.isdecimal() and len(said) < 20
    return int(said) if readable and int(said) < _LARGEST_CURSOR else None


def _query(protocol: Protocol) -> tuple[Query, dict[str, str]]:
    """Read the query; what cannot be read goes into the errors (field → sentence)."""
    errors: dict[str, str] = {}

    def text(name: str) -> str | None:
        said = " ".join(request.args.get(name, "").split())
        if len(said) > _LONGEST or not said.isprintable():
            errors[name] = say.sentence(
                "text_too_long" if len(said) > _LONGEST else "text_control_characters"
            )
            return None
        return said or None

    def offered(name: str, among: set[str]) -> str | None:
        said = text(name)
        if said is not None and said not in among:
            errors[name] = say.sentence("choose_one")
            return None
        return said

    identifier = text("q")
    if identifier is not None:
        try:
            identifier = read_scan(identifier).code
        except BadInput as error:
            errors["q"] = say.told(error)
    since, until = _day("from", errors), _day("to", errors)
    if since and until and since > until:
        errors["from"] = say.sentence("search_range")
    return Query(
        identifier=identifier,
        participant=_code(text("participant")),
        visit=_code(text("visit")),
        timepoint=offered("timepoint", {each.code for each in protocol.timepoints}),
        specimen_type=offered("type", {each.code for each in protocol.specimen_types}),
        status=offered("status", {str(each) for each in Status}),
        custodian=_code(text("custodian")),
        place=_code(text("place")),
        mark=offered("mark", set(_MARKS)),
        collected_from=_midnight(since),
        collected_before=_midnight(until + timedelta(days=1)) if until else None,
    ), errors


def _code(said: str | None) -> str | None:
    """Return an identifier as it is stored where one was typed, scanned or pasted; any other text as it is."""
    if said is None:
        return None
    try:
        return read_scan(said).code
    except BadInput:
        return said


def _day(name: str, errors: dict[str, str]) -> date | None:
    parts = [request.args.get(f"{name}_{part}", "").strip() for part in ("day", "month", "year")]
    if not any(parts):
        return None
    try:
        return read_day(*parts)
    except BadInput as error:
        errors[name] = say.told(error)
        return None


def _midnight(day: date | None) -> int | None:
    if day is None:
        return None
    return int(datetime.combine(day, time(), ZoneInfo(say.zone())).timestamp() * 1000)

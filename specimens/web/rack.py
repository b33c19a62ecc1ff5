"""A whole rack at once instead of scan after scan: a picture of it, or the file that a rack reader wrote.

What was read is shown as a grid, and only then done; picture and file are kept nowhere.
"""

from collections.abc import Callable
from contextlib import closing
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from labels.errors import LabelError
from labels.rack import Rack, position, read_rack
from labels.rack_file import MOST_BYTES as MOST_OF_A_FILE
from labels.rack_file import read_rack_file
from labels.read import MOST_BYTES, Reading, read_photo
from specimens.domain.access import Permission
from specimens.domain.identifiers import is_identifier
from specimens.domain.terms import Mode
from specimens.services import rack as service
from specimens.services import storage_map, transfer_view
from specimens.services.rack import Done
from specimens.web import say
from specimens.web.form import Form
from specimens.web.guard import actor, needs

bp = Blueprint("rack", __name__)

Answer = str | Response | tuple[str, int]


def picture() -> bytes:
    """Return the picture that was sent, and one byte more than is read where it is larger; nothing of it is kept."""
    sent = request.files.get("photo")
    if sent is None:
        return b""
    with closing(sent):
        return sent.stream.read(MOST_BYTES + 1)


def _file() -> bytes | None:
    """Return the reader's file that was sent, and one byte more than is read where it is larger; None without one."""
    sent = request.files.get("file")
    if sent is None or not sent.filename:
        return None
    with closing(sent):
        return sent.stream.read(MOST_OF_A_FILE + 1)


def _mode(form: Form) -> Mode:
    """Return whether the tubes of a form came from a rack reader or from a picture."""
    return Mode.READER if form.sent.get("how") == Mode.READER else Mode.PHOTO


def _loose(reading: Reading) -> Rack:
    """Return tubes that stand in no grid, numbered as one reads."""
    texts = [code.text or "" for code in reading.codes]
    numbered = {str(number): text for number, text in enumerate(texts, start=1)}
    twice = tuple(dict.fromkeys(text for text in texts if texts.count(text) > 1))
    unread = tuple(where(reading, code.x, code.y) for code in reading.unread)
    return Rack(0, 0, numbered, unread, (), twice, sure=True)


def where(reading: Reading, x: float, y: float) -> str:
    """Say in which part of a picture something is, in words: a code of the house's words."""
    across = ("left", "centre", "right")[min(2, int(3 * x / reading.width))]
    down = ("top", "middle", "bottom")[min(2, int(3 * y / reading.height))]
    return say.word(f"photo_{down}_{across}")


def _read(form: Form, rows: int, columns: int) -> tuple[Rack | None, dict[str, str]]:
    """Return what a reader's file or a picture shows, or what is wrong with it."""
    if form.wrong:
        return None, {name: say.sentence(code) for name, code in form.wrong.items()}
    try:
        if (data := _file()) is not None:
            return read_rack_file(data, accept=is_identifier, rows=rows, columns=columns), {}
    except LabelError as error:
        return None, {"file": say.sentence(error.code, error.facts)}
    try:
        if rows and columns:
            return read_rack(picture(), rows=rows, columns=columns, accept=is_identifier), {}
        reading = read_photo(picture(), accept=is_identifier)
        if not reading.codes:
            return None, {"photo": say.sentence("rack_nothing_read")}
        return _loose(reading), {}
    except LabelError as error:
        return None, {"photo": say.sentence(error.code, error.facts)}


def _ticked(form: Form) -> list[tuple[str, str]]:
    """Return (position, identifier) of the tubes that were ticked; a position may have been put right by hand."""
    found = []
    for code in dict.fromkeys(form.sent.getlist("tube")):
        if is_identifier(code):
            found.append((form.sent.get(f"at_{code}", "").strip().upper()[:8], code))
    return found


def _from_file() -> bool:
    sent = request.files.get("file")
    return sent is not None and bool(sent.filename)


def _page(
    title: str,
    back: str,
    act: str,
    found: Rack | None,
    errors: dict[str, str],
    fills: str | None = None,
    **more: Any,
) -> Answer:
    page = render_template(
        "rack/photo.html",
        title_of_page=title,
        back=back,
        act=act,
        found=found,
        tubes=service.shown(actor(), found.codes, fills) if found else [],
        how=Mode.READER if _from_file() else Mode.PHOTO,
        letters=[position(row, 0)[0] for row in range(found.rows)] if found else [],
        errors=errors,
        sent=request.form,
        **more,
    )
    return (page, 422) if errors else page


def _done(form: Form, back: str, work: Callable[[], list[Done]]) -> Answer:
    if errors := form.saved(work):
        return _page("", back, "", None, errors, asks_size=False)
    return render_template("rack/done.html", done=form.result, back=back)


@bp.route("/boxes/<code>/photo", methods=["GET", "POST"])
@needs(Permission.STORE)
def box(code: str) -> Answer:
    """Show what a picture of a box shows, well by well; nothing is stored yet."""
    unit = storage_map.view(actor(), code).unit
    back = url_for("storage.unit", code=code)
    if not unit.rows:
        return redirect(back, 303)
    found, errors = None, {}
    if request.method == "POST":
        found, errors = _read(Form(), unit.rows, unit.columns)
    return _page(unit.name, back, url_for("rack.put", code=code), found, errors, code, asks_size=False)


@bp.post("/boxes/<code>/photo/put")
@needs(Permission.STORE)
def put(code: str) -> Answer:
    """Store the tubes that were ticked, each into its well."""
    storage_map.view(actor(), code)
    form = Form()
    return _done(
        form,
        url_for("storage.unit", code=code),
        lambda: service.put_all(actor(), code, _ticked(form), key=form.key, mode=_mode(form)),
    )


@bp.route("/boxes/<code>/check/photo", methods=["GET", "POST"])
@needs(Permission.STORE)
def check(code: str) -> Answer:
    """Show what a picture or a reader's file of a box shows, before it is compared with the map."""
    unit = storage_map.view(actor(), code).unit
    if not unit.rows:
        return redirect(url_for("storage.unit", code=code), 303)
    found, errors = None, {}
    if request.method == "POST":
        found, errors = _read(Form(), unit.rows, unit.columns)
    back = url_for("inventory.show", code=code)
    act = url_for("rack.see", code=code)
    return _page(unit.name, back, act, found, errors, asks_size=False, checks=True)


@bp.post("/boxes/<code>/check/photo/see")
@needs(Permission.STORE)
def see(code: str) -> Answer:
    """Compare the tubes that were ticked with the map, each where it was read."""
    storage_map.view(actor(), code)
    form = Form()
    return _done(
        form,
        url_for("inventory.show", code=code),
        lambda: service.check_all(actor(), code, _ticked(form), key=form.key, mode=_mode(form)),
    )


@bp.route("/transfers/<code>/photo", methods=["GET", "POST"])
@needs(Permission.TRANSFER_RECEIVE)
def transfer(code: str) -> Answer:
    """Show which tubes a picture shows; nothing is received yet."""
    view = transfer_view.get(actor(), code)
    found, errors = None, {}
    if request.method == "POST":
        form = Form()
        rows, columns = form.whole("rows", least=1, most=26), form.whole("columns", least=1, most=40)
        if (rows is None) != (columns is None) and not form.wrong:
            form.wrong["rows"] = "grid_needed_both"
        found, errors = _read(form, rows or 0, columns or 0)
    return _page(
        say.word("transfer"),
        url_for("receipt.show", code=code),
        url_for("rack.take", code=code),
        found,
        errors,
        asks_size=True,
        lines=view.transfer.lines,
    )


@bp.post("/transfers/<code>/photo/take")
@needs(Permission.TRANSFER_RECEIVE)
def take(code: str) -> Answer:
    """Receive the tubes that were ticked."""
    transfer_view.get(actor(), code)
    form = Form()
    return _done(
        form,
        url_for("receipt.show", code=code),
        lambda: service.receive_all(actor(), code, _ticked(form), key=form.key, mode=_mode(form)),
    )

"""Verify a report: drop its PDF, type its digest, paste or photograph its checkpoint; the answer comes in words."""

from flask import Blueprint, make_response, render_template, request
from werkzeug.wrappers import Response

from labels.errors import LabelError
from labels.read import read_text
from specimens.domain.access import Permission
from specimens.domain.errors import BadInput
from specimens.services import genuine
from specimens.services.genuine import Answer
from specimens.web.form import Form
from specimens.web.guard import actor, needs, public

bp = Blueprint("genuine", __name__)

#: How the photographs begin that are read for a QR code: JPEG, PNG, WebP.
_PICTURES = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"RIFF")


@bp.route("/verify", methods=["GET", "POST"])
@needs(Permission.REPORT_MAKE, Permission.AUDIT_READ)
def ask() -> str | tuple[str, int]:
    """Ask for a report, and answer whether it is genuine and its history unchanged."""
    if request.method == "GET":
        return render_template("genuine/ask.html", errors={}, answer=None, typed="", keys=genuine.keys())
    form = Form()
    typed = form.text("text")
    errors = form.saved(lambda: _examined(typed))
    page = render_template(
        "genuine/ask.html", errors=errors, answer=form.result, typed=typed, keys=genuine.keys()
    )
    return (page, 422) if errors else page


def _examined(typed: str) -> Answer:
    sent = request.files.get("file")
    data = b""
    if sent:
        with sent.stream as stream:
            data = stream.read()
    if not data:
        return genuine.examine_text(actor(), typed)
    if not data.startswith(_PICTURES):
        return genuine.examine_file(actor(), data)
    try:
        text = read_text(data)
    except LabelError as error:
        raise BadInput("form_incomplete", {"file": error.code}, about={"file": error.facts}) from error
    if text is None:
        raise BadInput("form_incomplete", {"file": "genuine_no_qr"})
    return genuine.examine_text(actor(), text)


@bp.get("/verify/consistency.txt")
@needs(Permission.REPORT_MAKE, Permission.AUDIT_READ)
def consistency() -> Response:
    """Hand out the proof that the history of so many entries begins with that of fewer, for `offline.py --proof`."""
    old, new = (request.args.get(name, -1, type=int) for name in ("old", "new"))
    answer: Response = make_response(genuine.consistency(actor(), old, new))
    answer.headers["Content-Type"] = "text/plain; charset=utf-8"
    answer.headers["Content-Disposition"] = f'attachment; filename="consistency-{old}-{new}.txt"'
    return answer


@bp.get("/verify/offline.py")
@public
def program() -> Response:
    """Hand out the program that checks a report without this system; it holds no secret and asks for nothing."""
    answer: Response = make_response(genuine.program())
    answer.headers["Content-Type"] = "text/x-python; charset=utf-8"
    answer.headers["Content-Disposition"] = 'attachment; filename="offline.py"'
    return answer

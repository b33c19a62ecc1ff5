"""A long custody report: a page that says how far it is while the report is drawn, then where it lies. No script."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from queue import SimpleQueue
from threading import Thread

from flask import (
    Blueprint,
    copy_current_request_context,
    current_app,
    render_template,
    request,
    stream_template,
)
from werkzeug.wrappers import Response

from specimens.domain.access import Permission
from specimens.domain.errors import SpecimensError
from specimens.services import report, report_shelf
from specimens.services.report_scope import ReportScope
from specimens.services.report_voice import Voice
from specimens.web import say
from specimens.web.form import Form
from specimens.web.guard import actor, needs
from specimens.web.report import Asked, as_file, spoken

bp = Blueprint("report_long", __name__)

#: Every so many pages the reader is told.
_PAGES = 25


@dataclass(frozen=True, slots=True)
class Step:
    """How far it is; at the end the number of the report, or what went wrong."""

    page: int = 0
    pages: int = 0
    code: str | None = None
    wrong: str | None = None


@bp.post("/reports/custody/long")
@needs(Permission.REPORT_MAKE)
def make() -> Iterator[str] | tuple[str, int]:
    """Make a report while its reader sees how far it is."""
    asked = Asked(request.form)
    if asked.scope is None:
        return render_template("report/new.html", errors=asked.errors, sent=asked.typed), 422
    return stream_template("report/making.html", steps=_steps(asked.scope, spoken(), Form().key))


def _steps(scope: ReportScope, voice: Voice, key: str | None) -> Iterator[Step]:
    who = actor()
    told: SimpleQueue[Step | Exception] = SimpleQueue()

    def progress(page: int, pages: int) -> None:
        if page % _PAGES == 0 or page == pages:
            told.put(Step(page, pages))

    @copy_current_request_context  # words are told in the language of this reader
    def work() -> None:
        try:
            made = report.make(who, scope, "pdf", voice, key=key, progress=progress)
            report_shelf.put(current_app.config["SETTINGS"].home, made.code, made.data)
            told.put(Step(code=made.code))
        except Exception as error:
            told.put(error)

    thread = Thread(target=work, name="long report")
    thread.start()
    with suppress(GeneratorExit):  # the reader has gone; the report is finished all the same, and on record
        while True:
            step = told.get()
            if isinstance(step, SpecimensError):
                yield Step(wrong=say.told(step))
                break
            if isinstance(step, Exception):
                current_app.logger.error("a long report failed", exc_info=step)
                yield Step(wrong=say.sentence("status_500"))
                break
            yield step
            if step.code is not None:
                break
    thread.join()


@bp.get("/reports/<code>/file.pdf")
@needs(Permission.REPORT_MAKE)
def show(code: str) -> Response:
    """Hand out a long report that waits for who made it."""
    data = report_shelf.take(current_app.config["SETTINGS"].home, actor(), code)
    return as_file(data, "application/pdf", f"custody-{code}.pdf")

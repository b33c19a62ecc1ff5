"""The audit in the demonstration: a seat that opens for two days, a draw, findings, and a report that is reviewed."""

from datetime import date, timedelta

from specimens.cli.demo_base import HOME_SITE, PASSWORD, ZONE, Ground
from specimens.cli.demo_clinic import MINUTE, Story, at
from specimens.domain.access import Actor, system_actor
from specimens.domain.finding import Severity
from specimens.domain.terms import Role
from specimens.services import draw, finding, people, report, seat
from specimens.services.report_scope import ReportScope
from specimens.services.signature import Pen

#: Somebody from outside: an account, and no grant but a seat.
AUDITOR = ("eva", "Eva Novák")
_DICE = "dice 4-1-6-2"
_ASKED = (
    (Severity.MINOR, "Why does the label of this tube not show the time of collection?"),
    (Severity.MAJOR, "The storage log of this day is not among the papers that were shown."),
)
_ANSWER = (
    "The label leaves room for the time; it is written by hand and stands in the record. See the kit sheet."
)
_CLOSED = "The kit sheet was shown. Nothing further."


def visit(ground: Ground, day: date) -> Story:
    """Two days of an audit that begins on *day*: look, draw, ask; the site answers one of two questions."""
    ivo = ground.actors["ivo"]
    name, full_name = AUDITOR
    yield at(day - timedelta(days=7), 11)
    user = people.add(system_actor(ZONE), name, full_name, PASSWORD, demonstration=True)
    given = seat.open_seat(
        ivo, name, str(Role.AUDITOR), from_on=day, until_on=day + timedelta(days=1),
        training_on=day - timedelta(days=7), reason="Announced audit of the sample handling.",
    )  # fmt: skip
    eva = Actor(
        user=user.code, login=name, name=full_name, role=Role.AUDITOR, study=ivo.study,
        sites=frozenset({HOME_SITE}), site=HOME_SITE, zone=ZONE, seat=given.code,
    )  # fmt: skip
    yield at(day, 9, 30)
    drawn = draw.draw(eva, 6, seed=_DICE)
    for number, code in enumerate(drawn.specimens):
        yield at(day, 10, 7 * number)
        seat.viewed(eva, code)
    raised = []
    for (severity, text), about in zip(_ASKED, drawn.specimens, strict=False):
        yield at(day, 14) + len(raised) * 12 * MINUTE
        raised.append(
            finding.raise_finding(eva, about, severity, text, pen=Pen(PASSWORD), draw=drawn.code).code
        )
    if not raised:
        return
    yield at(day + timedelta(days=1), 9)
    finding.go_on(ivo, raised[0], "answer", _ANSWER, pen=Pen(PASSWORD))
    yield at(day + timedelta(days=1), 10, 15)
    finding.go_on(eva, raised[0], "close", _CLOSED, pen=Pen(PASSWORD))
    yield at(day + timedelta(days=1), 11)
    ada = ground.actors["ada"]
    made = report.make(ada, ReportScope("specimen", drawn.specimens[0]), "pdf").code
    yield at(day + timedelta(days=1), 11, 20)
    report.review(ada, made, pen=Pen(PASSWORD, meaning="report_reviewed"))

"""The pictures of the pages: what is drawn where, and that a table or a list beside each says the same."""

import re
from datetime import date, timedelta
from types import SimpleNamespace

import pytest
import time_machine
from markupsafe import Markup

from specimens.domain.participant import Participant
from specimens.domain.protocol_base import Text
from specimens.domain.schedule import PlannedVisit, VisitStatus, Window
from specimens.domain.visit import Visit
from specimens.services.schedule import ScheduledVisit
from specimens.services.specimen import Relative
from specimens.services.timeline import Gap, Span
from specimens.web.pictures import MOST_KIN, custody_bar, lineage_tree, visit_line
from tests.history import child_of, received
from tests.services.chain import Chain
from tests.web.conftest import Web

ZERO = date(2026, 3, 9)
ZONE = "Europe/Amsterdam"
_PERSON = Participant("C4K7N2XD", "s", "AMS", "BEL-001")
_MINUTE = 60_000


def _visit(
    point: str, day: int, around: int, status: VisitStatus, opened_on: int | None = None
) -> ScheduledVisit:
    window = Window(*(ZERO + timedelta(days=day + each) for each in (0, -around, around)))
    opened = None
    if opened_on is not None:
        at = (ZERO - date(1970, 1, 1)).days + opened_on
        opened = Visit(
            "HDC442NT", "s", "AMS", _PERSON.code, point, "1.0", opened_at=at * 86_400_000 + 36_000_000
        )
    return ScheduledVisit(_PERSON, PlannedVisit(point, window, status, 0), Text(en=point, nl=point), opened)


def test_a_visit_that_is_done_stands_on_its_day_and_another_on_its_target() -> None:
    done = _visit("W4", 28, 7, VisitStatus.DONE, opened_on=33)
    due = _visit("W12", 84, 14, VisitStatus.DUE)
    line = visit_line([done, due], ZERO + timedelta(days=84), ZERO, ZONE)
    assert line
    first, second = line.marks
    day = (100 - 2 * 4.0) / 98  # from Day 0 to the end of the last window
    assert first.at == pytest.approx(4 + 33 * day, abs=0.1)
    assert second.at == line.today == pytest.approx(4 + 84 * day, abs=0.1)
    assert first.window_from == pytest.approx(4 + 21 * day, abs=0.1)
    assert line.zero == 4
    assert line.statuses == ["done", "due"]
    assert [day.month for _, day in line.months] == [4, 5, 6]


def test_without_any_date_there_is_no_line_and_far_from_it_there_is_no_today() -> None:
    nothing = PlannedVisit("W4", Window(None, None, None), VisitStatus.UNPLANNED, None)
    assert (
        visit_line([ScheduledVisit(_PERSON, nothing, Text(en="W4", nl="W4"), None)], ZERO, None, ZONE) is None
    )
    line = visit_line([_visit("W4", 28, 7, VisitStatus.MISSED)], ZERO + timedelta(days=900), ZERO, ZONE)
    assert line
    assert line.today is None


def _span(
    custodian: str | None, status: str, since: int, until: int, *, late: bool = False, last: bool = False
) -> Span:
    gap = Gap(status, until - since, 60) if late else None
    return Span(since, custodian, status, since * _MINUTE, until * _MINUTE, gap, last)


def test_the_bar_of_custody_is_in_proportion_and_what_lies_still_is_torn() -> None:
    bar = custody_bar(
        [
            _span("nora", "collected", 0, 10),
            _span("nora", "released", 10, 20),
            _span("lab", "received", 20, 40),
            _span("lab", "stored", 40, 90_000, last=True),
        ]
    )
    assert bar
    assert [(part.number, part.statuses, part.torn) for part in bar.parts] == [
        (1, ("collected", "released"), False),
        (2, ("received",), False),
        (3, ("stored",), True),
    ]
    nora, lab, store = bar.parts
    assert nora.wide == lab.wide == 43
    assert store.wide == 14
    assert nora.wide + lab.wide + store.wide == pytest.approx(100)


def test_a_gap_is_a_part_of_its_own_and_a_short_part_has_room_for_its_number() -> None:
    bar = custody_bar(
        [
            _span("nora", "collected", 0, 1),
            _span("nora", "released", 1, 5_000, late=True),
            _span("lab", "received", 5_000, 5_001),
            _span(None, "destroyed", 5_001, 5_001, last=True),
        ]
    )
    assert bar
    assert [bool(part.gap) for part in bar.parts] == [False, True, False, False]
    assert bar.parts[-1].ended
    assert min(part.wide for part in bar.parts) >= 4.5
    assert sum(part.wide for part in bar.parts) == pytest.approx(100, abs=0.1)


def test_a_long_course_shows_its_end_and_says_how_much_is_left_out() -> None:
    spans = [_span(f"person {n}", "collected", n * 10, n * 10 + 10) for n in range(40)]
    bar = custody_bar(spans)
    assert bar
    assert (len(bar.parts), bar.left_out) == (16, 24)
    assert custody_bar([]) is None


def _links(html: str) -> list[str]:
    return re.findall(r'href="([^"#]+)', html)


def test_the_line_of_visits_leads_where_its_table_leads(web: Web, clock: time_machine.Traveller) -> None:
    with web.app.app_context():
        chain = Chain(web.cast, clock)
        chain.received("blood")
    page = web.client("nora").get(f"/participants/{chain.participant}").text
    picture = page[page.index('<figure class="picture"') : page.index("</figure>")]
    table = page[page.index("</figure>") : page.index("</table>")]
    assert set(_links(picture)) == set(_links(table))
    for point in ("BL", "W4", "W12", "W24", "W52"):
        assert f">{point}</text>" in picture
    assert ">Day 0</text>" in picture
    assert ">Today</text>" in picture
    assert "style=" not in page


def test_the_custody_of_a_specimen_is_a_bar_and_a_list_with_its_gaps_named(
    web: Web, clock: time_machine.Traveller
) -> None:
    with web.app.app_context():
        made = received(web.cast, clock)
    clock.shift(2 * 86_400)
    page = web.client("mei").get(f"/specimens/{made.tubes[0]}").text
    assert page.count('class="held ') == page.count('class="held-key"')
    assert "held-gap" in page
    said = " ".join(Markup(page[page.index('<ol class="held-list"') :]).striptags().split())
    assert said.startswith("1 Nora de Wit · collected → released")
    assert "AMS laboratory · received" in said
    assert "without an entry while received; the limit is 1 d" in said
    for seq in re.findall(r'href="#(entry-\d+)"', page):
        assert f'id="{seq}"' in page


def test_the_tree_draws_parents_and_children_and_leads_to_each(
    web: Web, clock: time_machine.Traveller
) -> None:
    with web.app.app_context():
        made = received(web.cast, clock)
        child = child_of(web.cast, made.tubes[0]).code
    page = web.client("mei").get(f"/specimens/{child}").text
    tree = page[page.index('<svg class="lineage"') : page.index("</svg></div>")]
    family = page[page.index('class="tree family"') :]
    drawn = re.findall(r'href="/specimens/(\w+)"', tree)
    assert drawn
    assert all(f'href="/specimens/{code}"' in family for code in drawn)
    assert tree.count("kin-me") == 1


def test_a_large_family_is_cut_and_says_so() -> None:
    grandparent = Relative("G", None, 0)
    parents = tuple(Relative(f"P{n}", None, 0, (grandparent,)) for n in range(4))
    children = tuple(Relative(f"C{n}", None, 0) for n in range(30))
    view = SimpleNamespace(specimen=SimpleNamespace(code="ME"), parents=parents, children=children)
    tree = lineage_tree(view)  # type: ignore[arg-type]
    assert tree
    assert tree.left_out == 30 - MOST_KIN
    assert [kin.relative.code for kin in tree.nodes].count("G") == 1
    assert len(tree.lines) == 4 + 4 + MOST_KIN
    assert all(x1 < x2 for x1, _, x2, _ in tree.lines)

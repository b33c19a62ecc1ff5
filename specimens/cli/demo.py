"""Demonstration data: a believable trial, made by the real services in the order in which it happened."""

import heapq
import random
from collections.abc import Callable
from datetime import date, timedelta

import click

from specimens.cli import demo_audit, demo_base, demo_laboratory, demo_storage
from specimens.cli.demo_base import Ground
from specimens.cli.demo_clinic import Course, Story, at, collect, screen, weekday
from specimens.domain.kit import Kit
from specimens.services import clock, consent, day_zero, participant

#: The first participant is seen so many days ago; the others follow one after another.
BEGAN_DAYS_AGO = 330
#: On the Monday of this week an audit begins.
AUDITED_WEEKS_AGO = 3
#: About so many days ago a box is checked.
CHECKED_DAYS_AGO = 12
_VISITS = (("W4", 28), ("W12", 84), ("W24", 168), ("W52", 364))


def load(participants: int, seed: int, say: Callable[[str], None]) -> None:
    """Make the demonstration in an empty installation; the same seed makes the same trial."""
    today = clock.today(demo_base.ZONE)
    first_day = weekday(today - timedelta(days=BEGAN_DAYS_AGO))
    draw = random.Random(seed)  # noqa: S311 - makes up data, guards nothing
    try:
        clock.pretend(at(first_day - timedelta(days=7), 9))
        ground = demo_base.lay(first_day - timedelta(days=7))
        agenda = Agenda(until=at(today, 0))
        for course in _courses(participants, first_day, today, draw):
            agenda.start(_story(agenda, ground, course, today))
        agenda.start(
            demo_audit.visit(ground, today - timedelta(days=today.weekday() + AUDITED_WEEKS_AGO * 7))
        )
        agenda.start(demo_storage.check(ground, weekday(today - timedelta(days=CHECKED_DAYS_AGO))))
        agenda.start(demo_storage.list_to_pick(ground, today))
        agenda.run()
        say(f"{participants} participants.")
    finally:
        clock.pretend(None)


def _courses(participants: int, first_day: date, today: date, draw: random.Random) -> list[Course]:
    apart = max(1, (today - first_day).days - 8) / max(1, participants)
    courses = []
    for number in range(1, participants + 1):
        begins = weekday(first_day + timedelta(days=int(apart * (number - 1))))
        courses.append(Course(number, begins, random.Random(draw.random())))  # noqa: S311
    if participants >= 8:
        courses[3].failing = "E4"
        courses[5].ends_with = "consent_withdrawn"
        courses[7].ends_with = "terminated_early"
    return courses


class Agenda:
    """Stories that wait, each for its instant; the earliest goes on first, so that everything is recorded in order."""

    def __init__(self, until: int) -> None:
        self._until = until
        self._waiting: list[tuple[int, int, Story]] = []
        self._number = 0

    def start(self, story: Story) -> None:
        """Let a story begin; it waits for the first instant (ms, UTC) that it yields."""
        first = next(story, None)
        if first is not None:
            self._push(first, story)

    def _push(self, instant: int, story: Story) -> None:
        if instant < self._until:  # what lies ahead of today has not happened
            self._number += 1
            heapq.heappush(self._waiting, (instant, self._number, story))

    def run(self) -> None:
        """Tell every story, with a bar that shows how far the calendar is."""
        began = self._waiting[0][0] if self._waiting else self._until
        with click.progressbar(length=self._until - began, label="Making the demonstration") as bar:
            while self._waiting:
                instant, _, story = heapq.heappop(self._waiting)
                bar.update(max(0, instant - began))
                began = max(began, instant)
                clock.pretend(max(instant, clock.now_ms()))
                following = next(story, None)
                if following is not None:
                    self._push(following, story)
            bar.update(self._until - began)


def _story(agenda: Agenda, ground: Ground, course: Course, today: date) -> Story:
    """A participant's course through the study."""
    yield from screen(ground, course)
    if course.failing:
        return
    draw = course.draw
    yield from _visit(agenda, ground, course, "BL", weekday(course.zero - timedelta(days=draw.randint(1, 4))))
    dosed_on = course.zero
    yield at(dosed_on, 13, 30)
    day_zero.first_dose(ground.at("nora", course.room), course.code, given_at=at(dosed_on, 13, 5))
    for timepoint, days in _VISITS:
        if course.ends_with and timepoint == "W24":
            yield at(weekday(dosed_on + timedelta(days=120)), 10)
            _ended(ground, course)
            if course.ends_with == "consent_withdrawn":
                yield from demo_laboratory.destroy(ground, course.code)
            return
        due = dosed_on + timedelta(days=days)
        missed = timepoint == "W4" and course.number % 7 == 5
        late = timepoint == "W12" and course.number % 6 == 0
        if missed or (due >= today - timedelta(days=3) and course.number % 2):
            continue
        yield from _visit(
            agenda,
            ground,
            course,
            timepoint,
            weekday(due + timedelta(days=9 if late else draw.randint(-2, 3))),
        )


def _ended(ground: Ground, course: Course) -> None:
    nora = ground.at("nora", course.room)
    if course.ends_with == "consent_withdrawn":
        consent.withdraw(nora, course.code, choice="destroy", reason="No longer wishes to take part.")
    else:
        participant.change_course(nora, course.code, "terminated_early", reason="moved abroad")


def _visit(
    agenda: Agenda, ground: Ground, course: Course, timepoint: str, day: date, reason: str | None = None
) -> Story:
    def then(taken: Kit) -> None:
        agenda.start(demo_laboratory.work(ground, course, timepoint, taken, agenda.start))

    yield from collect(ground, course, timepoint, day, then=then, reason=reason)

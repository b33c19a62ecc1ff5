"""Participants: who they are here (a code, never a name), and how their course through the study changes."""

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from sqlalchemy import or_, select

from specimens.domain.access import Actor, Permission
from specimens.domain.custody import FUTURE_TOLERANCE_MS, OLDEST_TYPED_MS
from specimens.domain.errors import BadInput, NotPermitted, Refused
from specimens.domain.free_text import LONGEST_LINE, LONGEST_NOTE
from specimens.domain.free_text import problem as text_problem
from specimens.domain.participant import ACTS, Participant
from specimens.domain.schedule import DayZero
from specimens.domain.terms import Clock, Kind
from specimens.models.base import db
from specimens.services import tenancy
from specimens.services.clock import now_ms
from specimens.services.record import Operation
from specimens.services.request import perform
from specimens.services.row import state_of, table_of
from specimens.services.study import protocol_of


def get(actor: Actor, code: str) -> Participant:
    """Return a participant whom this person may see; a blinded role gets no group and no answers.

    Raises:
        NotFound: absent and out of sight are one answer.
    """
    found: Participant = tenancy.load(Kind.PARTICIPANT, code, actor)
    return shown(found, actor)


def shown(participant: Participant, actor: Actor) -> Participant:
    """Return a participant as *actor* may see it."""
    return replace(
        participant,
        group_code=participant.group_code if actor.sees_group() else None,
        answers=participant.answers if actor.may(Permission.ELIGIBILITY_READ) else {},
    )


def listed(actor: Actor) -> list[Participant]:
    """Return the participants whom this person may see, by subject number."""
    table = table_of(Kind.PARTICIPANT)
    rows = db.session.execute(
        select(table).where(tenancy.visible(Kind.PARTICIPANT, actor)).order_by(table.c.subject_number)
    ).mappings()
    return [shown(state_of(Kind.PARTICIPANT, row), actor) for row in rows]


PAGE = 50


@dataclass(frozen=True, slots=True)
class ParticipantPage:
    """One page of the list; `previous` and `next` are subject numbers to go on from, or None."""

    participants: tuple[Participant, ...]
    previous: str | None
    next: str | None


def page(
    actor: Actor,
    *,
    state: str | None = None,
    site: str | None = None,
    wanted: str = "",
    after: str | None = None,
    before: str | None = None,
    size: int = PAGE,
) -> ParticipantPage:
    """Return a page of the participants whom this person may see, by subject number.

    *wanted* is a part of the subject number, or a participant's code. *after* and *before* are subject numbers.
    """
    table = table_of(Kind.PARTICIPANT)
    query = select(table).where(tenancy.visible(Kind.PARTICIPANT, actor))
    if state:
        query = query.where(table.c.state == state)
    if site:
        query = query.where(table.c.site == site)
    if text := "".join(wanted.split()).upper():
        found = table.c.subject_number.contains(text, autoescape=True)
        query = query.where(or_(found, table.c.code == text))
    number = table.c.subject_number
    if before is not None:
        query = query.where(number < before).order_by(number.desc())
    else:
        query = (query.where(number > after) if after is not None else query).order_by(number)
    rows = db.session.execute(query.limit(size + 1)).mappings().all()
    more, rows = len(rows) > size, rows[:size]
    if before is not None:
        rows = rows[::-1]
    people = tuple(shown(state_of(Kind.PARTICIPANT, row), actor) for row in rows)
    if not people:
        return ParticipantPage((), None, None)
    earlier = more if before is not None else after is not None
    later = before is not None or more
    return ParticipantPage(
        people,
        people[0].subject_number if earlier else None,
        people[-1].subject_number if later else None,
    )


def now(code: str) -> Participant:
    """Return a participant as it stands, without asking who may see it: for services that just acted on it."""
    table = table_of(Kind.PARTICIPANT)
    row = db.session.execute(select(table).where(table.c.code == code)).mappings().one()
    participant: Participant = state_of(Kind.PARTICIPANT, row)
    return participant


def register(actor: Actor, subject_number: str, *, key: str | None = None) -> Participant:
    """Register a participant under a random code and the sponsor's subject number.

    Raises:
        NotPermitted: without `participant:write`.
        BadInput: field `subject_number` when it does not fit the protocol's pattern.
        Refused: `site_needed`, `study_not_open_here`.
        Conflict: `subject_number_taken`.
    """
    may_write(actor)
    protocol = protocol_of(actor.study)
    number = subject_number.strip().upper()
    if not re.fullmatch(protocol.subject_number.pattern, number):
        raise BadInput("form_incomplete", {"subject_number": "subject_number_unusable"})
    if actor.site is None:
        raise Refused("site_needed")

    def work(op: Operation) -> str:
        if actor.site not in op.load(Kind.PROTOCOL, protocol.study.code).sites:
            raise Refused("study_not_open_here", site=actor.site)
        made = op.create(
            Kind.PARTICIPANT,
            "registered",
            facts={"subject_number": number, "site": actor.site},
            study=protocol.study.code,
            site=actor.site,
        )
        return str(made.code)

    return now(perform(actor, key, {"act": "registered", "subject_number": number}, work))


def may_write(actor: Actor) -> None:
    """Raise NotPermitted unless this person's role keeps participants."""
    if not actor.may(Permission.PARTICIPANT_WRITE):
        raise NotPermitted("not_permitted")


def act_on(
    actor: Actor,
    code: str,
    act: str,
    do: Callable[[Operation, Participant], None],
    *,
    key: str | None = None,
    what: dict[str, Any] | None = None,
    states: Collection[str] | None = None,
) -> Participant:
    """Do something to a participant of one's own site, in one operation, once per key; return how it stands then.

    *states* replaces the states of the table of acts, for what corrects an act later.

    Raises:
        NotFound: absent, or out of this person's sight.
        NotPermitted: the role may not, or the participant belongs to another site.
        Refused: `participant_state` when the act does not fit the state.
    """
    may_write(actor)

    def work(op: Operation) -> str:
        participant: Participant = op.load(Kind.PARTICIPANT, code)
        tenancy.must_see(Kind.PARTICIPANT, participant, actor)
        if not tenancy.own_site(actor, participant.site):
            raise NotPermitted("not_permitted")
        usual, _, roles = ACTS[act]
        if actor.role not in roles:
            raise NotPermitted("role_may_not", role=str(actor.role))
        if participant.state not in (usual if states is None else states):
            raise Refused("participant_state", state=participant.state, act=act)
        do(op, participant)
        return code

    perform(actor, key, {"act": act, "participant": code, **(what or {})}, work)
    return now(code)


def bounded(happened_at: int | None) -> int | None:
    """Return a typed time that is neither in the future nor more than 400 days ago.

    Raises:
        BadInput: `time_in_future` or `time_too_old`, field `happened`.
    """
    if happened_at is None:
        return None
    present = now_ms()
    if happened_at > present + FUTURE_TOLERANCE_MS:
        raise BadInput("time_in_future", {"happened": "time_in_future"})
    if happened_at < present - OLDEST_TYPED_MS:
        raise BadInput("time_too_old", {"happened": "time_too_old"})
    return happened_at


def texts(*, longest: int = LONGEST_LINE, **given: str) -> dict[str, str]:
    """Return typed texts, trimmed.

    Raises:
        BadInput: the field of each text that is too long, unprintable or looks like somebody's number.
    """
    trimmed = {name: text.strip() for name, text in given.items()}
    found = {name: text_problem(text, longest=longest) for name, text in trimmed.items()}
    if wrong := {name: code for name, code in found.items() if code}:
        raise BadInput("form_incomplete", wrong)
    return trimmed


def day_zero(participant: Participant, zone: str) -> DayZero:
    """Return a participant's Day 0 as the schedule reads it."""
    planned = date.fromisoformat(participant.day0_planned_on) if participant.day0_planned_on else None
    return DayZero(zone, planned_on=planned, first_dosed_at=participant.first_dosed_at)


#: How a participant's course can change, beyond consent and enrolment.
COURSES = (
    "screen_failed",
    "treatment_stopped",
    "terminated_early",
    "lost_to_follow_up",
    "died",
    "completed",
)


def change_course(
    actor: Actor, code: str, act: str, *, reason: str, happened_at: int | None = None, key: str | None = None
) -> Participant:
    """Record that a participant's course changed; the visits that remain follow from the state.

    Raises:
        BadInput: fields `act`, `reason`, `happened`.
        Refused: `participant_state`.
    """
    if act not in COURSES:
        raise BadInput("form_incomplete", {"act": "choose_one"})
    note = texts(longest=LONGEST_NOTE, reason=reason)["reason"]
    if not note:
        raise BadInput("form_incomplete", {"reason": "reason_in_words"})
    bounded(happened_at)

    def do(op: Operation, participant: Participant) -> None:
        if happened_at is not None and participant.consented_at and happened_at < participant.consented_at:
            raise BadInput("form_incomplete", {"happened": "before_consent_given"})
        op.append(
            Kind.PARTICIPANT,
            code,
            act,
            sealed={"reason": note},
            happened_at=happened_at,
            happened_by=Clock.PERSON,
        )

    return act_on(actor, code, act, do, key=key, what={"reason": note, "happened_at": happened_at})

"""Derivatives: children made from their parents as the plan says, as many as the yield allows."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import case, func, select

from specimens.domain import custody
from specimens.domain.access import Actor, Permission
from specimens.domain.batch import Batch
from specimens.domain.custody import PARENT_STATES
from specimens.domain.errors import BadInput, Refused
from specimens.domain.participant import Participant
from specimens.domain.protocol import Protocol
from specimens.domain.protocol_plan import Derivative
from specimens.domain.specimen import Specimen
from specimens.domain.terms import Clock, Flag, Kind, Status
from specimens.models.base import db
from specimens.models.specimen import SpecimenRow
from specimens.services.hands import check, children_of, held_here, here, noted, permit, specimens_in, tube
from specimens.services.processing import open_batch_of
from specimens.services.record import Operation
from specimens.services.request import perform
from specimens.services.scan import specimen_now
from specimens.services.study import protocol_of
from specimens.services.visit_plan import reason_given

#: The most children that one parent gives in one act, and the largest volume that is believed, in microlitres.
MOST_CHILDREN = 60
MOST_VOLUME_UL = 1_000_000

#: Why a planned child could not be made.
NOTHING_MADE = ("insufficient_yield", "not_viable", "lost_in_processing")


@dataclass(frozen=True, slots=True)
class Yield:
    """What one parent gave: how many children, of which volume each (µl), the last of another where it differs."""

    parent: str
    count: int
    volume_ul: int | None = None
    last_ul: int | None = None

    def volumes(self) -> list[int | None]:
        """Return the volume of each child, in microlitres; None where none was measured."""
        each: list[int | None] = [self.volume_ul] * self.count
        if each and self.last_ul is not None:
            each[-1] = self.last_ul
        return each

    def total_ul(self) -> int:
        """Return how much of the parent went into its children, in microlitres."""
        return sum(volume or 0 for volume in self.volumes())


def derive(
    actor: Actor,
    derivative: str,
    yields: Sequence[Yield],
    *,
    batch: str | None = None,
    reason: str | None = None,
    note: str = "",
    happened_at: int | None = None,
    used_up: bool = False,
    key: str | None = None,
) -> tuple[Specimen, ...]:
    """Make children of one kind from their parents, in one act; return the children.

    Each has an identifier of its own and inherits flags and holds. A yield of 0 needs one of `NOTHING_MADE` as
    *reason*, more than the plan asks for one that the protocol offers for what is extra. *used_up* says that
    nothing is left of the parents. *happened_at* is a typed time (ms, UTC).

    Raises:
        BadInput: fields `count`, `volume`, `reason`, `reason_note`.
        Refused: what forbids it for one of the parents: its state, a hold, its volume, a missing consent scope.
    """
    permit(actor, Permission.PROCESS)
    _plausible(yields)
    said = noted(note)

    def work(op: Operation) -> list[str]:
        parents = parents_of(op, [each.parent for each in yields], batch)
        running = open_batch_of(op, batch) if batch else None
        made: list[str] = []
        for each in yields:
            parent = tube(op, each.parent)
            made += _Making(op, parent, derivative, running, happened_at, said).make(each, reason, used_up)
        if running and made:
            facts = {"specimens": [*running.specimens, *made], "made": made, "of": derivative}
            op.append(Kind.BATCH, running.code, "children_made", facts=facts)
        assert parents  # noqa: S101 - an empty list was refused above
        return made

    asked = {
        "act": "derive", "derivative": derivative, "yields": [asdict(each) for each in yields], "batch": batch,
        "reason": reason, "note": said, "at": happened_at, "used_up": used_up,
    }  # fmt: skip
    codes = perform(actor, key, asked, work)
    found = specimens_in(db.session, codes)
    return tuple(found[code] for code in codes)


def _plausible(yields: Sequence[Yield]) -> None:
    wrong: dict[str, str] = {}
    if not yields or len({each.parent for each in yields}) != len(yields):
        wrong["count"] = "number_needed"
    for each in yields:
        if not 0 <= each.count <= MOST_CHILDREN:
            wrong["count"] = "number_out_of_range"
        if any(volume is not None and not 0 < volume <= MOST_VOLUME_UL for volume in each.volumes()):
            wrong["volume"] = "number_out_of_range"
    if wrong:
        raise BadInput("form_incomplete", wrong)


def parents_of(op: Operation, codes: Sequence[str], batch: str | None) -> list[Specimen]:
    """Return the parents, locked together with their batch, kits and participants in one order; raises NotFound."""
    subjects = [(Kind.SPECIMEN, code) for code in codes] + ([(Kind.BATCH, batch)] if batch else [])
    for each in specimens_in(op.session, codes).values():
        subjects.append((Kind.PARTICIPANT, each.participant))
        subjects += [(Kind.KIT, each.kit)] if each.kit else []
    op.lock(subjects)
    return [tube(op, code) for code in codes]


class _Making:
    """One parent and what is made of it."""

    def __init__(
        self, op: Operation, parent: Specimen, derivative: str, batch: Batch | None, at: int | None, note: str
    ) -> None:
        self.op = op
        self.parent = parent
        self.batch = batch
        self.protocol: Protocol = protocol_of(parent.study, parent.protocol_version)
        self.planned: Derivative = self.protocol.derivative(derivative)
        self.said: dict[str, Any] = {"sealed": {"reason": note}}
        if at is not None:
            self.said |= {"happened_at": at, "happened_by": Clock.PERSON}
        self.at = at

    def make(self, given: Yield, reason: str | None, used_up: bool) -> list[str]:
        op, parent = self.op, self.parent
        self._must_be_parent(given)
        siblings, highest = siblings_of(op.session, parent, self.planned.code)
        beyond = max(0, siblings + given.count - self._planned_count())
        why = self._reason(given.count, beyond, reason)
        if not given.count:
            check(op, "yielded_nothing", parent, reason=why, happened_at=self.at)
            facts: dict[str, Any] = {"planned_derivative": self.planned.code}
            op.append(Kind.SPECIMEN, parent.code, "yielded_nothing", facts=facts, reason=why, **self.said)
            made = []
        else:
            within = given.count - beyond
            made = [
                self._child(highest + number, volume, why if number > within else None)
                for number, volume in enumerate(given.volumes(), start=1)
            ]
            facts = {"used_ul": given.total_ul(), "children": made, "planned_derivative": self.planned.code}
            op.append(Kind.SPECIMEN, parent.code, "volume_used", facts=facts, **{**self.said, "sealed": {}})
        if used_up:
            check(op, "used_up", op.load(Kind.SPECIMEN, parent.code), happened_at=self.at)
            op.append(Kind.SPECIMEN, parent.code, "used_up", **{**self.said, "sealed": {}})
        return made

    def _planned_count(self) -> int:
        """How many the plan asks of the slot; none at a timepoint that does not ask for it, or of a child's child."""
        planned = self.protocol.derivatives_of(self.planned.slot, self.parent.timepoint)
        return self.planned.count if self.planned in planned and self.parent.derivative is None else 0

    def _must_be_parent(self, given: Yield) -> None:
        op, parent = self.op, self.parent
        if parent.slot != self.planned.slot or parent.derivative not in (None, self.planned.code):
            raise Refused("not_its_parent", code=parent.code, made=self.planned.label)
        if parent.status not in PARENT_STATES:
            raise Refused("wrong_state", code=parent.code, status=parent.status)
        if not held_here(op.actor, parent):
            raise Refused("not_in_your_hands", code=parent.code)
        if self.batch and parent.code not in self.batch.specimens:
            raise Refused("not_in_this_batch", code=parent.code)
        check(op, "derived", None, happened_at=self.at)
        check(op, "volume_used", parent, used_ul=given.total_ul(), happened_at=self.at)
        who: Participant = op.load(Kind.PARTICIPANT, parent.participant)
        scope = self.planned.scope
        if scope and given.count and scope not in who.consent_scopes:
            raise Refused("scope_not_given", code=parent.code, made=self.planned.label, scope=scope)

    def _reason(self, count: int, beyond: int, reason: str | None) -> str | None:
        if count == 0:
            if reason not in NOTHING_MADE:
                raise BadInput("form_incomplete", {"reason": "nothing_made_reason"})
            return reason
        if not beyond:
            return None
        if reason in NOTHING_MADE:
            raise BadInput("form_incomplete", {"reason": "beyond_plan_reason"})
        if why := reason_given(self.protocol, "extra", reason, self.said["sealed"]["reason"]):
            return why
        raise BadInput("form_incomplete", {"reason": "beyond_plan_reason"})

    def _child(self, number: int, volume_ul: int | None, beyond: str | None) -> str:
        parent, planned = self.parent, self.planned
        flags = [*parent.flags, *([str(Flag.EXTRA)] if beyond else [])]
        facts = inherited([parent]) | {
            "specimen_type": planned.specimen_type, "container": planned.container, "derivative": planned.code,
            "number": number, "volume_ul": volume_ul, "parents": [[parent.code, volume_ul or 0]],
            "add_flags": sorted(set(flags)), **here(self.op.actor),
        }  # fmt: skip
        if self.batch:
            facts["batch"] = self.batch.code
        said = {**self.said, "reason": beyond} if beyond else {**self.said, "sealed": {}}
        child: Specimen = self.op.create(
            Kind.SPECIMEN,
            "derived",
            facts=facts,
            study=parent.study,
            protocol=parent.protocol_version,
            **said,
        )
        return child.code


def inherited(parents: Sequence[Specimen]) -> dict[str, Any]:
    """Return the facts that a child has from its parents: whose it is, of which draw, and every flag and hold."""
    first = parents[0]
    names = (
        "study", "site", "participant", "visit", "kit", "timepoint", "procedure", "slot", "attempt",
        "protocol_version", "body_site", "side", "pieces",
    )  # fmt: skip
    return {name: getattr(first, name) for name in names} | {
        "level": max(each.level for each in parents) + 1,
        "add_flags": sorted({flag for each in parents for flag in each.flags}),
        "add_holds": sorted({hold for each in parents for hold in each.holds}),
    }


def siblings_of(session: Any, parent: Specimen, derivative: str | None) -> tuple[int, int]:
    """Return how many children of a kind the slot already has in this kit, and the highest number among them."""
    same = (SpecimenRow.derivative == derivative) if derivative else SpecimenRow.derivative.is_(None)
    row = session.execute(
        select(
            func.sum(case((SpecimenRow.status == str(Status.VOIDED), 0), else_=1)),
            func.max(SpecimenRow.number),
        ).where(
            SpecimenRow.visit == parent.visit,
            SpecimenRow.kit == parent.kit if parent.kit else SpecimenRow.kit.is_(None),
            SpecimenRow.slot == parent.slot,
            SpecimenRow.level > 0,
            same,
        )
    ).one()
    return int(row[0] or 0), int(row[1] or 0)


def never_made(
    actor: Actor, code: str, *, reason: str | None, note: str = "", key: str | None = None
) -> Specimen:
    """Take back a child that was recorded by mistake: it is voided, its volume goes back to its parents.

    Raises:
        BadInput: fields `reason`, `reason_note`.
        Refused: `not_a_child`, `has_children`, or what the table of acts says.
    """
    permit(actor, Permission.PROCESS)
    said = noted(note)
    why = reason_given(protocol_of(actor.study), "void", reason, said)
    if why is None:
        raise BadInput("form_incomplete", {"reason": "reason_needed"})

    def work(op: Operation) -> str:
        above = [parent for parent, _ in tube(op, code).parents]
        op.lock((Kind.SPECIMEN, each) for each in above)
        child = tube(op, code)
        if child.level == 0 or child.derivative is None:
            raise Refused("not_a_child", code=code)
        if not held_here(actor, child):
            raise Refused("not_in_your_hands", code=code)
        check(op, "never_made", child, reason=why)
        if children_of(op, code):
            raise Refused("has_children", code=code)
        op.append(Kind.SPECIMEN, code, "never_made", reason=why, sealed={"reason": said})
        for parent, volume_ul in child.parents:
            state: Specimen = op.load(Kind.SPECIMEN, parent)
            if volume_ul and not custody.may("volume_returned", state, actor, op.now):
                facts = {"returned_ul": volume_ul, "child": code}
                op.append(Kind.SPECIMEN, parent, "volume_returned", facts=facts)
        return code

    return specimen_now(
        perform(actor, key, {"act": "never_made", "code": code, "reason": why, "note": said}, work)
    )

"""Downtime: a paper sheet is entered afterwards, whole or not at all."""

from dataclasses import dataclass, replace
from typing import Any

from specimens.domain import custody
from specimens.domain.access import Actor
from specimens.domain.errors import BadInput, Refused
from specimens.domain.free_text import LONGEST_LINE
from specimens.domain.kit import Kit
from specimens.domain.participant import Participant
from specimens.domain.protocol import Protocol
from specimens.domain.protocol_kit import fill
from specimens.domain.specimen import Specimen
from specimens.domain.terms import Clock, Flag, Kind, Mode, ParticipantState, Status
from specimens.domain.visit import Visit
from specimens.services import consent, kit_procedure
from specimens.services import participant as people
from specimens.services.collection_facts import facts_of, flags_of, holds_medium
from specimens.services.kit_act import is_open, on_kit
from specimens.services.kit_procedure import Procedure
from specimens.services.kit_view import specimens_of
from specimens.services.record import Operation
from specimens.services.study import protocol_of, zone_of


@dataclass(frozen=True, slots=True)
class PaperLine:
    """What the sheet says of one tube: the time when it was taken (ms, UTC), or why it was not (code).

    `minutes_to_medium`: after how many minutes it lay in the medium of its container; None: at once.
    """

    tube: str
    collected_at: int | None = None
    reason: str | None = None
    minutes_to_medium: int | None = None


@dataclass(frozen=True, slots=True)
class Sheet:
    """One paper sheet of a kit. `original` says where it lies; `performed_by` who took the tubes.

    `identity_checked`: the sheet says that two identifiers were checked. `why` is the code of the reason for
    entering it late. `procedure` is there for tissue.
    """

    lines: tuple[PaperLine, ...]
    original: str
    performed_by: str
    identity_checked: bool
    why: str
    procedure: Procedure | None = None


def enter(actor: Actor, kit_code: str, sheet: Sheet, *, key: str | None = None) -> Kit:
    """Enter a kit from its paper sheet: every tube that is outstanding gets its outcome, or nothing is written.

    Raises:
        BadInput: `original`, `performed_by`, `identity`, `why`, and for a tube the field `at_<code>`.
        Refused: `nothing_outstanding`, `kit_open_elsewhere`, and what forbids the procedure.
    """
    original = people.texts(longest=LONGEST_LINE, original=sheet.original)["original"]
    operator = people.texts(longest=LONGEST_LINE, performed_by=sheet.performed_by)["performed_by"]

    def do(operation: Operation, kit: Kit) -> None:
        visit: Visit = operation.load(Kind.VISIT, kit.visit)
        participant: Participant = operation.load(Kind.PARTICIPANT, kit.participant)
        protocol = protocol_of(kit.study, visit.protocol_version)
        if is_open(kit):
            raise Refused("kit_is_open", kit=kit_code)
        entering = _Entering(operation, actor, kit, visit, participant, protocol, sheet, operator)
        entering.check(original)
        entering.write()
        operation.append(
            Kind.VISIT,
            visit.code,
            "visit_entered_from_paper",
            facts={"kit": kit_code},
            reason=sheet.why,
            sealed={"paper_original": original},
            performed_by=operator,
            mode=Mode.PAPER,
        )

    what = {
        "lines": [
            [each.tube, each.collected_at, each.reason]
            + ([each.minutes_to_medium] if each.minutes_to_medium is not None else [])
            for each in sheet.lines
        ],
        "sheet": [sheet.original, sheet.performed_by, sheet.identity_checked, sheet.why],
        "procedure": repr(sheet.procedure),
    }
    return on_kit(actor, kit_code, "kit_from_paper", do, key=key, what=what)


@dataclass(frozen=True, slots=True)
class _Entering:
    """One sheet on its way into the ledger."""

    operation: Operation
    actor: Actor
    kit: Kit
    visit: Visit
    participant: Participant
    protocol: Protocol
    sheet: Sheet
    operator: str

    def check(self, original: str) -> None:
        """Raise with everything that is wrong with the sheet, before anything is written."""
        fields: dict[str, str] = {}
        if not original:
            fields["original"] = "original_needed"
        if len(self.operator) < 2:
            fields["performed_by"] = "name_unusable"
        if not self.sheet.identity_checked:
            fields["identity"] = "identity_on_sheet"
        if self.sheet.why not in {each.code for each in self.protocol.reasons_for("late_entry")}:
            fields["why"] = "choose_one"
        open_tubes = {each.code: each for each in awaited(self.kit.code)}
        if not open_tubes:
            raise Refused("nothing_outstanding", kit=self.kit.code)
        lines = {each.tube: each for each in self.sheet.lines}
        unreached = self._unreached()
        for code, tube in open_tubes.items():
            if code in unreached:
                if code in lines and lines[code].collected_at is not None:
                    fields[f"at_{code}"] = "beyond_the_yield"
                continue
            if problem := self._problem(tube, lines.get(code)):
                fields[f"at_{code}"] = problem
        if set(lines) - set(open_tubes):
            fields["original"] = "sheet_of_another_kit"
        if fields:
            raise BadInput("form_incomplete", fields)

    def _unreached(self) -> set[str]:
        if self.sheet.procedure is None:
            return set()
        shares = {
            (each.slot.code, each.number): each.pieces
            for each in fill(
                self.protocol, self.visit.timepoint, self.kit.procedure, self.sheet.procedure.pieces
            )
        }
        return {
            each.code
            for each in specimens_of(self.kit.code)
            if shares.get((each.slot, each.number)) == 0 and Flag.EXTRA not in each.flags
        }

    def _problem(self, tube: Specimen, line: PaperLine | None) -> str | None:
        """Return the code of what is wrong with one line, or None."""
        if line is None or (line.collected_at is None and not line.reason):
            return "line_needs_outcome"
        if line.reason:
            offered = self.protocol.not_collected_reasons_for(self.kit.procedure)
            if line.collected_at is not None or tube.status != Status.PLANNED:
                return "one_outcome"
            return None if line.reason in {each.code for each in offered} else "choose_one"
        assert line.collected_at is not None  # noqa: S101 - asked above
        refusal = custody.may(
            "collected", tube, self.actor, self.operation.now, happened_at=line.collected_at
        )
        if refusal:
            return refusal.code
        if line.minutes_to_medium is not None and not holds_medium(self.protocol, tube.container):
            return "no_medium_here"
        in_medium_at = line.collected_at + (line.minutes_to_medium or 0) * 60_000
        if in_medium_at > self.operation.now + custody.FUTURE_TOLERANCE_MS:
            return "time_in_future"
        received_at = tube.moments.get("received_without_release")
        if received_at is not None and line.collected_at > received_at:
            return "after_receipt"
        return self._consent(line.collected_at)

    def _consent(self, at: int) -> str | None:
        """Judge the consent as it was then: a withdrawal later does not undo what was taken before."""
        participant = self.participant
        if participant.withdrawn_at is not None and at < participant.withdrawn_at:
            participant = replace(participant, withdrawn_at=None, state=ParticipantState.ENROLLED)
        session, zone = self.operation.session, zone_of(self.kit.site)
        return consent.problem_at(session, participant, protocol_of(self.kit.study), at, zone)

    def write(self) -> None:
        """Write identity, procedure, every tube, and the end of the session."""
        times = [each.collected_at for each in self.sheet.lines if each.collected_at is not None]
        first, last = min(times, default=None), max(times, default=None)
        said: dict[str, Any] = {
            "mode": Mode.PAPER,
            "performed_by": self.operator,
            "happened_by": Clock.PERSON,
        }
        self.operation.append(Kind.KIT, self.kit.code, "identity_attested", happened_at=first, **said)
        kit = self.kit
        if self.sheet.procedure is not None:
            kit = kit_procedure.write(self.operation, kit, self.sheet.procedure, at=first, mode=Mode.PAPER)
        zone = zone_of(kit.site)
        for line in self.sheet.lines:
            tube: Specimen = self.operation.load(Kind.SPECIMEN, line.tube)
            if line.collected_at is None:
                if tube.status == Status.PLANNED:
                    self.operation.append(
                        Kind.SPECIMEN, tube.code, "not_collected", reason=line.reason,
                        facts={"add_flags": [Flag.BACK_ENTERED]}, happened_at=last, **said,
                    )  # fmt: skip
                continue
            flags = flags_of(self.protocol, self.participant, self.visit, kit, line.collected_at, zone)
            facts = facts_of(
                self.protocol, self.visit, kit, tube, self.actor, to_medium=line.minutes_to_medium
            )
            facts |= {"add_flags": sorted([*flags, Flag.BACK_ENTERED]), "late_reason": self.sheet.why}
            self.operation.append(
                Kind.SPECIMEN, tube.code, "collected", facts=facts, reason=self.sheet.why,
                happened_at=line.collected_at, **said,
            )  # fmt: skip
        self.operation.append(Kind.KIT, kit.code, "kit_finished", happened_at=last, **said)


def awaited(kit: str) -> list[Specimen]:
    """Return the tubes of a kit whose collection nobody has entered yet, those that the laboratory has already too."""
    return [
        each
        for each in specimens_of(kit)
        if each.status == Status.PLANNED
        or (
            each.collected_at is None
            and each.status in (Status.RECEIVED, Status.IN_PROCESSING, Status.STORED)
        )
    ]

"""Consent: recorded from paper, renewed when a newer version is required, withdrawn. It comes before everything."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from specimens.domain import fold
from specimens.domain.access import Actor, Permission
from specimens.domain.errors import BadInput, NotPermitted, Refused
from specimens.domain.free_text import LONGEST_NOTE
from specimens.domain.participant import Participant
from specimens.domain.protocol import Protocol
from specimens.domain.schedule import local_date
from specimens.domain.signature import Occasion
from specimens.domain.specimen import Specimen
from specimens.domain.terms import ENDED, NO_MORE_VISITS, Clock, Hold, Kind, ParticipantState, Status
from specimens.models.base import db
from specimens.models.ledger import LedgerEntry
from specimens.models.specimen import SpecimenRow
from specimens.services import signature, tenancy
from specimens.services.entries import entries_of
from specimens.services.participant import act_on, bounded, may_write, texts
from specimens.services.record import Operation
from specimens.services.row import state_of, table_of
from specimens.services.signature import Pen
from specimens.services.study import protocol_of

WITHDRAWALS = ("keep", "destroy")


@dataclass(frozen=True, slots=True)
class Consent:
    """One consent as it was recorded. `signed_at` and `recorded_at` in milliseconds UTC; `original` where it lies.

    `seq` is the number of its entry; `entered_by` the person who recorded it; `checked_by` the name of the second
    person who compared it with the paper, at `checked_at`, None while nobody has.
    """

    version: str
    scopes: tuple[str, ...]
    signed_at: int
    obtained_by: str
    recorded_at: int
    recorded_by: str
    original: str | None
    seq: int
    entered_by: str
    checked_at: int | None = None
    checked_by: str | None = None

    def may_check(self, actor: Actor) -> bool:
        """Say whether this person is a second person: nobody checks what they entered."""
        return self.checked_at is None and actor.user != self.entered_by


def consents_of(session: Session, participant: str) -> tuple[Consent, ...]:
    """Return every consent of a participant, in the order of signing."""
    entries = fold.effective(entries_of(session, Kind.PARTICIPANT, participant))
    checks = {entry.facts["checked_seq"]: entry for entry in entries if entry.act == "consent_checked"}
    found = [
        Consent(
            version=entry.facts["consent_version"],
            scopes=tuple(entry.facts["consent_scopes"]),
            signed_at=entry.happened_at,
            obtained_by=entry.performed_by or "",
            recorded_at=entry.recorded_at,
            recorded_by=entry.actor["name"],
            original=entry.opened.get("original"),
            seq=entry.seq,
            entered_by=entry.actor["user"],
            checked_at=checks[entry.seq].recorded_at if entry.seq in checks else None,
            checked_by=checks[entry.seq].actor["name"] if entry.seq in checks else None,
        )
        for entry in entries
        if entry.act == "consent_recorded"
    ]
    return tuple(sorted(found, key=lambda each: each.signed_at))


def not_checked(participants: Sequence[Participant]) -> list[Participant]:
    """Return those of whom some consent was not compared with its paper by a second person yet."""
    codes, waiting = [each.code for each in participants], set()
    for start in range(0, len(codes), 500):
        rows = db.session.execute(
            select(LedgerEntry.subject_code, LedgerEntry.act).where(
                LedgerEntry.subject_kind == str(Kind.PARTICIPANT),
                LedgerEntry.subject_code.in_(codes[start : start + 500]),
                LedgerEntry.act.in_(("consent_recorded", "consent_checked")),
            )
        )
        balance: Counter[str] = Counter()
        for row in rows:
            balance[row.subject_code] += 1 if row.act == "consent_recorded" else -1
        waiting |= {code for code, left in balance.items() if left > 0}
    return [each for each in participants if each.code in waiting]


def history(actor: Actor, participant: str) -> tuple[Consent, ...]:
    """Return every consent of a participant whom this person may see."""
    tenancy.load(Kind.PARTICIPANT, participant, actor)
    return consents_of(db.session(), participant)


def problem(participant: Participant, protocol: Protocol, day: date) -> str | None:
    """Return the code of what forbids collection on a local date as far as consent goes, or None."""
    if participant.state == ParticipantState.CONSENT_WITHDRAWN or participant.withdrawn_at is not None:
        return "consent_withdrawn_stop"
    if participant.consented_at is None or participant.consent_version is None:
        return "consent_missing"
    return None if suffices(participant.consent_version, protocol, day) else "consent_outdated"


def suffices(version: str, protocol: Protocol, day: date) -> bool:
    """Say whether a signed version still allows collection on a local date; one that the protocol dropped does not."""
    known = any(each.code == version for each in protocol.consent_versions)
    return known and protocol.consent_suffices(version, day)


def renewal_on(participant: Participant, protocol: Protocol) -> date | None:
    """Return the local date from which a newer version of the consent is required than this participant signed.

    It may lie ahead; once it has come, collection is held until re-consent. None when nothing newer is required.
    """
    if participant.consent_version is None or participant.state in NO_MORE_VISITS:
        return None
    versions = {each.code: each.required_from for each in protocol.consent_versions}
    given = versions.get(participant.consent_version, date.min)
    return min((day for day in versions.values() if day > given), default=None)


def problem_at(
    session: Session, participant: Participant, protocol: Protocol, at: int, zone: str
) -> str | None:
    """Return the code of what forbids a collection at an instant, or None.

    What counts is the consent that was valid then: a sheet that is entered after a re-consent is judged by the old.
    """
    day = local_date(at, zone)
    if (
        participant.consented_at is None
        or participant.withdrawn_at is not None
        or at >= participant.consented_at
    ):
        return problem(participant, protocol, day)
    given = [each for each in consents_of(session, participant.code) if each.signed_at <= at]
    if not given:
        return "before_consent"
    return None if suffices(given[-1].version, protocol, day) else "consent_outdated"


def record(
    actor: Actor,
    code: str,
    *,
    version: str,
    scopes: Iterable[str],
    signed_at: int,
    obtained_by: str,
    original: str = "",
    key: str | None = None,
) -> Participant:
    """Record a consent signed on paper: version, moment of signing, scopes, who obtained it, where the original lies.

    A newer version recorded later is a re-consent: collection is held from the day that requires it until then.

    Raises:
        BadInput: fields `version`, `scopes`, `obtained_by`, `original`, `happened`.
        Refused: `participant_state`.
    """
    protocol = protocol_of(actor.study)
    versions = {each.code: each for each in protocol.consent_versions}
    agreed = tuple(sorted(set(scopes)))
    said = texts(obtained_by=obtained_by, original=original)
    fields: dict[str, str] = {}
    if version not in versions:
        fields["version"] = "choose_one"
    else:
        allowed = set(versions[version].scopes)
        needed = {scope.code for scope in protocol.consent_scopes if scope.required} & allowed
        if not set(agreed) <= allowed or not needed <= set(agreed):
            fields["scopes"] = "scope_required"
    if len(said["obtained_by"]) < 2:
        fields["obtained_by"] = "name_unusable"
    if not said["original"]:
        fields["original"] = "original_needed"
    if fields:
        raise BadInput("form_incomplete", fields)
    bounded(signed_at)

    def do(op: Operation, participant: Participant) -> None:
        if participant.consented_at is not None and signed_at < participant.consented_at:
            raise BadInput("form_incomplete", {"happened": "before_earlier_consent"})
        if (signed_at, version, agreed) == (
            participant.consented_at, participant.consent_version, participant.consent_scopes,
        ):  # fmt: skip
            raise Refused("nothing_changed")
        op.append(
            Kind.PARTICIPANT,
            code,
            "consent_recorded",
            facts={"consent_version": version, "consent_scopes": list(agreed)},
            sealed={"original": said["original"]},
            happened_at=signed_at,
            happened_by=Clock.PERSON,
            performed_by=" ".join(said["obtained_by"].split()),
        )

    what = {"version": version, "scopes": agreed, "signed_at": signed_at, **said}
    return act_on(actor, code, "consent_recorded", do, key=key, what=what)


def check(actor: Actor, code: str, *, seq: int, pen: Pen, key: str | None = None) -> Participant:
    """Sign that a consent as it was recorded says what the paper says. Only a second person may.

    *seq* is the number of its entry: which consent was compared, as it stood on the page.

    Raises:
        Refused: `nothing_to_check`, `already_checked`, `own_consent_entry`, and what `signature.ask` raises.
    """
    may_write(actor)
    signer = signature.ask(actor, Occasion.CONSENT_RECORDED, pen)

    def do(op: Operation, participant: Participant) -> None:
        given = next((each for each in consents_of(op.session, code) if each.seq == seq), None)
        if given is None:
            raise Refused("nothing_to_check")
        if given.checked_at is not None:
            raise Refused("already_checked", who=given.checked_by, checked_at=given.checked_at)
        if not given.may_check(actor):
            raise Refused("own_consent_entry")
        op.append(Kind.PARTICIPANT, code, "consent_checked", facts={"checked_seq": seq})
        signature.sign(op, signer, Kind.PARTICIPANT, code)

    what = {"seq": seq, "meaning": signer.meaning.code}
    return act_on(actor, code, "consent_checked", do, key=key, what=what)


def withdraw(
    actor: Actor,
    code: str,
    *,
    choice: str,
    reason: str = "",
    happened_at: int | None = None,
    key: str | None = None,
) -> Participant:
    """Withdraw consent: collection stops; what is left is kept or listed for destruction, as the participant chose.

    Every living specimen gets a consent hold in the same operation; what was planned is not collected any more.

    Raises:
        BadInput: fields `choice`, `reason`, `happened`.
        Refused: `participant_state`.
    """
    if choice not in WITHDRAWALS:
        raise BadInput("form_incomplete", {"choice": "choose_one"})
    note = texts(longest=LONGEST_NOTE, reason=reason)["reason"]
    bounded(happened_at)

    def do(op: Operation, participant: Participant) -> None:
        if happened_at is not None and happened_at < (participant.consented_at or 0):
            raise BadInput("form_incomplete", {"happened": "before_consent_given"})
        living = _living(op, code)
        op.append(
            Kind.PARTICIPANT,
            code,
            "consent_withdrawn",
            facts={"withdrawal": choice},
            sealed={"reason": note},
            happened_at=happened_at,
            happened_by=Clock.PERSON,
        )
        for specimen in living:
            state: Specimen = op.load(Kind.SPECIMEN, specimen)
            if state.status == Status.PLANNED:
                op.append(Kind.SPECIMEN, specimen, "not_collected", reason="consent_withdrawn")
            elif Hold.CONSENT not in state.holds:
                op.append(Kind.SPECIMEN, specimen, "consent_hold", facts={"withdrawal": choice})

    what = {"choice": choice, "reason": note, "happened_at": happened_at}
    return act_on(actor, code, "consent_withdrawn", do, key=key, what=what)


def _living(op: Operation, participant: str) -> list[str]:
    """Lock every living specimen of a participant and return their codes.

    While one waits for a tube that the laboratory is just working on, children of it may come into being: look
    again until there is nothing new.
    """
    living = select(SpecimenRow.code).where(
        SpecimenRow.participant == participant, SpecimenRow.status.not_in([str(end) for end in ENDED])
    )
    locked: set[str] = set()
    while new := set(op.session.execute(living).scalars()) - locked:
        op.lock((Kind.SPECIMEN, code) for code in new)
        locked |= new
    return sorted(code for code in locked if op.load(Kind.SPECIMEN, code).status not in ENDED)


def free(actor: Actor, code: str, *, reason: str, key: str | None = None) -> Participant:
    """Let what is left of a participant who withdrew and chose *keep* be used again: the consent holds come off.

    An investigator decides that, in words, when the participant's choice covers the use.

    Raises:
        NotPermitted: anybody but an investigator.
        BadInput: field `reason`.
        Refused: `participant_state`, `withdrawn_to_destroy`, `nothing_changed` when nothing is on hold.
    """
    if not actor.may(Permission.QUARANTINE_DECIDE):
        raise NotPermitted("not_permitted")
    note = texts(longest=LONGEST_NOTE, reason=reason)["reason"]
    if not note:
        raise BadInput("form_incomplete", {"reason": "reason_in_words"})

    def do(op: Operation, participant: Participant) -> None:
        if participant.withdrawal != "keep":
            raise Refused("withdrawn_to_destroy")
        held = [each for each in _living(op, code) if Hold.CONSENT in op.load(Kind.SPECIMEN, each).holds]
        if not held:
            raise Refused("nothing_changed")
        for specimen in held:
            op.append(Kind.SPECIMEN, specimen, "consent_hold_lifted", sealed={"reason": note})

    states = (ParticipantState.CONSENT_WITHDRAWN, ParticipantState.DIED)
    return act_on(actor, code, "consent_withdrawn", do, key=key, what={"free": note}, states=states)


def for_decision(actor: Actor, participant: str) -> tuple[Specimen, ...]:
    """Return the specimens that still exist of a participant: what the consent's decision is about.

    After a withdrawal with *destroy* this is the list for destruction.
    """
    tenancy.load(Kind.PARTICIPANT, participant, actor)
    table = table_of(Kind.SPECIMEN)
    gone = [str(end) for end in ENDED | {Status.PLANNED}]
    rows = db.session.execute(
        select(table)
        .where(
            table.c.participant == participant,
            table.c.status.not_in(gone),
            tenancy.visible_specimens(actor),
        )
        .order_by(table.c.id)
    ).mappings()
    return tuple(state_of(Kind.SPECIMEN, row) for row in rows)

"""Reassignment: a tube that was logged for the wrong visit goes to the right one, in front of a second person."""

from sqlalchemy import select

from specimens.domain import custody
from specimens.domain.access import Actor, Permission
from specimens.domain.errors import BadInput, NotPermitted, Refused
from specimens.domain.free_text import LONGEST_NOTE
from specimens.domain.participant import Participant
from specimens.domain.specimen import Specimen
from specimens.domain.terms import Flag, Kind, Role
from specimens.domain.visit import Visit
from specimens.models.base import db
from specimens.services import access, login, tenancy
from specimens.services import participant as people
from specimens.services.collection_facts import flags_of
from specimens.services.hands import children_of
from specimens.services.record import Operation
from specimens.services.request import perform
from specimens.services.row import state_of, table_of
from specimens.services.study import protocol_of, zone_of
from specimens.services.visit_plan import reason_given

_WITNESSES = frozenset({Role.NURSE, Role.INVESTIGATOR, Role.TECHNICIAN})
_JUDGED = frozenset({Flag.OUT_OF_WINDOW, Flag.NOT_BASELINE})


def visits_for(actor: Actor, code: str) -> list[Visit]:
    """Return the other visits of a specimen's participant, in the order in which they were opened."""
    specimen: Specimen = tenancy.load(Kind.SPECIMEN, code, actor)
    table = table_of(Kind.VISIT)
    rows = db.session.execute(
        select(table)
        .where(
            table.c.participant == specimen.participant,
            table.c.code != specimen.visit,
            tenancy.visible(Kind.VISIT, actor),
        )
        .order_by(table.c.opened_at)
    ).mappings()
    return [state_of(Kind.VISIT, row) for row in rows]


def witness_of(
    actor: Actor, name: str, password: str, code: str = "", *, address: str = "", production: bool = False
) -> str:
    """Return the code of a second person who proves to be there: another one, who works at this study and site.

    Guessing the password is slowed as at the door.

    Raises:
        BadInput: field `witness`, field `witness_code`. Refused: `login_wait`.
    """
    try:
        user = login.enter(name, password, address=address, production=production)
    except Refused as refused:
        if refused.code == "login_wait":
            raise
        raise BadInput("form_incomplete", {"witness": refused.code}) from refused
    grants = access.grants_today(user.code)
    works_here = any(
        Role(each.role) in _WITNESSES
        and each.study in (None, actor.study)
        and (each.site is None or actor.site is None or each.site == actor.site)
        for each in grants
    )
    if user.code == actor.user or not works_here:
        raise BadInput("form_incomplete", {"witness": "witness_needed"})
    try:
        login.ask_code(user, code, address=address)
    except Refused as refused:
        if refused.code == "login_wait":
            raise
        raise BadInput("form_incomplete", {"witness_code": refused.code}) from refused
    return user.code


def reassign(
    actor: Actor,
    code: str,
    visit_code: str,
    *,
    reason: str,
    witness: str,
    note: str = "",
    key: str | None = None,
) -> Specimen:
    """Give a specimen, and what was made from it, to another visit of the same participant.

    *witness* is the code of the second person (`witness_of`). The time of collection stays; the window is judged
    again, and the tube leaves its kit.

    Raises:
        BadInput: fields `visit`, `reason`. Refused: `reason_needed`, `witness_needed`, `wrong_state`.
    """
    if not actor.may(Permission.SPECIMEN_CORRECT):
        raise NotPermitted("not_permitted")
    said = people.texts(longest=LONGEST_NOTE, note=note)["note"]

    def work(operation: Operation) -> str:
        specimen: Specimen = operation.load(Kind.SPECIMEN, code)
        tenancy.must_see(Kind.SPECIMEN, specimen, actor)
        if not tenancy.own_site(actor, specimen.site):
            raise NotPermitted("not_permitted")
        if specimen.level:
            raise Refused("reassign_the_parent", code=code)
        if specimen.collected_at is None:
            raise Refused("not_collected_yet", code=code)
        protocol = protocol_of(specimen.study, specimen.protocol_version)
        why = reason_given(protocol, "reassign", reason, said)
        refusal = custody.may("reassigned", specimen, actor, operation.now, reason=why, witness=witness)
        if refusal:
            raise Refused(refusal.code, **refusal.facts)
        participant: Participant = operation.load(Kind.PARTICIPANT, specimen.participant)
        other = {each.code: each for each in visits_for(actor, code)}.get(visit_code)
        if other is None:
            raise BadInput("form_incomplete", {"visit": "choose_one"})
        visit: Visit = operation.load(Kind.VISIT, visit_code)
        zone = zone_of(specimen.site)
        taken_at = specimen.collected_at or operation.now
        now_true = {*flags_of(protocol, participant, visit, None, taken_at, zone)}
        for each in (code, *children_of(operation, code)):
            mine: Specimen = operation.load(Kind.SPECIMEN, each)
            remove = sorted((_JUDGED - now_true) & {Flag(flag) for flag in mine.flags})
            operation.append(
                Kind.SPECIMEN,
                each,
                "reassigned",
                facts={
                    "visit": visit.code, "timepoint": visit.timepoint, "kit": None,
                    "visit_before": mine.visit, "kit_before": mine.kit, "witness": witness,
                    "add_flags": sorted(now_true), **({"remove_flags": remove} if remove else {}),
                },
                reason=why,
                sealed={"reason": said},
            )  # fmt: skip
        return code

    what = {
        "act": "reassigned",
        "code": code,
        "visit": visit_code,
        "reason": reason,
        "note": said,
        "witness": witness,
    }
    done: Specimen = tenancy.load(Kind.SPECIMEN, perform(actor, key, what, work), actor)
    return done

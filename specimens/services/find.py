"""What a scan names, as far as this person may know it; a scan that names nothing is kept as a near miss."""

import hashlib

from sqlalchemy import select

from specimens.domain.access import Actor, Permission
from specimens.domain.errors import BadInput, NotFound, Refused
from specimens.domain.identifiers import ScanText
from specimens.domain.terms import Kind, Mode
from specimens.models.base import db
from specimens.models.visit import VisitRow
from specimens.services import tenancy
from specimens.services.clock import today
from specimens.services.pool import pool_of
from specimens.services.record import Operation
from specimens.services.scan import Found, ScanOutcome, scanned, what_is

#: Kind → the permission without which this person does not even learn that there is such a thing.
_READ = {
    Kind.SPECIMEN: Permission.SPECIMEN_READ,
    Kind.KIT: Permission.VISIT_READ,
    Kind.VISIT: Permission.VISIT_READ,
    Kind.PARTICIPANT: Permission.PARTICIPANT_READ,
    Kind.TRANSFER: Permission.TRANSFER_READ,
    Kind.BATCH: Permission.SPECIMEN_READ,
    Kind.STORAGE: Permission.STORAGE_READ,
    Kind.REPORT: Permission.REPORT_MAKE,
    Kind.POOL: Permission.LABEL_PRINT,
    Kind.PICK: Permission.STORE,
}
#: Kinds whose codes everybody may learn: they stand on walls and badges.
_OPEN = frozenset({Kind.STATION, Kind.USER, Kind.BADGE})


def find(actor: Actor, raw: str) -> Found:
    """Return what a scan names.

    Raises:
        BadInput: if it cannot be read.
        NotFound: `unknown_code` if there is no such thing for this person.
    """
    found = what_is(raw)
    if found.kind == "command" or found.kind in _OPEN:
        return found
    permission = _READ.get(Kind(found.kind))
    if permission is None or not actor.may(permission):
        raise NotFound("unknown_code", code=found.code)
    try:
        tenancy.load(Kind(found.kind), found.code, actor)
    except NotFound as error:
        if pool := pool_of(actor, found.code):
            raise NotFound("label_of_a_pool", code=found.code, pool=pool) from error
        raise NotFound("unknown_code", code=found.code) from error
    return found


def refused(
    actor: Actor,
    raw: str,
    error: BadInput | NotFound | Refused,
    *,
    key: str | None,
    mode: str,
    subject: str | None = None,
) -> ScanOutcome:
    """Keep a scan that named nothing, or nothing that counts, as a near miss, and return the outcome.

    Without a *key* (a link, a photo) the same scan counts once a day for this person.
    """
    if key is None:
        digest = hashlib.sha256(raw.encode("utf-8", "surrogatepass")).hexdigest()[:32]
        key = f"find-{today(actor.zone).isoformat()}-{digest}"

    def work(op: Operation, text: ScanText) -> ScanOutcome:
        if isinstance(error, Refused):
            raise error
        raise NotFound("unknown_code", **error.facts)

    return scanned(actor, raw, work, key=key, what={"act": "find"}, subject=subject, mode=mode or Mode.SCAN)


def visits_of(actor: Actor, participant: str) -> list[str]:
    """Return the visits of a participant that this person may see, in the order in which they were opened."""
    rows = db.session.execute(
        select(VisitRow.code)
        .where(VisitRow.participant == participant, tenancy.visible(Kind.VISIT, actor))
        .order_by(VisitRow.id)
    )
    return list(rows.scalars())

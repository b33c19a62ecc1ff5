"""What an auditor, a monitor, an investigator or an administrator may see of the records of each kind."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, false, or_, select, true

from specimens.domain.access import Actor, Permission
from specimens.domain.terms import Kind, Role
from specimens.models.badge import BadgeRow
from specimens.models.base import db
from specimens.models.ledger import LedgerEntry
from specimens.models.registry import ROWS
from specimens.models.site import StorageRow
from specimens.models.user import GrantRow, LoginRow, UserRow
from specimens.services import tenancy
from specimens.services.hands import names_of

_P = Permission

#: Kind of record → what beside `audit:read` is needed to see it.
NEEDS: dict[Kind, Permission] = {
    Kind.PARTICIPANT: _P.PARTICIPANT_READ,
    Kind.VISIT: _P.VISIT_READ,
    Kind.KIT: _P.VISIT_READ,
    Kind.SPECIMEN: _P.SPECIMEN_READ,
    Kind.TRANSFER: _P.TRANSFER_READ,
    Kind.HANDOVER: _P.TRANSFER_READ,
    Kind.DRAW: _P.SPECIMEN_READ,
    Kind.FINDING: _P.AUDIT_READ,
    Kind.BATCH: _P.SPECIMEN_READ,
    Kind.REPORT: _P.REPORT_MAKE,
    Kind.NEAR_MISS: _P.SPECIMEN_READ,
    Kind.STORAGE: _P.STORAGE_READ,
    Kind.PROTOCOL: _P.PROTOCOL_READ,
    Kind.USER: _P.AUDIT_READ,
    Kind.GRANT: _P.AUDIT_READ,
    Kind.LOGIN: _P.AUDIT_READ,
    Kind.SIGNING_KEY: _P.AUDIT_READ,
    Kind.SIGNATURE: _P.AUDIT_READ,
    Kind.CLOCK_ALARM: _P.AUDIT_READ,
    Kind.BADGE: _P.AUDIT_READ,
    Kind.INVENTORY: _P.STORAGE_READ,
    Kind.PICK: _P.SPECIMEN_READ,
    Kind.SITE: _P.AUDIT_READ,
    Kind.STATION: _P.AUDIT_READ,
    Kind.PRINTER: _P.AUDIT_READ,
    Kind.POOL: _P.SPECIMEN_READ,
}

#: What people type into the wrong field of the log-in page may be a password.
_NOBODY = frozenset({(Kind.LOGIN, "name")})
_RAW_READERS = frozenset({Role.AUDITOR, Role.INVESTIGATOR})


def may_read(actor: Actor, kind: Kind, field: str) -> bool:
    """Say whether this person may read the value of a field."""
    if (kind, field) in _NOBODY:
        return False
    if kind is Kind.PARTICIPANT and field == "answers":
        return actor.may(_P.ELIGIBILITY_READ)
    if kind is Kind.PARTICIPANT and field == "group_code":
        return actor.sees_group()
    if kind is Kind.NEAR_MISS and field == "raw":
        return actor.role in _RAW_READERS and actor.seat is None
    return True


def kinds_of(actor: Actor) -> list[Kind]:
    """Return the kinds of records of which this person may read the trail."""
    return [kind for kind, needed in NEEDS.items() if actor.may(_P.AUDIT_READ) and actor.may(needed)]


def visible(kind: Kind, actor: Actor) -> ColumnElement[bool]:
    """Return the condition under which *actor* sees the trail of a row of *kind*."""
    row: Any = ROWS[kind]
    match kind:
        case Kind.SIGNING_KEY | Kind.CLOCK_ALARM:
            return true()  # a public key, and the clock of the server, are of everybody
        case Kind.PROTOCOL:
            return true() if actor.study is None else row.code == actor.study
        case Kind.SITE:
            return true() if actor.sites is None else row.code.in_(actor.sites)
        case Kind.GRANT:
            return _granted(actor)
        case Kind.USER:
            return _people(actor, UserRow.code)
        case Kind.BADGE:
            return _people(actor, BadgeRow.user)
        case Kind.LOGIN:
            return _people(actor, LoginRow.user)
        case Kind.SIGNATURE:  # as far as what was signed may be seen
            seen = [str(each) for each in kinds_of(actor)]
            return and_(tenancy.visible(kind, actor), row.of_kind.in_(seen))
    return tenancy.visible(kind, actor)


def _granted(actor: Actor) -> ColumnElement[bool]:
    """Grants for this person's study and sites; one for every study or every site reaches there too."""
    study = true() if actor.study is None else or_(GrantRow.study.is_(None), GrantRow.study == actor.study)
    site = true() if actor.sites is None else or_(GrantRow.site.is_(None), GrantRow.site.in_(actor.sites))
    return and_(study, site)


def _people(actor: Actor, user: Any) -> ColumnElement[bool]:
    if actor.study is None and actor.sites is None:
        return true()
    return exists(select(GrantRow.id).where(GrantRow.user == user, _granted(actor)))


def sees(actor: Actor, kind: Kind, code: str) -> bool:
    """Say whether this person may read the trail of one record."""
    if kind not in kinds_of(actor):
        return False
    row: Any = ROWS[kind]
    found = db.session.execute(select(row.id).where(row.code == code, visible(kind, actor))).first()
    return found is not None


def entries_seen(actor: Actor, kinds: Iterable[Kind] | None = None) -> ColumnElement[bool]:
    """Return the condition under which *actor* sees an entry of the ledger, of all kinds or of some."""
    parts = []
    for kind in kinds_of(actor):
        if kinds is not None and kind not in kinds:
            continue
        row: Any = ROWS[kind]
        subject = select(row.id).where(row.code == LedgerEntry.subject_code, visible(kind, actor))
        parts.append(and_(LedgerEntry.subject_kind == str(kind), exists(subject)))
    return or_(*parts) if parts else false()


def names_in(values: Iterable[Any]) -> dict[str, str]:
    """Return the names of the people, stations and storage units whose codes stand among some values."""
    codes: set[str] = set()
    for value in values:
        several = value if isinstance(value, tuple | list) else (value,)
        codes |= {each for each in several if isinstance(each, str) and len(each) <= 64}
    found: dict[str, str] = {}
    wanted = sorted(codes)
    for start in range(0, len(wanted), 500):
        some = wanted[start : start + 500]
        found |= names_of(some)
        places = db.session.execute(select(StorageRow.code, StorageRow.name).where(StorageRow.code.in_(some)))
        found |= {row.code: row.name for row in places}
    return found

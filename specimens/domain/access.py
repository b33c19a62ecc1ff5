"""Who may do what. Deny by default: a permission that no role has is nobody's."""

from dataclasses import dataclass
from enum import StrEnum

from specimens.domain.terms import BLINDED_ROLES, Role
from specimens.domain.waited import Waited

_R = Role


class Permission(StrEnum):
    """What a door asks for before it does anything: `scope:action`."""

    PARTICIPANT_READ = "participant:read"
    PARTICIPANT_WRITE = "participant:write"
    GROUP_READ = "group:read"
    ELIGIBILITY_READ = "eligibility:read"
    ELIGIBILITY_CONFIRM = "eligibility:confirm"
    VISIT_READ = "visit:read"
    VISIT_WRITE = "visit:write"
    COLLECT = "specimen:collect"
    SPECIMEN_READ = "specimen:read"
    SPECIMEN_CORRECT = "specimen:correct"
    LABEL_PRINT = "label:print"
    TRANSFER_READ = "transfer:read"
    TRANSFER_RELEASE = "transfer:release"
    TRANSFER_CARRY = "transfer:carry"
    TRANSFER_RECEIVE = "transfer:receive"
    PROCESS = "specimen:process"
    STORE = "specimen:store"
    STORAGE_READ = "storage:read"
    DESTROY = "specimen:destroy"
    QUARANTINE_DECIDE = "quarantine:decide"
    REPORT_MAKE = "report:make"
    AUDIT_READ = "audit:read"
    REDACT = "text:redact"
    AUDIT_DRAW = "audit:draw"
    SEAT_OPEN = "seat:open"
    FINDING_RAISE = "finding:raise"
    FINDING_ANSWER = "finding:answer"
    ALARM_CLOSE = "alarm:close"
    EXPORT = "specimen:export"
    PEOPLE_MANAGE = "people:manage"
    SITE_MANAGE = "site:manage"
    PROTOCOL_READ = "protocol:read"
    PROTOCOL_PUBLISH = "protocol:publish"


_P = Permission
_READ = frozenset(
    {
        _P.SPECIMEN_READ,
        _P.VISIT_READ,
        _P.PARTICIPANT_READ,
        _P.TRANSFER_READ,
        _P.STORAGE_READ,
        _P.PROTOCOL_READ,
    }
)
_CLINIC = _READ | {
    _P.PARTICIPANT_WRITE, _P.GROUP_READ, _P.ELIGIBILITY_READ, _P.VISIT_WRITE, _P.COLLECT, _P.SPECIMEN_CORRECT,
    _P.LABEL_PRINT, _P.TRANSFER_RELEASE, _P.TRANSFER_RECEIVE, _P.TRANSFER_CARRY, _P.REPORT_MAKE, _P.EXPORT,
}  # fmt: skip

#: Role → what it may do. The URL × role matrix of the tests is written against this table.
PERMISSIONS: dict[Role, frozenset[Permission]] = {
    _R.NURSE: _CLINIC,
    _R.INVESTIGATOR: _CLINIC | {
        _P.ELIGIBILITY_CONFIRM, _P.QUARANTINE_DECIDE, _P.AUDIT_READ, _P.REDACT, _P.SEAT_OPEN, _P.FINDING_ANSWER,
    },
    _R.TECHNICIAN: _READ
    | {
        _P.LABEL_PRINT, _P.SPECIMEN_CORRECT, _P.TRANSFER_RELEASE, _P.TRANSFER_CARRY, _P.TRANSFER_RECEIVE,
        _P.PROCESS, _P.STORE, _P.DESTROY, _P.REPORT_MAKE, _P.EXPORT,
    },
    _R.COURIER: frozenset({_P.TRANSFER_READ, _P.TRANSFER_CARRY}),
    _R.MONITOR: _READ
    | {
        _P.ELIGIBILITY_READ, _P.GROUP_READ, _P.AUDIT_READ, _P.AUDIT_DRAW, _P.FINDING_RAISE, _P.REPORT_MAKE,
    },
    _R.AUDITOR: _READ
    | {
        _P.ELIGIBILITY_READ, _P.GROUP_READ, _P.AUDIT_READ, _P.AUDIT_DRAW, _P.FINDING_RAISE, _P.REPORT_MAKE,
        _P.EXPORT, _P.ALARM_CLOSE,
    },
    _R.ADMINISTRATOR: frozenset(
        {
            _P.PEOPLE_MANAGE, _P.SITE_MANAGE, _P.STORAGE_READ, _P.PROTOCOL_READ, _P.PROTOCOL_PUBLISH, _P.AUDIT_READ,
            _P.REDACT, _P.SEAT_OPEN,
        }
    ),
    _R.OUTSIDE: frozenset(),
    _R.SYSTEM: frozenset(Permission),
}  # fmt: skip


#: What nobody does who came in with badge and PIN: it cannot be taken back, or it lets others in.
PASSWORD_ONLY = frozenset({_P.REDACT, _P.SEAT_OPEN, _P.PEOPLE_MANAGE, _P.SITE_MANAGE, _P.PROTOCOL_PUBLISH})


@dataclass(frozen=True, slots=True)
class Actor:
    """The person who acts, in the one role and study that this log-in uses.

    `sites` are the site codes of the grant (None: every site of the study); `site` is where the person stands
    (the station's site, or the first of the grant), `zone` its IANA time zone. `seat` is the grant, where it is a
    seat: one of auditor or monitor that ends by itself, and from which sealed texts stay sealed. `waited` is there when
    what is asked for now was scanned earlier, and waited on a device. `by_pin`: came in with badge and PIN, which open
    less than the password (`PASSWORD_ONLY`). Comes from the authenticated request and from
    nothing else.
    """

    user: str
    login: str
    name: str
    role: Role
    study: str | None
    sites: frozenset[str] | None
    site: str | None
    zone: str
    station: str | None = None
    station_name: str | None = None
    language: str = "en"
    seat: str | None = None
    waited: Waited | None = None
    by_pin: bool = False

    def may(self, permission: Permission) -> bool:
        """Say whether this person's role has *permission*, as they came in."""
        return permission in PERMISSIONS[self.role] and not (self.by_pin and permission in PASSWORD_ONLY)

    def sees_group(self) -> bool:
        """Say whether the group of a participant is shown to this person."""
        return self.role not in BLINDED_ROLES and self.may(Permission.GROUP_READ)


def system_actor(zone: str = "UTC", study: str | None = None) -> Actor:
    """Return the program itself as an actor, for the first start and for migrations."""
    return Actor("system", "system", "Specimens", _R.SYSTEM, study, None, None, zone)

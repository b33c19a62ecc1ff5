"""Grants: which role a person has, for which study and site, from when, with which training."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select

from specimens.domain.access import Actor, Permission
from specimens.domain.errors import BadInput, NotFound, Refused
from specimens.domain.grant import SEATED, Grant, is_seat, overlap, state_on
from specimens.domain.site import Site
from specimens.domain.study import Study
from specimens.domain.terms import GRANTED_ROLES, Kind, Role
from specimens.models.base import db
from specimens.services.clock import today
from specimens.services.entries import entries_of
from specimens.services.people import manage, names, within
from specimens.services.record import Operation
from specimens.services.request import perform
from specimens.services.row import state_of, table_of

_LONGEST_NAME = 200


def give(
    actor: Actor,
    user: str,
    role: Role,
    *,
    study: str | None,
    site: str | None,
    from_on: date,
    training_on: date | None,
    until_on: date | None = None,
    delegated_by: str | None = None,
    reason: str | None = None,
    key: str | None = None,
) -> Grant:
    """Give a person a role for a study and a site; without a date of training it is refused.

    Raises:
        NotPermitted: without `people:manage`; for a seat, `seat:open` is enough.
        BadInput: fields that are missing or contradict one another.
        Refused: `not_yourself`, `not_yours_to_give`, `grant_exists`.
    """
    if not (actor.may(Permission.SEAT_OPEN) and role in SEATED and until_on is not None):
        manage(actor)
    reason, delegated_by = (reason or "").strip(), " ".join((delegated_by or "").split())
    asked: dict[str, Any] = {
        "user": user,
        "role": str(role),
        "study": study,
        "site": site,
        "from_on": from_on.isoformat(),
        "until_on": until_on.isoformat() if until_on else None,
        "training_on": training_on.isoformat() if training_on else None,
        "delegated_by": delegated_by or None,
    }
    if user == actor.user:
        raise Refused("not_yourself")

    def work(operation: Operation) -> dict[str, str]:
        operation.load(Kind.USER, user)
        if fields := _wrong(operation, role, asked, reason):
            raise BadInput("form_incomplete", fields)
        if not within(actor, study, site):
            raise Refused("not_yours_to_give")
        _not_twice(operation, asked)
        grant: Grant = operation.create(
            Kind.GRANT, "grant_given", facts=asked, study=study, site=site, sealed={"reason": reason}
        )
        return {"grant": grant.code}

    answer = perform(actor, key, {"act": "grant_given", **asked, "reason": reason}, work)
    return grant(answer["grant"])


def _wrong(operation: Operation, role: Role, asked: dict[str, Any], reason: str) -> dict[str, str]:
    fields: dict[str, str] = {}
    from_on, until_on, training_on = asked["from_on"], asked["until_on"], asked["training_on"]
    zone = "UTC"
    if asked["site"] is not None:
        try:
            site: Site = operation.load(Kind.SITE, asked["site"])
            zone = site.zone
            if not site.active:
                fields["site"] = "site_unknown"
        except NotFound:
            fields["site"] = "site_unknown"
    if asked["study"] is not None:
        try:
            study: Study = operation.load(Kind.PROTOCOL, asked["study"])
            if asked["site"] is not None and "site" not in fields and asked["site"] not in study.sites:
                fields["site"] = "study_not_open_there"
        except NotFound:
            fields["study"] = "study_unknown"
    elif role is not Role.ADMINISTRATOR:
        fields["study"] = "study_needed"
    if role not in GRANTED_ROLES:
        fields["role"] = "role_unknown"
    if training_on is None:
        fields["training_on"] = "training_needed"
    elif training_on > from_on:
        fields["training_on"] = "training_after_start"
    if until_on is not None and until_on < from_on:
        fields["until_on"] = "grant_backwards"
    elif until_on is not None and until_on < today(zone).isoformat():
        fields["until_on"] = "period_over"
    if asked["delegated_by"] and not (
        len(asked["delegated_by"]) <= _LONGEST_NAME and asked["delegated_by"].isprintable()
    ):
        fields["delegated_by"] = "plain_name_unusable"
    if not reason:
        fields["reason"] = "reason_needed"
    return fields


def _not_twice(operation: Operation, asked: dict[str, Any]) -> None:
    table = table_of(Kind.GRANT)
    rows = operation.session.execute(
        select(table).where(table.c.user == asked["user"], table.c.role == asked["role"])
    ).mappings()
    for row in rows:
        other: Grant = state_of(Kind.GRANT, row)
        if (other.study, other.site) == (asked["study"], asked["site"]) and overlap(
            other, asked["from_on"], asked["until_on"]
        ):
            raise Refused("grant_exists")


def revoke(actor: Actor, code: str, reason: str, *, key: str | None = None) -> Grant:
    """Revoke a grant from now on; sessions and tokens that use it end with their next request.

    Raises:
        Refused: `reason_needed`, `already_revoked`, `not_yourself`, `not_yours_to_give`.
    """
    if not (actor.may(Permission.SEAT_OPEN) and is_seat(grant(code))):
        manage(actor)
    if not reason.strip():
        raise Refused("reason_needed")

    def work(operation: Operation) -> dict[str, str]:
        held: Grant = operation.load(Kind.GRANT, code)
        if held.user == actor.user:
            raise Refused("not_yourself")
        if not within(actor, held.study, held.site):
            raise Refused("not_yours_to_give")
        if held.revoked_at is not None:
            raise Refused("already_revoked")
        operation.append(Kind.GRANT, code, "grant_revoked", sealed={"reason": reason.strip()})
        return {"grant": code}

    return grant(
        perform(actor, key, {"act": "grant_revoked", "grant": code, "reason": reason}, work)["grant"]
    )


def grant(code: str) -> Grant:
    """Return one grant; raises NotFound."""
    table = table_of(Kind.GRANT)
    row = db.session.execute(select(table).where(table.c.code == code)).mappings().first()
    if row is None:
        raise NotFound("unknown_grant")
    return state_of(Kind.GRANT, row)  # type: ignore[no-any-return]


def grants(user: str | None = None) -> list[Grant]:
    """Return the grants of one person, or of everybody, oldest first."""
    table = table_of(Kind.GRANT)
    statement = select(table).order_by(table.c.id)
    if user:
        statement = statement.where(table.c.user == user)
    return [state_of(Kind.GRANT, row) for row in db.session.execute(statement).mappings()]


@dataclass(frozen=True, slots=True)
class GrantLine:
    """A grant with how it stands today, and who gave and revoked it, when and why (instants in ms UTC).

    A reason is None when it was redacted.
    """

    grant: Grant
    state: str
    given_at: int
    given_by: str
    reason: str | None
    revoked_by: str | None = None
    revoked_reason: str | None = None


def of(user: str) -> list[GrantLine]:
    """Return the grants of one person with their history, newest first."""
    found = grants(user)
    zones = {
        row.code: row.zone
        for row in db.session.execute(select(table_of(Kind.SITE).c.code, table_of(Kind.SITE).c.zone))
    }
    lines = []
    for each in reversed(found):
        entries = entries_of(db.session(), Kind.GRANT, each.code)
        given, last = entries[0], entries[-1]
        called = names({given.actor["user"], last.actor["user"]})
        revoked = last if last.act == "grant_revoked" else None
        lines.append(
            GrantLine(
                grant=each,
                state=state_on(each, today(zones.get(each.site or "", "UTC")).isoformat()),
                given_at=given.recorded_at,
                given_by=called.get(given.actor["user"], given.actor["name"]),
                reason=given.opened.get("reason"),
                revoked_by=called.get(revoked.actor["user"], revoked.actor["name"]) if revoked else None,
                revoked_reason=revoked.opened.get("reason") if revoked else None,
            )
        )
    return lines

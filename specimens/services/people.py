"""People and their passwords."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import and_, exists, func, insert, or_, select, true, update

from specimens.domain.access import Actor, Permission
from specimens.domain.errors import BadInput, Conflict, NotFound, NotPermitted, Refused
from specimens.domain.grant import Grant
from specimens.domain.password import normal
from specimens.domain.password import problem as password_problem
from specimens.domain.terms import Kind, Role
from specimens.domain.user import User
from specimens.models.base import db
from specimens.models.user import Credential, GrantRow, LoginSession, UserRow
from specimens.services import access, pin, session
from specimens.services.access import HASHER
from specimens.services.record import Operation
from specimens.services.request import perform
from specimens.services.row import state_of, table_of

LANGUAGES = ("en", "nl")
_LONGEST_NAME = 200


def manage(actor: Actor) -> None:
    """Raise `NotPermitted` unless the person may manage people."""
    if not actor.may(Permission.PEOPLE_MANAGE):
        raise NotPermitted("not_permitted")


def within(actor: Actor, study: str | None, site: str | None) -> bool:
    """Say whether a study and a site (None: all of them) lie inside what an administrator's own grant covers."""
    if actor.role is Role.SYSTEM:
        return True
    return (actor.study is None or study == actor.study) and (actor.sites is None or site in actor.sites)


def _visible(actor: Actor) -> Any:
    """People who have, or had, a grant where this administrator manages, and those who have none at all."""
    if actor.role is Role.SYSTEM or (actor.study is None and actor.sites is None):
        return true()
    theirs = select(GrantRow.id).where(GrantRow.user == UserRow.code)
    mine = theirs.where(
        GrantRow.study == actor.study if actor.study is not None else true(),
        GrantRow.site.in_(actor.sites) if actor.sites is not None else true(),
    )
    return or_(exists(mine), ~exists(theirs), UserRow.code == actor.user)


def wholly_mine(operation: Operation, actor: Actor, user: str) -> None:
    """Raise `Refused` unless every grant of a person that was not revoked lies where this administrator manages."""
    rows = operation.session.execute(
        select(GrantRow.study, GrantRow.site).where(GrantRow.user == user, GrantRow.revoked_at.is_(None))
    )
    if not all(within(actor, row.study, row.site) for row in rows):
        raise Refused("person_elsewhere")


def _store_password(operation: Operation, user: str, password: str, *, demonstration: bool) -> None:
    row = {
        "password_hash": HASHER.hash(normal(password)),
        "set_by": operation.actor.user,
        "set_at": operation.now,
        "demonstration": demonstration,
    }
    changed = operation.session.execute(update(Credential).where(Credential.user == user).values(row))
    if changed.rowcount == 0:  # type: ignore[attr-defined]
        operation.session.execute(insert(Credential), {"user": user, **row})


def add(
    actor: Actor,
    login: str,
    full_name: str,
    password: str,
    *,
    language: str = "en",
    demonstration: bool = False,
    key: str | None = None,
) -> User:
    """Add a person with a first password, which has to be changed at the first log-in.

    Raises:
        NotPermitted: without `people:manage`.
        BadInput: fields `login`, `full_name`, `language`, `password` with the code of what is wrong.
        Conflict: `login_taken`; a log-in name is never given twice.
    """
    manage(actor)
    login, full_name = login.strip().lower(), " ".join(full_name.split())
    fields: dict[str, str] = {}
    if not (
        2 <= len(login) <= 64 and login.isascii() and all(part.isalnum() or part in ".-_" for part in login)
    ):
        fields["login"] = "login_unusable"
    if not (2 <= len(full_name) <= _LONGEST_NAME and full_name.isprintable()):
        fields["full_name"] = "plain_name_unusable"
    if language not in LANGUAGES:
        fields["language"] = "language_unknown"
    if not demonstration and (wrong := password_problem(password, login, full_name)):
        fields["password"] = wrong
    if fields:
        raise BadInput("form_incomplete", fields)
    facts = {
        "login": login,
        "full_name": full_name,
        "language": language,
        "must_change_password": not demonstration,
    }

    def work(operation: Operation) -> dict[str, str]:
        if operation.session.execute(select(UserRow.id).where(UserRow.login == login)).first():
            raise Conflict("login_taken")
        user: User = operation.create(Kind.USER, "user_added", facts=facts)
        _store_password(operation, user.code, password, demonstration=demonstration)
        return {"user": user.code}

    # what was asked for is kept as a hash without salt, so the password is no part of it
    return person(perform(actor, key, {"act": "user_added", **facts}, work)["user"])


def rename(actor: Actor, user: str, full_name: str, *, key: str | None = None) -> User:
    """Correct a person's name; what was recorded before keeps the name of that day.

    Raises:
        BadInput: field `full_name`.
        Refused: `not_yourself`, `unchanged`, `person_elsewhere`.
    """
    manage(actor)
    full_name = " ".join(full_name.split())
    if not (2 <= len(full_name) <= _LONGEST_NAME and full_name.isprintable()):
        raise BadInput("form_incomplete", {"full_name": "plain_name_unusable"})
    if user == actor.user:
        raise Refused("not_yourself")

    def work(operation: Operation) -> dict[str, str]:
        if operation.load(Kind.USER, user).full_name == full_name:
            raise Refused("unchanged")
        wholly_mine(operation, actor, user)
        operation.append(Kind.USER, user, "user_renamed", facts={"full_name": full_name})
        return {"user": user}

    return person(perform(actor, key, {"act": "user_renamed", "user": user, "name": full_name}, work)["user"])


def switch(actor: Actor, user: str, *, active: bool, reason: str, key: str | None = None) -> User:
    """Switch an account off or on; switching it off ends its sessions.

    Raises:
        Refused: `reason_needed`, `not_yourself`, `unchanged`, `person_elsewhere`.
    """
    manage(actor)
    if not reason.strip():
        raise Refused("reason_needed")
    if user == actor.user:
        raise Refused("not_yourself")
    act = "user_switched_on" if active else "user_switched_off"

    def work(operation: Operation) -> dict[str, str]:
        if operation.load(Kind.USER, user).active == active:
            raise Refused("unchanged")
        wholly_mine(operation, actor, user)
        operation.append(Kind.USER, user, act, facts={"active": active}, sealed={"reason": reason.strip()})
        session.end_all(operation, user)
        access.forget_proof(operation, user)
        return {"user": user}

    return person(perform(actor, key, {"act": act, "user": user, "reason": reason}, work)["user"])


def reset_password(actor: Actor, user: str, password: str, *, key: str | None = None) -> User:
    """Set somebody else's password; it has to be changed before anything else can be done with it.

    Raises:
        BadInput: field `password`.
        Refused: `not_yourself`, `person_elsewhere`.
    """
    manage(actor)
    if user == actor.user:
        raise Refused("not_yourself")

    def work(operation: Operation) -> dict[str, str]:
        them: User = operation.load(Kind.USER, user)
        wholly_mine(operation, actor, user)
        if wrong := password_problem(password, them.login, them.full_name):
            raise BadInput("form_incomplete", {"password": wrong})
        _store_password(operation, user, password, demonstration=False)
        session.end_all(operation, user)
        pin.clear(operation, user)
        operation.append(Kind.USER, user, "password_set", facts={"must_change_password": True})
        return {"user": user}

    return person(perform(actor, key, {"act": "password_set", "user": user}, work)["user"])


def change_password(actor: Actor, password: str, *, token: str, key: str | None = None) -> None:
    """Change one's own password; every other session ends. The door has asked for the present one.

    Raises:
        BadInput: field `password`.
    """

    def work(operation: Operation) -> dict[str, str]:
        me: User = operation.load(Kind.USER, actor.user)
        if wrong := password_problem(password, me.login, me.full_name):
            raise BadInput("form_incomplete", {"password": wrong})
        published = operation.session.execute(
            select(Credential.demonstration).where(Credential.user == actor.user)
        ).scalar()
        _store_password(operation, actor.user, password, demonstration=False)
        if published:  # so is the PIN that came with it
            pin.clear(operation, actor.user)
        session.end_all(operation, actor.user, but=token)
        operation.append(Kind.USER, actor.user, "password_changed", facts={"must_change_password": False})
        return {"user": actor.user}

    perform(actor, key, {"act": "password_changed"}, work)


def set_language(actor: Actor, language: str) -> User:
    """Set the language in which the program speaks to the person who is logged in.

    Raises:
        BadInput: field `language`.
    """
    if language not in LANGUAGES:
        raise BadInput("form_incomplete", {"language": "language_unknown"})

    def work(operation: Operation) -> dict[str, str]:
        if operation.load(Kind.USER, actor.user).language != language:
            operation.append(Kind.USER, actor.user, "language_set", facts={"language": language})
        return {"user": actor.user}

    return person(perform(actor, None, {}, work)["user"])


@dataclass(frozen=True, slots=True)
class PersonLine:
    """A person in the list: the account, the grants that were not revoked, and the last time they were here (ms)."""

    user: User
    grants: tuple[Grant, ...]
    seen_at: int | None


def listed(actor: Actor, words: str = "") -> list[PersonLine]:
    """Return the people whom an administrator manages, by name; *words*: part of a name or a log-in name."""
    manage(actor)
    table = table_of(Kind.USER)
    statement = select(table).where(_visible(actor)).order_by(table.c.full_name, table.c.id)
    for word in words.lower().split()[:5]:
        part = "%" + word[:64].replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
        statement = statement.where(
            or_(func.lower(table.c.full_name).like(part, escape="\\"), table.c.login.like(part, escape="\\"))
        )
    held: dict[str, list[Grant]] = {}
    grants_table = table_of(Kind.GRANT)
    for row in db.session.execute(
        select(grants_table).where(grants_table.c.revoked_at.is_(None)).order_by(grants_table.c.id)
    ).mappings():
        held.setdefault(row["user"], []).append(state_of(Kind.GRANT, row))
    seen = {
        row[0]: row[1]
        for row in db.session.execute(
            select(LoginSession.user, func.max(LoginSession.seen_at)).group_by(LoginSession.user)
        )
    }
    users: list[User] = [state_of(Kind.USER, row) for row in db.session.execute(statement).mappings()]
    return [PersonLine(each, tuple(held.get(each.code, ())), seen.get(each.code)) for each in users]


def shown(actor: Actor, code: str) -> User:
    """Return one account that an administrator may see; raises NotFound."""
    manage(actor)
    table = table_of(Kind.USER)
    row = (
        db.session.execute(select(table).where(and_(table.c.code == code, _visible(actor))))
        .mappings()
        .first()
    )
    if row is None:
        raise NotFound("unknown_user")
    return state_of(Kind.USER, row)  # type: ignore[no-any-return]


def people() -> list[User]:
    """Return every account, by name."""
    table = table_of(Kind.USER)
    rows = db.session.execute(select(table).order_by(table.c.full_name)).mappings()
    return [state_of(Kind.USER, row) for row in rows]


def person(code: str) -> User:
    """Return one account; raises NotFound."""
    table = table_of(Kind.USER)
    row = db.session.execute(select(table).where(table.c.code == code)).mappings().first()
    if row is None:
        raise NotFound("unknown_user")
    return state_of(Kind.USER, row)  # type: ignore[no-any-return]


def names(codes: set[str]) -> dict[str, str]:
    """Return code → full name of some people."""
    table = table_of(Kind.USER)
    rows = db.session.execute(select(table.c.code, table.c.full_name).where(table.c.code.in_(codes)))
    return {row.code: row.full_name for row in rows}

"""Trying to log in: guessing is slowed and written down, and nobody is ever locked out (decision 8)."""

import hashlib
import unicodedata

from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError

from specimens.domain.access import Actor, system_actor
from specimens.domain.errors import Refused
from specimens.domain.terms import Kind
from specimens.domain.user import User
from specimens.ledger.uuid7 import uuid7
from specimens.models.base import db
from specimens.models.user import Credential, LoginDelay, UserRow
from specimens.services import access, people, second_factor
from specimens.services.record import writing

#: One name at one address: three tries are free, then each waits twice as long as the one before, up to five minutes.
FREE_OF_NAME, LONGEST_OF_NAME = 3, 300
#: One address, whatever the names: a whole ward may sit behind it, so it is slowed late and never for long.
FREE_OF_ADDRESS, LONGEST_OF_ADDRESS = 30, 10
#: The code of a second factor, wherever it is typed: whoever guesses here knows the password already.
FREE_OF_CODE, LONGEST_OF_CODE = 5, 900
#: After so long without a failure the count begins again.
FORGOTTEN_MS = 15 * 60_000
_LONGEST_NAME = 256


def plain_name(typed: str) -> str:
    """Return a log-in name as it is looked up: without spaces around it, in small letters, one way to write each."""
    return _printable(unicodedata.normalize("NFKC", typed).strip().lower())


def _printable(typed: str) -> str:
    return "".join(each if each.isprintable() else "\ufffd" for each in typed[:_LONGEST_NAME])


def wait_seconds(failures: int, free: int, longest: int) -> int:
    """Return how long the next try waits after so many failures in a row."""
    return 0 if failures < free else min(2 ** min(failures - free, 20), longest)


def _key(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def _limits_of_code(user: str) -> dict[str, tuple[int, int]]:
    return {_key("code", user): (FREE_OF_CODE, LONGEST_OF_CODE)}


def limits_of_pin(user: str, free: int, longest: int) -> dict[str, tuple[int, int]]:
    """Return how guessing a person's PIN is slowed, at whatever station."""
    return {_key("pin", user): (free, longest)}


def limits_of(name: str, address: str) -> dict[str, tuple[int, int]]:
    return {
        _key("name", name, address): (FREE_OF_NAME, LONGEST_OF_NAME),
        _key("address", address): (FREE_OF_ADDRESS, LONGEST_OF_ADDRESS),
    }


def take_turn(limits: dict[str, tuple[int, int]]) -> None:
    """Count this try as a failure before it is looked at: a hundred tries at once are a hundred failures."""
    for last in (False, False, True):
        try:
            return _count(limits)
        except (
            IntegrityError
        ):  # two first tries at the same moment: the other one made the row, so count on it
            if last:
                raise
    return None


def _count(limits: dict[str, tuple[int, int]]) -> None:
    with writing(system_actor()) as operation:
        now = operation.now
        rows = {
            row.key_hash: row
            for row in operation.session.execute(
                select(LoginDelay)
                .where(LoginDelay.key_hash.in_(limits))
                .order_by(LoginDelay.key_hash)
                .with_for_update()
            ).scalars()
        }
        longest_at = max((row.until_at for row in rows.values()), default=0)
        if longest_at > now:
            raise Refused("login_wait", seconds=-(-(longest_at - now) // 1000))
        for key, (free, longest) in sorted(limits.items()):
            row = rows.get(key)
            failures = 1 + (row.failures if row and row.until_at + FORGOTTEN_MS > now else 0)
            values = {"failures": failures, "until_at": now + wait_seconds(failures, free, longest) * 1000}
            if row is None:
                operation.session.execute(insert(LoginDelay), {"key_hash": key, **values})
            else:
                operation.session.execute(update(LoginDelay).where(LoginDelay.key_hash == key).values(values))


def forgive(name: str, address: str) -> None:
    """A try that succeeded was no failure. The row stays: the application deletes nothing."""
    of_name, of_address = limits_of(name, address)
    with writing(system_actor()) as operation:
        operation.session.execute(
            update(LoginDelay).where(LoginDelay.key_hash == of_name).values(failures=0, until_at=0)
        )
        operation.session.execute(
            update(LoginDelay)
            .where(LoginDelay.key_hash == of_address, LoginDelay.failures > 0)
            .values(failures=LoginDelay.failures - 1)
        )


def keep_failure(typed: str, address: str, outcome: str, user: str | None) -> None:
    """Write a failed log-in down; the name typed is sealed, because people type passwords into the wrong field."""
    with writing(system_actor()) as operation:
        operation.create(
            Kind.LOGIN,
            "login_failed",
            code=uuid7(operation.now),
            facts={"outcome": outcome, "user": user, "address": address},
            sealed={"name": _printable(typed)},
        )


def enter(typed: str, password: str, *, address: str, production: bool) -> User:
    """Return the person whom a log-in name and a password belong to; whoever asks then asks for the second factor.

    Raises:
        Refused: `login_wait` (with `seconds`), `login_failed`, `demonstration_login`, `no_grant`.
    """
    name = plain_name(typed)
    take_turn(limits_of(name, address))
    try:
        user = access.verify(name, password)
    except Refused:
        known = db.session.execute(select(UserRow.code).where(UserRow.login == name)).scalar()
        keep_failure(typed, address, "wrong", known)
        raise
    if production and is_demonstration(user.code):
        keep_failure(typed, address, "demonstration", user.code)
        raise Refused("demonstration_login")
    if not access.grants_today(user.code):
        keep_failure(typed, address, "no_grant", user.code)
        raise Refused("no_grant")
    forgive(name, address)
    return user


def second(user: User, code: str, *, address: str) -> None:
    """Take the code of a person's second factor; guessing is slowed, whatever the password said before.

    Raises:
        Refused: `login_wait`, `code_wrong`, `no_grant`.
    """
    take_turn(_limits_of_code(user.code))
    grants = access.grants_today(user.code)
    if not grants:
        raise Refused("no_grant")
    with writing(access.actor_for(user, grants[0], None)) as operation:
        right = second_factor.check(operation, user, code)
        if right:
            operation.session.execute(
                update(LoginDelay)
                .where(LoginDelay.key_hash.in_(_limits_of_code(user.code)))
                .values(failures=0, until_at=0)
            )
    if not right:
        keep_failure(user.login, address, "code", user.code)
        raise Refused("code_wrong")


def ask_code(user: User, code: str, *, address: str) -> None:
    """Ask for the code of a person's second factor, where one is set.

    Raises:
        Refused: `code_needed`, `code_wrong`, `login_wait`.
    """
    if second_factor.is_set(user.code):
        if not code.strip():
            raise Refused("code_needed")
        second(user, code, address=address)


def ask_again(actor: Actor, password: str, code: str = "", *, address: str) -> None:
    """Ask the person who is logged in for their password again, and for the second factor where one is set.

    Guessing is slowed as at logging in.

    Raises:
        Refused: `login_wait`, `password_wrong`, `code_needed`, `code_wrong`.
    """
    take_turn(limits_of(actor.login, address))
    try:
        access.verify(actor.login, password)
    except Refused as refused:
        keep_failure(actor.login, address, "wrong", actor.user)
        raise Refused("password_wrong") from refused
    forgive(actor.login, address)
    ask_code(people.person(actor.user), code, address=address)


def demonstration_log_ins() -> list[str]:
    """Return the log-in names whose password is the published one of the demonstration."""
    rows = (
        select(UserRow.login)
        .join(Credential, Credential.user == UserRow.code)
        .where(Credential.demonstration)
        .order_by(UserRow.login)
    )
    return list(db.session.execute(rows).scalars())


def is_demonstration(user: str) -> bool:
    """Say whether the password of an account is the published one; its PIN, where it has one, then is too."""
    return bool(db.session.execute(select(Credential.demonstration).where(Credential.user == user)).scalar())

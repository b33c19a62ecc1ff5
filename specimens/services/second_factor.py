"""The second factor: six digits from an authenticator (TOTP, RFC 6238), and recovery codes for a lost telephone.

A code works once, half a minute early or late at most. The secret lies encrypted under a key made from the
installation's own secret, which is not in the database; the ledger holds that a factor was set, never the secret.
"""

import base64
import hashlib
import hmac
import secrets
from dataclasses import dataclass

import pyotp
from cryptography.fernet import Fernet, InvalidToken
from sqlalchemy import insert, select, update

from specimens.domain.access import Actor
from specimens.domain.errors import BadInput, Conflict, NotFound, Refused
from specimens.domain.terms import Kind
from specimens.domain.user import User
from specimens.models.base import db
from specimens.models.user import RecoveryCode, SecondFactor
from specimens.services import outside
from specimens.services.access import forget_proof
from specimens.services.people import manage, wholly_mine
from specimens.services.record import Operation, writing

STEP_SECONDS = 30
DIGITS = 6
#: RFC 6238, 5.2: one step of delay is allowed for a slow person and a clock that is a little off.
EARLY_OR_LATE = 1
RECOVERY_CODES = 10
_RECOVERY_SYMBOLS = "23456789CDFHJKNPRTVX"
_RECOVERY_LENGTH = 12
_LONGEST_CODE = 40


@dataclass(frozen=True, slots=True)
class Offer:
    """What an authenticator is told: the secret in base 32, and the address that its QR code holds."""

    secret: str
    address: str


def is_set(user: str) -> bool:
    """Say whether a person has a second factor that counts."""
    statement = select(SecondFactor.id).where(
        SecondFactor.user == user, SecondFactor.confirmed_at.is_not(None)
    )
    return db.session.execute(statement).first() is not None


def codes_left(user: str) -> int:
    """Return how many recovery codes a person has left."""
    statement = select(RecoveryCode.id).where(RecoveryCode.user == user, RecoveryCode.ended_at.is_(None))
    return len(db.session.execute(statement).all())


def offer(actor: Actor, *, issuer: str) -> Offer:
    """Make a new secret for the person who is logged in; it counts once `confirm` saw a code of it.

    Raises:
        Conflict: `factor_is_set`.
    """
    secret = pyotp.random_base32()
    with writing(actor) as operation:
        row = _row(operation, actor.user)
        if row is not None and row.confirmed_at is not None:
            raise Conflict("factor_is_set")
        sealed = _cipher().encrypt(secret.encode())
        if row is None:
            operation.session.add(
                SecondFactor(user=actor.user, secret=sealed, confirmed_at=None, last_step=0)
            )
        else:
            row.secret = sealed
    address = pyotp.TOTP(secret).provisioning_uri(name=actor.login, issuer_name=issuer)
    return Offer(secret, address)


def offered(actor: Actor, *, issuer: str) -> Offer | None:
    """Return the secret that waits to be confirmed, so that a mistyped code need not begin anew; None without one."""
    row = db.session.execute(select(SecondFactor).where(SecondFactor.user == actor.user)).scalar()
    if row is None or row.secret is None or row.confirmed_at is not None:
        return None
    secret = _opened(row)
    return Offer(secret, pyotp.TOTP(secret).provisioning_uri(name=actor.login, issuer_name=issuer))


def confirm(actor: Actor, code: str) -> tuple[str, ...]:
    """Let the offered secret count, after one right code of it; return the recovery codes, shown this once.

    Raises:
        BadInput: field `code`: `code_wrong`.
        NotFound: `factor_not_offered`.
        Conflict: `factor_is_set`.
    """
    with writing(actor) as operation:
        row = _row(operation, actor.user)
        if row is None or row.secret is None:
            raise NotFound("factor_not_offered")
        if row.confirmed_at is not None:
            raise Conflict("factor_is_set")
        step = _step(_opened(row), code, operation.now, after=0)
        if step is None:
            raise BadInput("form_incomplete", {"code": "code_wrong"})
        row.confirmed_at, row.last_step = operation.now, step
        codes = _new_codes(operation, actor.user)
        forget_proof(operation, actor.user)  # what was proven was less than what is asked from now on
        operation.append(Kind.USER, actor.user, "second_factor_set", facts={"recovery_codes": len(codes)})
    return codes


def renew_codes(actor: Actor) -> tuple[str, ...]:
    """Make new recovery codes; the old ones are worth nothing. The door has asked for both factors.

    Raises:
        NotFound: `factor_not_set`.
    """
    with writing(actor) as operation:
        if not _counts(_row(operation, actor.user)):
            raise NotFound("factor_not_set")
        codes = _new_codes(operation, actor.user)
        operation.append(
            Kind.USER, actor.user, "recovery_codes_renewed", facts={"recovery_codes": len(codes)}
        )
    return codes


def remove(actor: Actor) -> None:
    """Take one's own second factor away. The door has asked for both factors.

    Raises:
        NotFound: `factor_not_set`.
    """
    with writing(actor) as operation:
        _take_away(operation, actor.user, "second_factor_removed")


def reset(actor: Actor, user: str, reason: str) -> None:
    """Take somebody's second factor away: the telephone is lost, and the recovery codes too.

    Raises:
        NotPermitted: without `people:manage`.
        Refused: `reason_needed`, `not_yourself`, `person_elsewhere`.
        NotFound: `factor_not_set`.
    """
    manage(actor)
    if not reason.strip():
        raise Refused("reason_needed")
    if user == actor.user:
        raise Refused("not_yourself")
    with writing(actor) as operation:
        wholly_mine(operation, actor, user)
        _take_away(operation, user, "second_factor_reset", reason.strip())


def check(operation: Operation, user: User, code: str) -> bool:
    """Use up a code of a person: six digits, or one of the recovery codes; say whether it was right.

    Raises:
        Refused: `factor_unreadable` when the installation's secret is not the one it was set under.
    """
    row = _row(operation, user.code)
    if row is None or row.secret is None or row.confirmed_at is None:
        return False
    step = _step(_opened(row), code, operation.now, after=row.last_step)
    if step is not None:
        row.last_step = step
        return True
    return _use_recovery_code(operation, user, code)


def _row(operation: Operation, user: str) -> SecondFactor | None:
    statement = select(SecondFactor).where(SecondFactor.user == user).with_for_update()
    return operation.session.execute(statement).scalar()


def _counts(row: SecondFactor | None) -> bool:
    return row is not None and row.confirmed_at is not None


def _cipher() -> Fernet:
    return Fernet(base64.urlsafe_b64encode(outside.key("second factor")))


def _opened(row: SecondFactor) -> str:
    try:
        return _cipher().decrypt(row.secret or b"").decode()
    except InvalidToken as error:
        raise Refused("factor_unreadable") from error


def _step(secret: str, code: str, now: int, *, after: int) -> int | None:
    """Return the half minute whose code was typed, later than the last one used; None where there is none."""
    typed = "".join(code.split())
    if not (len(typed) == DIGITS and typed.isascii() and typed.isdecimal()):
        return None
    here = now // 1000 // STEP_SECONDS
    totp = pyotp.TOTP(secret)
    found = None
    for step in range(
        here - EARLY_OR_LATE, here + EARLY_OR_LATE + 1
    ):  # all of them: the time taken says nothing
        if hmac.compare_digest(totp.at(step * STEP_SECONDS), typed) and step > after:
            found = step
    return found


def _plain(code: str) -> str:
    return "".join(each for each in code.upper() if each.isalnum())[:_LONGEST_CODE]


def _hash(user: str, code: str) -> str:
    return hashlib.sha256(f"{user}\0{_plain(code)}".encode()).hexdigest()


def _new_codes(operation: Operation, user: str) -> tuple[str, ...]:
    _end_codes(operation, user)
    made = [
        "".join(secrets.choice(_RECOVERY_SYMBOLS) for _ in range(_RECOVERY_LENGTH))
        for _ in range(RECOVERY_CODES)
    ]
    operation.session.execute(
        insert(RecoveryCode), [{"user": user, "code_hash": _hash(user, each)} for each in made]
    )
    return tuple(f"{each[:4]}-{each[4:8]}-{each[8:]}" for each in made)


def _end_codes(operation: Operation, user: str) -> None:
    operation.session.execute(
        update(RecoveryCode)
        .where(RecoveryCode.user == user, RecoveryCode.ended_at.is_(None))
        .values(ended_at=operation.now)
    )


def _use_recovery_code(operation: Operation, user: User, code: str) -> bool:
    used = operation.session.execute(
        update(RecoveryCode)
        .where(RecoveryCode.code_hash == _hash(user.code, code), RecoveryCode.ended_at.is_(None))
        .values(ended_at=operation.now)
    )
    if used.rowcount != 1:  # type: ignore[attr-defined]
        return False
    operation.append(Kind.USER, user.code, "recovery_code_used")
    return True


def _take_away(operation: Operation, user: str, act: str, reason: str = "") -> None:
    row = _row(operation, user)
    if row is None or row.confirmed_at is None:
        raise NotFound("factor_not_set")
    row.secret, row.confirmed_at = None, None
    _end_codes(operation, user)
    operation.append(Kind.USER, user, act, sealed={"reason": reason} if reason else None)

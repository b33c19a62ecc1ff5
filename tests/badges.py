"""Badges and PINs of the cast, as quick to make as their passwords: hashed cheaply, for tests alone."""

from functools import cache

from argon2 import PasswordHasher
from sqlalchemy import insert

from specimens.domain.access import Actor
from specimens.domain.terms import Kind
from specimens.models.badge import Pin
from specimens.services import badge
from specimens.services.record import writing
from tests.cast import QUICKLY

PIN = "8205"


@cache
def _hash() -> str:
    return PasswordHasher(**QUICKLY).hash(PIN)


def badge_of(actor: Actor) -> str:
    """Give somebody a badge, and a PIN that counts; return the badge. Needs an application context."""
    with writing(actor) as operation:
        row = {
            "user": actor.user, "pin_hash": _hash(), "set_at": operation.now, "proven_at": operation.now, "failures": 0,
        }  # fmt: skip
        operation.session.execute(insert(Pin), row)
        operation.append(Kind.USER, actor.user, "pin_set")
    return badge.issue(actor, actor.user).code

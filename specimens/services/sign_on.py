"""Single sign-on: an identity provider says who somebody is; which person here that is, and what they may do, we say.

Nobody gets an account by logging in there. A person links the provider's account to their own, once, from inside.
"""

from sqlalchemy import insert, select, update

from specimens.domain.access import Actor
from specimens.domain.errors import NotFound, Refused
from specimens.domain.terms import Kind
from specimens.domain.user import User
from specimens.models.base import db
from specimens.models.user import SignOnIdentity
from specimens.services import access, login, people
from specimens.services.record import writing

LONGEST = 255


def linked(user: str, issuer: str) -> bool:
    """Say whether a person has linked an account of this provider."""
    statement = select(SignOnIdentity.id).where(
        SignOnIdentity.user == user, SignOnIdentity.issuer == issuer, SignOnIdentity.unlinked_at.is_(None)
    )
    return db.session.execute(statement).first() is not None


def link(actor: Actor, issuer: str, subject: str) -> None:
    """Link a provider's account to the person who is logged in.

    Raises:
        Conflict: `sign_on_taken` if it stands for somebody already, or this person has another one.
        Refused: `sign_on_failed` if the provider named nobody.
    """
    _usable(issuer, subject)
    with writing(actor) as operation:
        row = {"issuer": issuer, "subject": subject, "user": actor.user, "linked_at": operation.now}
        operation.session.execute(insert(SignOnIdentity), row)
        sealed = {"subject": subject}
        operation.append(Kind.USER, actor.user, "sign_on_linked", facts={"issuer": issuer}, sealed=sealed)


def unlink(actor: Actor, issuer: str) -> None:
    """Unlink the provider's account of the person who is logged in.

    Raises:
        NotFound: `not_found` if none is linked.
    """
    with writing(actor) as operation:
        ended = operation.session.execute(
            update(SignOnIdentity)
            .where(
                SignOnIdentity.user == actor.user,
                SignOnIdentity.issuer == issuer,
                SignOnIdentity.unlinked_at.is_(None),
            )
            .values(unlinked_at=operation.now)
        )
        if ended.rowcount != 1:  # type: ignore[attr-defined]
            raise NotFound("not_found")
        operation.append(Kind.USER, actor.user, "sign_on_unlinked", facts={"issuer": issuer})


def enter(issuer: str, subject: str, *, name: str, address: str) -> User:
    """Return the person here for whom a provider's account stands; a stranger is written down as a failed log-in.

    Raises:
        Refused: `sign_on_unknown` (with the provider's `name`), `sign_on_failed`, `no_grant`.
    """
    _usable(issuer, subject)
    code = db.session.execute(
        select(SignOnIdentity.user).where(
            SignOnIdentity.issuer == issuer,
            SignOnIdentity.subject == subject,
            SignOnIdentity.unlinked_at.is_(None),
        )
    ).scalar()
    user = people.person(code) if code else None
    if user is None or not user.active:
        login.keep_failure(subject, address, "sign_on", code)
        raise Refused("sign_on_unknown", name=name)
    if not access.grants_today(user.code):
        login.keep_failure(subject, address, "no_grant", user.code)
        raise Refused("no_grant")
    return user


def _usable(issuer: str, subject: str) -> None:
    if not (0 < len(issuer) <= LONGEST and 0 < len(subject) <= LONGEST and subject.isprintable()):
        raise Refused("sign_on_failed", name=issuer[:LONGEST])

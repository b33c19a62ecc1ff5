"""Personal tokens for the API: bound to one grant, shown once, kept as SHA-256 alone."""

import hashlib
import secrets
from dataclasses import dataclass

from sqlalchemy import Table, bindparam, insert, select, update

from specimens.domain.access import Actor
from specimens.domain.errors import BadInput, NotFound, Refused
from specimens.domain.terms import Kind
from specimens.models.base import db
from specimens.models.site import StationRow
from specimens.models.statement import Statement, ask
from specimens.models.user import ApiToken, UserRow
from specimens.services.access import PLACE, actor_for, granted_actor, grants_of, grants_today, place_of
from specimens.services.clock import now_ms
from specimens.services.record import writing
from specimens.services.request import answered, once
from specimens.services.row import state_of, table_of

LONGEST_DAYS = 3650
_DAY_MS = 24 * 60 * 60 * 1000
_PREFIX = "spc_"


@dataclass(frozen=True, slots=True)
class Token:
    """A token as its owner sees it in the list; `number` names it there. Instants in milliseconds UTC."""

    number: int
    name: str
    made_at: int
    until_at: int | None
    revoked_at: int | None


_TOKEN: Table = ApiToken.__table__  # type: ignore[assignment]
_USER, _STATION = table_of(Kind.USER), table_of(Kind.STATION)
_HELD = Statement(
    select(
        _USER,
        *PLACE,
        _TOKEN.c.grant.label("bound_to"),
        _TOKEN.c.until_at.label("until"),
        _TOKEN.c.revoked_at.label("revoked"),
    )
    .join(_USER, _USER.c.code == _TOKEN.c.user)
    .outerjoin(_STATION, _STATION.c.code == _TOKEN.c.station)
    .where(_TOKEN.c.token_hash == bindparam("hash"))
)
_GRANTS = grants_of(select(_TOKEN.c.user).where(_TOKEN.c.token_hash == bindparam("hash")).scalar_subquery())


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def make(
    actor: Actor, name: str, *, days: int = 90, station: str | None = None, key: str | None = None
) -> str:
    """Make a token for the person who is logged in, in the role and study of this log-in; return it, once.

    Raises:
        BadInput: fields `name`, `days`, `station`.
        Refused: `no_grant`; `token_shown` if the same form (by its *key*) made one already.
    """
    name = " ".join(name.split())
    fields: dict[str, str] = {}
    if not (1 <= len(name) <= 100 and name.isprintable()):
        fields["name"] = "plain_name_unusable"
    if actor.by_pin:
        raise Refused("password_log_in_needed")
    if not 1 <= days <= LONGEST_DAYS:
        fields["days"] = "days_unusable"
    place = None
    if station:
        place = db.session.execute(select(StationRow).where(StationRow.code == station)).scalar()
        if place is None or not place.active or (actor.sites is not None and place.site not in actor.sites):
            fields["station"] = "unknown_station"
    if fields:
        raise BadInput("form_incomplete", fields)
    grant = next(
        (each for each in grants_today(actor.user) if (each.role, each.study) == (actor.role, actor.study)),
        None,
    )
    if grant is None:
        raise Refused("no_grant")
    token = _PREFIX + secrets.token_urlsafe(32)
    asked = {"act": "token_made", "name": name, "days": days, "station": station}
    with writing(actor) as operation:
        if key is not None:
            if once(operation, key, asked) is not None:
                raise Refused("token_shown")
            answered(operation, key, asked, {"made": True})
        operation.session.execute(
            insert(ApiToken),
            {
                "token_hash": _digest(token),
                "name": name,
                "user": actor.user,
                "grant": grant.code,
                "station": station or None,
                "made_at": operation.now,
                "until_at": operation.now + days * _DAY_MS,
            },
        )
        operation.append(
            Kind.USER, actor.user, "token_made", facts={"grant": grant.code, "days": days, "station": station}
        )
    return token


def make_for(login: str, name: str, *, days: int = 90, station: str | None = None) -> str:
    """Make a token for somebody else from the terminal, with the first grant that counts today.

    Raises:
        NotFound: `unknown_user`.
        Refused: `no_grant`.
    """
    user = db.session.execute(
        select(UserRow).where(UserRow.login == login.strip().lower(), UserRow.active)
    ).scalar()
    if user is None:
        raise NotFound("unknown_user")
    grants = grants_today(user.code)
    if not grants:
        raise Refused("no_grant")
    return make(actor_for(user, grants[0], None), name, days=days, station=station)


def mine(actor: Actor) -> list[Token]:
    """Return the tokens of the person who is logged in, newest first."""
    rows = db.session.execute(
        select(ApiToken.id, ApiToken.name, ApiToken.made_at, ApiToken.until_at, ApiToken.revoked_at)
        .where(ApiToken.user == actor.user)
        .order_by(ApiToken.id.desc())
    )
    return [Token(*row) for row in rows]


def revoke(actor: Actor, number: int) -> None:
    """End one of one's own tokens from now on; ending it twice changes nothing.

    Raises:
        NotFound: `unknown_token`.
    """
    with writing(actor) as operation:
        row = operation.session.execute(
            select(ApiToken.revoked_at, ApiToken.grant).where(
                ApiToken.id == number, ApiToken.user == actor.user
            )
        ).first()
        if row is None:
            raise NotFound("unknown_token")
        if row.revoked_at is None:
            operation.session.execute(
                update(ApiToken).where(ApiToken.id == number).values(revoked_at=operation.now)
            )
            operation.append(Kind.USER, actor.user, "token_revoked", facts={"grant": row.grant})


def actor_of(token: str) -> Actor | None:
    """Return the person whom a token stands for, in the role of its grant; None when it counts no more."""
    said = {"hash": _digest(token)}
    found, grants = ask(db.session.connection(), [(_HELD, said), (_GRANTS, said)])
    if not found:
        return None
    (row,) = found
    user = state_of(Kind.USER, row)
    if row["revoked"] is not None or not user.active:
        return None
    if row["until"] is not None and now_ms() > row["until"]:
        return None
    return granted_actor(user, row["bound_to"], place_of(row), grants)

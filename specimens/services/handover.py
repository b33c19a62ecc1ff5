"""Handing a released list over to somebody without an account: a one-time code, and what is signed with it.

Both parties sign one list: the release holds its hash, and whoever takes it over signs the same hash, or names each
tube that stays behind. The code opens one release, for half an hour, once; it is kept as a hash.
"""

import hashlib
from dataclasses import dataclass

from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import insert, select

from specimens.domain.access import Actor, Permission, system_actor
from specimens.domain.errors import NotFound, NotPermitted, Refused
from specimens.domain.handover import LIFETIME_MS, MOST_GUESSES, Handover, HandoverState, is_open
from specimens.domain.identifiers import is_identifier, new_identifier
from specimens.domain.protocol_base import Text
from specimens.domain.site import Site
from specimens.domain.terms import Kind, TransferState
from specimens.domain.transfer import Transfer, canonical_list, open_lines
from specimens.ledger.canonical import canonical
from specimens.models.base import db
from specimens.models.handover import HandoverSecret
from specimens.services import login, tenancy
from specimens.services.access import HASHER
from specimens.services.clock import now_ms
from specimens.services.hands import names_of, permit, seen
from specimens.services.record import Operation, writing
from specimens.services.request import perform
from specimens.services.row import state_now, state_of, table_of
from specimens.services.study import protocol_of

_TS = TransferState
_WAITING = (_TS.RELEASED, _TS.DEPOSITED, _TS.DELIVERED)


@dataclass(frozen=True, slots=True)
class Offer:
    """A release as its page shows it to somebody without an account: no more than the label of the bag says.

    `zone` is the time zone of the site that releases; `open` says whether it can be signed still.
    """

    handover: Handover
    transfer: Transfer
    from_name: str
    from_site: str
    telephone: str
    to_name: str
    to_site: str
    temperature: Text | None
    reasons: tuple[tuple[str, Text], ...]
    zone: str
    open: bool


def digest_of(transfer: Transfer) -> str:
    """Return the SHA-256 of what both parties sign, as hex."""
    return hashlib.sha256(canonical(canonical_list(transfer))).hexdigest()


# -------------------------------------------------------------------------------------------- the releaser's side


def offer(actor: Actor, transfer: str, *, key: str | None = None) -> tuple[Handover, str]:
    """Make a one-time code for a released list; an earlier code of the same list opens nothing from now on.

    Returns:
        The handover, and the code: it is shown to the releaser and kept nowhere.

    Raises:
        Refused: `list_not_waiting`, `receipt_begun`; `code_shown` if the same form (by its *key*) made one already.
    """
    permit(actor, Permission.TRANSFER_RELEASE)
    code = new_identifier()
    fresh: list[str] = []

    def work(op: Operation) -> str:
        held: Transfer = seen(op, Kind.TRANSFER, transfer)
        if not tenancy.own_site(actor, held.site):
            raise NotPermitted("not_permitted")
        must_wait(held)
        for earlier in _of(op, transfer, HandoverState.OFFERED):
            op.append(Kind.HANDOVER, earlier, "handover_withdrawn")
        facts = {
            "study": held.study,
            "site": held.site,
            "transfer": transfer,
            "list_hash": held.list_hash,
            "specimens": list(open_lines(held)),
            "until_at": op.now + LIFETIME_MS,
        }
        secret = HASHER.hash(code)
        facts["code_digest"] = hashlib.sha256(secret.encode()).hexdigest()  # salted: it helps nobody to guess
        made: Handover = op.create(Kind.HANDOVER, "handover_offered", facts=facts)
        op.session.execute(insert(HandoverSecret), {"handover": made.code, "code_hash": secret})
        fresh.append(made.code)
        return made.code

    made = perform(actor, key, {"act": "offer", "transfer": transfer}, work)
    if made not in fresh:
        raise Refused("code_shown")
    return handover_now(made), code


def withdraw(actor: Actor, transfer: str, *, key: str | None = None) -> None:
    """Close the code of a list: nobody can sign with it any more."""
    permit(actor, Permission.TRANSFER_RELEASE)

    def work(op: Operation) -> str:
        held: Transfer = seen(op, Kind.TRANSFER, transfer)
        if not tenancy.own_site(actor, held.site):
            raise NotPermitted("not_permitted")
        for earlier in _of(op, transfer, HandoverState.OFFERED):
            op.append(Kind.HANDOVER, earlier, "handover_withdrawn")
        return transfer

    perform(actor, key, {"act": "withdraw", "transfer": transfer}, work)


def must_wait(transfer: Transfer) -> None:
    """Refuse for a list that is not waiting to be taken."""
    if transfer.state not in _WAITING:
        raise Refused("list_not_waiting", transfer=transfer.code, state=transfer.state)
    if transfer.received_by:
        raise Refused("receipt_begun", by=names_of([transfer.received_by]).get(transfer.received_by, ""))


def _of(op: Operation, transfer: str, state: str) -> list[str]:
    table = table_of(Kind.HANDOVER)
    return list(
        op.session.execute(
            select(table.c.code)
            .where(table.c.transfer == transfer, table.c.state == state)
            .order_by(table.c.id)
        ).scalars()
    )


def handover_now(code: str) -> Handover:
    """Return a handover as it is now."""
    found: Handover = state_now(Kind.HANDOVER, code)
    return found


def latest(transfer: str) -> Handover | None:
    """Return the newest handover of a list, for reading; the caller has asked who may see the list."""
    table = table_of(Kind.HANDOVER)
    row = (
        db.session.execute(
            select(table).where(table.c.transfer == transfer).order_by(table.c.id.desc()).limit(1)
        )
        .mappings()
        .first()
    )
    return None if row is None else state_of(Kind.HANDOVER, row)


# ---------------------------------------------------------------------------------------- the second party's side


def typed_code(typed: str) -> str:
    """Return a code as it is compared: capitals, without spaces and hyphens."""
    return "".join(each for each in typed.upper() if not each.isspace() and each not in "-\u2010\u2011")


def open_offer(transfer: str, code: str, *, address: str) -> Offer:
    """Return the release that a code opens; what was signed already is shown until its time is over.

    Raises:
        NotFound: `handover_unknown`, whatever is wrong: list, code, or that it was for another release.
        Refused: `login_wait` (with `seconds`) after several wrong codes; `handover_over` when its time is over.
    """
    transfer, code = typed_code(transfer), typed_code(code)
    if not (is_identifier(transfer) and is_identifier(code)):
        raise NotFound("handover_unknown")  # mistyped: that is no guess, and tells a guesser nothing
    name = f"handover {transfer}"
    login.take_turn(login.limits_of(name, address))
    found = latest(transfer)
    if found is None or not _matches(found, code):
        if found is not None and is_open(found, now_ms()):
            _guessed(found, address)
        raise NotFound("handover_unknown")
    login.forgive(name, address)
    if found.guesses >= MOST_GUESSES or found.state == HandoverState.WITHDRAWN or now_ms() >= found.until_at:
        raise Refused("handover_over")
    return shown(found)


def _matches(handover: Handover, code: str) -> bool:
    hashed = db.session.execute(
        select(HandoverSecret.code_hash).where(HandoverSecret.handover == handover.code)
    ).scalar()
    try:
        return hashed is not None and HASHER.verify(hashed, code)
    except (VerificationError, InvalidHashError):
        return False


def _guessed(handover: Handover, address: str) -> None:
    """Write a wrong code down; after ten, this code opens nothing any more."""
    with writing(system_actor(study=handover.study)) as op:
        after: Handover = op.append(
            Kind.HANDOVER, handover.code, "handover_guessed", facts={"address": address}, site=handover.site
        )
        if after.guesses >= MOST_GUESSES and after.state == HandoverState.OFFERED:
            op.append(Kind.HANDOVER, handover.code, "handover_withdrawn", site=handover.site)


def shown(handover: Handover) -> Offer:
    """Return a release as its page shows it; the caller has asked for the code."""
    transfer: Transfer = state_now(Kind.TRANSFER, handover.transfer)
    protocol = protocol_of(transfer.study)
    bands = {each.code: each.text for each in protocol.storage_temperatures}
    origin: Site = state_now(Kind.SITE, transfer.site)
    goal: Site = state_now(Kind.SITE, transfer.to_site)
    names = names_of([transfer.released_by, transfer.to_code])
    return Offer(
        handover,
        transfer,
        names.get(transfer.released_by or "", ""),
        origin.name,
        origin.telephone or "",
        names.get(transfer.to_code, ""),
        goal.name,
        bands.get(transfer.temperature or ""),
        tuple((each.code, each.text) for each in protocol.reasons_for("decline")),
        origin.zone,
        is_open(handover, now_ms()),
    )

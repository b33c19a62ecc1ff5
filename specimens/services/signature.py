"""Signing: the password again, a meaning from the study's list, and an entry that holds the hash of what was signed.

    signer = signature.ask(actor, Occasion.ELIGIBILITY_CONFIRMED, pen)      # before the transaction
    with writing(actor) as op:
        op.append(Kind.PARTICIPANT, code, "eligibility_confirmed")
        signature.sign(op, signer, Kind.PARTICIPANT, code)                  # the act and its signature, or neither

A session alone signs nothing, and nobody signs for another (21 CFR 11.50, 11.70, 11.200).
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import Table, select

from specimens.domain.access import Actor
from specimens.domain.entry import Entry
from specimens.domain.errors import BadInput, NotFound, NotPermitted, Refused
from specimens.domain.protocol import Protocol
from specimens.domain.protocol_base import Text
from specimens.domain.protocol_signature import DEFAULTS, Meaning
from specimens.domain.signature import Occasion, Signature, changed_by
from specimens.domain.terms import Kind, Role
from specimens.ledger.uuid7 import uuid7
from specimens.models.base import db
from specimens.models.ledger import LedgerEntry
from specimens.models.user import UserRow
from specimens.services import access, login
from specimens.services.entries import entries_of
from specimens.services.record import Operation
from specimens.services.row import state_of, table_of
from specimens.services.study import protocol_of

_SIGNATURE = table_of(Kind.SIGNATURE)
_LEDGER: Table = LedgerEntry.__table__  # type: ignore[assignment]
_CHUNK = 500


@dataclass(frozen=True, slots=True)
class Pen:
    """What somebody signs with: password, chosen meaning (empty: the only one), and where they sit.

    `code` is what their second factor shows. *address* is for the delay against guessing.
    """

    password: str = field(repr=False)
    meaning: str = ""
    address: str = "local"
    code: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Signer:
    """Somebody who has just proven to be who they are, and what they are about to state. Only this module makes one."""

    actor: Actor
    meaning: Meaning
    protocol_version: str


def meanings(rules: Protocol, occasion: Occasion, role: Role) -> tuple[Meaning, ...]:
    """Return what somebody in a role can state on an occasion, in the order of the study's list."""
    return tuple(each for each in rules.meanings(occasion) if role in each.signers)


def ask(actor: Actor, occasion: Occasion, pen: Pen, rules: Protocol | None = None) -> Signer:
    """Ask the person who is logged in to prove that it is they who sign; *rules*: the protocol, if not that in force.

    Raises:
        NotPermitted: `role_may_not` where the study's list leaves it to other roles.
        BadInput: field `meaning` (`choose_one`), field `password` (`field_needed`).
        Refused: `password_of_another`, `password_wrong`, `login_wait`, `code_needed`, `code_wrong`.
    """
    rules = rules or protocol_of(actor.study)
    meaning = _chosen(rules, occasion, actor.role, pen.meaning)
    if not pen.password:
        raise BadInput("form_incomplete", {"password": "field_needed"})
    _own_password(actor)
    login.ask_again(actor, pen.password, pen.code, address=pen.address)
    return Signer(actor, meaning, rules.study.version)


def ask_witness(actor: Actor, occasion: Occasion, name: str, pen: Pen, *, production: bool) -> Signer:
    """Ask a second person, who stands at the same screen, to prove who they are with their own log-in name.

    The witness signs in a role that they have in this study today and that may sign on this occasion.

    Raises:
        BadInput: field `witness` (`witness_is_yourself`, `witness_not_of_study`, `witness_may_not`,
            `witness_password_of_another`), field `witness_password` (`field_needed`, `witness_unknown`),
            field `witness_code` (`code_needed`, `code_wrong`).
        Refused: `login_wait`, `demonstration_login`.
    """

    def wrong(where: str, code: str) -> BadInput:
        return BadInput("form_incomplete", {where: code})

    if not name.strip() or not pen.password:
        missing = (("witness", name.strip()), ("witness_password", pen.password))
        raise BadInput("form_incomplete", {where: "field_needed" for where, said in missing if not said})
    if login.plain_name(name) == login.plain_name(actor.login):
        raise wrong("witness", "witness_is_yourself")
    try:
        who = login.enter(name, pen.password, address=pen.address, production=production)
    except Refused as refused:
        if refused.code == "login_failed":
            raise wrong("witness_password", "witness_unknown") from refused
        if refused.code == "no_grant":
            raise wrong("witness", "witness_not_of_study") from refused
        raise
    if who.code == actor.user:
        raise wrong("witness", "witness_is_yourself")
    grants = [each for each in access.grants_today(who.code) if each.study in (None, actor.study)]
    if not grants:
        raise wrong("witness", "witness_not_of_study")
    rules = protocol_of(actor.study)
    able = [each for each in grants if meanings(rules, occasion, Role(each.role))]
    if not able:
        raise wrong("witness", "witness_may_not")
    if who.must_change_password:
        raise wrong("witness", "witness_password_of_another")
    try:
        login.ask_code(who, pen.code, address=pen.address)
    except Refused as refused:
        if refused.code in ("code_needed", "code_wrong"):
            raise wrong("witness_code", refused.code) from refused
        raise
    witness = replace(
        access.actor_for(who, able[0], None),
        study=actor.study, site=actor.site, zone=actor.zone, station=actor.station, station_name=actor.station_name,
    )  # fmt: skip
    return Signer(witness, _chosen(rules, occasion, witness.role, pen.meaning), rules.study.version)


def _chosen(rules: Protocol, occasion: Occasion, role: Role, code: str) -> Meaning:
    offered = meanings(rules, occasion, role)
    if not offered:
        raise NotPermitted("role_may_not", role=str(role))
    if not code and len(offered) == 1:
        return offered[0]
    found = next((each for each in offered if each.code == code), None)
    if found is None:
        raise BadInput("form_incomplete", {"meaning": "choose_one"})
    return found


def _own_password(actor: Actor) -> None:
    """Refuse where somebody else set the password: whoever knows it could sign for this person."""
    if access.must_change_password(actor):
        raise Refused("password_of_another")


def sign(op: Operation, signer: Signer, kind: Kind, code: str) -> Signature:
    """Write a signature on the newest entry of a record, which was written in this same operation.

    Raises:
        Conflict: `signed_before` for a second signature of one person on one entry.
    """
    table = table_of(kind)
    row = op.connection.execute(select(table).where(table.c.code == code)).mappings().one()
    newest = op.connection.execute(
        select(_LEDGER.c.operation).where(
            _LEDGER.c.subject_kind == str(kind),
            _LEDGER.c.subject_code == code,
            _LEDGER.c.seq == row["entry_seq"],
        )
    ).scalar_one()
    if newest != op.id:
        raise RuntimeError("only what was written in this operation can be signed in it")
    study = code if kind is Kind.PROTOCOL else row.get("study")
    facts: dict[str, Any] = {
        "of_kind": str(kind),
        "of_code": code,
        "of_seq": row["entry_seq"],
        "of_hash": bytes(row["entry_hash"]).hex(),
        "occasion": signer.meaning.occasion,
        "meaning": signer.meaning.code,
        "protocol_version": signer.protocol_version,
        "digest": row.get("digest"),
        "study": study,
        "site": row.get("site"),
    }
    actor, op.actor = op.actor, signer.actor
    try:
        made: Signature = op.create(
            Kind.SIGNATURE, "signed", code=uuid7(op.now), facts=facts, study=study,
            site=row.get("site"), protocol=signer.protocol_version,
        )  # fmt: skip
    finally:
        op.actor = actor
    return made


@dataclass(frozen=True, slots=True)
class Given:
    """A signature as it is shown: log-in name and meaning beside it, its own entry, and what changed the record since.

    `number` and `hash` (64 hex digits) are those of the signature's entry in the ledger; `changed` is the first
    entry that changed what was signed, None while it stands as signed.
    """

    signature: Signature
    login: str
    text: Text
    number: int
    hash: str
    changed: Entry | None


def of(kind: Kind, code: str) -> tuple[Given, ...]:
    """Return the signatures on a record, oldest first, for somebody who may see that record."""
    return of_many(kind, [code]).get(code, ())


def of_many(kind: Kind, codes: Iterable[str]) -> dict[str, tuple[Given, ...]]:
    """Return record → its signatures, for records of one kind."""
    wanted = sorted(set(codes))
    found: list[Any] = []
    for start in range(0, len(wanted), _CHUNK):
        some = wanted[start : start + _CHUNK]
        found += _rows(_SIGNATURE.c.of_kind == str(kind), _SIGNATURE.c.of_code.in_(some))
    return _given(found)


def of_digest(study: str, digest: str) -> tuple[Given, ...]:
    """Return the signatures on reports of a study that say the same: that bear this digest."""
    rows = _rows(
        _SIGNATURE.c.of_kind == str(Kind.REPORT), _SIGNATURE.c.study == study, _SIGNATURE.c.digest == digest
    )
    every = [each for some in _given(rows).values() for each in some]
    return tuple(sorted(every, key=lambda each: each.number))


def _rows(*conditions: Any) -> list[Any]:
    return list(
        db.session.execute(
            select(_SIGNATURE, UserRow.login, LedgerEntry.id.label("number"), LedgerEntry.hash.label("said"))
            .join(
                LedgerEntry,
                (LedgerEntry.subject_kind == str(Kind.SIGNATURE))
                & (LedgerEntry.subject_code == _SIGNATURE.c.code)
                & (LedgerEntry.seq == 1),
            )
            .outerjoin(UserRow, UserRow.code == _SIGNATURE.c.user)
            .where(*conditions)
            .order_by(_SIGNATURE.c.id)
        ).mappings()
    )


def _given(rows: Iterable[Any]) -> dict[str, tuple[Given, ...]]:
    found: dict[str, list[Given]] = {}
    entries: dict[str, list[Entry]] = {}
    texts: dict[tuple[str | None, str | None, str], Text] = {}
    for row in rows:
        signature: Signature = state_of(Kind.SIGNATURE, row)
        of_code = signature.of_code
        if of_code not in entries:
            entries[of_code] = entries_of(db.session(), Kind(signature.of_kind), of_code)
        meant = (signature.study, signature.protocol_version, signature.meaning)
        if meant not in texts:
            texts[meant] = _text(*meant)
        found.setdefault(of_code, []).append(
            Given(
                signature, row["login"] or "", texts[meant], row["number"], bytes(row["said"]).hex(),
                changed_by(signature, entries[of_code]),
            )
        )  # fmt: skip
    return {code: tuple(given) for code, given in found.items()}


def _text(study: str | None, version: str | None, code: str) -> Text:
    """Return a meaning in the words of the version under which it was signed."""
    try:
        return protocol_of(study, version).meaning(code).text
    except NotFound:
        return DEFAULTS[code].text if code in DEFAULTS else Text(en=code, nl=code)

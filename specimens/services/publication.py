"""Publishing a protocol: what it would change, and putting it into force, signed."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, insert, select

from specimens.domain import protocol as rules
from specimens.domain.access import Actor, Permission
from specimens.domain.errors import BadInput, Conflict, NotPermitted, Refused
from specimens.domain.protocol import Change, Problem, Protocol
from specimens.domain.signature import Occasion
from specimens.domain.study import Study
from specimens.domain.terms import Kind, Role
from specimens.models.base import db
from specimens.models.participant import ParticipantRow
from specimens.models.study import ProtocolVersion
from specimens.services import signature
from specimens.services.record import Operation
from specimens.services.request import perform
from specimens.services.row import table_of
from specimens.services.signature import Pen, Signer
from specimens.services.study import protocol_of, study, versions


@dataclass(frozen=True, slots=True)
class Publication:
    """What publishing a text would do: its problems, what changes against the version in force, who is affected.

    `running` counts participants whose planned visits stay on the version that they were planned under.
    """

    study: str | None
    version: str | None
    problems: tuple[Problem, ...]
    changes: tuple[Change, ...]
    replaces: str | None
    running: int
    refusal: str | None = None


def preview(text: str, name: str) -> Publication:
    """Check a protocol's text and show what publishing it would change; writes nothing.

    `refusal` is the code of why it cannot be published although it has no problem of its own.
    """
    problems = tuple(rules.check(text, name))
    if problems:
        return Publication(None, None, problems, (), None, 0)
    new = rules.load(text, name)
    code = new.study.code
    table = table_of(Kind.PROTOCOL)
    current = db.session.execute(select(table.c.version).where(table.c.code == code)).scalar()
    changes = tuple(rules.difference(protocol_of(code), new)) if current else ()
    running = db.session.execute(
        select(func.count(ParticipantRow.id)).where(ParticipantRow.study == code)
    ).scalar_one()
    published = {each.version: each.digest for each in versions(code)}
    refusal = None
    if current and published.get(current) == rules.digest(text):
        refusal = "protocol_unchanged"
    elif new.study.version in published:
        refusal = "version_exists"
    return Publication(code, new.study.version, (), changes, current, running, refusal)


def publish(
    actor: Actor,
    text: str,
    name: str,
    *,
    pen: Pen | None = None,
    reason: str | None = None,
    replaces: str | None = None,
    key: str | None = None,
) -> Study:
    """Publish a protocol, a new study or a new version of one, and sign for it.

    What is stated comes from the list of the version in force; for a new study from its own. The program itself
    can lay a new study down (the demonstration, a first start): it is no person and signs nothing.

    Visits that are planned keep their version; visits opened from now on use the new one. *replaces*: the version
    in force when the difference was shown.

    Raises:
        NotPermitted: without `protocol:publish` for this study.
        BadInput: `protocol_problems`, with the problems in the facts.
        Refused: `reason_needed` for a new version without one; `protocol_unchanged`; and what `signature.ask` raises.
        Conflict: `version_exists`; `version_moved` if another version came into force meanwhile.
    """
    if not actor.may(Permission.PROTOCOL_PUBLISH):
        raise NotPermitted("not_permitted")
    problems = rules.check(text, name)
    if problems:
        raise BadInput("protocol_problems", problems=tuple(problems), count=len(problems))
    new = rules.load(text, name)
    digest = rules.digest(text)
    code = new.study.code
    if actor.study is not None and actor.study != code:
        raise NotPermitted("not_permitted")  # who administers one study publishes that one, and no new ones
    facts = {"title": new.study.title.en, "version": new.study.version, "digest": digest}

    signer = _signer(actor, pen, new)

    def work(operation: Operation) -> dict[str, str]:
        table = table_of(Kind.PROTOCOL)
        current = (
            operation.session.execute(select(table).where(table.c.code == code).with_for_update())
            .mappings()
            .first()
        )
        if current and current["digest"] == digest:
            raise Refused("protocol_unchanged", version=current["version"])
        if replaces is not None and (current["version"] if current else "") != replaces:
            raise Conflict("version_moved")
        if current and not reason:
            raise Refused("reason_needed")
        if current and signer is None:
            raise NotPermitted("not_permitted")
        operation.session.execute(
            insert(ProtocolVersion),
            {
                "study": code,
                "version": new.study.version,
                "digest": digest,
                "text": text,
                "published_at": operation.now,
                "published_by": actor.user,
            },
        )
        sealed = {"reason": reason} if reason else None
        said: dict[str, Any] = {"facts": facts, "study": code, "sealed": sealed}
        if current:
            operation.append(Kind.PROTOCOL, code, "protocol_published", **said)
        else:
            operation.create(Kind.PROTOCOL, "protocol_published", code=code, **said)
        if signer is not None:
            signature.sign(operation, signer, Kind.PROTOCOL, code)
        return {"study": code}

    perform(actor, key, {"act": "protocol_published", "digest": digest, "reason": reason}, work)
    return study(code)


def _signer(actor: Actor, pen: Pen | None, new: Protocol) -> Signer | None:
    if actor.role is Role.SYSTEM:
        return None
    known = versions(new.study.code)
    inforce = protocol_of(new.study.code) if known else new
    return signature.ask(actor, Occasion.PROTOCOL_PUBLISHED, pen or Pen(""), inforce)

"""Studies: which protocol is in force, where a study is open, which versions were published."""

from dataclasses import dataclass
from functools import lru_cache

from sqlalchemy import Table, bindparam, func, select

from specimens.domain import protocol as rules
from specimens.domain.access import Actor, Permission
from specimens.domain.errors import NotFound, NotPermitted, Refused
from specimens.domain.protocol import Protocol
from specimens.domain.study import Study
from specimens.domain.terms import Kind
from specimens.models.base import db
from specimens.models.site import SiteRow
from specimens.models.statement import Statement
from specimens.models.study import ProtocolVersion
from specimens.models.visit import VisitRow
from specimens.services.record import Operation
from specimens.services.request import perform
from specimens.services.row import state_now, state_of, table_of

_STUDY = table_of(Kind.PROTOCOL)
_VERSION: Table = ProtocolVersion.__table__  # type: ignore[assignment]
_PUBLISHED = Statement(
    select(_VERSION.c.digest).where(
        _VERSION.c.study == bindparam("study"), _VERSION.c.version == bindparam("in_version")
    )
)
_IN_FORCE = Statement(
    select(_STUDY.c.version, _VERSION.c.digest)
    .outerjoin(_VERSION, (_VERSION.c.study == _STUDY.c.code) & (_VERSION.c.version == _STUDY.c.version))
    .where(_STUDY.c.code == bindparam("study"))
)

#: Digest → protocol. A published text never changes, so it is read once; which version counts is read every time.
_KNOWN: dict[str, Protocol] = {}


@lru_cache(maxsize=32)
def _loaded(digest: str, text: str) -> Protocol:
    protocol = rules.load(text, digest)
    if rules.digest(text) == digest:
        _KNOWN[digest] = protocol
    return protocol


def study(code: str) -> Study:
    """Return a study as it runs here.

    Raises:
        NotFound: `unknown_study`.
    """
    found: Study | None = state_now(Kind.PROTOCOL, code)
    if found is None:
        raise NotFound("unknown_study", study=code)
    return found


def studies() -> list[Study]:
    """Return every study of this installation, by code."""
    table = table_of(Kind.PROTOCOL)
    rows = db.session.execute(select(table).order_by(table.c.code)).mappings()
    return [state_of(Kind.PROTOCOL, row) for row in rows]


def protocol_of(code: str | None, version: str | None = None) -> Protocol:
    """Return the protocol of a study, in *version* or in the one that is in force.

    Raises:
        NotFound: `unknown_study`, `unknown_version`.
    """
    if code is None:
        raise NotFound("unknown_study", study="–")
    connection = db.session.connection()
    if version:
        row = _PUBLISHED.first(connection, study=code, in_version=version)
        digest = row["digest"] if row else None
    else:
        row = _IN_FORCE.first(connection, study=code)
        if row is None:
            raise NotFound("unknown_study", study=code)
        version, digest = row["version"], row["digest"]
    if digest is None:
        raise NotFound("unknown_version", study=code, version=version)
    return _KNOWN.get(digest) or _loaded(digest, text_of(code, version))


def open_at_site(actor: Actor, code: str, site: str, *, key: str | None = None) -> Study:
    """Open a study at a site.

    Raises:
        NotPermitted: without `site:manage` for this study and this site.
        NotFound: unknown study or site.
        Refused: `already_open`; `site_unknown` for a site that is switched off.
    """
    if not actor.may(Permission.SITE_MANAGE):
        raise NotPermitted("not_permitted")
    if (actor.study is not None and actor.study != code) or (
        actor.sites is not None and site not in actor.sites
    ):
        raise NotPermitted("not_permitted")

    def work(operation: Operation) -> dict[str, str]:
        if not operation.load(Kind.SITE, site).active:
            raise Refused("site_unknown")
        if site in operation.load(Kind.PROTOCOL, code).sites:
            raise Refused("already_open", site=site)
        operation.append(
            Kind.PROTOCOL, code, "study_opened_at_site", facts={"opened": site}, study=code, site=site
        )
        return {"study": code}

    perform(actor, key, {"act": "study_opened_at_site", "study": code, "site": site}, work)
    return study(code)


@dataclass(frozen=True, slots=True)
class Version:
    """A published version of a protocol; instants in milliseconds UTC, `digest` the SHA-256 of its text."""

    version: str
    digest: str
    published_at: int
    published_by: str


def versions(code: str) -> list[Version]:
    """Return the versions of a study that were published here, newest first; `published_by` is a person's code."""
    rows = db.session.execute(
        select(
            ProtocolVersion.version,
            ProtocolVersion.digest,
            ProtocolVersion.published_at,
            ProtocolVersion.published_by,
        )
        .where(ProtocolVersion.study == code)
        .order_by(ProtocolVersion.id.desc())
    )
    return [Version(*row) for row in rows]


def text_of(code: str, version: str) -> str:
    """Return the text of a published version, byte for byte; raises NotFound `unknown_version`."""
    text = db.session.execute(
        select(ProtocolVersion.text).where(ProtocolVersion.study == code, ProtocolVersion.version == version)
    ).scalar()
    if text is None:
        raise NotFound("unknown_version", study=code, version=version)
    return text


def planned_on(code: str) -> dict[str, int]:
    """Return how many visits were planned under each version of a study."""
    rows = db.session.execute(
        select(VisitRow.protocol_version, func.count(VisitRow.id))
        .where(VisitRow.study == code)
        .group_by(VisitRow.protocol_version)
    )
    return {version: int(count) for version, count in rows}


def zone_of(site: str) -> str:
    """Return the IANA time zone of a site: its local dates decide windows."""
    return db.session.execute(select(SiteRow.zone).where(SiteRow.code == site)).scalar() or "UTC"

"""A kit as its pages show it: whose, which visit, what is outstanding, where tissue may be taken."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from sqlalchemy import bindparam, select

from specimens.domain.access import Actor
from specimens.domain.eligibility import from_plain
from specimens.domain.kit import Kit
from specimens.domain.participant import Participant
from specimens.domain.protocol import Protocol
from specimens.domain.protocol_kit import Place, expected_places, minimum_pieces, places
from specimens.domain.specimen import Specimen
from specimens.domain.terms import Kind, Status
from specimens.domain.visit import Visit
from specimens.models.base import db
from specimens.models.specimen import SpecimenRow
from specimens.models.visit import KitRow
from specimens.services import kit_identity, tenancy
from specimens.services import participant as people
from specimens.services.collection_facts import holds_medium
from specimens.services.hands import names_of
from specimens.services.row import state_of, table_of
from specimens.services.study import protocol_of

_OPERATORS_OFFERED = 20


_SPECIMEN = table_of(Kind.SPECIMEN)
_BEFORE = select(_SPECIMEN.c.id).where(
    _SPECIMEN.c.visit == bindparam("of_visit"),
    _SPECIMEN.c.procedure == bindparam("by"),
    _SPECIMEN.c.attempt < bindparam("this_attempt"),
    _SPECIMEN.c.level == 0,
    _SPECIMEN.c.collected_at.is_not(None),
)
_PRIMARY = (
    select(_SPECIMEN)
    .where(_SPECIMEN.c.kit == bindparam("of_kit"), _SPECIMEN.c.level == 0)
    .order_by(_SPECIMEN.c.id)
)


@dataclass(frozen=True)
class KitView:
    """A kit as the collection page shows it: whose, which visit, what is outstanding, what was already taken.

    `taken_before` counts tubes of the same procedure and visit from earlier attempts; `places` are the body sites
    and sides of the procedure, `expected` those that need no reason; `attested` who checked two identifiers in this
    session and when (user → ms, UTC); `names` the people and stations that it names.
    """

    kit: Kit
    visit: Visit
    participant: Participant
    protocol: Protocol
    specimens: tuple[Specimen, ...]
    taken_before: int
    places: tuple[Place, ...]
    expected: tuple[Place, ...]
    minimum: int | None
    attested: Mapping[str, int]
    names: Mapping[str, str]

    @cached_property
    def outstanding(self) -> tuple[Specimen, ...]:
        """The tubes that are still to be taken, in order of draw or priority."""
        return tuple(each for each in self.specimens if each.status == Status.PLANNED)

    @property
    def taken(self) -> int:
        """How many tubes of this kit were collected, wherever they are by now."""
        return sum(1 for each in self.specimens if each.collected_at is not None)

    @property
    def settled(self) -> int:
        """How many tubes have an outcome: collected or not."""
        return len(self.specimens) - len(self.outstanding)

    @property
    def tissue(self) -> bool:
        """Say whether the procedure takes tissue, so that site, side and yield are asked."""
        return self.protocol.procedure(self.kit.procedure).kind == "tissue"

    def is_filled(self, tube: Specimen) -> bool:
        """Say whether the container of a tube holds its medium or fixative before anything goes in."""
        return holds_medium(self.protocol, tube.container)

    @property
    def has_media(self) -> bool:
        """Say whether one of its tubes is such a container."""
        return any(self.is_filled(each) for each in self.specimens)

    @property
    def yield_needed(self) -> bool:
        """Say whether the yield has to be recorded before a tube can be scanned."""
        return self.tissue and self.kit.pieces is None

    @property
    def open_here(self) -> bool:
        """Say whether the kit is open (at whichever station `kit.opened_at_station` names)."""
        return self.kit.opened_at is not None and self.kit.finished_at is None


def get(actor: Actor, code: str) -> KitView:
    """Return a kit whom this person may see, with everything that its page shows.

    Raises:
        NotFound: `unknown_kit`.
    """
    kit: Kit = tenancy.load(Kind.KIT, code, actor)
    visit: Visit = tenancy.load(Kind.VISIT, kit.visit, actor)
    participant: Participant = tenancy.load(Kind.PARTICIPANT, kit.participant, actor)
    protocol = protocol_of(kit.study, visit.protocol_version)
    asked = {"of_visit": kit.visit, "by": kit.procedure, "this_attempt": kit.attempt}
    before = db.session.execute(_BEFORE, asked).all()
    attested = kit_identity.attested(db.session.connection(), kit)
    return KitView(
        kit,
        visit,
        people.shown(participant, actor),
        protocol,
        specimens_of(code),
        len(before),
        places(protocol, kit.procedure),
        expected_for(protocol, participant, visit, kit),
        minimum_pieces(protocol, kit.procedure, kit.body_site),
        attested,
        names_of([kit.opened_at_station, kit.identity_attested_by, *attested]),
    )


def specimens_of(kit: str) -> tuple[Specimen, ...]:
    """Return the primary specimens of a kit in the order of its plan."""
    rows = db.session.execute(_PRIMARY, {"of_kit": kit}).mappings()
    return tuple(state_of(Kind.SPECIMEN, row) for row in rows)


def expected_for(protocol: Protocol, participant: Participant, visit: Visit, kit: Kit) -> tuple[Place, ...]:
    """Return where this kit's tissue may be taken without a reason."""
    if not protocol.procedure(kit.procedure).site_rules:
        return places(protocol, kit.procedure)
    answers = {
        criterion.code: from_plain(criterion, participant.answers[criterion.code])
        for criterion in protocol.criteria
        if criterion.code in participant.answers
    }
    rows = db.session.execute(
        select(KitRow.body_site, KitRow.side, SpecimenRow.timepoint)
        .join(SpecimenRow, SpecimenRow.kit == KitRow.code)
        .where(
            KitRow.participant == participant.code,
            KitRow.procedure == kit.procedure,
            KitRow.code != kit.code,
            KitRow.body_site.is_not(None),
            KitRow.side.is_not(None),
        )
        .distinct()
    )
    earlier: dict[str, Place] = {row.timepoint: (row.body_site, row.side) for row in rows}
    return expected_places(protocol, visit.timepoint, kit.procedure, answers, earlier)


def open_at(station: str | None) -> Kit | None:
    """Return the kit that is open at a station, if there is one."""
    if station is None:
        return None
    table = table_of(Kind.KIT)
    row = (
        db.session.execute(
            select(table).where(
                table.c.opened_at_station == station,
                table.c.opened_at.is_not(None),
                table.c.finished_at.is_(None),
            )
        )
        .mappings()
        .first()
    )
    return state_of(Kind.KIT, row) if row else None


def running(actor: Actor) -> list[Kit]:
    """Return the kits that are open at any station of this person's sites."""
    table = table_of(Kind.KIT)
    rows = db.session.execute(
        select(table)
        .where(
            table.c.opened_at.is_not(None), table.c.finished_at.is_(None), tenancy.visible(Kind.KIT, actor)
        )
        .order_by(table.c.opened_at)
    ).mappings()
    return [state_of(Kind.KIT, row) for row in rows]


def operators_before(actor: Actor, procedure: str) -> list[str]:
    """Return who performed a procedure here before, newest first: offered, never filled in."""
    rows = db.session.execute(
        select(KitRow.performed_by)
        .where(
            KitRow.procedure == procedure,
            KitRow.performed_by.is_not(None),
            tenancy.visible(Kind.KIT, actor),
        )
        .order_by(KitRow.id.desc())
        .limit(200)
    ).scalars()
    return list(dict.fromkeys(name for name in rows if name))[:_OPERATORS_OFFERED]

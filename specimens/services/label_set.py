"""Labels that are printed together: those of a kit, of what was made in a batch, of one specimen."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import select

from specimens.domain.access import Actor, Permission
from specimens.domain.batch import Batch
from specimens.domain.errors import NotPermitted
from specimens.domain.kit import Kit
from specimens.domain.protocol import Protocol
from specimens.domain.protocol_plan import Reason
from specimens.domain.specimen import Specimen
from specimens.domain.terms import ENDED, Kind
from specimens.models.base import db
from specimens.models.specimen import SpecimenParent
from specimens.services import tenancy
from specimens.services.hands import held_here, permit, specimens_in
from specimens.services.kit_view import specimens_of
from specimens.services.label_content import kind_of, role_of
from specimens.services.row import state_of, table_of
from specimens.services.study import protocol_of


@dataclass(frozen=True, slots=True)
class LabelRow:
    """One specimen whose label can be printed: what it is, its number, and the kind of label it takes."""

    specimen: Specimen
    kind: str
    number: str
    role: str
    protocol: Protocol

    @property
    def printed(self) -> bool:
        """Say whether a label of it came out of a printer before."""
        return self.specimen.label_generation > 0

    @property
    def state(self) -> str:
        """Return `label_missing`, `label_waiting` (printed, not scanned back) or `label_live`."""
        if not self.printed:
            return "label_missing"
        return "label_live" if self.specimen.label_live else "label_waiting"


@dataclass(frozen=True, slots=True)
class LabelSet:
    """Labels that belong together, in the order of the plan. `source`: `kit`, `batch`, `specimen`, `children`."""

    source: str
    code: str
    rows: tuple[LabelRow, ...]

    @property
    def codes(self) -> tuple[str, ...]:
        """Every identifier of the set."""
        return tuple(row.specimen.code for row in self.rows)

    @property
    def unprinted(self) -> tuple[LabelRow, ...]:
        """Those of which no label was printed yet."""
        return tuple(row for row in self.rows if not row.printed)

    @property
    def waiting(self) -> tuple[LabelRow, ...]:
        """Those that still have to be scanned back, printed or not."""
        return tuple(row for row in self.rows if not row.specimen.label_live)

    @property
    def live(self) -> int:
        """How many labels count."""
        return len(self.rows) - len(self.waiting)

    @property
    def roles(self) -> frozenset[str]:
        """The kinds of label in the set."""
        return frozenset(row.role for row in self.rows)

    @property
    def reasons(self) -> tuple[Reason, ...]:
        """The reasons that the protocol offers for a reprint."""
        return tuple(self.rows[0].protocol.reasons_for("reprint")) if self.rows else ()


def rows_of(specimens: Iterable[Specimen]) -> tuple[LabelRow, ...]:
    """Return the rows of some specimens; those that have come to their end need no label."""
    found = []
    for each in specimens:
        if each.status in ENDED:
            continue
        protocol = protocol_of(each.study, each.protocol_version)
        found.append(LabelRow(each, *kind_of(each, protocol), role_of(each, protocol), protocol))
    return tuple(found)


def kit_set(actor: Actor, code: str) -> LabelSet:
    """Return the labels of a kit of one's own site; raises NotFound, NotPermitted."""
    permit(actor, Permission.LABEL_PRINT)
    kit: Kit = tenancy.load(Kind.KIT, code, actor)
    if not tenancy.own_site(actor, kit.site):
        raise NotPermitted("not_permitted")
    return LabelSet("kit", code, rows_of(specimens_of(code)))


def batch_set(actor: Actor, code: str) -> LabelSet:
    """Return the labels of what was made in a processing batch; raises NotFound."""
    permit(actor, Permission.LABEL_PRINT)
    batch: Batch = tenancy.load(Kind.BATCH, code, actor)
    if not tenancy.own_site(actor, batch.site):
        raise NotPermitted("not_permitted")
    found = specimens_in(db.session, batch.specimens)
    return LabelSet("batch", code, rows_of(found[each] for each in batch.specimens if found[each].level))


def specimen_set(actor: Actor, code: str) -> LabelSet:
    """Return the label of one specimen that one's own site has or planned; raises NotFound, NotPermitted."""
    permit(actor, Permission.LABEL_PRINT)
    specimen: Specimen = tenancy.load(Kind.SPECIMEN, code, actor)
    if not works_with(actor, specimen):
        raise NotPermitted("not_permitted")
    return LabelSet("specimen", code, rows_of([specimen]))


def children_set(actor: Actor, code: str) -> LabelSet:
    """Return the labels of what was made from a specimen, in whichever batch; raises NotFound."""
    permit(actor, Permission.LABEL_PRINT)
    tenancy.load(Kind.SPECIMEN, code, actor)
    table = table_of(Kind.SPECIMEN)
    rows = db.session.execute(
        select(table)
        .join(SpecimenParent, SpecimenParent.child == table.c.code)
        .where(SpecimenParent.parent == code, tenancy.visible_specimens(actor))
        .order_by(table.c.id)
    ).mappings()
    made = [state_of(Kind.SPECIMEN, row) for row in rows]
    return LabelSet("children", code, rows_of(each for each in made if works_with(actor, each)))


def works_with(actor: Actor, specimen: Specimen) -> bool:
    """Say whether somebody may label a specimen: it is in the hands of their site, or planned there."""
    if specimen.held_site is None:
        return tenancy.own_site(actor, specimen.site)
    return held_here(actor, specimen)

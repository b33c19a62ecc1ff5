"""Many tubes at once, from a picture of their rack: each is an act of its own, with an outcome of its own."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from specimens.domain.access import Actor, Permission
from specimens.domain.errors import BadInput, Conflict, Refused
from specimens.domain.specimen import Specimen
from specimens.domain.terms import Kind, Mode
from specimens.models.base import db
from specimens.services import receipt, scan, storage, tenancy
from specimens.services.hands import permit, specimens_in
from specimens.services.label_content import kind_of
from specimens.services.scan import ScanOutcome
from specimens.services.study import protocol_of

#: More tubes than the largest box has wells are no picture of one rack.
MOST_TUBES = 26 * 40


@dataclass(frozen=True, slots=True)
class Seen:
    """A tube in the picture: its position (`A1`, or a number where there is no grid), its identifier, what it is."""

    position: str
    code: str
    what: str = ""
    specimen: Specimen | None = None


@dataclass(frozen=True, slots=True)
class Done:
    """What became of one tube."""

    position: str
    code: str
    outcome: ScanOutcome


def shown(actor: Actor, tubes: Mapping[str, str]) -> list[Seen]:
    """Return what stands in each position (position → identifier), as far as this person may see it."""
    found = specimens_in(db.session, set(tubes.values()))
    rows = []
    for position, code in tubes.items():
        specimen = found.get(code)
        if specimen is None or not tenancy.sees(Kind.SPECIMEN, specimen, actor):
            rows.append(Seen(position, code))
            continue
        said = " ".join(kind_of(specimen, protocol_of(specimen.study, specimen.protocol_version))).strip()
        rows.append(Seen(position, code, said, specimen))
    return rows


def put_all(
    actor: Actor, unit: str, tubes: Iterable[tuple[str, str]], *, key: str | None = None
) -> list[Done]:
    """Put tubes into the wells of a box: (well, identifier). A tube that is refused keeps no other from its place."""
    permit(actor, Permission.STORE)

    def put(well: str, code: str, key: str | None) -> ScanOutcome:
        return storage.put(actor, unit, code, well=well, key=key, mode=Mode.PHOTO)

    return _each(tubes, put, key)


def receive_all(
    actor: Actor, transfer: str, tubes: Iterable[tuple[str, str]], *, key: str | None = None
) -> list[Done]:
    """Accept tubes of a list: (position, identifier). What needs a reason or somebody's eyes says so for itself."""
    permit(actor, Permission.TRANSFER_RECEIVE)

    def take(_position: str, code: str, key: str | None) -> ScanOutcome:
        return receipt.receive(actor, transfer, code, key=key, mode=Mode.PHOTO)

    return _each(tubes, take, key)


def _each(
    tubes: Iterable[tuple[str, str]], act: Callable[[str, str, str | None], ScanOutcome], key: str | None
) -> list[Done]:
    done = []
    for position, code in list(tubes)[:MOST_TUBES]:
        try:
            outcome = act(position, code, f"{key[:64]}:{position}:{code}" if key else None)
        except (Refused, Conflict) as error:
            outcome = ScanOutcome(scan.STOP, error.code, {"code": code, **error.facts}, code)
        except BadInput as error:
            wrong = next(iter(error.fields.values()), error.code)
            outcome = ScanOutcome(scan.CHECK, wrong, {"code": code, **error.facts}, code)
        done.append(Done(position, code, outcome))
    return done

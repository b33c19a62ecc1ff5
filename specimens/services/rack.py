"""Many tubes at once, from a picture or a reader's file of their rack: each is an act with an outcome of its own."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from specimens.domain.access import Actor, Permission
from specimens.domain.errors import BadInput, Conflict, Refused
from specimens.domain.specimen import Specimen
from specimens.domain.storage import Storage
from specimens.domain.terms import Kind, Mode
from specimens.models.base import db
from specimens.services import inventory, receipt, scan, storage, storage_map, tenancy
from specimens.services.hands import permit, specimens_in
from specimens.services.label_content import kind_of
from specimens.services.row import state_now
from specimens.services.scan import ScanOutcome
from specimens.services.study import protocol_of

#: More tubes than the largest box has wells are no picture of one rack.
MOST_TUBES = 26 * 40


@dataclass(frozen=True, slots=True)
class Seen:
    """A tube that was read: its position (`A1`, or a number where there is no grid), its identifier, what it is.

    `conflict`: what the map of the box says against that position: the code of a sentence and its facts.
    """

    position: str
    code: str
    what: str = ""
    specimen: Specimen | None = None
    conflict: tuple[str, Mapping[str, str]] | None = None


@dataclass(frozen=True, slots=True)
class Done:
    """What became of one tube."""

    position: str
    code: str
    outcome: ScanOutcome


def shown(actor: Actor, tubes: Mapping[str, str], unit: str | None = None) -> list[Seen]:
    """Return what stands in each position (position → identifier), as far as this person may see it.

    *unit*: the box that they are to be put into; what its map says against a position is told.
    """
    found = specimens_in(db.session, set(tubes.values()))
    taken = _taken(actor, unit) if unit else {}
    rows = []
    for position, code in tubes.items():
        specimen = found.get(code)
        if specimen is None or not tenancy.sees(Kind.SPECIMEN, specimen, actor):
            rows.append(Seen(position, code))
            continue
        said = " ".join(kind_of(specimen, protocol_of(specimen.study, specimen.protocol_version))).strip()
        conflict = _conflict(specimen, unit, position, taken) if unit else None
        rows.append(Seen(position, code, said, specimen, conflict))
    return rows


def _taken(actor: Actor, unit: str) -> dict[str, str]:
    """Return well → who lies in it by the map: an identifier, or a dash where that is out of sight."""
    view = storage_map.view(actor, unit)
    return {
        each.position: each.specimen.code if each.specimen else "–"
        for each in view.occupants
        if each.position
    }


def _conflict(
    specimen: Specimen, unit: str, position: str, taken: Mapping[str, str]
) -> tuple[str, Mapping[str, str]] | None:
    here = specimen.place == unit and specimen.position == position
    if not here and position in taken:
        return "rack_well_taken", {"well": position, "other": taken[position]}
    if specimen.place and not here:
        place: Storage = state_now(Kind.STORAGE, specimen.place)
        told = {"code": specimen.code, "unit": place.name, "well": specimen.position or "–"}
        return "rack_would_move", told
    return None


def put_all(
    actor: Actor,
    unit: str,
    tubes: Iterable[tuple[str, str]],
    *,
    key: str | None = None,
    mode: Mode = Mode.PHOTO,
) -> list[Done]:
    """Put tubes into the wells of a box: (well, identifier). A tube that is refused keeps no other from its place."""
    permit(actor, Permission.STORE)

    def put(well: str, code: str, key: str | None) -> ScanOutcome:
        return storage.put(actor, unit, code, well=well, key=key, mode=mode)

    return _each(tubes, put, key)


def receive_all(
    actor: Actor,
    transfer: str,
    tubes: Iterable[tuple[str, str]],
    *,
    key: str | None = None,
    mode: Mode = Mode.PHOTO,
) -> list[Done]:
    """Accept tubes of a list: (position, identifier). What needs a reason or somebody's eyes says so for itself."""
    permit(actor, Permission.TRANSFER_RECEIVE)

    def take(_position: str, code: str, key: str | None) -> ScanOutcome:
        return receipt.receive(actor, transfer, code, key=key, mode=mode)

    return _each(tubes, take, key)


def check_all(
    actor: Actor,
    box: str,
    tubes: Iterable[tuple[str, str]],
    *,
    key: str | None = None,
    mode: Mode = Mode.PHOTO,
) -> list[Done]:
    """Compare tubes with the map of a box, in the check that goes on there; without one, a check is begun."""
    permit(actor, Permission.STORE)
    if inventory.open_check(actor, box) is None:
        inventory.scan_in(actor, box, box, key=f"{key[:64]}:begin" if key else None, mode=mode)
    held = inventory.open_check(actor, box)
    check = held.code if held else ""

    def see(well: str, code: str, key: str | None) -> ScanOutcome:
        return inventory.scan_in(actor, box, code, check=check, well=well, key=key, mode=mode)

    return _each(tubes, see, key)


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

"""Storage: freezer → shelf → rack → box → well."""

from collections.abc import Iterator
from dataclasses import dataclass

from specimens.domain.entry import Entry
from specimens.domain.protocol import Protocol

#: Why something is put at another temperature than planned. The first is a stop on the way to its place (at −80 °C
#: before nitrogen, at −20 °C before −80 °C): the clock that ends when it is stored runs on.
ON_THE_WAY = "on_the_way"
OTHER_TEMPERATURE = (ON_THE_WAY, "no_space", "unit_out_of_order", "beyond_plan")


@dataclass(frozen=True, slots=True)
class Storage:
    """A storage unit of a site; a box has `rows` × `columns` wells (both 0 for a unit without wells).

    `fill` says in which order wells are offered: `row` (A1, A2, …) or `column` (A1, B1, …).
    `temperature` is a storage temperature code of the protocols (`minus80`, `ln2_vapour`, …).
    """

    code: str
    site: str
    kind: str
    name: str
    temperature: str
    parent: str | None = None
    rows: int = 0
    columns: int = 0
    fill: str = "row"
    active: bool = True


def after(state: Storage, entry: Entry) -> Storage:
    """A storage unit has nothing beyond the facts of its entries (`storage_added`, `storage_moved`, …)."""
    return state


def positions(unit: Storage) -> Iterator[str]:
    """Yield the wells of a box in its fill order: `A1`, `A2`, … (row letter, column number)."""
    wells = [(row, column) for row in range(unit.rows) for column in range(unit.columns)]
    if unit.fill == "column":
        wells.sort(key=lambda well: (well[1], well[0]))
    for row, column in wells:
        yield f"{chr(ord('A') + row)}{column + 1}"


def next_position(unit: Storage, taken: frozenset[str]) -> str | None:
    """Return the first free well in the fill order, or None when the box is full."""
    return next((position for position in positions(unit) if position not in taken), None)


def planned_temperatures(protocol: Protocol, slot: str, derivative: str | None = None) -> tuple[str, ...]:
    """Return where a specimen should be kept: temperature codes, the first preferred; empty where none is planned."""
    planned = protocol.slot(slot) if derivative is None else protocol.derivative(derivative)
    return (planned.storage, *planned.storage_alternatives) if planned.storage else ()


def is_position(unit: Storage, position: str) -> bool:
    """Say whether a box has this well.

    >>> is_position(Storage("C", "AMS", "box", "B1", "minus80", rows=9, columns=9), "I9")
    True
    """
    return position in set(positions(unit))

"""Many entries, quickly: stations, some in one operation and some each in their own."""

from specimens.domain.access import system_actor
from specimens.domain.terms import StationKind
from specimens.services import site
from specimens.services.record import writing


def grow(count: int) -> None:
    """Add *count* entries, some in one operation, some each in their own."""
    with writing(system_actor()) as op:
        for number in range(count - 3):
            op.create(
                "station", "station_added", facts={"site": "AMS", "name": f"S{number}", "kind": "clinic"}
            )
    for number in range(min(3, count)):
        site.add_station(system_actor(), "AMS", f"Room {number} of {count}", StationKind.CLINIC)

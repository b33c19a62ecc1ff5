"""The register of near misses on both engines: what is counted, for whom, and over which days."""

from dataclasses import replace
from datetime import date

import pytest
from time_machine import Traveller

from specimens.domain.errors import BadInput, NotPermitted
from specimens.domain.near_miss import MissKind
from specimens.services import audit_lists, find, near_miss
from specimens.services.near_miss import NO_STATION, Wanted
from tests.cast import Cast


def test_refused_scans_are_counted_by_kind_station_and_local_day(cast: Cast, clock: Traveller) -> None:
    for number, (actor, raw) in enumerate(
        (
            (cast.nora, "87117"),
            (cast.nora, "87118"),
            (cast.mei, "87117"),
            (cast.luis, "87117"),
            (cast.ola, "87117"),
        )
    ):
        find.refused(actor, raw, BadInput("scan_unreadable"), key=f"k{number}", mode="scan")
    clinic = str(cast.nora.station)
    found = near_miss.register(cast.ada, near_miss.usual(cast.ada))
    assert (found.total, found.kinds, found.at_station(clinic)) == (4, (MissKind.UNREADABLE,), 2)
    assert found.counts[MissKind.UNREADABLE, NO_STATION] == 1  # a courier has no station
    assert found.stations[clinic] == "AMS clinic"
    for wanted, number in (
        (Wanted(kind=MissKind.UNREADABLE, station=clinic), 2), (Wanted(station=NO_STATION), 1),
        (Wanted(kind=MissKind.OTHER), 0), (Wanted(date(2026, 3, 2), date(2026, 3, 2)), 4),
        (Wanted(date(2026, 3, 3)), 0), (Wanted(until_on=date(2026, 3, 1)), 0), (Wanted(until_on=date.max), 4),
    ):  # fmt: skip
        assert near_miss.register(cast.ada, wanted).total == number, wanted
        assert len(audit_lists.near_misses(cast.ada, of=wanted).lines) == number, wanted
    elsewhere = replace(cast.ada, sites=frozenset({"OSL"}), site="OSL")
    assert near_miss.register(elsewhere, Wanted()).total == 1
    with pytest.raises(BadInput):
        near_miss.register(cast.ada, Wanted(date(2026, 3, 2), date(2026, 3, 1)))
    with pytest.raises(NotPermitted):
        near_miss.register(cast.nora, Wanted())

"""The register of near misses: how many scans were refused, of which kind, at which station, over a period."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, and_, func, or_, select, true

from specimens.domain.access import Actor, Permission
from specimens.domain.errors import BadInput
from specimens.domain.near_miss import KIND_OF, MissKind, kind_of
from specimens.domain.terms import Kind
from specimens.models.base import db
from specimens.models.transfer import NearMissRow
from specimens.services import tenancy
from specimens.services.clock import today
from specimens.services.hands import names_of, permit

#: A quality meeting looks at a quarter of a year, unless it says otherwise.
USUAL_DAYS = 91
#: What stands for a scan without a station: the office, a telephone, a client of the API.
NO_STATION = "none"


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which near misses: local days, both included (None: from the first, until now), of one kind, at one station."""

    from_on: date | None = None
    until_on: date | None = None
    kind: MissKind | None = None
    station: str | None = None


@dataclass(frozen=True, slots=True)
class Register:
    """Counts per kind (those that occurred, most often first) and station (code → name; `NO_STATION` for none)."""

    wanted: Wanted
    kinds: tuple[MissKind, ...]
    stations: Mapping[str, str]
    counts: Mapping[tuple[MissKind, str], int]

    def of_kind(self, kind: MissKind) -> int:
        """Return how many there were of one kind."""
        return sum(number for (each, _), number in self.counts.items() if each == kind)

    def at_station(self, station: str) -> int:
        """Return how many there were at one station."""
        return sum(number for (_, each), number in self.counts.items() if each == station)

    @property
    def total(self) -> int:
        """Return how many there were."""
        return sum(self.counts.values())


def usual(actor: Actor) -> Wanted:
    """Return the period that is shown when nobody asked for another."""
    until_on = today(actor.zone)
    return Wanted(until_on - timedelta(days=USUAL_DAYS - 1), until_on)


def condition(actor: Actor, wanted: Wanted) -> ColumnElement[bool]:
    """Return the condition of the near misses that are wanted and that *actor* may see.

    Raises:
        BadInput: field `until` when the period ends before it begins.
    """
    if wanted.from_on and wanted.until_on and wanted.until_on < wanted.from_on:
        raise BadInput("form_incomplete", {"until": "period_backwards"})
    parts: list[Any] = [tenancy.visible(Kind.NEAR_MISS, actor)]
    if wanted.from_on:
        parts.append(NearMissRow.happened_at >= _midnight(wanted.from_on, actor.zone))
    if wanted.until_on and wanted.until_on < date.max:
        parts.append(NearMissRow.happened_at < _midnight(wanted.until_on + timedelta(days=1), actor.zone))
    if wanted.station == NO_STATION:
        parts.append(NearMissRow.station.is_(None))
    elif wanted.station:
        parts.append(NearMissRow.station == wanted.station)
    parts.append(_of_kind(wanted.kind) if wanted.kind else true())
    return and_(*parts)


def _midnight(on: date, zone: str) -> int:
    return int(datetime.combine(on, time(), tzinfo=ZoneInfo(zone)).timestamp() * 1000)


def _of_kind(kind: MissKind) -> ColumnElement[bool]:
    named = [refusal for refusal, each in KIND_OF.items() if each == kind]
    if kind is MissKind.OTHER:
        return or_(NearMissRow.refusal.not_in(list(KIND_OF)), NearMissRow.refusal.in_(named))
    return NearMissRow.refusal.in_(named)


def register(actor: Actor, wanted: Wanted) -> Register:
    """Return the register for a period; it counts, and shows nothing of what was scanned.

    Raises:
        NotPermitted: without `audit:read`.
        BadInput: see `condition`.
    """
    permit(actor, Permission.AUDIT_READ)
    rows = db.session.execute(
        select(NearMissRow.refusal, NearMissRow.station, func.count(NearMissRow.id))
        .where(condition(actor, wanted))
        .group_by(NearMissRow.refusal, NearMissRow.station)
    ).all()
    counts: dict[tuple[MissKind, str], int] = {}
    for refusal, station, number in rows:
        cell = kind_of(refusal), station or NO_STATION
        counts[cell] = counts.get(cell, 0) + number
    found = Register(wanted, (), {}, counts)
    names = names_of(station for _, station in counts)
    stations = sorted({station for _, station in counts}, key=lambda each: (-found.at_station(each), each))
    kinds = sorted({kind for kind, _ in counts}, key=lambda each: (-found.of_kind(each), each))
    return Register(wanted, tuple(kinds), {each: names.get(each, "") for each in stations}, counts)

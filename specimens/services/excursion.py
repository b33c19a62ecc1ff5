"""A temperature excursion: one deviation, and every tube that it reached is held until the investigator decides."""

import json
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select

from specimens.domain.access import Actor, Permission
from specimens.domain.custody import FUTURE_TOLERANCE_MS
from specimens.domain.errors import BadInput, NotPermitted, Refused
from specimens.domain.specimen import Specimen
from specimens.domain.storage import Storage
from specimens.domain.terms import ENDED, Clock, Kind
from specimens.models.base import db
from specimens.models.ledger import LedgerEntry
from specimens.models.specimen import SpecimenRow
from specimens.services import tenancy
from specimens.services.clock import now_ms
from specimens.services.hands import check, noted, permit, seen, specimens_in
from specimens.services.record import Operation
from specimens.services.request import perform
from specimens.services.storage_map import under
from specimens.services.study import protocol_of

#: Why a place left its limits.
CAUSES = ("door_left_open", "power_failure", "unit_failure", "nitrogen_low", "logger_alarm")
_COLDEST, _WARMEST = -2000, 600  # tenths of a degree Celsius
_LONGEST_MINUTES = 60 * 24 * 60
_LEAVING = ("moved", "retrieved", "shipped", "destroyed", "used_up")


@dataclass(frozen=True, slots=True)
class Excursion:
    """What was recorded: the unit, and the specimens that are held because of it."""

    unit: str
    specimens: tuple[str, ...]


def record(
    actor: Actor,
    unit: str,
    *,
    lowest_tenths_c: int,
    highest_tenths_c: int,
    minutes: int,
    began_at: int,
    cause: str,
    note: str = "",
    key: str | None = None,
) -> Excursion:
    """Record that a unit was outside its limits, and hold every tube that lay in it or below it at that time.

    Temperatures in tenths of a degree, as measured; *began_at* in ms UTC. Tubes that were carried elsewhere since
    are held too; tubes that came after it are not. All in one operation.

    Raises:
        BadInput: fields `lowest`, `highest`, `minutes`, `began`, `cause`, `reason_note`.
        Refused: `within_limits`.
    """
    permit(actor, Permission.STORE)
    said = noted(note)
    wrong: dict[str, str] = {}
    for name, tenths in (("lowest", lowest_tenths_c), ("highest", highest_tenths_c)):
        if not _COLDEST <= tenths <= _WARMEST:
            wrong[name] = "number_out_of_range"
    if not wrong and lowest_tenths_c > highest_tenths_c:
        wrong["highest"] = "range_upside_down"
    if not 1 <= minutes <= _LONGEST_MINUTES:
        wrong["minutes"] = "number_out_of_range"
    if began_at > now_ms():
        wrong["began"] = "time_in_future"
    elif began_at + minutes * 60_000 > now_ms() + FUTURE_TOLERANCE_MS:
        wrong["minutes"] = "not_over_yet"
    if cause not in CAUSES:
        wrong["cause"] = "choose_one"
    if wrong:
        raise BadInput("form_incomplete", wrong)

    def work(op: Operation) -> list[str]:
        held: Storage = tenancy.load(Kind.STORAGE, unit, actor)
        _must_be_outside(actor, held, lowest_tenths_c, highest_tenths_c)
        ends_at = began_at + minutes * 60_000
        codes = _reached(op, held, began_at, ends_at)
        op.lock([*((Kind.SPECIMEN, code) for code in codes), (Kind.STORAGE, unit)])
        held = seen(op, Kind.STORAGE, unit)
        if not tenancy.own_site(actor, held.site):
            raise NotPermitted("not_permitted")
        facts = {
            "unit": unit, "lowest_tenths_c": lowest_tenths_c, "highest_tenths_c": highest_tenths_c,
            "minutes": minutes,
        }  # fmt: skip
        told: dict[str, Any] = {
            "reason": cause,
            "happened_at": began_at,
            "happened_by": Clock.PERSON,
            "sealed": {"reason": said},
        }
        for code in codes:
            specimen: Specimen = op.load(Kind.SPECIMEN, code)
            at = max(began_at, specimen.collected_at or began_at)
            check(op, "temperature_excursion", specimen, reason=cause, happened_at=at)
            op.append(
                Kind.SPECIMEN, code, "temperature_excursion", facts=facts, **{**told, "happened_at": at}
            )
        op.append(Kind.STORAGE, unit, "excursion_recorded", facts={**facts, "specimens": codes}, **told)
        return [unit, *codes]

    asked = {
        "act": "excursion", "unit": unit, "lowest": lowest_tenths_c, "highest": highest_tenths_c,
        "minutes": minutes, "began": began_at, "cause": cause, "note": said,
    }  # fmt: skip
    _, *codes = perform(actor, key, asked, work)
    return Excursion(unit, tuple(codes))


def _must_be_outside(actor: Actor, unit: Storage, lowest: int, highest: int) -> None:
    known = {each.code: each for each in protocol_of(actor.study).storage_temperatures}
    limits = known.get(unit.temperature)
    if limits and limits.lowest_tenths_c <= lowest and highest <= limits.highest_tenths_c:
        raise Refused("within_limits", unit=unit.name)


def _reached(op: Operation, unit: Storage, began_at: int, ends_at: int) -> list[str]:
    """Return the specimens that lay in the unit, or in one inside it, at any time of the excursion, by code."""
    places = set(under(op.session, unit.code))
    inside = op.session.execute(
        select(SpecimenRow.code).where(
            SpecimenRow.place.in_(sorted(places)), SpecimenRow.status.not_in(ENDED)
        )
    ).scalars()
    reached: set[str] = set()
    came_later: set[str] = set()
    rows = op.session.execute(
        select(LedgerEntry.subject_code, LedgerEntry.happened_at, LedgerEntry.body)
        .where(
            LedgerEntry.subject_kind == str(Kind.SPECIMEN),
            LedgerEntry.act.in_(("stored", *_LEAVING)),
            LedgerEntry.happened_at >= began_at,
            LedgerEntry.recorded_at >= began_at - FUTURE_TOLERANCE_MS,
        )
        .order_by(LedgerEntry.id)
    )
    for row in rows:
        facts = json.loads(row.body)["facts"]
        if facts.get("from_place") in places and row.subject_code not in came_later:
            reached.add(row.subject_code)
        if facts.get("place") in places and row.subject_code not in reached:
            (reached if row.happened_at <= ends_at else came_later).add(row.subject_code)
    everything = specimens_in(op.session, reached | (set(inside) - came_later))
    return sorted(code for code, each in everything.items() if each.status not in ENDED)


def would_reach(actor: Actor, unit: str) -> int:
    """Return how many specimens lie in a unit and below it now: shown before an excursion is recorded."""
    tenancy.load(Kind.STORAGE, unit, actor)
    places = under(db.session(), unit)
    statement = select(func.count()).where(SpecimenRow.place.in_(places), SpecimenRow.status.not_in(ENDED))
    return int(db.session.execute(statement).scalar_one())

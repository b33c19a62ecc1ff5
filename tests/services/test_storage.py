"""Storage: wells filled in order, one occupant each, temperatures minded, nothing lost when one tube is bad."""

from dataclasses import replace

import pytest
from flask import Flask
from sqlalchemy import select, text
from time_machine import Traveller

from specimens.domain.access import system_actor
from specimens.domain.errors import BadInput, NotFound, NotPermitted
from specimens.domain.terms import Kind
from specimens.models.base import db
from specimens.models.specimen import SpecimenRow
from specimens.services import derivative, disposal, label, storage, storage_map, transfer
from specimens.services.derivative import Yield
from specimens.services.label_stock import Choice
from specimens.services.recent_scans import put_there
from specimens.services.record import writing
from tests.cast import Cast
from tests.services.chain import Chain, frozen_vials, in_oslo, now, together, unit


@pytest.fixture
def chain(cast: Cast, clock: Traveller) -> Chain:
    return Chain(cast, clock)


@pytest.mark.parametrize(
    ("fill", "wells"), [("row", ["A1", "A2", "A3", "B1"]), ("column", ["A1", "B1", "A2", "B2"])]
)
def test_wells_are_offered_in_the_order_of_the_box(chain: Chain, fill: str, wells: list[str]) -> None:
    columns, rows = (3, 2)
    box = unit(rows=rows, columns=columns, fill=fill)
    outcomes = [storage.put(chain.cast.mei, box, vial.code) for vial in frozen_vials(chain, 4)]
    assert [outcome.facts["well"] for outcome in outcomes] == wells
    assert outcomes[0].next == wells[1]


def test_eighty_one_tubes_take_eighty_one_scans_after_the_box_and_the_next_is_refused(chain: Chain) -> None:
    box, mei = unit(), chain.cast.mei
    vials = frozen_vials(chain, 82)
    outcomes = [storage.put(mei, box, vial.code) for vial in vials[:81]]
    assert {outcome.verdict for outcome in outcomes} == {"ok"}
    assert outcomes[-1].facts["free"] == 0 and outcomes[-1].next is None
    full = storage.put(mei, box, vials[81].code)
    assert (full.verdict, full.code) == ("stop", "box_full")
    view = storage_map.view(mei, box)
    assert (view.kept, view.next, len(view.occupants)) == (81, None, 81)
    assert [branch.kept for branch in storage_map.tree(mei)] == [81]


def test_what_was_made_here_is_stored_only_once_its_label_was_scanned_back(chain: Chain) -> None:
    mei, box = chain.cast.mei, unit()
    tube = chain.received()["SST"][0]
    batch = chain.batch([tube])
    (vial,) = derivative.derive(mei, "serum", [Yield(tube.code, 1, 500)], batch=batch)
    chain.step(batch, "frozen", vial)
    bare = storage.put(mei, box, vial.code)
    assert (bare.verdict, bare.code) == ("stop", "label_never_printed")
    found = label.label_set(mei, "batch", batch)
    label.print_set(mei, found, Choice("roll_33", 300))
    printed = storage.put(mei, box, vial.code)
    assert (printed.verdict, printed.code) == ("stop", "label_never_scanned_back")
    listed = transfer.open_transfer(mei, "station", chain.cast.stations["OSL laboratory"])
    assert transfer.pack(mei, listed.code, vial.code).code == "label_never_scanned_back"
    assert now(vial).place is None
    assert label.confirm(mei, "batch", batch, vial.code, None).verdict == "ok"
    assert storage.put(mei, box, vial.code).verdict == "ok"


def test_a_tube_scanned_twice_stays_where_it_is(chain: Chain) -> None:
    box, (vial, *_) = unit(), frozen_vials(chain, 1)
    storage.put(chain.cast.mei, box, vial.code)
    again = storage.put(chain.cast.mei, box, vial.code)
    assert (again.verdict, again.code) == ("already", "already_stored_here")
    assert (again.facts["well"], again.facts["last_by"]) == ("A1", "Mei Tan")
    assert now(vial).position == "A1"


def test_a_double_click_stores_once_and_answers_alike(chain: Chain) -> None:
    box, (vial, *_) = unit(), frozen_vials(chain, 1)
    first = storage.put(chain.cast.mei, box, vial.code, key="k")
    second = storage.put(chain.cast.mei, box, vial.code, key="k")
    assert first.facts == second.facts and second.verdict == "ok"


def test_one_bad_tube_does_not_lose_the_others(chain: Chain) -> None:
    box, mei = unit(), chain.cast.mei
    one, two = frozen_vials(chain, 2)
    tubes = [one.code, "C4K7N2XD", "garbage", box, chain.participant, two.code]
    outcomes = [storage.put(mei, box, code).verdict for code in tubes]
    assert outcomes == ["ok", "stop", "stop", "check", "stop", "ok"]
    assert [now(each).position for each in (one, two)] == ["A1", "A2"]


def test_a_tube_scanned_at_another_box_moves_and_frees_its_well(chain: Chain) -> None:
    here, there, mei = unit(), unit(name="B08"), chain.cast.mei
    one, two = frozen_vials(chain, 2)
    storage.put(mei, here, one.code)
    moved = storage.put(mei, there, one.code)
    assert (moved.verdict, moved.code) == ("ok", "moved_ok")
    assert storage.put(mei, here, two.code).facts["well"] == "A1"
    within = storage.put(mei, there, one.code, well="c3")
    assert (within.code, now(one).position) == ("moved_ok", "C3")


@pytest.mark.parametrize("well", ["J1", "A10", "A0", "AA1", "1A", "Ä1", "A1; DROP TABLE"])
def test_a_well_that_the_box_does_not_have_is_refused(chain: Chain, well: str) -> None:
    box, (vial, *_) = unit(), frozen_vials(chain, 1)
    outcome = storage.put(chain.cast.mei, box, vial.code, well=well)
    assert (outcome.verdict, outcome.code) == ("stop", "no_such_well")
    assert now(vial).place is None


def test_another_temperature_needs_a_reason_and_an_alternative_needs_none(chain: Chain) -> None:
    mei, (vial, *_) = chain.cast.mei, frozen_vials(chain, 1)
    nitrogen = unit(temperature="ln2_vapour")
    asked = storage.put(mei, nitrogen, vial.code)
    assert (asked.verdict, asked.code, asked.ask, asked.saved) == (
        "check",
        "other_temperature",
        "reason",
        False,
    )
    with pytest.raises(BadInput):
        storage.put(mei, nitrogen, vial.code, reason="because")
    assert storage.put(mei, nitrogen, vial.code, reason="no_space").verdict == "ok"
    mould = Chain(chain.cast, chain.clock).received("lymph_node")["LN_OCT"][0]
    told = storage.put(mei, nitrogen, mould.code)  # −80 °C or nitrogen: both are planned
    assert (told.verdict, told.code) == ("check", "stored_not_frozen")
    assert now(mould).status == "stored"


def test_a_tube_that_is_to_be_processed_is_not_simply_put_away(chain: Chain) -> None:
    box, tube = unit(), chain.received()["SST"][0]
    asked = storage.put(chain.cast.mei, box, tube.code)
    assert (asked.verdict, asked.code, asked.ask) == ("check", "storage_not_planned", "reason")
    assert storage.put(chain.cast.mei, box, tube.code, reason="beyond_plan").verdict == "ok"


def test_what_belongs_to_another_site_is_unknown_here(chain: Chain) -> None:
    cast, box, (vial, *_) = chain.cast, unit(), frozen_vials(chain, 1)
    oslo, box_there = in_oslo(cast), unit(where="OSL")
    assert storage.put(oslo, box_there, vial.code).code == "unknown_code"
    assert storage.put(cast.mei, box_there, vial.code).code == "unknown_code"
    with pytest.raises(NotFound):
        storage_map.view(oslo, box)
    assert storage_map.tree(oslo)[0].unit.code == box_there
    with pytest.raises(NotPermitted):
        storage.put(cast.nora, box, vial.code)


def test_a_tube_of_another_study_is_an_occupied_well_and_nothing_more(chain: Chain) -> None:
    box, (vial, *_) = unit(), frozen_vials(chain, 1)
    storage.put(chain.cast.mei, box, vial.code)
    stranger = replace(chain.cast.mei, study="example_vaccine")
    view = storage_map.view(stranger, box)
    assert view.grid[0][0].state == "occupied" and view.occupants[0].specimen is None
    assert view.next == "A2"


def test_a_unit_that_was_switched_off_takes_nothing(chain: Chain, cast: Cast) -> None:
    box, (vial, *_) = unit(), frozen_vials(chain, 1)
    with writing(system_actor()) as op:
        op.append(Kind.STORAGE, box, "storage_switched_off", facts={"active": False}, site="AMS")
    assert storage.put(cast.mei, box, vial.code).code == "unit_switched_off"


def test_a_tube_that_is_not_at_the_laboratory_is_not_stored(chain: Chain) -> None:
    box = unit()
    _, tubes = chain.collected()
    outcome = storage.put(chain.cast.mei, box, tubes[0].code)
    assert (outcome.verdict, outcome.code) == ("stop", "wrong_state")


def test_a_quarantined_tube_is_stored_and_shown_as_held(chain: Chain) -> None:
    box, (vial, *_) = unit(), frozen_vials(chain, 1)
    disposal.quarantine(chain.cast.mei, vial.code, reason="condition_doubtful")
    assert storage.put(chain.cast.mei, box, vial.code).verdict == "ok"
    assert storage_map.view(chain.cast.mei, box).grid[0][0].state == "held"


# -------------------------------------------------------------------------------------------- at once


def test_two_people_at_one_box_fill_two_wells_and_a_chosen_well_goes_to_one(app: Flask, chain: Chain) -> None:
    box, mei = unit(), chain.cast.mei
    one, two, three, four = (vial.code for vial in frozen_vials(chain, 4))
    told = together(app, [lambda: storage.put(mei, box, one), lambda: storage.put(mei, box, two)])
    assert sorted(outcome.facts["well"] for outcome in told) == ["A1", "A2"]
    told = together(
        app, [lambda: storage.put(mei, box, three, well="E5"), lambda: storage.put(mei, box, four, well="E5")]
    )
    assert sorted(outcome.verdict for outcome in told) == ["ok", "stop"]
    assert next(each for each in told if each.verdict == "stop").code == "well_occupied"
    wells = db.session.execute(select(SpecimenRow.position).where(SpecimenRow.place == box)).scalars().all()
    assert sorted(wells) == ["A1", "A2", "E5"]


def test_one_tube_scanned_into_two_boxes_at_once_ends_in_one_of_them(app: Flask, chain: Chain) -> None:
    one, two, mei = unit(), unit(name="B08"), chain.cast.mei
    (vial,) = frozen_vials(chain, 1)
    told = together(app, [lambda: storage.put(mei, one, vial.code), lambda: storage.put(mei, two, vial.code)])
    assert sorted(outcome.code for outcome in told) == ["moved_ok", "stored_ok"]
    last = next(each for each in told if each.code == "moved_ok")
    assert now(vial).place == (one if last.facts["unit"] == "B07" else two)


# ------------------------------------------------------------------------------------------ taking out


def test_a_tube_is_taken_out_with_a_reason_and_its_well_is_free(chain: Chain) -> None:
    box, mei = unit(), chain.cast.mei
    one, two = frozen_vials(chain, 2)
    storage.put(mei, box, one.code)
    with pytest.raises(BadInput):
        storage.retrieve(mei, one.code, reason="")
    with pytest.raises(BadInput):
        storage.retrieve(mei, one.code, reason="other")
    told = storage.retrieve(mei, one.code, reason="analysis")
    assert (told.verdict, told.facts["well"], told.facts["unit"]) == ("ok", "A1", "B07")
    assert (now(one).status, now(one).place) == ("retrieved", None)
    assert storage.retrieve(mei, one.code, reason="analysis").verdict == "already"
    assert storage.retrieve(mei, two.code, reason="analysis").code == "wrong_state"
    assert storage.put(mei, box, two.code).facts["well"] == "A1"
    assert storage.put(mei, box, one.code).facts["well"] == "A2"


def test_what_is_on_hold_may_be_taken_out_but_says_so(chain: Chain) -> None:
    box, mei, (vial, *_) = unit(), chain.cast.mei, frozen_vials(chain, 1)
    storage.put(mei, box, vial.code)
    disposal.quarantine(mei, vial.code, reason="condition_doubtful")
    told = storage.retrieve(mei, vial.code, reason="analysis")
    assert (told.verdict, told.saved, told.facts["hold"]) == ("check", True, "quarantine")


@pytest.mark.parametrize(
    "engine_name", ["sqlite"]
)  # PostgreSQL plans by what tables hold: here nearly nothing
def test_the_last_scans_at_a_box_are_found_from_the_tubes_that_lie_in_it(chain: Chain) -> None:
    asked = put_there("BOX", "belimumab_sle").compile(db.engine, compile_kwargs={"literal_binds": True})
    plan = db.session.execute(text(f"EXPLAIN QUERY PLAN {asked}")).all()
    told = " ".join(row[-1] for row in plan)
    assert "subject_kind=? AND subject_code=?" in told and "ix_specimen_place (place=?)" in told

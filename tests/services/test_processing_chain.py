"""From received to stored: what the record then says of how each specimen was treated (SPREC), and its clocks."""

import pytest
from time_machine import Traveller

from specimens.domain.clocks import ClockState
from specimens.models.base import db
from specimens.services import (
    batch_view,
    derivative,
    disposal,
    excursion,
    lineage,
    pooling,
    processing,
    storage,
    undo,
    use,
    verify,
)
from specimens.services.clock import now_ms
from specimens.services.derivative import Yield
from specimens.services.signature import Pen
from specimens.services.study import protocol_of
from tests.cast import PASSWORD, Cast
from tests.services.chain import Chain, labelled, now, unit


@pytest.fixture
def chain(cast: Cast, clock: Traveller) -> Chain:
    return Chain(cast, clock)


def _clocks(code: str) -> dict[str, ClockState]:
    specimen = now(code)
    known = lineage.ancestors(db.session(), [specimen])
    protocol = protocol_of(specimen.study, specimen.protocol_version)
    read = lineage.clocks(protocol, specimen, known, now_ms())
    return {each.clock.code: each.clock.state for each in read}


def test_serum_is_spun_divided_frozen_and_stored(chain: Chain) -> None:
    mei, tube = chain.cast.mei, chain.received()["SST"][0]
    batch, box = chain.batch([tube]), unit()
    chain.wait(30)
    chain.step(
        batch, "spun", force_g=2_000, temperature_tenths_c=200, minutes=10, brake=True, kept_tenths_c=210
    )
    chain.wait(15)
    vials = derivative.derive(mei, "serum", [Yield(tube.code, 6, 500)], batch=batch, used_up=True)
    labelled(mei, *vials)
    chain.wait(10)
    chain.step(batch, "frozen", temperature_tenths_c=-800, kept_after_tenths_c=210)
    for vial in vials:
        assert storage.put(mei, box, vial.code).verdict == "ok"
    done = now(vials[0])
    assert (done.status, done.place, done.position) == ("stored", box, "A1")
    assert lineage.sprec_of(done) == "SER-SST-A-B-N-B-D"
    assert _clocks(done.code) == {"serum_frozen": ClockState.MET}
    assert _clocks(tube.code) == {"clotting": ClockState.MET}
    assert now(tube).status == "used_up"


def test_pbmc_are_pooled_counted_frozen_at_minus_80_and_go_into_nitrogen(chain: Chain) -> None:
    mei, heparin = chain.cast.mei, chain.received()["HEP"]
    batch = chain.batch(heparin)
    minus80, nitrogen = unit(name="B01"), unit(name="N1", temperature="ln2_vapour")
    chain.wait(60)
    chain.step(
        batch, "spun", force_g=800, temperature_tenths_c=200, minutes=30, brake=False, kept_tenths_c=210
    )
    chain.wait(40)
    pool = pooling.pool(mei, batch, [each.code for each in heparin], volume_ul=5_000)
    chain.step(batch, "spun", pool, force_g=300, temperature_tenths_c=200, minutes=10, brake=True)
    chain.step(batch, "counted", pool, cells=38_000_000, viability_percent=96, cells_per_vial=9_500_000)
    chain.wait(70)
    vials = derivative.derive(mei, "pbmc", [Yield(pool.code, 4, 1_000)], batch=batch)
    labelled(mei, *vials)
    chain.step(batch, "frozen", *vials, temperature_tenths_c=-800, kept_after_tenths_c=210)
    first = storage.put(mei, minus80, vials[0].code)
    assert (first.verdict, first.ask) == ("check", "reason")
    for vial in vials:
        assert storage.put(mei, minus80, vial.code, reason="on_the_way").verdict == "ok"
    assert _clocks(vials[0].code)["into_nitrogen"] is ClockState.RUNNING  # −80 °C is a stop on the way
    chain.wait(24 * 60)
    for vial in vials:
        assert storage.put(mei, nitrogen, vial.code).code == "moved_ok"
    done = now(vials[3])
    assert (done.place, done.position) == (nitrogen, "A4")
    assert lineage.sprec_of(done) == "CEL-SHP-A-M-B-D-N"
    assert _clocks(done.code) == {"pbmc_frozen": ClockState.MET, "into_nitrogen": ClockState.MET}


def test_what_was_not_recorded_is_an_x_and_never_guessed(chain: Chain) -> None:
    mei, tube = chain.cast.mei, chain.received()["SST"][0]
    (vial,) = derivative.derive(mei, "serum", [Yield(tube.code, 1, 500)])
    assert lineage.sprec_of(now(vial)) == "SER-SST-X-X-N-X-X"


def test_a_mould_in_oct_is_frozen_and_stored_in_a_drawer(chain: Chain) -> None:
    mei = chain.cast.mei
    mould = chain.received("lymph_node")["LN_OCT"][0]
    batch, drawer = chain.batch([mould]), unit("rack", name="drawer")
    chain.wait(5)
    chain.step(batch, "frozen", temperature_tenths_c=-800)
    outcome = storage.put(mei, drawer, mould.code)
    assert (outcome.verdict, outcome.code) == ("ok", "stored_in_unit")
    done = now(mould)
    assert (done.place, done.position) == (drawer, None)
    assert lineage.sprec_of(done) == "TIS-BPS-N-C-OCT-N-Z"
    assert _clocks(mould.code) == {"tissue_frozen": ClockState.MET}


def test_a_core_in_formalin_becomes_a_block_at_room_temperature(chain: Chain) -> None:
    mei = chain.cast.mei
    pot = chain.received("lymph_node")["LN_FFPE"][0]
    batch, drawer = chain.batch([pot]), unit("rack", "room", name="blocks")
    processing.record_step(mei, batch, "in_medium", {}, happened_at=now_ms() - 540_000, lot="NBF 12")
    chain.wait(24 * 60)
    chain.step(batch, "fixation_ended")
    (block,) = derivative.derive(mei, "ln_block", [Yield(pot.code, 1)], batch=batch, used_up=True)
    labelled(mei, block)
    chain.step(batch, "embedded", block)
    assert storage.put(mei, drawer, block.code).verdict == "ok"
    assert (block.pieces, block.body_site, block.side) == (pot.pieces, pot.body_site, pot.side)
    assert lineage.sprec_of(now(block)) == "TIS-BPS-N-A-NBF-F-P"
    assert _clocks(pot.code) == {"fixation": ClockState.MET}


def test_paxgene_waits_at_minus_20_before_its_place(chain: Chain) -> None:
    mei, tube = chain.cast.mei, chain.received()["PAX"][0]
    batch, cold, rack = chain.batch([tube]), unit("rack", "minus20"), unit("rack", "minus80")
    chain.wait(120)
    chain.step(batch, "frozen", temperature_tenths_c=-200, kept_after_tenths_c=210)
    assert storage.put(mei, cold, tube.code, reason="on_the_way").verdict == "ok"
    chain.wait(24 * 60)
    assert storage.put(mei, rack, tube.code).verdict == "ok"
    assert _clocks(tube.code) == {"paxgene_room": ClockState.MET, "paxgene_minus20": ClockState.MET}
    assert lineage.sprec_of(now(tube)) == "BLD-PAX-C-N-N-N-Y"


def test_a_late_serum_says_by_how_much(chain: Chain) -> None:
    tube = chain.received()["SST"][0]
    batch = chain.batch([tube])
    chain.wait(115)
    (shown,) = (
        each for each in batch_view.work(chain.cast.mei, batch).tubes if each.specimen.code == tube.code
    )
    assert shown.late and shown.minutes_left == -65  # clotting: at most 60 minutes, and 125 have gone
    (vial,) = derivative.derive(chain.cast.mei, "serum", [Yield(tube.code, 1, 500)], batch=batch)
    chain.step(batch, "frozen", vial)
    assert _clocks(vial.code) == {"serum_frozen": ClockState.BREACHED}


# ------------------------------------------------------------------------------------------- what is to do


def test_what_waits_is_listed_with_the_most_urgent_first(chain: Chain) -> None:
    tubes = chain.received()
    waiting = batch_view.waiting(chain.cast.mei)
    assert len(waiting) == 7
    left = [each.minutes_left for each in waiting]
    assert left == sorted(left) and waiting[0].specimen.slot == "SST"
    chain.batch(tubes["SST"])
    assert len(batch_view.waiting(chain.cast.mei)) == 6


def test_a_batch_says_what_is_to_be_made_of_its_tubes(chain: Chain) -> None:
    tubes = chain.received()
    batch = chain.batch([*tubes["SST"], *tubes["HEP"], *tubes["EDTA"]])
    work = batch_view.work(chain.cast.mei, batch)
    assert {each.derivative.code: (each.planned, each.made) for each in work.makings} == {
        "serum": (6, 0), "plasma": (6, 0), "buffy_coat": (1, 0),
    }  # fmt: skip
    assert [len(each.tubes) for each in work.poolings] == [4]
    pooling.pool(chain.cast.mei, batch, [each.code for each in tubes["HEP"]])
    derivative.derive(chain.cast.mei, "serum", [Yield(tubes["SST"][0].code, 6, 500)], batch=batch)
    work = batch_view.work(chain.cast.mei, batch)
    assert {each.derivative.code: each.left for each in work.makings} == {
        "serum": 0, "plasma": 6, "buffy_coat": 1, "pbmc": 6,
    }  # fmt: skip
    assert work.poolings == () and work.unlabelled == 7


def test_the_ledger_adds_up_after_a_whole_day_of_the_laboratory(chain: Chain) -> None:
    mei, tubes, box = chain.cast.mei, chain.received(), unit()
    batch = chain.batch([*tubes["SST"], *tubes["HEP"]])
    chain.step(batch, "haemolysis", tubes["SST"][0], haemolysis_grade=2)
    vials = derivative.derive(
        mei, "serum", [Yield(tubes["SST"][0].code, 6, 500, 90)], batch=batch, used_up=True
    )
    heparin = [each.code for each in tubes["HEP"]]
    pool = pooling.pool(mei, batch, heparin[1:], left_out={heparin[0]: "RC"}, volume_ul=4_000)
    derivative.derive(mei, "pbmc", [Yield(pool.code, 0)], reason="not_viable", used_up=True)
    labelled(mei, *vials)
    chain.step(batch, "frozen", *vials)
    for vial in vials:
        storage.put(mei, box, vial.code)
    assert undo.undo(mei, vials[5].code, None, reason="wrong_scan").verdict == "ok"
    derivative.never_made(mei, vials[5].code, reason="wrong_scan")
    storage.put(mei, box, vials[4].code, well="I9")
    chain.wait(60)
    excursion.record(
        mei, box, lowest_tenths_c=-700, highest_tenths_c=-100, minutes=30, began_at=now_ms() - 2_400_000,
        cause="unit_failure",
    )  # fmt: skip
    storage.retrieve_one(mei, vials[0].code, reason="analysis")
    use.thaw(mei, vials[0].code)
    disposal.destroy(
        mei, vials[0].code, pen=Pen(PASSWORD), witness="ivo", witness_pen=Pen(PASSWORD), reason="unusable"
    )
    processing.close_batch(mei, batch)
    result = verify.verify()
    assert result.sound, result.differences

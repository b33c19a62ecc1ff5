"""Children from their parents: as many as the yield allows, with everything that they inherit."""

from dataclasses import replace

import pytest
from flask import Flask
from time_machine import Traveller

from specimens.domain.errors import BadInput, Conflict, NotFound, NotPermitted, Refused
from specimens.domain.terms import Flag, Hold, Kind
from specimens.models.base import db
from specimens.models.specimen import SpecimenRow
from specimens.services import derivative, disposal, pooling, processing, undo
from specimens.services.derivative import Yield
from specimens.services.record import writing
from tests.cast import Cast
from tests.services.chain import Chain, now, together


@pytest.fixture
def chain(cast: Cast, clock: Traveller) -> Chain:
    return Chain(cast, clock)


def test_a_serum_tube_gives_six_vials_with_identifiers_of_their_own(chain: Chain) -> None:
    mei = chain.cast.mei
    tube = chain.received()["SST"][0]
    batch = chain.batch([tube])
    vials = derivative.derive(mei, "serum", [Yield(tube.code, 6, 500)], batch=batch)
    assert len({vial.code for vial in vials}) == 6
    assert [vial.number for vial in vials] == [1, 2, 3, 4, 5, 6]
    for vial in vials:
        assert (vial.level, vial.derivative, vial.container, vial.volume_ul) == (1, "serum", "cryovial", 500)
        assert vial.parents == ((tube.code, 500),)
        assert (vial.participant, vial.visit, vial.kit, vial.site) == (
            tube.participant, tube.visit, tube.kit, "AMS",
        )  # fmt: skip
        assert (vial.status, vial.custodian) == ("in_processing", mei.station)
    assert now(tube).volume_ul == 8_500 - 3_000
    assert processing.get(mei, batch).batch.specimens == (tube.code, *(vial.code for vial in vials))


def test_a_short_yield_gives_fewer_and_the_last_may_hold_less(chain: Chain) -> None:
    tube = chain.received()["SST"][0]
    vials = derivative.derive(chain.cast.mei, "serum", [Yield(tube.code, 3, 500, 120)])
    assert [vial.volume_ul for vial in vials] == [500, 500, 120]
    assert now(tube).volume_ul == 8_500 - 1_120
    (fourth,) = derivative.derive(chain.cast.mei, "serum", [Yield(tube.code, 1, 500)])
    assert fourth.number == 4


def test_a_yield_of_nothing_needs_its_reason_and_leaves_an_entry(chain: Chain) -> None:
    mei, tube = chain.cast.mei, chain.received()["SST"][0]
    for reason in (None, "other", "tube_rejected", "nonsense"):
        with pytest.raises(BadInput) as refused:
            derivative.derive(mei, "serum", [Yield(tube.code, 0)], reason=reason, note="x")
        assert refused.value.fields == {"reason": "nothing_made_reason"}
    made = derivative.derive(mei, "serum", [Yield(tube.code, 0)], reason="insufficient_yield", used_up=True)
    assert made == ()
    assert now(tube).status == "used_up"
    assert "yielded_nothing" in now(tube).moments


def test_more_than_the_plan_needs_a_reason_and_only_those_beyond_are_flagged(chain: Chain) -> None:
    mei, tube = chain.cast.mei, chain.received()["SST"][0]
    with pytest.raises(BadInput) as refused:
        derivative.derive(mei, "serum", [Yield(tube.code, 8, 500)])
    assert refused.value.fields == {"reason": "beyond_plan_reason"}
    with pytest.raises(BadInput):
        derivative.derive(mei, "serum", [Yield(tube.code, 8, 500)], reason="other")
    assert now(tube).volume_ul == 8_500
    vials = derivative.derive(mei, "serum", [Yield(tube.code, 8, 500)], reason="other", note="a good spin")
    assert [Flag.EXTRA in vial.flags for vial in vials] == [False] * 6 + [True] * 2


def test_a_second_buffy_coat_is_beyond_the_plan(chain: Chain) -> None:
    mei = chain.cast.mei
    tube = chain.received()["EDTA"][0]
    (coat,) = derivative.derive(mei, "buffy_coat", [Yield(tube.code, 1)])
    assert Flag.EXTRA not in coat.flags and coat.volume_ul is None
    with pytest.raises(BadInput):
        derivative.derive(mei, "buffy_coat", [Yield(tube.code, 1)])


def test_volume_never_goes_below_zero(chain: Chain) -> None:
    mei, tube = chain.cast.mei, chain.received()["SST"][0]
    derivative.derive(mei, "serum", [Yield(tube.code, 5, 1_600)])
    with pytest.raises(Refused) as refused:
        derivative.derive(mei, "serum", [Yield(tube.code, 1, 501)])
    assert refused.value.code == "volume_too_small"
    assert (refused.value.facts["volume_ul"], refused.value.facts["used_ul"]) == (500, 501)
    assert now(tube).volume_ul == 500
    with pytest.raises(Conflict):  # the database refuses what a rule would have missed
        _use_unasked(chain, tube.code, 501)
    assert now(tube).volume_ul == 500


def test_two_people_at_one_tube_cannot_take_more_than_there_is(app: Flask, chain: Chain) -> None:
    mei, tube = chain.cast.mei, chain.received()["SST"][0]
    take = [Yield(tube.code, 3, 2_000)]
    told = together(app, [lambda: derivative.derive(mei, "serum", take)] * 2)
    made = [each for each in told if isinstance(each, tuple)]
    (refused,) = [each for each in told if not isinstance(each, tuple)]
    assert refused.code == "volume_too_small"
    assert len(made) == 1 and now(tube).volume_ul == 2_500


def _use_unasked(chain: Chain, code: str, used_ul: int) -> None:
    with writing(chain.cast.mei) as op:
        op.append(Kind.SPECIMEN, code, "volume_used", facts={"used_ul": used_ul})


@pytest.mark.parametrize(
    ("given", "field"),
    [
        (Yield("X", -1, 500), "count"),
        (Yield("X", 61, 500), "count"),
        (Yield("X", 2, 0), "volume"),
        (Yield("X", 2, -500), "volume"),
        (Yield("X", 2, 500, 0), "volume"),
        (Yield("X", 2, 1_000_001), "volume"),
    ],
)
def test_impossible_numbers_are_refused_by_field(cast: Cast, given: Yield, field: str) -> None:
    with pytest.raises(BadInput) as refused:
        derivative.derive(cast.mei, "serum", [given])
    assert field in refused.value.fields


def test_nothing_is_half_made_when_one_parent_is_refused(chain: Chain) -> None:
    tubes = chain.received()
    sst, edta = tubes["SST"][0], tubes["EDTA"][0]
    before = db.session.query(SpecimenRow).count()
    with pytest.raises(Refused) as refused:
        derivative.derive(chain.cast.mei, "serum", [Yield(sst.code, 6, 500), Yield(edta.code, 1, 500)])
    assert refused.value.code == "not_its_parent"
    assert db.session.query(SpecimenRow).count() == before
    assert now(sst).volume_ul == 8_500


def test_the_same_form_sent_twice_makes_the_children_once(chain: Chain) -> None:
    mei, tube = chain.cast.mei, chain.received()["SST"][0]
    first = derivative.derive(mei, "serum", [Yield(tube.code, 6, 500)], key="k")
    again = derivative.derive(mei, "serum", [Yield(tube.code, 6, 500)], key="k")
    assert [each.code for each in first] == [each.code for each in again]
    assert now(tube).volume_ul == 5_500


def test_what_the_participant_did_not_agree_to_is_not_made(cast: Cast, clock: Traveller) -> None:
    tube = Chain(cast, clock, genetics=False).received()["EDTA"][0]
    with pytest.raises(Refused) as refused:
        derivative.derive(cast.mei, "buffy_coat", [Yield(tube.code, 1)])
    assert (refused.value.code, refused.value.facts["scope"]) == ("scope_not_given", "genetics")
    assert len(derivative.derive(cast.mei, "plasma", [Yield(tube.code, 6, 500)])) == 6


def test_flags_and_holds_pass_to_the_children(chain: Chain) -> None:
    mei, tube = chain.cast.mei, chain.received()["SST"][0]
    batch = chain.batch([tube])
    processing.record_step(mei, batch, "haemolysis", {"haemolysis_grade": 3}, specimens=[tube.code])
    disposal.quarantine(mei, tube.code, reason="identity_doubtful")
    vials = derivative.derive(mei, "serum", [Yield(tube.code, 2, 500)], batch=batch)
    for vial in vials:
        assert Flag.HAEMOLYSED in vial.flags and vial.holds == (Hold.QUARANTINE,)


def test_what_is_found_out_later_is_true_of_the_children_too(chain: Chain) -> None:
    mei, tube = chain.cast.mei, chain.received()["SST"][0]
    batch = chain.batch([tube])
    vials = derivative.derive(mei, "serum", [Yield(tube.code, 2, 500)], batch=batch)
    processing.record_step(mei, batch, "haemolysis", {"haemolysis_grade": 2}, specimens=[tube.code])
    assert all(Flag.HAEMOLYSED in now(vial).flags for vial in vials)
    disposal.quarantine(mei, tube.code, reason="identity_doubtful")
    assert all(Hold.QUARANTINE in now(vial).holds for vial in vials)


def test_a_vial_can_be_split_with_a_reason_and_keeps_its_line(chain: Chain) -> None:
    mei, tube = chain.cast.mei, chain.received()["SST"][0]
    (vial,) = derivative.derive(mei, "serum", [Yield(tube.code, 1, 500)])
    with pytest.raises(BadInput):
        derivative.derive(mei, "serum", [Yield(vial.code, 2, 250)])
    halves = derivative.derive(mei, "serum", [Yield(vial.code, 2, 250)], reason="other", note="for two runs")
    assert [(each.level, each.parents) for each in halves] == [(2, ((vial.code, 250),))] * 2
    assert now(vial).volume_ul == 0


def test_a_child_recorded_by_mistake_is_taken_back_with_its_volume(chain: Chain) -> None:
    mei, tube = chain.cast.mei, chain.received()["SST"][0]
    vials = derivative.derive(mei, "serum", [Yield(tube.code, 6, 500)])
    gone = derivative.never_made(mei, vials[5].code, reason="wrong_scan")
    assert (gone.status, now(tube).volume_ul) == ("voided", 8_500 - 2_500)
    (again,) = derivative.derive(mei, "serum", [Yield(tube.code, 1, 500)])  # the plan has room for it again
    assert (again.number, Flag.EXTRA in again.flags) == (7, False)
    with pytest.raises(Refused):
        derivative.never_made(mei, gone.code, reason="wrong_scan")
    with pytest.raises(Refused) as refused:
        derivative.never_made(mei, tube.code, reason="wrong_scan")
    assert refused.value.code == "not_a_child"
    with pytest.raises(BadInput):
        derivative.never_made(mei, vials[0].code, reason=None)


def test_undo_does_not_unmake_what_came_into_being(chain: Chain) -> None:
    mei, tube = chain.cast.mei, chain.received()["SST"][0]
    derivative.derive(mei, "serum", [Yield(tube.code, 1, 500)])
    outcome = undo.undo(mei, tube.code, None, reason="wrong_scan")
    assert (outcome.verdict, outcome.code) == ("stop", "nothing_to_undo")


def test_who_may_not_process_or_does_not_hold_the_tube_makes_nothing(chain: Chain) -> None:
    cast = chain.cast
    tube = chain.received()["SST"][0]
    with pytest.raises(NotPermitted):
        derivative.derive(cast.nora, "serum", [Yield(tube.code, 1, 500)])
    elsewhere = replace(
        cast.mei, sites=frozenset({"OSL"}), site="OSL", station=cast.stations["OSL laboratory"]
    )
    with pytest.raises(NotFound):
        derivative.derive(elsewhere, "serum", [Yield(tube.code, 1, 500)])
    with pytest.raises(NotFound):
        derivative.derive(cast.mei, "serum", [Yield("C4K7N2XD", 1, 500)])


def test_a_tube_still_in_the_clinic_gives_no_child(chain: Chain) -> None:
    _, tubes = chain.collected()
    with pytest.raises(Refused) as refused:
        derivative.derive(chain.cast.mei, "serum", [Yield(tubes[0].code, 1, 500)])
    assert refused.value.code == "wrong_state"


# ------------------------------------------------------------------------------------------------- pooling


def test_four_tubes_of_one_draw_become_one_suspension_and_vials_from_it(chain: Chain) -> None:
    mei = chain.cast.mei
    heparin = chain.received()["HEP"]
    batch = chain.batch(heparin)
    pool = pooling.pool(mei, batch, [each.code for each in heparin], volume_ul=6_000)
    assert pool.parents == tuple(sorted((each.code, 10_000) for each in heparin))
    assert (pool.level, pool.derivative, pool.specimen_type, pool.volume_ul) == (1, None, "pbmc", 6_000)
    assert {(now(each).status, now(each).volume_ul) for each in heparin} == {("pooled", 0)}
    vials = derivative.derive(mei, "pbmc", [Yield(pool.code, 4, 1_000)], batch=batch)
    assert [(each.level, each.number) for each in vials] == [(2, 1), (2, 2), (2, 3), (2, 4)]
    assert now(pool).volume_ul == 2_000


def test_a_clotted_tube_is_left_out_with_its_code(chain: Chain) -> None:
    mei = chain.cast.mei
    heparin = chain.received()["HEP"]
    batch = chain.batch(heparin)
    chain.step(batch, "spun", force_g=800, temperature_tenths_c=200, minutes=30, brake=False)
    codes = [each.code for each in heparin]
    with pytest.raises(BadInput):
        pooling.pool(mei, batch, codes[:3], left_out={codes[3]: "CLOT"})
    with pytest.raises(BadInput):
        pooling.pool(mei, batch, codes, left_out={codes[3]: "RC"})
    pool = pooling.pool(mei, batch, codes[:3], left_out={codes[3]: "RC"})
    assert len(pool.parents) == 3
    assert (now(codes[3]).status, now(codes[3]).ended_reason) == ("rejected", "RC")


def test_tubes_of_two_participants_or_two_kinds_are_never_pooled(cast: Cast, clock: Traveller) -> None:
    one, two = Chain(cast, clock).received(), Chain(cast, clock).received()
    mine, theirs = one["HEP"][0], two["HEP"][0]
    batch = processing.open_batch(cast.mei, "mixed").code
    for tube in (mine, theirs, one["SST"][0]):
        assert processing.join(cast.mei, batch, tube.code).saved
    with pytest.raises(Refused) as refused:
        pooling.pool(cast.mei, batch, [mine.code, theirs.code])
    assert refused.value.code == "not_one_draw"
    with pytest.raises(Refused) as refused:
        pooling.pool(cast.mei, batch, [one["SST"][0].code])
    assert refused.value.code == "not_pooled_by_plan"
    with pytest.raises(Refused) as refused:
        pooling.pool(cast.mei, batch, [mine.code, one["HEP"][1].code])
    assert refused.value.code == "not_in_this_batch"
    assert now(mine).status == "received"


def test_a_pool_inherits_from_every_parent(chain: Chain) -> None:
    mei = chain.cast.mei
    heparin = chain.received()["HEP"]
    batch = chain.batch(heparin)
    disposal.quarantine(mei, heparin[2].code, reason="identity_doubtful")
    processing.record_step(mei, batch, "haemolysis", {"haemolysis_grade": 2}, specimens=[heparin[0].code])
    pool = pooling.pool(mei, batch, [each.code for each in heparin])
    assert pool.holds == (Hold.QUARANTINE,) and Flag.HAEMOLYSED in pool.flags
    with pytest.raises(Refused):
        pooling.pool(mei, batch, [heparin[0].code])

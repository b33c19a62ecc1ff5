"""The bench: what waits, with the clocks that run, most urgent first."""

import pytest
from time_machine import Traveller

from specimens.domain.errors import NotFound, NotPermitted
from specimens.domain.terms import Kind
from specimens.services import bench, disposal, receipt, unlisted
from specimens.services.clock import now_ms
from specimens.services.record import writing
from tests.cast import Cast
from tests.services.bags import released
from tests.services.test_decision import child_of
from tests.tubes import kit_of


@pytest.fixture
def cast(cast: Cast, clock: Traveller) -> Cast:
    return cast


def test_every_tube_is_counted_where_it_waits(cast: Cast) -> None:
    kit_of(cast, cast.nora, 2)
    kit_of(cast, cast.ola, 5)
    sent, _ = released(cast, 3)
    bag, (here, gone) = released(cast, 2)
    receipt.open_receipt(cast.mei, bag.code, condition="intact")
    receipt.receive(cast.mei, bag.code, here)
    receipt.report_missing(cast.mei, bag.code, [gone])
    disposal.quarantine(cast.mei, here, reason="condition_doubtful")
    seen = bench.bench(cast.mei, now_ms())
    assert seen.counts == {"expected": 2, "released": 3, "unstored": 1, "differences": 2, "quarantined": 1}
    assert {each.transfer.code for each in seen.to_receive} == {sent.code, bag.code}


def test_the_most_urgent_clock_stands_first_and_counts_down_and_over(cast: Cast, clock: Traveller) -> None:
    _, tubes = kit_of(cast, cast.nora, 7)
    clock.shift(20 * 60)
    for tube in tubes:
        unlisted.receive_without_release(cast.mei, tube)
    first, *_, last = bench.bench(cast.mei, now_ms()).urgent
    assert (first.specimen.slot, first.clock.code, first.clock.left_minutes) == ("SST", "clotting", 40)
    assert first.clock.not_before_at == first.specimen.collected_at + 30 * 60_000
    assert (last.specimen.slot, last.clock.code) == ("PAX", "paxgene_room")
    assert bench.bench(cast.mei, now_ms()).late == 0
    clock.shift(45 * 60)
    seen = bench.bench(cast.mei, now_ms())
    assert (seen.urgent[0].clock.left_minutes, seen.urgent[0].clock.not_before_at, seen.late) == (-5, None, 1)


def test_a_clock_that_was_stopped_gives_way_to_the_one_of_the_children_to_come(
    cast: Cast, clock: Traveller
) -> None:
    _, (tube,) = kit_of(cast, cast.nora, 1)
    unlisted.receive_without_release(cast.mei, tube)
    clock.shift(40 * 60)
    with writing(cast.mei) as op:
        op.append(Kind.SPECIMEN, tube, "spun")
    (line,) = bench.bench(cast.mei, now_ms()).urgent
    assert (line.clock.code, line.clock.left_minutes) == ("serum_frozen", 80)
    child = child_of(cast.mei, tube)
    clocks = {each.specimen.code: each.clock for each in bench.bench(cast.mei, now_ms()).urgent}
    assert clocks[tube] is None
    assert clocks[child].left_minutes == 80


def test_the_lists_of_the_bench_are_paged(cast: Cast) -> None:
    _, tubes = kit_of(cast, cast.nora, 5)
    first = bench.page(cast.mei, "expected", now_ms(), size=2)
    assert ([each.specimen.code for each in first.lines], first.total, first.previous) == (tubes[:2], 5, None)
    second = bench.page(cast.mei, "expected", now_ms(), after=first.next, size=2)
    assert [each.specimen.code for each in second.lines] == tubes[2:4]
    last = bench.page(cast.mei, "expected", now_ms(), after=second.next, size=2)
    assert ([each.specimen.code for each in last.lines], last.next) == (tubes[4:], None)
    back = bench.page(cast.mei, "expected", now_ms(), before=last.previous, size=2)
    assert [each.specimen.code for each in back.lines] == tubes[2:4]
    with pytest.raises(NotFound):
        bench.page(cast.mei, "everything", now_ms())


def test_the_bench_is_the_laboratorys(cast: Cast) -> None:
    for login in ("nora", "luis", "ivo", "mona", "ada", "adam"):
        with pytest.raises(NotPermitted):
            bench.bench(getattr(cast, login), now_ms())

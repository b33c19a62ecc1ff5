"""A filled container is in its medium: what the clocks of RNAlater and formalin then say, on both engines."""

import pytest
from time_machine import Traveller

from specimens.domain.clocks import ClockState
from specimens.domain.specimen import Specimen
from specimens.models.base import db
from specimens.services import (
    batch_next,
    batch_view,
    collection,
    correction,
    kit,
    lineage,
    paper,
    storage,
    verify,
)
from specimens.services.clock import now_ms
from specimens.services.kit_procedure import Procedure
from specimens.services.paper import PaperLine
from specimens.services.running_clocks import running
from specimens.services.scan import ScanOutcome
from tests.cast import Cast
from tests.history import History
from tests.services.chain import Chain, now, unit
from tests.services.test_paper import sheet

MINUTE = 60_000


@pytest.fixture
def chain(cast: Cast, clock: Traveller) -> Chain:
    return Chain(cast, clock)


@pytest.fixture
def cores(cast: Cast, visit_open: History, clock: Traveller) -> dict[str, str]:
    """The tubes of a lymph node kit that is open with eight cores, by their slots."""
    clock.shift(3_600)
    code = visit_open.kits["lymph_node"]
    kit.begin(cast.nora, code)
    kit.record_procedure(
        cast.nora, code, body_site="inguinal", side="left", device="14G", performed_by="R. Haak", pieces=8
    )
    return {each.slot: each.code for each in kit.specimens_of(code)}


def take(cast: Cast, tube: str, ago: int = 0, **more: int | str) -> ScanOutcome:
    at = now_ms() - ago * MINUTE if ago else None
    return collection.collect(cast.nora, str(now(tube).kit), tube, None, happened_at=at, **more)  # type: ignore[arg-type]


def clocks(code: str) -> dict[str, tuple[ClockState, int]]:
    specimen = now(code)
    rules = lineage.protocol_of(specimen.study, specimen.protocol_version)
    read = lineage.clocks(rules, specimen, lineage.ancestors(db.session(), [specimen]), now_ms())
    return {each.clock.code: (each.clock.state, each.clock.over_minutes) for each in read}


def medium(specimen: Specimen) -> int | None:
    return specimen.moments.get("in_medium")


def test_a_core_that_went_straight_into_rnalater_keeps_its_limits(chain: Chain) -> None:
    tube = chain.received("lymph_node")["LN_RNA"][0]
    assert medium(tube) == tube.collected_at
    batch, rack = chain.batch([tube]), unit("rack")
    work = batch_view.work(chain.cast.mei, batch)
    assert batch_next.next_of(work) == batch_next.Next("frozen")
    chain.wait(14 * 60)
    chain.step(batch, "frozen", temperature_tenths_c=-800)
    assert storage.put(chain.cast.mei, rack, tube.code).verdict == "ok"
    assert clocks(tube.code) == {"into_rnalater": (ClockState.MET, 0), "rnalater_cold": (ClockState.MET, 0)}
    assert verify.verify().sound


def test_a_core_that_lay_nine_minutes_is_four_minutes_late(cast: Cast, cores: dict[str, str]) -> None:
    assert take(cast, cores["LN_RNA"], ago=12, minutes_to_medium=9).saved
    assert clocks(cores["LN_RNA"])["into_rnalater"] == (ClockState.BREACHED, 4)


def test_fixation_runs_from_the_bedside_and_is_seen_at_the_bench(chain: Chain) -> None:
    pot = chain.received("lymph_node")["LN_FFPE"][0]
    assert clocks(pot.code) == {"fixation": (ClockState.RUNNING, 0)}
    assert running([pot], now_ms())[pot.code].to_event == "fixation_ended"


@pytest.mark.parametrize(
    ("slot", "ago", "more", "said"),
    [
        ("LN_RNA", 0, {"minutes_to_medium": 9}, "medium_in_future"),
        ("LN_RNA", 20, {"minutes_to_medium": -1}, "minutes_to_medium_impossible"),
        ("LN_RNA", 20, {"minutes_to_medium": 1_441}, "minutes_to_medium_impossible"),
        ("LN_RNA", 20, {"minutes_to_medium": 9, "container": "sst", "reason": "out_of_stock"},
         "container_without_medium"),
    ],
)  # fmt: skip
def test_minutes_that_cannot_be_are_told_and_nothing_is_saved(
    cast: Cast, cores: dict[str, str], slot: str, ago: int, more: dict[str, int | str], said: str
) -> None:
    outcome = take(cast, cores[slot], ago, **more)
    assert (outcome.verdict, outcome.code, outcome.saved) == ("check", said, False)
    assert now(cores[slot]).status == "planned"


def test_a_tube_without_a_medium_has_no_such_moment(chain: Chain) -> None:
    assert {medium(tube) for tube in chain.collected("blood")[1]} == {None}


def test_a_corrected_time_a_corrected_number_and_another_container_move_it(
    cast: Cast, cores: dict[str, str]
) -> None:
    code = cores["LN_RNA"]
    take(cast, code, ago=12, minutes_to_medium=9)
    began = now(code).collected_at
    assert began is not None
    entry = next(each.entry for each in correction.correctable(cast.nora, code) if each.act == "collected")

    def put_right(**changes: int | str) -> int | None:
        correction.correct(cast.nora, code, entry, changes, reason="typing_error")
        taken = now(code).collected_at or 0
        at = medium(now(code))
        return None if at is None else (at - taken) // MINUTE

    assert put_right(happened_at=began - 3 * MINUTE) == 9
    assert put_right(minutes_to_medium=2) == 2
    assert put_right(container="sst") is None
    assert put_right(container="rnalater_tube") == 0
    assert verify.verify().sound


def test_an_undone_collection_takes_it_back(cast: Cast, cores: dict[str, str]) -> None:
    from specimens.services import undo

    code = cores["LN_RNA"]
    take(cast, code)
    undo.undo(cast.nora, code, None, reason="wrong_scan", subject=str(now(code).kit))
    assert (now(code).status, medium(now(code))) == ("planned", None)


def test_a_paper_sheet_says_it_for_each_tube(cast: Cast, visit_open: History, clock: Traveller) -> None:
    clock.shift(3 * 86_400)
    code = visit_open.kits["lymph_node"]
    tubes = {each.slot: each.code for each in kit.specimens_of(code)}
    taken = now_ms() - 3 * 86_400_000 + 60 * MINUTE
    done = Procedure("inguinal", "left", "14G", "R. Haak, radiologist", 8)
    lines = tuple(
        PaperLine(each, taken, minutes_to_medium=7 if slot == "LN_RNA" else None)
        for slot, each in tubes.items()
    )
    paper.enter(cast.nora, code, sheet(tuple(tubes.values()), lines=lines, procedure=done))
    assert medium(now(tubes["LN_RNA"])) == taken + 7 * MINUTE
    assert medium(now(tubes["LN_FFPE"])) == taken

"""A filled container holds its piece from the bedside on: clocks, report, SPREC and corrections, on both engines."""

from dataclasses import replace

import pytest
import time_machine

from specimens.documents.custody_csv import custody_csv
from specimens.documents.records import SpecimenSection
from specimens.domain.clocks import Clock
from specimens.domain.errors import BadInput, Refused
from specimens.domain.specimen import Specimen
from specimens.domain.terms import Kind
from specimens.domain.waited import Waited
from specimens.models.base import db
from specimens.services import (
    batch_next,
    batch_view,
    collection,
    correction,
    derivative,
    kit,
    lineage,
    paper,
    processing,
    report,
    storage,
    unlisted,
    visit,
)
from specimens.services.clock import now_ms
from specimens.services.derivative import Yield
from specimens.services.entries import entries_of
from specimens.services.kit_procedure import Procedure
from specimens.services.paper import PaperLine, Sheet
from specimens.services.report_scope import ReportScope
from specimens.services.running_clocks import running
from specimens.services.scan import ScanOutcome
from specimens.services.study import protocol_of
from specimens.services.verify import verify
from tests.cast import Cast
from tests.services.bedside import near_misses
from tests.services.chain import Chain, now, unit

MINUTE = 60_000


@pytest.fixture
def chain(cast: Cast, clock: time_machine.Traveller) -> Chain:
    return Chain(cast, clock)


def opened(chain: Chain, procedure: str = "lymph_node") -> str:
    """Open a kit with its identity attested, and the procedure of tissue recorded."""
    nora = chain.cast.nora
    chain.wait(30)
    opening = visit.open_visit(nora, chain.participant, "BL")
    code = next(each.code for each in opening.kits if each.procedure == procedure)
    kit.begin(nora, code)
    if kit.get(nora, code).tissue:
        kit.record_procedure(
            nora, code, body_site="inguinal", side="left", device="14G", performed_by="Dr. R. Haak", pieces=8
        )
    return code


def of_slot(code: str, slot: str) -> Specimen:
    return next(each for each in kit.specimens_of(code) if each.slot == slot)


def collect(chain: Chain, code: str, slot: str, **said: object) -> ScanOutcome:
    return collection.collect(chain.cast.nora, code, of_slot(code, slot).code, None, **said)  # type: ignore[arg-type]


def clocks(code: str) -> dict[str, Clock]:
    specimen = now(code)
    known = lineage.ancestors(db.session(), [specimen])
    protocol = protocol_of(specimen.study, specimen.protocol_version)
    return {each.clock.code: each.clock for each in lineage.clocks(protocol, specimen, known, now_ms())}


def section(chain: Chain, code: str) -> SpecimenSection:
    told = report.preview(chain.cast.ada, ReportScope("specimen", code)).specimens
    return next(each for each in told if each.code == code)


def said_entry(chain: Chain, code: str) -> str:
    return next(
        each.entry for each in correction.correctable(chain.cast.nora, code) if each.act == "collected"
    )


def test_minutes_beyond_the_limit_are_said_at_once_and_nothing_is_held_up(chain: Chain) -> None:
    code = opened(chain)
    for slot in ("LN_FLOW", "LN_OCT"):
        assert collect(chain, code, slot).verdict == "ok"
    chain.wait(15)
    late = collect(chain, code, "LN_RNA", minutes_to_medium=9)
    assert (late.verdict, late.saved, late.facts["warnings"]) == ("check", True, ["medium_late"])
    assert late.facts["over"] == 4
    assert clocks(of_slot(code, "LN_RNA").code)["into_rnalater"].over_minutes == 4
    in_time = collect(chain, code, "LN_STROMA", minutes_to_medium=9)  # no clock asks how soon this one was
    assert in_time.verdict == "ok"


def test_a_core_in_rnalater_that_was_scanned_and_frozen_next_morning_broke_no_limit(chain: Chain) -> None:
    core = chain.received("lymph_node")["LN_RNA"][0]
    taken = now(core).collected_at
    assert now(core).moments["in_medium"] == taken
    batch = chain.batch([core])
    work = batch_view.work(chain.cast.mei, batch)
    assert (following := batch_next.next_of(work)) is not None and following.act == "frozen"
    chain.wait(16 * 60)
    chain.step(batch, "frozen", temperature_tenths_c=-800)
    assert storage.put(chain.cast.mei, unit("rack", name="drawer"), core.code).saved
    assert {name: str(each.state) for name, each in clocks(core.code).items()} == {
        "into_rnalater": "met", "rnalater_cold": "met",
    }  # fmt: skip
    assert lineage.sprec_of(now(core)) == "TIS-BPS-N-A-RNL-E-D"
    told = section(chain, core.code)
    assert [line.breach for line in told.clocks] == [None, None]
    steps = {each.step.code: each for each in told.milestones}
    assert steps["collected"].limit_minutes == 5 and steps["collected"].breach is None
    assert steps["collected"].at and steps["received"].at and steps["processed"].at
    assert steps["collected"].at.at_ms == taken
    assert steps["received"].at.at_ms < steps["processed"].at.at_ms
    assert verify(lambda *_: None).sound


def test_nine_minutes_is_four_too_many(chain: Chain) -> None:
    code = opened(chain)
    at = now_ms()
    assert collect(chain, code, "LN_RNA", minutes_to_medium=9).saved
    core = of_slot(code, "LN_RNA")
    assert (core.collected_at, core.moments["in_medium"]) == (at - 9 * MINUTE, at)
    assert clocks(core.code)["into_rnalater"].over_minutes == 4
    (late, cold) = section(chain, core.code).clocks
    assert late.breach and late.breach.word.endswith("It took 9 min: 4 min too long.")
    assert cold.breach is None
    told = report.preview(chain.cast.ada, ReportScope("specimen", core.code))
    event = next(each for each in told.events if each.act.code == "collected")
    assert event.minutes_to_medium == 9
    assert b'"minutes_to_medium"' in custody_csv(told)


def test_with_a_typed_time_the_minutes_count_from_it(chain: Chain) -> None:
    code = opened(chain)
    at = now_ms() - 10 * MINUTE
    assert collect(chain, code, "LN_RNA", minutes_to_medium=9, happened_at=at).saved
    core = of_slot(code, "LN_RNA")
    assert (core.collected_at, core.moments["in_medium"]) == (at, at + 9 * MINUTE)
    refused = collect(chain, code, "LN_FFPE", minutes_to_medium=40, happened_at=at)
    assert (refused.verdict, refused.code) == ("stop", "time_in_future")
    for wrong in (-1, 1441):
        with pytest.raises(BadInput):
            collect(chain, code, "LN_FFPE", minutes_to_medium=wrong)


def test_the_fixation_runs_from_the_bedside_and_stands_at_the_bench(chain: Chain) -> None:
    pot = chain.received("lymph_node")["LN_FFPE"][0]
    taken = now(pot).collected_at
    assert taken is not None
    urgent = running([now(pot)], now_ms())[pot.code]
    assert (urgent.code, urgent.deadline_at) == ("fixation", taken + 1920 * MINUTE)
    assert urgent.not_before_at == taken + 960 * MINUTE


def test_what_the_bench_records_itself_counts_instead(chain: Chain) -> None:
    pot = chain.received("lymph_node")["LN_FFPE"][0]
    at = now_ms() - 2 * MINUTE
    batch = chain.batch([pot])
    for happened_at in (at, now_ms()):  # the first of them, as of every act
        processing.record_step(chain.cast.mei, batch, "in_medium", {}, happened_at=happened_at)
    assert now(pot).moments["in_medium"] == at
    steps = {each.step.code: each.at for each in section(chain, pot.code).milestones}
    assert steps["processed"] and steps["processed"].at_ms == at


def test_a_container_without_a_medium_has_no_such_minutes(chain: Chain) -> None:
    code = opened(chain, "blood")
    outcome = collect(chain, code, "SST", minutes_to_medium=3)
    assert (outcome.verdict, outcome.code, outcome.saved) == ("check", "no_medium", False)
    assert near_misses() == []
    assert collect(chain, code, "SST").saved
    assert "in_medium" not in of_slot(code, "SST").moments


def test_the_container_that_was_used_decides(chain: Chain) -> None:
    code = opened(chain)
    assert collect(chain, code, "LN_RNA", container="cryovial", reason="out_of_stock").saved
    core = of_slot(code, "LN_RNA")
    assert "in_medium" not in core.moments
    outcome = collect(
        chain, code, "LN_CRYO", container="cryovial", reason="out_of_stock", minutes_to_medium=3
    )
    assert outcome.code == "no_medium"
    correction.correct(
        chain.cast.nora,
        core.code,
        said_entry(chain, core.code),
        {"container": "rnalater_tube"},
        reason="typing_error",
    )
    last = entries_of(db.session(), Kind.SPECIMEN, core.code)
    changes = next(each for each in reversed(last) if each.act == "corrected").facts["changes"]
    assert changes["minutes_to_medium"] == {"old": None, "new": 0}
    assert now(core).moments["in_medium"] == core.collected_at
    correction.correct(
        chain.cast.nora,
        core.code,
        said_entry(chain, core.code),
        {"container": "cryovial"},
        reason="typing_error",
    )
    assert "in_medium" not in now(core).moments
    assert verify(lambda *_: None).sound


def test_the_minutes_are_corrected_and_a_corrected_time_moves_the_medium_with_it(chain: Chain) -> None:
    nora, code = chain.cast.nora, opened(chain)
    chain.wait(20)
    collect(chain, code, "LN_RNA")
    core = of_slot(code, "LN_RNA")
    at = core.collected_at
    assert at is not None
    entry = said_entry(chain, core.code)
    offered = {each.field: each.value for each in correction.correctable(nora, core.code)}
    assert offered["minutes_to_medium"] == 0
    correction.correct(nora, core.code, entry, {"happened_at": at - 9 * MINUTE}, reason="typing_error")
    assert now(core).moments["in_medium"] == at - 9 * MINUTE
    correction.correct(nora, core.code, entry, {"minutes_to_medium": 7}, reason="typing_error")
    assert now(core).moments["in_medium"] == at - 2 * MINUTE
    assert clocks(core.code)["into_rnalater"].over_minutes == 2
    for wrong in (-1, 1441, "7", 15):  # the last: longer than it was until now
        with pytest.raises(BadInput):
            correction.correct(nora, core.code, entry, {"minutes_to_medium": wrong}, reason="typing_error")
    with pytest.raises(Refused, match="nothing_changed"):
        correction.correct(nora, core.code, entry, {"minutes_to_medium": 7}, reason="typing_error")
    told = report.preview(chain.cast.ada, ReportScope("specimen", core.code))
    changed = [(each.field.code, each.before.code, each.after.code) for each in told.corrections]
    assert ("minutes_to_medium", "0", "7") in changed
    assert verify(lambda *_: None).sound


def test_only_what_goes_into_a_medium_can_be_corrected_so(chain: Chain) -> None:
    nora, code = chain.cast.nora, opened(chain, "blood")
    collect(chain, code, "SST")
    tube = of_slot(code, "SST")
    entry = said_entry(chain, tube.code)
    assert "minutes_to_medium" not in {each.field for each in correction.correctable(nora, tube.code)}
    with pytest.raises(BadInput) as wrong:
        correction.correct(nora, tube.code, entry, {"minutes_to_medium": 7}, reason="typing_error")
    assert wrong.value.fields == {"minutes_to_medium": "no_medium_here"}


def test_what_is_written_after_a_receipt_without_release_follows_the_same_rule(chain: Chain) -> None:
    code = opened(chain)
    core, pot = of_slot(code, "LN_RNA"), of_slot(code, "LN_FFPE")
    for tube in (core, pot):
        assert unlisted.receive_without_release(chain.cast.mei, tube.code).saved
    at = now_ms()
    chain.wait(1)
    batch = chain.batch([pot])
    processing.record_step(chain.cast.mei, batch, "in_medium", {}, happened_at=at)
    chain.wait(5)
    for slot in ("LN_RNA", "LN_FFPE"):
        assert collect(chain, code, slot, happened_at=at - 10 * MINUTE, minutes_to_medium=3).saved
    assert now(core).moments["in_medium"] == at - 7 * MINUTE
    assert now(pot).moments["in_medium"] == at  # somebody recorded it
    assert verify(lambda *_: None).sound


def test_a_scan_that_waited_on_a_device_lay_in_its_medium_when_it_was_scanned(chain: Chain) -> None:
    code = opened(chain)
    chain.wait(50)
    scanned = now_ms() - 40 * MINUTE
    nora = replace(chain.cast.nora, waited=Waited(scanned, scanned, 1))
    core = of_slot(code, "LN_RNA")
    assert collection.collect(nora, code, core.code, "w").saved
    assert now(core).moments["in_medium"] == now(core).collected_at == scanned


def test_a_paper_sheet_says_the_minutes_too(chain: Chain) -> None:
    nora = chain.cast.nora
    opening = visit.open_visit(nora, chain.participant, "BL")
    code = next(each.code for each in opening.kits if each.procedure == "lymph_node")
    chain.wait(180)
    at = now_ms() - 60 * MINUTE
    minutes = {"LN_RNA": 9, "LN_OCT": 0}
    lines = tuple(
        PaperLine(each.code, at, minutes_to_medium=minutes.get(each.slot)) for each in kit.specimens_of(code)
    )
    done = Procedure("inguinal", "left", "14G", "Dr. R. Haak, radiologist", 8)
    sheet = Sheet(lines, "binder 3", "Dr. R. Haak, radiologist", True, "system_down", done)
    late = replace(lines[0], minutes_to_medium=90)
    with pytest.raises(BadInput) as wrong:
        paper.enter(nora, code, replace(sheet, lines=(late, *lines[1:])))
    assert wrong.value.fields == {f"at_{late.tube}": "time_in_future"}
    paper.enter(nora, code, sheet)
    assert of_slot(code, "LN_RNA").moments["in_medium"] == at + 9 * MINUTE
    assert of_slot(code, "LN_FFPE").moments["in_medium"] == at
    assert verify(lambda *_: None).sound


def test_children_of_formalin_carry_the_bedside_on(chain: Chain) -> None:
    pot = chain.received("lymph_node")["LN_FFPE"][0]
    batch = chain.batch([pot])
    chain.wait(20 * 60)
    chain.step(batch, "fixation_ended")
    (block,) = derivative.derive(chain.cast.mei, "ln_block", [Yield(pot.code, 1)], batch=batch, used_up=True)
    assert lineage.sprec_of(now(block)) == "TIS-BPS-N-A-NBF-E-X"
    assert {name: str(each.state) for name, each in clocks(pot.code).items()} == {"fixation": "met"}
    steps = {each.step.code: each.at for each in section(chain, block.code).milestones}
    assert steps["collected"] and steps["received"] and steps["processed"]
    assert steps["collected"].at_ms < steps["received"].at_ms < steps["processed"].at_ms

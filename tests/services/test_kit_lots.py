"""Lots of containers: recorded with the procedure or later, chosen again, flagged where expired; never in the way."""

import pytest
import time_machine

from specimens.documents.canonical import custody_digest
from specimens.documents.custody import custody_pdf
from specimens.domain.errors import BadInput, NotFound, NotPermitted
from specimens.domain.specimen import Specimen
from specimens.models.base import db
from specimens.models.ledger import LedgerEntry, SealedText
from specimens.services import (
    collection,
    correction,
    derivative,
    kit,
    kit_lots,
    report,
    specimen,
    visit,
    visit_plan,
)
from specimens.services.derivative import Yield
from specimens.services.kit_lots import Lot, read_lot
from specimens.services.report_scope import ReportScope
from specimens.services.report_voice import Voice
from specimens.services.study import protocol_of
from specimens.services.verify import verify
from tests.cast import Cast
from tests.documents.test_custody import pages_of
from tests.history import History
from tests.services.bedside import acts
from tests.services.chain import Chain, in_oslo, now

RNALATER = Lot("rnalater_tube", "RL 22195840", "2027-03")
FORMALIN = Lot("formalin_pot", "NBF, 7", "2026-03")  # expires at the end of the month in which the tests live
OLD = Lot("cs10_vial", "CS-1", "2026-02")


def recorded(cast: Cast, code: str, *lots: Lot, pieces: int = 8, **said: str) -> None:
    kit.record_procedure(
        cast.nora, code, body_site="inguinal", side="left", device="14G", performed_by="Dr. R. Haak",
        pieces=pieces, lots=lots, **said,
    )  # fmt: skip


def begun(cast: Cast, made: History) -> str:
    code = made.kits["lymph_node"]
    kit.begin(cast.nora, code)
    return code


def of_slot(code: str, slot: str) -> Specimen:
    return next(each for each in kit.specimens_of(code) if each.slot == slot)


def flagged(code: str) -> set[str]:
    return {each.slot for each in kit.specimens_of(code) if "expired_lot" in each.flags}


def test_lots_are_recorded_with_the_procedure_and_an_expired_one_flags_its_tubes(
    cast: Cast, visit_open: History
) -> None:
    code = begun(cast, visit_open)
    recorded(cast, code, RNALATER, FORMALIN, OLD)
    assert kit_lots.of_kit(code) == {each.container: each for each in (RNALATER, FORMALIN, OLD)}
    assert kit_lots.over_of(cast.nora, code, (RNALATER, OLD)) == ("cs10_vial",)
    assert flagged(code) == {"LN_CRYO"}
    for each in kit.get(cast.nora, code).outstanding:
        assert collection.collect(cast.nora, code, each.code, None).verdict == "ok"
    assert flagged(code) == {"LN_CRYO"}
    core = of_slot(code, "LN_RNA")
    assert specimen.get(cast.mei, core.code).lot == RNALATER
    assert specimen.get(cast.mona, core.code).lot == Lot("rnalater_tube", None, "2027-03")
    assert specimen.get(cast.mei, of_slot(code, "LN_OCT").code).lot is None
    view = visit.get(cast.nora, visit_open.visit)
    protocol = protocol_of(cast.study)
    bare = kit_lots.missing(protocol, view.of(code), kit_lots.of_kit(code))
    assert bare == ("rpmi_tube", "oct_mould", "culture_tube")
    assert kit_lots.missing(protocol, view.of(visit_open.kits["blood"]), {}) == ()
    assert verify(lambda *_: None).sound


def test_the_number_is_sealed_and_stands_in_the_report(cast: Cast, visit_open: History) -> None:
    code = begun(cast, visit_open)
    recorded(cast, code, RNALATER, FORMALIN)
    collection.collect(cast.nora, code, of_slot(code, "LN_RNA").code, None)
    body = db.session.query(LedgerEntry.body).filter_by(act="lots_recorded").one()[0]
    assert b"22195840" not in body and b"2027-03" in body
    assert db.session.query(SealedText.text).filter_by(name="lots").one()[0] == (
        "rnalater_tube: RL 22195840, 2027-03\nformalin_pot: NBF, 7, 2026-03"
    )
    scope = ReportScope("specimen", of_slot(code, "LN_RNA").code)
    told = report.preview(cast.ada, scope)
    (event,) = [each for each in told.events if each.act.code == "lots_recorded"]
    assert event.note and event.note.text and "rnalater_tube: RL 22195840, 2027-03" in event.note.text
    printed = "\n".join(pages_of(custody_pdf(told)))
    assert "tube with RNAlater: RL 22195840, expires 03/2027" in " ".join(printed.split())
    assert "rnalater_tube:" not in printed
    dutch = report.preview(
        cast.ada, scope, Voice("nl", lambda code: {"lot_expires": "houdbaar tot"}.get(code, code))
    )
    (event,) = [each for each in dutch.events if each.act.code == "lots_recorded"]
    assert event.note and "buis met RNAlater: RL 22195840, houdbaar tot 03/2027" in (
        event.note.printed_as or ""
    )
    assert custody_digest(dutch) == custody_digest(told)
    monitored = report.preview(cast.mona, scope)
    (event,) = [each for each in monitored.events if each.act.code == "lots_recorded"]
    assert event.note and "22195840" not in (event.note.text or "")
    assert custody_digest(told) == custody_digest(report.preview(cast.ada, scope))


def test_they_are_added_later_and_what_is_recorded_again_counts(
    cast: Cast, visit_open: History, clock: time_machine.Traveller
) -> None:
    code = begun(cast, visit_open)
    recorded(cast, code, OLD)
    for each in kit.get(cast.nora, code).outstanding:
        collection.collect(cast.nora, code, each.code, None)
    kit.finish(cast.nora, code)
    clock.shift(40 * 86_400)  # April: what counts is the day of the procedure
    right = Lot("cs10_vial", "CS-2", "2026-03")
    for _twice in range(2):
        kit_lots.record(cast.nora, code, [right, RNALATER], key="l")
    assert flagged(code) == set()
    assert kit_lots.of_kit(code) == {"cs10_vial": right, "rnalater_tube": RNALATER}
    kit_lots.record(cast.nils, code, [Lot("rnalater_tube", "RL 1", "2025-12")])
    assert flagged(code) == {"LN_RNA"}
    assert acts(code).count("lots_recorded") == 3
    asked = {each.container: each for each in kit_lots.asked(cast.nora, protocol_of(cast.study), code)}
    assert [each.number for each in asked["rnalater_tube"].offered] == ["RL 1", "RL 22195840"]
    assert asked["rnalater_tube"].recorded == Lot("rnalater_tube", "RL 1", "2025-12")
    assert asked["oct_mould"].offered == () and asked["oct_mould"].recorded is None
    assert verify(lambda *_: None).sound


def test_blood_has_containers_with_lots_too(cast: Cast, visit_open: History) -> None:
    code = visit_open.kits["blood"]
    kit.begin(cast.nora, code)
    for each in visit_open.tubes:
        collection.collect(cast.nora, code, each, None)
    protocol = protocol_of(cast.study)
    assert kit_lots.missing(protocol, kit.specimens_of(code), kit_lots.of_kit(code)) == ("paxgene_rna",)
    kit_lots.record(cast.nora, code, [Lot("paxgene_rna", "P9")])
    assert kit_lots.missing(protocol, kit.specimens_of(code), kit_lots.of_kit(code)) == ()
    assert kit_lots.of_kit(code)["paxgene_rna"].said == "P9"


def test_another_site_is_offered_nothing_and_records_nothing(cast: Cast, visit_open: History) -> None:
    code = begun(cast, visit_open)
    recorded(cast, code, RNALATER)
    with pytest.raises(NotPermitted):
        kit_lots.record(cast.mei, code, [RNALATER])
    with pytest.raises((NotFound, NotPermitted)):
        kit_lots.record(cast.ola, code, [RNALATER])
    asked = kit_lots.asked(in_oslo(cast), protocol_of(cast.study), code)
    assert all(each.offered == () for each in asked)


@pytest.mark.parametrize(
    ("lot", "said"),
    [
        (Lot("rnalater_tube", ""), "lot_needed"),
        (Lot("rnalater_tube", "x" * 41), "lot_unusable"),
        (Lot("rnalater_tube", "A\x07B"), "lot_unusable"),
        (Lot("rnalater_tube", "A\nformalin_pot: B"), "lot_unusable"),
        (Lot("rnalater_tube", "A", "2027-13"), "lot_month"),
        (Lot("rnalater_tube", "A", "03/2027"), "lot_month"),
        (Lot("sst", "A"), "choose_one"),
    ],
)
def test_what_is_no_lot_is_refused_at_its_field(cast: Cast, visit_open: History, lot: Lot, said: str) -> None:
    code = begun(cast, visit_open)
    for work in (lambda: recorded(cast, code, lot), lambda: kit_lots.record(cast.nora, code, [lot])):
        with pytest.raises(BadInput) as wrong:
            work()
        assert wrong.value.fields == {f"lot_{lot.container}": said}
    assert acts(code) == ["kit_planned", "kit_opened", "identity_attested"]
    with pytest.raises(BadInput, match="lots_none"):
        kit_lots.record(cast.nora, code, [])


@pytest.mark.parametrize("lot", [RNALATER, FORMALIN, Lot("oct_mould", "A: B"), Lot("oct_mould", "7")])
def test_a_lot_is_read_as_it_was_written(lot: Lot) -> None:
    assert read_lot(lot.container, lot.said) == lot


def test_the_container_that_was_used_decides_about_the_flag(cast: Cast, visit_open: History) -> None:
    code = begun(cast, visit_open)
    recorded(cast, code, OLD, RNALATER)
    core, vial = of_slot(code, "LN_RNA"), of_slot(code, "LN_CRYO")
    said = {"reason": "out_of_stock"}
    other = collection.collect(cast.nora, code, core.code, None, container="cs10_vial", **said)
    assert "flag_expired_lot" in other.facts["warnings"]
    collection.collect(cast.nora, code, vial.code, None, container="cryovial", **said)
    assert flagged(code) == {"LN_RNA"}
    entry = next(
        each.entry for each in correction.correctable(cast.nora, vial.code) if each.field == "container"
    )
    correction.correct(cast.nora, vial.code, entry, {"container": "cs10_vial"}, reason="typing_error")
    assert flagged(code) == {"LN_RNA", "LN_CRYO"}


def test_a_tube_that_comes_later_is_flagged_too(cast: Cast, visit_open: History) -> None:
    code = begun(cast, visit_open)
    recorded(cast, code, OLD, pieces=4)
    assert flagged(code) == set()  # the yield does not reach it
    recorded(cast, code, pieces=8, correction="typing_error")
    assert flagged(code) == {"LN_CRYO"}
    added = visit_plan.add_specimen(cast.nora, code, "LN_CRYO", reason="tube_rejected")
    assert "expired_lot" in added.flags


def test_what_was_made_from_it_hears_of_it(cast: Cast, clock: time_machine.Traveller) -> None:
    chain = Chain(cast, clock)
    pot = chain.received("lymph_node")["LN_FFPE"][0]
    (block,) = derivative.derive(cast.mei, "ln_block", [Yield(pot.code, 1)])
    assert pot.kit
    kit_lots.record(cast.nora, pot.kit, [Lot("formalin_pot", "NBF 6", "2025-01")])
    assert "expired_lot" in now(pot).flags and "expired_lot" in now(block).flags
    assert verify(lambda *_: None).sound

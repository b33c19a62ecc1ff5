"""Labels of specimens: printed once without a word, again only with a reason, and live once scanned back."""

from io import BytesIO

import pikepdf
import pytest
import time_machine
from sqlalchemy import func, select

from specimens.domain.errors import BadInput, Conflict, NotFound, NotPermitted, Refused
from specimens.domain.specimen import Specimen
from specimens.domain.terms import Kind
from specimens.models.base import db
from specimens.models.ledger import LedgerEntry
from specimens.services import label, label_kit, label_stock, tenancy, visit
from specimens.services.entries import entries_of
from specimens.services.label import Again
from specimens.services.label_stock import Choice
from specimens.services.record import writing
from tests import history
from tests.cast import Cast
from tests.labels.rendering import pages, scanned, texts
from tests.tubes import kit_of

A4 = Choice("a4_21", 300)
ROLL = Choice("roll_50", 203)


@pytest.fixture
def cast(cast: Cast, clock: object) -> Cast:
    return cast


def _specimen(cast: Cast, code: str) -> Specimen:
    specimen: Specimen = tenancy.load(Kind.SPECIMEN, code, cast.nora)
    return specimen


def _acts(code: str) -> list[str]:
    return [each.act for each in entries_of(db.session(), Kind.SPECIMEN, code)]


def _entries() -> int:
    return int(db.session.execute(select(func.count(LedgerEntry.id))).scalar_one())


def _print(cast: Cast, kit: str, choice: Choice = A4, **more: object) -> label.Printed:
    return label.print_set(cast.nora, label.label_set(cast.nora, "kit", kit), choice, **more)


def test_the_labels_of_a_kit_are_printed_in_order_and_written_down(cast: Cast) -> None:
    kit, tubes = kit_of(cast, cast.nora, 7, collected=False)
    printed = _print(cast, kit)
    assert printed.codes == tuple(tubes)
    (picture,) = pages(printed.pdf, 300)
    assert set(scanned(picture)) == set(tubes)
    (told,) = texts(printed.pdf)
    assert [told.index(f"{code[:4]} {code[4:]}") for code in tubes] == sorted(
        told.index(f"{code[:4]} {code[4:]}") for code in tubes
    )
    for code in tubes:
        specimen = _specimen(cast, code)
        assert (specimen.label_generation, specimen.label_live) == (1, False)
        entry = entries_of(db.session(), Kind.SPECIMEN, code)[-1]
        assert entry.act == "label_printed"
        assert dict(entry.facts) == {"generation": 1, "stock": "a4_21", "dpi": 300}


def test_a_label_shows_the_participants_code_and_nothing_that_identifies(cast: Cast) -> None:
    kit, tubes = kit_of(cast, cast.nora, 1, collected=False)
    specimen = _specimen(cast, tubes[0])
    (told,) = texts(_print(cast, kit).pdf)
    assert f"{specimen.participant[:4]} {specimen.participant[4:]}" in told
    participant = tenancy.load(Kind.PARTICIPANT, specimen.participant, cast.nora)
    assert participant.subject_number not in told
    assert cast.nora.name not in told


def test_once_everything_is_printed_there_is_nothing_left_to_print(cast: Cast) -> None:
    kit, _ = kit_of(cast, cast.nora, 2, collected=False)
    _print(cast, kit)
    before = _entries()
    with pytest.raises(Refused) as refused:
        _print(cast, kit)
    assert refused.value.code == "label_nothing_to_print"
    assert _entries() == before


def test_a_label_is_printed_again_with_a_reason_and_the_old_one_is_retired(cast: Cast) -> None:
    kit, tubes = kit_of(cast, cast.nora, 3, collected=False)
    _print(cast, kit)
    label.confirm(cast.nora, "kit", kit, tubes[0], None)
    assert _specimen(cast, tubes[0]).label_live
    printed = _print(cast, kit, again=Again(frozenset(tubes[:1]), "printer_fault", ""))
    assert printed.codes == (tubes[0],)
    specimen = _specimen(cast, tubes[0])
    assert (specimen.label_generation, specimen.label_live) == (2, False)
    assert _acts(tubes[0])[-2:] == ["label_retired", "label_printed"]
    assert [each.reason for each in entries_of(db.session(), Kind.SPECIMEN, tubes[0])[-2:]] == [
        "printer_fault"
    ] * 2
    assert _specimen(cast, tubes[1]).label_generation == 1


@pytest.mark.parametrize("reason", [None, ""])
def test_no_reprint_without_a_reason(cast: Cast, reason: str | None) -> None:
    kit, tubes = kit_of(cast, cast.nora, 1, collected=False)
    _print(cast, kit)
    before = _entries()
    with pytest.raises(Refused) as refused:
        _print(cast, kit, again=Again(frozenset(tubes), reason))
    assert refused.value.code == "reason_needed"
    assert _entries() == before


def test_a_reason_comes_from_the_protocol_or_in_words_that_are_sealed(cast: Cast) -> None:
    kit, tubes = kit_of(cast, cast.nora, 1, collected=False)
    _print(cast, kit)
    for reason, note in (("because", ""), ("other", "")):
        with pytest.raises(BadInput):
            _print(cast, kit, again=Again(frozenset(tubes), reason, note))
    with pytest.raises(BadInput) as refused:
        _print(cast, kit, again=Again(frozenset(tubes), "other", "born 01-02-1980"))
    assert refused.value.fields == {"note": "text_birth_date"}
    _print(cast, kit, again=Again(frozenset(tubes), "other", "The roll was upside down"))
    retired = next(e for e in entries_of(db.session(), Kind.SPECIMEN, tubes[0]) if e.act == "label_retired")
    assert retired.opened == {"reason": "The roll was upside down"}
    row = db.session.execute(select(LedgerEntry.body).where(LedgerEntry.act == "label_retired")).scalar_one()
    assert b"upside down" not in bytes(row)


def test_the_same_form_sent_twice_prints_the_same_labels_and_writes_once(cast: Cast) -> None:
    kit, tubes = kit_of(cast, cast.nora, 3, collected=False)
    first = _print(cast, kit, key="one form")
    before = _entries()
    again = _print(cast, kit, key="one form")
    assert again.codes == first.codes == tuple(tubes)
    assert again.pdf == first.pdf
    assert _entries() == before
    with pytest.raises(Conflict):
        _print(cast, kit, Choice("a4_21", 300, 5), key="one form")


def test_two_people_who_print_at_once_make_one_generation(cast: Cast) -> None:
    kit, tubes = kit_of(cast, cast.nora, 1, collected=False)
    seen_by_nils = label.label_set(cast.nils, "kit", kit)
    _print(cast, kit)
    with pytest.raises(Refused) as refused:
        label.print_set(cast.nils, seen_by_nils, A4)
    assert refused.value.code == "label_printed_meanwhile"
    assert _specimen(cast, tubes[0]).label_generation == 1


def test_only_what_the_stock_takes_is_printed_and_the_rest_waits(cast: Cast) -> None:
    kit, tubes = kit_of(cast, cast.nora, 1, procedure="lymph_node", slot="LN_FLOW", collected=False)
    _, vials = kit_of(cast, cast.nora, 1, procedure="lymph_node", slot="LN_CRYO", collected=False)
    assert _print(cast, kit, ROLL).codes == tuple(tubes)
    with pytest.raises(Refused) as refused:
        label.print_set(cast.nora, label.label_set(cast.nora, "specimen", vials[0]), ROLL)
    assert refused.value.code == "label_nothing_to_print"
    printed = label.specimens_pdf(cast.nora, vials, Choice("roll_33", 203))
    assert printed.codes == tuple(vials)


def test_a_label_that_does_not_fit_is_not_written_down_as_printed(cast: Cast) -> None:
    kit, tubes = kit_of(cast, cast.nora, 1, collected=False)
    for choice, field in (
        (Choice("a4_21", 300, 22), "start"),
        (Choice("a4_21", 203), "stock"),
        (Choice("nothing", 300), "stock"),
    ):
        with pytest.raises(BadInput) as refused:
            _print(cast, kit, choice)
        assert list(refused.value.fields) == [field]
    with pytest.raises(BadInput):
        label.specimens_pdf(cast.nora, tubes, Choice("roll_33", 203))
    assert _acts(tubes[0]) == ["planned"]


def test_a_whole_baseline_visit_prints_and_every_code_reads(cast: Cast) -> None:
    made: list[str] = []
    for procedure, slots in (
        ("blood", ["SST", "HEP", "HEP", "HEP", "HEP", "EDTA", "PAX"]),
        ("lymph_node", ["LN_FLOW", "LN_OCT", "LN_RNA", "LN_STROMA", "LN_FFPE", "LN_CRYO"]),
        ("synovium", ["SYN_FFPE", "SYN_CRYO", "SYN_CRYO", "SYN_RNA", "SYN_RNA", "SYN_OCT", "SYN_OCT"]),
    ):
        for slot in slots:
            kit, tubes = kit_of(cast, cast.nora, 1, procedure=procedure, slot=slot, collected=False)
            made += tubes
    assert len(made) == 20
    printed = label.specimens_pdf(cast.nora, made, Choice("a4_21", 300, 2))
    (picture,) = pages(printed.pdf, 300)
    assert sorted(set(scanned(picture))) == sorted(made)
    for language in ("en", "nl"):
        pdf = label_kit.kit_sheet(cast.nora, kit, language=language).pdf
        assert kit in scanned(pages(pdf, 300)[0])


def test_labels_come_in_the_readers_language(cast: Cast) -> None:
    kit, _ = kit_of(cast, cast.nora, 1, collected=False)
    (told,) = texts(_print(cast, kit, language="nl").pdf)
    assert "Afgenomen" in told
    assert "Collected" not in told


@pytest.mark.parametrize("login", ["luis", "mona", "ada", "adam"])
def test_who_neither_collects_nor_works_at_the_bench_prints_nothing(cast: Cast, login: str) -> None:
    kit, tubes = kit_of(cast, cast.nora, 1, collected=False)
    with pytest.raises(NotPermitted):
        label.label_set(cast.actors[login], "kit", kit)
    with pytest.raises(NotPermitted):
        label.specimens_pdf(cast.actors[login], tubes, A4)
    with pytest.raises(NotPermitted):
        label_kit.kit_sheet(cast.actors[login], kit)
    with pytest.raises(NotPermitted):
        label.confirm(cast.actors[login], "kit", kit, tubes[0], None)


def test_another_site_sees_no_label(cast: Cast) -> None:
    kit, tubes = kit_of(cast, cast.nora, 1, collected=False)
    for ask in (
        lambda: label.label_set(cast.ola, "kit", kit),
        lambda: label.label_set(cast.ola, "specimen", tubes[0]),
        lambda: label.specimens_pdf(cast.ola, tubes, A4),
        lambda: label_kit.kit_sheet(cast.ola, kit),
        lambda: label.confirm(cast.ola, "kit", kit, tubes[0], None),
    ):
        with pytest.raises(NotFound):
            ask()


def test_what_has_ended_needs_no_label(cast: Cast) -> None:
    kit, tubes = kit_of(cast, cast.nora, 2, collected=False)
    with writing(cast.nora) as op:
        op.append(Kind.SPECIMEN, tubes[0], "not_collected", reason="no_vein")
    assert label.label_set(cast.nora, "kit", kit).codes == (tubes[1],)
    assert _print(cast, kit).codes == (tubes[1],)


def test_a_kit_sheet_is_written_down_each_time_and_once_per_form(cast: Cast) -> None:
    kit, tubes = kit_of(cast, cast.nora, 7, collected=False)
    first = label_kit.kit_sheet(cast.nora, kit, key="one form")
    assert label_kit.kit_sheet(cast.nora, kit, key="one form").pdf == first.pdf
    label_kit.kit_sheet(cast.nora, kit)
    entries = [each.act for each in entries_of(db.session(), Kind.KIT, kit)]
    assert entries.count("sheet_printed") == 2
    (told,) = texts(first.pdf)
    assert all(f"{code[:4]} {code[4:]}" in told for code in tubes)
    assert "Nora de Wit" in told
    assert "2 Mar 2026 09:00 CET" in told


def test_a_kit_sheet_and_its_labels_come_in_one_file(cast: Cast) -> None:
    kit, tubes = kit_of(cast, cast.nora, 3, collected=False)
    printed = label_kit.kit_pdf(cast.nora, kit, A4, key="one form")
    assert printed.codes == tuple(tubes)
    with pikepdf.open(BytesIO(printed.pdf)) as pdf:
        assert len(pdf.pages) == 2
    assert label_kit.kit_pdf(cast.nora, kit, A4, key="one form").pdf == printed.pdf


def test_the_offers_name_stock_and_printer_and_the_fullest_come_first(cast: Cast) -> None:
    offered = label_stock.offers({"blood_tube", "cryovial"}, "nl")
    assert offered[0].value == "a4_21@300"
    assert {each.value for each in offered} >= {"roll_50@203", "roll_50@300", "roll_33@203"}
    assert offered[0].text.startswith("A4-vel")
    for value in ("", "roll_50", "roll_50@72", "roll_50@", "roll_50@9999999999999", "nothing@300"):
        with pytest.raises(BadInput):
            label_stock.chosen(cast.nora, value)


@pytest.mark.parametrize("language", ["en", "nl"])
def test_every_kit_of_a_real_baseline_visit_prints_in_both_languages(
    cast: Cast, clock: time_machine.Traveller, language: str
) -> None:
    who = history.enrolled(cast, clock)
    opening = visit.open_visit(cast.nora, who, "BL")
    assert len(opening.kits) == 3
    for each in opening.kits:
        (told,) = texts(label_kit.kit_sheet(cast.nora, each.code, language=language).pdf)
        codes = label.label_set(cast.nora, "kit", each.code).codes
        printed = _print(cast, each.code, language=language)
        assert printed.codes == codes
        assert set(scanned(pages(printed.pdf, 300)[0])) == set(codes)
        assert all(f"{code[:4]} {code[4:]}" in told for code in codes)
        # The joint that was answered as active at baseline is the one to take tissue from.
        assert ("wrist left" in told or "pols links" in told) == (each.procedure == "synovium")
        assert ("61 ml" in told) == (each.procedure == "blood")

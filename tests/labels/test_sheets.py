"""The A4 sheets: a kit of any size on as many pages as it takes, and the sheet of a station."""

from dataclasses import replace
from io import BytesIO

import pikepdf
import pytest

from labels.errors import LabelError
from labels.join import joined
from labels.kit_content import KitRow, KitSheet, StationSheet
from labels.kit_sheet import kit_sheet_pdf
from labels.station_sheet import station_sheet_pdf
from specimens.domain.identifiers import COMMANDS, is_identifier
from tests.labels.rendering import identifiers, ink, pages, scanned, texts

COMMAND_WORDS = tuple((code, word.replace("_", " ")) for code, word in COMMANDS.items())


def _sheet(count: int, **more: object) -> KitSheet:
    new = identifiers(count)
    rows = tuple(
        KitRow(
            "pot with neutral buffered formalin", f"FORMALIN, core {number}", new(), "gold",
            "Into formalin; fix 16–32 h; over a weekend into 70 % ethanol.", "fixed 16–32 h",
        )
        for number in range(count)
    )  # fmt: skip
    sheet = KitSheet(
        new(), new(), "BEL-SLE", "BL · Baseline, before the first dose", "Blood draw",
        "16 Feb 2026 – 2 Mar 2026", rows, COMMAND_WORDS, "1.0", "Printed 2 Mar 2026 09:00 CET by Nora de Wit",
    )  # fmt: skip
    return replace(sheet, **more)


def test_a_kit_of_seven_fits_one_page_with_its_spares() -> None:
    sheet = _sheet(7)
    pdf = kit_sheet_pdf(sheet, check=is_identifier)
    (told,) = texts(pdf)
    assert "page 1 of 1" in told
    assert told.count("Extra container") == 3
    for row in sheet.rows:
        assert f"{row.identifier[:4]} {row.identifier[4:]}" in told
    for said in (sheet.study, sheet.visit, sheet.window, sheet.made, "protocol 1.0"):
        assert said in told


def test_the_twenty_containers_of_a_baseline_visit_go_over_two_pages_and_lose_nothing() -> None:
    sheet = _sheet(20)
    pdf = kit_sheet_pdf(sheet, check=is_identifier)
    told = texts(pdf)
    assert len(told) == 2
    assert "page 2 of 2" in told[1]
    for row in sheet.rows:
        printed = f"{row.identifier[:4]} {row.identifier[4:]}"
        assert sum(printed in page for page in told) == 1
    for picture in pages(pdf, 300):
        left, top, right, bottom = (edge * 25.4 / 300 for edge in ink(picture))
        assert left >= 11.5
        assert right <= 198.5
        assert top >= 8
        assert bottom <= 292


def test_the_kit_and_the_commands_are_scanned_from_the_sheet_and_no_tube_is() -> None:
    sheet = _sheet(7)
    for dpi in (300, 600):
        (picture,) = pages(kit_sheet_pdf(sheet, check=is_identifier), dpi)
        assert set(scanned(picture)) == {sheet.identifier, *COMMANDS}


def test_the_commands_stand_thirty_millimetres_apart() -> None:
    (picture,) = pages(kit_sheet_pdf(_sheet(3), check=is_identifier), 300)
    foot = picture.crop((0, int(264 * 300 / 25.4), picture.width, int(274.6 * 300 / 25.4)))
    dark = [min(foot.getpixel((x, y)) for y in range(foot.height)) < 128 for x in range(foot.width)]
    gaps, light = [], 0
    for black in dark[dark.index(True) : len(dark) - dark[::-1].index(True)]:
        if black:
            if light > 200:
                gaps.append(light * 25.4 / 300)
            light = 0
        else:
            light += 1
    assert len(gaps) == 4
    assert min(gaps) >= 30


def test_a_sheet_speaks_dutch() -> None:
    (told,) = texts(kit_sheet_pdf(_sheet(2, language="nl"), check=is_identifier))
    assert "Deelnemer" in told
    assert "pagina 1 van 1" in told
    assert "Participant" not in told


def test_notes_stand_above_the_containers_and_push_them_down() -> None:
    note = "Body site ________  L ☐  R ☐   Pieces obtained ____   " * 4
    with_notes = kit_sheet_pdf(_sheet(14, notes=(note, note)), check=is_identifier)
    assert len(texts(with_notes)) == 2
    assert texts(with_notes)[0].count("Pieces obtained") == 8


@pytest.mark.parametrize("field", ["identifier", "participant"])
def test_a_sheet_takes_identifiers_alone(field: str) -> None:
    with pytest.raises(LabelError, match="is not an identifier"):
        kit_sheet_pdf(_sheet(2, **{field: "J. Jansen"}), check=is_identifier)


@pytest.mark.parametrize(
    ("field", "code"),
    [
        ("study", "label_text_cut"), ("window", "label_text_cut"), ("visit", "label_text_cut"),
        ("made", "label_text_cut"),
    ],
)  # fmt: skip
def test_a_sheet_cuts_nothing(field: str, code: str) -> None:
    with pytest.raises(LabelError) as refused:
        kit_sheet_pdf(_sheet(2, **{field: "W" * 119}), check=is_identifier)
    assert refused.value.code == code


def test_a_handling_of_ten_thousand_characters_is_refused() -> None:
    sheet = _sheet(1)
    row = replace(sheet.rows[0], handling="word " * 2000)
    with pytest.raises(LabelError, match="600 at most"):
        kit_sheet_pdf(replace(sheet, rows=(row,)), check=is_identifier)


def test_a_row_too_high_for_a_page_is_refused() -> None:
    sheet = _sheet(1)
    row = replace(sheet.rows[0], handling="word " * 100, clock="an hour and " * 49)
    pdf = kit_sheet_pdf(replace(sheet, rows=(row, row)), check=is_identifier)
    for picture in pages(pdf, 150):
        assert ink(picture)[3] * 25.4 / 150 <= 292


def test_the_same_sheet_gives_the_same_bytes() -> None:
    assert kit_sheet_pdf(_sheet(7), check=is_identifier) == kit_sheet_pdf(_sheet(7), check=is_identifier)


def test_a_station_sheet_gives_its_station_and_every_command() -> None:
    commands = tuple((code, word, "What it does, in a sentence.") for code, word in COMMAND_WORDS)
    sheet = StationSheet(identifiers(9)(), "Clinic room 3", "AMS", commands, "Printed by Nora de Wit")
    pdf = station_sheet_pdf(sheet, check=is_identifier)
    (picture,) = pages(pdf, 300)
    assert set(scanned(picture)) == {sheet.identifier, *COMMANDS}
    (told,) = texts(pdf)
    assert "Clinic room 3" in told
    assert all(word in told for _, word in COMMAND_WORDS)
    with pytest.raises(LabelError):
        station_sheet_pdf(replace(sheet, name="W" * 100), check=is_identifier)


def test_every_paper_asks_to_be_printed_at_its_actual_size() -> None:
    one = kit_sheet_pdf(_sheet(1), check=is_identifier)
    for paper in (one, joined([one, one])):
        with pikepdf.open(BytesIO(paper)) as pdf:
            assert pdf.Root.ViewerPreferences.PrintScaling == "/None"
    assert joined([one, one]) == joined([one, one])

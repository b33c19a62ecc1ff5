"""The manifest and the downtime sheet, read back."""

import io
from dataclasses import replace

import pypdfium2
import pytest
import zxingcpp

from specimens.documents.manifest import manifest_pdf
from specimens.documents.sheet_records import (
    Manifest,
    ManifestLine,
    Party,
    SheetHead,
    Worksheet,
    WorksheetLine,
)
from specimens.documents.worksheet import worksheet_pdf
from tests.documents.custody_records import NORA, TUBE, moment
from tests.documents.test_custody import ATTACKS, pages_of

HEAD = SheetHead("belimumab_sle", "Belimumab in SLE", "D2C9J5RV", moment(), NORA, "0.1.0")


def _manifest(count: int = 3, **more: object) -> Manifest:
    lines = tuple(
        ManifestLine(f"C4K7{number:04d}", "H9K2T0PX", "BL", "serum", "SST tube", "8.5 ml")
        for number in range(count)
    )
    told = Manifest(
        HEAD,
        Party("Nora de Wit", "Amsterdam", telephone="+31 20 555 0100"),
        Party("Bench", "Amsterdam"),
        lines,
    )
    return replace(told, **more)  # type: ignore[arg-type]


def _worksheet(count: int = 9, **more: object) -> Worksheet:
    line = WorksheetLine(
        "SST", "whole blood", "SST tube", TUBE, "gold", "Invert 5 times.", "Clots 30 to 60 minutes."
    )
    told = Worksheet(HEAD, "H9K2T0PX", "BL", (line,) * count, "1.2", "Amsterdam")
    return replace(told, **more)  # type: ignore[arg-type]


def test_every_tube_is_on_the_manifest_once_and_counted() -> None:
    text = "\n".join(pages_of(manifest_pdf(_manifest(60))))
    for number in range(60):
        assert text.count(f"C4K7 {number:04d}") == 1
        assert f"{number + 1} of 60" in text
    assert "Tubes: 60" in text
    assert "not released yet" in text
    assert "UN3373" not in text


def test_off_campus_the_manifest_names_the_packing() -> None:
    told = _manifest(off_campus=True, released_at=moment(), list_hash="ab" * 32, earliest_deadline=moment(60))
    text = "\n".join(pages_of(manifest_pdf(told)))
    assert "UN3373" in text and "ab" * 32 in text and "14:03 CET" in text


def test_the_sheet_asks_for_what_is_typed_in_afterwards_of_a_filled_container_and_its_lot() -> None:
    core = WorksheetLine("Core 5", "lymph node tissue", "tube with RNAlater", TUBE, medium=True)
    text = " ".join("\n".join(pages_of(worksheet_pdf(_worksheet(2)))).split())
    assert "In medium" not in text and "Lot of" not in text
    told = _worksheet(lines=(core,), lots=("tube with RNAlater",))
    text = " ".join("\n".join(pages_of(worksheet_pdf(told))).split())
    assert "In medium after ____ min" in text
    assert "Lot of tube with RNAlater" in text and "Expires (month, year)" in text


def test_an_empty_list_still_prints() -> None:
    assert "no tube on this list" in "\n".join(pages_of(manifest_pdf(_manifest(0))))


@pytest.mark.parametrize("draw", [lambda: manifest_pdf(_manifest()), lambda: worksheet_pdf(_worksheet())])
def test_the_bars_scan_to_the_identifier(draw: object) -> None:
    with pypdfium2.PdfDocument(draw()) as document:  # type: ignore[operator]
        page = document[0]
        picture = page.render(scale=4).to_pil()
        page.close()
    assert [found.text for found in zxingcpp.read_barcodes(picture)] == ["D2C9J5RV"]


def test_the_downtime_sheet_has_a_row_per_tube_and_lines_for_ink() -> None:
    pages = pages_of(worksheet_pdf(_worksheet(20)))
    text = "\n".join(pages)
    assert text.count("C4K7 N2XD") == 20
    for words in ("Two identifiers checked", "Compared by a second person", "Handed to"):
        assert words in text
    assert all("Taken at" in page for page in pages if "C4K7 N2XD" in page)


@pytest.mark.parametrize("language", ["en", "nl", "nl-NL", "fr"])
def test_the_sheets_speak_the_language_of_their_reader(language: str) -> None:
    head = replace(HEAD, language=language)
    text = "\n".join(pages_of(worksheet_pdf(_worksheet(head=head))))
    assert ("Noodformulier" in text) == language.startswith("nl")
    text = "\n".join(pages_of(manifest_pdf(_manifest(head=head))))
    assert ("Overdrachtslijst" in text) == language.startswith("nl")


@pytest.mark.parametrize("name", ATTACKS)
def test_what_somebody_typed_never_breaks_a_sheet(name: str) -> None:
    typed = ATTACKS[name]
    party = Party(typed, typed, typed, typed)
    pages = pages_of(manifest_pdf(_manifest(consignor=party, consignee=party, seal=typed)))
    assert all(f"page {number} of {len(pages)}" in page for number, page in enumerate(pages, start=1))
    assert len(io.BytesIO(worksheet_pdf(_worksheet(visit=typed, site=typed))).getvalue()) > 1000

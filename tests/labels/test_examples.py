"""What the library's documentation shows is run, and every public way in shows something."""

import doctest
from importlib import import_module
from pkgutil import iter_modules

import pytest

import labels

MODULES = [
    "labels",
    *(f"labels.{each.name}" for each in iter_modules(labels.__path__) if each.name != "__main__"),
]
WAYS_IN = [
    "sheet.labels_pdf", "zpl.labels_zpl", "picture.labels_png", "svg.labels_svg", "calibration.calibration_pdf",
    "calibration.calibration_zpl", "stock.stocks", "layout.layout", "layout.names", "symbols.data_matrix",
    "symbols.code_128", "identifier.is_identifier", "personal.looks_like", "faces.width_mm",
    "kit_sheet.kit_sheet_pdf", "station_sheet.station_sheet_pdf", "read.read_photo", "read.read_codes",
    "read.read_text", "rack.read_rack", "content_file.read_content", "join.joined", "symbols.qr_code", "own.problems",
    "symbols.values",
]  # fmt: skip


@pytest.mark.parametrize("name", MODULES)
def test_examples_come_true(name: str) -> None:
    assert doctest.testmod(import_module(name)).failed == 0


@pytest.mark.parametrize("way", WAYS_IN)
def test_every_way_in_has_an_example(way: str) -> None:
    module, name = way.split(".")
    assert ">>>" in getattr(import_module(f"labels.{module}"), name).__doc__

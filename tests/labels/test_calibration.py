"""Where labels come on a sheet: the calibration page, offsets, used cells, and what a site has of its own."""

from pathlib import Path

import pytest

from labels import layout, stock
from labels.calibration import calibration_pdf, calibration_zpl
from labels.content import CapLabel
from labels.errors import LabelError
from labels.sheet import Where, labels_pdf
from labels.zpl import labels_zpl
from specimens.domain.identifiers import is_identifier
from tests.labels.own_roll import LAYOUT, stocks
from tests.labels.program import printed
from tests.labels.rendering import identifiers, ink, labels_of, pages, scanned, texts

MM = 300 / 25.4


def _black(picture: object, x: float, y: float) -> bool:
    """Say whether something is printed within 0.1 mm of a place, in mm."""
    box = (round((x - 0.1) * MM), round((y - 0.1) * MM), round((x + 0.1) * MM) + 1, round((y + 0.1) * MM) + 1)
    return picture.crop(box).getextrema()[0] < 128


@pytest.mark.parametrize("code", [code for code, each in stock.stocks().items() if each.is_sheet])
def test_the_calibration_page_outlines_every_label(code: str) -> None:
    on = stock.stock(code)
    (picture,) = pages(calibration_pdf(on, dpi=300), 300)
    for number in range(on.cells):
        x, y = on.corner(number)
        width, height = on.cell
        for across, down in (
            (0.05, height / 2),
            (width - 0.05, height / 2),
            (width / 2, 0.05),
            (width / 2, height - 0.05),
        ):
            assert _black(picture, min(x + across, on.page[0] - 0.1), min(y + down, on.page[1] - 0.1))


@pytest.mark.parametrize("code", stock.stocks())
@pytest.mark.parametrize("language", ["en", "nl"])
def test_every_stock_has_its_page_of_rulers(code: str, language: str) -> None:
    on = stock.stock(code)
    (picture,) = pages(calibration_pdf(on, dpi=300, language=language), 300)
    for number in range(1, min(10, int(on.page[0]))):
        assert _black(picture, number + 0.07, 0.5), "a millimetre is missing"
    if not on.is_sheet:
        (job,) = printed(calibration_zpl(on, dpi=300, language=language))
        assert job.size == picture.size


def test_the_page_moves_by_its_offset_and_says_so() -> None:
    on = stock.stock("a4_21")
    (plain,), (moved,) = (
        pages(calibration_pdf(on, dpi=300, offset=by), 300) for by in ((0, 0), (1.016, -0.508))
    )
    shift = (12, -6)
    x, y = on.corner(10)
    assert _black(plain, x + 0.05, y + 20)
    assert not _black(moved, x + 0.05, y + 20)
    assert _black(moved, x + 0.05 + shift[0] / MM, y + 20)
    assert "-0,51 mm" in texts(calibration_pdf(on, dpi=300, offset=(1.016, -0.508), language="nl"))[0]


def test_used_cells_are_skipped_on_the_first_sheet_alone() -> None:
    on, new = stock.stock("a4_21"), identifiers(5)
    asked = [label for _ in range(12) for label in labels_of("blood_tube", new)][:22]
    pdf = labels_pdf(asked, on, dpi=300, check=is_identifier, start=3, used={4, 5, 21})
    first, second = pages(pdf, 300)
    assert [len(set(scanned(page))) for page in (first, second)] == [16, 6]
    empty = first.crop(tuple(round(edge * MM) for edge in (0, 53.4, 137, 91)))
    assert empty.getextrema() == (255, 255), "something stands in cell 4 or 5"
    assert ink(second)[1] < 25 * MM


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"start": 22}, "label_start"), ({"used": {0}}, "label_start"), ({"used": {22}}, "label_start"),
        ({"start": 20, "used": {20, 21}}, "label_sheet_used"), ({"offset": (11.0, 0.0)}, "label_offset"),
        ({"offset": (float("nan"), 0.0)}, "label_offset"),
    ],
)  # fmt: skip
def test_what_cannot_lie_on_the_sheet_is_refused(more: dict[str, object], code: str) -> None:
    with pytest.raises(LabelError) as refused:
        labels_pdf(
            labels_of("biopsy_container", identifiers(1)), stock.stock("a4_21"), dpi=300, check=is_identifier, **more
        )  # fmt: skip
    assert refused.value.code == code


def test_an_offset_that_pushes_a_label_off_its_roll_is_refused_with_the_millimetres() -> None:
    label = CapLabel("C4K7N2XD")
    with pytest.raises(LabelError) as refused:
        labels_zpl([label], stock.stock("roll_dot_11"), dpi=203, check=is_identifier, offset=(2.0, 0.0))
    assert refused.value.code == "label_off_page"
    assert refused.value.facts["missing_mm"] == "1.5"


_STOCK = stocks("cryovial")


def test_a_site_has_layouts_and_stocks_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "ours.toml").write_text(LAYOUT, "utf-8")
    (tmp_path / "stocks.toml").write_text(_STOCK, "utf-8")
    assert {"ours", "cryovial"} <= set(layout.names(tmp_path))
    assert "stocks" not in layout.names(tmp_path)
    asked = labels_of("cryovial", identifiers(2))[:1]
    (picture,) = pages(labels_pdf(asked, stock.stock("ours", tmp_path), dpi=300, check=is_identifier), 300)
    assert scanned(picture) == [asked[0].identifier]
    assert stock.stock("roll_33", tmp_path).layout_for("cryovial").width == 33.0
    with pytest.raises(LabelError):
        stock.stock("ours")


def test_a_layout_of_a_site_stands_before_that_of_the_library(tmp_path: Path) -> None:
    (tmp_path / "cryovial.toml").write_text(LAYOUT, "utf-8")
    assert stock.stock("roll_33", tmp_path).layout_for("cryovial").width == 30.0
    assert stock.stock("roll_33").layout_for("cryovial").width == 33.0


@pytest.mark.parametrize(
    ("own", "told"),
    [
        (_STOCK.replace("cell = [30.0, 12.0]", "cell = [31.0, 12.0]"), "leave the page by 1.0 mm"),
        (_STOCK.replace("30.0, 12.0", "29.0, 12.0"), "does not fit ours: 1.0 mm are missing"),
        (_STOCK.replace('nl = "Onze rol"', 'de = "Rolle"'), "en and nl"),
        (_STOCK.replace("dpi = [300]", ""), "stock ours: 'dpi' is missing"),
        (_STOCK.replace('"ours" }', '"none" }'), "no layout 'none'"),
        ("[ours", "Expected"),
    ],
)
def test_a_stock_that_cannot_be_right_is_refused_when_it_is_read(tmp_path: Path, own: str, told: str) -> None:
    (tmp_path / "ours.toml").write_text(LAYOUT, "utf-8")
    (tmp_path / "stocks.toml").write_text(own, "utf-8")
    with pytest.raises(ValueError, match=told):
        stock.stocks(tmp_path)


@pytest.mark.parametrize("side", [0.0, 0.3])
def test_a_round_label_has_no_corners(side: float) -> None:
    found = layout.layout("cap")
    (code,) = found.symbols
    wider = layout.Box(
        x=code.x - side, y=code.y - side, width=code.width + 2 * side, height=code.height + 2 * side
    )
    assert found.holds(wider) == (side == 0.0)


def test_the_smallest_dot_is_for_fine_printers_alone() -> None:
    assert 203 not in stock.stock("roll_dot_9").dpi
    with pytest.raises(LabelError, match="not 203"):
        Where(stock.stock("roll_dot_9"), 203).cells()

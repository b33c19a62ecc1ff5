"""The codes: always 14 × 14, on whole printer dots, never smaller than a scanner can see."""

import pytest
import zxingcpp
from PIL import Image

from labels.errors import LabelError
from labels.symbols import code_128, data_matrix, module_dots
from tests.labels.rendering import identifiers


def _picture(symbol: object, high: int = 1, scale: int = 4) -> Image.Image:
    quiet = symbol.quiet
    size = (symbol.width + 2 * quiet, symbol.height * high + 2 * quiet)
    picture = Image.new("L", size, 255)
    for x, y, width, height in symbol.bars:
        corner = (quiet + x, quiet + y * high)
        picture.paste(0, (*corner, corner[0] + width, corner[1] + height * high))
    return picture.resize((size[0] * scale, size[1] * scale), Image.Resampling.NEAREST)


def test_every_identifier_is_a_square_of_14_modules_and_reads_back() -> None:
    new = identifiers(1)
    for _ in range(300):
        code = new()
        symbol = data_matrix(code)
        assert (symbol.width, symbol.height) == (14, 14)
        assert [each.text for each in zxingcpp.read_barcodes(_picture(symbol))] == [code]


def test_an_identifier_of_digits_is_no_smaller_than_the_others() -> None:
    # Left to itself the encoder makes 12 × 12 of this one.
    assert data_matrix("X0000016").width == 14


def test_what_does_not_fit_is_no_identifier() -> None:
    with pytest.raises(ValueError, match=r"14 × 14|too long|capacity|Error"):
        data_matrix("C4K7N2XD-AND-MORE-THAN-FITS")


def test_code_128_reads_back() -> None:
    new = identifiers(2)
    for _ in range(50):
        code = new()
        read = zxingcpp.read_barcodes(_picture(code_128(code), high=30, scale=2))
        assert [(each.text, each.format) for each in read] == [(code, zxingcpp.BarcodeFormat.Code128)]


@pytest.mark.parametrize(
    ("room", "dpi", "dots"), [(9.2, 203, 4), (9.2, 300, 6), (9.2, 600, 12), (6.8, 203, 3), (6.2, 300, 4)]
)
def test_a_module_is_a_whole_number_of_dots(room: float, dpi: int, dots: int) -> None:
    symbol = data_matrix("C4K7N2XD")
    assert module_dots(symbol, room, dpi) == dots
    assert 18 * dots * 25.4 / dpi <= room


def test_a_code_too_dense_for_the_printer_is_refused_with_what_is_missing() -> None:
    with pytest.raises(LabelError) as refused:
        module_dots(data_matrix("C4K7N2XD"), 4.0, 203)
    # 18 modules of 2 dots of 0.125 mm are 4.5 mm, and 0.25 mm is the least.
    assert refused.value.code == "label_code_too_dense"
    assert refused.value.facts["missing_mm"] == "0.6"

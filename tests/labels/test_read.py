"""Reading a photograph: rotated, blurred, dim, several labels at once; and what is no photograph at all."""

import time
from io import BytesIO

import pytest
from PIL import Image, ImageEnhance, ImageFilter

from labels import content, read, sheet, stock
from labels.errors import LabelError
from specimens.domain.identifiers import is_identifier
from tests.labels.rendering import identifiers, pages


def _label(code: str) -> Image.Image:
    vial = content.CryovialLabel(code, "C4K7N2XD", "BL", "PLASMA", "2/6", "-80", "2 Mar 2026")
    (picture,) = pages(sheet.labels_pdf([vial], stock.stock("roll_33"), dpi=300, check=is_identifier), 300)
    return picture


def _photo(*labels: Image.Image, shade: int = 180) -> Image.Image:
    table = Image.new("L", (1600, 1200), shade)
    for number, label in enumerate(labels):
        table.paste(label, (150 + 520 * (number % 3), 180 + 330 * (number // 3)))
    return table


def _bytes(picture: Image.Image, form: str = "JPEG") -> bytes:
    out = BytesIO()
    picture.save(out, form)
    return out.getvalue()


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
def test_a_label_on_a_table_is_read(form: str) -> None:
    assert read.read_codes(_bytes(_photo(_label("K8R3X0TR")), form), accept=lambda text: True) == ["K8R3X0TR"]


@pytest.mark.parametrize("angle", [0, 10, 33, 90, 135, 180, 270])
def test_a_label_is_read_at_any_angle(angle: int) -> None:
    new = identifiers(angle)
    code = new()
    turned = _photo(_label(code)).rotate(angle, expand=True, fillcolor=180)
    assert read.read_codes(_bytes(turned), accept=is_identifier) == [code]


@pytest.mark.parametrize("trouble", ["blurred", "dim", "grey", "small", "large"])
def test_a_label_is_read_from_a_poor_photograph(trouble: str) -> None:
    code = identifiers(21)()
    picture = _photo(_label(code))
    match trouble:
        case "blurred":
            picture = picture.filter(ImageFilter.GaussianBlur(1.6))
        case "dim":
            picture = ImageEnhance.Brightness(picture).enhance(0.3)
        case "grey":
            picture = ImageEnhance.Contrast(picture).enhance(0.3)
        case "small":
            picture = picture.resize((800, 600))
        case "large":
            picture = picture.resize((4800, 3600))
    assert read.read_codes(_bytes(picture), accept=is_identifier) == [code]


def test_several_labels_are_read_from_left_to_right() -> None:
    new = identifiers(5)
    codes = [new() for _ in range(3)]
    picture = _photo(*(_label(code) for code in codes))
    assert read.read_codes(_bytes(picture), accept=is_identifier) == codes


def test_a_reading_that_finds_nothing_ends_within_three_seconds() -> None:
    noise = _bytes(Image.effect_noise((4000, 3000), 90))
    began = time.process_time()
    reading = read.read_photo(noise, accept=is_identifier)
    assert time.process_time() - began <= 3.0
    assert reading.codes == ()


def test_three_codes_of_which_one_is_frosted_are_read_in_time_and_say_which() -> None:
    new = identifiers(6)
    codes = [new() for _ in range(3)]
    picture = _photo(*(_label(code) for code in codes))
    began = time.process_time()
    whole = read.read_photo(_bytes(picture), accept=is_identifier)
    assert time.process_time() - began <= 3.0
    first = whole.codes[0]
    frosted = picture.copy()
    half = round(first.size / 2)
    frost = (round(first.x), round(first.y) - half, round(first.x) + half, round(first.y) + half)
    frosted.paste(235, frost)
    reading = read.read_photo(_bytes(frosted), accept=is_identifier)
    assert reading.texts == codes[1:]


def test_what_is_not_accepted_is_left_out() -> None:
    assert read.read_codes(_bytes(_photo(_label("K8R3X0TR"))), accept=lambda text: False) == []


def test_a_photograph_without_a_code_is_an_empty_answer() -> None:
    noise = Image.effect_noise((4000, 3000), 90)
    assert read.read_codes(_bytes(noise), accept=is_identifier) == []


@pytest.mark.parametrize(
    ("picture", "code"),
    [
        (b"", "photo_empty"),
        (b"not a picture", "photo_unreadable"),
        (b"\xff\xd8\xff\xe0" + b"\0" * 500, "photo_unreadable"),
        (b"%PDF-1.4", "photo_unreadable"),
        (b"GIF89a" + b"\0" * 50, "photo_unreadable"),
        (b"x" * (read.MOST_BYTES + 1), "photo_too_large"),
    ],
)
def test_what_is_no_photograph_is_told(picture: bytes, code: str) -> None:
    with pytest.raises(LabelError) as refused:
        read.read_codes(picture, accept=is_identifier)
    assert refused.value.code == code


def test_a_photograph_that_ends_half_way_is_told() -> None:
    whole = _bytes(_photo(_label("K8R3X0TR")))
    with pytest.raises(LabelError) as refused:
        read.read_codes(whole[: len(whole) // 2], accept=is_identifier)
    assert refused.value.code == "photo_unreadable"


@pytest.mark.parametrize("side", [9_000, 20_000])
def test_a_small_file_that_unfolds_into_a_huge_picture_is_refused(side: int) -> None:
    bomb = _bytes(Image.new("1", (side, side)), "PNG")
    assert len(bomb) < 1_000_000
    with pytest.raises(LabelError) as refused:
        read.read_codes(bomb, accept=is_identifier)
    assert refused.value.code == "photo_too_large"

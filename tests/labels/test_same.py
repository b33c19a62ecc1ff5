"""What is previewed is what is printed: PDF, ZPL, PNG and SVG of the same labels, dot by dot."""

import re
from io import BytesIO

import pytest
from PIL import Image, ImageChops, ImageDraw, ImageFilter

from labels.picture import labels_png
from labels.sheet import labels_pdf
from labels.stock import stock, stocks
from labels.svg import labels_svg
from labels.zpl import labels_zpl
from specimens.domain.identifiers import is_identifier
from tests.labels.program import printed
from tests.labels.rendering import identifiers, labels_of, pages

#: Every layout once on a roll, at the resolutions where dots are largest and smallest.
ONCE = {role + each.layouts[role]: (code, role) for code, each in stocks().items() for role in each.layouts}
CASES = [(code, role, dpi) for code, role in ONCE.values() for dpi in (203, 300) if dpi in stock(code).dpi]
#: A dot whose half lies on an outline may fall either way; next to none may lie further off than one dot.
MOST_STRAYS = 0.001


def _black(picture: Image.Image) -> Image.Image:
    return picture.convert("L").point(lambda shade: 255 if shade > 127 else 0)


def _strays(one: Image.Image, other: Image.Image) -> float:
    """Return the share of the black dots of both that are more than one dot away from all of the other's."""
    assert one.size == other.size
    far = total = 0
    for picture, beside in ((one, other), (other, one)):
        far += ImageChops.subtract(beside.filter(ImageFilter.MinFilter(3)), picture).histogram()[255]
        total += picture.histogram()[0]
    return far / total


@pytest.mark.parametrize(("code", "role", "dpi"), CASES)
def test_the_preview_is_the_pdf_and_the_program(code: str, role: str, dpi: int) -> None:
    on, asked = stock(code), labels_of(role, identifiers(dpi))[:2]
    pdf = [_black(page) for page in pages(labels_pdf(asked, on, dpi=dpi, check=is_identifier), dpi)]
    png = [_black(Image.open(BytesIO(page))) for page in labels_png(asked, on, dpi=dpi, check=is_identifier)]
    assert len(pdf) == len(png)
    for one, other in zip(pdf, png, strict=True):
        assert _strays(one, other) < MOST_STRAYS
    if not on.is_sheet:
        program = printed(labels_zpl(asked, on, dpi=dpi, check=is_identifier))
        for job, other in zip(program, png, strict=True):
            assert _black(job.image).tobytes() == other.tobytes()


@pytest.mark.parametrize(("code", "role"), ONCE.values())
def test_the_drawing_is_the_preview(code: str, role: str) -> None:
    on, asked, dpi = stock(code), labels_of(role, identifiers(1))[:1], 300
    (png,) = labels_png(asked, on, dpi=dpi, check=is_identifier)
    (svg,) = labels_svg(asked, on, dpi=dpi, check=is_identifier)
    assert _strays(_drawn(svg), _black(Image.open(BytesIO(png)))) < MOST_STRAYS


@pytest.mark.parametrize("offset", [(0.5, -0.4), (-0.7, 0.6)])
def test_an_offset_moves_everything_alike(offset: tuple[float, float]) -> None:
    on, asked, dpi = stock("roll_33"), labels_of("cryovial", identifiers(2))[:1], 203
    shift = tuple(round(each * dpi / 25.4) for each in offset)
    (plain,) = (
        _black(Image.open(BytesIO(each))) for each in labels_png(asked, on, dpi=dpi, check=is_identifier)
    )
    moved = Image.new("L", plain.size, 255)
    moved.paste(plain, shift)
    (png,) = labels_png(asked, on, dpi=dpi, check=is_identifier, offset=offset)
    (job,) = printed(labels_zpl(asked, on, dpi=dpi, check=is_identifier, offset=offset))
    (pdf,) = pages(labels_pdf(asked, on, dpi=dpi, check=is_identifier, offset=offset), dpi)
    for picture in (Image.open(BytesIO(png)), job.image, pdf):
        assert _strays(_black(picture), moved) < MOST_STRAYS


_PARTS = 4
_PATH = re.compile(r'<path([^>]*?) ?d="([^"]*)"([^>]*)/>')
_PIECE = re.compile(r"([MLQhvHz])([^A-Za-z]*)")


def _drawn(svg: str) -> Image.Image:
    """Draw the few shapes that an SVG of ours is made of."""
    size = tuple(int(each) for each in re.search(r'viewBox="0 0 (\d+) (\d+)"', svg).groups())
    page = Image.new("L", size, 255)
    for before, path, after in _PATH.findall(svg):
        if 'fill="#fff"' in before:
            continue
        rings = _rings(path)
        pen = re.search(r'stroke-width="([0-9.]+)"', after)
        left, top = (int(min(point[axis] for ring in rings for point in ring)) - 4 for axis in (0, 1))
        right, bottom = (int(max(point[axis] for ring in rings for point in ring)) + 5 for axis in (0, 1))
        fine = Image.new("1", ((right - left) * _PARTS, (bottom - top) * _PARTS))
        outlines = [
            [((x - left) * _PARTS - 0.5, (y - top) * _PARTS - 0.5) for x, y in ring] for ring in rings
        ]
        for corners in outlines:
            near = [int(min(point[axis] for point in corners)) - 1 for axis in (0, 1)]
            far = [int(max(point[axis] for point in corners)) + 2 for axis in (0, 1)]
            shape = Image.new("1", (far[0] - near[0], far[1] - near[1]))
            ImageDraw.Draw(shape).polygon([(x - near[0], y - near[1]) for x, y in corners], fill=1)
            box = (*near, *far)
            fine.paste(ImageChops.logical_xor(fine.crop(box), shape), box)
        for corners in outlines if pen else ():
            ImageDraw.Draw(fine).line([*corners, corners[0]], 1, round(float(pen[1]) * _PARTS), joint="curve")
        dots = fine.convert("L").reduce(_PARTS).point(lambda shade: 255 * (shade >= 128))
        page.paste(0, (left, top), dots)
    return page


def _rings(path: str) -> list[list[tuple[float, float]]]:
    rings, x, y = [], 0.0, 0.0
    for sign, told in _PIECE.findall(path):
        numbers = [float(each) for each in told.split()]
        match sign:
            case "M":
                x, y = numbers
                rings.append([(x, y)])
            case "L":
                x, y = numbers
            case "h":
                x += numbers[0]
            case "v":
                y += numbers[0]
            case "Q":
                a, b, c, d = numbers
                for part in (0.25, 0.5, 0.75):
                    rest = 1 - part
                    at = [
                        rest * rest * p + 2 * rest * part * q + part * part * r
                        for p, q, r in ((x, a, c), (y, b, d))
                    ]
                    rings[-1].append((at[0], at[1]))
                x, y = c, d
        if sign in "LhvQ":
            rings[-1].append((x, y))
    return rings

"""Every layout on every stock at every resolution: printed three ways, worn in five, and read.

    python -m tests.labels.matrix            200 labels of each, some half an hour
    python -m tests.labels.matrix --many 20
    python -m tests.labels.matrix --only letter_2:bag@600 roll_102:un1845@300

A label is read whole from each output, then each of its codes with 2 mm of what surrounds it after each kind of wear.
"""

import argparse
import hashlib
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from io import BytesIO

import pypdfium2
import zxingcpp
from PIL import Image

from labels.content import Label
from labels.layout import Box, Layout
from labels.picture import Picture, labels_png
from labels.sheet import Where, labels_pdf
from labels.stock import Stock, stock, stocks
from labels.symbols import CODE_128, code_128, module_dots
from labels.zpl import labels_zpl
from specimens.domain.identifiers import is_identifier
from tests.labels.program import printed
from tests.labels.rendering import identifiers, labels_of
from tests.labels.wear import WEARS, bent_along, eyed

FORMATS = zxingcpp.BarcodeFormats([zxingcpp.BarcodeFormat.DataMatrix, zxingcpp.BarcodeFormat.Code128])
COMBINATIONS = [
    (each.code, role, dpi) for each in stocks().values() for role in each.layouts for dpi in each.dpi
]
_AROUND_MM = 2.0
#: A picture of more dots across is seen at half its size.
_WIDE = 1500


@dataclass
class Tally:
    """What was read of one layout on one stock: by output and wear, how many were asked, missed, and read wrong."""

    asked: Counter[str] = field(default_factory=Counter)
    missed: Counter[str] = field(default_factory=Counter)
    wrong: Counter[str] = field(default_factory=Counter)

    def add(self, what: str, picture: Image.Image, payload: str) -> None:
        """Read a picture that holds one payload."""
        found = {each.text for each in zxingcpp.read_barcodes(picture, formats=FORMATS)}
        self.asked[what] += 1
        self.missed[what] += payload not in found
        self.wrong[what] += bool(found - {payload})

    @property
    def sound(self) -> bool:
        """Whether everything was read, and nothing else."""
        return not (self.missed.total() or self.wrong.total())


def labels(role: str, many: int, seed: int) -> list[Label]:
    """Return random labels of a kind."""
    new, found = identifiers(seed), []
    while len(found) < many:
        found += labels_of(role, new)
    return found[:many]


def _pdf_pages(pdf: bytes, dpi: int) -> Iterator[Image.Image]:
    document = pypdfium2.PdfDocument(pdf)
    for page in document:
        yield page.render(scale=dpi / 72, grayscale=True).to_pil()
        page.close()
    document.close()


def _cut(pages: Iterator[Image.Image], where: Where, layout: Layout) -> Iterator[Image.Image]:
    """Yield each label from the pages, as large as its layout."""
    surface = Picture(*where.stock.page, where.dpi)
    now, page = -1, None
    for number, cell in where.cells():
        if number > now:
            page = next(pages, None)
            now = number
        if page is None:
            return
        x, y = where.corner(cell, layout, surface)
        yield _part(page, Box(x=x, y=y, width=layout.width, height=layout.height), where.dpi)


def _part(picture: Image.Image, box: Box, dpi: int) -> Image.Image:
    edges = (box.x, box.y, box.x + box.width, box.y + box.height)
    left, top, right, bottom = (round(edge * dpi / 25.4) for edge in edges)
    return picture.crop((max(0, left), max(0, top), min(right, picture.width), min(bottom, picture.height)))


def outputs(
    many: Sequence[Label], on: Stock, role: str, dpi: int
) -> Iterator[tuple[str, Iterator[Image.Image]]]:
    """Yield each output with its labels as pictures, a pixel per dot of the printer."""
    where, layout = Where(on, dpi), on.layout_for(role)
    pngs = labels_png(many, on, dpi=dpi, check=is_identifier)
    yield "PNG", _cut((Image.open(BytesIO(page)).convert("L") for page in pngs), where, layout)
    pdf = labels_pdf(many, on, dpi=dpi, check=is_identifier)
    yield "PDF", _cut(_pdf_pages(pdf, dpi), where, layout)
    if not on.is_sheet:
        program = labels_zpl(many, on, dpi=dpi, check=is_identifier)
        yield "ZPL", _cut((job.image.convert("L") for job in printed(program)), where, layout)


def read(code: str, role: str, dpi: int, many: int, seed: int) -> Tally:
    """Print and read random labels of one layout.

    The picture is read whole, and each code worn. What the PDF and the ZPL add: each is read whole where it is not the
    same picture dot for dot, and its codes worn where these are not the same dots.
    """
    on = stock(code)
    layout, tally = on.layout_for(role), Tally()
    asked = labels(role, many, seed)
    wholes: list[bytes] = []
    codes: list[list[bytes]] = []
    for output, pictures in outputs(asked, on, role, dpi):
        for number, (label, picture) in enumerate(zip(asked, pictures, strict=False)):
            boxes = _codes(layout, dpi)
            whole, parts = _dots(picture), [_dots(_part(picture, box, dpi)) for box, _ in boxes]
            if output == "PNG":
                wholes.append(whole)
                codes.append(parts)
            elif wholes[number] == whole:
                tally.asked[f"{output}, every dot as PNG"] += 1
                continue
            tally.add(output, picture.reduce(2) if picture.width > _WIDE else picture, label.identifier)
            for (box, kind), part, before in zip(boxes, parts, codes[number], strict=True):
                if output != "PNG" and part == before:
                    tally.asked[f"{output}, codes as PNG"] += 1
                    continue
                _worn(tally, output, label.identifier, _part(picture, _around(box), dpi), kind, dpi / 25.4)
    return tally


def _worn(tally: Tally, output: str, payload: str, part: Image.Image, kind: str, per_mm: float) -> None:
    seen, per_mm = eyed(part, per_mm)
    for name, wear in WEARS.items():
        if name == "tube" and kind == CODE_128:
            wear = bent_along  # its bars stand round the tube
        tally.add(f"{output} {name}", wear(seen, per_mm), payload)


def _codes(layout: Layout, dpi: int) -> list[tuple[Box, str]]:
    """Return where the codes of a label stand, without one that is left out at this resolution."""
    return [(each, each.kind) for each in layout.symbols if not (each.optional and _left_out(each, dpi))]


def _around(box: Box) -> Box:
    wide, high = box.width + 2 * _AROUND_MM, box.height + 2 * _AROUND_MM
    return Box(x=box.x - _AROUND_MM, y=box.y - _AROUND_MM, width=wide, height=high)


def _dots(picture: Image.Image) -> bytes:
    return hashlib.sha256(picture.point(lambda shade: 255 if shade > 127 else 0).tobytes()).digest()


def _left_out(symbol: Box, dpi: int) -> bool:
    try:
        module_dots(code_128("C4K7N2XD"), symbol.width, dpi)
    except ValueError:
        return True
    return False


def _named(said: str) -> tuple[str, str, int]:
    """Return a combination from how it is written: `stock:kind@dpi`."""
    for each in COMBINATIONS:
        if said == f"{each[0]}:{each[1]}@{each[2]}":
            return each
    raise argparse.ArgumentTypeError(f"{said} is none of the combinations; one is letter_2:bag@600")


def main() -> int:
    """Read every combination; a line for each, and what was missed."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--many", type=int, default=200)
    parser.add_argument("--seed", type=int, default=4)
    parser.add_argument("--part", default="1/1", help="every n-th combination, such as 2/3")
    parser.add_argument("--only", nargs="+", type=_named, help="combinations, such as letter_2:bag@600")
    given = parser.parse_args()
    first, step = (int(each) for each in given.part.split("/"))
    chosen = given.only or COMBINATIONS[first - 1 :: step]
    whole, start = Tally(), time.monotonic()
    for number, (code, role, dpi) in enumerate(chosen):
        tally = read(code, role, dpi, given.many, given.seed * 1000 + number)
        missed = ", ".join(f"{what}: {count} missed" for what, count in tally.missed.items() if count)
        wrong = ", ".join(f"{what}: {count} false" for what, count in tally.wrong.items() if count)
        told = "; ".join(filter(None, (missed, wrong))) or "all read, none false"
        print(f"{code:<12} {role:<17} {dpi:>4} dpi  {tally.asked.total():>6} read  {told}", flush=True)
        for ours, theirs in (
            (whole.asked, tally.asked),
            (whole.missed, tally.missed),
            (whole.wrong, tally.wrong),
        ):
            ours.update(theirs)
    print(f"{len(chosen)} combinations, {time.monotonic() - start:.0f} s")
    for what, count in whole.asked.items():
        print(f"  {what:<16} {count - whole.missed[what]:>7} of {count:>7} read, {whole.wrong[what]} false")
    return 0 if whole.sound else 1


if __name__ == "__main__":
    sys.exit(main())

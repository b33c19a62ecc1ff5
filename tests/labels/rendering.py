"""What the label tests share: random labels of every kind, pages as pictures, and what a scanner reads from them."""

import random

import pypdfium2
import zxingcpp
from PIL import Image

from labels import content, content_place
from labels.content import Label
from specimens.domain.identifiers import ALPHABET, check_character

NBSP = "\u00a0"


def identifiers(seed: int) -> "Identifiers":
    """Return a source of identifiers that is the same on every run."""
    return Identifiers(random.Random(seed))


class Identifiers:
    """Random identifiers, every third of them mostly digits: those make the smallest codes."""

    def __init__(self, source: random.Random) -> None:
        self.source = source
        self.made = 0

    def __call__(self) -> str:
        self.made += 1
        rest = "0123456789" if self.made % 3 == 0 else ALPHABET
        body = self.source.choice("CDFHJKNPRTVX") + "".join(self.source.choice(rest) for _ in range(6))
        return body + check_character(body)


def labels_of(role: str, new: Identifiers) -> list[Label]:
    """Return labels of one kind, ordinary ones and those with the longest contents."""
    match role:
        case "blood_tube":
            return [
                content.TubeLabel(new(), new(), "BEL-SLE", "BL", "K2EDTA", "1/1"),
                content.TubeLabel(new(), new(), "A-STUDY-LABEL-OF-24-CHAR", "W52", "NA-HEPARIN", "4/4", "nl"),
            ]
        case "biopsy_container":
            joints = f"SYN WRIST{NBSP}☐ KNEE{NBSP}☐ ANKLE{NBSP}☐"
            return [
                content.BiopsyLabel(
                    new(), new(), "BEL-SLE", "BL", "LN INGUINAL", "FORMALIN, core 7",
                    medium="10 % neutral buffered formalin", hazard="toxic, corrosive",
                ),
                content.BiopsyLabel(
                    new(), new(), "BEL-SLE", "W12", joints, "RNALATER, piece 7-8 2/2", medium="RNAlater",
                    language="nl",
                ),
                content.BiopsyLabel(new(), new(), "BEL-SLE", "BL", "SYN KNEE", "CULTURE", "LEFT"),
            ]  # fmt: skip
        case "small":
            return [
                content.SmallLabel(new(), new(), "BEL-SLE", "BL", "PAXGENE RNA"),
                content.SmallLabel(
                    new(), new(), "BEL-SLE", "W12", "OCT, piece 9-12", "2/2", f"SYN WRIST{NBSP}☐ KNEE{NBSP}☐"
                ),
            ]
        case "cryovial":
            return [
                content.CryovialLabel(new(), new(), "BL", "PLASMA", "2/6", "-80", "2 Mar 2026"),
                content.CryovialLabel(new(), new(), "W52", "CS10, piece 3-6", "2/2", "LN2", "28 Sep 2026"),
                content.CryovialLabel(new(), new(), "BL", "PBMC"),
            ]
        case "box":
            return [
                content_place.BoxLabel(
                    new(),
                    "B07",
                    "Freezer 3 / Shelf 2 / Rack 4",
                    9,
                    9,
                    "column",
                    "BEL-SLE",
                    "PLASMA",
                    "-80 °C",
                ),
                content_place.BoxLabel(new(), "Freezer 3, cold room of the laboratory"),
            ]
        case "cap":
            return [content.CapLabel(new()), content.CapLabel(new())]
        case "bag":
            return [
                content_place.BagLabel(
                    new(), "BEL-SLE", "Amsterdam UMC, Rheumatology outpatient clinic", "+31 20 000 0001",
                    "Laboratory for Experimental Immunology, K0", "+31 20 000 0002", 20, "2–8 °C",
                    "2 Mar 2026 11:00 CET", "Nora de Wit, 2 Mar 2026 09:10 CET",
                ),
                content_place.BagLabel(new(), "BEL-SLE", "AMS", "", "OSL", "", 1, language="nl"),
            ]  # fmt: skip
        case _:
            return [content_place.HazardLabel(new(), role)]


def pages(pdf: bytes, dpi: int) -> list[Image.Image]:
    """Return the pages of a PDF as pictures, one pixel per printer dot."""
    document = pypdfium2.PdfDocument(pdf)
    pictures = [page.render(scale=dpi / 72).to_pil().convert("L") for page in document]
    document.close()
    return pictures


def scanned(picture: Image.Image) -> list[str]:
    """Return every code that a scanner finds in a picture, sorted; the empty part of a sheet is not looked at."""
    left, top, right, bottom = ink(picture)
    margin = 60
    used = picture.crop(
        (
            max(0, left - margin),
            max(0, top - margin),
            min(picture.width, right + margin),
            min(picture.height, bottom + margin),
        )
    )
    return sorted(each.text for each in zxingcpp.read_barcodes(used))


def texts(pdf: bytes) -> list[str]:
    """Return the text of each page, with one space between words."""
    document = pypdfium2.PdfDocument(pdf)
    found = [" ".join(page.get_textpage().get_text_range().split()) for page in document]
    document.close()
    return found


def ink(picture: Image.Image) -> tuple[int, int, int, int]:
    """Return the box (left, top, right, bottom) in pixels that holds everything printed."""
    box = picture.point(lambda shade: 255 if shade < 200 else 0).getbbox()
    assert box is not None, "the page is empty"
    return box

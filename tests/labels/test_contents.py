"""The longest words of both languages stay in their fields; what belongs to a person stays off."""

from dataclasses import fields, replace
from itertools import combinations

import pypdfium2
import pytest

from labels import content_place
from labels.content import BiopsyLabel, CryovialLabel, Label, SmallLabel, TubeLabel
from labels.draw import checked, fitted, moved
from labels.errors import LabelError
from labels.faces import ASCENT, DESCENT, FACES, LEADING, NBSP, POINTS_PER_MM, width_mm
from labels.layout import Box
from labels.picture import Picture
from labels.sheet import Where, labels_pdf
from labels.stock import stock, stocks
from specimens.domain import free_text
from specimens.domain.identifiers import is_identifier
from tests.labels.rendering import pages, scanned, texts

#: Wide letters in the identifiers, and the longest that a study in Amsterdam says.
CODE, OTHER = "N4K7N2X1", "K8R3X0TR"
LONGEST: dict[str, list[Label]] = {
    "blood_tube": [
        TubeLabel(CODE, OTHER, "A-STUDY-LABEL-OF-24-CHAR", "W52 (2)", "NA-HEPARIN", "10/12", "nl"),
        TubeLabel(CODE, OTHER, "BEL-SLE", "Unscheduled (2)", "CITRATE 3.2 %", "4/4"),
    ],
    "biopsy_container": [
        BiopsyLabel(
            CODE, OTHER, "A-STUDY-LABEL-OF-24-CHAR", "W52", f"SYN WRIST{NBSP}☐ KNEE{NBSP}☐ ANKLE{NBSP}☐",
            "FORMALIN, piece 9-12 2/2", medium="10 % neutraal gebufferde formaline", hazard="giftig, bijtend",
            language="nl",
        ),
        BiopsyLabel(CODE, OTHER, "BEL-SLE", "BL", "LN SUPRACLAVICULAR", "GLUTARALDEHYDE, core 7", "RIGHT"),
    ],
    "small": [
        SmallLabel(
            CODE, OTHER, "BEL-SLE", "W52", "OCT, piece 9-12", "2/2", f"SYN WRIST{NBSP}☐ KNEE{NBSP}☐ ANKLE{NBSP}☐"
        ),
        SmallLabel(CODE, OTHER, "BEL-SLE", "BL", "PAXGENE RNA"),
    ],
    "cryovial": [
        CryovialLabel(CODE, OTHER, "W52 (2)", "CS10, piece 10-12", "2/2", "LN2", "28 sep. 2026"),
        CryovialLabel(CODE, OTHER, "BL", "SYNOVIAL FLUID", "10/12", "-80", "28 Sep 2026"),
    ],
    "box": [
        content_place.BoxLabel(
            CODE, "Vriezer 3, koelcel van het laboratorium", "Gebouw K0 / Koelcel / Vriezer 3 / Plank 2 / Rek 4", 10,
            10, "column", "A-STUDY-LABEL-OF-24-CHAR", "SYNOVIAL FLUID", "vloeibare stikstof",
        ),
    ],
    "bag": [
        content_place.BagLabel(
            CODE, "A-STUDY-LABEL-OF-24-CHAR", "Amsterdam UMC, polikliniek reumatologie en klinische immunologie",
            "+31 20 000 00 01", "Laboratorium voor Experimentele Immunologie, K0-145, Amsterdam", "+31 20 000 00 02",
            1_000, "gekoeld, 2–8 °C", "28 sep. 2026 11:00 CEST",
            "Annemarie van der Heijden-Koopmans, 28 sep. 2026 09:10 CEST", "nl",
        ),
    ],
    "un3373": [content_place.HazardLabel(CODE, "un3373")],
    "un1845": [content_place.HazardLabel(CODE, "un1845")],
}  # fmt: skip
CASES = [(code, role) for code, each in stocks().items() for role in each.layouts if role in LONGEST]


@pytest.mark.parametrize(("code", "role"), CASES)
def test_the_longest_words_lie_in_their_fields_and_nothing_overlaps(code: str, role: str) -> None:
    """Each line as wide as its glyphs, each code with its quiet zone: all in the safe area, none on another."""
    layout = stock(code).layout_for(role)
    for label in LONGEST[role]:
        texts, drawn = checked(label, is_identifier), []
        for field in layout.texts:
            if not texts[field.field]:
                continue
            lines, size = fitted(texts[field.field], field)
            high = size * (ASCENT + DESCENT + (len(lines) - 1) * LEADING) / POINTS_PER_MM
            wide = max(width_mm(line, FACES[field.face], size) for line in lines)
            left = field.x + {"left": 0.0, "centre": 0.5, "right": 1.0}[field.align] * (field.width - wide)
            drawn.append((field.field, Box(x=left, y=field.y, width=wide, height=high)))
        drawn += [(symbol.kind, symbol) for symbol in layout.symbols]
        assert [name for name, box in drawn if not layout.holds(box)] == []
        assert [(a, b) for (a, one), (b, two) in combinations(drawn, 2) if one.overlaps(two)] == []


@pytest.mark.parametrize(("code", "role"), CASES)
def test_every_character_of_the_pdf_lies_in_the_safe_area(code: str, role: str) -> None:
    on = stock(code)
    layout = on.layout_for(role)
    for label in LONGEST[role]:
        pdf = labels_pdf([label], on, dpi=300, check=is_identifier)
        x, y = Where(on, 300).corner(0, layout, Picture(*on.page, 300))
        area, outside, read = moved(layout.area, x, y), [], 0
        document = pypdfium2.PdfDocument(pdf)
        high = document[0].get_height()
        text = document[0].get_textpage()
        for number in range(text.count_chars()):
            sign = text.get_text_range(number, 1)
            if not sign.strip():
                continue
            left, bottom, right, top = (edge / POINTS_PER_MM for edge in text.get_charbox(number))
            up = high / POINTS_PER_MM
            box = Box(x=left, y=up - top, width=right - left, height=top - bottom)
            read += 1
            if area.beyond(box) > 0.1:  # less than the ink of a pen
                outside.append((sign, box))
        document.close()
        assert outside == []
        shown = {field.field for field in layout.texts}
        said = "".join(text for field, text in label.texts().items() if field in shown)
        assert read == len("".join(said.split()))


PERSONAL = [
    ("7654321", "number"), ("BSN 123456782", "number"), ("123.456.782", "number"), ("12-03-1961", "birth_date"),
    ("12/3/1961", "birth_date"), ("1961-03-12", "birth_date"), ("12 mrt 1961", "birth_date"),
    ("3 mei 2004", "birth_date"),
    ("dob 12", "person"), ("Mw. Jansen", "person"), ("patient J", "person"), ("geb. Jansen", "person"),
]  # fmt: skip
TUBE = TubeLabel("C4K7N2XD", "K8R3X0TR", "BEL-SLE", "BL", "SST")


@pytest.mark.parametrize(("text", "what"), PERSONAL)
def test_what_looks_like_a_person_is_refused(text: str, what: str) -> None:
    for field in ("study", "visit", "kind", "number"):
        with pytest.raises(LabelError) as refused:
            checked(replace(TUBE, **{field: text}), is_identifier)
        assert refused.value.code == "label_personal"
        assert refused.value.facts["what"] == what


def test_whatever_the_program_refuses_as_free_text_is_refused_on_a_label() -> None:
    for text, _ in PERSONAL:
        if free_text.problem(text) in ("text_number", "text_birth_date"):
            with pytest.raises(LabelError):
                checked(replace(TUBE, kind=text), is_identifier)


def test_an_identifier_of_seven_digits_is_nobodys_number() -> None:
    code = "X0000016"
    assert is_identifier(code)
    vial = CryovialLabel(code, code, "BL", "PLASMA", date="2 Mar 2026")
    assert checked(vial, is_identifier)["participant_visit"] == "X000 0016 BL"


def test_a_layout_that_asks_for_an_unknown_field_is_told_with_those_that_are_known() -> None:
    on = replace(stock("roll_50"), layouts={"blood_tube": "small_wide"})
    with pytest.raises(LabelError) as refused:
        labels_pdf([TUBE], on, dpi=203, check=is_identifier)
    assert refused.value.code == "label_unknown_field"
    assert refused.value.facts["field"] == "body_site"


def test_no_place_label_has_a_field_for_a_participant() -> None:
    for each in (content_place.BoxLabel, content_place.BagLabel, content_place.HazardLabel):
        assert not {field.name for field in fields(each)} & {
            "participant",
            "patient",
            "birth_date",
            "hospital_number",
        }


@pytest.mark.parametrize(
    "said", ["(", ")", "\\", "((((", "a)b\\(c", "\\) Tj", ") Tj ET Q", "%", "<</A 1>>", "~^_"]
)
def test_no_sign_of_a_pdf_breaks_a_sheet(said: str) -> None:
    tubes = [
        TubeLabel(OTHER, OTHER, "BEL-SLE", "BL", f"[{said}]"),
        TubeLabel("C4K7N2XD", OTHER, "BEL-SLE", "BL", "SERUM"),
    ]
    pdf = labels_pdf(tubes, stock("a4_21"), dpi=300, check=is_identifier)
    (page,) = pages(pdf, 300)
    assert set(scanned(page)) == {OTHER, "C4K7N2XD"}
    (whole,) = texts(pdf)
    flat = "".join(whole.split())
    assert "[" + "".join(said.split()) + "]" in flat
    assert "SERUM" in flat

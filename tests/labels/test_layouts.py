"""Every layout on every stock, at every resolution: read by a scanner, inside its safe area, nothing cut."""

from dataclasses import fields, replace

import pytest

from labels import content, content_place, draw, faces, layout, sheet, stock
from labels.errors import LabelError
from labels.ink import line as ink_line
from specimens.domain.identifiers import is_identifier
from tests.labels.rendering import identifiers, ink, labels_of, pages, scanned, texts

CASES = [(code, role) for code, each in stock.stocks().items() for role in each.layouts]
RESOLUTIONS = [(code, role, dpi) for code, role in CASES for dpi in stock.stock(code).dpi]


@pytest.mark.parametrize(("code", "role"), CASES)
def test_nothing_is_printed_outside_the_safe_area(code: str, role: str) -> None:
    where = stock.stock(code)
    dpi = 300
    found = where.layout_for(role)
    across, down = found.safe
    for label in labels_of(role, identifiers(7)):
        pdf = sheet.labels_pdf([label], where, dpi=dpi, check=is_identifier, start=where.cells)
        (picture,) = pages(pdf, dpi)
        left, top, right, bottom = (edge * 25.4 / dpi for edge in ink(picture))
        x, y = where.corner(where.cells - 1)
        x += (where.cell[0] - found.width) / 2
        y += (where.cell[1] - found.height) / 2
        slack = 1.5 * 25.4 / dpi
        assert left >= x + across - slack
        assert top >= y + down - slack
        assert right <= x + found.width - across + slack
        assert bottom <= y + found.height - down + slack


@pytest.mark.parametrize(("code", "role"), CASES)
def test_every_text_of_a_label_can_be_read_back(code: str, role: str) -> None:
    where = stock.stock(code)
    shown = {each.field for each in where.layout_for(role).texts}
    for label in labels_of(role, identifiers(3)):
        pdf = sheet.labels_pdf([label], where, dpi=300, check=is_identifier)
        (told,) = texts(pdf)
        for field, text in label.texts().items():
            if field in shown:
                wanted = text.replace("\u00a0", " ")
                assert wanted.replace(" ", "") in told.replace(" ", ""), field


@pytest.mark.parametrize(("code", "role", "dpi"), RESOLUTIONS)
def test_the_modules_of_a_code_lie_on_whole_dots(code: str, role: str, dpi: int) -> None:
    where = stock.stock(code)
    label = labels_of(role, identifiers(5))[0]
    (picture, *_) = pages(sheet.labels_pdf([label], where, dpi=dpi, check=is_identifier), dpi)
    found = where.layout_for(role)
    x, y = where.corner(0)
    x += (where.cell[0] - found.width) / 2
    y += (where.cell[1] - found.height) / 2
    for symbol in found.symbols:
        corners = (x + symbol.x, y + symbol.y, x + symbol.x + symbol.width, y + symbol.y + symbol.height)
        area = picture.crop(tuple(round(edge * dpi / 25.4) for edge in corners))
        shades = {shade for shade, count in enumerate(area.histogram()) if count}
        assert shades <= {0, 1, 254, 255}, "a module's edge is smeared over two dots"


def test_the_same_labels_give_the_same_bytes() -> None:
    labels = labels_of("biopsy_container", identifiers(4))
    one, two = (
        sheet.labels_pdf(labels, stock.stock("a4_21"), dpi=300, check=is_identifier) for _ in range(2)
    )
    assert one == two
    assert b"CreationDate" not in one or b"D:2000" in one


def test_a_sheet_starts_at_any_cell_and_goes_on_to_the_next() -> None:
    where = stock.stock("a4_21")
    new = identifiers(8)
    labels = [label for _ in range(12) for label in labels_of("blood_tube", new)]
    pdf = sheet.labels_pdf(labels, where, dpi=300, check=is_identifier, start=20)
    pictures = pages(pdf, 300)
    assert len(pictures) == 3
    read = [set(scanned(picture)) for picture in pictures]
    assert [len(each) for each in read] == [2, 21, 1]
    assert set().union(*read) == {label.identifier for label in labels}
    assert ink(pictures[0])[1] > where.corner(19)[1] * 300 / 25.4


@pytest.mark.parametrize("start", [0, 22, -1])
def test_a_sheet_has_no_such_cell(start: int) -> None:
    labels = labels_of("blood_tube", identifiers(1))
    with pytest.raises(LabelError, match="cells 1 to 21"):
        sheet.labels_pdf(labels, stock.stock("a4_21"), dpi=300, check=is_identifier, start=start)


def test_a_text_that_would_be_cut_is_refused_with_the_millimetres_that_are_missing() -> None:
    vial = content.CryovialLabel("C4K7N2XD", "C4K7N2XD", "BL", "W" * 40)
    with pytest.raises(LabelError) as refused:
        sheet.labels_pdf([vial], stock.stock("roll_33"), dpi=300, check=is_identifier)
    assert refused.value.code == "label_text_cut"
    assert refused.value.facts["field"] == "kind"
    assert 10 < float(refused.value.facts["missing_mm"]) < 100


def test_a_long_word_is_broken_after_its_hyphen_and_nowhere_else() -> None:
    assert faces.wrap("PAXgene-bloed-RNA-buis, 2,5 ml", faces.BOLD, 8, 39) == (
        "PAXgene-bloed-RNA-",
        "buis, 2,5 ml",
    )
    assert faces.wrap("natriumheparinebuis", faces.BOLD, 8, 10) == ("natriumheparinebuis",)


def test_a_text_is_shrunk_before_it_is_refused_and_never_below_its_least_size() -> None:
    field = next(each for each in layout.layout("cryovial").texts if each.field == "kind")
    assert draw.fitted("PLASMA 2/6 -80", field) == (("PLASMA 2/6 -80",), field.size)
    lines, size = draw.fitted("CS10, piece 3-6 2/2 LN2", field)
    assert len(lines) == 2
    assert field.least <= size < field.size


@pytest.mark.parametrize("text", ["a\nb", "a\x1b[0m", "\u202eeman", "😀", "a\x00", "日本"])
def test_a_character_that_cannot_be_printed_is_refused(text: str) -> None:
    tube = content.TubeLabel("C4K7N2XD", "C4K7N2XD", "BEL-SLE", "BL", text)
    with pytest.raises(LabelError) as refused:
        sheet.labels_pdf([tube], stock.stock("roll_50"), dpi=203, check=is_identifier)
    assert refused.value.code == "label_character"
    assert refused.value.facts["field"] == "kind"


def test_ten_thousand_characters_are_refused_at_once() -> None:
    tube = content.TubeLabel("C4K7N2XD", "C4K7N2XD", "BEL-SLE", "BL", "X" * 10_000)
    with pytest.raises(LabelError, match="120 at most"):
        sheet.labels_pdf([tube], stock.stock("roll_50"), dpi=203, check=is_identifier)


@pytest.mark.parametrize("field", ["identifier", "participant"])
def test_only_an_identifier_can_stand_for_the_tube_or_the_participant(field: str) -> None:
    tube = content.TubeLabel("C4K7N2XD", "C4K7N2XD", "BEL-SLE", "BL", "SST")
    for said in ("J. Jansen", "C4K7N2XF", "", "1234567"):
        with pytest.raises(LabelError) as refused:
            sheet.labels_pdf(
                [replace(tube, **{field: said})], stock.stock("roll_50"), dpi=203, check=is_identifier
            )
        assert refused.value.code == "label_identifier_wrong"


def test_no_label_has_room_for_a_name_a_birth_date_or_a_hospital_number() -> None:
    known = {
        "identifier", "participant", "study", "visit", "kind", "number", "language", "body_site", "side", "medium",
        "hazard", "temperature", "date",
    }  # fmt: skip
    for each in (
        content.TubeLabel,
        content.BiopsyLabel,
        content.SmallLabel,
        content.CryovialLabel,
        content.CapLabel,
    ):
        assert {field.name for field in fields(each)} <= known


def test_a_label_on_the_wrong_stock_is_refused() -> None:
    with pytest.raises(LabelError) as refused:
        stock.stock("roll_33").layout_for("blood_tube")
    assert refused.value.code == "label_not_on_stock"
    small = replace(stock.stock("roll_33"), layouts={"blood_tube": "blood_tube"})
    with pytest.raises(LabelError) as refused:
        small.layout_for("blood_tube")
    assert refused.value.code == "label_larger_than_stock"
    assert refused.value.facts["missing_mm"] == "17.0"


def test_a_printer_that_the_stock_does_not_know_is_refused() -> None:
    labels = labels_of("blood_tube", identifiers(1))
    with pytest.raises(LabelError, match="not 203"):
        sheet.labels_pdf(labels, stock.stock("a4_21"), dpi=203, check=is_identifier)


def test_no_label_is_no_sheet() -> None:
    with pytest.raises(LabelError, match="no label"):
        sheet.labels_pdf([], stock.stock("a4_21"), dpi=300, check=is_identifier)


@pytest.mark.parametrize("unknown", ["", "../stocks", "nothing"])
def test_what_is_not_there_is_told(unknown: str) -> None:
    with pytest.raises(LabelError, match="there is no stock"):
        stock.stock(unknown)
    with pytest.raises(LabelError, match="there is no layout"):
        layout.layout(unknown)


def _field(**said: object) -> str:
    lines = [f"{name} = {value!r}".replace("'", '"') for name, value in said.items()]
    return "\n".join(["width = 30.0", "height = 10.0", "safe = [1, 1]", "[[texts]]", *lines])


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (_field(field="a", x=0.5, y=2, width=5, height=3, size=8, least=6), "a leaves the safe area"),
        (_field(field="a", x=2, y=2, width=28, height=3, size=8, least=6), "a leaves the safe area"),
        (_field(field="a", x=2, y=2, width=5, height=3, size=8, least=6, face="serif"), "no face serif"),
        (_field(field="a", x=2, y=2, width=5, height=3, size=8), "least"),
        ("width = 30.0\nheight = 10.0", "safe"),
        (
            _field(field="a", x=2, y=2, width=5, height=3, size=8, least=6)
            + '\n[[symbols]]\nkind = "data_matrix"\nx = 4\ny = 1\nwidth = 8\nheight = 8',
            "a overlaps data_matrix",
        ),
    ],
)
def test_a_layout_that_cannot_be_right_is_refused_when_it_is_read(text: str, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        layout.read(text, "mine")


def test_every_stock_names_layouts_that_fit_it_and_its_cells_lie_on_the_page() -> None:
    for each in stock.stocks().values():
        for role in each.layouts:
            each.layout_for(role)
        for number in range(each.cells):
            x, y = each.corner(number)
            assert x >= 0
            assert y >= 0
            assert x + each.cell[0] <= each.page[0] + 1e-6
            assert y + each.cell[1] <= each.page[1] + 1e-6
        assert set(each.text) == {"en", "nl"}


def test_the_mark_for_category_b_is_as_large_as_it_has_to_be() -> None:
    (diamond,) = layout.layout("un3373").marks
    assert diamond.width / 2**0.5 >= 50
    assert diamond.line >= 2
    capital_height_mm = 0.729 * 25.4 / 72
    assert min(each.least for each in layout.layout("un3373").texts[:4]) * capital_height_mm >= 6


def test_a_box_label_says_where_its_first_well_is() -> None:
    boxed = content_place.BoxLabel("C4K7N2XD", "B07", rows=9, columns=9, fill="column")
    assert boxed.texts()["geometry"] == "9 × 9 ↓"
    assert content_place.BoxLabel("C4K7N2XD", "F1").texts()["corner"] == ""


@pytest.mark.parametrize("face", ["bold", "text"])
def test_a_box_to_be_ticked_is_two_millimetres_high_and_stays_on_its_line(face: str) -> None:
    _, _, dots = ink_line(1.0, 5.0, "☐", faces.FACES[face], 8, 300)
    left, top, right, bottom = dots.getbbox()
    assert min(right - left, bottom - top) * 25.4 / 300 > 1.6
    assert (bottom - top) * 25.4 / 300 > 2.0
    assert faces.width_mm("L ☐ R", faces.FACES[face], 8) == pytest.approx(
        sum(faces.width_mm(each, faces.FACES[face], 8) for each in "L ☐ R")
    )
    assert (bottom - top) * 72 / 300 <= faces.ASCENT * 8 + 0.3

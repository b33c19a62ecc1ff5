"""What a thermal printer is sent: our few commands, and nothing that a content says."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labels import zpl
from labels.content import CapLabel, CryovialLabel, Label, TubeLabel
from labels.errors import LabelError
from labels.picture import labels_png
from labels.sheet import labels_pdf
from labels.stock import stock
from labels.svg import labels_svg
from labels.symbols import code_128
from labels.zpl import labels_zpl
from specimens.domain.identifiers import is_identifier
from tests.labels.program import printed, unpacked
from tests.labels.rendering import identifiers, labels_of

OURS = ["CI", "LH", "LS", "LT", "PO", "PM", "LR", "FW", "PW", "LL"]
TUBE = TubeLabel("C4K7N2XD", "K8R3X0TR", "BEL-SLE", "BL", "K2EDTA", "1/1")
NASTY = [
    "^XZ", "~HS", "_5E", "^FS^XA^FDx", "~JR", "\\&", "a\x00b", "a\nb", "a\r\nb", "\x1b%-12345X", "^", "~", "_", "%%EOF",
    "endstream endobj", "(((", "\\)", "<svg onload=x>", "&amp;", "]]>", "'\"><script>", "😀", "👩🏽‍⚕️", "שלום", "مرحبا",
    "\u202eabc", "\ufeff", "\u200b", "\ud800", "日本", "e\u0301", "x" * 10_000, "^XZ" * 3_000, "\u0300" * 400, "㍿",
    "ﬃ", "\u2028",
]  # fmt: skip


def _everywhere(label: Label) -> None:
    """Print a label on everything; whatever comes out is well formed, or a LabelError says why it does not."""
    on = stock("roll_50")
    made = [
        lambda: labels_zpl([label], on, dpi=203, check=is_identifier),
        lambda: labels_pdf([label], on, dpi=203, check=is_identifier),
        lambda: list(labels_svg([label], on, dpi=203, check=is_identifier)),
        lambda: list(labels_png([label], on, dpi=203, check=is_identifier)),
    ]
    refusals = set()
    for make in made:
        try:
            out = make()
        except LabelError as error:
            refusals.add(error.code)
            continue
        refusals.add("")
        if isinstance(out, bytes) and out.startswith(b"^XA"):
            _sound(out, 1)
    assert len(refusals) == 1, "one output takes what another refuses"


def _sound(program: bytes, labels: int) -> None:
    jobs = printed(program)
    assert len(jobs) == labels
    assert program.count(b"^XA") == program.count(b"^XZ") == labels
    for job in jobs:
        assert job.commands[: len(OURS)] == OURS
        assert set(job.commands[len(OURS) :]) <= {"FO", "GF", "BX", "BY", "BC", "FH", "FD", "FS", "PQ", "XZ"}
        assert job.copies == 1


@pytest.mark.parametrize("field", ["study", "visit", "kind", "number"])
@pytest.mark.parametrize("said", NASTY, ids=ascii)
def test_no_content_becomes_a_command_or_breaks_a_label(field: str, said: str) -> None:
    _everywhere(replace(TUBE, **{field: said}))


@settings(max_examples=40, deadline=None, derandomize=True)
@given(
    st.text(
        alphabet=st.one_of(
            st.sampled_from("^~_>\\,:!gG\x10\x1b"), st.characters(), st.sampled_from("aé☐→°·")
        ),
        max_size=40,
    )
)
def test_nothing_that_can_be_typed_becomes_a_command(said: str) -> None:
    _everywhere(replace(TUBE, kind=said))


def test_every_text_reaches_the_printer_as_dots_and_no_word_stands_in_the_program() -> None:
    program = labels_zpl([TUBE], stock("roll_50"), dpi=203, check=is_identifier)
    for word in (b"K2EDTA", b"BEL", b"C4K7", b"K8R3", b"participant"):
        assert word not in program
    assert b"^FH^FD_43_34_4B_37_4E_32_58_44^FS" in program


@pytest.mark.parametrize("payload", ["^XZ", "C4K7~HS1", "C4 K7N2X", "C4K7_N2X", "C4K7>:XD", "C4K7é2XD"])
def test_a_lax_check_lets_nothing_but_letters_and_digits_into_a_code(payload: str) -> None:
    with pytest.raises(LabelError) as refused:
        labels_zpl([CapLabel(payload)], stock("roll_dot_11"), dpi=203, check=lambda text: True)
    assert refused.value.code == "label_identifier_wrong"


def test_the_printer_makes_the_bars_that_were_measured() -> None:
    new, on = identifiers(6), stock("roll_102")
    asked = labels_of("bag", new) + labels_of("bag", new)
    jobs = printed(labels_zpl(asked, on, dpi=203, check=is_identifier))
    for label, job in zip(asked, jobs, strict=True):
        field = on.layout_for("bag").symbols[1]
        symbol = code_128(label.identifier)
        y = round((on.page[1] - 139.0) / 2 * 8 + (field.y + field.height / 2) * 8)
        row = list(job.image.convert("L").crop((0, y, job.size[0], y + 1)).tobytes())
        module = round(row[row.index(0) :].index(255) / 2)  # the start begins with two dark modules
        first = row.index(0)
        last = len(row) - row[::-1].index(0)
        assert last - first == symbol.width * module


@pytest.mark.parametrize(
    "digits", ["0000000001", "FFFFFFFFFF", "F0F0F0F0F0", "123456789A", "0" * 900, "F" * 999 + "0"]
)
def test_dots_come_back_from_the_short_way_of_writing_them(digits: str) -> None:
    data = bytes.fromhex(digits) * 3
    row = len(digits) // 2
    assert unpacked(zpl.packed(data, row), row) == data


def test_several_labels_are_several_formats_in_order() -> None:
    new = identifiers(3)
    asked = [CapLabel(new()) for _ in range(5)]
    program = labels_zpl(asked, stock("roll_dot_11"), dpi=300, check=is_identifier)
    _sound(program, 5)
    spelled = ["".join(f"_{ord(each):02X}" for each in label.identifier).encode() for label in asked]
    assert [program.index(each) for each in spelled] == sorted(program.index(each) for each in spelled)


def test_a_sheet_is_no_roll() -> None:
    with pytest.raises(LabelError) as refused:
        labels_zpl([TUBE], stock("a4_21"), dpi=300, check=is_identifier)
    assert refused.value.code == "label_not_a_roll"


def test_a_label_of_many_says_which_it_was() -> None:
    good = CryovialLabel("C4K7N2XD", "K8R3X0TR", "BL", "PLASMA")
    with pytest.raises(LabelError) as refused:
        labels_zpl([good, replace(good, kind="W" * 50)], stock("roll_33"), dpi=203, check=is_identifier)
    assert refused.value.number == 2

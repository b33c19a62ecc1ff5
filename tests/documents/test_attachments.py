"""What lies in a PDF, as the offline verifier takes it out: ours, and nothing that somebody put in."""

import io
import zlib

import pikepdf
import pytest
from reportlab.pdfgen.canvas import Canvas

from specimens.documents.archive import Attached, archived, packed
from specimens.ledger import offline

HEAD = b"%PDF-1.7\n1 0 obj\n<</Type /EmbeddedFile /Subtype /application#2Fjson"

DATA, TABLE = b'{"entries":[]}' * 400, b"number,act\r\n1,collected\r\n"


@pytest.fixture(scope="module")
def paper() -> bytes:
    """A page with custody.json and its CSV attached, as a custody report has them."""
    drawn = io.BytesIO()
    canvas = Canvas(drawn)
    canvas.drawString(100, 100, "a page")
    canvas.save()
    drawn.seek(0)
    files = [
        packed(Attached("custody.json", "application/json", "Data", "the entries", [DATA])),
        packed(Attached("custody.csv", "text/csv", "Alternative", "the events", [TABLE])),
    ]
    return archived(drawn, files, 1_772_438_400_000)


def test_what_was_attached_is_taken_out_byte_for_byte(paper: bytes) -> None:
    assert offline.attachments(paper) == (DATA, TABLE)


@pytest.mark.parametrize(
    ("pdf", "code"),
    [
        (b"", "not_pdf"), (b"GIF89a", "not_pdf"), (b"%PDF-1.7\n%%EOF\n", "no_data"),
        (b"%PDF-1.7\ntrailer <</Encrypt 4 0 R>>\n%%EOF\n", "encrypted"),
        (HEAD + b" /Filter /FlateDecode>>\nstream\nxx", "damaged"),
        (HEAD + b" /Filter /LZWDecode>>\nstream\nxx", "unknown_packing"),
        (HEAD + b">>\nstream\n{", "cut_off"),
    ],
)  # fmt: skip
def test_what_is_no_report_is_told_by_its_cause(pdf: bytes, code: str) -> None:
    with pytest.raises(offline.Unreadable) as told:
        offline.attachments(pdf)
    assert told.value.code == code


def test_what_unpacks_to_more_than_any_report_is_refused_before_it_fills_the_memory() -> None:
    packing = zlib.compressobj(9)
    bomb = b"".join(packing.compress(b"0" * 1_000_000) for _ in range(50)) + packing.flush()
    head = HEAD + b" /Filter /FlateDecode>>\nstream\n"
    with pytest.raises(offline.Unreadable) as told:
        offline.attachments(head + bomb + b"\nendstream", 1_000_000)
    assert told.value.code == "too_large"


def test_a_second_custody_json_slipped_into_the_file_is_refused(paper: bytes) -> None:
    slipped = (
        b"9 0 obj\n<</Type /EmbeddedFile /Subtype /application#2Fjson>>\nstream\n{}\nendstream\nendobj\n"
    )
    with pytest.raises(offline.Unreadable) as told:
        offline.attachments(paper + slipped)
    assert told.value.code == "several_data"


@pytest.mark.parametrize(
    "head",
    [
        b"/Type /Embedded#46ile /Subtype /text#2Fcsv", b"/Type /EmbeddedFile /Subtype /text#2F#63sv",
        b"/Subtype /text#2Fcsv",
    ],
)  # fmt: skip
def test_a_second_csv_is_refused_however_its_names_are_spelled(paper: bytes, head: bytes) -> None:
    """A viewer reads `#46` as F, and needs no type: it would open the forged one."""
    slipped = b"9 0 obj\n<<" + head + b">>\nstream\nforged\nendstream\nendobj\n"
    with pytest.raises(offline.Unreadable) as told:
        offline.attachments(paper + slipped)
    assert told.value.code == "several_data"


def test_a_file_that_something_was_added_to_is_refused(paper: bytes) -> None:
    """An incremental update puts another object in the place of an attachment's or a page's: viewers follow it."""
    update = (
        b"32 0 obj\n<<>>\nstream\nforged\nendstream\nendobj\nxref\n0 0\ntrailer\n<<>>\nstartxref\n1\n%%EOF\n"
    )
    with pytest.raises(offline.Unreadable) as told:
        offline.attachments(paper + update)
    assert told.value.code == "added_to"


@pytest.mark.parametrize("typed", [True, False])
@pytest.mark.parametrize("name", ["custody.csv", "custody.json", "notes.txt"])
def test_a_file_that_a_viewer_would_show_beside_ours_or_in_its_place_is_refused(
    paper: bytes, name: str, typed: bool
) -> None:
    """Whoever opens the attachments sees the forged one; ours may still lie in the file, under no name."""
    forged = io.BytesIO()
    with pikepdf.open(io.BytesIO(paper)) as pdf:
        stream = pikepdf.Stream(pdf, b"forged")
        if typed:
            stream.stream_dict[pikepdf.Name.Type] = pikepdf.Name.EmbeddedFile
        put = pikepdf.Dictionary(
            Type=pikepdf.Name.Filespec, F=pikepdf.String(name), EF=pikepdf.Dictionary(F=stream)
        )
        names = pdf.Root.Names.EmbeddedFiles.Names
        names.append(pikepdf.String(name))
        names.append(pdf.make_indirect(put))
        pdf.save(forged)
    with pytest.raises(offline.Unreadable) as told:
        offline.attachments(forged.getvalue())
    assert told.value.code == "several_data"


@pytest.mark.parametrize("mode", [pikepdf.ObjectStreamMode.disable, pikepdf.ObjectStreamMode.generate])
def test_a_report_that_another_program_has_saved_is_still_read(
    paper: bytes, mode: pikepdf.ObjectStreamMode
) -> None:
    saved = io.BytesIO()
    with pikepdf.open(io.BytesIO(paper)) as pdf:
        pdf.save(saved, object_stream_mode=mode, compress_streams=True)
    assert offline.attachments(saved.getvalue()) == (DATA, TABLE)

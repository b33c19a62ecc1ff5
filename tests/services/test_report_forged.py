"""A PDF in which a viewer finds another attachment than the one that is checked: refused, however it is written."""

import zlib
from pathlib import Path

import pytest

from specimens.ledger import offline


def _object(number: int, head: bytes, content: bytes) -> bytes:
    packed = zlib.compress(content)
    return (
        b"%d 0 obj\n<<%s /Filter /FlateDecode /Length %d>>\nstream\n" % (number, head, len(packed))
        + packed
        + b"\nendstream\nendobj\n"
    )


#: As a report is written: both attachments, and one end.
REPORT = (
    b"%PDF-1.7\n"
    + _object(1, b"/Type /EmbeddedFile /Subtype /application#2fjson", b"{}")
    + _object(2, b"/Type /EmbeddedFile /Subtype /text#2fcsv", b"honest")
    + b"startxref\n9\n%%EOF\n"
)


def _code(pdf: bytes) -> str:
    with pytest.raises(offline.Unreadable) as told:
        offline.attachments(pdf)
    return told.value.code


def test_a_report_as_it_was_made_gives_both_attachments() -> None:
    assert offline.attachments(REPORT) == (b"{}", b"honest")


@pytest.mark.parametrize(
    "head",
    [
        b"/Type /Embedded#46ile /Subtype /text#2Fcsv",
        b"/Type /EmbeddedFile /Subtype /text#2F#63sv",
        b"/Subtype /text#2Fcsv",
    ],
)
def test_a_second_csv_is_refused_however_its_names_are_spelled(head: bytes) -> None:
    """A viewer reads `#46` as F, and needs no type: it would open the forged one."""
    assert _code(REPORT + _object(2, head, b"forged")) == "several_data"


def test_a_file_that_something_was_added_to_is_refused() -> None:
    """An incremental update puts another object in the place of an attachment's or a page's: viewers follow it."""
    assert _code(REPORT + _object(2, b"", b"forged") + b"startxref\n1\n%%EOF\n") == "added_to"


@pytest.mark.parametrize("key", ["x", "a+b+c", f"a+{'0' * 8}+AAAA"])
def test_a_key_that_is_none_is_told_so_in_words(
    key: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = tmp_path / "custody.json"
    given.write_bytes(b"{}")
    assert offline.main([str(given), "--key", key]) == 1
    said = capsys.readouterr().out
    assert said.startswith(("NOT CHECKED: not a key", "NOT CHECKED: not an Ed25519 key")), said

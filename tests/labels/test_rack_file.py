"""A rack reader's file, however its maker writes it: each code in its well, nothing guessed, nothing hostile read."""

import random
import string
from contextlib import suppress

import pytest

from labels import rack_file
from labels.errors import LabelError
from labels.rack_file import read_rack_file
from specimens.domain.identifiers import is_identifier
from tests.labels.rendering import identifiers

ONE, TWO = "C4K7N2XD", "K8R3X0TR"
name = identifiers(7)


@pytest.mark.parametrize(
    "written",
    [
        f"A01,{ONE}\nA02,NO TUBE\nB01,NO READ\nB02,{TWO}\n",
        f"A1;{ONE}\r\nA2;\r\nB1;NOREAD\r\nB2;{TWO}\r\n",
        f"A1\t{ONE}\nA2\tEmpty\nB1\tNo Read\nB2\t{TWO}",
        f'\ufeff"Well","Code"\n"A01","{ONE}"\n"A02","No Tube"\n"B01","Error"\n"B02","{TWO}"\n',
        f"Rack: RK0001\nDate;2-3-2026\nPosition;Tube ID;Status\nA01;{ONE};OK\nA02;;EMPTY\nB01;NO_READ;\nB02;{TWO};OK",
        f"Rack;Date;Well;Tube\nRK0001;2-3-2026;A01;{ONE}\nRK0001;2-3-2026;A02;NO TUBE\nRK0001;2-3-2026;B01;?\n"
        f"RK0001;2-3-2026;B02;{TWO}",
        f"Row,Column,Code\nA,1,{ONE}\nA,2,-\nB,1,NO READ\nB,2,{TWO}\n",
        f"{ONE},A01\nNO TUBE,A02\nNO READ,B01\n{TWO},B02",
        f"A1,{ONE.lower()}\n\n\nB2,{TWO[:4]} {TWO[4:]}\nA2,no tube\nB1,no read\n",
        f"A1,{ONE}\nA1,{ONE}\nA2,---\nB1,NO-READ\nB2,{TWO}",
    ],
)
def test_one_rack_reads_alike_however_it_is_written(written: str) -> None:
    for data in (written.encode(), written.encode("utf-16")):
        found = read_rack_file(data, accept=is_identifier)
        assert found.codes == {"A1": ONE, "B2": TWO}
        assert (found.unread, found.bare, found.foreign, found.clash, found.beyond) == (
            ("B1",),
            ("A2",),
            {},
            (),
            (),
        )
        assert (found.rows, found.columns, found.sure) == (2, 2, True)


def test_what_does_not_agree_is_told_and_keeps_no_other_tube_back() -> None:
    third = name()
    written = f'A1,{ONE}\nA1,{TWO}\nA2,0123456789\nA3,{third}\nB1,{third}\nB2,{TWO}\nH12,{ONE}\n"B3,{ONE}\n'
    found = read_rack_file(written.encode(), accept=is_identifier, rows=2, columns=3)
    assert found.codes == {"A3": third, "B1": third, "B2": TWO}
    assert (found.clash, found.foreign, found.beyond, found.twice) == (
        ("A1",),
        {"A2": "0123456789"},
        ("H12",),
        (third,),
    )


def test_a_full_rack_of_ninety_six_is_read() -> None:
    codes = [name() for _ in range(96)]
    wells = [f"{row}{column:02}" for row in "ABCDEFGH" for column in range(1, 13)]
    written = "".join(f"{well},{code}\n" for well, code in zip(wells, codes, strict=True))
    found = read_rack_file(written.encode(), accept=is_identifier)
    assert list(found.codes.values()) == codes and (found.rows, found.columns) == (8, 12)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "reader_empty"),
        (b"  \n\n", "reader_empty"),
        (b"x" * 200_001, "reader_too_large"),
        (b"A1,x\n" * 3000, "reader_too_large"),
        (b"PK\x03\x04\x00\x00", "reader_unreadable"),
        (b"\x00\x01", "reader_unreadable"),
        (b"\xff\xfe\x00", "reader_unreadable"),
        (b"hello\nworld\n", "reader_no_wells"),
        (b"1,C4K7N2XD\n2,K8R3X0TR", "reader_no_wells"),
        (b"A1\nA2\n", "reader_no_wells"),
        (b"=cmd|' /C calc'!A1,x", "reader_no_wells"),
        (b'"' * 5000, "reader_no_wells"),
    ],
)
def test_what_no_reader_wrote_is_refused_in_words(data: bytes, code: str) -> None:
    with pytest.raises(LabelError) as refused:
        read_rack_file(data, accept=is_identifier)
    assert refused.value.code == code


def test_rubbish_is_refused_or_read_and_never_breaks() -> None:
    chance = random.Random(1)
    letters = string.printable + "é\ufeff;;;,,,\t\t\"'" + "A1B2"
    for _ in range(300):
        text = "".join(chance.choices(letters, k=chance.randrange(200)))
        with suppress(LabelError):
            found = read_rack_file(text.encode(), accept=is_identifier)
            assert all(is_identifier(code) for code in found.codes.values())


def test_the_identifier_of_the_rack_in_every_line_is_not_taken_for_a_tube() -> None:
    box = name()
    written = f"{box};A1;{ONE}\n{box};A2;NO TUBE\n{box};B1;{TWO}\n"
    assert read_rack_file(written.encode(), accept=is_identifier).codes == {"A1": ONE, "B1": TWO}
    assert read_rack_file(f"{box};A1;{ONE}\n".encode(), accept=is_identifier).codes == {"A1": ONE}


def test_a_long_cell_or_line_takes_no_time() -> None:
    line = ("A1," * 60_000)[: rack_file.MOST_BYTES]
    assert read_rack_file(line.encode(), accept=is_identifier).codes == {}

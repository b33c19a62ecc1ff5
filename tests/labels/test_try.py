"""`python -m labels`: the library tried out alone."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from labels.__main__ import main
from tests.labels.rendering import pages, scanned

_VIAL = {
    "type": "cryovial", "identifier": "C4K7N2XD", "participant": "C4K7N2XD", "visit": "BL", "kind": "PLASMA",
}  # fmt: skip


def _file(tmp_path: Path, **changes: object) -> str:
    path = tmp_path / "content.json"
    path.write_text(json.dumps({"labels": [_VIAL | changes]}), "utf-8")
    return str(path)


def test_a_file_of_content_becomes_a_pdf(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out.pdf"
    assert main([_file(tmp_path), "--stock", "roll_43", "--dpi", "203", "-o", str(out)]) == 0
    (picture,) = pages(out.read_bytes(), 203)
    assert scanned(picture) == ["C4K7N2XD"]
    assert "out.pdf" in capsys.readouterr().out


def test_toml_is_read_too(tmp_path: Path) -> None:
    path = tmp_path / "content.toml"
    lines = "\n".join(f'{name} = "{value}"' for name, value in _VIAL.items())
    path.write_text(f"[[labels]]\n{lines}\n", "utf-8")
    assert main([str(path), "--stock", "a4_cryo", "--start", "85", "-o", str(tmp_path / "out.pdf")]) == 0


@pytest.mark.parametrize(
    ("changes", "more", "told"),
    [
        ({"type": "flask"}, [], "type is one of tube"),
        ({"name": "J. Jansen"}, [], "label 1, field name: there is no such field"),
        ({"identifier": "J. Jansen"}, [], "is not an identifier"),
        ({}, ["--stock", "paper"], "there is no stock 'paper'"),
        ({}, ["--start", "99"], "cells 1 to 21"),
        ({}, ["--dpi", "72"], "not 72"),
        ({"kind": "W" * 60}, [], "mm are missing"),
    ],
)
def test_what_is_wrong_is_one_clear_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], changes: dict[str, str], more: list[str], told: str
) -> None:
    assert main([_file(tmp_path, **changes), "-o", str(tmp_path / "out.pdf"), *more]) == 2
    said = capsys.readouterr().err
    assert told in said
    assert said.count("\n") == 1
    assert not (tmp_path / "out.pdf").exists()


def test_it_runs_from_the_shell_and_loads_nothing_of_the_program(tmp_path: Path) -> None:
    _csv(tmp_path, f"{_HEAD}\n{_LINE}\n")
    words = ["--layout", "cryovial", "--stock", "roll_33", "codes.csv", "-o", "out.pdf"]
    said = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "labels", *words], cwd=tmp_path, capture_output=True, text=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}, check=True,
    )  # fmt: skip
    assert said.stdout.startswith("out.pdf: ")
    loaded = {line.rsplit("|", 1)[-1].strip().split(".")[0] for line in said.stderr.splitlines()}
    assert "labels" in loaded
    assert not loaded & {"flask", "sqlalchemy", "specimens"}
    (picture,) = pages((tmp_path / "out.pdf").read_bytes(), 300)
    assert scanned(picture) == ["C4K7N2XD"]


def test_a_file_that_is_not_there_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(tmp_path / "nothing.toml")]) == 2
    assert "nothing.toml" in capsys.readouterr().err


def test_the_list_names_every_stock_and_layout(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--list"]) == 0
    told = capsys.readouterr().out
    assert "roll_33" in told
    assert "biopsy_container" in told


_HEAD = "identifier,participant,visit,kind"
_LINE = "C4K7N2XD,K8R3X0TR,BL,PLASMA"


def _csv(tmp_path: Path, text: str | bytes) -> str:
    path = tmp_path / "codes.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return str(path)


@pytest.mark.parametrize("suffix", ["pdf", "zpl", "png", "svg"])
@pytest.mark.parametrize(
    "text",
    [
        f"{_HEAD}\n{_LINE}\n", f"\ufeff{_HEAD}\r\n{_LINE}\r\n", f"{_HEAD}\n{_LINE}".replace(",", ";"),
        f'{_HEAD}\n\n"C4K7N2XD", K8R3X0TR ,BL,PLASMA\n,,,\n', f"{_HEAD.upper()},number\n{_LINE},\n",
    ],
)  # fmt: skip
def test_a_csv_becomes_every_output(tmp_path: Path, suffix: str, text: str) -> None:
    out = tmp_path / f"out.{suffix}"
    asked = [
        "--layout",
        "cryovial",
        "--stock",
        "roll_33",
        "--dpi",
        "203",
        _csv(tmp_path, text),
        "-o",
        str(out),
    ]
    assert main(asked) == 0
    begin = {"pdf": b"%PDF-", "zpl": b"^XA", "png": b"\x89PNG", "svg": b"<svg "}[suffix]
    assert out.read_bytes().startswith(begin)
    if suffix == "pdf":
        (picture,) = pages(out.read_bytes(), 203)
        assert scanned(picture) == ["C4K7N2XD"]


def test_several_pages_become_several_pictures(tmp_path: Path) -> None:
    text = f"{_HEAD}\n{_LINE}\nK8R3X0TR,C4K7N2XD,BL,PLASMA\n"
    out = tmp_path / "out.png"
    assert (
        main(["--layout", "cryovial_wide", "--stock", "roll_43", _csv(tmp_path, text), "-o", str(out)]) == 0
    )
    assert sorted(path.name for path in tmp_path.glob("*.png")) == ["out-1.png", "out-2.png"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "codes.csv, line 1: has no heading"),
        (
            f"{_HEAD},name\n{_LINE},Jansen\n",
            "codes.csv, line 1, column 5: 'name' is none of identifier, participant",
        ),
        ("identifier,participant,visit\n", "codes.csv, line 1: the column kind is missing"),
        (f"{_HEAD},kind\n", "codes.csv, line 1, column 5: kind stands there twice"),
        (f"{_HEAD}\n{_LINE},more\n", "codes.csv, line 2: has 5 cells, and the heading 4"),
        (
            f"{_HEAD}\n\n{_LINE}\nC4K7N2XF,K8R3X0TR,BL,SERUM\n",
            "line 4, column identifier: 'C4K7N2XF' is not an",
        ),
        (f"{_HEAD}\n{_LINE}\n{_LINE}\n", "line 3, column identifier: C4K7N2XD stands on line 2 already"),
        (
            f"{_HEAD}\nC4K7N2XD,J. Jansen,BL,SERUM\n",
            "line 2, column participant: 'J. Jansen' is not an identifier",
        ),
        (f"{_HEAD}\nC4K7N2XD,K8R3X0TR,,SERUM\n", "line 2, column visit: is missing"),
        (f"{_HEAD}\nC4K7N2XD,K8R3X0TR,BL,{'W' * 40}\n", "codes.csv, line 2, kind: 'WWW"),
        (f"{_HEAD}\nC4K7N2XD,K8R3X0TR,BL,12-03-1961\n", "codes.csv, line 2, kind: '12-03-1961' looks like"),
        (f'{_HEAD}\n"C4K7N2XD,K8R3X0TR,BL,SERUM\n', "codes.csv, line 2: unexpected end of data"),
        (f"{_HEAD}\n{_LINE}\0\n", "codes.csv, line 2: holds a NUL"),
        (b"identifier\n\xff\xfe", "is not UTF-8 text (byte 12)"),
        (f"{_HEAD}\n", "there is no label to print"),
    ],
)
def test_what_is_wrong_with_a_csv_is_told_with_its_line_and_column(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str | bytes, told: str
) -> None:
    out = tmp_path / "out.pdf"
    assert main(["--layout", "cryovial", "--stock", "roll_33", _csv(tmp_path, text), "-o", str(out)]) == 2
    said = capsys.readouterr().err
    assert told in said
    assert said.count("\n") == 1
    assert not out.exists()


@pytest.mark.parametrize(
    ("more", "told"),
    [
        (["--stock", "roll_33"], "name a layout"),
        (["--layout", "bag", "--stock", "roll_33"], "roll_33 does not take a label of the kind bag"),
        (
            ["--layout", "cryovial", "--stock", "roll_33", "-o", "out.doc"],
            "ends in one of .pdf, .zpl, .png, .svg",
        ),
        (["--layout", "cryovial", "--stock", "a4_21", "-o", "out.zpl"], "a4_21 is a sheet"),
        (["--layout", "cryovial", "--used", "a"], "--used: 'a' is not a list of cells"),
        (["--layout", "cryovial", "--offset", "1"], "--offset: '1' is not two lengths"),
        (["--layout", "cryovial", "--offset", "nan,inf"], "an offset is 10.0 mm at most"),
        (["--layout", "cryovial", "--folder", "/nowhere"], "/nowhere is not a folder"),
        (["--calibrate", "-o", "out.png"], "a calibration page becomes .pdf or .zpl"),
    ],
)
def test_what_is_asked_wrongly_is_one_clear_line(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    more: list[str],
    told: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main([_csv(tmp_path, f"{_HEAD}\n{_LINE}\n"), *more]) == 2
    said = capsys.readouterr().err
    assert told in said
    assert said.count("\n") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["codes.csv"]


def test_a_calibration_page_comes_without_content(tmp_path: Path) -> None:
    for name in ("page.pdf", "page.zpl"):
        assert (
            main(["--calibrate", "--stock", "roll_67", "--offset", "0.5,-0.5", "-o", str(tmp_path / name)])
            == 0
        )
    assert (tmp_path / "page.zpl").read_bytes().startswith(b"^XA")

"""A site's own folder of layouts and stocks: what is wrong with it is said before anything is printed from it."""

from pathlib import Path

import pytest

from labels import own
from labels.__main__ import main
from tests.labels.own_roll import LAYOUT, stocks

_STOCKS = stocks("cryovial", "[203, 300]")


def _folder(tmp_path: Path, layout: str = LAYOUT, stocks: str = _STOCKS, name: str = "ours") -> Path:
    (tmp_path / f"{name}.toml").write_text(layout, "utf-8")
    (tmp_path / "stocks.toml").write_text(stocks, "utf-8")
    return tmp_path


def test_a_folder_that_is_right_has_nothing_wrong(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert own.problems(tmp_path) == []
    assert own.problems(_folder(tmp_path)) == []
    assert main(["--check", "--folder", str(tmp_path)]) == 0
    assert "can be used" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (("width = 30.0", ""), "ours.toml: 'width' is missing"),
        (("safe = [1, 1]", "safe = [1"), "ours.toml: Unclosed array"),
        (("width = 18.6", "width = 19.6"), "ours.toml: identifier leaves the safe area"),
        (("x = 10.4", "x = 9.4"), "ours.toml: identifier overlaps data_matrix"),
        (("size = 9", 'size = "9"'), "ours.toml: texts 1: size = '9' is no number"),
        (("size = 9", 'size = 9, colour = "red"'), "ours.toml: texts 1: there is no 'colour'; it has x, y"),
        (("size = 9, ", ""), "ours.toml: texts 1: size is missing"),
        (("symbols = [{", "symbols = [3, {"), "ours.toml: symbols 1: is no table"),
        (('"identifier"', '"kind"'), "ours.toml on ours: the identifier is in the code alone"),
        (('"identifier"', '"surname"'), "ours.toml on ours: there is no field 'surname'; a label of the kind"),
        (("width = 9.2, height = 9.2", "width = 4, height = 4"), "needs 0.6 mm more on a printer with 203 dots"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_layout_is_said_with_its_file(
    tmp_path: Path, change: tuple[str, str], told: str
) -> None:
    wrong = own.problems(_folder(tmp_path, LAYOUT.replace(*change)))
    assert wrong
    assert told in "\n".join(wrong)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (('{ cryovial = "ours" }', '{ urine_cup = "ours" }'), "there is no kind of label urine_cup; it is one of"),
        (("[203, 300]", '["203"]'), "stocks.toml: stock ours: dpi is a list of whole numbers"),
        (("page =", "columns = 1.5\npage ="), "columns and rows are whole numbers"),
        (("[ours]", "[ours"), "stocks.toml: Expected"),
        (("page = [30.0, 12.0]", "page = [30.0]"), "stocks.toml: stock ours: "),
        (('"ours" }', '"none" }'), "there is no layout 'none'"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_stock_is_said_with_its_name(
    tmp_path: Path, change: tuple[str, str], told: str
) -> None:
    assert told in "\n".join(own.problems(_folder(tmp_path, stocks=_STOCKS.replace(*change))))


def test_a_layout_that_stands_before_the_librarys_has_to_fit_the_librarys_stocks(tmp_path: Path) -> None:
    wide = LAYOUT.replace("width = 30.0", "width = 35.0")
    wrong = own.problems(_folder(tmp_path, wide, "", name="cryovial"))
    assert "cryovial.toml on roll_33: cryovial does not fit roll_33: 2.0 mm are missing" in wrong


def test_every_mistake_of_a_folder_is_told_at_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "first.toml").write_text("width = 1", "utf-8")
    (tmp_path / "second.toml").write_bytes(b"\xff")
    assert len(own.problems(tmp_path)) == 2
    assert main(["--check", "--folder", str(tmp_path)]) == 2
    assert capsys.readouterr().out.splitlines()[1] == "second.toml: is not UTF-8 text (byte 1)"
    assert main(["--check"]) == 2

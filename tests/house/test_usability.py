"""The page of the thirty requirements is what it is made from; each has its tests, and figures where it needs them."""

from pathlib import Path

import pytest

from bench import requirements, usability

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs/usability.md"


def test_every_requirement_has_tests_that_are_there_and_the_page_is_what_would_be_made() -> None:
    assert usability.problems(PAGE.read_text(encoding="utf-8"), ROOT) == []


def test_writing_the_page_again_changes_nothing_and_fresh_figures_take_the_place_of_old_ones(
    tmp_path: Path,
) -> None:
    copy = tmp_path / "usability.md"
    copy.write_bytes(PAGE.read_bytes())
    usability.write(copy, [])
    assert copy.read_bytes() == PAGE.read_bytes()
    fresh = usability.Figure("burst of 41", "0.1 s", "–", "–", "`x`", "2026-01-01", "one core")
    usability.write(copy, [fresh])
    told = usability.figures(copy.read_text(encoding="utf-8"))
    assert [each for each in told if each.name.startswith("burst of ")] == [fresh]
    assert len(told) == len(usability.figures(PAGE.read_text(encoding="utf-8")))


@pytest.mark.parametrize(
    ("planted", "told"),
    [
        (requirements.Requirement(1, "x", "y", ()), "1 has no test"),
        (requirements.Requirement(1, "x", "y", ("tests/house/test_usability.py::test_gone",)), "is gone"),
        (requirements.Requirement(1, "x", "y", ("tests/house/gone.py::test_x",)), "is gone"),
        (requirements.Requirement(1, "x", "y", (), ("nothing of this name",)), "nothing measures"),
        (requirements.Requirement(1, "x", "y", (), ("burst of ",)), "has no figure"),
        (requirements.Requirement(2, "x", "y", ()), "1 is not there once"),
    ],
)
def test_what_proves_nothing_is_found(
    planted: requirements.Requirement, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(usability, "REQUIREMENTS", (planted,))
    assert any(told in each for each in usability.problems("", ROOT))


def test_another_word_on_the_page_is_found() -> None:
    text = PAGE.read_text(encoding="utf-8").replace("| speed |", "| haste |")
    assert usability.problems(text, ROOT) == [
        "the page is not what would be made: python -m bench --words --write docs/usability.md"
    ]

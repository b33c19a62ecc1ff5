"""The pictures in `docs/`: one of each kind of page, each shown, and none that nobody would wait for."""

from pathlib import Path

import pytest
from flask import Flask

from tests.browser.every import NO_PAGE, doors
from tests.browser.gallery import GALLERY, pictured

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs/pictures.md"
FOLDER = ROOT / "docs/pictures"

EACH_BYTES = 30_000
TOGETHER_BYTES = 3_000_000


@pytest.fixture(params=["sqlite"])
def engine_name(request: pytest.FixtureRequest) -> str:
    """Take SQLite: the addresses of the program are the same on both engines."""
    return str(request.param)


def _without(app: Flask, page: str) -> list[str]:
    return sorted(doors(app) - NO_PAGE.keys() - pictured(page))


def test_every_kind_of_page_has_its_picture(app: Flask) -> None:
    assert _without(app, PAGE.read_text(encoding="utf-8")) == [], "`make pictures` takes them"


def test_a_kind_of_page_without_a_picture_is_named(app: Flask) -> None:
    page = PAGE.read_text(encoding="utf-8").replace("/participant.show.png)", "/another.png)")
    assert _without(app, page) == ["participant.show"]


def test_the_page_shows_every_picture_that_is_there_and_no_other() -> None:
    shown = pictured(PAGE.read_text(encoding="utf-8"))
    assert shown == {path.stem for path in FOLDER.glob("*.png")}
    assert {each.name for each in GALLERY} <= shown


def test_the_pictures_are_small() -> None:
    sizes = {path.name: path.stat().st_size for path in FOLDER.iterdir()}
    assert {name: size for name, size in sizes.items() if size > EACH_BYTES} == {}
    assert sum(sizes.values()) <= TOGETHER_BYTES

"""A site's own layouts and stocks are offered and printed like those of the library."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from time_machine import Traveller

from specimens.models.base import db
from specimens.services import label, label_stock, printer, stock
from tests.cast import Cast
from tests.labels.own_roll import LAYOUT, stocks
from tests.labels.rendering import pages, scanned
from tests.services.printing import Roll, a_roll, added
from tests.tubes import kit_of

_STOCKS = stocks("blood_tube")


@pytest.fixture
def cast(cast: Cast, tmp_path: Path) -> Cast:
    folder = tmp_path / "labels"
    folder.mkdir()
    (folder / "ours.toml").write_text(LAYOUT, "utf-8")
    (folder / "stocks.toml").write_text(_STOCKS, "utf-8")
    stock.keep(db.engine, folder)
    return cast


@pytest.fixture
def roll() -> Iterator[Roll]:
    with a_roll() as made:
        yield made


def test_a_stock_of_the_site_is_offered_and_printed(cast: Cast, roll: Roll, clock: Traveller) -> None:
    kit, tubes = kit_of(cast, cast.nora, 2, collected=False)
    found = label.label_set(cast.nora, "kit", kit)
    assert ("ours@300", "Onze rol") in [
        (each.value, each.text) for each in label_stock.offers(found.roles, "nl")
    ]
    made = label.print_set(cast.nora, found, label_stock.chosen(cast.nora, "ours@300"))
    assert [scanned(page) for page in pages(made.pdf, 300)] == [[code] for code in tubes]
    held = added(roll, stock="ours")
    assert [each.text for each in label_stock.printers_for(found.roles, [held], None, "en")] == ["Our roll"]
    # The folder is gone at the next start: the printer stays, and prints nothing that nobody can draw any more.
    stock.keep(db.engine, None)
    assert label_stock.printers_for(found.roles, printer.offered(cast.nora), None, "en") == []
    assert "ours" not in stock.names("en")

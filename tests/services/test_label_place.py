"""Labels of bags and boxes, and the sheet of a station: right, readable, and written down."""

import pytest

from specimens.domain.access import system_actor
from specimens.domain.errors import BadInput, NotFound, NotPermitted
from specimens.domain.identifiers import COMMANDS
from specimens.domain.terms import Kind, StorageKind
from specimens.models.base import db
from specimens.services import label_place
from specimens.services.entries import entries_of
from specimens.services.label_stock import Choice
from specimens.services.record import writing
from tests.cast import Cast
from tests.labels.rendering import pages, scanned, texts
from tests.services.bags import released

BAG = Choice("roll_102", 203)
BOX = Choice("roll_67", 300)


@pytest.fixture
def cast(cast: Cast, clock: object) -> Cast:
    return cast


def _acts(kind: Kind, code: str) -> list[str]:
    return [each.act for each in entries_of(db.session(), kind, code)]


def _box(rows: int = 9) -> tuple[str, str]:
    with writing(system_actor()) as op:
        where = {"site": "AMS", "temperature": "minus80"}
        freezer = op.create(
            Kind.STORAGE, "storage_added", facts={**where, "kind": StorageKind.FREEZER, "name": "Freezer 3"}
        ).code
        facts = {
            **where, "kind": StorageKind.BOX, "name": "B07", "parent": freezer, "rows": rows, "columns": rows,
            "fill": "column",
        }  # fmt: skip
        return freezer, op.create(Kind.STORAGE, "storage_added", facts=facts).code


def test_a_bag_says_from_whom_to_whom_how_many_and_until_when(cast: Cast) -> None:
    transfer, tubes = released(cast, 3)
    printed = label_place.bag_pdf(cast.nora, transfer.code, BAG)
    (picture,) = pages(printed.pdf, 203)
    assert set(scanned(picture)) == {transfer.code}
    (told,) = texts(printed.pdf)
    for said in ("From Amsterdam", "To AMS laboratory, Amsterdam", f"{len(tubes)} specimens", "Nora de Wit"):
        assert said.replace(" ", "") in told.replace(" ", "")
    assert "Needed before 2 Mar 2026 10:00 CET" in told  # the serum clots for an hour at most
    assert _acts(Kind.TRANSFER, transfer.code)[-1] == "label_printed"


@pytest.mark.parametrize(
    ("transport", "temperature", "marks"),
    [
        ("by_hand", "room", []),
        ("courier", "room", ["UN3373"]),
        ("courier_dry_ice", "minus80", ["UN3373", "UN1845"]),
    ],
)
def test_a_bag_for_a_courier_gets_its_marks(
    cast: Cast, transport: str, temperature: str, marks: list[str]
) -> None:
    transfer, _ = released(cast, 1, transport=transport, temperature=temperature)
    told = texts(label_place.bag_pdf(cast.nora, transfer.code, BAG).pdf)
    assert [mark for page in told[1:] for mark in ("UN3373", "UN1845") if mark in page] == marks
    assert all(f"{transfer.code[:4]} {transfer.code[4:]}" in page for page in told)


def test_a_box_gets_a_label_for_the_lid_and_one_for_the_front(cast: Cast) -> None:
    freezer, box = _box()
    printed = label_place.box_pdf(cast.mei, box, BOX, key="one form")
    pictures = pages(printed.pdf, 300)
    assert [scanned(picture) for picture in pictures] == [[box], [box]]
    told = texts(printed.pdf)[0]
    for said in ("B07", "Freezer 3", "9 × 9 ↓", "A1"):
        assert said in told
    assert label_place.box_pdf(cast.mei, box, BOX, key="one form").pdf == printed.pdf
    assert _acts(Kind.STORAGE, box).count("label_printed") == 1
    assert len(pages(label_place.box_pdf(cast.adam, freezer, BOX).pdf, 300)) == 1


def test_a_station_sheet_carries_the_station_and_every_command(cast: Cast) -> None:
    code = cast.stations["AMS clinic"]
    printed = label_place.station_pdf(cast.adam, code, language="nl")
    (picture,) = pages(printed.pdf, 300)
    assert set(scanned(picture)) == {code, *COMMANDS}
    (told,) = texts(printed.pdf)
    assert "NIET AFGENOMEN" in told
    assert _acts(Kind.STATION, code)[-1] == "label_printed"


def test_the_wrong_stock_prints_nothing_and_writes_nothing(cast: Cast) -> None:
    _, box = _box()
    for choice in (BAG, Choice("roll_67", 72), Choice("a4_21", 300, 99), Choice("nothing", 300)):
        with pytest.raises(BadInput):
            label_place.box_pdf(cast.mei, box, choice)
    assert _acts(Kind.STORAGE, box) == ["storage_added"]


@pytest.mark.parametrize("login", ["luis", "mona", "ada"])
def test_who_neither_prints_labels_nor_sets_places_up_gets_none(cast: Cast, login: str) -> None:
    freezer, _ = _box()
    transfer, _ = released(cast, 1)
    for ask in (
        lambda who: label_place.box_pdf(who, freezer, BOX),
        lambda who: label_place.station_pdf(who, cast.stations["AMS clinic"]),
        lambda who: label_place.bag_pdf(who, transfer.code, BAG),
        lambda who: label_place.unit_name(who, freezer),
        lambda who: label_place.station_name(who, cast.stations["AMS clinic"]),
        lambda who: label_place.bag_name(who, transfer.code),
    ):
        with pytest.raises(NotPermitted):
            ask(cast.actors[login])


def test_another_site_gets_none(cast: Cast) -> None:
    freezer, _ = _box()
    transfer, _ = released(cast, 1)
    for ask in (
        lambda: label_place.box_pdf(cast.ola, freezer, BOX),
        lambda: label_place.station_pdf(cast.ola, cast.stations["AMS clinic"]),
        lambda: label_place.bag_pdf(cast.ola, transfer.code, BAG),
    ):
        with pytest.raises(NotFound):
            ask()

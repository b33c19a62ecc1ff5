"""A picture of a rack gives its grid; what is seen and not read is told, and no tube gets a wrong place."""

import pytest
from PIL import Image

from labels.errors import LabelError
from labels.rack import grid, position, read_rack
from labels.read import Code, read_photo
from specimens.domain.identifiers import is_identifier
from tests.labels.racks import CAP, TABLE, frosted, jpeg, middle_of, photographed, rack, slanted
from tests.labels.rendering import identifiers

BARE = frozenset({"A4", "E5", "E6", "H12"})


@pytest.mark.parametrize("angle", [0, 5, -12, 18])
@pytest.mark.parametrize("module", [3, 4, 6])
def test_a_slanted_picture_of_a_rack_gives_every_identifier_in_its_place(module: int, angle: int) -> None:
    picture, codes = rack(identifiers(module), 8, 12, module=module, bare=BARE)
    found = read_rack(
        photographed(slanted(picture), angle=angle, blur=module * 0.25),
        rows=8,
        columns=12,
        accept=is_identifier,
    )
    assert found.codes == codes
    assert set(found.bare) == BARE
    assert (found.unread, found.twice, found.sure) == ((), (), True)


@pytest.mark.parametrize(("rows", "columns"), [(9, 9), (10, 10), (1, 10), (5, 1), (1, 1)])
def test_racks_of_every_size_are_read(rows: int, columns: int) -> None:
    picture, codes = rack(identifiers(rows * columns), rows, columns)
    found = read_rack(photographed(picture), rows=rows, columns=columns, accept=is_identifier)
    assert found.codes == codes
    assert found.sure


def test_a_rack_that_is_half_empty_is_placed_as_far_as_it_goes_and_says_that_it_is_a_guess() -> None:
    empty = frozenset(
        position(row, column) for row in range(8) for column in range(12) if column == 0 or row > 4
    )
    picture, codes = rack(identifiers(8), 8, 12, bare=empty)
    found = read_rack(photographed(picture), rows=8, columns=12, accept=is_identifier)
    assert not found.sure
    assert list(found.codes.values()) == list(codes.values())


def test_tubes_far_apart_still_find_their_places() -> None:
    kept = {"A1", "A12", "H1", "H12", "C3", "C4", "D3", "D4", "F8"}
    bare = frozenset(position(row, column) for row in range(8) for column in range(12)) - kept
    picture, codes = rack(identifiers(9), 8, 12, bare=bare)
    found = read_rack(photographed(slanted(picture, 0.03)), rows=8, columns=12, accept=is_identifier)
    assert found.codes == codes


def test_few_tubes_of_which_no_two_stand_side_by_side_find_their_places() -> None:
    kept = {"A1", "A4", "B2", "C1", "C4"}
    bare = frozenset(position(row, column) for row in range(3) for column in range(4)) - kept
    picture, codes = rack(identifiers(14), 3, 4, bare=bare)
    for angle in (0, 7):
        found = read_rack(photographed(picture, angle=angle), rows=3, columns=4, accept=is_identifier)
        assert found.codes == codes
        assert found.sure


def test_a_frosted_cap_is_seen_or_bare_and_never_another_identifier() -> None:
    picture, codes = rack(identifiers(10), 8, 12)
    iced = ["B2", "D7", "G11"]
    for at in iced:
        picture = frosted(picture, *middle_of(at), 34, half=at == "D7")
    found = read_rack(photographed(picture), rows=8, columns=12, accept=is_identifier)
    assert {at: code for at, code in codes.items() if at not in iced} == {
        at: code for at, code in found.codes.items() if at not in iced
    }
    assert all(found.codes.get(at, codes[at]) == codes[at] for at in iced)
    assert {*found.unread, *found.bare, *(set(found.codes) & set(iced))} == set(iced)


def test_one_identifier_on_two_tubes_is_told() -> None:
    one, codes = rack(identifiers(11), 3, 4)
    copied = one.crop((80, 80, 80 + 109, 80 + 109))
    one.paste(copied, (80 + 2 * 109, 80 + 109))
    found = read_rack(photographed(one), rows=3, columns=4, accept=is_identifier)
    assert found.twice == (codes["A1"],)
    assert found.codes["B3"] == found.codes["A1"] == codes["A1"]


def test_a_rack_that_is_larger_than_said_is_refused() -> None:
    picture, _codes = rack(identifiers(12), 4, 5)
    with pytest.raises(LabelError) as refused:
        read_rack(photographed(picture), rows=4, columns=4, accept=is_identifier)
    assert refused.value.code == "rack_of_another_size"
    assert refused.value.facts == {"seen_rows": 4, "seen_columns": 5, "rows": 4, "columns": 4}


def test_noise_that_looks_like_a_code_beside_the_rack_takes_no_label_from_its_place() -> None:
    places = {"A1": (134, 134), "A4": (461, 134), "B2": (243, 243), "C1": (134, 352), "C4": (461, 352)}
    read = [Code(at, x, y, 56) for at, (x, y) in places.items()]
    for stray in ((457, 34), (566, 68), (557, 402), (246, 452), (190, 422), (160, 454)):
        found = grid([*read, Code(None, *stray, 20)], 3, 4)
        assert (found.codes, found.unread) == ({at: at for at in places}, ())
    assert grid([*read, Code(None, 352, 352, 56)], 3, 4).unread == ("C3",)


def test_a_picture_without_a_rack_is_told() -> None:
    with pytest.raises(LabelError) as refused:
        read_rack(jpeg(Image.new("L", (800, 600), TABLE)), rows=8, columns=12, accept=is_identifier)
    assert refused.value.code == "rack_nothing_read"


def test_a_symbol_that_is_seen_and_not_read_keeps_its_place_in_the_grid() -> None:
    codes = [Code("A", 0, 0, 10), Code("B", 20, 0, 10), Code(None, 0, 20, 10), Code("D", 20, 20, 10)]
    found = grid(codes, 2, 2)
    assert (found.codes, found.unread, found.bare) == ({"A1": "A", "A2": "B", "B2": "D"}, ("B1",), ())


def test_a_damaged_code_beside_a_good_one_is_seen_and_not_read() -> None:
    picture, codes = rack(identifiers(13), 1, 2, module=8)
    x, y = middle_of("A2", 8)
    hole = Image.new("L", (56, 56), CAP)
    picture.paste(hole, (x - 26, y - 30))
    reading = read_photo(photographed(picture), accept=is_identifier)
    assert reading.texts == [codes["A1"]]
    (unread,) = reading.unread
    assert abs(unread.x - x) < 40
    assert abs(unread.y - y) < 40

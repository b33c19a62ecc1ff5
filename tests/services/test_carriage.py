"""Carrying: left in a named place, taken along, delivered; one's own tubes are no transfer."""

import pytest

from specimens.domain.errors import BadInput, NotPermitted, Refused
from specimens.services import carriage, receipt, transfer
from specimens.services.scan import specimen_now
from tests.cast import Cast
from tests.services.bags import LABORATORY, released, said
from tests.tubes import kit_of

pytestmark = pytest.mark.usefixtures("clock")


def test_a_courier_picks_up_and_delivers_and_the_laboratory_receives(cast: Cast) -> None:
    bag, tubes = released(cast, transport="courier")
    carriage.pick_up(cast.luis, bag.code)
    now = specimen_now(tubes[0])
    assert (now.status, now.custodian) == ("in_transit", cast.luis.user)
    assert transfer.transfer_now(bag.code).carried_by == cast.luis.user
    after = carriage.deliver(cast.luis, bag.code, temperature_tenths_c=205)
    assert (after.state, after.place) == ("delivered", cast.stations[LABORATORY])
    assert specimen_now(tubes[0]).custodian == cast.stations[LABORATORY]
    receipt.open_receipt(cast.mei, bag.code, condition="intact")
    assert said(receipt.receive(cast.mei, bag.code, tubes[0])) == ("ok", "received_accepted")


def test_a_list_is_deposited_in_a_named_place_and_picked_up_there(cast: Cast) -> None:
    bag, tubes = released(cast)
    place = cast.stations["AMS clinic 2"]
    after = carriage.deposit(cast.nora, bag.code, place, temperature_tenths_c=45)
    assert (after.state, after.place) == ("deposited", place)
    assert specimen_now(tubes[0]).custodian == place
    assert carriage.pick_up(cast.luis, bag.code).place is None
    assert carriage.deliver(cast.luis, bag.code, place).place == place


@pytest.mark.parametrize(
    ("place", "tenths", "field"),
    [("nowhere", None, "place"), ("OSL clinic", None, "place"), (LABORATORY, 9999, "temperature")],
)
def test_the_place_and_the_temperature_are_checked(
    cast: Cast, place: str, tenths: int | None, field: str
) -> None:
    bag, _ = released(cast)
    with pytest.raises(BadInput) as error:
        carriage.deposit(cast.nora, bag.code, cast.stations.get(place, place), temperature_tenths_c=tenths)
    assert list(error.value.fields) == [field]


def test_a_list_for_a_person_needs_a_place_to_be_delivered_to(cast: Cast) -> None:
    bag, _ = released(cast, to=("user", cast.nils.user))
    carriage.pick_up(cast.luis, bag.code)
    with pytest.raises(BadInput) as error:
        carriage.deliver(cast.luis, bag.code)
    assert error.value.fields == {"place": "place_needed"}


def test_only_what_waits_can_be_carried(cast: Cast) -> None:
    bag, tubes = released(cast)
    with pytest.raises(Refused, match="list_not_waiting"):
        carriage.deliver(cast.luis, bag.code)
    carriage.pick_up(cast.luis, bag.code)
    with pytest.raises(Refused, match="list_not_waiting"):
        carriage.deposit(cast.luis, bag.code, cast.stations[LABORATORY])
    carriage.deliver(cast.luis, bag.code)
    receipt.open_receipt(cast.mei, bag.code, condition="intact")
    with pytest.raises(Refused, match="receipt_begun"):
        carriage.pick_up(cast.luis, bag.code)
    assert specimen_now(tubes[0]).status == "delivered"


def test_a_pick_up_sent_twice_is_one(cast: Cast) -> None:
    bag, _ = released(cast)
    assert carriage.pick_up(cast.luis, bag.code, key="k") == carriage.pick_up(cast.luis, bag.code, key="k")


@pytest.mark.parametrize("login", ["mona", "ada", "adam"])
def test_onlookers_carry_nothing(cast: Cast, login: str) -> None:
    bag, _ = released(cast)
    with pytest.raises(NotPermitted):
        carriage.pick_up(getattr(cast, login), bag.code)


def test_ones_own_tube_is_carried_to_a_station_of_ones_own_site(cast: Cast) -> None:
    _, (tube,) = kit_of(cast, cast.nora, 1)
    there = cast.stations["AMS clinic 2"]
    assert said(carriage.carry(cast.nils, there, tube)) == ("stop", "not_in_your_hands")
    assert said(carriage.carry(cast.nora, cast.stations["OSL clinic"], tube)) == ("stop", "unknown_code")
    assert said(carriage.carry(cast.nora, there, tube)) == ("ok", "carried")
    assert specimen_now(tube).custodian == there
    assert said(carriage.carry(cast.nora, there, tube)) == ("already", "already")


def test_a_courier_carries_bags_by_scanning_them(cast: Cast) -> None:
    bag, tubes = released(cast, transport="courier")
    assert said(carriage.scan_bag(cast.luis, bag.code, "deliver")) == ("stop", "list_not_waiting")
    assert said(carriage.scan_bag(cast.luis, bag.code, "pick_up")) == ("ok", "bag_picked_up")
    assert said(carriage.scan_bag(cast.luis, bag.code, "pick_up")) == ("already", "already")
    assert said(carriage.scan_bag(cast.luis, bag.code, "deliver")) == ("ok", "bag_delivered")
    assert said(carriage.scan_bag(cast.luis, tubes[0], "pick_up")) == ("stop", "unknown_code")
    personal, _ = released(cast, to=("user", cast.nils.user))
    carriage.pick_up(cast.luis, personal.code)
    assert said(carriage.scan_bag(cast.luis, personal.code, "deliver")) == ("check", "place_for_bag")


def test_a_list_can_be_left_at_stations_of_either_end(cast: Cast) -> None:
    bag, _ = released(cast, to=("station", cast.stations["OSL laboratory"]))
    assert {each.site for each in carriage.places(cast.nora, bag.code)} == {"AMS", "OSL"}
    inside, _ = released(cast)
    assert {each.site for each in carriage.places(cast.nora, inside.code)} == {"AMS"}

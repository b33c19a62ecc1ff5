"""The pages of transfers: who sees what, packing, sealing, releasing, carrying, taking back."""

import re

import pytest
from time_machine import Traveller

from specimens.domain.identifiers import COMMAND_CODES
from specimens.services import carriage, recall, receipt, transfer
from specimens.services.scan import specimen_now
from tests.cast import Cast
from tests.services.bags import LABORATORY, packed, released
from tests.tubes import kit_of
from tests.web.conftest import Web
from tests.web.scanning import Do, doing, verdict

pytestmark = pytest.mark.usefixtures("clock")
PACKING = {"count": "3", "transport": "by_hand", "temperature": "room", "seal": ""}


@pytest.fixture
def cast(web: Web) -> Cast:
    return web.cast


@pytest.fixture
def do(web: Web) -> Do:
    return doing(web)


def laboratory(cast: Cast) -> str:
    return f"station:{cast.stations[LABORATORY]}"


def test_open_lists_stand_by_what_comes_next(web: Web, cast: Cast, do: Do, clock: Traveller) -> None:
    packing = do(packed, cast, do(kit_of, cast, cast.nora, 1)[1])
    sent, _ = do(released, cast)
    do(kit_of, cast, cast.nora, 2)
    clock.shift(3900)
    page = web.client("nora").get("/transfers").text
    assert "Being packed" in page
    assert f"{packing.code[:4]} {packing.code[4:]}" in page
    assert f"{sent.code[:4]} {sent.code[4:]}" in page
    assert "1 h 5 min" in page
    assert "Release all" in page
    assert "Release all" not in web.client("mona").get("/transfers").text


def test_without_lists_the_page_says_what_to_do_first(web: Web) -> None:
    assert "No list waits for anybody" in web.client("nora").get("/transfers").text


def test_a_kit_is_released_in_one_act(web: Web, cast: Cast, do: Do) -> None:
    kit, tubes = do(kit_of, cast, cast.nora, 3)
    page = web.client("nora").get(f"/transfers/new?kit={kit}").text
    assert "3 tubes on no list yet" in page
    assert " checked" not in page
    assert " selected" not in page
    sent = {"to": laboratory(cast), **PACKING, "nonce": "n"}
    answer = web.client("nora").post(f"/transfers/new?kit={kit}", data=sent)
    assert answer.status_code == 303
    again = web.client("nora").post(f"/transfers/new?kit={kit}", data=sent)
    assert again.location == answer.location
    assert web.acts("transfer").count("transfer_released") == 1
    assert {do(specimen_now, tube).status for tube in tubes} == {"released"}
    assert "You answer for the tubes" in web.client("nora").get(answer.location).text


def test_what_is_wrong_with_a_release_is_told_at_once_and_nothing_is_lost(
    web: Web, cast: Cast, do: Do
) -> None:
    kit, _ = do(kit_of, cast, cast.nora, 3)
    sent = {"to": laboratory(cast), "count": "", "transport": "", "temperature": "cold", "seal": "A-1"}
    answer = web.client("nora").post(f"/transfers/new?kit={kit}", data=sent)
    assert answer.status_code == 422
    assert "<title>Error:" in answer.text
    for told in ("Count the tubes in the bag", "Choose how the tubes travel", 'href="#count"', 'value="A-1"'):
        assert told in answer.text
    assert re.search(r'value="cold" checked', answer.text)
    assert f'value="{laboratory(cast)}" selected' in answer.text
    wrong = {**sent, "count": "2", "transport": "by_hand", "seal": ""}
    assert "Counted: 2. Scanned: 3." in web.client("nora").post(f"/transfers/new?kit={kit}", data=wrong).text


@pytest.mark.parametrize("to", ["", "station:", "station:C4K7N2XD", "user:nobody", "x", "::"])
def test_a_consignee_that_is_not_offered_is_refused(web: Web, cast: Cast, do: Do, to: str) -> None:
    answer = web.client("nora").post("/transfers/new", data={"to": to})
    assert answer.status_code == 422
    assert "Choose the person or the place" in answer.text


def test_a_kit_of_another_site_has_nothing_to_release(web: Web, cast: Cast, do: Do) -> None:
    kit, _ = do(kit_of, cast, cast.ola, 3)
    assert "Nothing of this kit waits" in web.client("nora").get(f"/transfers/new?kit={kit}").text
    sent = {"to": laboratory(cast), **PACKING}
    assert web.client("nora").post(f"/transfers/new?kit={kit}", data=sent).status_code == 404


def test_tubes_are_packed_counted_sealed_and_released(web: Web, cast: Cast, do: Do) -> None:
    _, tubes = do(kit_of, cast, cast.nora, 2)
    nora = web.client("nora")
    address = nora.post("/transfers/new", data={"to": laboratory(cast)}).location
    assert "Scan a tube to pack it" in nora.get(address).text
    for number, tube in enumerate(tubes):
        answer = nora.post(address, data={"scan": tube, "nonce": f"n{number}"})
        assert (answer.status_code, verdict(answer)) == (200, "ok")
    assert verdict(nora.post(address, data={"scan": tubes[0]})) == "already"
    assert "2 tubes in the bag" in nora.get(address).text
    assert verdict(nora.post(address, data={"scan": tubes[1], "out": "1"})) == "ok"
    assert "1 tube in the bag" in nora.get(address).text
    finish = nora.post(address, data={"scan": COMMAND_CODES["FINISH"]})
    assert (finish.status_code, finish.location) == (303, f"{address}/seal")
    sealed = {"count": "2", "transport": "by_hand", "temperature": "room"}
    assert "Counted: 2. Scanned: 1." in nora.post(f"{address}/seal", data=sealed).text
    assert nora.post(f"{address}/seal", data={**sealed, "count": "1"}).status_code == 303
    assert "Open the bag again" in nora.get(address).text
    assert nora.post(f"{address}/unseal").status_code == 303
    assert "Scan a tube to pack it" in nora.get(address).text
    nora.post(f"{address}/seal", data={**sealed, "count": "1"})
    assert nora.post(f"{address}/release").status_code == 303
    assert (
        "You released this list" not in nora.get(address).text
    )  # the laboratory's list, not her own to receive


def test_a_scan_on_a_list_that_is_no_longer_packed_is_stopped(web: Web, cast: Cast, do: Do) -> None:
    _, tubes = do(kit_of, cast, cast.nora, 1)
    bag, _ = do(released, cast)
    answer = web.client("nora").post(f"/transfers/{bag.code}", data={"scan": tubes[0]})
    assert answer.status_code == 200
    assert web.acts("near_miss") == ["scan_refused"]


@pytest.mark.parametrize(
    "raw",
    [
        "",
        "  ",
        "x" * 200,
        "C4K7N2XF",
        "<script>alert(1)</script>",
        "=1+1",
        "\x01\x02",
        "Ω" * 300,
        "1234567890",
    ],
)
def test_whatever_is_scanned_is_answered_and_never_an_error(web: Web, cast: Cast, do: Do, raw: str) -> None:
    bag = do(packed, cast, [])
    answer = web.client("nora").post(f"/transfers/{bag.code}", data={"scan": raw})
    assert (answer.status_code, verdict(answer)) == (200, "stop")
    assert "<script>alert" not in answer.text


def test_a_list_is_recalled_with_a_reason(web: Web, cast: Cast, do: Do) -> None:
    bag, tubes = do(released, cast)
    nora = web.client("nora")
    assert nora.post(f"/transfers/{bag.code}/recall", data={"reason": ""}).status_code == 422
    birth = {"reason": "wrong_destination", "reason_note": "born 12-03-1987"}
    wrong = nora.post(f"/transfers/{bag.code}/recall", data=birth)
    assert (wrong.status_code, "born 12-03-1987" in wrong.text) == (422, True)
    done = nora.post(f"/transfers/{bag.code}/recall", data={"reason": "wrong_destination"})
    assert done.status_code == 303
    assert do(specimen_now, tubes[0]).status == "collected"
    assert nora.get(f"/transfers/{bag.code}/recall").status_code == 404


def test_the_laboratory_declines_but_nobody_declines_what_is_begun(web: Web, cast: Cast, do: Do) -> None:
    bag, _ = do(released, cast)
    assert "Decline" in web.client("mei").get(f"/transfers/{bag.code}").text
    do(receipt.open_receipt, cast.mei, bag.code, condition="intact")
    assert web.client("mei").get(f"/transfers/{bag.code}/decline").status_code == 404
    answer = web.client("mei").post(f"/transfers/{bag.code}/decline", data={"reason": "wrong_destination"})
    assert (answer.status_code, "has already begun" in answer.text) == (422, True)


def test_the_history_of_a_list_is_told_in_order(web: Web, cast: Cast, do: Do) -> None:
    bag, _ = do(released, cast)
    do(carriage.deposit, cast.nora, bag.code, cast.stations["AMS clinic 2"], temperature_tenths_c=-795)
    page = web.client("mei").get(f"/transfers/{bag.code}").text
    acts = re.findall(r"<strong>([A-Z][a-z ]+)</strong>\s*<span class=\"who\">", page)
    assert acts == ["List opened", "Sealed", "Released", "Deposited"]
    assert "−79.5 °C" in page


def test_a_courier_carries_with_a_scan_or_a_button(web: Web, cast: Cast, do: Do) -> None:
    bag, _ = do(released, cast, transport="courier")
    luis = web.client("luis")
    assert f"{bag.code[:4]} {bag.code[4:]}" in luis.get("/carry").text
    assert verdict(luis.post("/carry", data={"scan": bag.code, "act": "pick_up"})) == "ok"
    assert verdict(luis.post("/carry", data={"scan": bag.code, "act": "deliver"})) == "ok"
    assert do(transfer.transfer_now, bag.code).state == "delivered"
    other, _ = do(released, cast)
    address = f"/transfers/{other.code}/carry"
    assert luis.post(address, data={"act": "pick_up"}).status_code == 303
    wrong = luis.post(address, data={"act": "deliver", "temperature": "warm"})
    assert (wrong.status_code, 'value="warm"' in wrong.text) == (422, True)
    assert luis.post(address, data={"act": "deliver", "temperature": "4,5"}).status_code == 303
    assert luis.post(address, data={"act": "throw"}).status_code == 422


def test_a_list_is_left_in_a_named_place(web: Web, cast: Cast, do: Do) -> None:
    bag, tubes = do(released, cast)
    address = f"/transfers/{bag.code}/carry"
    assert web.client("nora").post(address, data={"act": "deposit", "place": ""}).status_code == 422
    place = cast.stations["AMS clinic 2"]
    sent = {"act": "deposit", "place": place, "temperature": "4.5"}
    assert web.client("nora").post(address, data=sent).status_code == 303
    assert do(specimen_now, tubes[0]).custodian == place


def test_another_site_sees_only_what_is_addressed_to_it(web: Web, cast: Cast, do: Do) -> None:
    ours, _ = do(released, cast)
    theirs, _ = do(released, cast, to=("station", cast.stations["OSL laboratory"]))
    ola = web.client("ola")
    for page in ("", "/receipt", "/differences", "/recall", "/decline", "/carry", "/seal"):
        if page not in ("/carry",):
            assert ola.get(f"/transfers/{ours.code}{page}").status_code == 404, page
    for page in (
        "",
        "/receipt",
        "/receipt/open",
        "/receipt/missing",
        "/receipt/finish",
        "/release",
        "/unseal",
    ):
        assert ola.post(f"/transfers/{ours.code}{page}", data={"scan": ours.code}).status_code in (
            404,
            422,
        ), page
    shown = ola.get("/transfers").text
    assert f"{theirs.code[:4]} {theirs.code[4:]}" in shown
    assert f"{ours.code[:4]} {ours.code[4:]}" not in shown
    assert "Start receipt" in ola.get(f"/transfers/{theirs.code}").text


ROLES = {
    "/transfers": "nora nils mei luis ivo mona ada ola",
    "/transfers/closed": "nora nils mei luis ivo mona ada ola",
    "/transfers/new": "nora nils mei ivo ola",
    "/carry": "nora nils mei luis ivo ola",
    "/carry/here": "nora nils mei luis ivo ola",
    "/differences": "nora nils mei luis ivo mona ada ola",
    "/receive": "mei",
    "/transfers/codes": "nora nils mei ivo ola",
    "/bench": "mei",
    "/bench/unstored": "mei",
    "/decisions": "ivo",
}


@pytest.mark.parametrize("address", ROLES)
def test_each_page_is_for_the_roles_that_need_it(web: Web, address: str) -> None:
    everybody = ("nora", "nils", "mei", "luis", "ivo", "mona", "ada", "adam", "ola")
    answers = {login: web.client(login).get(address).status_code for login in everybody}
    allowed = ROLES[address].split()
    assert answers == {login: 200 if login in allowed else 403 for login in everybody}
    assert web.stranger().get(address).status_code == 303


def test_transfers_that_are_over_are_paged(web: Web, cast: Cast, do: Do) -> None:
    for _ in range(27):
        bag, _tubes = do(released, cast, 1)
        do(recall.recall, cast.nora, bag.code, "wrong_scan")
    nora = web.client("nora")
    first = nora.get("/transfers/closed").text
    assert first.count('<th scope="row">') == 25
    following = re.search(r'rel="next" href="([^"]+)"', first)
    assert following
    second = nora.get(following.group(1).replace("&amp;", "&")).text
    assert second.count('<th scope="row">') == 2
    assert 'rel="prev"' in second
    assert nora.get("/transfers/closed?before=x&after=9999999999999999999999").status_code == 200


def test_ones_own_tubes_are_brought_to_the_station_where_one_stands(web: Web, cast: Cast, do: Do) -> None:
    _, (tube,) = do(kit_of, cast, cast.nora, 1)
    there = web.client("nora", "AMS clinic 2")
    assert verdict(there.post("/carry/here", data={"scan": tube})) == "ok"
    assert do(specimen_now, tube).custodian == cast.stations["AMS clinic 2"]
    assert verdict(there.post("/carry/here", data={"scan": tube})) == "already"
    assert "Only somebody at a station" in web.client("luis").get("/carry/here").text
    assert web.client("luis").post("/carry/here", data={"scan": tube}).status_code == 200
    assert do(specimen_now, tube).custodian == cast.stations["AMS clinic 2"]

"""Transfers: packing by scan, sealing against a count, releasing, taking back."""

import pytest
from time_machine import Traveller

from specimens.domain.access import Actor
from specimens.domain.errors import BadInput, Conflict, NotFound, NotPermitted, Refused
from specimens.domain.identifiers import COMMAND_CODES
from specimens.domain.terms import Kind
from specimens.services import (
    consent,
    consignee,
    recall,
    receipt,
    scan_history,
    transfer,
    transfer_list,
    transfer_view,
)
from specimens.services.clock import now_ms
from specimens.services.record import writing
from specimens.services.scan import specimen_now
from tests.cast import Cast
from tests.services.bags import LABORATORY, packed, released, said
from tests.tubes import kit_of

pytestmark = pytest.mark.usefixtures("clock")
SEAL = {"transport": "by_hand", "temperature": "room"}


def near_misses(actor: Actor, code: str) -> list[str]:
    return [each.code for each in scan_history.last_five(actor, code, now_ms()) if each.verdict == "stop"]


def test_tubes_can_be_released_to_people_and_places_but_not_to_oneself(cast: Cast) -> None:
    offered = {each.name for each in consignee.consignees(cast.nora)}
    assert {"AMS laboratory", "Mei Tan", "Nils Bakker", "OSL laboratory", "Ola Nordmann"} <= offered
    assert not offered & {"Nora de Wit", "Luis Ferreira", "AMS clinic"}
    assert consignee.consignees(cast.nora)[0].name == "AMS laboratory"


def test_a_list_needs_somebody_to_go_to(cast: Cast) -> None:
    with pytest.raises(BadInput) as error:
        transfer.open_transfer(cast.nora, "user", cast.nora.user)
    assert error.value.fields == {"to": "consignee_needed"}


def test_tubes_are_packed_and_taken_out_by_scanning(cast: Cast) -> None:
    _, tubes = kit_of(cast, cast.nora, 2)
    bag = packed(cast, tubes)
    assert set(bag.lines) == set(tubes)
    assert said(transfer.pack(cast.nora, bag.code, tubes[0])) == ("already", "already")
    assert said(transfer.unpack(cast.nora, bag.code, tubes[0])) == ("ok", "unpacked")
    assert said(transfer.unpack(cast.nora, bag.code, tubes[0])) == ("stop", "not_on_a_list")
    assert set(transfer.transfer_now(bag.code).lines) == {tubes[1]}
    assert specimen_now(tubes[0]).transfer is None


def test_a_tube_on_another_list_is_stopped_and_kept_as_a_near_miss(cast: Cast) -> None:
    _, tubes = kit_of(cast, cast.nora, 1)
    first = packed(cast, tubes)
    second = transfer.open_transfer(cast.nora, "station", cast.stations[LABORATORY])
    outcome = transfer.pack(cast.nora, second.code, tubes[0])
    assert said(outcome) == ("stop", "on_another_list")
    assert outcome.facts["transfer"] == first.code
    assert near_misses(cast.nora, second.code) == ["on_another_list"]
    assert said(transfer.unpack(cast.nora, second.code, tubes[0])) == ("stop", "on_another_list")


def test_what_is_not_collected_unknown_or_a_command_cannot_be_packed(cast: Cast) -> None:
    _, tubes = kit_of(cast, cast.nora, 1, collected=False)
    bag = transfer.open_transfer(cast.nora, "station", cast.stations[LABORATORY])
    assert said(transfer.pack(cast.nora, bag.code, tubes[0])) == ("stop", "wrong_state")
    assert said(transfer.pack(cast.nora, bag.code, "C4K7N2XD")) == ("stop", "unknown_code")
    assert said(transfer.pack(cast.nora, bag.code, COMMAND_CODES["FINISH"])) == ("stop", "command_not_here")
    assert said(transfer.pack(cast.nora, bag.code, "1234")) == ("stop", "scan_unreadable")


def test_a_tube_in_the_hands_of_another_site_cannot_be_packed(cast: Cast) -> None:
    _, tubes = kit_of(cast, cast.ola, 1)
    bag = transfer.open_transfer(cast.nora, "station", cast.stations[LABORATORY])
    assert said(transfer.pack(cast.nora, bag.code, tubes[0])) == ("stop", "unknown_code")


def test_the_count_typed_has_to_agree_with_what_was_scanned(cast: Cast) -> None:
    bag = packed(cast, kit_of(cast, cast.nora, 3)[1])
    with pytest.raises(Refused, match="count_differs") as error:
        transfer.seal(cast.nora, bag.code, 2, **SEAL)
    assert error.value.facts == {"counted": 2, "scanned": 3}
    assert transfer.seal(cast.nora, bag.code, 3, **SEAL).state == "sealed"
    with pytest.raises(Refused, match="list_not_packing"):
        transfer.seal(cast.nora, bag.code, 3, **SEAL)


def test_an_empty_list_cannot_be_sealed(cast: Cast) -> None:
    bag = packed(cast, [])
    with pytest.raises(Refused, match="list_empty"):
        transfer.seal(cast.nora, bag.code, 1, **SEAL)


@pytest.mark.parametrize(
    ("changed", "field", "code"),
    [
        ({"transport": "pigeon"}, "transport", "transport_needed"),
        ({"temperature": "tepid"}, "temperature", "temperature_needed"),
        ({"count": 0}, "count", "count_needed"),
        ({"count": 10_000}, "count", "count_needed"),
        ({"seal": "x" * 65}, "seal", "seal_unusable"),
        ({"seal": "a\x00b"}, "seal", "seal_unusable"),
        ({"transport": "courier"}, "seal", "seal_needed"),
        ({"transport": "courier_dry_ice", "seal": "  "}, "seal", "seal_needed"),
    ],
)
def test_each_field_of_the_seal_is_checked(cast: Cast, changed: dict, field: str, code: str) -> None:
    bag = packed(cast, [])
    asked = {"count": 1, **SEAL, **changed}
    with pytest.raises(BadInput) as error:
        transfer.seal(cast.nora, bag.code, asked.pop("count"), **asked)
    assert error.value.fields == {field: code}


def test_a_sealed_bag_can_be_opened_again_before_it_is_released(cast: Cast) -> None:
    _, tubes = kit_of(cast, cast.nora, 2)
    bag = packed(cast, tubes)
    transfer.seal(cast.nora, bag.code, 2, **SEAL)
    assert said(transfer.unpack(cast.nora, bag.code, tubes[0])) == ("stop", "list_not_packing")
    assert transfer.unseal(cast.nora, bag.code).sealed_count is None
    assert said(transfer.unpack(cast.nora, bag.code, tubes[0])) == ("ok", "unpacked")
    transfer.seal(cast.nora, bag.code, 1, **SEAL)
    transfer.release(cast.nora, bag.code)
    with pytest.raises(Refused, match="list_not_sealed"):
        transfer.unseal(cast.nora, bag.code)


def test_a_release_keeps_the_tubes_with_the_releaser_and_signs_the_list(cast: Cast) -> None:
    bag, tubes = released(cast)
    assert (bag.state, bag.released_by, bag.sealed_count) == ("released", cast.nora.user, 3)
    assert len(bag.list_hash or "") == 64
    for tube in tubes:
        now = specimen_now(tube)
        assert (now.status, now.custodian, now.bound_site) == ("released", cast.nora.user, "AMS")


def test_a_list_that_is_not_sealed_cannot_be_released(cast: Cast) -> None:
    bag = packed(cast, kit_of(cast, cast.nora, 1)[1])
    with pytest.raises(Refused, match="list_not_sealed"):
        transfer.release(cast.nora, bag.code)


def test_consent_withdrawn_between_packing_and_release_holds_the_list(cast: Cast) -> None:
    _, tubes = kit_of(cast, cast.nora, 2)
    bag = packed(cast, tubes)
    transfer.seal(cast.nora, bag.code, 2, **SEAL)
    participant = specimen_now(tubes[0]).participant
    with writing(cast.nora) as op:
        op.append(
            Kind.PARTICIPANT, participant, "consent_recorded",
            facts={"consent_version": "1.0", "consent_scopes": []},
        )  # fmt: skip
    consent.withdraw(cast.nora, participant, choice="destroy")
    with pytest.raises(Refused, match="on_hold"):
        transfer.release(cast.nora, bag.code)
    assert transfer.transfer_now(bag.code).state == "sealed"


def test_the_same_release_sent_twice_is_one_list(cast: Cast) -> None:
    kit, _ = kit_of(cast, cast.nora, 2)
    asked = {"count": 2, "key": "once", **SEAL}
    first = transfer.release_kit(cast.nora, kit, "station", cast.stations[LABORATORY], **asked)
    again = transfer.release_kit(cast.nora, kit, "station", cast.stations[LABORATORY], **asked)
    assert first.code == again.code
    with pytest.raises(Conflict, match="key_reused"):
        transfer.release_kit(cast.nora, kit, "user", cast.mei.user, **asked)


def test_releasing_a_kit_takes_what_is_collected_and_leaves_what_is_elsewhere(cast: Cast) -> None:
    kit, tubes = kit_of(cast, cast.nora, 3)
    packed(cast, tubes[:1])
    assert [each.code for each in transfer.releasable(cast.nora, kit)] == tubes[1:]
    asked = {"to_kind": "station", "to_code": cast.stations[LABORATORY], **SEAL}
    with pytest.raises(Refused, match="count_differs"):
        transfer.release_kit(cast.nora, kit, count=3, **asked)
    bag = transfer.release_kit(cast.nora, kit, count=2, **asked)
    assert set(bag.lines) == set(tubes[1:])
    with pytest.raises(Refused, match="list_empty"):
        transfer.release_kit(cast.nora, kit, count=1, **asked)


def test_a_recall_gives_the_tubes_back_and_they_can_be_packed_again(cast: Cast) -> None:
    bag, tubes = released(cast)
    with pytest.raises(BadInput) as error:
        recall.recall(cast.nora, bag.code, "flare")
    assert error.value.fields == {"reason": "reason_needed"}
    assert recall.recall(cast.nora, bag.code, "wrong_destination").state == "recalled"
    now = specimen_now(tubes[0])
    assert (now.status, now.transfer, now.custodian) == ("collected", None, cast.nora.user)
    packed(cast, tubes)
    with pytest.raises(Refused, match="list_not_waiting"):
        recall.recall(cast.nora, bag.code, "wrong_destination")


def test_a_list_whose_receipt_has_begun_cannot_be_recalled(cast: Cast) -> None:
    bag, _ = released(cast)
    receipt.open_receipt(cast.mei, bag.code, condition="intact")
    with pytest.raises(Refused, match="receipt_begun") as error:
        recall.recall(cast.nora, bag.code, "wrong_destination")
    assert error.value.facts["by"] == "Mei Tan"


def test_a_declined_list_goes_back_to_whoever_released_it(cast: Cast) -> None:
    bag, tubes = released(cast)
    with pytest.raises(Refused, match="own_release"):
        recall.decline(cast.nora, bag.code, "wrong_destination")
    assert recall.decline(cast.mei, bag.code, "wrong_destination", note="Pathology").state == "declined"
    now = specimen_now(tubes[0])
    assert (now.status, now.custodian, now.held_site) == ("collected", cast.nora.user, "AMS")


def test_only_the_person_it_was_released_to_can_decline(cast: Cast) -> None:
    bag, _ = released(cast, to=("user", cast.nils.user))
    with pytest.raises(Refused, match="not_the_consignee"):
        recall.decline(cast.mei, bag.code, "wrong_destination")
    assert recall.decline(cast.nils, bag.code, "wrong_destination").state == "declined"


def test_another_site_sees_a_list_only_when_it_is_addressed_to_it(cast: Cast) -> None:
    ours, _ = released(cast)
    theirs, tubes = released(cast, to=("station", cast.stations["OSL laboratory"]))
    for act in (
        lambda: transfer_view.get(cast.ola, ours.code),
        lambda: recall.recall(cast.ola, ours.code, "wrong_scan"),
    ):
        with pytest.raises(NotFound):
            act()
    assert transfer_view.get(cast.ola, theirs.code).transfer.code == theirs.code
    waiting = transfer_list.open_lists(cast.ola, now_ms())["to_receive"]
    assert [each.transfer.code for each in waiting] == [theirs.code]
    with pytest.raises(NotPermitted):
        recall.recall(cast.ola, theirs.code, "wrong_scan")
    assert specimen_now(tubes[0]).status == "released"


@pytest.mark.parametrize("login", ["mona", "ada", "luis", "adam"])
def test_those_who_only_look_on_cannot_pack_or_release(cast: Cast, login: str) -> None:
    bag = packed(cast, [])
    somebody = getattr(cast, login)
    for act in (
        lambda: transfer.open_transfer(somebody, "station", cast.stations[LABORATORY]),
        lambda: transfer.pack(somebody, bag.code, "C4K7N2XD"),
        lambda: transfer.seal(somebody, bag.code, 1, **SEAL),
        lambda: transfer.release(somebody, bag.code),
    ):
        with pytest.raises(NotPermitted):
            act()


def test_open_lists_say_what_is_next_who_has_to_act_and_for_how_long(cast: Cast, clock: Traveller) -> None:
    packing = packed(cast, kit_of(cast, cast.nora, 2)[1])
    sealed = packed(cast, kit_of(cast, cast.nora, 1)[1])
    transfer.seal(cast.nora, sealed.code, 1, **SEAL)
    sent, _ = released(cast)
    clock.shift(3600)
    lists = transfer_list.open_lists(cast.mei, now_ms())
    found = {
        stage: [(each.transfer.code, each.owner, each.age_ms) for each in some]
        for stage, some in lists.items()
    }
    assert found == {
        "packing": [(packing.code, "Nora de Wit", 3_600_000)],
        "to_release": [(sealed.code, "Nora de Wit", 3_600_000)],
        "on_the_way": [],
        "to_receive": [(sent.code, LABORATORY, 3_600_000)],
        "differences": [],
    }
    assert lists["to_receive"][0].mine
    assert not transfer_list.open_lists(cast.nils, now_ms())["packing"][0].mine


def test_closed_lists_are_paged_newest_first(cast: Cast) -> None:
    codes = []
    for _ in range(5):
        bag, _ = released(cast, 1)
        codes.append(recall.recall(cast.nora, bag.code, "wrong_scan").code)
    codes.reverse()

    def shown(**cursor: int | None) -> tuple[list[str], transfer_list.Closed]:
        page = transfer_list.closed_lists(cast.nora, now_ms(), size=2, **cursor)
        return [each.transfer.code for each in page.lists], page

    first, page = shown()
    assert (first, page.previous) == (codes[:2], None)
    second, page = shown(after=page.next)
    assert second == codes[2:4] and page.previous
    third, last = shown(after=page.next)
    assert (third, last.next) == (codes[4:], None)
    assert shown(before=last.previous)[0] == codes[2:4]
    assert shown(before=page.previous)[0] == codes[:2]
    assert shown(before=page.previous)[1].previous is None

"""Tubes that were carried over before anybody clicked: received, and what is missing stays open."""

import pytest

from specimens.services import difference, receipt, transfer, unlisted
from specimens.services.clock import now_ms
from specimens.services.scan import specimen_now
from tests.cast import Cast
from tests.services.bags import packed, released, said
from tests.tubes import kit_of

pytestmark = pytest.mark.usefixtures("clock")


def test_a_tube_carried_over_before_anybody_clicked_is_received_without_release(cast: Cast) -> None:
    _, (logged,) = kit_of(cast, cast.nora, 1)
    _, (not_logged,) = kit_of(cast, cast.nora, 1, collected=False)
    assert said(unlisted.receive_without_release(cast.mei, logged)) == ("ok", "received_without_release")
    assert said(unlisted.receive_without_release(cast.mei, not_logged)) == ("check", "received_uncollected")
    now = specimen_now(not_logged)
    assert (now.status, now.custodian, now.collected_at) == ("received", cast.mei.station, None)
    kinds = {
        each.specimen.code: (each.kind, each.owner) for each in difference.open_everywhere(cast.mei, now_ms())
    }
    assert kinds == {not_logged: ("uncollected", "nurse")}
    assert said(unlisted.receive_without_release(cast.mei, not_logged)) == ("already", "already")


def test_a_tube_not_logged_yet_that_comes_with_a_list_is_received_without_release(cast: Cast) -> None:
    bag, _ = released(cast)
    receipt.open_receipt(cast.mei, bag.code, condition="intact")
    _, (not_logged,) = kit_of(cast, cast.nora, 1, collected=False)
    assert said(receipt.receive(cast.mei, bag.code, not_logged)) == ("check", "received_uncollected")
    assert transfer.transfer_now(bag.code).extras == ()


def test_a_released_tube_is_received_on_its_list_and_not_without(cast: Cast) -> None:
    bag, tubes = released(cast)
    outcome = unlisted.receive_without_release(cast.mei, tubes[0])
    assert said(outcome) == ("stop", "receive_on_its_list")
    assert outcome.facts["transfer"] == bag.code


def test_a_packed_tube_that_is_already_at_the_bench_leaves_the_list(cast: Cast) -> None:
    _, tubes = kit_of(cast, cast.nora, 2)
    bag = packed(cast, tubes)
    assert said(unlisted.receive_without_release(cast.mei, tubes[0])) == ("ok", "received_without_release")
    assert set(transfer.transfer_now(bag.code).lines) == {tubes[1]}


def test_a_nurse_cannot_receive_without_release(cast: Cast) -> None:
    _, (tube,) = kit_of(cast, cast.nora, 1)
    assert said(unlisted.receive_without_release(cast.nils, tube)) == ("stop", "role_may_not")

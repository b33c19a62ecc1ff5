"""Receipt: every tube scanned against the list, an outcome for each, nothing closed before."""

import threading
from dataclasses import replace

import pytest
from flask import Flask
from time_machine import Traveller

from specimens.domain.access import Actor
from specimens.domain.errors import BadInput, Conflict, NotFound, NotPermitted, Refused
from specimens.domain.identifiers import COMMAND_CODES
from specimens.domain.terms import Kind
from specimens.models.base import db
from specimens.services import difference, disposal, recall, receipt, scan_history, transfer, unlisted
from specimens.services.clock import now_ms
from specimens.services.entries import entries_of
from specimens.services.scan import ScanOutcome, specimen_now
from tests.cast import Cast
from tests.services.bags import LABORATORY, packed, released, said
from tests.tubes import kit_of

pytestmark = pytest.mark.usefixtures("clock")
FINISH = COMMAND_CODES["FINISH"]


def begun(cast: Cast, count: int = 3, procedure: str = "blood") -> tuple[str, list[str]]:
    bag, tubes = released(cast, count, procedure=procedure)
    receipt.open_receipt(cast.mei, bag.code, condition="intact", temperature_tenths_c=210)
    return bag.code, tubes


def test_a_receipt_of_forty_tubes_is_forty_one_scans(cast: Cast) -> None:
    bag, tubes = begun(cast, 40)
    for number, tube in enumerate(tubes, start=1):
        outcome = receipt.receive(cast.mei, bag, tube)
        assert said(outcome) == ("ok", "received_accepted")
        assert (outcome.facts["count"], outcome.facts["total"]) == (number, 40)
    assert said(receipt.receive(cast.mei, bag, FINISH)) == ("ok", "receipt_closed")
    assert transfer.transfer_now(bag).state == "closed"
    now = specimen_now(tubes[0])
    assert (now.status, now.custodian, now.transfer) == ("received", cast.stations[LABORATORY], None)


def test_the_condition_and_a_possible_temperature_are_asked_first(cast: Cast) -> None:
    bag, tubes = released(cast)
    assert said(receipt.receive(cast.mei, bag.code, tubes[0])) == ("stop", "receipt_not_opened")
    with pytest.raises(BadInput) as error:
        receipt.open_receipt(cast.mei, bag.code, condition="nice")
    assert error.value.fields == {"condition": "condition_needed"}
    with pytest.raises(BadInput) as error:
        receipt.open_receipt(cast.mei, bag.code, condition="intact", temperature_tenths_c=9000)
    assert error.value.fields == {"temperature": "temperature_implausible"}


@pytest.mark.parametrize(
    ("tenths", "warm"), [(150, False), (250, False), (251, True), (149, True), (None, False)]
)
def test_a_list_that_arrives_out_of_its_band_marks_each_of_its_tubes(
    cast: Cast, tenths: int | None, warm: bool
) -> None:
    bag, tubes = released(cast, 1)
    after = receipt.open_receipt(cast.mei, bag.code, condition="intact", temperature_tenths_c=tenths)
    assert receipt.out_of_band(after) is warm
    outcome = receipt.receive(cast.mei, bag.code, tubes[0])
    assert said(outcome) == (
        ("check", "received_accepted_with_deviation") if warm else ("ok", "received_accepted")
    )
    assert ("deviation" in specimen_now(tubes[0]).flags) is warm


@pytest.mark.parametrize(
    ("outcome", "reason", "status", "holds", "flags"),
    [
        ("accepted_with_deviation", "RH", "received", (), ("deviation", "haemolysed")),
        ("accepted_with_deviation", "LATE", "received", (), ("deviation", "late")),
        ("quarantined", "RM", "received", ("quarantine",), ("identity_in_doubt",)),
        ("rejected", "RC", "rejected", (), ()),
    ],
)
def test_each_outcome_has_its_state_hold_and_flag(
    cast: Cast, outcome: str, reason: str, status: str, holds: tuple[str, ...], flags: tuple[str, ...]
) -> None:
    bag, tubes = begun(cast, 1)
    done = receipt.receive(cast.mei, bag, tubes[0], outcome=outcome, reason=reason, note="as seen")
    assert said(done) == ("check", f"received_{outcome}")
    assert done.saved
    now = specimen_now(tubes[0])
    assert (now.status, now.holds, now.flags) == (status, holds, flags)
    assert transfer.transfer_now(bag).lines == {tubes[0]: outcome}
    last = entries_of(db.session(), Kind.SPECIMEN, tubes[0])[-1]
    assert (last.reason, last.opened["note"]) == (reason, "as seen")


@pytest.mark.parametrize(
    ("asked", "field"),
    [({"outcome": "lovely"}, "outcome"), ({"outcome": "missing"}, "outcome"), ({"outcome": "rejected"}, "reason"),
     ({"outcome": "quarantined", "reason": "nonsense"}, "reason")],
)  # fmt: skip
def test_another_outcome_needs_a_reject_code_of_the_protocol(cast: Cast, asked: dict, field: str) -> None:
    bag, tubes = begun(cast, 1)
    with pytest.raises(BadInput) as error:
        receipt.receive(cast.mei, bag, tubes[0], **asked)
    assert list(error.value.fields) == [field]


@pytest.mark.parametrize("code", ["RA", "RI", "RM", "WRONGVISIT"])
def test_a_mislabelled_biopsy_is_never_rejected(cast: Cast, code: str) -> None:
    bag, tubes = begun(cast, 2, "lymph_node")
    assert said(receipt.receive(cast.mei, bag, tubes[0], outcome="rejected", reason=code)) == (
        "stop",
        "biopsy_never_rejected",
    )
    assert specimen_now(tubes[0]).status == "released"
    assert said(receipt.receive(cast.mei, bag, tubes[0], outcome="quarantined", reason=code)) == (
        "check",
        "received_quarantined",
    )
    assert said(receipt.receive(cast.mei, bag, tubes[1], outcome="rejected", reason="RB")) == (
        "check",
        "received_rejected",
    )


def test_the_receiver_is_never_the_releaser(cast: Cast) -> None:
    bag, tubes = released(cast, to=("station", cast.stations["AMS clinic 2"]))
    with pytest.raises(Refused, match="own_release"):
        receipt.open_receipt(cast.nora, bag.code, condition="intact")
    receipt.open_receipt(cast.nils, bag.code, condition="intact")
    assert said(receipt.receive(cast.nora, bag.code, tubes[0])) == ("stop", "own_release")
    assert said(receipt.receive(cast.nils, bag.code, tubes[0])) == ("ok", "received_accepted")


def test_a_list_for_a_person_is_received_by_that_person(cast: Cast) -> None:
    bag, tubes = released(cast, 1, to=("user", cast.nils.user))
    with pytest.raises(Refused, match="not_the_consignee") as error:
        receipt.open_receipt(cast.mei, bag.code, condition="intact")
    assert error.value.facts["to"] == "Nils Bakker"
    receipt.open_receipt(cast.nils, bag.code, condition="intact")
    receipt.receive(cast.nils, bag.code, tubes[0])
    assert specimen_now(tubes[0]).custodian == cast.nils.user


def test_the_second_to_open_a_receipt_is_told_who_was_first(cast: Cast) -> None:
    bag, _ = begun(cast)
    colleague = replace(cast.nils, station=cast.mei.station)
    with pytest.raises(Conflict, match="receipt_begun") as error:
        receipt.open_receipt(colleague, bag, condition="intact")
    assert error.value.facts == {"by": "Mei Tan", "opened_at": now_ms()}


def test_a_tube_scanned_twice_is_already_received(cast: Cast) -> None:
    bag, tubes = begun(cast)
    receipt.receive(cast.mei, bag, tubes[0])
    again = receipt.receive(cast.mei, bag, tubes[0])
    assert said(again) == ("already", "already_received")
    assert again.facts["last_by"] == "Mei Tan"


def test_the_same_scan_sent_twice_is_one_event(cast: Cast) -> None:
    bag, tubes = begun(cast)
    first = receipt.receive(cast.mei, bag, tubes[0], key="n1")
    assert receipt.receive(cast.mei, bag, tubes[0], key="n1").plain() == first.plain()
    assert [each.act for each in entries_of(db.session(), Kind.SPECIMEN, tubes[0])].count("accepted") == 1


def test_a_receipt_with_open_lines_is_not_closed(cast: Cast) -> None:
    bag, tubes = begun(cast)
    receipt.receive(cast.mei, bag, tubes[0])
    outcome = receipt.receive(cast.mei, bag, FINISH)
    assert said(outcome) == ("check", "receipt_lines_open")
    assert (outcome.facts["count"], outcome.saved) == (2, False)
    with pytest.raises(Refused, match="receipt_lines_open"):
        receipt.close(cast.mei, bag)
    receipt.report_missing(cast.mei, bag, tubes[1:], note="the bag was open")
    assert receipt.close(cast.mei, bag).state == "closed"
    with pytest.raises(Refused, match="receipt_is_closed"):
        receipt.close(cast.mei, bag)
    assert said(receipt.receive(cast.mei, bag, FINISH)) == ("already", "receipt_is_closed")


def test_only_open_tubes_of_the_list_can_be_missing(cast: Cast) -> None:
    bag, tubes = begun(cast)
    receipt.receive(cast.mei, bag, tubes[0])
    with pytest.raises(BadInput):
        receipt.report_missing(cast.mei, bag, [])
    with pytest.raises(Refused, match="already_received"):
        receipt.report_missing(cast.mei, bag, tubes[:2])
    with pytest.raises(Refused, match="not_on_this_list"):
        receipt.report_missing(cast.mei, bag, ["C4K7N2XD"])
    assert specimen_now(tubes[1]).status == "released"


def test_a_straggler_is_received_after_the_receipt_was_closed(cast: Cast, clock: Traveller) -> None:
    bag, tubes = begun(cast, 2)
    receipt.receive(cast.mei, bag, tubes[0])
    receipt.report_missing(cast.mei, bag, tubes[1:])
    receipt.close(cast.mei, bag)
    assert specimen_now(tubes[1]).custodian is None
    clock.shift(7200)
    assert said(receipt.receive(cast.mei, bag, tubes[1])) == ("ok", "received_accepted")
    assert specimen_now(tubes[1]).status == "received"
    assert difference.of_transfer(cast.mei, bag, now_ms())[1] == ()


def test_a_tube_that_was_given_up_as_lost_is_found_through_the_differences(cast: Cast) -> None:
    bag, tubes = begun(cast, 1)
    receipt.report_missing(cast.mei, bag, tubes)
    difference.resolve(cast.mei, tubes[0], "lost", "searched_for")
    assert said(receipt.receive(cast.mei, bag, tubes[0])) == ("stop", "given_up_as_lost")
    found = difference.resolve(cast.mei, tubes[0], "found", "in_a_fridge")
    assert (found.status, found.ended_reason, found.custodian) == ("received", None, cast.mei.station)


def test_an_extra_tube_is_taken_in_set_aside_and_linked(cast: Cast) -> None:
    bag, _ = begun(cast)
    _, (stranger, *_) = kit_of(cast, cast.nora, 2)
    assert said(receipt.receive(cast.mei, bag, stranger)) == ("check", "received_extra")
    now = specimen_now(stranger)
    assert (now.status, now.holds) == ("received", ("quarantine",))
    assert transfer.transfer_now(bag).extras == (stranger,)
    assert said(receipt.receive(cast.mei, bag, stranger)) == ("already", "already_received")
    linked = difference.resolve(cast.mei, stranger, "linked", "not_scanned_at_packing")
    assert linked.holds == ()
    with pytest.raises(Refused, match="nothing_to_resolve"):
        difference.resolve(cast.mei, stranger, "linked", "not_scanned_at_packing")


def test_linking_an_extra_tube_does_not_lift_an_earlier_quarantine(cast: Cast) -> None:
    bag, _ = begun(cast)
    _, (stranger,) = kit_of(cast, cast.nora, 1)
    disposal.quarantine(cast.nora, stranger, reason="identity_doubtful")
    receipt.receive(cast.mei, bag, stranger)
    linked = difference.resolve(cast.mei, stranger, "linked", "from_another_list")
    assert linked.holds == ("quarantine",)


def test_an_extra_tube_from_another_site_is_taken_in_and_seen_from_now_on(cast: Cast) -> None:
    bag, _ = begun(cast)
    _, (foreign,) = kit_of(cast, cast.ola, 1)
    assert said(receipt.receive(cast.mei, bag, foreign)) == ("check", "received_extra")
    assert specimen_now(foreign).held_site == "AMS"


@pytest.mark.parametrize("stage", ["packing", "sealed", "released"])
def test_a_tube_that_came_with_another_list_leaves_its_own(cast: Cast, stage: str) -> None:
    bag, _ = begun(cast)
    _, tubes = kit_of(cast, cast.nora, 2)
    other = packed(cast, tubes)
    if stage != "packing":
        transfer.seal(cast.nora, other.code, 2, transport="by_hand", temperature="room")
    if stage == "released":
        transfer.release(cast.nora, other.code)
    assert said(receipt.receive(cast.mei, bag, tubes[0])) == ("check", "received_extra")
    after = transfer.transfer_now(other.code)
    if stage == "released":
        assert after.lines == {tubes[0]: "extra", tubes[1]: ""}
        receipt.open_receipt(cast.mei, other.code, condition="intact")
        receipt.receive(cast.mei, other.code, tubes[1])
        assert said(receipt.receive(cast.mei, other.code, FINISH)) == ("ok", "receipt_closed")
    else:
        assert (after.state, after.lines, after.sealed_count) == ("packing", {tubes[1]: ""}, None)


def test_a_list_of_which_one_tube_went_another_way_can_still_be_recalled(cast: Cast) -> None:
    bag, _ = begun(cast)
    other, tubes = released(cast, 2)
    receipt.receive(cast.mei, bag, tubes[0])
    assert recall.recall(cast.nora, other.code, "wrong_destination").state == "recalled"
    assert (specimen_now(tubes[0]).status, specimen_now(tubes[1]).status) == ("received", "collected")


def test_a_closed_receipt_takes_no_extra_tubes(cast: Cast) -> None:
    bag, tubes = begun(cast, 1)
    receipt.receive(cast.mei, bag, tubes[0])
    receipt.close(cast.mei, bag)
    _, (stranger,) = kit_of(cast, cast.nora, 1)
    assert said(receipt.receive(cast.mei, bag, stranger)) == ("stop", "receipt_is_closed")


def test_what_another_site_has_is_unknown_here(cast: Cast) -> None:
    _, (foreign,) = kit_of(cast, cast.ola, 1)
    assert said(unlisted.receive_without_release(cast.mei, foreign)) == ("stop", "unknown_code")
    bag, tubes = begun(cast)
    assert said(receipt.receive(cast.ola, bag, tubes[0])) == ("stop", "unknown_code")
    with pytest.raises(NotFound):
        receipt.open_receipt(cast.ola, bag, condition="intact")


def test_seeing_a_list_is_not_receiving_it(cast: Cast) -> None:
    bag, tubes = released(cast, to=("station", cast.stations["OSL laboratory"]))
    with pytest.raises(NotPermitted):
        receipt.open_receipt(cast.mei, bag.code, condition="intact")
    receipt.open_receipt(cast.ola, bag.code, condition="intact")
    assert said(receipt.receive(cast.ola, bag.code, tubes[0])) == ("ok", "received_accepted")
    assert specimen_now(tubes[0]).held_site == "OSL"


@pytest.mark.parametrize("login", ["luis", "mona", "ada", "adam"])
def test_couriers_and_onlookers_cannot_receive(cast: Cast, login: str) -> None:
    bag, tubes = released(cast)
    somebody = getattr(cast, login)
    for act in (
        lambda: receipt.open_receipt(somebody, bag.code, condition="intact"),
        lambda: receipt.receive(somebody, bag.code, tubes[0]),
        lambda: receipt.report_missing(somebody, bag.code, tubes),
        lambda: receipt.close(somebody, bag.code),
        lambda: unlisted.receive_without_release(somebody, tubes[0]),
    ):
        with pytest.raises(NotPermitted):
            act()


def test_of_two_who_scan_one_tube_at_once_one_wins_and_the_other_reads_who(cast: Cast, app: Flask) -> None:
    bag, tubes = begun(cast, 1)
    colleague = replace(cast.nils, station=cast.mei.station)
    together = threading.Barrier(2)
    outcomes: list[ScanOutcome] = []

    def scan(who: Actor) -> None:
        with app.app_context():
            together.wait()
            outcomes.append(receipt.receive(who, bag, tubes[0]))
            db.session.remove()

    threads = [threading.Thread(target=scan, args=(who,)) for who in (cast.mei, colleague)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    db.session.rollback()
    first, second = sorted(outcomes, key=lambda each: each.verdict != "ok")
    assert (said(first), said(second)) == (("ok", "received_accepted"), ("already", "already_received"))
    assert second.facts["last_by"] in (cast.mei.name, colleague.name)
    assert [each.act for each in entries_of(db.session(), Kind.SPECIMEN, tubes[0])].count("accepted") == 1


def test_the_last_five_scans_are_those_of_the_ledger_with_refusals_among_them(
    cast: Cast, clock: Traveller
) -> None:
    bag, tubes = begun(cast, 6)
    for tube in tubes[:5]:
        clock.shift(1)
        receipt.receive(cast.mei, bag, tube)
    clock.shift(1)
    receipt.receive(cast.mei, bag, "C4K7N2XD")
    clock.shift(1)
    receipt.receive(cast.mei, bag, tubes[5], outcome="rejected", reason="RC")
    shown = [(each.verdict, each.read) for each in scan_history.last_five(cast.mei, bag, now_ms())]
    assert shown == [
        ("check", tubes[5]),
        ("stop", "C4K7N2XD"),
        ("ok", tubes[4]),
        ("ok", tubes[3]),
        ("ok", tubes[2]),
    ]


def test_the_sentence_of_an_earlier_refusal_names_the_list_that_the_tube_is_on(cast: Cast) -> None:
    bag, _ = begun(cast)
    other, (elsewhere,) = released(cast, 1)
    transferred = transfer.open_transfer(cast.nora, "station", cast.stations[LABORATORY])
    assert said(transfer.pack(cast.nora, transferred.code, elsewhere)) == ("stop", "wrong_state")
    (last,) = scan_history.last_five(cast.nora, transferred.code, now_ms())
    assert (last.facts["status"], last.facts["transfer"]) == ("released", other.code)
    assert scan_history.last_five(cast.mei, bag, now_ms()) == []

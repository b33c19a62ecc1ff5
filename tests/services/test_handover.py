"""A released list is handed over to somebody without an account, who signs the same list with a one-time code."""

from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update
from time_machine import Traveller

from specimens.domain.entry import read_entry
from specimens.domain.errors import BadInput, NotFound, NotPermitted, Refused
from specimens.domain.handover import LIFETIME_MS, MOST_GUESSES, Handover
from specimens.domain.identifiers import new_identifier
from specimens.domain.transfer import Transfer
from specimens.models.base import db
from specimens.models.handover import HandoverSecret
from specimens.models.ledger import LedgerEntry
from specimens.models.transfer import TransferRow
from specimens.services import (
    carriage,
    handover,
    recall,
    receipt,
    second_party,
    timeline,
    transfer_view,
    verify,
)
from specimens.services.clock import now_ms
from specimens.services.scan import specimen_now
from specimens.services.transfer import transfer_now
from tests.cast import Cast
from tests.services.bags import released
from tests.services.chain import together

pytestmark = pytest.mark.usefixtures("clock")
PHONE = "10.0.0.7"
PORTER: dict[str, Any] = {"name": "Joris Janszoon", "organisation": "Snel Koeriers", "address": PHONE}


def _offered(cast: Cast, count: int = 3) -> tuple[Transfer, list[str], Handover, str]:
    bag, tubes = released(cast, count)
    made, code = handover.offer(cast.nora, bag.code)
    return bag, tubes, made, code


def _sign(bag: Transfer, code: str, decision: str = "all", **said: Any) -> handover.Offer:
    return second_party.sign(bag.code, code, decision=decision, **{**PORTER, **said})


def _entries(kind: str, code: str) -> list[LedgerEntry]:
    return list(
        db.session.execute(
            select(LedgerEntry)
            .where(LedgerEntry.subject_kind == kind, LedgerEntry.subject_code == code)
            .order_by(LedgerEntry.seq)
        ).scalars()
    )


def _acts(kind: str, code: str) -> list[str]:
    return [each.act for each in _entries(kind, code)]


def _wait_out_the_delay(clock: Traveller) -> None:
    clock.shift(301)


# ------------------------------------------------------------------------------------------------ signing


def test_a_courier_without_an_account_takes_the_whole_list(cast: Cast) -> None:
    bag, tubes, made, code = _offered(cast)
    offer = handover.open_offer(bag.code, code, address=PHONE)
    assert offer.open and offer.handover.specimens == tuple(sorted(tubes))
    assert _sign(bag, code).handover.state == "signed"
    for tube in tubes:
        specimen = specimen_now(tube)
        assert (specimen.status, specimen.custodian_kind, specimen.custodian) == (
            "in_transit", "outside", made.code,
        )  # fmt: skip
    assert transfer_now(bag.code).carried_by == made.code
    assert verify.verify().differences == ()


def test_one_entry_of_the_list_names_both_parties_and_the_hash_that_both_sign(cast: Cast) -> None:
    bag, tubes, made, code = _offered(cast)
    _sign(bag, code)
    last = read_entry(_entries("transfer", bag.code)[-1].body)
    assert last.act == "transfer_handed_over"
    assert last.actor == {"user": made.code, "name": made.code, "role": "outside"}
    assert last.facts == {
        "handover": made.code, "signed_hash": bag.list_hash, "releaser": cast.nora.user,
        "taken": sorted(tubes), "not_taken": [],
    }  # fmt: skip
    assert bag.list_hash == handover.digest_of(bag)


def test_who_signed_stands_sealed_and_is_shown_to_those_who_work_with_the_tubes(cast: Cast) -> None:
    bag, tubes, made, code = _offered(cast)
    _sign(bag, code)
    bodies = db.session.execute(select(LedgerEntry.body)).scalars().all()
    assert not any(b"Janszoon" in body or b"Snel" in body for body in bodies)
    view = transfer_view.get(cast.mei, bag.code)
    assert view.names[made.code] == "Joris Janszoon, Snel Koeriers"
    assert view.steps[-1].who == "Joris Janszoon, Snel Koeriers"
    line = timeline.timeline(specimen_now(tubes[0]), now_ms(), texts=True)
    assert (line.steps[-1].act, line.steps[-1].who) == ("picked_up", "Joris Janszoon, Snel Koeriers")


def test_the_hash_of_the_list_covers_identifiers_count_and_condition(cast: Cast) -> None:
    bag, tubes = released(cast, 2, transport="courier")
    whole = handover.digest_of(bag)
    changed = [
        replace(bag, lines={tubes[0]: ""}),
        replace(bag, seal="S-101"),
        replace(bag, temperature="minus80"),
        replace(bag, transport="by_hand"),
        replace(bag, sealed_count=9),
        replace(bag, to_code="X"),
    ]
    assert len({whole, *(handover.digest_of(each) for each in changed)}) == len(changed) + 1
    assert handover.digest_of(replace(bag, lines=dict.fromkeys(bag.lines, "accepted"))) == whole


def test_part_of_a_list_is_taken_and_the_rest_stays_with_the_releaser(cast: Cast) -> None:
    bag, tubes, made, code = _offered(cast)
    _sign(bag, code, "some", taken=tubes[:2], reason="condition_doubtful")
    left = specimen_now(tubes[2])
    assert (left.status, left.custodian, left.transfer) == ("collected", cast.nora.user, None)
    assert specimen_now(tubes[0]).custodian == made.code
    now = transfer_now(bag.code)
    assert (now.state, now.lines[tubes[2]], now.lines[tubes[0]]) == ("in_transit", "not_taken", "")
    assert handover.handover_now(made.code).not_taken == (tubes[2],)
    receipt.open_receipt(cast.mei, bag.code, condition="intact")
    for tube in tubes[:2]:
        assert receipt.receive(cast.mei, bag.code, tube).code == "received_accepted"
    receipt.close(cast.mei, bag.code)
    closed = read_entry(_entries("transfer", bag.code)[-1].body)
    assert closed.facts == {
        "signed_hash": bag.list_hash, "differences": {tubes[2]: "not_taken"}, "arrived": [],
    }  # fmt: skip


def test_a_tube_that_was_left_behind_and_comes_all_the_same_is_set_aside_as_extra(cast: Cast) -> None:
    bag, tubes, _, code = _offered(cast)
    _sign(bag, code, "some", taken=tubes[:2], reason="condition_doubtful")
    receipt.open_receipt(cast.mei, bag.code, condition="intact")
    assert receipt.receive(cast.mei, bag.code, tubes[2]).code == "received_extra"
    assert specimen_now(tubes[2]).holds == ("quarantine",)


def test_a_list_that_is_not_taken_goes_back_to_the_releaser_with_a_reason(cast: Cast) -> None:
    bag, tubes, made, code = _offered(cast)
    _sign(bag, code, "none", reason="condition_doubtful")
    assert transfer_now(bag.code).state == "declined"
    assert {specimen_now(tube).custodian for tube in tubes} == {cast.nora.user}
    last = read_entry(_entries("transfer", bag.code)[-1].body)
    assert (last.act, last.reason, last.facts["not_taken"]) == (
        "transfer_declined",
        "condition_doubtful",
        sorted(tubes),
    )
    assert handover.handover_now(made.code).state == "declined"


def test_what_a_courier_signed_for_is_delivered_and_received_as_ever_and_never_by_the_releaser(
    cast: Cast,
) -> None:
    bag, tubes, _, code = _offered(cast)
    _sign(bag, code)
    carriage.deliver(cast.luis, bag.code)
    assert specimen_now(tubes[0]).status == "delivered"
    with pytest.raises((Refused, NotPermitted)):
        receipt.open_receipt(cast.nora, bag.code, condition="intact")
    receipt.open_receipt(cast.mei, bag.code, condition="seal_broken", temperature_tenths_c=900 // 2)
    for tube in tubes:
        receipt.receive(cast.mei, bag.code, tube)
    receipt.close(cast.mei, bag.code)
    closed = read_entry(_entries("transfer", bag.code)[-1].body)
    assert closed.facts["signed_hash"] == bag.list_hash
    assert closed.facts["arrived"] == ["seal_broken", "out_of_band"]
    assert set(closed.facts["differences"].values()) == {"accepted_with_deviation"}


# ------------------------------------------------------------------------------------------------ attacks


def test_the_code_is_kept_as_a_hash_and_stands_nowhere_in_the_ledger(cast: Cast) -> None:
    _, _, made, code = _offered(cast)
    kept = db.session.execute(select(HandoverSecret.code_hash)).scalar_one()
    assert kept.startswith("$argon2id$") and code not in kept
    assert not any(code.encode() in body for body in db.session.execute(select(LedgerEntry.body)).scalars())
    assert code != made.code


def test_guessing_waits_longer_each_time_and_ten_wrong_codes_close_the_right_one(
    cast: Cast, clock: Traveller
) -> None:
    bag, _, made, code = _offered(cast)
    waits = []
    for _ in range(MOST_GUESSES):
        with pytest.raises(NotFound, match="handover_unknown"):
            handover.open_offer(bag.code, new_identifier(), address=PHONE)
        try:
            handover.open_offer(bag.code, new_identifier(), address=PHONE)
        except Refused as refused:
            waits.append(refused.facts["seconds"])
            clock.shift(refused.facts["seconds"])
        except NotFound:
            pass
        if handover.handover_now(made.code).state == "withdrawn":
            break
    assert waits == sorted(waits) and waits[-1] > waits[0]
    now = handover.handover_now(made.code)
    assert (now.state, now.guesses) == ("withdrawn", MOST_GUESSES)
    assert _acts("handover", made.code).count("handover_guessed") == MOST_GUESSES
    _wait_out_the_delay(clock)
    with pytest.raises(Refused, match="handover_over"):
        _sign(bag, code)


def test_guesses_at_once_are_counted_before_they_are_looked_at(cast: Cast, context: Flask) -> None:
    bag, _, made, _ = _offered(cast)
    works = [
        lambda: handover.open_offer(bag.code, new_identifier(), address=PHONE),
    ] * 8
    answers = together(context, works)
    looked_at = [each for each in answers if isinstance(each, NotFound)]
    assert 1 <= len(looked_at) <= 4
    assert handover.handover_now(made.code).guesses == len(looked_at)


def test_a_mistyped_code_is_no_guess(cast: Cast) -> None:
    bag, _, made, code = _offered(cast)
    wrong = code[:-1] + ("2" if code[-1] != "2" else "3")
    for typed in (wrong, "", "x" * 10_000, "0000 0000", "<script>"):
        with pytest.raises(NotFound, match="handover_unknown"):
            handover.open_offer(bag.code, typed, address=PHONE)
    assert handover.handover_now(made.code).guesses == 0
    spelled = f" {code[:4].lower()}-{code[4:]} "
    assert handover.open_offer(bag.code, spelled, address=PHONE).open


def test_a_code_is_used_once(cast: Cast) -> None:
    bag, _, made, code = _offered(cast)
    _sign(bag, code, key="k1")
    entries = len(_entries("transfer", bag.code))
    _sign(bag, code, key="k1")  # the same form again
    with pytest.raises(Refused, match="handover_used"):
        _sign(bag, code, "none", reason="condition_doubtful", key="k2", name="Somebody Else")
    assert len(_entries("transfer", bag.code)) == entries
    assert _acts("handover", made.code) == ["handover_offered", "handover_signed"]


def test_a_code_expires(cast: Cast, clock: Traveller) -> None:
    bag, tubes, _, code = _offered(cast)
    clock.shift(LIFETIME_MS // 1000)
    with pytest.raises(Refused, match="handover_over"):
        _sign(bag, code)
    assert specimen_now(tubes[0]).status == "released"


def test_a_code_opens_its_own_release_alone(cast: Cast) -> None:
    first, _, _, code = _offered(cast, 2)
    second, tubes, _, _ = _offered(cast, 2)
    with pytest.raises(NotFound, match="handover_unknown"):
        _sign(second, code)
    with pytest.raises(NotFound, match="handover_unknown"):
        handover.open_offer("C4K7N2XD", code, address=PHONE)
    assert specimen_now(tubes[0]).status == "released"
    assert handover.open_offer(first.code, code, address="10.0.0.8").open


def test_a_new_code_closes_the_one_before(cast: Cast) -> None:
    bag, _, made, code = _offered(cast)
    again, newer = handover.offer(cast.nora, bag.code)
    with pytest.raises(NotFound, match="handover_unknown"):
        _sign(bag, code)
    assert handover.handover_now(made.code).state == "withdrawn"
    assert _sign(bag, newer).handover.code == again.code


def test_the_releaser_closes_a_code(cast: Cast) -> None:
    bag, _, _, code = _offered(cast)
    handover.withdraw(cast.nora, bag.code)
    with pytest.raises(Refused, match="handover_over"):
        _sign(bag, code)


def test_a_list_that_changed_after_the_code_was_made_is_not_signed(cast: Cast) -> None:
    bag, tubes, _, code = _offered(cast)
    other, _ = released(cast, 1)
    receipt.open_receipt(cast.mei, other.code, condition="intact")
    assert receipt.receive(cast.mei, other.code, tubes[0]).code == "received_extra"
    with pytest.raises(Refused, match="handover_list_changed"):
        _sign(bag, code)
    assert specimen_now(tubes[1]).status == "released"


def test_a_list_that_was_rewritten_in_the_database_is_not_signed(cast: Cast) -> None:
    bag, _, _, code = _offered(cast)
    db.session.execute(update(TransferRow).where(TransferRow.code == bag.code).values(seal="other"))
    db.session.commit()
    with pytest.raises(Refused, match="handover_list_changed"):
        _sign(bag, code)


def test_a_list_that_was_recalled_or_is_being_received_is_not_signed(cast: Cast) -> None:
    bag, _, _, code = _offered(cast)
    recall.recall(cast.nora, bag.code, "wrong_scan")
    with pytest.raises(Refused, match="list_not_waiting"):
        _sign(bag, code)
    bag, _, _, code = _offered(cast)
    receipt.open_receipt(cast.mei, bag.code, condition="intact")
    with pytest.raises(Refused, match="receipt_begun"):
        _sign(bag, code)


def test_of_two_telephones_at_once_one_signs(cast: Cast, context: Flask) -> None:
    bag, tubes, made, code = _offered(cast)
    answers = together(
        context,
        [
            lambda: _sign(bag, code, key="one"),
            lambda: _sign(bag, code, "none", reason="condition_doubtful", key="two", name="Piet Pietersen"),
        ],
    )
    refused = [each for each in answers if isinstance(each, Refused)]
    assert [each.code for each in refused] == ["handover_used"]
    assert len(_acts("handover", made.code)) == 2
    assert {specimen_now(tube).status for tube in tubes} in ({"in_transit"}, {"collected"})


#: What is typed → the field that is told about.
UNSIGNABLE: list[tuple[dict[str, Any], str]] = [
    ({"name": ""}, "name"),
    ({"name": "x" * 10_000}, "name"),
    ({"name": "Joris\u202e"}, "name"),
    ({"name": "BSN 123456789"}, "name"),
    ({"name": "  nora  DE wit "}, "name"),  # the releaser is no second party
    ({"organisation": " "}, "organisation"),
    ({"organisation": "x" * 201}, "organisation"),
    ({"decision": ""}, "decision"),
    ({"decision": "everything"}, "decision"),
    ({"decision": "none"}, "reason"),
    ({"decision": "none", "reason": "made_up"}, "reason"),
    ({"decision": "some", "reason": "condition_doubtful"}, "taken"),
    ({"decision": "some", "reason": "condition_doubtful", "taken": ["C4K7N2XD"]}, "taken"),
]


def test_what_cannot_be_signed_is_told_at_its_field(cast: Cast) -> None:
    bag, tubes, _, code = _offered(cast)
    part = {"decision": "some", "reason": "condition_doubtful", "taken": tubes}
    for said, field in [*UNSIGNABLE, (part, "taken")]:
        with pytest.raises(BadInput) as refused:
            _sign(bag, code, **said)
        assert list(refused.value.fields) == [field], said
    assert specimen_now(tubes[0]).status == "released"


def test_only_the_releasing_site_makes_a_code_and_only_for_a_list_that_waits(cast: Cast) -> None:
    bag, _ = released(cast, 2)
    with pytest.raises(NotPermitted):
        handover.offer(cast.luis, bag.code)
    with pytest.raises(NotFound):
        handover.offer(cast.ola, bag.code)
    recall.recall(cast.nora, bag.code, "wrong_scan")
    with pytest.raises(Refused, match="list_not_waiting"):
        handover.offer(cast.nora, bag.code)


def test_one_form_makes_one_code_and_shows_it_once(cast: Cast) -> None:
    bag, _ = released(cast, 2)
    made, _ = handover.offer(cast.nora, bag.code, key="k")
    with pytest.raises(Refused, match="code_shown"):
        handover.offer(cast.nora, bag.code, key="k")
    assert handover.latest(bag.code) == made

"""The check of a box: every tube compared with the map, every difference kept, nothing moved by itself."""

import pytest
from flask import Flask
from sqlalchemy import select
from time_machine import Traveller

from specimens.domain.errors import BadInput, NotPermitted, Refused
from specimens.domain.identifiers import COMMAND_CODES
from specimens.domain.inventory import Finding
from specimens.domain.terms import Kind, Mode
from specimens.models.base import db
from specimens.models.transfer import NearMissRow
from specimens.services import difference, inventory, inventory_view, storage
from specimens.services.clock import now_ms
from specimens.services.entries import entries_of
from specimens.services.row import state_now
from specimens.services.scan import ScanOutcome
from tests.cast import Cast
from tests.services.bags import said
from tests.services.chain import Chain, frozen_vials, in_oslo, now, together, unit

FINISH = COMMAND_CODES["FINISH"]


@pytest.fixture
def chain(cast: Cast, clock: Traveller) -> Chain:
    return Chain(cast, clock)


def _filled(chain: Chain, count: int, box: str | None = None) -> tuple[str, list[str]]:
    box = box or unit()
    vials = [vial.code for vial in frozen_vials(chain, count)]
    for vial in vials:
        assert storage.put(chain.cast.mei, box, vial).saved
    return box, vials


def _scan(chain: Chain, box: str, raw: str, **more: str) -> ScanOutcome:
    return inventory.scan_in(chain.cast.mei, box, raw, **more)


def test_a_box_that_agrees_takes_one_scan_for_each_tube_and_two_more(chain: Chain) -> None:
    box, vials = _filled(chain, 5)
    outcomes = [_scan(chain, box, raw) for raw in (box, *vials, FINISH)]
    assert [each.verdict for each in outcomes] == ["ok"] * 7
    assert [each.code for each in outcomes] == ["check_begun", *["seen_in_place"] * 5, "check_closed_ok"]
    assert (outcomes[1].facts["well"], outcomes[1].facts["count"], outcomes[1].facts["total"]) == ("A1", 1, 5)
    (done,) = inventory_view.past(chain.cast.ada, box)
    assert (done.seen, done.differs, done.closed_by) == (5, (), "Mei Tan")
    last = entries_of(db.session(), Kind.INVENTORY, done.check.code)[-1]
    assert (last.act, sorted(last.facts["seen"]), last.facts["missing"]) == (
        "check_closed",
        sorted(vials),
        [],
    )


def test_each_difference_is_named_and_none_keeps_another_tube_back(chain: Chain) -> None:
    mei = chain.cast.mei
    box, (here, moved, out, gone) = _filled(chain, 4)
    there = unit(name="B08", parent=unit("rack", name="R2"))
    storage.put(mei, there, moved)
    storage.retrieve(mei, out, reason="analysis")
    began = _scan(chain, box, box)
    check = str(inventory.open_check(mei, box).code)  # type: ignore[union-attr]
    assert began.facts["count"] == 2
    told = [_scan(chain, box, raw, check=check) for raw in (here, moved, out, "C4K7N2XD", "xx", there, here)]
    assert [said(each) for each in told] == [
        ("ok", "seen_in_place"), ("check", "seen_belongs_elsewhere"), ("check", "seen_not_stored"),
        ("stop", "unknown_code"), ("stop", "scan_unreadable"), ("stop", "not_this_box"), ("already", "already_seen"),
    ]  # fmt: skip
    elsewhere = told[1]
    assert (elsewhere.facts["unit"], elsewhere.facts["well"]) == ("R2 › B08", "A1")
    assert elsewhere.facts["last_by"] == "Mei Tan" and elsewhere.facts["last_at"]
    assert now(moved).place == there and now(out).place is None
    kept = db.session.execute(select(NearMissRow).where(NearMissRow.refusal == "unknown_code")).scalar_one()
    assert (kept.subject, kept.expected) == (check, (gone,))
    assert _scan(chain, box, FINISH, check=check).facts["count"] == 1


def test_a_tube_without_business_in_a_box_is_stopped_and_kept(chain: Chain) -> None:
    box, _ = _filled(chain, 1)
    _kit, tubes = Chain(chain.cast, chain.clock).collected()
    _scan(chain, box, box)
    assert said(_scan(chain, box, chain.participant)) == ("stop", "not_a_tube")
    at_the_bedside = _scan(chain, box, tubes[0].code)
    assert said(at_the_bedside) == ("stop", "no_business_here")
    assert at_the_bedside.facts["last_by"] == "Nora de Wit"


def test_a_tube_that_was_not_seen_gets_its_own_outcome_before_the_check_closes(chain: Chain) -> None:
    mei = chain.cast.mei
    box, (one, two, three) = _filled(chain, 3)
    _scan(chain, box, box)
    _scan(chain, box, one)
    assert said(_scan(chain, box, FINISH)) == ("check", "check_lines_open")
    for wrong in ({"note": ""}, {"note": "born 1 1 1970, J. Jansen 01-01-1970"}):
        with pytest.raises(BadInput):
            inventory.not_seen(mei, box, [two], Finding.ELSEWHERE, **wrong)
    with pytest.raises(BadInput):
        inventory.not_seen(mei, box, [], Finding.MISSING)
    with pytest.raises(Refused):
        inventory.not_seen(mei, box, [one], Finding.MISSING)
    inventory.not_seen(mei, box, [two], Finding.ELSEWHERE, note="in the rack beside it", key="a")
    inventory.not_seen(mei, box, [two], Finding.ELSEWHERE, note="in the rack beside it", key="a")
    inventory.not_seen(mei, box, [three], Finding.MISSING)
    assert (now(two).status, now(two).place, now(three).status) == ("stored", box, "missing")
    assert [each.specimen.code for each in difference.open_everywhere(mei, now_ms())] == [three]
    done = _scan(chain, box, FINISH)
    assert said(done) == ("ok", "check_closed_differs")
    assert (done.facts["seen"], done.facts["missing"], done.facts["elsewhere"]) == (1, 1, 1)
    assert said(_scan(chain, box, one)) == ("check", "check_scan_box")
    assert said(_scan(chain, box, box)) == ("ok", "check_begun")
    turned_up = _scan(chain, box, three, check="K" * 500)
    assert said(turned_up) == ("check", "seen_was_missing")


def test_a_check_is_left_half_way_and_a_colleague_goes_on(chain: Chain) -> None:
    box, (one, two) = _filled(chain, 2)
    _scan(chain, box, box)
    _scan(chain, box, one)
    omar = inventory.open_check(chain.cast.mei, box)
    assert omar is not None
    again = _scan(chain, box, box)
    assert said(again) == ("already", "check_goes_on") and again.facts["count"] == 1
    assert _scan(chain, box, two).facts["count"] == 2
    assert _scan(chain, box, FINISH).code == "check_closed_ok"


def test_a_position_that_a_reader_saw_is_compared_with_the_map(chain: Chain) -> None:
    box, (one, two) = _filled(chain, 2)
    _scan(chain, box, box)
    assert said(_scan(chain, box, one, well="a2", mode=Mode.READER)) == ("check", "seen_in_other_well")
    assert said(_scan(chain, box, one)) == ("already", "already_seen")
    assert said(_scan(chain, box, two, well="A2", mode=Mode.READER)) == ("ok", "seen_in_place")
    assert now(one).position == "A1"
    closed = _scan(chain, box, FINISH)
    assert (closed.code, closed.facts["misplaced"], closed.facts["seen"]) == ("check_closed_differs", 1, 2)


def test_a_finding_is_taken_back_by_whoever_made_it_also_when_others_came_after_it(chain: Chain) -> None:
    mei = chain.cast.mei
    box, (one, two) = _filled(chain, 2)
    _scan(chain, box, box)
    _scan(chain, box, one)
    _scan(chain, box, two)
    asked = inventory.take_line_back(mei, box, one)
    assert (asked.verdict, asked.ask) == ("check", "undo")
    undone = inventory.take_line_back(mei, box, one, reason="wrong_scan")
    assert said(undone) == ("ok", "undone_ok")
    assert inventory.take_line_back(mei, box, one, reason="wrong_scan").code == "nothing_to_undo"
    assert said(_scan(chain, box, one)) == ("ok", "seen_in_place")
    inventory.take_line_back(mei, box, one, reason="wrong_scan")
    inventory.not_seen(mei, box, [one], Finding.MISSING)
    assert inventory.take_line_back(mei, box, one, reason="wrong_scan").code == "undone_ok"
    assert (now(one).status, now(one).position) == ("stored", "A1")
    chain.wait(16)
    assert inventory.take_line_back(mei, box, two, reason="wrong_scan").code == "too_late_to_undo"


def test_two_people_begin_one_check_and_scan_two_tubes_at_once(app: Flask, chain: Chain) -> None:
    box, (one, two) = _filled(chain, 2)
    mei = chain.cast.mei
    begun = together(
        app, [lambda: inventory.scan_in(mei, box, box), lambda: inventory.scan_in(mei, box, box)]
    )
    assert sorted(each.verdict for each in begun) == ["already", "ok"]
    told = together(app, [lambda: inventory.scan_in(mei, box, one), lambda: inventory.scan_in(mei, box, two)])
    assert [each.code for each in told] == ["seen_in_place"] * 2
    assert said(_scan(chain, box, FINISH)) == ("ok", "check_closed_ok")


def test_a_double_scan_of_one_form_is_one_entry(chain: Chain) -> None:
    box, (one,) = _filled(chain, 1)
    _scan(chain, box, box, key="k1")
    first, second = _scan(chain, box, one, key="k2"), _scan(chain, box, one, key="k2")
    assert first.facts == second.facts
    held = inventory.open_check(chain.cast.mei, box)
    assert held is not None and held.lines == {one: Finding.HERE}
    assert [entry.act for entry in entries_of(db.session(), Kind.INVENTORY, held.code)] == [
        "check_opened",
        "tube_seen",
    ]


def test_another_site_and_another_role_check_nothing_here(chain: Chain) -> None:
    box, (one,) = _filled(chain, 1)
    oslo = in_oslo(chain.cast)
    assert inventory.scan_in(oslo, box, box).code == "unknown_code"
    assert inventory.open_check(chain.cast.mei, box) is None
    with pytest.raises(NotPermitted):
        inventory.scan_in(chain.cast.nora, box, box)
    rack = unit("rack", name="R9")
    assert _scan(chain, rack, rack).code == "not_a_box"
    assert state_now(Kind.SPECIMEN, one).status == "stored"

"""Pick lists: made once, walked in order, scanned out by one or two people, closed when every line has an outcome."""

import io
from dataclasses import replace

import pypdfium2
import pytest
import zxingcpp
from flask import Flask
from sqlalchemy import select
from time_machine import Traveller

from specimens.domain.errors import BadInput, NotFound, NotPermitted, Refused
from specimens.domain.identifiers import COMMAND_CODES
from specimens.domain.pick import Picked
from specimens.domain.terms import Kind
from specimens.models.base import db
from specimens.models.transfer import NearMissRow
from specimens.services import difference, disposal, pick, pick_view, storage, undo
from specimens.services.clock import now_ms
from specimens.services.entries import entries_of
from tests.cast import Cast
from tests.services.bags import said
from tests.services.chain import Chain, frozen_vials, in_oslo, now, together, unit

FINISH = COMMAND_CODES["FINISH"]


@pytest.fixture
def chain(cast: Cast, clock: Traveller) -> Chain:
    return Chain(cast, clock)


def _stored(chain: Chain, count: int, **where: str) -> list[str]:
    box = unit(**where)  # type: ignore[arg-type]
    vials = [vial.code for vial in frozen_vials(chain, count)]
    for vial in vials:
        assert storage.put(chain.cast.mei, box, vial).saved
    return vials


def test_a_list_is_walked_freezer_by_freezer_and_along_the_rows(chain: Chain) -> None:
    mei = chain.cast.mei
    vials = [vial.code for vial in frozen_vials(chain, 5)]
    ten, two = unit("freezer", name="F10"), unit("freezer", name="F2")
    far, near = unit(name="B1", parent=ten), unit(name="B10", parent=two)
    close_by = unit(name="B9", parent=two)
    places = [(far, "A1"), (near, "B1"), (near, "A9"), (near, "A2"), (close_by, "C3")]
    for vial, (box, well) in zip(vials, places, strict=True):
        assert storage.put(mei, box, vial, well=well).saved
    view = pick_view.get(mei, pick.make(mei, vials, "analysis").code)
    assert [(each.where, each.well) for each in view.left] == [
        ("F2 › B9", "C3"), ("F2 › B10", "A2"), ("F2 › B10", "A9"), ("F2 › B10", "B1"), ("F10 › B1", "A1"),
    ]  # fmt: skip


def test_each_tube_is_taken_out_by_the_everyday_act_and_the_list_closes_at_the_end(chain: Chain) -> None:
    mei = chain.cast.mei
    one, two, three = _stored(chain, 3)
    made = pick.make(mei, [one, two], "analysis", key="k")
    assert pick.make(mei, [two, one], "analysis", key="k").code == made.code
    wrong = pick.scan_out(mei, made.code, three)
    assert said(wrong) == ("stop", "not_on_this_pick") and now(three).status == "stored"
    kept = db.session.execute(
        select(NearMissRow).where(NearMissRow.refusal == "not_on_this_pick")
    ).scalar_one()
    assert (kept.subject, sorted(kept.expected or ())) == (made.code, sorted([one, two]))
    taken = pick.scan_out(mei, made.code, one)
    assert said(taken) == ("ok", "picked_ok") and (taken.facts["count"], taken.facts["total"]) == (1, 2)
    last = entries_of(db.session(), Kind.SPECIMEN, one)[-1]
    assert (last.act, last.reason, last.facts["pick"]) == ("retrieved", "analysis", made.code)
    assert said(pick.scan_out(mei, made.code, one)) == ("already", "already_picked")
    assert said(pick.scan_out(mei, made.code, FINISH)) == ("check", "pick_lines_open")
    assert said(pick.scan_out(mei, made.code, made.code)) == ("check", "pick_scan_tubes")
    assert said(pick.scan_out(mei, made.code, "C4K7N2XD")) == ("stop", "unknown_code")
    pick.scan_out(mei, made.code, two)
    done = pick.scan_out(mei, made.code, FINISH)
    assert said(done) == ("ok", "pick_closed") and done.facts["count"] == 2
    assert said(pick.scan_out(mei, made.code, three)) == ("stop", "pick_is_closed")
    assert "not_on_this_pick" in {each.code for each in pick_view.last_five(mei, made.code)}


def test_what_is_not_there_is_missing_and_what_is_left_stays(chain: Chain) -> None:
    mei = chain.cast.mei
    one, two = _stored(chain, 2)
    made = pick.make(mei, [one, two], "analysis").code
    with pytest.raises(BadInput):
        pick.not_taken(mei, made, [one], Picked.NOT_THERE, "no_longer_needed")
    with pytest.raises(BadInput):
        pick.not_taken(mei, made, [], Picked.LEFT, "no_longer_needed")
    with pytest.raises(Refused):
        pick.close(mei, made)
    pick.not_taken(mei, made, [one], Picked.NOT_THERE, "well_empty")
    pick.not_taken(mei, made, [two], Picked.LEFT, "no_longer_needed")
    assert (now(one).status, now(two).status) == ("missing", "stored")
    assert [each.specimen.code for each in difference.open_everywhere(mei, now_ms())] == [one]
    with pytest.raises(Refused):
        pick.not_taken(mei, made, [two], Picked.LEFT, "no_longer_needed")
    assert pick.close(mei, made).closed_by == mei.user
    with pytest.raises(Refused):
        pick.close(mei, made)


def test_a_tube_on_hold_is_taken_out_with_a_warning_and_one_taken_before_is_told(chain: Chain) -> None:
    mei = chain.cast.mei
    one, two = _stored(chain, 2)
    disposal.quarantine(mei, one, reason="condition_doubtful")
    made = pick.make(mei, [one, two], "analysis").code
    held = pick.scan_out(mei, made, one)
    assert said(held) == ("check", "picked_on_hold") and held.saved
    storage.retrieve(mei, two, reason="shipment")
    told = pick.scan_out(mei, made, two)
    assert (told.verdict, told.facts["last_by"]) == ("already", "Mei Tan")
    pick.not_taken(mei, made, [two], Picked.LEFT, "already_taken_out")
    assert pick.close(mei, made).open_lines == ()


def test_two_people_take_from_one_list_and_each_takes_back_their_own(app: Flask, chain: Chain) -> None:
    mei = chain.cast.mei
    other = replace(mei, user=chain.cast.nora.user, name="Nora de Wit")
    one, two = _stored(chain, 2)
    made = pick.make(mei, [one, two], "analysis").code
    told = together(
        app, [lambda: pick.scan_out(mei, made, one), lambda: pick.scan_out(other, made, two)]
    )  # fmt: skip
    assert [each.code for each in told] == ["picked_ok", "picked_ok"]
    same = together(app, [lambda: pick.scan_out(mei, made, one), lambda: pick.scan_out(other, made, one)])
    assert {each.verdict for each in same} == {"already"}
    assert undo.undo(other, one, None, reason="wrong_scan", subject=made).code == "not_your_act"
    assert undo.undo(mei, one, None, reason="wrong_scan", subject=made).code == "undone_ok"
    assert undo.undo(other, two, None, reason="wrong_scan", subject=made).code == "undone_ok"
    assert (now(one).position, pick.pick_now(made).open_lines) == ("A1", tuple(sorted([one, two])))
    pick.scan_out(mei, made, one)
    pick.scan_out(mei, made, two)
    pick.close(mei, made)
    assert undo.undo(mei, one, None, reason="wrong_scan", subject=made).code == "not_the_last"


def test_what_cannot_be_fetched_is_named_and_nothing_is_made(chain: Chain) -> None:
    mei = chain.cast.mei
    one, loose = (vial.code for vial in frozen_vials(chain, 2))
    storage.put(mei, unit(), one)
    for codes, code in (
        ([], "pick_nothing"),
        (["C4K7N2XD", one], "pick_unknown"),
        ([loose], "pick_not_stored"),
    ):
        with pytest.raises(BadInput) as wrong:
            pick.make(mei, codes, "analysis")
        assert wrong.value.fields == {"specimens": code}
    with pytest.raises(BadInput):
        pick.make(mei, [one], "other")
    with pytest.raises(BadInput):
        pick.make(mei, [one], "because")
    assert pick.make(mei, [one], "other", note="for the monitor to see").purpose == "other"
    oslo = in_oslo(chain.cast)
    with pytest.raises(BadInput):
        pick.make(oslo, [one], "analysis")
    made = pick.make(mei, [one], "analysis").code
    with pytest.raises(NotFound):
        pick_view.get(oslo, made)
    assert pick.scan_out(oslo, made, one).code == "unknown_code"
    with pytest.raises(NotPermitted):
        pick.make(chain.cast.nora, [one], "analysis")


def test_the_sheet_bears_the_code_of_the_list_and_the_places_in_words(chain: Chain) -> None:
    mei = chain.cast.mei
    one, two = _stored(chain, 2, parent=unit("freezer", name="F3"))
    made = pick.make(mei, [one, two], "analysis").code
    pick.scan_out(mei, made, two)
    with pypdfium2.PdfDocument(io.BytesIO(pick_view.sheet(mei, made))) as document:
        page = document[0]
        text = page.get_textpage().get_text_range()
        picture = page.render(scale=4).to_pil()
    assert [found.text for found in zxingcpp.read_barcodes(picture)] == [made]
    for words in (
        "F3 › B07",
        "A1",
        f"{one[:4]} {one[4:]}",
        "taken out",
        "analysis for the study",
        "Fetched by",
    ):
        assert words in text, words


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("C4K7N2XD\r\nK8R3X0TR", ("C4K7N2XD", "K8R3X0TR")),
        ("c4k7 n2xd, K8R3 X0TR;C4K7N2XD\t", ("C4K7N2XD", "K8R3X0TR")),
        ("C4K7 N2XD K8R3 X0TR", ("C4K7N2XD", "K8R3X0TR")),
        ("", ()),
    ],
)
def test_identifiers_are_read_however_they_were_typed(typed: str, found: tuple[str, ...]) -> None:
    assert pick.read_codes(typed) == found


@pytest.mark.parametrize("typed", ["C4K7N2XF", "hello", "C4K7N2XD\n<script>", "1" * 100_000])
def test_what_is_no_identifier_is_named(typed: str) -> None:
    with pytest.raises(BadInput):
        pick.read_codes(typed)

"""The auditor's bench: seats that close by themselves, draws that anybody can repeat, tracing, signed findings."""

import hashlib
import subprocess
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, text
from time_machine import Traveller

from specimens.domain import draw as rules
from specimens.domain.access import Actor
from specimens.domain.entry import read_entry
from specimens.domain.errors import BadInput, NotFound, NotPermitted, Refused
from specimens.domain.grant import Grant
from specimens.domain.station import Station
from specimens.domain.terms import Kind
from specimens.models.base import db
from specimens.models.ledger import LedgerEntry
from specimens.services import access, disposal, draw, finding, seat, specimen, trace, verify
from specimens.services.clock import today
from specimens.services.entries import seal_texts
from specimens.services.row import state_now
from specimens.services.signature import Pen
from tests.cast import PASSWORD, ZONE, Cast
from tests.services.bags import released
from tests.services.chain import in_oslo
from tests.tubes import kit_of

pytestmark = pytest.mark.usefixtures("clock")
PEN = Pen(PASSWORD)


def _open(cast: Cast, opener: Actor | None = None, days: int = 1, name: str = "mona") -> Grant:
    day = today(ZONE)
    return seat.open_seat(
        opener or cast.ivo, name, "auditor", from_on=day, until_on=day + timedelta(days=days - 1),
        training_on=day, reason="inspection announced",
    )  # fmt: skip


def _seated(grant: Grant) -> Actor | None:
    place: Station | None = None
    return access.granted_actor(state_now(Kind.USER, grant.user), grant.code, place)


def _acts(kind: str, code: str) -> list[str]:
    return list(
        db.session.execute(
            select(LedgerEntry.act)
            .where(LedgerEntry.subject_kind == kind, LedgerEntry.subject_code == code)
            .order_by(LedgerEntry.seq)
        ).scalars()
    )


# ------------------------------------------------------------------------------------------------------ seats


def test_a_seat_opens_for_its_days_and_closes_by_itself(cast: Cast, clock: Traveller) -> None:
    grant = _open(cast, days=2)
    sits = _seated(grant)
    assert sits is not None and sits.seat == grant.code and sits.role == "auditor"
    clock.shift(24 * 3600)
    assert _seated(grant) is not None
    clock.shift(24 * 3600)
    assert _seated(grant) is None
    (line,) = seat.seats(cast.ivo)
    assert (line.line.state, line.name, line.line.reason, line.line.given_by) == (
        "over", "Mona Vos", "inspection announced", "Ivo Smit",
    )  # fmt: skip


def test_the_investigator_and_the_administrator_open_seats_and_nobody_else(cast: Cast) -> None:
    _open(cast, cast.adam)
    for other in (cast.nora, cast.mei, cast.ada, cast.mona):
        with pytest.raises(NotPermitted):
            _open(cast, other)


def test_a_seat_is_no_way_to_give_other_roles_nor_to_stay(cast: Cast) -> None:
    day = today(ZONE)
    common = {"training_on": day, "from_on": day, "until_on": day, "reason": "x"}
    for said, field in (
        ({"role": "administrator"}, "role"),
        ({"name": "nobody"}, "name"),
        ({"until_on": None}, "until_on"),
        ({"until_on": day + timedelta(days=92)}, "until_on"),
        ({"reason": " "}, "reason"),
        ({"training_on": day + timedelta(days=1)}, "training_on"),
    ):
        asked = {"name": "mona", "role": "auditor", **common, **said}
        with pytest.raises(BadInput) as refused:
            seat.open_seat(cast.ivo, asked.pop("name"), asked.pop("role"), **asked)
        assert list(refused.value.fields) == [field], said
    with pytest.raises(Refused, match="not_yourself"):
        _open(cast, name="ivo")


def test_a_seat_closed_early_shuts_at_once_and_only_seats_are_closed_here(cast: Cast) -> None:
    grant = _open(cast)
    seat.close_seat(cast.ivo, grant.code, "inspection over")
    assert _seated(grant) is None
    (line,) = seat.seats(cast.ivo)
    assert (line.line.state, line.line.revoked_reason) == ("revoked", "inspection over")
    standing = db.session.execute(
        text("SELECT code FROM access_grant WHERE role = 'auditor' AND until_on IS NULL")
    ).scalar_one()
    with pytest.raises(BadInput, match="not_a_seat"):
        seat.close_seat(cast.ivo, standing, "x")


def test_what_a_seat_looks_at_is_an_entry_once_an_hour_and_not_on_the_specimen(
    cast: Cast, clock: Traveller
) -> None:
    _, tubes = kit_of(cast, cast.nora, 1)
    before = _acts("specimen", tubes[0])
    grant = _open(cast)
    sits = _seated(grant)
    assert sits is not None
    seat.viewed(sits, tubes[0])
    seat.viewed(sits, tubes[0])
    seat.viewed(sits, "AMS", "site")
    seat.viewed(sits, "not a record")
    seat.viewed(cast.ada, tubes[0])
    clock.shift(3600)
    seat.viewed(sits, tubes[0])
    assert _acts("grant", grant.code)[1:] == ["viewed"] * 3
    assert _acts("specimen", tubes[0]) == before
    assert seat.seats(cast.ivo)[0].viewed == 3
    assert verify.verify().differences == ()


# ------------------------------------------------------------------------------------------------------ draws


def test_the_seed_is_in_the_ledger_before_anything_is_drawn(cast: Cast) -> None:
    kit_of(cast, cast.nora, 4)
    drew = draw.draw(cast.ada, 2)
    first, second = (
        read_entry(body)
        for body in db.session.execute(
            select(LedgerEntry.body).where(LedgerEntry.subject_kind == "draw").order_by(LedgerEntry.seq)
        ).scalars()
    )
    assert (first.act, first.facts["seed"]) == ("draw_committed", drew.seed)
    assert "specimens" not in first.facts and "population_digest" not in first.facts
    assert (second.act, second.operation != first.operation) == ("specimens_drawn", True)
    assert len(drew.seed) == 32 and len(drew.specimens) == 2


def test_anybody_can_repeat_a_draw_with_the_tools_of_a_shell(cast: Cast, tmp_path: Path) -> None:
    kit_of(cast, cast.nora, 6)
    drew = draw.draw(cast.ada, 3, seed="dice 6-2-5.1")
    population = draw.population(cast.ada, drew.code)
    assert hashlib.sha256(population.encode()).hexdigest() == drew.population_digest
    assert len(population.splitlines()) == drew.population
    (tmp_path / "population.txt").write_text(population)
    line = (
        f"while read c; do printf '%s:%s' '{drew.seed}' \"$c\" | sha256sum | cut -c1-64 | sed \"s/$/ $c/\"; "
        f"done < {tmp_path / 'population.txt'} | sort | head -n {drew.wanted}"
    )
    said = subprocess.run(["sh", "-c", line], capture_output=True, text=True, check=True).stdout
    assert [each.split()[1] for each in said.splitlines()] == list(drew.specimens)
    assert draw.get(cast.ada, drew.code).repeated


def test_a_draw_whose_seed_was_rewritten_is_seen_though_it_draws_the_same(cast: Cast) -> None:
    kit_of(cast, cast.nora, 4)
    drew = draw.draw(cast.ada, 2)
    codes = draw.population(cast.ada, drew.code).splitlines()
    chosen = next(
        seed for seed in map(str, range(1000)) if rules.draw(seed, codes, 2) == tuple(drew.specimens)
    )
    db.session.execute(text("UPDATE draw SET seed = :chosen"), {"chosen": chosen})
    db.session.commit()
    assert not draw.get(cast.ada, drew.code).repeated
    assert {each.field for each in verify.verify().differences} == {"row.seed"}


def test_a_draw_is_made_among_what_is_more_than_planned_and_in_sight(cast: Cast) -> None:
    _, planned = kit_of(cast, cast.nora, 2, collected=False)
    _, drawn = kit_of(cast, cast.nora, 2)
    drew = draw.draw(cast.ada, 200)
    assert set(drew.specimens) == set(drawn) and not set(planned) & set(drew.specimens)
    again = draw.draw(cast.ada, 1, key="k")
    assert draw.draw(cast.ada, 1, key="k") == again
    assert [each.code for each, _ in draw.draws(cast.ada)] == [again.code, drew.code]


def test_what_cannot_be_drawn_is_told_at_its_field_and_only_auditors_draw(cast: Cast) -> None:
    for count, own, field in (
        (0, "", "count"),
        (201, "", "count"),
        (None, "", "count"),
        (1, "a'b", "seed"),
        (1, "x" * 65, "seed"),
    ):
        with pytest.raises(BadInput) as refused:
            draw.draw(cast.ada, count, seed=own)
        assert list(refused.value.fields) == [field]
    for other in (cast.nora, cast.mei, cast.ivo, cast.adam):
        with pytest.raises(NotPermitted):
            draw.draw(other, 1)


# ---------------------------------------------------------------------------------------------------- tracing


def test_a_specimen_leads_to_its_papers_and_an_entry_back_to_its_specimens(cast: Cast) -> None:
    bag, tubes = released(cast, 2)
    found = trace.forward(cast.ada, tubes[0])
    assert found.transfers == (bag.code,)
    assert [each.entry.act for each in found.entries][-1] == "released"
    origin = trace.backward(cast.ada, found.entries[-1].number)
    assert origin.line.entry.code == tubes[0]
    touched = {(each.entry.kind, each.entry.code) for each in origin.together}
    assert {("specimen", tubes[0]), ("specimen", tubes[1]), ("transfer", bag.code)} <= touched
    assert origin.hidden == 0


def test_what_is_out_of_sight_is_not_traced(cast: Cast) -> None:
    _, tubes = kit_of(cast, cast.nora, 1)
    other = replace(cast.ada, sites=frozenset({"OSL"}), site="OSL")
    with pytest.raises(NotFound):
        trace.forward(other, tubes[0])
    number = trace.forward(cast.ada, tubes[0]).entries[0].number
    with pytest.raises(NotFound, match="unknown_ledger_entry"):
        trace.backward(other, number)
    with pytest.raises(NotPermitted):
        trace.forward(in_oslo(cast), tubes[0])


# --------------------------------------------------------------------------------------------------- findings


def test_a_finding_is_raised_answered_opened_again_and_closed_and_each_step_is_signed(cast: Cast) -> None:
    _, tubes = kit_of(cast, cast.nora, 2)
    drew = draw.draw(cast.ada, 2)
    held = finding.raise_finding(
        cast.ada, tubes[0], "major", "The tube has no time.", pen=PEN, draw=drew.code
    )
    assert (held.state, held.about_kind, held.site, held.draw) == ("raised", "specimen", "AMS", drew.code)
    assert trace.forward(cast.ada, tubes[0]).findings == (held.code,)
    assert finding.get(cast.ivo, held.code).next == ("answer",)
    finding.go_on(cast.ivo, held.code, "answer", "It was typed late.", pen=PEN)
    assert finding.get(cast.ada, held.code).next == ("close", "reopen")
    finding.go_on(cast.ada, held.code, "reopen", "Which time was it?", pen=PEN)
    finding.go_on(cast.ivo, held.code, "answer", "Nine o'clock.", pen=PEN)
    closed = finding.go_on(cast.ada, held.code, "close", "Accepted.", pen=PEN)
    assert (closed.state, closed.closed_by) == ("finding_closed", cast.ada.user)
    view = finding.get(cast.ivo, held.code)
    assert view.next == ()
    assert [each.text for each in view.steps] == [
        "The tube has no time.", "It was typed late.", "Which time was it?", "Nine o'clock.", "Accepted.",
    ]  # fmt: skip
    assert [each.signature.occasion for each in view.signatures] == [
        "finding_raised", "finding_answered", "finding_judged", "finding_answered", "finding_judged",
    ]  # fmt: skip
    bodies = b"".join(db.session.execute(select(LedgerEntry.body)).scalars())
    assert b"typed late" not in bodies and b"no time." not in bodies
    assert verify.verify().differences == ()


def test_nothing_is_raised_or_answered_without_the_password(cast: Cast) -> None:
    _, tubes = kit_of(cast, cast.nora, 1)
    with pytest.raises(Refused, match="password_wrong"):
        finding.raise_finding(cast.ada, tubes[0], "minor", "x", pen=Pen("a wrong one of some length"))
    assert finding.findings(cast.ada) == ()


def test_each_side_takes_its_own_steps_and_in_order(cast: Cast) -> None:
    _, tubes = kit_of(cast, cast.nora, 1)
    held = finding.raise_finding(cast.ada, tubes[0], "minor", "x", pen=PEN)
    for who, step in ((cast.ada, "answer"), (cast.nora, "answer"), (cast.ivo, "close")):
        with pytest.raises(NotPermitted):
            finding.go_on(who, held.code, step, "x", pen=PEN)
    with pytest.raises(Refused, match="finding_moved_on"):
        finding.go_on(cast.ada, held.code, "close", "x", pen=PEN)
    with pytest.raises(NotPermitted):
        finding.raise_finding(cast.ivo, tubes[0], "minor", "x", pen=PEN)


def test_what_cannot_be_a_finding_is_told_at_its_field(cast: Cast) -> None:
    _, tubes = kit_of(cast, cast.nora, 1)
    for about, severity, said, field in (
        ("", "minor", "x", "about"),
        ("C4K7N2XD", "minor", "x", "about"),
        (tubes[0], "slight", "x", "severity"),
        (tubes[0], "minor", " ", "text"),
        (tubes[0], "minor", "x" * 2001, "text"),
        (tubes[0], "minor", "BSN 123456789", "text"),
    ):
        with pytest.raises(BadInput) as refused:
            finding.raise_finding(cast.ada, about, severity, said, pen=PEN)
        assert list(refused.value.fields) == [field]


def test_a_quarantine_leaves_its_reason_sealed_for_a_seat(cast: Cast) -> None:
    _, tubes = kit_of(cast, cast.nora, 1)
    disposal.quarantine(cast.nora, tubes[0], reason="identity_doubtful", note="two labels on it")
    sits = _seated(_open(cast))
    assert sits is not None
    assert specimen.custody_of(cast.ada, tubes[0]).steps[-1].note == "two labels on it"
    assert specimen.custody_of(sits, tubes[0]).steps[-1].note is None
    seal_texts("sealed")
    try:
        assert specimen.custody_of(sits, tubes[0]).steps[-1].note == "sealed"
    finally:
        seal_texts(None)

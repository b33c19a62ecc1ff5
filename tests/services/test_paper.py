"""Downtime, on both engines: a sheet is entered whole or not at all, marked, and checked by a second person."""

from dataclasses import replace
from typing import Any

import pytest
import time_machine
from sqlalchemy import func, select

from specimens.domain.errors import BadInput, NotFound, NotPermitted, Refused
from specimens.domain.terms import Kind
from specimens.models.base import db
from specimens.models.ledger import LedgerEntry, SealedText
from specimens.services import consent, kit, paper, paper_check, tenancy, unlisted
from specimens.services.clock import now_ms
from specimens.services.kit_procedure import Procedure
from specimens.services.paper import PaperLine, Sheet
from specimens.services.signature import Pen
from specimens.services.verify import verify
from tests.cast import PASSWORD, Cast
from tests.history import History

MINUTE = 60_000


@pytest.fixture
def made(cast: Cast, visit_open: History, clock: time_machine.Traveller) -> History:
    """A baseline visit that was open when the system went down; it is entered three days later."""
    clock.shift(3 * 86_400)
    return visit_open


def taken_at(number: int) -> int:
    """An hour after the visit was opened, three days ago; a minute between tubes."""
    return now_ms() - 3 * 86_400_000 + (60 + number) * MINUTE


def sheet(tubes: tuple[str, ...], **changes: Any) -> Sheet:
    lines = [PaperLine(tube, taken_at(number)) for number, tube in enumerate(tubes)]
    lines[-1] = PaperLine(tubes[-1], None, "no_vein")
    return replace(
        Sheet(
            tuple(lines),
            "Investigator site file, binder 3",
            "Nils Bakker, research nurse",
            True,
            "system_down",
        ),
        **changes,
    )


def entries() -> int:
    return db.session.execute(select(func.count(LedgerEntry.id))).scalar_one()


def test_a_sheet_is_entered_marked_and_checked_by_somebody_else(cast: Cast, made: History) -> None:
    code = made.kits["blood"]
    paper.enter(cast.nora, code, sheet(made.tubes), key="p")
    paper.enter(cast.nora, code, sheet(made.tubes), key="p")
    tubes = kit.specimens_of(code)
    assert [each.status for each in tubes] == ["collected"] * 6 + ["not_collected"]
    assert all("back_entered" in each.flags for each in tubes)
    assert [each.collected_at for each in tubes[:2]] == [taken_at(0), taken_at(1)]
    assert tubes[0].collected_by == "Nils Bakker, research nurse"
    rows = db.session.execute(
        select(LedgerEntry.mode, LedgerEntry.act, LedgerEntry.body).where(LedgerEntry.mode == "paper")
    ).all()
    assert len(rows) == 7 + 2 + 1  # the tubes, the kit's identity and end, the visit
    assert all(b'"happened_by":"person"' in row.body for row in rows if row.act == "collected")
    sealed = db.session.execute(
        select(SealedText.text).where(SealedText.name == "paper_original")
    ).scalar_one()
    assert sealed == "Investigator site file, binder 3"
    assert not any(b"binder" in row.body for row in rows)

    view = paper_check.entered(cast.nora, made.visit)
    assert [len(each.tubes) for each in view.sheets] == [7]
    assert view.sheets[0].original == "Investigator site file, binder 3"
    assert not view.may_check(cast.nora)
    with pytest.raises(Refused, match="own_paper"):
        paper_check.check(cast.nora, made.visit, pen=Pen(PASSWORD))
    done = paper_check.check(cast.ivo, made.visit, key="c", pen=Pen(PASSWORD))
    assert paper_check.check(cast.ivo, made.visit, key="c", pen=Pen(PASSWORD)) == done
    assert (done.paper, done.paper_entered_by, done.paper_checked_by) == (True, cast.nora.user, cast.ivo.user)
    with pytest.raises(Refused, match="already_checked"):
        paper_check.check(cast.nils, made.visit, pen=Pen(PASSWORD))
    assert paper_check.entered(cast.nora, made.visit).checked_name == "Ivo Smit"
    assert verify().sound


def test_nobody_checks_a_visit_of_which_they_entered_any_sheet(cast: Cast, made: History) -> None:
    paper.enter(cast.nora, made.kits["blood"], sheet(made.tubes))
    nodes = tuple(each.code for each in kit.specimens_of(made.kits["lymph_node"]))
    tissue = sheet(
        nodes,
        lines=tuple(PaperLine(each, taken_at(30)) for each in nodes),
        procedure=Procedure("inguinal", "left", "14G", "R. Haak, radiologist", 8),
    )
    paper.enter(cast.nils, made.kits["lymph_node"], tissue)
    for actor in (cast.nora, cast.nils):
        with pytest.raises(Refused, match="own_paper"):
            paper_check.check(actor, made.visit, pen=Pen(PASSWORD))
    assert paper_check.check(cast.ivo, made.visit, pen=Pen(PASSWORD)).paper_checked_by == cast.ivo.user


def test_a_later_sheet_is_checked_again(cast: Cast, made: History) -> None:
    paper.enter(cast.nora, made.kits["blood"], sheet(made.tubes))
    paper_check.check(cast.nils, made.visit, pen=Pen(PASSWORD))
    nodes = tuple(each.code for each in kit.specimens_of(made.kits["lymph_node"]))
    tissue = sheet(
        nodes,
        lines=tuple(PaperLine(each, taken_at(30)) for each in nodes),
        procedure=Procedure("inguinal", "left", "14G", "R. Haak, radiologist", 8),
    )
    paper.enter(cast.nils, made.kits["lymph_node"], tissue)
    view = paper_check.entered(cast.nora, made.visit)
    assert [each.kit for each in view.sheets] == [made.kits["lymph_node"]]
    assert view.may_check(cast.nora)


def test_tissue_is_filled_by_the_yield_of_the_sheet(cast: Cast, made: History) -> None:
    code = made.kits["lymph_node"]
    nodes = tuple(each.code for each in kit.specimens_of(code))
    done = Procedure("inguinal", "right", "14G", "R. Haak, radiologist", 4)
    lines = tuple(PaperLine(each, taken_at(0)) for each in nodes[:2])
    paper.enter(cast.nora, code, sheet(nodes, lines=lines, procedure=done))
    tubes = kit.specimens_of(code)
    assert [each.status for each in tubes] == ["collected"] * 2 + ["not_collected"] * 4
    assert {each.ended_reason for each in tubes[2:]} == {"insufficient_yield"}
    assert [each.pieces for each in tubes[:2]] == [3, 1]
    assert tubes[0].side == "right"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"original": " "}, "original"),
        ({"original": "dossier 12345678"}, "original"),
        ({"performed_by": ""}, "performed_by"),
        ({"identity_checked": False}, "identity"),
        ({"why": "because"}, "why"),
        ({"lines": ()}, "at_"),
    ],
)
def test_a_sheet_with_anything_wrong_writes_nothing(
    cast: Cast, made: History, changes: dict[str, Any], field: str
) -> None:
    before = entries()
    with pytest.raises(BadInput) as bad:
        paper.enter(cast.nora, made.kits["blood"], sheet(made.tubes, **changes))
    assert any(name.startswith(field) for name in bad.value.fields)
    db.session.rollback()
    assert entries() == before


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ({"collected_at": None, "reason": None}, "line_needs_outcome"),
        ({"collected_at": None, "reason": "insufficient_yield"}, "choose_one"),
        ({"reason": "no_vein"}, "one_outcome"),
        ({"collected_at": 1}, "time_too_old"),
    ],
)
def test_one_wrong_line_writes_nothing(cast: Cast, made: History, line: dict[str, Any], problem: str) -> None:
    good = sheet(made.tubes)
    lines = (replace(good.lines[0], **line), *good.lines[1:])
    before = entries()
    with pytest.raises(BadInput) as bad:
        paper.enter(cast.nora, made.kits["blood"], replace(good, lines=lines))
    assert bad.value.fields == {f"at_{made.tubes[0]}": problem}
    db.session.rollback()
    assert entries() == before


def test_a_time_before_consent_or_in_the_future_is_refused_beside_its_line(cast: Cast, made: History) -> None:
    good = sheet(made.tubes)
    lines = (
        replace(good.lines[0], collected_at=now_ms() - 4 * 86_400_000),
        replace(good.lines[1], collected_at=now_ms() + 86_400_000),
        *good.lines[2:],
    )
    with pytest.raises(BadInput) as bad:
        paper.enter(cast.nora, made.kits["blood"], replace(good, lines=lines))
    assert bad.value.fields == {
        f"at_{made.tubes[0]}": "before_consent", f"at_{made.tubes[1]}": "time_in_future"
    }  # fmt: skip


def test_a_tube_of_another_kit_is_no_line_of_this_sheet(cast: Cast, made: History) -> None:
    other = kit.specimens_of(made.kits["synovium"])[0].code
    good = sheet(made.tubes)
    with pytest.raises(BadInput):
        paper.enter(
            cast.nora, made.kits["blood"], replace(good, lines=(*good.lines, PaperLine(other, taken_at(0))))
        )


def test_a_kit_that_is_open_is_finished_first(cast: Cast, made: History) -> None:
    kit.begin(cast.nora, made.kits["blood"])
    with pytest.raises(Refused, match="kit_is_open"):
        paper.enter(cast.nora, made.kits["blood"], sheet(made.tubes))


def test_a_kit_with_every_outcome_has_no_sheet(cast: Cast, made: History) -> None:
    paper.enter(cast.nora, made.kits["blood"], sheet(made.tubes))
    with pytest.raises(Refused, match="nothing_outstanding"):
        paper.enter(cast.nora, made.kits["blood"], sheet(made.tubes))


def test_what_was_taken_before_a_withdrawal_cannot_be_planned_again(cast: Cast, made: History) -> None:
    consent.withdraw(cast.nora, made.participant, choice="keep")
    with pytest.raises((Refused, BadInput)):
        paper.enter(cast.nora, made.kits["blood"], sheet(made.tubes))


def test_without_a_sheet_there_is_nothing_to_check(cast: Cast, made: History) -> None:
    assert paper_check.entered(cast.nora, made.visit).sheets == ()
    with pytest.raises(Refused, match="nothing_from_paper"):
        paper_check.check(cast.nils, made.visit, pen=Pen(PASSWORD))


def test_another_site_and_other_roles_enter_nothing(cast: Cast, made: History) -> None:
    with pytest.raises(NotFound):
        paper.enter(cast.ola, made.kits["blood"], sheet(made.tubes))
    with pytest.raises(NotFound):
        paper_check.check(cast.ola, made.visit, pen=Pen(PASSWORD))
    for actor in (cast.mei, cast.mona, cast.ada, cast.luis):
        with pytest.raises(NotPermitted):
            paper.enter(actor, made.kits["blood"], sheet(made.tubes))
        with pytest.raises(NotPermitted):
            paper_check.check(actor, made.visit, pen=Pen(PASSWORD))
    assert tenancy.load(Kind.VISIT, made.visit, cast.nora).paper is False


def test_a_tube_that_the_laboratory_has_already_stays_there_and_gets_its_collection(
    cast: Cast, made: History
) -> None:
    code = made.tubes[0]
    assert unlisted.receive_without_release(cast.mei, code).verdict == "check"
    good = sheet(made.tubes)
    late = (replace(good.lines[0], collected_at=now_ms() + MINUTE), *good.lines[1:])
    for lines in (late, (replace(good.lines[0], collected_at=None, reason="no_vein"), *good.lines[1:])):
        with pytest.raises(BadInput):
            paper.enter(cast.nora, made.kits["blood"], replace(good, lines=lines))
    paper.enter(cast.nora, made.kits["blood"], good)
    first = kit.specimens_of(made.kits["blood"])[0]
    assert (first.status, first.collected_at) == ("received", taken_at(0))
    assert first.custodian != cast.nora.user
    assert verify().sound

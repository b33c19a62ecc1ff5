"""A visit at the bedside, page by page: everything goes by forms, as without JavaScript."""

import re

import pytest
import time_machine
from sqlalchemy import select

from specimens.domain.identifiers import COMMAND_CODES
from specimens.domain.terms import Kind
from specimens.models.base import db
from specimens.models.specimen import SpecimenRow
from specimens.models.transfer import NearMissRow
from specimens.services import kit
from tests.history import History
from tests.web.bedside import begun, carried, choice, command, hidden, scan, statuses, verdict
from tests.web.conftest import Web


@pytest.fixture
def made(visit_open: History) -> History:
    """An enrolled participant with the baseline visit open, a week before Day 0."""
    return visit_open


def test_a_kit_of_seven_tubes_takes_the_tubes_and_four_acts(web: Web, made: History) -> None:
    nora, code = web.client("nora"), made.kits["blood"]
    acts = 1
    assert nora.get(f"/kits/{code}/collect").status_code == 200
    acts += 1
    assert verdict(command(nora, code, "IDENTITY")) == "ok"
    for tube in made.tubes:
        acts += 1
        assert verdict(scan(nora, code, tube)) == "ok"
    acts += 1
    answer = command(nora, code, "FINISH")
    assert answer.status_code == 303
    assert answer.location == f"/visits/{made.visit}/check"
    acts += 1
    answer = nora.post(answer.location, data={"scan": COMMAND_CODES["ACKNOWLEDGE"], "nonce": "n1"})
    assert answer.location == f"/visits/{made.visit}"
    assert acts == len(made.tubes) + 4
    assert set(statuses(web, code)) == {"collected"}
    assert "visit_confirmed" in web.acts()


def test_the_page_says_who_which_visit_and_what_is_outstanding_before_the_first_tube(
    web: Web, made: History
) -> None:
    page = web.client("nora").get(f"/kits/{made.kits['blood']}/collect").text
    assert f"{made.participant[:4]} {made.participant[4:]}" in page
    assert "BEL-001" in page
    assert "Baseline" in page
    for tube in made.tubes:
        assert f"{tube[:4]} {tube[4:]}" in page


def test_nothing_is_ticked_or_filled_in_before_the_first_tube(web: Web, made: History) -> None:
    nora, code = begun(web, made, "lymph_node")
    for address in (f"/kits/{code}/collect", f"/kits/{code}/procedure", f"/kits/{code}/stop"):
        page = nora.get(address).text
        assert " checked>" not in page
        assert " selected>" not in page


def test_scanning_the_kit_on_the_page_of_the_visit_opens_it_here(web: Web, made: History) -> None:
    nora = web.client("nora")
    assert nora.get(f"/visits/{made.visit}/collect").status_code == 200
    answer = nora.post(f"/visits/{made.visit}/collect", data={"scan": made.kits["blood"], "nonce": "k"})
    assert answer.location == f"/kits/{made.kits['blood']}/collect"
    assert "kit_opened" in web.acts("kit")


def test_a_tube_scanned_at_the_visit_instead_of_a_kit_is_stopped(web: Web, made: History) -> None:
    answer = web.client("nora").post(f"/visits/{made.visit}/collect", data={"scan": made.tubes[0]})
    assert verdict(answer) == "stop"


def test_a_tube_before_the_identity_check_is_not_saved(web: Web, made: History) -> None:
    nora, code = web.client("nora"), made.kits["blood"]
    scan(nora, code, code)
    answer = scan(nora, code, made.tubes[0])
    assert verdict(answer) == "check"
    assert "IDENTITY" in answer.text
    assert set(statuses(web, code)) == {"planned"}


def test_the_order_of_draw_is_advice(web: Web, made: History) -> None:
    nora, code = begun(web, made)
    answer = scan(nora, code, made.tubes[-1])
    assert verdict(answer) == "check"
    assert "order of draw" in answer.text
    assert statuses(web, code)[-1] == "collected"


def test_a_tube_of_another_kit_is_stopped_and_kept_as_a_near_miss(web: Web, made: History) -> None:
    nora, code = begun(web, made)
    with web.app.app_context():
        other = kit.specimens_of(made.kits["lymph_node"])[0].code
    answer = scan(nora, code, other)
    assert verdict(answer) == "stop"
    with web.app.app_context():
        row = db.session.execute(select(NearMissRow)).scalar_one()
        assert (row.refusal, row.read, row.subject, row.raw) == ("wrong_kit", other, code, other)


def test_after_stop_scans_are_refused_and_counted_until_it_is_acknowledged(web: Web, made: History) -> None:
    nora, code = begun(web, made)
    answer = scan(nora, code, "garbage!")
    assert verdict(answer) == "stop"
    held = hidden(answer, "held")
    answer = scan(nora, code, made.tubes[0], held=held or "")
    assert verdict(answer) == "stop"
    assert "Scans refused since: 1" in answer.text
    assert set(statuses(web, code)) == {"planned"}
    answer = command(nora, code, "ACKNOWLEDGE", held=hidden(answer, "held") or "")
    assert verdict(answer) == ""
    assert hidden(answer, "held") is None
    assert verdict(scan(nora, code, made.tubes[0])) == "ok"


def test_a_scan_sent_twice_makes_one_event(web: Web, made: History) -> None:
    nora, code = begun(web, made)
    first = scan(nora, code, made.tubes[0], nonce="same")
    entries = web.entries()
    again = scan(nora, code, made.tubes[0], nonce="same")
    assert (verdict(first), verdict(again)) == ("ok", "ok")
    assert web.entries() == entries


def test_back_and_the_next_tube_with_the_old_form_is_another_act(web: Web, made: History) -> None:
    nora, code = begun(web, made)
    assert verdict(scan(nora, code, made.tubes[0], nonce="same")) == "ok"
    assert verdict(scan(nora, code, made.tubes[1], nonce="same")) == "ok"
    assert statuses(web, code)[:2] == ["collected", "collected"]


def test_not_collected_takes_the_command_the_tube_and_a_reason(web: Web, made: History) -> None:
    nora, code = begun(web, made)
    answer = command(nora, code, "NOT_COLLECTED")
    assert hidden(answer, "pending") == "not_collected"
    answer = scan(nora, code, made.tubes[2], pending="not_collected")
    assert verdict(answer) == "check"
    assert 'value="no_vein"' in answer.text
    assert 'value="insufficient_yield"' not in answer.text  # only the program says that
    assert web.acts("near_miss") == []
    answer = scan(nora, code, made.tubes[2], pending="not_collected", reason="no_vein")
    assert verdict(answer) == "ok"
    assert hidden(answer, "pending") is None
    assert statuses(web, code)[2] == "not_collected"
    assert "no vein found" in answer.text


def test_not_collected_goes_by_scanning_alone(web: Web, made: History) -> None:
    nora, code = begun(web, made)
    answer = command(nora, code, "NOT_COLLECTED")
    answer = scan(nora, code, made.tubes[2], **carried(answer))
    answer = scan(nora, code, choice(3), **carried(answer))
    assert verdict(answer) == "ok"
    assert statuses(web, code)[2] == "not_collected"
    assert "no vein found" in answer.text


def test_a_session_is_stopped_by_scanning_alone(web: Web, made: History) -> None:
    nora, code = begun(web, made)
    answer = scan(nora, code, made.tubes[2], **carried(command(nora, code, "NOT_COLLECTED")))
    number = next(
        int(each)
        for each, text in re.findall(r'choice-number">(\d)</span> ([^<]*)', answer.text)
        if text == "participant unwell: stop the session"
    )
    answer = scan(nora, code, choice(number), **carried(answer))
    assert answer.location == f"/visits/{made.visit}/check"
    assert set(statuses(web, code)) == {"not_collected"}


def test_a_number_that_is_not_on_the_page_changes_nothing(web: Web, made: History) -> None:
    nora, code = begun(web, made)
    before = web.entries()
    assert verdict(scan(nora, code, choice(9))) == "check"
    assert web.entries() == before


def test_a_command_scanned_again_is_left(web: Web, made: History) -> None:
    nora, code = begun(web, made)
    command(nora, code, "UNDO")
    answer = command(nora, code, "UNDO", pending="undo")
    assert hidden(answer, "pending") is None


def test_undo_takes_the_tube_again_and_a_reason(web: Web, made: History) -> None:
    nora, code = begun(web, made)
    scan(nora, code, made.tubes[0])
    command(nora, code, "UNDO")
    answer = scan(nora, code, made.tubes[0], pending="undo")
    assert 'value="wrong_scan"' in answer.text
    assert statuses(web, code)[0] == "collected"
    answer = scan(nora, code, made.tubes[0], pending="undo", reason="wrong_scan")
    assert verdict(answer) == "ok"
    assert statuses(web, code)[0] == "planned"


def test_a_typed_time_long_ago_asks_why_once_per_session(
    web: Web, made: History, clock: time_machine.Traveller
) -> None:
    nora, code = begun(web, made)
    for _half in range(2):  # nobody is away so long that the session ends
        clock.shift(20 * 60)
        nora.get(f"/kits/{code}/collect")
    at = {"happened_hour": "09", "happened_minute": "05"}
    answer = scan(nora, code, made.tubes[0], **at)
    assert verdict(answer) == "check"
    assert 'name="late_reason" value="busy"' in answer.text
    assert hidden(answer, "happened_minute") == "05"
    assert verdict(scan(nora, code, made.tubes[0], late_reason="busy", **at)) == "ok"
    assert verdict(scan(nora, code, made.tubes[1], **at)) == "ok"


def test_an_unreadable_time_keeps_what_was_typed_and_saves_nothing(web: Web, made: History) -> None:
    nora, code = begun(web, made)
    answer = scan(nora, code, made.tubes[0], happened_hour="25", happened_minute="10")
    assert verdict(answer) == "check"
    assert 'value="25"' in answer.text
    assert set(statuses(web, code)) == {"planned"}


def test_another_container_asks_why_and_is_flagged(web: Web, made: History) -> None:
    nora, code = begun(web, made)
    answer = scan(nora, code, made.tubes[0], container="serum_clot")
    assert 'value="out_of_stock"' in answer.text
    answer = scan(nora, code, made.tubes[0], container="serum_clot", reason="out_of_stock")
    assert verdict(answer) == "check"
    with web.app.app_context():
        row = db.session.execute(select(SpecimenRow).where(SpecimenRow.code == made.tubes[0])).scalar_one()
        assert (row.status, row.container) == ("collected", "serum_clot")
        assert "other_container" in row.flags


def test_without_a_station_the_page_asks_for_one(web: Web, made: History) -> None:
    with web.app.app_context():
        from dataclasses import replace

        web.cast.actors["nora"] = replace(web.cast.nora, station=None, station_name=None)
    page = web.client("nora").get(f"/kits/{made.kits['blood']}/collect").text
    assert "/station?next=" in page
    assert 'name="scan"' not in page


def test_another_site_sees_no_kit_and_no_visit(web: Web, made: History) -> None:
    ola = web.client("ola")
    for address in (
        f"/kits/{made.kits['blood']}/collect", f"/kits/{made.kits['lymph_node']}/procedure",
        f"/kits/{made.kits['blood']}/stop", f"/visits/{made.visit}", f"/visits/{made.visit}/check",
        f"/visits/{made.visit}/collect", f"/visits/{made.visit}/paper", f"/visits/{made.visit}/paper/check",
        f"/specimens/{made.tubes[0]}/correct", f"/specimens/{made.tubes[0]}/reassign",
        f"/participants/{made.participant}/visits/new?timepoint=W4",
    ):  # fmt: skip
        assert ola.get(address).status_code == 404, address
    before = web.entries()
    assert scan(ola, made.kits["blood"], made.tubes[0]).status_code == 404
    assert web.entries() <= before + 1  # at most the near miss of the refused scan
    assert set(statuses(web, made.kits["blood"])) == {"planned"}


def test_a_technician_reads_the_visit_and_collects_nothing(web: Web, made: History) -> None:
    mei = web.client("mei")
    page = mei.get(f"/visits/{made.visit}")
    assert page.status_code == 200
    assert "/collect" not in page.text
    assert mei.get(f"/kits/{made.kits['blood']}/collect").status_code == 403
    assert scan(mei, made.kits["blood"], made.tubes[0]).status_code == 403


@pytest.mark.parametrize(
    "raw",
    ["", " ", "x" * 10_000, "<script>alert(1)</script>", "=1+1", "\x01\x1b", "C4K7N2XF", "漢字漢字漢字漢字"],
)
def test_nothing_that_is_scanned_breaks_the_page(web: Web, made: History, raw: str) -> None:
    nora, code = begun(web, made)
    answer = scan(nora, code, raw)
    assert answer.status_code == 200
    assert verdict(answer) in ("stop", "check")
    assert "<script>alert" not in answer.text
    assert set(statuses(web, code)) == {"planned"}
    with web.app.app_context():
        kept = db.session.execute(select(NearMissRow)).scalars().all()
        assert [each.subject for each in kept] == [code]


def test_unknown_addresses_are_not_found(web: Web, made: History) -> None:
    nora = web.client("nora")
    for address in ("/kits/C4K7N2XD/collect", "/visits/C4K7N2XD", "/specimens/C4K7N2XD/correct"):
        assert nora.get(address).status_code == 404
    assert Kind.KIT == "kit"

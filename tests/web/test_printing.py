"""Printers, the queue and pre-printed pools through the pages."""

import re
from collections.abc import Iterator
from dataclasses import replace

import pytest
from sqlalchemy import select
from time_machine import Traveller

import config
from specimens.domain.printer import PrinterKind
from specimens.models.base import db
from specimens.models.printing import PoolRow, PrinterRow, PrintJob
from specimens.services import kit as bedside
from specimens.services import pool, printer_worker
from specimens.services.label_stock import Choice
from specimens.services.printer_send import Patience
from tests.cast import STUDY
from tests.history import enrolled, opened
from tests.labels.rendering import pages, scanned, texts
from tests.services import printing
from tests.services.printing import PATIENCE, UNTIL_STALLED, Roll, a_roll
from tests.tubes import kit_of
from tests.web.conftest import Web


@pytest.fixture
def roll(web: Web) -> Iterator[Roll]:
    with a_roll() as made:
        allowed = config.Printing(("127.0.0.0/8",), (made.port,), {"ward": ("lp",)}, {})
        web.app.config["SETTINGS"] = replace(web.app.config["SETTINGS"], printing=allowed)
        yield made


@pytest.fixture
def kit(web: Web, clock: Traveller) -> tuple[str, list[str]]:
    with web.app.app_context():
        made = kit_of(web.cast, web.cast.nora, 3, collected=False)
        db.session.remove()
    return made


def _said(web: Web, roll: Roll, **changes: object) -> dict[str, object]:
    return {
        "name": "Desk", "kind": "network", "address": roll.address, "language": "pdf", "answers": "",
        "stock": "roll_50", "dpi": "300", "offset_x": "0,5", "offset_y": "-1",
        "stations": web.cast.stations["AMS clinic"], "nonce": "n1", **changes,
    }  # fmt: skip


def _added(web: Web, roll: Roll, **changes: object) -> str:
    answer = web.client("adam").post("/admin/printers/new/AMS", data=_said(web, roll, **changes))
    assert answer.status_code == 303, answer.get_data(as_text=True)
    return str(answer.location.rsplit("/", 1)[1])


def _work(web: Web, roll: Roll, patience: Patience = PATIENCE) -> None:
    with web.app.app_context():
        while printer_worker.work_once(roll.targets, patience):
            pass
        db.session.remove()
    roll.settled()


def _told(web: Web, address: str, login: str = "nora") -> str:
    answer = web.client(login).get(address)
    assert answer.status_code == 200, address
    return str(answer.get_data(as_text=True))


def test_an_empty_house_says_what_to_do_first(web: Web) -> None:
    assert "labels come as a PDF" in _told(web, "/admin/printers", "adam")
    assert "Add a printer" in _told(web, "/admin/printers", "adam")
    assert "The administrator can add a printer" in _told(web, "/printing")
    assert "Add one; until then" in _told(web, "/printing", "adam")
    assert "No pool yet" in _told(web, "/pools")


def test_an_administrator_adds_a_printer_changes_it_and_switches_it_off(web: Web, roll: Roll) -> None:
    code = _added(web, roll)
    adam = web.client("adam")
    shown = _told(web, f"/admin/printers/{code}", "adam")
    assert roll.address in shown
    assert 'value="0.5"' in shown
    assert "Desk" in _told(web, "/admin/printers", "adam")
    station = web.cast.stations["AMS clinic"]
    assert "Desk" in _told(web, f"/admin/stations/{station}", "adam")
    seen = re.search(r'name="seen" value="(\d+)"', shown)
    assert seen
    changes = _said(web, roll, name="Front desk", seen=seen[1], nonce="n2")
    assert adam.post(f"/admin/printers/{code}/change", data=changes).status_code == 303
    stale = adam.post(f"/admin/printers/{code}/change", data={**changes, "name": "Other", "nonce": "n3"})
    assert stale.status_code == 422
    off = adam.post(
        f"/admin/printers/{code}/switch", data={"active": "no", "switch_reason": "", "nonce": "n4"}
    )
    assert off.status_code == 422
    off = adam.post(
        f"/admin/printers/{code}/switch", data={"active": "no", "switch_reason": "broken", "nonce": "n5"}
    )
    assert off.status_code == 303
    assert web.acts("printer") == ["printer_added", "printer_changed", "printer_switched_off"]


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"address": "10.0.0.5:9100"}, "Nothing is sent to 10.0.0.5:9100"),
        ({"address": "a b"}, "That is no address"),
        ({"kind": "command", "address": "rm -rf /"}, "Choose one of what is offered"),
        ({"kind": "fax"}, "Choose one of what is offered"),
        ({"dpi": ""}, "Choose one of what is offered"),
        ({"stock": "a4_21", "dpi": "203"}, "not printed with so many dots"),
        ({"offset_x": "11"}, "10 mm at most"),
        ({"offset_y": "low"}, "not a number"),
        ({"name": ""}, "<title>Error:"),
    ],
)
def test_what_cannot_be_a_printer_is_told_and_keeps_what_was_typed(
    web: Web, roll: Roll, changes: dict[str, object], told: str
) -> None:
    answer = web.client("adam").post("/admin/printers/new/AMS", data=_said(web, roll, **changes))
    shown = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert told in shown
    assert f'value="{web.cast.stations["AMS clinic"]}" checked' in shown
    with web.app.app_context():
        assert db.session.execute(select(PrinterRow.code)).first() is None


def test_a_test_print_comes_out_and_one_through_the_browser_is_a_pdf(web: Web, roll: Roll) -> None:
    code = _added(web, roll)
    answer = web.client("adam").post(f"/admin/printers/{code}/test", data={"nonce": "t1"})
    assert answer.status_code == 303
    _work(web, roll)
    (document,) = roll.printed
    assert "0.51, -1.02 mm" in texts(document)[0]
    assert "sent" in _told(web, answer.location, "adam")
    own = _added(
        web, roll, kind=str(PrinterKind.BROWSER), name="Laser", stock="a4_21", address="", nonce="n9"
    )
    answer = web.client("adam").post(f"/admin/printers/{own}/test", data={"nonce": "t2"})
    assert answer.mimetype == "application/pdf"
    assert "21 labels" in texts(answer.data)[0]


def test_the_station_s_printer_is_offered_first_and_the_browser_always(
    web: Web, roll: Roll, kit: tuple[str, list[str]]
) -> None:
    code = _added(web, roll)
    shown = _told(web, f"/kits/{kit[0]}/print")
    assert f'<option value="printer:{code}" selected>this station: Desk · Roll 50.8 × 25.4 mm' in shown
    assert shown.index(f"printer:{code}") < shown.index("PDF for the browser")
    elsewhere = web.client("nora", "AMS clinic 2").get(f"/kits/{kit[0]}/print").get_data(as_text=True)
    assert f'<option value="printer:{code}">Desk' in elsewhere


def _printed(web: Web, code: str, kit: str, nonce: str = "p1", **more: str) -> str:
    sent = {"stock": f"printer:{code}", "start": "", "nonce": nonce, **more}
    answer = web.client("nora").post(f"/kits/{kit}/print", data=sent)
    assert answer.status_code == 303, answer.get_data(as_text=True)
    return str(answer.location)


def test_a_nurse_prints_a_kit_on_the_station_s_printer(
    web: Web, roll: Roll, kit: tuple[str, list[str]]
) -> None:
    code = _added(web, roll)
    job = _printed(web, code, kit[0], copies="2")
    assert _printed(web, code, kit[0], copies="2") == job
    shown = _told(web, job)
    assert "waiting" in shown
    assert "Try now" in shown
    assert "6 labels on Desk" in _told(web, f"/kits/{kit[0]}/print")
    _work(web, roll)
    (document,) = roll.printed
    assert sorted(one for page in pages(document, 300) for one in set(scanned(page))) == sorted(kit[1] * 2)
    assert f"/kits/{kit[0]}/labels" in _told(web, job)
    assert "labels on Desk" not in _told(web, f"/kits/{kit[0]}/print")
    assert "just now" in _told(web, "/printing")


def test_a_print_that_broke_off_is_for_the_nurse_to_look_at(
    web: Web, roll: Roll, kit: tuple[str, list[str]]
) -> None:
    code = _added(web, roll)
    roll.behaviour = printing.hangs_up_half_way
    job = _printed(web, code, kit[0])
    _work(web, roll)
    shown = _told(web, job)
    assert "Everything came out" in shown
    assert "Nothing is sent again by itself" in shown
    assert "Look at the printer" in _told(web, "/printing")
    nora = web.client("nora")
    assert nora.post(job, data={"what": "again", "nonce": "a1"}).status_code == 409
    assert nora.post(job, data={"what": "fly", "nonce": "a2"}).status_code == 409
    assert nora.post(job, data={"what": "printed", "nonce": "a3"}).status_code == 303
    _work(web, roll)
    assert len(roll.printed) == 1


def test_only_what_failed_is_printed_again_with_a_reason(
    web: Web, roll: Roll, kit: tuple[str, list[str]]
) -> None:
    code = _added(web, roll)
    roll.behaviour = printing.stalls_half_way
    job = _printed(web, code, kit[0])
    _work(web, roll, UNTIL_STALLED)
    roll.behaviour, roll.printed = printing.takes_all, []
    nora = web.client("nora")
    page = f"{job}/again"
    assert "Print again what failed" in _told(web, page)
    sent = {"stock": f"printer:{code}", "reason": "printer_fault", "nonce": "b1"}
    assert nora.post(page, data=sent).status_code == 422
    assert nora.post(page, data={**sent, "again": kit[1][1], "reason": "", "nonce": "b2"}).status_code == 422
    answer = nora.post(page, data={**sent, "again": kit[1][1], "nonce": "b3"})
    assert answer.status_code == 303
    _work(web, roll)
    (document,) = roll.printed
    assert scanned(pages(document, 300)[0]) == [kit[1][1], kit[1][1]] or set(
        scanned(pages(document, 300)[0])
    ) == {kit[1][1]}
    with web.app.app_context():
        assert db.session.execute(select(PrintJob.state).order_by(PrintJob.id)).scalars().all() == [
            "sent",
            "sent",
        ]
    assert web.acts("specimen")[-2:] == ["label_retired", "label_printed"]


def test_dots_for_the_caps_go_to_a_printer_or_come_as_a_pdf(
    web: Web, roll: Roll, kit: tuple[str, list[str]]
) -> None:
    page = f"/labels/kit/{kit[0]}/caps"
    assert page in _told(web, f"/kits/{kit[0]}/print")
    assert "Print 3 dots" in _told(web, page)
    nora = web.client("nora")
    assert nora.post(page, data={"stock": "a4_21@300", "nonce": "d0"}).status_code == 422
    made = nora.post(page, data={"stock": "roll_dot_11@203", "nonce": "d1"})
    assert [scanned(each) for each in pages(made.data, 203)] == [[code] for code in kit[1]]
    code = _added(web, roll, stock="roll_dot_11", dpi="203", offset_x="0", offset_y="0")
    sent = nora.post(page, data={"stock": f"printer:{code}", "nonce": "d2"})
    assert sent.status_code == 303
    shown = _told(web, sent.location)
    assert "dots for the caps" in shown
    assert "/again" not in shown
    _work(web, roll)
    assert len(roll.printed) == 1


def test_who_cancels_says_why(web: Web, roll: Roll, kit: tuple[str, list[str]]) -> None:
    job = _printed(web, _added(web, roll), kit[0])
    nora = web.client("nora")
    bare = nora.post(job, data={"what": "cancel", "cancel_reason": "", "nonce": "c1"})
    assert bare.status_code == 422
    assert 'href="#cancel_reason"' in bare.get_data(as_text=True)
    done = nora.post(job, data={"what": "cancel", "cancel_reason": "wrong roll", "nonce": "c2"})
    assert done.status_code == 303
    assert "Nora de Wit" in _told(web, job)
    assert web.acts("printer")[-1] == "print_cancelled"


def test_a_pool_is_issued_printed_and_bound_when_the_visit_is_opened(web: Web, clock: Traveller) -> None:
    nora = web.client("nora")
    assert (
        nora.post("/pools", data={"place": f"{STUDY} OSL", "role": "small", "count": "9"}).status_code == 422
    )
    assert (
        nora.post("/pools", data={"place": f"{STUDY} AMS", "role": "small", "count": "900"}).status_code
        == 422
    )
    made = nora.post(
        "/pools", data={"place": f"{STUDY} AMS", "role": "blood_tube", "count": "10", "nonce": "n"}
    )
    assert made.status_code == 303
    sheet = nora.post(made.location, data={"stock": "a4_21@300", "nonce": "n2"})
    assert sheet.mimetype == "application/pdf"
    with web.app.app_context():
        codes = list(db.session.execute(select(PoolRow.codes)).scalar_one())
        participant = enrolled(web.cast, clock)
        db.session.remove()
    assert set(scanned(pages(sheet.data, 300)[0])) == set(codes)
    clock.shift(60)
    page = f"/participants/{participant}/visits/new"
    shown = nora.get(f"{page}?timepoint=BL").get_data(as_text=True)
    fields = re.findall(r'name="(label_\w+)"', shown)
    blood = fields[:7]
    sent = {"timepoint": "BL", "scanned": "1", "nonce": "v1"}
    # The scanner's Enter after each label presses the first button: it checks, and nothing is planned.
    answer = nora.post(page, data={**sent, blood[0]: codes[3]})
    assert answer.status_code == 200
    assert "1 of 20 tubes have a label" in answer.get_data(as_text=True)
    assert re.search(rf'id="{blood[1]}"[^>]* autofocus', answer.get_data(as_text=True))
    assert "0 of 20 tubes have a label" in nora.post(page, data=sent).get_data(as_text=True)
    wrong = nora.post(page, data={**sent, blood[0]: codes[3], blood[1]: codes[3]}).get_data(as_text=True)
    assert "was scanned for two tubes" in wrong
    del sent["scanned"]
    half = nora.post(page, data={**sent, blood[0]: codes[3]})
    assert half.status_code == 422
    assert half.get_data(as_text=True).count("This tube has no label yet") >= 6
    assert "visit_opened" not in web.acts("visit")
    whole = nora.post(page, data={**sent, **dict(zip(blood, reversed(codes), strict=False))})
    assert whole.status_code == 303
    shown = nora.get(whole.location).get_data(as_text=True)
    assert all(f"{code[:4]} {code[4:]}" in shown for code in list(reversed(codes))[:7])
    told = nora.post("/", data={"scan": codes[0]}).get_data(as_text=True)
    assert "is a free label of pool" in told
    again = nora.post(
        made.location, data={"stock": "a4_21@300", "codes": codes[0], "reason": "", "nonce": "n3"}
    )
    assert again.status_code == 422


def test_what_comes_beyond_the_plan_takes_labels_of_the_pool(web: Web, clock: Traveller) -> None:
    with web.app.app_context():
        view = pool.issue(web.cast.nora, STUDY, "AMS", "blood_tube", 10)
        made = opened(web.cast, clock)
        db.session.remove()
    nora, kit, codes = web.client("nora"), made.kits["blood"], view.pool.codes
    page, other = f"/pools/kits/{kit}/tube", f"/pools/kits/{kit}/attempt"
    assert "no free pre-printed label" in nora.get(page).get_data(as_text=True)
    visit = made.visit
    assert page not in _told(web, f"/kits/{kit}/print") + _told(web, f"/visits/{visit}")
    nora.post(f"/pools/{view.pool.code}", data={"stock": "a4_21@300", "nonce": "n"})
    assert all(each in _told(web, f"/kits/{kit}/print") for each in (page, other))
    shown = _told(web, f"/visits/{visit}")
    assert f'href="{page}"' in shown and f'href="{other}"' not in shown  # the first attempt still runs
    sent = {"slot": "EDTA", "reason": "tube_rejected", "nonce": "t"}
    bare = nora.post(page, data=sent)
    assert bare.status_code == 422
    assert 'href="#label"' in bare.get_data(as_text=True)
    assert nora.post(page, data={**sent, "label": codes[9]}).status_code == 303
    shown = _told(web, f"/kits/{kit}/print")
    assert f"{codes[9][:4]} {codes[9][4:]}" in shown
    assert "still to be taken" in _told(web, other)
    with web.app.app_context():
        bedside.begin(web.cast.nora, kit)
        bedside.stop(web.cast.nora, kit, reason="no_vein")
        db.session.remove()
    assert f'href="{other}"' in _told(web, f"/visits/{visit}")
    names = re.findall(r'name="(label_\w+)"', _told(web, other))
    assert len(names) == 7
    again = {"reason": "first_attempt_failed", "nonce": "a"}
    told = nora.post(other, data={**again, "scanned": "1", names[0]: codes[0]}).get_data(as_text=True)
    assert "1 of 7 tubes have a label" in told
    assert re.search(rf'id="{names[1]}"[^>]* autofocus', told)
    half = nora.post(other, data={**again, names[0]: codes[0]})
    assert half.status_code == 422
    assert half.get_data(as_text=True).count("This tube has no label yet") >= 6
    whole = nora.post(other, data={**again, **dict(zip(names, codes, strict=False))})
    assert whole.status_code == 303
    assert all(f"{code[:4]} {code[4:]}" in _told(web, whole.location) for code in codes[:7])


def test_a_site_without_a_pool_is_asked_for_no_label(web: Web, clock: Traveller) -> None:
    with web.app.app_context():
        participant = enrolled(web.cast, clock)
        view = pool.issue(web.cast.ola, STUDY, "OSL", "small", 2)
        pool.print_pool(web.cast.ola, view.pool.code, Choice("a4_21", 300))
        db.session.remove()
    clock.shift(60)
    shown = (
        web.client("nora").get(f"/participants/{participant}/visits/new?timepoint=BL").get_data(as_text=True)
    )
    assert "label_" not in shown
    assert "Open visit" in shown

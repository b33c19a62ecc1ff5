"""A label that cannot be read, and two tubes with one label, through the pages."""

import re

import pytest
from time_machine import Traveller

from specimens.domain.terms import Kind
from specimens.models.base import db
from specimens.services import storage
from specimens.services.entries import entries_of
from tests.cast import PASSWORD
from tests.forms import form_at, send
from tests.services.chain import Chain, frozen_vials, now, unit
from tests.web.conftest import Web


@pytest.fixture
def stored(web: Web, clock: Traveller) -> tuple[str, str]:
    """A vial of serum in the first well of a box: its code, and that of the box."""
    with web.app.app_context():
        chain = Chain(web.cast, clock)
        (vial,) = frozen_vials(chain)
        box = unit(name="B07", parent=unit("freezer", name="F3"))
        assert storage.put(web.cast.mei, box, vial.code).saved
        db.session.remove()
    return vial.code, box


def _four(code: str) -> str:
    return f"{code[:4]} {code[4:]}"


def test_from_the_map_of_the_box_the_label_is_printed_again_by_two_people(
    web: Web, stored: tuple[str, str]
) -> None:
    code, box = stored
    mei, address = web.client("mei"), f"/specimens/{code}/unreadable"
    assert f'href="{address}"' in mei.get(f"/boxes/{box}").text
    assert f'href="{address}"' not in web.client("nora").get(f"/boxes/{box}").text
    assert f'href="{address}"' in mei.get(f"/specimens/{code}").text
    shown = mei.get(address)
    assert "B07" in shown.text and "A1<" not in shown.text  # the well is read from the box
    form = form_at(shown, address)
    assert not form.fields["box"].value and not form.fields["well"].value  # no fact by default
    scanned = send(mei, form, box=box)  # the scanner's Enter sends the form before anybody signed
    assert scanned.status_code == 200 and f'value="{box}"' in scanned.text and "wrong" not in scanned.text
    assert "autofocus" in scanned.text
    asked = {
        "box": box, "well": "a1", "stock": "roll_33@300", "password": PASSWORD, "witness": "ivo",
        "witness_password": PASSWORD,
    }  # fmt: skip
    for change, told in (
        ({"witness": "mei"}, "another person, not you"),
        ({"witness_password": "wrong"}, "do not belong together"),
        ({"password": "wrong"}, "not your present password"),
        ({"well": "A2"}, "not the well in which this tube is recorded"),
        ({"box": code}, "not the box in which this tube is recorded"),
        ({"box": ""}, "needed"),
        ({"stock": ""}, "Choose one"),
    ):
        answer = send(mei, form, **{**asked, **change})
        assert answer.status_code == 422 and told in answer.text, change
        assert PASSWORD not in answer.text
    assert "identified_by_position" not in web.acts("specimen")
    done = send(mei, form, **asked)
    assert done.status_code == 200 and done.mimetype == "application/pdf"
    assert send(mei, form, **asked).data.startswith(b"%PDF")
    assert web.acts("specimen").count("identified_by_position") == 1
    page = mei.get(f"/specimens/{code}").text
    assert "known by its position, label unreadable" in page and "B07, well A1" in page
    assert "second person: Ivo Smit" in page and "generation 2, not scanned back" in page
    assert page.count("the label could not be read") == 2  # both signatures
    stopped = mei.post(f"/boxes/{box}", data={"scan": code, "well": "B1", "nonce": "old"}).text
    assert 'data-verdict="stop"' in stopped
    trail = web.client("ada").get(f"/audit/specimen/{code}").text
    assert "known by its well" in trail and "known by its place" in trail


def test_a_tube_at_the_bench_has_no_such_page(web: Web, clock: Traveller) -> None:
    with web.app.app_context():
        (vial,) = frozen_vials(Chain(web.cast, clock))
        db.session.remove()
    mei, address = web.client("mei"), f"/specimens/{vial.code}/unreadable"
    assert address not in mei.get(f"/specimens/{vial.code}").text
    answer = mei.get(address)
    assert answer.status_code == 409 and "nobody can know it by its position" in answer.text
    assert web.client("nora").get(address).status_code == 403


def test_another_tube_with_the_label_is_set_aside_from_the_page_or_the_verdict(
    web: Web, stored: tuple[str, str]
) -> None:
    code, box = stored
    mei, address = web.client("mei"), f"/specimens/{code}/duplicate"
    again = mei.post(f"/boxes/{box}", data={"scan": code, "nonce": "again"}).text
    assert 'data-verdict="already"' in again and f'href="{address}"' in again
    assert f'href="{address}"' in mei.get(f"/specimens/{code}").text
    form = form_at(mei.get(address), address)
    wrong = send(mei, form, reason_note="born 12-03-1987")
    assert wrong.status_code == 422
    done = send(mei, form, reason_note="both in the rack of Monday")
    assert done.status_code == 303
    second = re.fullmatch(r"/specimens/(\w{8})/label", done.location)
    assert second is not None
    assert send(mei, form, reason_note="both in the rack of Monday").location == done.location
    new = second[1]
    label = mei.get(done.location)
    assert _four(new) in label.text and "Both are set aside" in label.text
    printed = send(mei, form_at(label, done.location), stock="roll_33@300")
    assert printed.mimetype == "application/pdf"
    for one, other in ((code, new), (new, code)):
        page = mei.get(f"/specimens/{one}").text
        assert "Another tube bore the same label" in page and f'href="/specimens/{other}"' in page
        report = web.client("ada").get(f"/reports/custody?code={one}").text
        assert "bore the same label" in report and _four(other) in report
        assert f'href="/decisions/{one}"' in web.client("ivo").get("/decisions").text
    with web.app.app_context():
        assert [now(each).holds for each in (code, new)] == [("quarantine",)] * 2
        assert entries_of(db.session(), Kind.SPECIMEN, new)[0].act == "duplicate_found"
        db.session.remove()
    away = mei.post(f"/specimens/{new}/use", data={"act": "used_up", "purpose": "x", "nonce": "u"})
    assert away.status_code == 422 and "on hold" in away.text

"""The page *Today*: what waits, and where one goes from there."""

import re

import pytest
from time_machine import Traveller

from specimens.services import kit as kits
from specimens.services import visit
from tests.cast import PASSWORD
from tests.forms import form_at, send
from tests.screening import enrolled, publish_newer_consent
from tests.web.conftest import Web
from tests.web.participant_forms import text_of

pytestmark = pytest.mark.usefixtures("clock")


def test_a_day_on_which_nothing_waits_says_so(web: Web) -> None:
    page = web.client("nora").get("/today")
    assert page.status_code == 200
    assert "Nothing waits" in text_of(page)
    assert "2 Mar 2026" in text_of(page)


def test_a_visit_in_window_is_listed_with_its_dates_and_the_door_to_open_it(web: Web) -> None:
    with web.app.app_context():
        code = enrolled(web.cast)
    page = web.client("nora").get("/today")
    assert "23 Feb 2026 – 9 Mar 2026" in text_of(page)
    assert "7 days left" in text_of(page)
    assert f"/participants/{code}/visits/new?timepoint=BL" in page.get_data(as_text=True)
    assert f'href="/participants/{code}"' in page.get_data(as_text=True)
    readers = web.client("mei").get("/today").get_data(as_text=True)
    assert "visits/new" not in readers


def test_open_kits_late_visits_doses_and_consents_wait_there(web: Web, clock: Traveller) -> None:
    with web.app.app_context():
        enrolled(web.cast)
        opening = visit.open_visit(web.cast.nora, enrolled(web.cast, 2), "BL")
        kit = next(each for each in opening.kits if each.procedure == "blood")
        kits.open_kit(web.cast.nora, kit.code)
        publish_newer_consent(web.cast, "2026-03-04")
    page = web.client("nora").get("/today")
    assert "AMS clinic" in text_of(page)
    assert f"/kits/{kit.code}/collect" in page.get_data(as_text=True)
    assert "0 of" in text_of(page)
    clock.shift(9 * 86_400)
    text = text_of(web.client("nils").get("/today"))
    assert "Late: the window has closed" in text
    assert "2 days over" in text
    assert "Planned Day 0 has passed, no first dose recorded" in text
    assert "held until re-consent" in text


def test_the_other_site_sees_its_own_day_and_couriers_none(web: Web) -> None:
    with web.app.app_context():
        enrolled(web.cast)
    assert "BEL-001" not in text_of(web.client("ola").get("/today"))
    assert web.client("luis").get("/today").status_code == 403
    assert web.client("adam").get("/today").status_code == 403


def test_a_consent_waits_there_for_a_second_person_until_somebody_compared_it(web: Web) -> None:
    with web.app.app_context():
        code = enrolled(web.cast)
    own = web.client("nora").get("/today").get_data(as_text=True)
    assert "Consents to be checked" in own and "waits for somebody else" in own
    page = web.client("nils").get("/today").get_data(as_text=True)
    (address,) = re.findall(rf'href="(/participants/{code}/consent/\d+/check)"', page)
    form = form_at(web.client("nils").get(address), address)
    assert send(web.client("nils"), form, same="yes", password=PASSWORD).status_code == 303
    assert "Consents to be checked" not in web.client("nora").get("/today").get_data(as_text=True)

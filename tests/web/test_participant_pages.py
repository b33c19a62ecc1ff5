"""The pages about participants, as people use them: forms sent, errors told, nothing lost, nothing twice."""

import re

import pytest
from flask.testing import FlaskClient

from tests.cast import PASSWORD
from tests.screening import ELIGIBLE, consented, enrolled, registered
from tests.web.conftest import Web
from tests.web.participant_forms import ATTACKS, DAY0, PAPER, SIGNED, made, sent_of, state_of, text_of

pytestmark = pytest.mark.usefixtures("clock")


def test_the_list_offers_to_register_and_says_that_it_is_empty(web: Web) -> None:
    page = web.client("nora").get("/participants")
    assert page.status_code == 200
    assert "No participant is registered yet" in text_of(page)
    assert "/participants/new" in page.get_data(as_text=True)
    assert "Register" not in text_of(web.client("ada").get("/participants"))


def test_somebody_is_registered_consented_judged_confirmed_and_enrolled_by_the_pages(web: Web) -> None:
    nora, ivo = web.client("nora"), web.client("ivo")
    answer = nora.post("/participants/new", data={"subject_number": "bel-001", "nonce": "a"})
    assert answer.status_code == 303
    at = answer.headers["Location"]
    code = at.rsplit("/", 1)[1]
    assert "Record consent" in text_of(nora.get(at))
    assert nora.post(f"{at}/consent/new", data={**PAPER, "nonce": "b"}).status_code == 303
    saved = nora.post(f"{at}/eligibility", data={**sent_of(ELIGIBLE), **DAY0, "nonce": "c"})
    assert saved.status_code == 303
    page = text_of(nora.get(f"{at}/eligibility"))
    assert "Every criterion passes" in page
    assert "eGFR is 90 ml/min/1.73 m²; at least 30 required." in page
    assert nora.get(f"{at}/eligibility/confirm").status_code == 403
    sheet = ivo.get(f"{at}/eligibility/confirm")
    seen = re.search(r'name="seen" value="([^"]+)"', sheet.get_data(as_text=True))
    assert seen
    wrong = ivo.post(f"{at}/eligibility/confirm", data={"password": "no", "seen": seen[1], "nonce": "d"})
    assert wrong.status_code == 422
    assert 'href="#password"' in wrong.get_data(as_text=True)
    signed = ivo.post(f"{at}/eligibility/confirm", data={"password": PASSWORD, "seen": seen[1], "nonce": "d"})
    assert signed.status_code == 303
    assert nora.post(f"{at}/enrol", data={**DAY0, "nonce": "e"}).status_code == 303
    now = state_of(web, code)
    assert (now.state, now.group_code, now.day0_planned_on) == ("enrolled", "A", "2026-03-09")
    page = text_of(nora.get(at))
    assert "23 Feb 2026 – 9 Mar 2026" in page
    assert "Record first dose" in page


@pytest.mark.parametrize("number", ["", "7", *ATTACKS])
def test_a_wrong_subject_number_is_told_at_its_field_and_kept_as_typed(web: Web, number: str) -> None:
    answer = web.client("nora").post("/participants/new", data={"subject_number": number})
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert "<title>Error:" in page
    assert 'href="#subject_number"' in page
    assert "<script>alert" not in page
    assert web.acts("participant") == []


def test_the_same_form_sent_twice_registers_one_participant(web: Web) -> None:
    nora = web.client("nora")
    first = nora.post("/participants/new", data={"subject_number": "BEL-001", "nonce": "same"})
    second = nora.post("/participants/new", data={"subject_number": "BEL-001", "nonce": "same"})
    assert first.headers["Location"] == second.headers["Location"]
    third = nora.post("/participants/new", data={"subject_number": "BEL-001", "nonce": "other"})
    assert third.status_code == 422
    assert "registered already" in text_of(third)
    assert web.acts("participant") == ["registered"]


def test_a_consent_with_errors_keeps_everything_that_was_typed(web: Web) -> None:
    code = made(web, registered)
    answer = web.client("nora").post(
        f"/participants/{code}/consent/new",
        data={**PAPER, "scopes": ["genetics"], "happened_day": "31", "happened_month": "2", "original": ""},
    )
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    for anchor in ("#happened", "#original"):
        assert f'href="{anchor}"' in page
    assert 'value="31"' in page
    assert 'value="Ivo Smit"' in page
    assert re.search(r'value="genetics" checked', page)
    assert not re.search(r'value="participation" checked', page)


def test_nothing_is_ticked_before_somebody_ticked_it(web: Web) -> None:
    nora = web.client("nora")
    code = made(web, consented)
    done = made(web, enrolled, 2)
    for address in (
        f"/participants/{code}/consent/new",
        f"/participants/{code}/consent/withdraw",
        f"/participants/{code}/eligibility",
        f"/participants/{done}/dose",
        f"/participants/{done}/course/died",
    ):
        page = nora.get(address).get_data(as_text=True)
        assert " checked" not in page, address
        assert not re.search(r'<option value="[^"]+" selected', page), address


@pytest.mark.parametrize("login", ["mei", "ada", "mona"])
def test_the_group_is_shown_to_those_who_may_see_it_only(web: Web, login: str) -> None:
    code = made(web, enrolled)
    sees = login != "mei"
    for address in ("/participants", f"/participants/{code}"):
        page = text_of(web.client(login).get(address))
        assert ("Group" in page) is sees, address
    show = text_of(web.client(login).get(f"/participants/{code}"))
    assert ("starts belimumab" in show) is sees
    assert ("Eligibility" in show) is sees
    status = web.client(login).get(f"/participants/{code}/eligibility").status_code
    assert status == (200 if sees else 403)


def test_the_other_site_finds_nobody(web: Web) -> None:
    code = made(web, enrolled)
    ola = web.client("ola")
    assert "BEL-001" not in text_of(ola.get("/participants"))
    assert "BEL-001" not in text_of(ola.get("/participants?q=BEL-001"))
    for address in (
        "",
        "/eligibility",
        "/enrol",
        "/dose",
        "/day0",
        "/course/died",
        "/consent/new",
        "/consent/withdraw",
    ):
        assert ola.get(f"/participants/{code}{address}").status_code == 404, address
    assert ola.post(f"/participants/{code}/course/died", data={"reason": "x"}).status_code == 404
    assert ola.get("/participants/NOTHERE1").status_code == 404


def test_the_list_is_filtered_and_paged(web: Web) -> None:
    with web.app.app_context():
        for number in range(1, 53):
            registered(web.cast, number)
    nora = web.client("nora")
    first = nora.get("/participants").get_data(as_text=True)
    assert "BEL-050" in first
    assert "BEL-051" not in first
    assert "after=BEL-050" in first
    second = nora.get("/participants?after=BEL-050").get_data(as_text=True)
    assert "BEL-052" in second
    assert "before=BEL-051" in second
    assert "BEL-007" in text_of(nora.get("/participants?q=007&state=registered"))
    assert "No participant fits" in text_of(nora.get("/participants?q=007&state=died"))


@pytest.mark.parametrize("attack", ATTACKS)
def test_no_field_of_the_list_breaks_it(web: Web, attack: str) -> None:
    made(web, registered)
    for name in ("q", "state", "site", "after", "before"):
        answer = web.client("nora").get("/participants", query_string={name: attack})
        assert answer.status_code == 200, name
        assert "<script>alert" not in answer.get_data(as_text=True)


@pytest.mark.parametrize("attack", ATTACKS)
def test_no_form_breaks_on_what_is_typed(web: Web, attack: str) -> None:
    one, two = made(web, consented), made(web, enrolled, 2)
    nora: FlaskClient = web.client("nora")
    fields = {f"{name}.value": attack for name in ("I3", "I5", "E2", "E3")} | {
        f"E10.{part}": attack for part in ("year", "month", "excepted", "metastasis_year")
    }
    for address, data in (
        (f"{one}/eligibility", {**fields, f"I1.option_{attack}": "1", "day0_day": attack}),
        (f"{one}/consent/new", dict.fromkeys((*PAPER, "nonce"), attack)),
        (f"{one}/consent/withdraw", {"choice": attack, "reason": attack}),
        (f"{two}/dose", dict.fromkeys((*SIGNED, "correct", "reason", "reason_note"), attack)),
        (f"{two}/day0", {"day0_day": attack, "day0_month": "1", "day0_year": "2026", "reason": attack}),
        (f"{two}/course/{'died'}", {**dict.fromkeys(SIGNED, attack), "reason": "told"}),
    ):
        answer = nora.post(f"/participants/{address}", data=data)
        assert answer.status_code == 422, address
        assert "<script>alert" not in answer.get_data(as_text=True)
    assert web.acts("participant").count("died") == 0
    assert nora.get(f"/participants/{attack[:50]}").status_code in (404, 308)


def test_a_form_without_its_token_is_not_taken(web: Web) -> None:
    web.protect()
    answer = web.client("nora").post("/participants/new", data={"subject_number": "BEL-001"})
    assert answer.status_code == 400
    assert web.acts("participant") == []

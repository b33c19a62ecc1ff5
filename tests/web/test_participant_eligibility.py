"""The eligibility form: errors told, nothing lost, nothing signed that was not read."""

import re

import pytest

from tests.cast import PASSWORD
from tests.screening import answered, consented
from tests.web.conftest import Web
from tests.web.participant_forms import DAY0, made, state_of, text_of

pytestmark = pytest.mark.usefixtures("clock")


def test_answers_with_errors_are_told_one_by_one_and_nothing_typed_is_lost(web: Web) -> None:
    code = made(web, consented)
    sent = {
        "I3.value": "many", "I1.option_slicc": "1", "I1.none": "1", "E2.value": "no", "E6.year": "2025",
        "E6.day": "3", "day0_day": "40", "day0_month": "3", "day0_year": "2026",
    }  # fmt: skip
    answer = web.client("nora").post(f"/participants/{code}/eligibility", data=sent)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    for anchor in ("I3.value", "I1.none", "E6.month", "day0"):
        assert f'href="#{anchor}"' in page
        assert f'id="{anchor}"' in page
    for typed in ('value="many"', 'value="40"', 'value="2025"'):
        assert typed in page
    assert re.search(r'id="E2.value-no"[^>]* checked', page)
    assert "I3: that is not a number" in text_of(answer)
    assert state_of(web, code).answers == {}


def test_what_was_answered_stands_in_the_form_again(web: Web) -> None:
    code = made(
        web,
        answered,
        E6={"year": "2025", "month": "11"},
        E7={"year": "2025", "half_life_days": "2.5"},
        E10={"year": "2020", "excepted": "cervix_in_situ", "metastasis_never": "1"},
        E4={"unknown": "1"},
        I1={"none": "1"},
    )
    page = web.client("nora").get(f"/participants/{code}/eligibility").get_data(as_text=True)
    for name, value in (
        ("E6.year", "2025"),
        ("E6.month", "11"),
        ("E7.half_life_days", "2.5"),
        ("I3.value", "8"),
    ):
        assert re.search(rf'name="{re.escape(name)}"[^>]* value="{re.escape(value)}"', page), name
    for ticked in (
        "E10.metastasis_never",
        "E10.excepted-cervix_in_situ",
        "E4.value-unknown",
        "I1.none",
        "E8.never",
    ):
        assert re.search(rf'id="{re.escape(ticked)}"[^>]* checked', page), ticked


def test_enrolment_is_blocked_with_the_criteria_and_their_reasons(web: Web) -> None:
    code = made(web, answered, E3={"value": "20"}, E8={"unknown": "1"})
    page = text_of(web.client("nora").get(f"/participants/{code}/enrol"))
    assert "eGFR is 20 ml/min/1.73 m²; at least 30 required." in page
    assert "Last live vaccine: not known yet." in page
    answer = web.client("nora").post(f"/participants/{code}/enrol", data=DAY0)
    assert answer.status_code == 422
    assert "The investigator has not confirmed eligibility yet" in text_of(answer)
    sheet = text_of(web.client("ivo").get(f"/participants/{code}/eligibility/confirm"))
    assert "nothing can be confirmed" in sheet


def test_an_answer_that_changed_meanwhile_is_not_signed(web: Web) -> None:
    code = made(web, answered)
    ivo = web.client("ivo")
    page = ivo.get(f"/participants/{code}/eligibility/confirm").get_data(as_text=True)
    seen = re.search(r'name="seen" value="([^"]+)"', page)
    assert seen
    web.client("nora").post(f"/participants/{code}/eligibility", data={"I3.value": "20"})
    answer = ivo.post(
        f"/participants/{code}/eligibility/confirm", data={"password": PASSWORD, "seen": seen[1]}
    )
    assert answer.status_code == 422
    assert "An answer changed while you were reading" in text_of(answer)
    assert "SLEDAI-2K score is 20 points" in text_of(answer)


def test_those_who_only_read_get_no_form(web: Web) -> None:
    code = made(web, answered)
    for login in ("mona", "ada"):
        page = web.client(login).get(f"/participants/{code}/eligibility")
        assert page.status_code == 200
        assert 'name="I3.value"' not in page.get_data(as_text=True)
        assert "SLEDAI-2K score is 8 points" in text_of(page)
        assert web.client(login).post(f"/participants/{code}/eligibility", data={}).status_code == 403
        show = web.client(login).get(f"/participants/{code}").get_data(as_text=True)
        for door in ("/consent/withdraw", "/course/", "/consent/new"):
            assert door not in show

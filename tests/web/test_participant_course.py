"""The pages of a participant's course: first dose, Day 0, changes, withdrawal, re-consent."""

import pytest
from time_machine import Traveller

from tests.screening import enrolled, publish_newer_consent
from tests.web.conftest import Web
from tests.web.participant_forms import made, state_of, text_of, typed_at

pytestmark = pytest.mark.usefixtures("clock")


def test_the_first_dose_is_typed_and_corrected_with_a_reason(web: Web) -> None:
    code = made(web, enrolled)
    nora = web.client("nora")
    at = f"/participants/{code}"
    dose = typed_at("2", "3", "8", "45")
    empty = nora.post(f"{at}/dose", data={})
    assert empty.status_code == 422
    assert 'href="#happened"' in empty.get_data(as_text=True)
    done = nora.post(f"{at}/dose", data={**dose, "nonce": "n"}, follow_redirects=True)
    assert "Day 0 is 2 Mar 2026" in text_of(done)
    assert "2 Mar 2026 08:45 CET" in text_of(done)
    again = nora.post(f"{at}/dose", data={**dose, "nonce": "n"})
    assert again.status_code == 303
    late = nora.post(f"{at}/dose", data={**dose, "nonce": "m"})
    assert late.status_code == 422
    assert "recorded already" in text_of(late)
    form = nora.get(f"{at}/dose").get_data(as_text=True)
    assert 'name="correct"' in form
    changed = {**dose, "happened_minute": "50", "correct": "1"}
    assert "needs a reason" in text_of(nora.post(f"{at}/dose", data=changed))
    fixed = {**changed, "reason": "other", "reason_note": "read from the wrong line"}
    assert nora.post(f"{at}/dose", data=fixed).status_code == 303
    assert "2 Mar 2026 08:50 CET" in text_of(nora.get(at))
    assert "read from the wrong line" in text_of(nora.get(at))
    assert "read from the wrong line" not in text_of(web.client("mei").get(at))


def test_a_time_in_the_hour_that_comes_twice_is_asked_for(web: Web, clock: Traveller) -> None:
    code = made(web, enrolled)
    clock.shift(240 * 86_400)  # 28 October 2026; the clocks went back on the 25th
    nora, at = web.client("nora"), f"/participants/{code}/dose"
    when = typed_at("25", "10", "2", "30")
    asked = nora.post(at, data=when)
    assert asked.status_code == 422
    assert "02:30 came twice that night" in text_of(asked)
    assert 'name="happened_which"' in asked.get_data(as_text=True)
    assert nora.post(at, data={**when, "happened_which": "later"}).status_code == 303
    assert "25 Oct 2026 02:30 CET" in text_of(nora.get(f"/participants/{code}"))


def test_a_time_that_did_not_exist_or_is_to_come_is_refused(web: Web, clock: Traveller) -> None:
    code = made(web, enrolled)
    clock.shift(60 * 86_400)
    for day, month, hour, told in (
        ("29", "3", "2", "did not exist that night"),
        ("31", "12", "9", "still to come"),
        ("1", "3", "9", "before the participant consented"),
    ):
        when = typed_at(day, month, hour, "30")
        answer = web.client("nora").post(f"/participants/{code}/dose", data=when)
        assert answer.status_code == 422
        assert told in text_of(answer)
    assert state_of(web, code).first_dosed_at is None


def test_moving_the_planned_day_zero_asks_why(web: Web) -> None:
    code = made(web, enrolled)
    nora, at = web.client("nora"), f"/participants/{code}/day0"
    day0 = {"day0_day": "12", "day0_month": "3", "day0_year": "2026"}
    assert nora.post(at, data=day0).status_code == 422
    assert nora.post(at, data={"reason": "delayed"}).status_code == 422
    done = nora.post(at, data={**day0, "reason": "treatment delayed"}, follow_redirects=True)
    assert "Day 0 is 12 Mar 2026" in text_of(done)


def test_a_change_of_the_course_says_first_what_it_does(web: Web) -> None:
    code = made(web, enrolled)
    nora = web.client("nora")
    page = text_of(nora.get(f"/participants/{code}/course/terminated_early"))
    assert "No further visit is expected. A visit of early termination can be opened" in page
    assert page.count("not expected") == 5
    stopped = text_of(nora.get(f"/participants/{code}/course/treatment_stopped"))
    assert "every visit that remains stays expected" in stopped
    assert nora.post(f"/participants/{code}/course/terminated_early", data={}).status_code == 422
    done = nora.post(
        f"/participants/{code}/course/terminated_early",
        data={"reason": "moves abroad"},
        follow_redirects=True,
    )
    assert "early termination" in text_of(done)
    assert nora.get(f"/participants/{code}/course/promoted").status_code == 404
    late = nora.get(f"/participants/{code}/course/completed")
    assert "this cannot be done" in text_of(late)
    assert "<textarea" not in late.get_data(as_text=True)


@pytest.mark.parametrize(
    ("choice", "said"), [("keep", "What is left is kept."), ("destroy", "is to be destroyed")]
)
def test_a_withdrawal_asks_what_becomes_of_what_is_left(web: Web, choice: str, said: str) -> None:
    code = made(web, enrolled)
    nora, at = web.client("nora"), f"/participants/{code}/consent/withdraw"
    assert nora.post(at, data={"nonce": "n"}).status_code == 422
    assert nora.post(at, data={"choice": choice, "nonce": "n"}).status_code == 303
    assert nora.post(at, data={"choice": choice, "nonce": "n"}).status_code == 303
    page = text_of(nora.get(f"/participants/{code}"))
    assert said in page
    assert "has withdrawn consent" in page
    assert web.acts("participant").count("consent_withdrawn") == 1


def test_a_newer_consent_form_is_announced_and_then_holds_collection(web: Web, clock: Traveller) -> None:
    code = made(web, enrolled)
    with web.app.app_context():
        publish_newer_consent(web.cast, "2026-03-04")
    page = text_of(web.client("nora").get(f"/participants/{code}"))
    assert "required from 4 Mar 2026 on" in page
    clock.shift(3 * 86_400)
    page = text_of(web.client("nils").get(f"/participants/{code}"))
    assert "Re-consent needed since 4 Mar 2026" in page
    assert "Record re-consent" in page

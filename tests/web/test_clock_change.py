"""The night on which the clocks change, typed on the pages of the main job: 02:30 twice, and 02:30 never.

In Amsterdam the hour from two to three is there twice on 25 October 2026, and not at all on 29 March 2026.
"""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from time_machine import Traveller
from werkzeug.test import TestResponse

from specimens.models.base import db
from specimens.services import kit, participant
from specimens.services.scan import specimen_now
from tests.forms import form_at, forms_of, send
from tests.history import History, opened
from tests.services.chain import Chain
from tests.web.conftest import Web

#: 02:30 summer time, and 02:30 winter time, in ms UTC.
EARLIER = int(datetime(2026, 10, 25, 0, 30, tzinfo=UTC).timestamp() * 1000)
LATER = EARLIER + 3_600_000
AFTERWARDS = datetime(2026, 10, 25, 1, 45, tzinfo=UTC)  # 02:45 for the second time
IN_MARCH = datetime(2026, 3, 29, 2, 0, tzinfo=UTC)  # 04:00


def _half_past_two(name: str, on: datetime) -> dict[str, str]:
    day = {"day": str(on.day), "month": str(on.month), "year": str(on.year), "hour": "2", "minute": "30"}
    return {f"{name}_{part}": value for part, value in day.items()}


def _begun(web: Web, clock: Traveller, at: datetime) -> History:
    clock.move_to(at.replace(hour=0, minute=0))
    with web.app.app_context():
        made = opened(web.cast, clock)
        db.session.remove()
    clock.move_to(at)
    with web.app.app_context():
        kit.begin(web.cast.nora, made.kits["blood"])
        db.session.remove()
    return made


@pytest.mark.parametrize(("which", "instant"), [("earlier", EARLIER), ("later", LATER)])
def test_at_the_bedside_it_is_asked_which_and_the_answer_is_carried_on(
    web: Web, clock: Traveller, which: str, instant: int
) -> None:
    made, nora = _begun(web, clock, AFTERWARDS), web.client("nora")
    address, scanning = f"/kits/{made.kits['blood']}/collect", f"/kits/{made.kits['blood']}/scan"
    form = form_at(nora.get(address), scanning)
    asked = send(nora, form, scan=made.tubes[0], happened_hour="2", happened_minute="30")
    assert 'data-verdict="check"' in asked.text and "02:30 came twice that night" in asked.text
    assert "collected" not in web.acts("specimen")
    choosing = next(each for each in forms_of(asked.text, scanning) if "happened_which" in each.fields)
    answer = send(nora, choosing, happened_which=which)
    if which == "earlier":  # more than half an hour ago: why is it written down only now?
        choosing = next(each for each in forms_of(answer.text, scanning) if "late_reason" in each.fields)
        answer = send(nora, choosing, late_reason=choosing.fields["late_reason"].offered[0])
    assert 'data-verdict="ok"' in answer.text
    with web.app.app_context():
        assert specimen_now(made.tubes[0]).collected_at == instant
        db.session.remove()


def test_at_the_bedside_an_hour_that_never_was_saves_nothing(web: Web, clock: Traveller) -> None:
    made, nora = _begun(web, clock, IN_MARCH), web.client("nora")
    form = form_at(nora.get(f"/kits/{made.kits['blood']}/collect"), f"/kits/{made.kits['blood']}/scan")
    said = send(nora, form, scan=made.tubes[0], happened_hour="2", happened_minute="30")
    assert 'data-verdict="check"' in said.text and "02:30 did not exist that night" in said.text
    assert "collected" not in web.acts("specimen")


def _consent(web: Web, clock: Traveller) -> tuple[str, str, str]:
    with web.app.app_context():
        code = participant.register(web.cast.nora, "BEL-001").code
        db.session.remove()
    return "nora", f"/participants/{code}/consent/new", "happened"


def _step(web: Web, clock: Traveller) -> tuple[str, str, str]:
    with web.app.app_context():
        chain = Chain(web.cast, clock)
        batch = chain.batch(chain.received()["SST"])
        db.session.remove()
    return "mei", f"/batches/{batch}/steps/spun", "happened"


def _sheet(web: Web, clock: Traveller) -> tuple[str, str, str]:
    with web.app.app_context():
        made = opened(web.cast, clock)
        db.session.remove()
    return "nora", f"/visits/{made.visit}/paper?kit={made.kits['blood']}", "taken"


@pytest.mark.parametrize("page", [_consent, _step, _sheet])
def test_a_form_asks_which_one_and_says_what_never_was(
    web: Web, clock: Traveller, page: Callable[[Web, Traveller], tuple[str, str, str]]
) -> None:
    login, address, name = page(web, clock)
    client = web.client(login)
    for on, told in (
        (AFTERWARDS, "02:30 came twice that night"),
        (IN_MARCH, "02:30 did not exist that night"),
    ):
        answer = _typed(client.get(address), client, address, name, on)
        assert answer.status_code == 422 and told in answer.text, told
        again = form_at(answer, address)
        assert (f"{name}_which" in again.fields) == (on is AFTERWARDS)
        if on is AFTERWARDS:
            assert again.fields[f"{name}_which"].offered == ["earlier", "later"]
            assert again.fields[f"{name}_which"].value == ""  # nothing is chosen beforehand
            chosen = send(client, again, **{f"{name}_which": "later"})
            assert told not in chosen.text


def _typed(page: TestResponse, client: object, address: str, name: str, on: datetime) -> TestResponse:
    form = form_at(page, address)
    said = {key: value for key, value in _half_past_two(name, on).items() if key in form.fields}
    said |= {key: "2" for key in form.fields if key.startswith("at_") and key.endswith("_hour")}
    said |= {key: "30" for key in form.fields if key.startswith("at_") and key.endswith("_minute")}
    return send(client, form, **said)  # type: ignore[arg-type]

"""Two people scan one tube at the same moment, over HTTP, on both engines: one wins, the other reads who and when."""

import re
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from time_machine import Traveller
from werkzeug.test import TestResponse

from specimens.domain.access import Actor
from specimens.models.base import db
from specimens.services import kit, receipt, token
from tests.cast import log_in
from tests.engines import ENGINES
from tests.history import History, opened, released
from tests.web.conftest import Web

Ask = Callable[[], TestResponse]


@pytest.fixture(params=ENGINES)
def engine_name(request: pytest.FixtureRequest) -> str:
    """Walk through both engines."""
    return str(request.param)


def _together(*asks: Ask) -> list[TestResponse]:
    barrier = threading.Barrier(len(asks))

    def one(ask: Ask) -> TestResponse:
        barrier.wait()
        return ask()

    with ThreadPoolExecutor(len(asks)) as threads:
        return list(threads.map(one, asks))


def _by_page(web: Web, actor: Actor, address: str, tube: str, nonce: str) -> Ask:
    """Return the scan of somebody in a browser; logged in before, so that the threads do nothing else."""
    browser = log_in(web.app.test_client(), actor, actor.station)
    return lambda: browser.post(address, data={"scan": tube, "nonce": nonce})


def _by_api(web: Web, actor: Actor, body: dict[str, str], key: str) -> Ask:
    with web.app.app_context():
        said = token.make(actor, "two", station=actor.station)
        db.session.remove()
    headers = {"Authorization": f"Bearer {said}", "Idempotency-Key": key}
    client = web.app.test_client(use_cookies=False)
    return lambda: client.post("/api/v1/scans", json=body, headers=headers)


def _at_the_bedside(web: Web, clock: Traveller) -> History:
    with web.app.app_context():
        made = opened(web.cast, clock)
        kit.open_kit(web.cast.nora, made.kits["blood"])
        for each in (web.cast.nora, web.cast.nils):
            kit.attest_identity(each, made.kits["blood"])
        db.session.remove()
    return made


def _seen(answer: TestResponse) -> tuple[str, str]:
    """Return the verdict and all that a page says with it."""
    found = re.search(r'data-verdict="(\w+)".*?</section>', answer.text, re.S)
    assert answer.status_code == 200 and found, answer.text[:500]
    return found[1], found[0]


def test_two_nurses_at_one_tube_on_the_page(web: Web, clock: Traveller) -> None:
    made = _at_the_bedside(web, clock)
    address = f"/kits/{made.kits['blood']}/scan"
    for tube in made.tubes[:3]:
        asks = [_by_page(web, who, address, tube, tube) for who in (web.cast.nora, web.cast.nils)]
        first, second = sorted((_seen(each) for each in _together(*asks)), key=lambda each: each[0] != "ok")
        assert (first[0], second[0]) == ("ok", "already")
        assert re.search(r"Last: (Nora de Wit|Nils Bakker), 2 Mar 2026 \d\d:\d\d CET", second[1]), second[1]
    assert web.acts("specimen").count("collected") == 3


def test_two_programs_at_one_tube_over_the_api(web: Web, clock: Traveller) -> None:
    made = _at_the_bedside(web, clock)
    for tube in made.tubes[:3]:
        body = {"act": "collect", "kit": made.kits["blood"], "scan": tube}
        asks = [_by_api(web, who, body, tube) for who in (web.cast.nora, web.cast.nils)]
        answers = _together(*asks)
        assert [each.status_code for each in answers] == [200, 200]
        first, second = sorted((each.json for each in answers), key=lambda each: each["verdict"] != "ok")
        assert (first["verdict"], second["verdict"]) == ("ok", "already")
        assert second["facts"]["last_by"] in ("Nora de Wit", "Nils Bakker")
        assert second["facts"]["last_at"]
    assert web.acts("specimen").count("collected") == 3


def test_a_page_and_a_program_at_one_tube(web: Web, clock: Traveller) -> None:
    with web.app.app_context():
        made = released(web.cast, clock)
        receipt.open_receipt(web.cast.mei, made.transfer or "", condition="intact", temperature_tenths_c=210)
        db.session.remove()
    for tube in made.tubes[:3]:
        body = {"act": "receive", "transfer": made.transfer or "", "scan": tube}
        page, said = _together(
            _by_page(web, web.cast.mei, f"/transfers/{made.transfer}/receipt", tube, f"p{tube}"),
            _by_api(web, web.cast.mei, body, f"a{tube}"),
        )
        verdict, text = _seen(page)
        assert sorted((verdict, said.json["verdict"])) == ["already", "ok"]
        assert "Mei Tan" in (text if verdict == "already" else said.json["facts"]["last_by"])
    assert web.acts("specimen").count("accepted") == 3

"""A disk that is full: SQLite refuses for real, the page says so, nothing is half there, and it goes on afterwards."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import event, text
from time_machine import Traveller
from werkzeug.test import TestResponse

from specimens.models.base import db
from specimens.services import kit, token, verify
from tests.history import History, opened
from tests.web.conftest import Web

_NO_LIMIT = 1_073_741_823


@pytest.fixture
def room(web: Web) -> Iterator[Callable[[bool], None]]:
    """Say whether the store may still grow; where it may not, SQLite answers that the disk is full."""
    pages = _NO_LIMIT

    def limited(connection: Any, *_: Any) -> None:
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA max_page_count = {pages}")
        cursor.close()

    def grows(may: bool) -> None:
        nonlocal pages
        with web.app.app_context():
            pages = _NO_LIMIT if may else db.session.execute(text("PRAGMA page_count")).scalar_one()
            db.session.remove()

    with web.app.app_context():
        engine = db.engine
    event.listen(engine, "checkout", limited)
    yield grows
    event.remove(engine, "checkout", limited)


def _registered(web: Web) -> int:
    with web.app.app_context():
        count = db.session.execute(text("SELECT count(*) FROM participant")).scalar_one()
        db.session.remove()
    return int(count)


def _at_the_bedside(web: Web, clock: Traveller) -> History:
    with web.app.app_context():
        made = opened(web.cast, clock)
        kit.open_kit(web.cast.nora, made.kits["blood"])
        kit.attest_identity(web.cast.nora, made.kits["blood"])
        db.session.remove()
    return made


def _until_full(send: Callable[[str], TestResponse]) -> TestResponse:
    """Send until the pages that the store still has are used up."""
    for number in range(200):
        answer = send(f"C4K7N2XD{number}")  # refused, and kept as a near miss
        if answer.status_code != 200:
            return answer
    raise AssertionError("the store never filled up")


def test_a_scan_at_the_bedside_is_not_saved_and_goes_in_when_there_is_space(
    web: Web, clock: Traveller, room: Callable[[bool], None]
) -> None:
    made, nora = _at_the_bedside(web, clock), web.client("nora")
    address = f"/kits/{made.kits['blood']}/scan"
    room(False)
    _until_full(lambda raw: nora.post(address, data={"scan": raw, "nonce": raw, "held": ""}))
    told = nora.post(address, data={"scan": made.tubes[0], "nonce": "n"})
    assert told.status_code == 503 and 'class="said"' in told.text  # what the script shows as CHECK
    assert "the disk of the server is full" in told.text
    assert nora.get(f"/kits/{made.kits['blood']}/collect").status_code == 200  # reading goes on
    assert "collected" not in web.acts("specimen")
    room(True)
    assert 'data-verdict="ok"' in nora.post(address, data={"scan": made.tubes[0], "nonce": "n"}).text
    assert web.acts("specimen").count("collected") == 1


def test_a_program_is_told_to_come_back_and_the_same_key_is_one_act(
    web: Web, clock: Traveller, room: Callable[[bool], None]
) -> None:
    made = _at_the_bedside(web, clock)
    with web.app.app_context():
        said = token.make(web.cast.nora, "full", station=web.cast.nora.station)
        db.session.remove()
    client = web.app.test_client(use_cookies=False)

    def scan(raw: str) -> TestResponse:
        body = {"act": "collect", "kit": made.kits["blood"], "scan": raw}
        headers = {"Authorization": f"Bearer {said}", "Idempotency-Key": raw}
        return client.post("/api/v1/scans", json=body, headers=headers)

    room(False)
    _until_full(scan)
    told = scan(made.tubes[0])
    assert (told.status_code, told.json["code"], told.headers["Retry-After"]) == (503, "store_full", "2")
    assert "the disk of the server is full" in told.json["detail"]
    room(True)
    assert scan(made.tubes[0]).json["verdict"] == scan(made.tubes[0]).json["verdict"] == "ok"
    assert web.acts("specimen").count("collected") == 1
    with web.app.app_context():
        assert verify.verify().sound
        db.session.remove()


def test_a_full_disk_is_told_nothing_is_half_saved_and_the_same_form_works_afterwards(
    web: Web, room: Callable[[bool], None]
) -> None:
    nora = web.client("nora")
    room(False)
    saved = 0
    for number in range(1, 200):
        form = {"subject_number": f"BEL-{number:03d}", "nonce": f"full-{number}"}
        answer = nora.post("/participants/new", data=form)
        if answer.status_code != 303:
            break
        saved += 1
    assert answer.status_code == 503, answer.status_code
    assert "the disk of the server is full" in answer.text and "go back and send this again" in answer.text
    assert _registered(web) == saved
    room(True)
    assert nora.post("/participants/new", data=form).status_code == 303
    assert _registered(web) == saved + 1
    with web.app.app_context():
        assert verify.verify().sound
        db.session.remove()

"""A disk that is full: SQLite refuses for real, the page says so, nothing is half there, and it goes on afterwards."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import event, text

from specimens.models.base import db
from specimens.services import verify
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
    assert "Nothing was lost" in answer.text
    assert _registered(web) == saved
    room(True)
    assert nora.post("/participants/new", data=form).status_code == 303
    assert _registered(web) == saved + 1
    with web.app.app_context():
        assert verify.verify().sound
        db.session.remove()

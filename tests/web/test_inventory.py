"""The check of a box in the browser: walked by scanning alone, left half-way, finished, and read afterwards."""

from itertools import count

import pytest
from sqlalchemy import select
from time_machine import Traveller

from specimens.domain.identifiers import COMMAND_CODES
from specimens.models.base import db
from specimens.models.inventory import InventoryRow
from specimens.services import storage
from tests.services.chain import Chain, frozen_vials, now, unit
from tests.web.conftest import Web
from tests.web.scanning import doing, verdict

_NONCES = count(1)


@pytest.fixture
def filled(web: Web, clock: Traveller) -> tuple[str, list[str]]:
    """A box with three vials of serum."""
    with web.app.app_context():
        chain = Chain(web.cast, clock)
        box = unit(name="B07", parent=unit("freezer", name="F3"))
        vials = [each.code for each in frozen_vials(chain, 3)]
        for vial in vials:
            assert storage.put(web.cast.mei, box, vial).saved
    return box, vials


def _scan(web: Web, box: str, code: str, login: str = "mei", **more: str) -> str:
    sent = {"scan": code, "nonce": f"n{next(_NONCES)}", **more}
    answer = web.client(login).post(f"/boxes/{box}/check", data=sent)
    assert answer.status_code == 200
    return answer.text


def test_a_box_is_checked_by_scanning_alone(web: Web, filled: tuple[str, list[str]]) -> None:
    box, vials = filled
    mei = web.client("mei")
    assert f"/boxes/{box}/check" in mei.get(f"/boxes/{box}").text
    assert "Scan the box, then each tube" in mei.get(f"/boxes/{box}/check").text
    assert "Scan the code of the box first" in _scan(web, box, vials[0])
    page = _scan(web, box, box)
    assert "3 tubes should be in it" in page and "3 tubes outstanding" in page
    for number, vial in enumerate(vials, start=1):
        page = _scan(web, box, vial)
        assert f"{number} of 3 are done" in page and f"<strong>{number} of 3</strong>" in page
    held = _scan(web, box, "C4K7N2XD")
    assert 'data-verdict="stop"' in held and "data-acknowledge" in held
    assert "STOP" in _scan(web, box, vials[0], held="1")
    assert 'data-verdict=""' in _scan(web, box, COMMAND_CODES["ACKNOWLEDGE"], held="1")
    assert 'name="pending" value="undo"' in _scan(web, box, COMMAND_CODES["UNDO"])
    assert "Why?" in _scan(web, box, vials[2], pending="undo")
    page = _scan(web, box, vials[2], pending="undo", reason="wrong_scan")
    assert 'data-verdict="ok"' in page and "1 tube outstanding" in page
    assert 'data-verdict="check"' in _scan(web, box, COMMAND_CODES["FINISH"])
    _scan(web, box, vials[2])
    page = _scan(web, box, COMMAND_CODES["FINISH"])
    assert 'data-verdict="ok"' in page and "agrees with the map" in page


def test_a_check_is_gone_on_with_and_what_was_not_seen_is_recorded_with_ticks(
    web: Web, filled: tuple[str, list[str]]
) -> None:
    box, (one, two, three) = filled
    _scan(web, box, box)
    _scan(web, box, one)
    mei = web.client("mei")
    page = mei.get(f"/boxes/{box}/check").text
    assert "2 tubes outstanding" in page and "in its place" in page
    address = f"/boxes/{box}/check/outcome"
    wrong = mei.post(address, data={"specimens": two, "finding": "seen_elsewhere", "nonce": "a"})
    assert wrong.status_code == 422 and "Say in words where it was seen" in wrong.text
    assert mei.post(address, data={"nonce": "b", "specimens": one, "finding": "not_seen"}).status_code == 422
    early = mei.post(f"/boxes/{box}/check/finish", data={"nonce": "c"})
    assert early.status_code == 422 and "were not seen" in early.text
    told = {"specimens": two, "finding": "seen_elsewhere", "note": "in B08", "nonce": "d"}
    assert mei.post(address, data=told).status_code == 303
    mei.post(address, data={"specimens": three, "finding": "not_seen", "nonce": "e"})
    done = mei.post(f"/boxes/{box}/check/finish", data={"nonce": "f"})
    assert done.location == f"/boxes/{box}/checks"
    past = mei.get(done.location).text
    assert "Put the misplaced tubes" in past and "seen elsewhere" in past and "· missing" in past
    assert doing(web)(now, two).place == box
    assert "seen elsewhere" in web.client("ada").get(f"/boxes/{box}/checks").text
    assert web.client("ada").get(f"/boxes/{box}/check").status_code == 403
    assert "inventory check begun" in web.client("ada").get(f"/audit/inventory/{_code(web)}").text


def _code(web: Web) -> str:
    with web.app.app_context():
        return str(db.session.execute(select(InventoryRow.code)).scalar_one())


def test_rubbish_at_a_check_is_refused_and_a_unit_without_wells_has_none(
    web: Web, filled: tuple[str, list[str]]
) -> None:
    box, _ = filled
    _scan(web, box, box)
    for rubbish in ("", "hello", "A" * 500, "<script>", "=1+1"):
        answer = web.client("mei").post(
            f"/boxes/{box}/check", data={"scan": rubbish, "nonce": f"{rubbish!r}"}
        )
        assert verdict(answer) in ("stop", "check"), rubbish
    freezer = doing(web)(unit, "freezer", name="F9")
    for page in ("check", "checks"):
        assert web.client("mei").get(f"/boxes/{freezer}/{page}").status_code == 303

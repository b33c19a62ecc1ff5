"""What a device needs that keeps scans, over HTTP: who may send what waited, and what the pages say of themselves."""

import json
import re
from typing import Any

import pytest

from specimens.domain import receipt_codes
from specimens.domain.choice_codes import CHOICES
from specimens.domain.terms import Kind
from specimens.services import receipt
from specimens.services.clock import now_ms
from tests.services.bags import released
from tests.tubes import open_kit
from tests.web.conftest import Web
from tests.web.scanning import doing, verdict

SCRIPT = {"X-Requested-With": "scan"}


def _told(web: Web, who: str = "nora", **changes: str) -> dict[str, Any]:
    actor = web.cast.actors[who]
    now = now_ms()
    return {
        "waited_person": actor.user, "waited_station": actor.station, "waited_scanned": str(now - 60_000),
        "waited_sent": str(now), "waited_sequence": "3", **changes,
    }  # fmt: skip


def test_what_waited_is_taken_from_the_person_who_scanned_it_and_at_the_same_station_only(web: Web) -> None:
    kit, tubes = doing(web)(open_kit, web.cast, 2)
    at = f"/kits/{kit}/scan"
    for who, station in (("nils", None), ("nora", "AMS clinic 2")):
        answer = web.client(who, station).post(at, data={"scan": tubes[0], "nonce": "one", **_told(web)})
        assert answer.status_code == 401
    assert "collected" not in web.acts(str(Kind.SPECIMEN))
    taken = web.client("nora").post(at, data={"scan": tubes[0], "nonce": "one", **_told(web)})
    assert verdict(taken) == "ok"
    again = web.client("nora").post(at, data={"scan": tubes[0], "nonce": "one", **_told(web)})
    assert verdict(again) == "ok"
    assert web.acts(str(Kind.SPECIMEN)).count("collected") == 1
    page = web.client("nora").get(f"/specimens/{tubes[0]}").text
    assert "queued on a device" in page
    assert "queued on a device" in web.client("ada").get(f"/audit/specimen/{tubes[0]}").text


@pytest.mark.parametrize("wrong", ["", "-5", "1e9", "٣", "9" * 14])
def test_what_a_device_says_that_cannot_be_read_is_refused(web: Web, wrong: str) -> None:
    kit, tubes = doing(web)(open_kit, web.cast, 1)
    sent = {"scan": tubes[0], "nonce": "one", **_told(web, waited_scanned=wrong)}
    assert web.client("nora").post(f"/kits/{kit}/scan", data=sent).status_code == 422
    assert "collected" not in web.acts(str(Kind.SPECIMEN))


def _before(page: str) -> dict[str, Any]:
    """Return what a page tells its script about codes that are said before a tube."""
    found = re.search(r"data-before='([^']*)'", page)
    assert found, page[:2000]
    told: dict[str, Any] = json.loads(found.group(1))
    return told


def test_what_a_script_sends_with_a_tube_is_what_the_same_codes_come_to_without_a_script(web: Web) -> None:
    do = doing(web)
    bag, _tubes = do(released, web.cast, 1)
    do(receipt.open_receipt, web.cast.mei, bag.code, condition="intact", temperature_tenths_c=210)
    mei, at = web.client("mei"), f"/transfers/{bag.code}/receipt"
    told = _before(mei.get(at).text)
    assert set(told["codes"]) == {*receipt_codes.OUTCOMES, *receipt_codes.REASONS}
    for code, (field, value) in told["codes"].items():
        answer = mei.post(at, data={"scan": code, "nonce": code}).text
        assert f'name="{field}" value="{value}"' in answer
        lead = value if field == told["lead"] else told["lone"]
        assert f'name="{told["lead"]}" value="{lead}"' in answer
    kit, tubes = do(open_kit, web.cast, 1)
    nora, at = web.client("nora"), f"/kits/{kit}/scan"
    told = _before(nora.get(f"/kits/{kit}/collect").text)
    ((code, (field, value)),) = told["codes"].items()
    assert f'name="{field}" value="{value}"' in nora.post(at, data={"scan": code, "nonce": "a"}).text
    asked = nora.post(at, data={"scan": tubes[0], field: value, "nonce": "b"}).text
    for place, (number, reason, word) in enumerate(told["answers"], start=1):
        button = f'name="reason" value="{reason}"><span class="choice-number">{place}</span> {word}<'
        assert button in asked
        assert CHOICES[number] == place


def test_a_script_is_told_where_to_log_in_and_a_person_is_led_there(web: Web) -> None:
    asked = web.stranger().get("/queue", headers=SCRIPT)
    assert (asked.status_code, asked.text) == (401, "/login?next=/queue")
    assert web.stranger().get("/queue").status_code == 303
    told = web.client("nora").get("/queue", headers=SCRIPT).get_json()
    assert told["person"] == web.cast.nora.user
    assert told["station"] == web.cast.nora.station
    assert told["token"]


def test_a_page_says_whose_it_is_and_whether_a_device_keeps_it(web: Web) -> None:
    kit, _tubes = doing(web)(open_kit, web.cast, 1)
    kept = web.client("nora").get(f"/kits/{kit}/collect")
    other = web.client("nora").get("/transfers")
    nobody = web.stranger().get("/login")
    assert [each.headers.get("Specimens-Person") for each in (kept, other, nobody)] == [
        web.cast.nora.user
    ] * 2 + [None]
    assert [each.headers.get("Specimens-Keep") for each in (kept, other, nobody)] == ["1", None, None]
    assert "data-kept hidden" in kept.text
    assert "data-kept" not in nobody.text
    worker = web.stranger().get("/service-worker.js", buffered=True)
    assert worker.mimetype == "text/javascript"
    assert worker.headers["Cache-Control"] == "no-cache"
    assert "worker-src 'self'" in worker.headers["Content-Security-Policy"]


def test_what_a_script_asks_with_the_session_before_leaves_the_new_one_alone(web: Web) -> None:
    client, late = web.client("nora"), web.app.test_client()
    name = web.app.config["SESSION_COOKIE_NAME"]
    before = client.get_cookie(name)
    assert before is not None
    late.set_cookie(name, before.value)
    client.post("/station", data={"scan": web.cast.stations["AMS clinic 2"], "nonce": "n"})
    assert client.get_cookie(name) != before
    for says in ("keep", "scan"):
        answer = late.get("/today", headers={"X-Requested-With": says})
        assert answer.status_code in (303, 401) and "Set-Cookie" not in answer.headers
    assert "Set-Cookie" in late.get("/today").headers  # a page says why it leads to the log-in

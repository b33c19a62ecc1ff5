"""A station and whoever stands at it: a badge is scanned, a PIN typed, the kit stays open; locked, it does nothing."""

import re
from dataclasses import dataclass, replace
from secrets import token_hex

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from time_machine import Traveller
from werkzeug.test import TestResponse

from specimens.domain.identifiers import COMMAND_CODES
from specimens.models.base import db
from specimens.models.transfer import NearMissRow
from specimens.services import badge, kit
from tests.badges import PIN, badge_of
from tests.cast import PASSWORD, Cast, build
from tests.history import opened
from tests.stages import Stage, stage
from tests.web.bedside import scan, verdict
from tests.web.conftest import Web
from tests.web.scanning import doing


@dataclass(frozen=True, slots=True)
class Scene:
    """An open kit at the clinic of Amsterdam, and the badges of four people by log-in name."""

    kit: str
    tubes: tuple[str, ...]
    badges: dict[str, str]


def _scene(clock: Traveller) -> tuple[Cast, Scene]:
    cast = build()
    made = opened(cast, clock)
    code = made.kits["blood"]
    kit.begin(cast.nora, code)
    badges = {login: badge_of(cast.actors[login]) for login in ("nora", "nils", "mei", "ola")}
    return cast, Scene(code, made.tubes, badges)


@pytest.fixture
def setting(engine_name: str) -> Stage:
    """What the database begins with."""
    return stage(_scene, engine_name)


@pytest.fixture
def scene(web: Web, setting: Stage, clock: Traveller) -> Scene:
    """The open kit, at the moment at which it was opened, where stations lock after ten minutes."""
    clock.move_to(setting.until)
    web.app.config["SETTINGS"] = replace(web.app.config["SETTINGS"], lock_minutes=10)
    found: Scene = setting.made[1]
    return found


def _to_badge(answer: TestResponse) -> str:
    assert answer.status_code == 303 and answer.location.startswith("/badge?"), answer.text[:300]
    return answer.location


def _come(client: FlaskClient, address: str, **typed: str) -> TestResponse:
    page = client.get(address)
    hidden = dict(re.findall(r'name="(badge|next)" value="([^"]*)"', page.text))
    return client.post("/badge", data={**hidden, **typed})


def _scan_badge(client: FlaskClient, code: str, page: str, door: str) -> str:
    """Scan a badge into the field of a page, as a browser sends it."""
    data = {"scan": code, "nonce": token_hex(8), "typed": ""}
    return _to_badge(client.post(door, data=data, headers={"Referer": f"http://localhost{page}"}))


def test_a_colleague_takes_over_an_open_kit_with_badge_and_pin_and_goes_on(web: Web, scene: Scene) -> None:
    code, client = scene.kit, web.client("nora")
    page = f"/kits/{code}/collect"
    badge_code = scene.badges["nils"]
    asks = _scan_badge(client, f"]d1{badge_code.lower()}", page, f"/kits/{code}/scan")
    shown = client.get(asks)
    assert "Nils Bakker" in shown.text and "Nora de Wit" in shown.text and 'name="pin"' in shown.text
    assert _come(client, asks, pin="9417").status_code == 401
    done = _come(client, asks, pin=PIN)
    assert (done.status_code, done.location) == (303, page)
    shown = client.get(page).text
    assert "Nora de Wit checked two identifiers at" in shown and "before you came" in shown
    answer = scan(client, code, scene.tubes[0])
    assert verdict(answer) == "check" and "before you came" in answer.text
    with web.app.app_context():
        assert kit.specimens_of(code)[0].collected_at is None
    assert verdict(scan(client, code, COMMAND_CODES["IDENTITY"])) == "ok"  # one scan more, and it is his
    answer = scan(client, code, scene.tubes[0])
    assert verdict(answer) in ("ok", "check") and "before you came" not in answer.text
    assert web.acts("user")[-2:] == ["relieved", "took_over"]
    with web.app.app_context():
        assert kit.specimens_of(code)[0].collected_by == web.cast.nils.user


@pytest.mark.parametrize("door", ["/", "/storage", "/station", "/carry/here", "/receive"])
def test_a_badge_is_known_at_every_door_that_takes_a_scan(web: Web, scene: Scene, door: str) -> None:
    client = web.client("mei")
    asks = _scan_badge(client, scene.badges["mei"], "/bench", door)
    assert "next=/bench" in asks or "next=%2Fbench" in asks


def test_what_the_new_person_may_not_see_is_refused_as_ever(web: Web, scene: Scene) -> None:
    page = f"/kits/{scene.kit}/collect"
    client = web.client("nora")
    asks = _scan_badge(client, scene.badges["mei"], page, "/")
    assert _come(client, asks, pin=PIN).location == page
    assert client.get(page).status_code == 403
    code = scene.badges["ola"]
    asks = _scan_badge(client, code, page, "/")
    assert client.get(asks).status_code == 409 and "Ola" not in client.get(asks).text


def test_a_lost_badge_is_refused_and_each_scan_of_it_is_kept_with_its_station(web: Web, scene: Scene) -> None:
    client, code = web.client("nora"), scene.badges["nils"]
    doing(web)(badge.retire, web.cast.nils, code, "badge_lost")
    for _scan in range(2):
        asks = _scan_badge(client, code, "/today", "/")
        for _reload in range(2):
            answer = client.get(asks)
            assert answer.status_code == 409 and "This badge was retired" in answer.text
    assert client.post("/badge", data={"badge": code, "pin": PIN}).status_code == 409
    with web.app.app_context():
        rows = (
            db.session.execute(select(NearMissRow).where(NearMissRow.refusal == "badge_retired"))
            .scalars()
            .all()
        )
        assert [(each.read, each.raw, each.station) for each in rows] == [
            (code, code, web.cast.nora.station)
        ] * 3
    answer = web.client("luis").post("/", data={"scan": code, "nonce": "n"})  # nobody's station: kept too
    assert verdict(answer) == "stop" and "This badge was retired" in answer.text


def test_a_badge_without_a_station_says_what_it_needs(web: Web, scene: Scene) -> None:
    code = scene.badges["nils"]
    assert "works at a station only" in web.client("luis").post("/", data={"scan": code, "nonce": "n"}).text
    assert web.client("ada").get(f"/badge?badge={code}").status_code == 409


def test_an_idle_station_is_locked_on_the_server_and_neither_back_nor_posting_gets_past(
    web: Web, scene: Scene, clock: Traveller
) -> None:
    code, client = scene.kit, web.client("nora")
    page = f"/kits/{code}/collect"
    badge_code = scene.badges["nora"]
    assert client.get(page).status_code == 200
    clock.shift(11 * 60 + 1)
    before = web.entries()
    assert client.get(page).location == f"/lock?next={page}"
    sent = client.post(
        f"/kits/{code}/scan",
        data={"scan": scene.tubes[0], "nonce": "n"},
        headers={"Referer": f"http://localhost{page}"},
    )
    assert sent.location == f"/lock?next={page}"
    script = client.post(
        f"/kits/{code}/scan", data={"scan": scene.tubes[0]}, headers={"X-Requested-With": "scan"}
    )
    assert (script.status_code, script.text) == (401, "/lock")  # so that it keeps the scan
    assert client.post("/awake").location.startswith("/lock")
    assert client.post("/me/badge").location.startswith("/lock")
    assert web.entries() == before
    shown = client.get(sent.location)
    assert "locked" in shown.text and "not saved" in shown.text and "Nora de Wit" in shown.text
    assert shown.headers["Cache-Control"] == "no-store"
    with client.session_transaction() as session:
        session.pop("_flashes", None)
    done = _come(client, f"/badge?badge={badge_code}&next={page}", pin=PIN)
    assert done.location == page
    assert verdict(scan(client, code, scene.tubes[0])) in ("ok", "check")


def test_locking_by_hand_and_going_on_with_the_password(web: Web, scene: Scene) -> None:
    client = web.client("nora")
    assert client.post("/lock", data={"next": "/today"}).location == "/lock?next=/today"
    assert client.get("/today").status_code == 303
    assert client.post("/badge", data={"next": "/today", "password": "wrong"}).status_code == 401
    script = client.post("/badge", data={"password": PASSWORD}, headers={"X-Requested-With": "lock"})
    assert script.status_code == 204  # the page behind the cover goes on where it was
    assert client.get("/today").status_code == 200
    assert web.acts("user")[-2:] == ["station_locked", "station_unlocked"]
    assert client.get("/lock").location == "/today"
    assert web.client("ada").post("/lock").status_code == 409


def test_another_logs_in_with_the_password_at_a_locked_station(web: Web, scene: Scene) -> None:
    client = web.client("nora")
    client.post("/lock")
    client.post("/login", data={"login": "nils", "password": PASSWORD})
    assert "Nils Bakker" in client.get("/me").text
    assert "relieved" in web.acts("user")


def test_a_person_has_a_badge_and_a_pin_on_their_own_page_and_the_administrator_on_theirs(
    web: Web, scene: Scene
) -> None:
    client = web.client("ivo")
    client.post("/me/badge", data={"nonce": "a"})
    assert client.post("/me/badge/card", data={"nonce": "b"}).mimetype == "application/pdf"
    assert "Print the card" in client.get("/me").text
    client.post("/me/badge/retire", data={"nonce": "c", "badge_reason": "badge_worn"})
    assert "badge worn or broken" in client.get("/me").text
    person = f"/admin/people/{web.cast.ivo.user}"
    admin = web.client("adam")
    admin.post(f"{person}/badge", data={"nonce": "d"})
    assert admin.post(f"{person}/badge/card", data={"nonce": "e"}).data.startswith(b"%PDF-")
    assert "Retire the badge" in admin.get(person).text
    admin.post(f"{person}/badge/retire", data={"nonce": "f", "badge_reason": "badge_lost"})
    assert web.acts("badge")[4:] == [
        "badge_issued", "label_printed", "badge_retired", "badge_issued", "label_printed", "badge_retired",
    ]  # fmt: skip
    wrong = client.post("/me/pin", data={"nonce": "g", "password": "wrong", "pin": PIN, "again": PIN})
    assert wrong.status_code == 422 and web.acts("user")[-1] != "pin_set"
    for typed, again in (("1234", "1234"), (PIN, "8206"), ("", "")):
        sent = {"nonce": token_hex(4), "password": PASSWORD, "pin": typed, "again": again}
        assert client.post("/me/pin", data=sent).status_code == 422
    client.post("/me/pin", data={"nonce": "h", "password": PASSWORD, "pin": PIN, "again": PIN})
    assert "A PIN is set." in client.get("/me").text
    client.post("/me/pin/remove")
    assert web.acts("user")[-2:] == ["pin_set", "pin_removed"]


def test_undo_is_taken_at_scan_anything_and_from_pages_that_take_nothing_back_themselves(
    web: Web, scene: Scene
) -> None:
    client, undo = web.client("nora"), COMMAND_CODES["UNDO"]
    tube = scene.tubes[0]
    scan(client, scene.kit, tube)
    asked = client.post("/", data={"scan": undo, "nonce": token_hex(8)})
    assert 'name="pending" value="undo"' in asked.text and "scan the tube" in asked.text
    dropped = client.post("/", data={"scan": undo, "pending": "undo", "nonce": token_hex(8)})
    assert 'name="pending"' not in dropped.text
    led = client.post("/", data={"scan": tube, "pending": "undo", "nonce": token_hex(8)})
    assert led.location == f"/specimens/{tube}/undo"
    reason = re.findall(r'<option value="(\w+)"', client.get(led.location).text)[0]
    assert client.post(led.location, data={"reason": reason, "nonce": token_hex(8)}).status_code == 303
    assert "undone" in web.acts("specimen")
    mei = web.client("mei")
    away = mei.post("/storage/retrieve", data={"reason": "analysis", "scan": undo, "nonce": token_hex(8)})
    assert away.location == "/?pending=undo" and 'value="undo"' in mei.get(away.location).text

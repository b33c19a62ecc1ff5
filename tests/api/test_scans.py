"""Posting scans: the same outcome as on a page, once per key."""

import pytest
import time_machine

from specimens.domain.terms import StorageKind
from specimens.services import kit, receipt, site, transfer
from tests.api.conftest import Api
from tests.history import History, collected, opened, received


def _opened(api: Api, clock: time_machine.Traveller) -> History:
    with api.web.app.app_context():
        made = opened(api.web.cast, clock)
        kit.open_kit(api.web.cast.nora, made.kits["blood"])
        kit.attest_identity(api.web.cast.nora, made.kits["blood"])
    return made


def test_a_tube_is_collected(api: Api, clock: time_machine.Traveller) -> None:
    made = _opened(api, clock)
    answer = api.scan("nora", {"act": "collect", "kit": made.kits["blood"], "scan": made.tubes[0]})
    assert answer.status_code == 200
    said = answer.json
    assert (said["verdict"], said["saved"], said["read"]) == ("ok", True, made.tubes[0])
    assert said["specimen"]["status"] == "collected"
    assert said["next"] == made.tubes[1]
    assert said["sentence"]
    steps = api.get("nora", f"/specimens/{made.tubes[0]}/custody").json["steps"]
    assert [(step["act"], step["mode"]) for step in steps][-1] == ("collected", "api")


def test_the_minutes_until_a_piece_lay_in_its_medium_come_in_with_the_scan(
    api: Api, clock: time_machine.Traveller
) -> None:
    made = _opened(api, clock)
    with api.web.app.app_context():
        paxgene = next(each for each in kit.specimens_of(made.kits["blood"]) if each.slot == "PAX").code
    clock.shift(600)
    body = {"act": "collect", "kit": made.kits["blood"], "scan": paxgene}
    for wrong in (-1, 1441, "9", 1.5):
        assert api.scan("nora", {**body, "minutes_to_medium": wrong}).status_code == 422
    said = api.scan("nora", {**body, "scan": made.tubes[0], "minutes_to_medium": 2}).json
    assert (said["code"], said["saved"], said["ask"]) == ("no_medium", False, None)
    assert api.scan("nora", {**body, "minutes_to_medium": 2}).json["saved"]
    step = api.get("nora", f"/specimens/{paxgene}/custody").json["steps"][-1]
    assert (step["act"], step["happened_by"]) == ("collected", "person")


def test_the_same_key_makes_one_event_and_another_act_under_it_is_refused(
    api: Api, clock: time_machine.Traveller
) -> None:
    made = _opened(api, clock)
    body = {"act": "collect", "kit": made.kits["blood"], "scan": made.tubes[0]}
    first = api.scan("nora", body, key="one")
    entries = api.web.entries()
    again = api.scan("nora", body, key="one")
    assert (again.status_code, again.json["verdict"]) == (200, first.json["verdict"])
    assert api.web.entries() == entries
    other = api.scan("nora", {**body, "scan": made.tubes[1]}, key="one")
    assert (other.status_code, other.json["code"]) == (409, "key_reused")
    assert api.scan("nora", body, key="two").json["verdict"] == "already"


def test_a_refused_scan_is_an_answer_and_kept_as_a_near_miss(api: Api, clock: time_machine.Traveller) -> None:
    made = _opened(api, clock)
    for raw, code in (("C4K7N2XD", "unknown_code"), ("C4K7N2XF", "scan_unreadable"), ("", "scan_empty")):
        said = api.scan("nora", {"act": "collect", "kit": made.kits["blood"], "scan": raw}).json
        assert (said["verdict"], said["code"], said["saved"], said["specimen"]) == ("stop", code, False, None)
    assert api.web.acts("near_miss") == ["scan_refused"] * 3


def test_a_whole_way_from_the_bedside_to_the_freezer(api: Api, clock: time_machine.Traveller) -> None:
    cast = api.web.cast
    with api.web.app.app_context():
        made = collected(cast, clock)
        listed = transfer.open_transfer(cast.nora, "station", cast.stations["AMS laboratory"]).code
    tube = made.tubes[-1]
    packed = api.scan("nora", {"act": "pack", "transfer": listed, "scan": tube})
    assert packed.json["verdict"] == "ok", packed.json
    released = api.scan(
        "nora",
        {"act": "release", "scan": listed, "count": 1, "transport": "by_hand", "temperature": "room"},
        key="r",
    )
    assert (released.status_code, released.json["verdict"]) == (200, "ok"), released.json
    entries = api.web.entries()
    again = api.scan(
        "nora",
        {"act": "release", "scan": listed, "count": 1, "transport": "by_hand", "temperature": "room"},
        key="r",
    )
    assert again.json == released.json
    assert api.web.entries() == entries
    own = api.scan("nora", {"act": "receive", "transfer": listed, "scan": tube})
    assert own.json["verdict"] == "stop"
    with api.web.app.app_context():
        receipt.open_receipt(cast.mei, listed, condition="intact", temperature_tenths_c=210)
    accepted = api.scan("mei", {"act": "receive", "transfer": listed, "scan": tube})
    assert (accepted.json["verdict"], accepted.json["specimen"]["status"]) == ("ok", "received")


def test_a_tube_is_stored(api: Api, clock: time_machine.Traveller) -> None:
    with api.web.app.app_context():
        made = received(api.web.cast, clock)
        freezer = site.add_storage(api.web.cast.adam, "AMS", StorageKind.FREEZER, "F1", "minus80").code
        box = site.add_storage(
            api.web.cast.adam, "AMS", StorageKind.BOX, "B01", "minus80", parent=freezer, rows=9, columns=9
        ).code
    said = api.scan("mei", {"act": "store", "unit": box, "scan": made.tubes[-1]}).json
    assert said["saved"], said
    assert (said["specimen"]["place"], said["specimen"]["position"]) == (box, "A1")
    taken = api.scan(
        "mei", {"act": "store", "unit": box, "scan": made.tubes[0], "well": "A1", "reason": "no_space"}
    )
    assert (taken.json["verdict"], taken.json["code"]) == ("stop", "well_occupied")


@pytest.mark.parametrize(
    ("login", "act"),
    [("mona", "collect"), ("mei", "collect"), ("nora", "store"), ("luis", "receive"), ("ada", "pack")],
)
def test_a_role_that_may_not_is_refused(login: str, act: str, api: Api) -> None:
    bodies = {
        "collect": {"kit": "C4K7N2XD"}, "store": {"unit": "C4K7N2XD"}, "receive": {"transfer": "C4K7N2XD"},
        "pack": {"transfer": "C4K7N2XD"},
    }  # fmt: skip
    answer = api.scan(login, {"act": act, "scan": "C4K7N2XD", **bodies[act]})
    assert (answer.status_code, answer.mimetype) == (403, "application/problem+json")


@pytest.mark.parametrize(
    "body",
    [
        None, [], "x", 7, {}, {"act": "destroy"}, {"act": "collect"}, {"act": "collect", "kit": "C4K7N2XD", "scan": 7},
        {"act": "collect", "kit": "short", "scan": "C4K7N2XD"}, {"act": "collect", "kit": "C4K7N2XD", "scan": "x\x00"},
        {"act": "collect", "kit": "C4K7N2XD", "scan": "x" * 300},
        {"act": "collect", "kit": "C4K7N2XD", "scan": "C4K7N2XD", "colour": "red"},
        {"act": "collect", "kit": "C4K7N2XD", "scan": "C4K7N2XD", "happened_at": "yesterday"},
        {"act": "collect", "kit": "C4K7N2XD", "scan": "C4K7N2XD", "happened_at": "2026-03-02T09:00:00"},
        {"act": "collect", "kit": "C4K7N2XD", "scan": "C4K7N2XD", "happened_at": "9999-12-31T23:59:59Z"},
        {"act": "collect", "kit": "C4K7N2XD", "scan": "C4K7N2XD", "happened_at": "9999-12-31T23:59:59-12:00"},
        {"act": "collect", "kit": "C4K7N2XD", "scan": "C4K7N2XD", "happened_at": "0001-01-01T00:00:00+12:00"},
        {"act": "release", "scan": "C4K7N2XD", "count": "1", "transport": "by_hand", "temperature": "room"},
        {"act": "release", "scan": "C4K7N2XD", "count": True, "transport": "by_hand", "temperature": "room"},
    ],
)  # fmt: skip
def test_a_body_that_cannot_be_read_is_a_problem(body: object, api: Api) -> None:
    answer = api.scan("nora", body)
    assert (answer.status_code, answer.mimetype) == (422, "application/problem+json")
    assert answer.json["code"] in ("form_incomplete", "body_not_json")
    assert api.web.acts("near_miss") == []


def test_what_is_not_json_or_too_long_is_a_problem(api: Api) -> None:
    for more in (
        {"data": b"{", "content_type": "application/json"},
        {"data": b"\xff\xfe", "content_type": "application/json"},
        {"data": b'"\\ud800"', "content_type": "application/json"},
        {"data": b"act=collect", "content_type": "application/x-www-form-urlencoded"},
        {"data": b"{}", "content_type": "text/plain"},
        {"data": b'{"act": "' + b"x" * 100_000 + b'"}', "content_type": "application/json"},
        {"data": b"[" * 20_000, "content_type": "application/json"},
    ):
        answer = api.send("POST", "nora", "/scans", headers={"Idempotency-Key": "k"}, **more)
        assert (answer.status_code, answer.mimetype) == (422, "application/problem+json"), more


@pytest.mark.parametrize("key", ["", "x" * 101, "schlüssel", "a b"])
def test_an_act_without_a_usable_key_is_refused(key: str, api: Api) -> None:
    answer = api.send("POST", "nora", "/scans", json={}, headers={"Idempotency-Key": key} if key else {})
    assert (answer.status_code, answer.json["code"]) == (422, "key_needed")


def test_a_time_in_the_future_is_stopped(api: Api, clock: time_machine.Traveller) -> None:
    made = _opened(api, clock)
    said = api.scan(
        "nora",
        {
            "act": "collect",
            "kit": made.kits["blood"],
            "scan": made.tubes[0],
            "happened_at": "2026-03-02T23:00:00+01:00",
        },
    ).json
    assert (said["verdict"], said["code"]) == ("stop", "time_in_future")


def test_a_refusal_names_nobody_of_another_site(api: Api, clock: time_machine.Traveller) -> None:
    made = _opened(api, clock)
    said = api.scan("ola", {"act": "collect", "kit": made.kits["blood"], "scan": made.tubes[0]})
    assert said.json["verdict"] == "stop"
    assert "Nora" not in said.text
    assert "last_by" not in said.text


def test_a_body_that_does_not_say_which_act_is_told_the_field_and_what_is_allowed(api: Api) -> None:
    missing, wrong = api.scan("nora", {"scan": "X"}), api.scan("nora", {"act": "eat", "scan": "X"})
    assert missing.json["fields"] == {"act": "Field required"}
    assert "'collect'" in wrong.json["fields"]["act"]
    assert "'store'" in wrong.json["fields"]["act"]

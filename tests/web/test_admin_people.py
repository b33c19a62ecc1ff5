"""People and grants, through the administrator's pages."""

import re
import threading
from datetime import date
from typing import Any

import pytest
from time_machine import Traveller

from specimens.domain.access import system_actor
from specimens.domain.errors import SpecimensError
from specimens.domain.terms import Role
from specimens.models.base import db
from specimens.services import grant, people
from tests.cast import STUDY
from tests.web.conftest import Web

FIRST = "given by the administrator"
TODAY = date(2026, 3, 2)

GRANT = {
    "role": "technician", "study": STUDY, "site": "AMS", "reason": "joins the bench",
    "training_on_day": "1", "training_on_month": "3", "training_on_year": "2026",
}  # fmt: skip


def _add(web: Web, login: str = "new.person", **more: str):
    data = {"login": login, "full_name": "Noor Peters", "language": "nl", "password": FIRST, **more}
    return web.client("adam").post("/admin/people/new", data=data)


def _user(web: Web, login: str = "new.person") -> str:
    with web.app.app_context():
        return next(each.code for each in people.people() if each.login == login)


def _give(web: Web, user: str, **more: str):
    return web.client("adam").post(f"/admin/people/{user}/grants/new", data={**GRANT, **more})


def test_a_new_technician_is_added_trained_and_works_the_same_day(web: Web, clock: Traveller) -> None:
    answer = _add(web)
    assert answer.status_code == 303
    user = _user(web)
    assert answer.location == f"/admin/people/{user}"
    assert "cannot log in" in web.client("adam").get(answer.location).text
    assert _give(web, user).status_code == 303
    page = web.client("adam").get(f"/admin/people/{user}").text
    assert "laboratory technician" in page and "joins the bench" in page and "Adam Kok" in page
    client = web.by_form("new.person", FIRST)
    assert client.get("/me").location.startswith("/password")
    client.post("/password", data={"old": FIRST, "new": "my own long words", "again": "my own long words"})
    assert "Noor Peters" in client.get("/me").text


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("login", "", "Fill it in"),
        ("login", "a", "2 to 64 characters"),
        ("login", "with space", "2 to 64 characters"),
        ("login", "ünïcode", "2 to 64 characters"),
        ("login", "x" * 65, "2 to 64 characters"),
        ("login", "x" * 10_000, "too long"),
        ("login", "NORA", "never given twice"),
        ("full_name", "", "Fill it in"),
        ("full_name", "x" * 201, "1 to 200 characters"),
        ("full_name", "Bell\x07", "control characters"),
        ("full_name", "x" * 10_000, "too long"),
        ("language", "xx", "Choose one"),
        ("password", "", "Fill it in"),
        ("password", "short", "at least 15"),
        ("password", "Noor Peters 1234", "easy to guess"),
        ("password", "x" * 10_000, "at most 256"),
    ],
)
def test_what_cannot_be_is_told_at_its_field_and_what_was_typed_stays(
    web: Web, field: str, value: str, said: str
) -> None:
    web.client("adam")
    before = web.entries()
    answer = _add(web, **{field: value} if field == "login" else {"login": "new.person", field: value})
    assert answer.status_code == 422
    assert said in answer.text
    assert "<title>Error:" in answer.text.replace("\n", "")
    if field != "full_name":
        assert 'value="Noor Peters"' in answer.text
    assert FIRST not in answer.text
    assert web.entries() == before


def test_a_name_is_shown_as_text_and_never_as_markup(web: Web) -> None:
    _add(web, full_name='<img src=x onerror="alert(1)">')
    page = web.client("adam").get("/admin/people").text
    assert "<img" not in page and "&lt;img" in page


def test_a_form_sent_twice_adds_one_person(web: Web) -> None:
    assert _add(web, nonce="once").location == _add(web, nonce="once").location
    assert _add(web, nonce="other").status_code == 422


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"training_on_day": "", "training_on_month": "", "training_on_year": ""}, "date as day, month, year"),
        ({"training_on_day": "31", "training_on_month": "2"}, "no such date"),
        ({"training_on_day": "3"}, "after the first day"),
        ({"role": ""}, "Choose one"),
        ({"role": "system"}, "Choose one"),
        ({"role": "x" * 10_000}, "Choose one"),
        ({"study": ""}, "Choose one"),
        ({"study": "*"}, "Choose one"),
        ({"study": "another"}, "Choose one"),
        ({"site": ""}, "Choose one"),
        ({"site": "OSL"}, "Choose one"),
        ({"site": "*"}, "Choose one"),
        ({"reason": ""}, "Fill it in"),
        ({"reason": "x" * 10_000}, "too long"),
        ({"delegated_by": "x" * 201}, "1 to 200 characters"),
        ({"until_on_day": "1", "until_on_month": "3", "until_on_year": "2026"}, "before the first"),
        (
            {
                "from_on_day": "1", "from_on_month": "2", "from_on_year": "2026", "training_on_month": "1",
                "until_on_day": "1", "until_on_month": "3", "until_on_year": "2026",
            },
            "over already",
        ),
    ],
)  # fmt: skip
def test_a_grant_that_cannot_be_is_refused_in_words(
    web: Web, clock: Traveller, changes: dict[str, str], said: str
) -> None:
    _add(web)
    answer = _give(web, _user(web), **changes)
    assert answer.status_code == 422
    assert said in answer.text
    with web.app.app_context():
        assert grant.grants(_user(web)) == []


def test_a_grant_from_tomorrow_says_that_it_has_not_begun(web: Web, clock: Traveller) -> None:
    _add(web)
    user = _user(web)
    _give(web, user, from_on_day="3", from_on_month="3", from_on_year="2026")
    assert "not begun" in web.client("adam").get(f"/admin/people/{user}").text
    assert (
        "no grant that counts"
        in web.stranger().post("/login", data={"login": "new.person", "password": FIRST}).text
    )
    clock.shift(24 * 3600)
    assert web.stranger().post("/login", data={"login": "new.person", "password": FIRST}).status_code == 303


def test_the_same_role_is_not_given_twice_for_one_period(web: Web, clock: Traveller) -> None:
    _add(web)
    user = _user(web)
    later = {"from_on_day": "1", "from_on_month": "5", "from_on_year": "2026"}
    assert _give(web, user, until_on_day="1", until_on_month="4", until_on_year="2026").status_code == 303
    assert _give(web, user).status_code == 422
    assert _give(web, user, **later).status_code == 303


def test_a_grant_is_revoked_with_a_reason_and_only_once(web: Web) -> None:
    nora = web.cast.nora.user
    with web.app.app_context():
        (held,) = grant.grants(nora)
    door = f"/admin/people/{nora}/grants/{held.code}/revoke"
    admin = web.client("adam")
    client = web.client("nora")
    assert admin.get(door).status_code == 200
    assert admin.post(door, data={"reason": " "}).status_code == 422
    assert client.get("/me").status_code == 200
    assert admin.post(door, data={"reason": "left the ward"}).status_code == 303
    assert client.get("/me").status_code == 303
    answer = admin.post(door, data={"reason": "again"})
    assert answer.status_code == 422 and "revoked already" in answer.text
    page = admin.get(f"/admin/people/{nora}").text
    assert "left the ward" in page and "revoked" in page


def test_a_grant_is_found_only_under_its_own_person(web: Web) -> None:
    with web.app.app_context():
        (held,) = grant.grants(web.cast.nora.user)
    admin = web.client("adam")
    assert admin.get(f"/admin/people/{web.cast.nils.user}/grants/{held.code}/revoke").status_code == 404
    assert admin.post(f"/admin/people/{web.cast.nils.user}/grants/{held.code}/revoke").status_code == 404


def test_nobody_changes_their_own_access(web: Web) -> None:
    admin, adam = web.client("adam"), web.cast.adam.user
    with web.app.app_context():
        (held,) = grant.grants(adam)
    before = web.entries()
    for door, data in (
        (f"/admin/people/{adam}/grants/{held.code}/revoke", {"reason": "x"}),
        (f"/admin/people/{adam}/grants/new", GRANT),
        (f"/admin/people/{adam}/switch", {"active": "no", "switch_reason": "x"}),
        (f"/admin/people/{adam}/password", {"password": "another long password"}),
        (f"/admin/people/{adam}/name", {"full_name": "Adam K."}),
    ):
        answer = admin.post(door, data=data)
        assert answer.status_code == 422, door
        assert "Nobody changes their own access" in answer.text, door
    assert web.entries() == before


def test_an_administrator_of_one_site_neither_sees_nor_touches_another(web: Web) -> None:
    admin, ola = web.client("adam"), web.cast.ola.user
    assert "Ola Nordmann" not in admin.get("/admin/people").text
    for door in ("", "/password", "/grants/new"):
        assert admin.get(f"/admin/people/{ola}{door}").status_code == 404, door
    for door in ("/switch", "/name", "/password", "/grants/new"):
        assert admin.post(f"/admin/people/{ola}{door}", data={"active": "no"}).status_code == 404, door


def test_who_works_elsewhere_too_is_seen_but_not_taken_over(web: Web, clock: Traveller) -> None:
    with web.app.app_context():
        grant.give(
            system_actor(), web.cast.nora.user, Role.NURSE, study=STUDY, site="OSL", from_on=TODAY,
            training_on=TODAY, reason="helps out",
        )  # fmt: skip
    admin, nora = web.client("adam"), web.cast.nora.user
    answer = admin.post(f"/admin/people/{nora}/password", data={"password": "another long password"})
    assert answer.status_code == 422 and "outside what you manage" in answer.text
    answer = admin.post(f"/admin/people/{nora}/switch", data={"active": "no", "switch_reason": "x"})
    assert answer.status_code == 422
    page = admin.get(f"/admin/people/{nora}").text
    assert page.count(">Revoke<") == 1


def test_an_account_is_switched_off_and_on_again(web: Web) -> None:
    admin, nora, client = web.client("adam"), web.cast.nora.user, web.client("nora")
    door = f"/admin/people/{nora}/switch"
    assert admin.post(door, data={"active": "no", "switch_reason": ""}).status_code == 422
    assert admin.post(door, data={"switch_reason": "x"}).status_code == 422
    assert admin.post(door, data={"active": "no", "switch_reason": "on leave"}).status_code == 303
    assert client.get("/me").status_code == 303
    assert web.stranger().post("/login", data={"login": "nora", "password": "x"}).status_code == 401
    assert admin.post(door, data={"active": "no", "switch_reason": "again"}).status_code == 422
    assert admin.post(door, data={"active": "yes", "switch_reason": "back"}).status_code == 303
    assert web.by_form("nora").get("/me").status_code == 200


def test_two_administrators_who_revoke_one_grant_at_once_make_one_entry(web: Web) -> None:
    with web.app.app_context():
        (held,) = grant.grants(web.cast.nora.user)
    outcomes: list[str] = []

    def revoke(number: int) -> None:
        with web.app.app_context():
            try:
                grant.revoke(system_actor(), held.code, f"reason {number}")
                outcomes.append("revoked")
            except SpecimensError as error:
                outcomes.append(error.code)

    _together(revoke, 4)
    assert sorted(outcomes) == ["already_revoked"] * 3 + ["revoked"]
    assert web.acts("grant").count("grant_revoked") == 1


def test_two_administrators_who_add_one_log_in_name_at_once_make_one_person(web: Web) -> None:
    outcomes: list[str] = []

    def add(number: int) -> None:
        with web.app.app_context():
            try:
                people.add(system_actor(), "new.person", f"Person {number}", FIRST)
                outcomes.append("added")
            except SpecimensError as error:
                outcomes.append(error.code)

    _together(add, 3)
    assert sorted(outcomes) == ["added", "login_taken", "login_taken"]


def _together(work: Any, times: int) -> None:
    threads = [threading.Thread(target=work, args=(number,)) for number in range(times)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_no_password_ever_stands_in_a_page_or_in_the_ledger(web: Web) -> None:
    _add(web)
    user = _user(web)
    web.client("adam").post(f"/admin/people/{user}/password", data={"password": "tiny"})
    with web.app.app_context():
        bodies = db.session.connection().exec_driver_sql("SELECT body FROM ledger_entry").scalars().all()
    assert bodies and not any(FIRST.encode() in body for body in bodies)
    assert not re.search(
        r'type="password"[^>]*value="[^"]+"', web.client("adam").get("/admin/people/new").text
    )

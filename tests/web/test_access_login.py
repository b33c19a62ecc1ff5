"""Logging in: names, delays, roles and stations, and where one comes out."""

from datetime import date

import pytest
from sqlalchemy import select, update
from time_machine import Traveller

from specimens.domain.access import system_actor
from specimens.domain.terms import Role
from specimens.models.base import db
from specimens.models.user import Credential, LoginRow, LoginSession
from specimens.services import grant
from tests.cast import PASSWORD, STUDY
from tests.forms import without_tokens
from tests.web.conftest import Web

TODAY = date(2026, 3, 2)


def _send(web: Web, login: str, password: str = PASSWORD, client=None, **more: str):
    return (client or web.stranger()).post("/login", data={"login": login, "password": password, **more})


def _give(web: Web, login: str, role: Role, site: str | None = "AMS") -> str:
    with web.app.app_context():
        user = web.cast.actors[login].user
        return grant.give(
            system_actor(), user, role, study=STUDY, site=site, from_on=TODAY, training_on=TODAY, reason="x"
        ).code


def test_a_nurse_logs_in_chooses_a_station_and_begins_the_day(web: Web, clock: Traveller) -> None:
    client = web.stranger()
    answer = _send(web, "nora", client=client)
    assert (answer.status_code, answer.location) == (303, "/station")
    page = without_tokens(client.get("/station").text)
    assert "AMS clinic 2" in page and "OSL" not in page
    answer = client.post("/station", data={"station": web.cast.stations["AMS clinic 2"]})
    assert answer.status_code == 303
    assert "AMS clinic 2" in client.get("/me").text
    assert web.acts("user")[-2:] == ["logged_in", "station_chosen"]


def test_a_station_is_chosen_by_scanning_its_code(web: Web) -> None:
    client = web.by_form("nora")
    answer = client.post("/station", data={"scan": web.cast.stations["AMS clinic"].lower()})
    assert answer.status_code == 303
    assert "AMS clinic" in client.get("/me").text


@pytest.mark.parametrize("scan", ["", "rubbish", "C4K7N2XD", "OSL clinic", "x" * 10_000])
def test_a_scan_that_is_no_station_of_mine_says_so(web: Web, scan: str) -> None:
    code = web.cast.stations.get(scan, scan)
    client = web.by_form("nora")
    answer = client.post("/station", data={"scan": code})
    assert answer.status_code == 422
    assert 'class="said"' in answer.text


def test_a_station_of_another_site_cannot_be_chosen(web: Web) -> None:
    answer = web.by_form("nora").post("/station", data={"station": web.cast.stations["OSL clinic"]})
    assert answer.status_code == 422


def test_the_station_stays_in_the_browser_and_is_still_one_click(web: Web) -> None:
    client = web.by_form("nora")
    client.post("/station", data={"station": web.cast.stations["AMS clinic"]})
    client.post("/logout")
    _send(web, "nils", client=client)
    page = client.get("/station").text
    assert "Where this browser was last" in page
    assert "choose" in page  # nothing is chosen yet
    assert "checked" not in page and "selected" not in page


def test_an_auditor_needs_no_station(web: Web) -> None:
    answer = _send(web, "adam")
    assert answer.location == "/admin/people"


@pytest.mark.parametrize("typed", ["nora", " nora ", "NORA", "Nora\t", "\uff4e\uff4f\uff52\uff41"])
def test_the_name_may_be_typed_with_spaces_in_capitals_or_in_wide_letters(web: Web, typed: str) -> None:
    assert _send(web, typed).status_code == 303


@pytest.mark.parametrize(
    "typed",
    ["", "nobody", "no ra", "nora\u0000", "' OR 1=1 --", "<script>", "\u202enora", "ñora", "n" * 10_000],
)
def test_a_name_that_is_nobodys_is_told_the_same_as_a_wrong_password(web: Web, typed: str) -> None:
    answer = _send(web, typed)
    assert answer.status_code in (401, 422)
    if answer.status_code == 401:
        assert "do not belong together" in answer.text
        wrong = _send(web, "nora", "wrong" * 4)
        assert "do not belong together" in wrong.text and wrong.status_code == 401


def test_a_password_of_ten_thousand_characters_is_simply_wrong(web: Web) -> None:
    assert _send(web, "nora", PASSWORD + "x" * 10_000).status_code == 401


def test_a_failed_log_in_is_kept_with_the_name_sealed(web: Web) -> None:
    _send(web, "My secret passw0rd", "nora")
    assert web.acts("login") == ["login_failed"]
    with web.app.app_context():
        row = db.session.execute(select(LoginRow)).scalar_one()
        assert (row.outcome, row.user, row.name) == ("wrong", None, "My secret passw0rd")
        body = (
            db.session.connection()
            .exec_driver_sql("SELECT body FROM ledger_entry ORDER BY id DESC LIMIT 1")
            .scalar()
        )
        assert b"secret" not in body


def test_after_three_wrong_tries_each_further_one_waits_longer(web: Web, clock: Traveller) -> None:
    waits = []
    for _try in range(7):
        answer = _send(web, "nora", "wrong")
        assert answer.status_code == 401
        answer = _send(web, "nora", "wrong")
        while answer.status_code == 401:
            answer = _send(web, "nora", "wrong")
        assert answer.status_code == 429
        waits.append(int(answer.headers["Retry-After"]))
        clock.shift(waits[-1])
    assert waits[0] <= 2 and waits == sorted(waits) and waits[-1] > waits[0]
    assert max(waits) <= 300


def test_while_a_try_waits_even_the_right_password_waits_and_afterwards_it_works(
    web: Web, clock: Traveller
) -> None:
    for _try in range(5):
        _send(web, "nora", "wrong")
    answer = _send(web, "nora")
    assert answer.status_code == 429
    assert "Wait" in answer.text
    clock.shift(301)
    assert _send(web, "nora").status_code == 303
    assert _send(web, "nora", "wrong").status_code == 401  # the count began again


def test_nobody_else_waits_for_the_mistakes_of_one(web: Web, clock: Traveller) -> None:
    for _try in range(8):
        _send(web, "nora", "wrong")
    assert _send(web, "nils").status_code == 303
    other_address = web.stranger().post(
        "/login", data={"login": "nora", "password": PASSWORD}, environ_base={"REMOTE_ADDR": "10.0.0.9"}
    )
    assert other_address.status_code == 303


def test_one_address_that_tries_many_names_is_slowed(web: Web, clock: Traveller) -> None:
    answers = [_send(web, f"guess{number}", "wrong").status_code for number in range(33)]
    assert answers[:30] == [401] * 30
    assert 429 in answers[30:]


def test_an_account_that_is_switched_off_cannot_log_in(web: Web) -> None:
    client = web.client("adam")
    nora = web.cast.nora.user
    client.post(f"/admin/people/{nora}/switch", data={"active": "no", "switch_reason": "left"})
    assert _send(web, "nora").status_code == 401


def test_without_a_grant_that_counts_nobody_comes_in(web: Web, clock: Traveller) -> None:
    with web.app.app_context():
        held = grant.grants(web.cast.nora.user)[0]
        grant.revoke(system_actor(), held.code, "over")
    answer = _send(web, "nora")
    assert answer.status_code == 401
    assert "no grant that counts today" in answer.text


def test_with_several_roles_one_is_chosen_before_anything_else(web: Web, clock: Traveller) -> None:
    code = _give(web, "nora", Role.MONITOR)
    client = web.stranger()
    assert _send(web, "nora", client=client).location == "/grant"
    page = client.get("/grant").text
    assert "research nurse" in page and "monitor" in page and "checked" not in page
    assert client.get("/me").location.startswith("/grant")
    assert client.get("/station").location.startswith("/grant")
    assert client.post("/me/tokens", data={"name": "x", "days": "1"}).location.startswith("/grant")
    assert "logged_in" not in web.acts("user")
    answer = client.post("/grant", data={"grant": code})
    assert answer.status_code == 303
    assert "monitor" in client.get("/me").text
    assert web.acts("user")[-1] == "logged_in"


def test_a_role_that_is_not_mine_cannot_be_chosen(web: Web, clock: Traveller) -> None:
    code = _give(web, "nils", Role.MONITOR)
    _give(web, "nora", Role.MONITOR)
    client = web.by_form("nora")
    for grant_code in (code, "", "rubbish"):
        assert client.post("/grant", data={"grant": grant_code}).status_code == 422
    assert client.get("/me").location.startswith("/grant")


def test_somebody_who_has_not_chosen_can_still_log_out(web: Web, clock: Traveller) -> None:
    _give(web, "nora", Role.MONITOR)
    client = web.by_form("nora")
    assert client.post("/logout").location == "/login"
    assert client.get("/grant").location.startswith("/login")


def test_a_grant_that_begins_tomorrow_is_not_offered_until_then(web: Web, clock: Traveller) -> None:
    with web.app.app_context():
        user = web.cast.nora.user
        grant.give(
            system_actor(), user, Role.MONITOR, study=STUDY, site="AMS", from_on=date(2026, 3, 3),
            training_on=TODAY, until_on=date(2026, 3, 3), reason="x",
        )  # fmt: skip
    assert _send(web, "nora").location == "/station"
    clock.move_to("2026-03-02T23:30:00Z")  # half past midnight of the next day in Amsterdam
    assert _send(web, "nora").location == "/grant"
    clock.move_to("2026-03-03T23:30:00Z")
    assert _send(web, "nora").location == "/station"


def test_demonstration_log_ins_are_refused_in_production(web: Web) -> None:
    with web.app.app_context():
        db.session.execute(update(Credential).values(demonstration=True))
        db.session.commit()
    assert _send(web, "nora").status_code == 303
    object.__setattr__(web.app.config["SETTINGS"], "env", "production")
    answer = _send(web, "nora")
    assert answer.status_code == 401
    assert "Demonstration log-ins do not work in production" in answer.text
    assert web.acts("login") == ["login_failed"]


def test_a_token_from_before_logging_in_is_worth_nothing_afterwards(web: Web) -> None:
    victim = web.stranger()
    with victim.session_transaction() as session:
        session["specimens_session"] = "planted"
        session["csrf_token"] = "planted"
    _send(web, "nora", client=victim)
    with victim.session_transaction() as session:
        assert session["specimens_session"] != "planted"
        assert "csrf_token" not in session


def test_each_choice_makes_a_new_token_and_ends_the_old_one(web: Web) -> None:
    client = web.by_form("nora")
    with client.session_transaction() as session:
        before = session["specimens_session"]
    client.post("/station", data={"station": web.cast.stations["AMS clinic"]})
    with client.session_transaction() as session:
        assert session["specimens_session"] != before
    thief = web.stranger()
    with thief.session_transaction() as session:
        session["specimens_session"] = before
    assert thief.get("/me").location.startswith("/login")
    with web.app.app_context():
        rows = db.session.execute(select(LoginSession).order_by(LoginSession.id)).scalars().all()
        assert [row.ended_at is None for row in rows] == [False, True]


def test_a_cookie_kept_after_log_out_is_worth_nothing(web: Web) -> None:
    client = web.by_form("nora")
    with client.session_transaction() as session:
        token = session["specimens_session"]
    client.post("/logout")
    with client.session_transaction() as session:
        session["specimens_session"] = token
    assert client.get("/me").location.startswith("/login")


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/", "//evil.example/", "/\\evil.example", "\\/evil.example", "/\t/evil.example",
        "/me\r\nSet-Cookie: a=b", "javascript:alert(1)", "/nothing/here", "/logout", "me", "/" + "x" * 5000,
        "/%0d%0aSet-Cookie:a", "/me\u0000",
    ],
)  # fmt: skip
def test_one_never_comes_out_anywhere_but_here(web: Web, target: str) -> None:
    answer = _send(web, "adam", next=target)
    if answer.status_code == 303:
        assert answer.location == "/admin/people"
    else:
        assert answer.status_code == 422
    assert "Set-Cookie: a" not in str(answer.headers)
    page = web.stranger().get("/login", query_string={"next": target})
    assert page.status_code in (200, 422)
    assert page.text.count('name="next"') == 1  # the one of the switches, which leads back to this page


def test_one_comes_out_where_one_was_going(web: Web) -> None:
    client = web.stranger()
    there = client.get("/admin/people?q=no%26ra").location
    assert there.startswith("/login?next=")
    page = client.get(there)
    assert 'value="/admin/people?q=no%26ra"' in page.text
    answer = _send(web, "adam", client=client, next="/admin/people?q=no%26ra")
    assert answer.location == "/admin/people?q=no%26ra"


def test_after_the_time_out_one_goes_on_where_one_was(web: Web, clock: Traveller) -> None:
    client = web.by_form("adam")
    clock.shift(29 * 60)
    assert client.get("/admin/people").status_code == 200
    clock.shift(31 * 60)
    answer = client.get("/admin/sites")
    assert answer.location == "/login?next=/admin/sites"
    assert "You were away" in client.get(answer.location).text


def test_a_form_that_was_sent_after_the_time_out_leads_back_to_its_page(web: Web, clock: Traveller) -> None:
    client = web.by_form("adam")
    clock.shift(31 * 60)
    answer = client.post(
        "/admin/sites/AMS/change", data={"name": "x"}, headers={"Referer": "http://localhost/admin/sites/AMS"}
    )
    assert answer.location == "/login?next=/admin/sites/AMS"
    answer = client.post(
        "/admin/sites/AMS/change", headers={"Referer": "http://evil.example/admin/sites/AMS"}
    )
    assert answer.location == "/login"
    assert "site_changed" not in web.acts()


def test_after_twelve_hours_even_a_busy_session_ends_and_a_change_of_station_does_not_renew_it(
    web: Web, clock: Traveller
) -> None:
    client = web.by_form("nora")
    for _hour in range(23):
        clock.shift(25 * 60)
        client.post("/station", data={"station": web.cast.stations["AMS clinic"]})
        assert client.get("/me").status_code == 200
    for _hour in range(6):
        clock.shift(25 * 60)
        answer = client.get("/me")
    assert answer.status_code == 303


def test_a_revoked_grant_ends_the_session_with_the_next_request(web: Web, clock: Traveller) -> None:
    client = web.client("nora")
    assert client.get("/me").status_code == 200
    with web.app.app_context():
        grant.revoke(system_actor(), grant.grants(web.cast.nora.user)[0].code, "over")
    assert client.get("/me").status_code == 303


def test_without_its_token_no_form_is_taken(web: Web) -> None:
    web.protect()
    client = web.stranger()
    assert client.post("/login", data={"login": "nora", "password": PASSWORD}).status_code == 400
    assert web.acts("login") == [] and web.acts("user")[-1] != "logged_in"
    for door in (
        "/logout",
        "/station",
        "/grant",
        "/me/tokens",
        "/password",
        "/preferences",
        "/admin/people/new",
    ):
        assert client.post(door).status_code == 400, door


def test_the_page_after_a_wrong_try_keeps_the_name_and_never_the_password(web: Web) -> None:
    answer = _send(web, 'nora"><b>', "not-my-password")
    assert "not-my-password" not in answer.text
    assert "<b>" not in answer.text

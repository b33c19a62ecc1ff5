"""One's own account: password, language, tokens, sessions."""

import re
import unicodedata

import pytest
from time_machine import Traveller

from specimens.services import token
from tests.cast import PASSWORD
from tests.web.conftest import Web

NEW = "a quiet heron over wet grass"


def _change(client, old: str = PASSWORD, new: str = NEW, again: str | None = None, **more: str):
    return client.post(
        "/password", data={"old": old, "new": new, "again": new if again is None else again, **more}
    )


def test_a_person_changes_the_password_and_other_sessions_end(web: Web) -> None:
    here, elsewhere = web.by_form("adam"), web.by_form("adam")
    assert elsewhere.get("/me").status_code == 200
    answer = _change(here)
    assert (answer.status_code, answer.location) == (303, "/admin/people")
    assert here.get("/me").status_code == 200
    assert elsewhere.get("/me").status_code == 303
    assert web.stranger().post("/login", data={"login": "adam", "password": PASSWORD}).status_code == 401
    assert web.stranger().post("/login", data={"login": "adam", "password": NEW}).status_code == 303
    assert web.acts("user").count("password_changed") == 1


@pytest.mark.parametrize(
    ("old", "new", "again", "said"),
    [
        ("wrong", NEW, NEW, "not your present password"),
        ("", NEW, NEW, "Fill it in"),
        (PASSWORD, "too short", "too short", "at least 15 characters"),
        (PASSWORD, NEW, NEW + "x", "differ"),
        (PASSWORD, PASSWORD, PASSWORD, "the password that you have now"),
        (PASSWORD, "adamkokadamkok1", "adamkokadamkok1", "easy to guess"),
        (PASSWORD, "password12345678", "password12345678", "easy to guess"),
        (PASSWORD, "aaaaaaaaaaaaaaaaaaaa", "aaaaaaaaaaaaaaaaaaaa", "easy to guess"),
        (PASSWORD, "x" * 10_000, "x" * 10_000, "at most 256 characters"),
    ],
)
def test_a_password_that_will_not_do_is_refused_in_words(
    web: Web, old: str, new: str, again: str, said: str
) -> None:
    client = web.by_form("adam")
    answer = _change(client, old, new, again)
    assert answer.status_code == 422
    assert said in answer.text
    assert "password_changed" not in web.acts()
    if len(new) < 100:
        assert new not in answer.text


def test_guessing_the_present_password_is_slowed_too(web: Web, clock: Traveller) -> None:
    client = web.client("adam")
    for _try in range(6):
        answer = _change(client, "wrong")
    assert "Wait" in answer.text


def test_a_password_typed_with_other_code_points_is_the_same_password(web: Web) -> None:
    typed = "één rustige reiger op het gras"
    composed, decomposed = (unicodedata.normalize(form, typed) for form in ("NFC", "NFD"))
    assert composed != decomposed
    _change(web.by_form("adam"), new=composed)
    assert web.stranger().post("/login", data={"login": "adam", "password": decomposed}).status_code == 303


def test_who_was_given_a_password_can_do_nothing_before_changing_it(web: Web) -> None:
    given = "given by the administrator"
    admin = web.client("adam")
    nora = web.cast.nora.user
    assert admin.post(f"/admin/people/{nora}/password", data={"password": given}).status_code == 303
    client = web.by_form("nora", given)
    for door in ("/me", "/station", "/me/tokens", "/"):
        answer = (
            client.get(door) if door != "/me/tokens" else client.post(door, data={"name": "x", "days": 1})
        )
        assert answer.status_code == 303 and answer.location.startswith("/password"), door
    page = client.get("/password?next=/me").text
    assert "has to become yours alone" in page
    answer = _change(client, given, next="/me")
    assert answer.location == "/me"
    assert client.get("/me").status_code == 200


def test_the_language_of_the_account_is_kept(web: Web) -> None:
    client = web.client("nora")
    assert client.post("/me/language", data={"language": "nl"}).status_code == 303
    assert 'lang="nl"' in web.by_form("nora").get("/me").text
    assert client.post("/me/language", data={"language": "xx"}).status_code == 422
    assert web.acts("user").count("language_set") == 1
    client.post("/me/language", data={"language": "nl"})
    assert web.acts("user").count("language_set") == 1


def test_a_token_is_shown_once_works_and_is_revoked(web: Web) -> None:
    client = web.client("nora")
    answer = client.post("/me/tokens", data={"name": "robot", "days": "30", "nonce": "n1"})
    assert answer.status_code == 200
    made = re.search(r"spc_[\w-]{40,}", answer.text)
    assert made
    with web.app.app_context():
        actor = token.actor_of(made.group(0))
        assert actor and actor.user == web.cast.nora.user and actor.station == web.cast.nora.station
        (mine,) = token.mine(actor)
    assert made.group(0) not in client.get("/me").text
    again = client.post("/me/tokens", data={"name": "robot", "days": "30", "nonce": "n1"})
    assert again.status_code == 422 and "shown only once" in again.text
    assert client.post(f"/me/tokens/{mine.number}/revoke").status_code == 303
    with web.app.app_context():
        assert token.actor_of(made.group(0)) is None


@pytest.mark.parametrize(
    ("name", "days"),
    [
        ("", "30"),
        ("robot", ""),
        ("robot", "0"),
        ("robot", "3651"),
        ("robot", "1e9"),
        ("r" * 10_000, "1"),
        ("a\nb", "1"),
    ],
)
def test_a_token_needs_a_name_and_a_number_of_days(web: Web, name: str, days: str) -> None:
    answer = web.client("nora").post("/me/tokens", data={"name": name, "days": days})
    if name == "a\nb":
        assert answer.status_code == 200  # written on one line
    else:
        assert answer.status_code == 422
        assert "token_made" not in web.acts()


def test_nobody_revokes_the_token_or_ends_the_session_of_another(web: Web) -> None:
    nora, mei = web.client("nora"), web.client("mei")
    nora.post("/me/tokens", data={"name": "robot", "days": "30"})
    assert mei.post("/me/tokens/1/revoke").status_code == 404
    assert mei.post("/me/sessions/1/end").status_code == 404
    assert mei.post("/me/sessions/999999999999999999999/end").status_code == 404
    assert nora.get("/me").status_code == 200


def test_a_forgotten_session_is_ended_from_here(web: Web) -> None:
    here, forgotten = web.by_form("nora"), web.by_form("nora")
    page = here.get("/me").text
    assert "this one" in page
    number = re.findall(r"/me/sessions/(\d+)/end", page)
    assert len(number) == 1
    assert here.post(f"/me/sessions/{number[0]}/end").status_code == 303
    assert forgotten.get("/me").status_code == 303
    assert here.get("/me").status_code == 200


def test_what_a_page_looks_like_is_set_without_logging_in_and_leads_back(web: Web) -> None:
    client = web.stranger()
    answer = client.post("/preferences", data={"theme": "dark", "next": "/login"})
    assert answer.location == "/login"
    assert 'data-bs-theme="dark"' in client.get("/login").text
    client.post("/preferences", data={"theme": "<script>", "language": "xx", "next": "https://evil.example"})
    assert 'data-bs-theme="dark"' in client.get("/login").text

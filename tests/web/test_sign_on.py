"""Single sign-on against a real provider in a process of its own: it says who somebody is, the rest is said here."""

import re
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests
from flask import Flask
from flask.testing import FlaskClient

import config
from specimens.app import create_app
from specimens.models.base import db
from specimens.services import people
from specimens.services.install import install
from tests.cast import PASSWORD, build
from tests.engines import Database, settings_for
from tests.ports import port_held
from tests.web.conftest import Web


@pytest.fixture(scope="module")
def provider() -> Iterator[str]:
    """Start an OpenID provider and return its issuer."""
    with port_held() as port:
        command = [sys.executable, "-W", "ignore", "-m", "oidc_provider_mock", "--port", str(port)]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
            issuer = f"http://127.0.0.1:{port}"
            try:
                _wait_for(f"{issuer}/.well-known/openid-configuration", process)
                yield issuer
            finally:
                process.terminate()


def _wait_for(address: str, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 60
    while True:
        try:
            requests.get(address, timeout=30).raise_for_status()
            return
        except requests.ConnectionError:
            assert process.poll() is None and time.monotonic() < until, "the provider did not start"
            time.sleep(0.1)


def _web(database: Database, tmp_path: Path, issuer: str) -> Web:
    given = config.SignOn("Hospital log-in", issuer, "specimens", "a secret of the client")
    app: Flask = create_app(replace(settings_for(database, tmp_path), sign_on=given))
    app.config["WTF_CSRF_ENABLED"] = False
    with app.app_context():
        install(app.config["SETTINGS"].origin)
        cast = build()
        db.session.remove()
    return Web(app, cast)


@pytest.fixture
def web(provider: str, database: Database, tmp_path: Path) -> Web:
    return _web(database, tmp_path, provider)


def _there(client: FlaskClient, location: str, subject: str) -> str:
    """Log in at the provider as a person does; return the address that it sends the browser back to."""
    answer = requests.post(location, data={"sub": subject}, allow_redirects=False, timeout=60)
    assert answer.status_code in (302, 303), answer.text
    back = urlsplit(answer.headers["Location"])
    return f"{back.path}?{back.query}"


def _link(web: Web, login: str, subject: str) -> FlaskClient:
    client = web.client(login)
    page = client.post("/me/sign-on", data={"password": PASSWORD}).text
    assert "/me/sign-on/go" in page
    answer = client.get(_there(client, client.get("/me/sign-on/go").location, subject))
    assert answer.location == "/me/sign-on", answer.text
    return client


def _sign_on(web: Web, subject: str, path: str = "/login/sign-on"):
    client = web.stranger()
    answer = client.get(path)
    assert answer.status_code == 302
    return client, client.get(_there(client, answer.location, subject))


def test_a_linked_person_is_logged_in_with_the_role_that_is_granted_here(web: Web) -> None:
    _link(web, "nora", "subject-7")
    client, answer = _sign_on(web, "subject-7")
    assert (answer.status_code, answer.location) == (303, "/station")
    page = client.get("/me").text
    assert "Nora de Wit" in page and "research nurse" in page
    assert web.acts("user")[-1] == "logged_in"


def test_a_stranger_to_us_gets_no_account_and_is_written_down(web: Web) -> None:
    _, answer = _sign_on(web, "somebody")
    assert answer.status_code == 401
    assert "Hospital log-in knows you, but nobody here has linked that account" in answer.text
    assert web.acts("login") == ["login_failed"]


def test_one_goes_on_where_one_was_and_nowhere_else(web: Web) -> None:
    _link(web, "ada", "a")
    assert _sign_on(web, "a", "/login/sign-on?next=/audit")[1].location == "/audit"
    assert _sign_on(web, "a", "/login/sign-on?next=//evil.example")[1].location == "/audit"


def test_the_way_back_works_once_and_only_in_the_browser_that_set_out(web: Web) -> None:
    _link(web, "ada", "a")
    client = web.stranger()
    back = _there(client, client.get("/login/sign-on").location, "a")
    assert web.stranger().get(back).status_code == 401
    assert client.get(back).status_code == 303
    assert web.stranger().get(back).status_code == 401
    fresh = web.stranger()
    fresh.get("/login/sign-on")
    assert fresh.get(re.sub("state=[^&]+", "state=made-up", back)).status_code == 401
    for path in ("", "?error=access_denied", "?code=x", "?state=x", "?code=%00&state=%F0%9F"):
        assert web.stranger().get(f"/login/sign-on/back{path}").status_code in (401, 422), path


def test_an_account_stands_for_one_person_and_unlinked_for_none(web: Web) -> None:
    nora = _link(web, "nora", "one")
    mei = web.client("mei")
    mei.post("/me/sign-on", data={"password": PASSWORD})
    answer = mei.get(_there(mei, mei.get("/me/sign-on/go").location, "one"))
    assert answer.status_code == 409 and "linked to somebody here already" in answer.text
    assert nora.post("/me/sign-on/unlink").status_code == 303
    assert nora.post("/me/sign-on/unlink").status_code == 404
    assert _sign_on(web, "one")[1].status_code == 401
    _link(web, "mei", "one")


def test_linking_asks_for_the_password_and_comes_back_to_the_same_person(web: Web) -> None:
    client = web.client("nora")
    assert client.get("/me/sign-on/go").location == "/me/sign-on"
    assert client.post("/me/sign-on", data={"password": "wrong"}).status_code == 422
    client.post("/me/sign-on", data={"password": PASSWORD})
    back = _there(client, client.get("/me/sign-on/go").location, "n")
    client.post("/logout")
    assert client.get(back).status_code == 401


def test_somebody_switched_off_or_without_a_grant_stays_outside(web: Web) -> None:
    _link(web, "nora", "n")
    with web.app.app_context():
        people.switch(web.cast.adam, web.cast.nora.user, active=False, reason="left")
        db.session.remove()
    assert _sign_on(web, "n")[1].status_code == 401


def test_a_provider_that_is_away_is_told_and_the_password_still_works(
    database: Database, tmp_path: Path
) -> None:
    with port_held() as port:  # nobody listens there
        web = _web(database, tmp_path, f"http://127.0.0.1:{port}")
        client = web.stranger()
        assert "Log in with Hospital log-in" in client.get("/login").text
        answer = client.get("/login/sign-on")
    assert answer.status_code == 503
    assert "does not answer" in answer.text
    assert client.post("/login", data={"login": "nora", "password": PASSWORD}).status_code == 303


def test_without_a_provider_there_is_no_such_page(app: Flask) -> None:
    client = app.test_client()
    assert "sign-on" not in client.get("/login").text
    assert client.get("/login/sign-on").status_code == 404
    assert client.get("/login/sign-on/back?code=x&state=y").status_code == 404

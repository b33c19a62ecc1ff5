"""The second factor: set, asked for, guessed at, lost."""

import re

import pyotp
import pytest
from flask.testing import FlaskClient
from time_machine import Traveller

from tests.cast import PASSWORD
from tests.web.conftest import Web


def _set(web: Web, client: FlaskClient) -> tuple[pyotp.TOTP, list[str]]:
    """Set a second factor as a person does; return the authenticator and the recovery codes."""
    assert client.post("/me/second-factor/begin", data={"password": PASSWORD}).status_code == 303
    page = client.get("/me/second-factor").text
    assert '<svg class="qr"' in page
    found = re.search(r'<code class="secret">([A-Z2-7 ]+)</code>', page)
    assert found
    totp = pyotp.TOTP(found.group(1).replace(" ", ""))
    answer = client.post("/me/second-factor/confirm", data={"confirm": totp.now()})
    assert answer.status_code == 200
    codes = re.findall(r'<code class="secret">([0-9A-Z-]{14})</code>', answer.text)
    assert len(codes) == 10
    return totp, codes


def _first(web: Web, login: str = "nora") -> FlaskClient:
    """Type the password alone, in a fresh browser."""
    client = web.stranger()
    answer = client.post("/login", data={"login": login, "password": PASSWORD})
    assert (answer.status_code, answer.location) == (303, "/login/code")
    return client


def test_the_password_alone_opens_nothing_once_a_factor_is_set(web: Web, clock: Traveller) -> None:
    totp, _ = _set(web, web.client("nora"))
    client = _first(web)
    for path in ("/today", "/me", "/grant", "/station", "/search"):
        assert client.get(path).location.startswith("/login/code"), path
    assert client.post("/me/language", data={"language": "nl"}).location.startswith("/login/code")
    clock.shift(60)
    answer = client.post("/login/code", data={"code": totp.now()})
    assert (answer.status_code, answer.location) == (303, "/station")
    assert client.get("/me").status_code == 200
    assert web.acts("user")[-1] == "logged_in"


def test_a_code_works_once_and_neither_long_before_nor_after_its_time(web: Web, clock: Traveller) -> None:
    totp, _ = _set(web, web.client("nora"))
    used = totp.now()
    assert _first(web).post("/login/code", data={"code": used}).status_code == 401  # it set the factor
    clock.shift(300)
    late = totp.now()
    clock.shift(90)
    assert _first(web).post("/login/code", data={"code": late}).status_code == 401
    now = totp.now()
    assert _first(web).post("/login/code", data={"code": f" {now[:3]} {now[3:]} "}).status_code == 303
    assert _first(web).post("/login/code", data={"code": now}).status_code == 401


@pytest.mark.parametrize("code", ["", "12345", "１２３４５６", "²³⁴⁵⁶⁷", "x" * 10_000, "<b>"])
def test_what_is_no_code_is_refused_in_words(web: Web, clock: Traveller, code: str) -> None:
    _set(web, web.client("nora"))
    answer = _first(web).post("/login/code", data={"code": code})
    assert answer.status_code == 401
    assert "does not fit" in answer.text


def test_guessing_is_slowed_although_the_password_is_right_each_time(web: Web, clock: Traveller) -> None:
    totp, _ = _set(web, web.client("nora"))
    clock.shift(60)
    answers = []
    for number in range(6):
        client = _first(web)  # a right password must not begin the count of codes anew
        answers.append(client.post("/login/code", data={"code": f"{number:06d}"}).status_code)
    assert answers == [401] * 5 + [429]
    assert _first(web).post("/login/code", data={"code": totp.now()}).status_code == 429
    clock.shift(3600)
    assert _first(web).post("/login/code", data={"code": totp.now()}).status_code == 303


def test_a_recovery_code_works_once_and_is_written_down(web: Web, clock: Traveller) -> None:
    client = web.client("nora")
    _, codes = _set(web, client)
    assert (
        _first(web).post("/login/code", data={"code": codes[0].lower().replace("-", " ")}).status_code == 303
    )
    assert "recovery_code_used" in web.acts("user")
    assert _first(web).post("/login/code", data={"code": codes[0]}).status_code == 401
    assert "9 recovery codes are left" in client.get("/me/second-factor").text


def test_new_recovery_codes_end_the_old_ones_and_ask_for_both_factors(web: Web, clock: Traveller) -> None:
    client = web.client("nora")
    totp, codes = _set(web, client)
    clock.shift(60)
    sent = {"password": PASSWORD}
    assert "recovery codes" in client.post("/me/second-factor/codes", data=sent).text
    assert client.post("/me/second-factor/codes", data=sent).status_code == 422
    answer = client.post("/me/second-factor/codes", data={**sent, "code": totp.now()})
    assert len(re.findall(r'<code class="secret">([0-9A-Z-]{14})</code>', answer.text)) == 10
    assert _first(web).post("/login/code", data={"code": codes[1]}).status_code == 401


def test_a_factor_is_taken_away_with_both_factors_and_not_with_one(web: Web, clock: Traveller) -> None:
    client = web.client("nora")
    totp, _ = _set(web, client)
    clock.shift(60)
    assert client.post("/me/second-factor/remove", data={"password": PASSWORD}).status_code == 422
    assert (
        client.post("/me/second-factor/remove", data={"password": "x", "code": totp.now()}).status_code == 422
    )
    sent = {"password": PASSWORD, "code": totp.now()}
    assert client.post("/me/second-factor/remove", data=sent).status_code == 303
    assert (
        web.stranger().post("/login", data={"login": "nora", "password": PASSWORD}).location != "/login/code"
    )


def test_an_administrator_takes_it_away_with_a_reason_and_cannot_set_one(web: Web, clock: Traveller) -> None:
    _set(web, web.client("nora"))
    admin, path = web.client("adam"), f"/admin/people/{web.cast.nora.user}/second-factor"
    assert admin.post(path, data={"factor_reason": " "}).status_code == 422
    assert admin.post(path, data={"factor_reason": "telephone lost, seen in person"}).status_code == 303
    assert web.acts("user")[-1] == "second_factor_reset"
    assert admin.post(path, data={"factor_reason": "again"}).status_code == 404
    assert web.client("nora").post(path, data={"factor_reason": "x"}).status_code == 403


def test_no_secret_and_no_code_lies_in_the_database_in_plain_letters(web: Web, clock: Traveller) -> None:
    totp, codes = _set(web, web.client("nora"))
    with web.app.app_context():
        path = web.app.config["SETTINGS"].database_url.removeprefix("sqlite:///")
    from pathlib import Path

    held = b"".join(Path(path + end).read_bytes() for end in ("", "-wal") if Path(path + end).exists())
    assert len(held) > 10_000
    assert totp.secret.encode() not in held
    for code in codes:
        assert code.encode() not in held and code.replace("-", "").encode() not in held


def test_the_password_is_changed_with_both_factors(web: Web, clock: Traveller) -> None:
    client = web.client("nora")
    totp, _ = _set(web, client)
    clock.shift(60)
    new = "a quiet heron over wet grass"
    sent = {"old": PASSWORD, "new": new, "again": new}
    answer = client.post("/password", data=sent)
    assert answer.status_code == 422 and 'id="code-error"' in answer.text
    assert client.post("/password", data={**sent, "code": totp.now()}).status_code == 303


def test_a_secret_that_cannot_be_read_is_told_and_lets_nobody_in(web: Web, clock: Traveller) -> None:
    from specimens.models.base import db
    from specimens.services import outside

    totp, _ = _set(web, web.client("nora"))
    clock.shift(60)
    with web.app.app_context():
        outside.keep(db.engine, "another secret of thirty-two characters and more", outside.folder())
    answer = _first(web).post("/login/code", data={"code": totp.now()})
    assert answer.status_code == 401
    assert "cannot be read" in answer.text

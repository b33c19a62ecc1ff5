"""Sessions and delays, on both engines."""

import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select
from time_machine import Traveller

from specimens.domain.errors import BadInput, NotFound, Refused, SpecimensError, Unavailable
from specimens.migrations.run import newest
from specimens.models.base import db
from specimens.models.user import LoginRow, LoginSession
from specimens.services import access, health, login, people, session, token
from specimens.services.record import writing
from tests.cast import PASSWORD, build

pytestmark = pytest.mark.usefixtures("clock")
HERE = "192.0.2.7"
LIMITS = {"idle_minutes": 30, "absolute_hours": 12}


def _enter(
    name: str = "nora", password: str = PASSWORD, address: str = HERE, production: bool = False
) -> Any:
    return login.enter(name, password, address=address, production=production)


def _code(work: Callable[[], Any]) -> str:
    try:
        work()
    except SpecimensError as error:
        return error.code
    return "done"


def test_a_hundred_guesses_at_once_are_counted_before_any_password_is_looked_at(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    with app.app_context():
        build()
        db.session.remove()
    looked_at: list[str] = []

    def verify(name: str, password: str) -> Any:
        looked_at.append(password)
        raise Refused("login_failed")

    monkeypatch.setattr(access, "verify", verify)
    answers: list[str] = []

    def guess(number: int) -> None:
        with app.app_context():
            answers.append(_code(lambda: _enter(password=f"guess {number}")))

    threads = [threading.Thread(target=guess, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(answers) == {"login_failed", "login_wait"}
    assert len(looked_at) <= login.FREE_OF_NAME + 1


@pytest.mark.parametrize("failures", range(40))
def test_the_wait_grows_and_has_an_end(failures: int) -> None:
    now, later = (login.wait_seconds(number, 3, 300) for number in (failures, failures + 1))
    assert now <= later <= 300
    assert (now == 0) == (failures < 3)


def test_success_forgives(context: Flask, clock: Traveller) -> None:
    build()
    for _try in range(2):
        assert _code(lambda: _enter(password="wrong")) == "login_failed"
    assert _enter().login == "nora"
    assert [_code(lambda: _enter(password="wrong")) for _try in range(3)] == ["login_failed"] * 3
    assert _code(_enter) == "login_wait"
    clock.shift(16 * 60)
    assert _code(lambda: _enter(password="wrong")) == "login_failed"
    assert _enter().login == "nora"


def test_a_failure_is_an_entry_and_what_was_typed_stands_nowhere_in_it(
    context: Flask, clock: Traveller
) -> None:
    cast = build()
    assert _code(lambda: _enter("NORA", "wrong")) == "login_failed"
    assert _code(lambda: _enter("her password \x00 here\n", "wrong")) == "login_failed"
    rows = db.session.execute(select(LoginRow).order_by(LoginRow.id)).scalars().all()
    assert [(row.outcome, row.user, row.address) for row in rows] == [
        ("wrong", cast.nora.user, HERE),
        ("wrong", None, HERE),
    ]
    assert rows[1].name == "her password \ufffd here\ufffd"


def test_one_who_is_logged_in_is_asked_again_and_guessing_there_is_slowed_too(
    context: Flask, clock: Traveller
) -> None:
    cast = build()
    login.ask_again(cast.nora, PASSWORD, address=HERE)
    answers = [_code(lambda: login.ask_again(cast.nora, "wrong", address=HERE)) for _try in range(5)]
    assert answers == ["password_wrong"] * 3 + ["login_wait"] * 2


def test_a_session_ends_by_idleness_by_length_and_by_logging_out(context: Flask, clock: Traveller) -> None:
    cast = build()
    user = _enter()
    (held,) = access.grants_today(user.code)
    first = access.begin(user, held, None)
    assert access.resume(first, **LIMITS) == replace(cast.nora, station=None, station_name=None)
    clock.shift(31 * 60)
    assert access.resume(first, **LIMITS) is None
    second = access.begin(user, held, None)
    for _step in range(26):
        clock.shift(28 * 60)
        access.resume(second, **LIMITS)
    assert access.resume(second, **LIMITS) is None
    third = access.begin(user, held, None)
    actor = access.resume(third, **LIMITS)
    assert actor is not None
    access.end(actor, third)
    assert access.resume(third, **LIMITS) is None
    assert access.resume("", **LIMITS) is None


def test_the_database_keeps_no_token(context: Flask) -> None:
    build()
    user = _enter()
    made = access.begin(user, access.grants_today(user.code)[0], None)
    row = db.session.execute(select(LoginSession)).scalar_one()
    assert made not in (row.token_hash, str(row.id))
    assert len(row.token_hash) == 64


def test_a_session_without_a_role_opens_only_the_choice(context: Flask) -> None:
    build()
    user = _enter()
    waiting = access.begin_undecided(user)
    assert access.resume(waiting, **LIMITS) is None
    assert access.undecided(waiting, **LIMITS) == user
    (held,) = access.grants_today(user.code)
    chosen = session.choose_grant(user.code, waiting, held.code)
    assert access.undecided(waiting, **LIMITS) is None
    assert access.resume(chosen, **LIMITS) is not None
    assert access.undecided(chosen, **LIMITS) is None
    assert _code(lambda: session.choose_grant(user.code, waiting, held.code)) == "session_ended"
    other = access.begin_undecided(user)
    access.drop(other)
    assert access.undecided(other, **LIMITS) is None


def test_nobody_goes_on_with_the_token_of_another(context: Flask) -> None:
    cast = build()
    tokens = {}
    for name in ("nora", "nils"):
        user = _enter(name)
        tokens[name] = access.begin(user, access.grants_today(user.code)[0], None)
    with pytest.raises(Refused, match="session_ended"):
        session.choose_station(cast.nils, tokens["nora"], cast.stations["AMS clinic"])
    with pytest.raises(BadInput, match="unknown_station"):
        session.choose_station(cast.nora, tokens["nora"], cast.stations["OSL clinic"])
    assert access.resume(tokens["nora"], **LIMITS) is not None
    (mine,) = session.mine(cast.nora, tokens["nora"], **LIMITS)
    with pytest.raises(NotFound):
        session.end(cast.nils, mine.number)


def test_a_password_is_changed_and_only_this_session_stays(context: Flask) -> None:
    cast = build()
    user = _enter()
    here, elsewhere = (access.begin(user, access.grants_today(user.code)[0], None) for _each in range(2))
    people.change_password(cast.nora, "a quiet heron over wet grass", token=here)
    assert access.resume(here, **LIMITS) is not None
    assert access.resume(elsewhere, **LIMITS) is None
    assert _code(lambda: _enter()) == "login_failed"
    assert _enter(password="a quiet heron over wet grass").code == user.code


def test_a_token_for_the_api_is_made_once_per_form(context: Flask) -> None:
    cast = build()
    token.make(cast.nora, "robot", key="n")
    assert _code(lambda: token.make(cast.nora, "robot", key="n")) == "token_shown"
    assert len(token.mine(cast.nora)) == 1


def test_the_store_says_how_it_is(context: Flask) -> None:
    cast = build()
    before = health.read()
    assert before.engine == db.engine.dialect.name
    assert before.schema == newest()
    with writing(cast.nora) as operation:
        operation.session.execute(select(func.count(LoginSession.id)))
    assert health.read() == before


def test_a_store_that_cannot_be_read_is_unavailable(context: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "text", lambda _statement: health.select(func.no_such_function()))
    with pytest.raises(Unavailable):
        health.read()

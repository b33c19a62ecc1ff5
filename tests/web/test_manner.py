"""How pages look, sound and speak: as the browser's station says, or as somebody switches it while they are there."""

import re

import pytest
from flask.testing import FlaskClient

from specimens.domain.errors import Unavailable
from specimens.domain.station import Manner, Theme, Tongue
from specimens.services import site
from specimens.web import guard
from tests.badges import PIN, badge_of
from tests.cast import PASSWORD
from tests.web.conftest import Web

DARK = ("dark", "off", "nl")


@pytest.fixture
def freezers(web: Web) -> str:
    """A station that is dark, mute and Dutch; Nora's own is as usual."""
    with web.app.app_context():
        code = web.cast.stations["AMS clinic 2"]
        site.change_station(web.cast.adam, code, "Freezers", Manner(Theme.DARK, False, Tongue.DUTCH))
    return code


def _manner(client: FlaskClient, address: str = "/login") -> tuple[str, str, str]:
    """Return theme, sound and language of a page."""
    page = client.get(address, follow_redirects=True).text
    found = re.search(r'<html lang="(\w+)" data-bs-theme="(\w+)">.*data-sound="(\w+)"', page, re.S)
    assert found, page[:300]
    language, theme, sound = found.groups()
    return theme, sound, language


def _log_in(client: FlaskClient, login: str, station: str) -> FlaskClient:
    client.post("/login", data={"login": login, "password": PASSWORD})
    client.post("/station", data={"station": station})
    return client


def test_a_dark_station_is_dark_mute_and_dutch_from_the_first_page_on(web: Web, freezers: str) -> None:
    client = web.stranger()
    assert _manner(client) == ("light", "off", "en")
    _log_in(client, "nora", freezers)
    assert _manner(client, "/today") == DARK
    client.post("/logout")
    assert _manner(client) == DARK  # nobody is logged in, and the browser is still there
    with client.session_transaction() as kept:
        kept["station"] = "nothing like it"
    assert _manner(client) == ("light", "off", "en")


def test_what_somebody_switches_at_a_station_ends_with_them(web: Web, freezers: str) -> None:
    client = _log_in(web.stranger(), "nora", freezers)
    for name, value in (("theme", "light"), ("sound", "on"), ("language", "en")):
        client.post("/preferences", data={name: value})
    assert _manner(client, "/today") == ("light", "on", "en")
    client.post("/grant", data={})
    assert _manner(client, "/me") == ("light", "on", "en")
    client.post("/logout")
    assert _manner(client) == DARK


def test_what_is_switched_before_logging_in_is_whoever_logs_in_next(web: Web, freezers: str) -> None:
    client = _log_in(web.stranger(), "nora", freezers)
    client.post("/logout")
    client.post("/preferences", data={"language": "en"})
    assert _manner(_log_in(client, "nora", freezers), "/today") == ("dark", "off", "en")


def test_whoever_takes_over_finds_the_station_as_it_says_and_whoever_comes_back_as_they_left_it(
    web: Web, freezers: str
) -> None:
    with web.app.app_context():
        badges = {each: badge_of(web.cast.actors[each]) for each in ("nora", "nils")}
    client = _log_in(web.stranger(), "nora", freezers)
    client.post("/preferences", data={"theme": "light"})
    client.post("/lock")
    assert _manner(client, "/lock") == ("light", "off", "nl")
    client.post("/badge", data={"badge": badges["nora"], "pin": PIN})
    assert _manner(client, "/today") == ("light", "off", "nl")
    client.post("/badge", data={"badge": badges["nils"], "pin": PIN})
    assert "Nils Bakker" in client.get("/today").text
    assert _manner(client, "/today") == DARK


def test_another_station_begins_as_it_says_itself(web: Web, freezers: str) -> None:
    client = _log_in(web.stranger(), "nora", web.cast.stations["AMS clinic"])
    client.post("/preferences", data={"theme": "dark"})
    client.post("/station", data={"station": freezers})
    client.post("/preferences", data={"theme": "light"})
    client.post("/station", data={"station": web.cast.stations["AMS clinic"]})
    page = client.get("/today").text
    assert "theme.js" in page and 'data-bs-theme="light"' in page  # as the device is set: its script asks
    assert "Dark theme" in page and "Light theme" in page


def test_a_browser_that_is_at_no_station_keeps_what_was_switched(web: Web) -> None:
    client = web.by_form("ada")
    client.post("/preferences", data={"theme": "dark"})
    client.post("/logout")
    assert _manner(client)[0] == "dark"


def test_the_language_of_ones_account_counts_at_once_also_where_the_station_speaks_another(
    web: Web, freezers: str
) -> None:
    client = _log_in(web.stranger(), "nora", freezers)
    client.post("/me/language", data={"language": "en"})
    assert _manner(client, "/me")[2] == "en"
    client.post("/logout")
    assert _manner(client)[2] == "nl"


def test_a_station_that_was_switched_off_says_nothing_any_more(web: Web, freezers: str) -> None:
    client = _log_in(web.stranger(), "nora", freezers)
    with web.app.app_context():
        site.switch_station(web.cast.adam, freezers, active=False, reason="moved")
    assert _manner(client, "/me") == ("light", "off", "en")


def test_a_page_that_says_that_something_failed_needs_no_station(
    web: Web, freezers: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = _log_in(web.stranger(), "nora", freezers)

    def gone(*_: object, **__: object) -> None:
        raise Unavailable("store_unavailable")

    monkeypatch.setattr(site, "station", gone)
    monkeypatch.setattr(guard.access, "resume", gone)
    answer = client.get("/today")
    assert answer.status_code == 503 and 'data-bs-theme="light"' in answer.text

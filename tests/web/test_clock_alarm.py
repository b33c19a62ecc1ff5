"""The alarm of a clock that went back, where people see it: first pages, trail, report, the paper alone."""

from datetime import timedelta

import pytest
import time_machine

from specimens.ledger import offline
from specimens.services import disposal, report
from specimens.services.clock_alarm import alarms
from specimens.services.report_scope import ReportScope
from tests.history import received
from tests.web.conftest import Web

TOLD = "The server's clock went back."


@pytest.fixture
def behind(web: Web, clock: time_machine.Traveller) -> str:
    """Blood is received, the clock is set back by an hour, a tube is set aside; return the tube."""
    with web.app.app_context():
        made = received(web.cast, clock)
        clock.shift(-timedelta(hours=1))
        disposal.quarantine(web.cast.mei, made.tubes[0], reason="identity_doubtful")
        return made.tubes[0]


def test_it_stands_where_auditor_and_administrator_begin_until_an_auditor_closes_it(
    web: Web, behind: str
) -> None:
    for login, address in (("ada", "/audit"), ("ada", "/"), ("adam", "/admin/people"), ("adam", "/audit")):
        page = web.client(login).get(address).text
        assert TOLD in page and "1 h behind" in page, (login, address)
    assert TOLD not in web.client("ada").get("/reports/custody").text
    assert TOLD not in web.client("nora").get("/today").text
    with web.app.app_context():
        (alarm,) = alarms(web.cast.ada)
    address = f"/audit/alarms/{alarm.code}"
    assert "An auditor closes it" in web.client("adam").get(address).text
    assert web.client("adam").post(address, data={"reason": "never mind", "nonce": "a"}).status_code == 403
    assert web.client("ada").post(address, data={"reason": " ", "nonce": "b"}).status_code == 422
    assert web.client("ada").post(address, data={"reason": "Battery empty.", "nonce": "c"}).status_code == 303
    page = web.client("ada").get(address).text
    assert "Battery empty." in page and "Close the alarm" not in page
    for login in ("ada", "adam"):
        assert TOLD not in web.client(login).get("/audit").text
    assert "the clock went back" in web.client("ada").get(f"/audit/clock-alarm/{alarm.code}").text


def test_the_trail_the_report_and_the_verifier_without_us_say_it_in_words(web: Web, behind: str) -> None:
    page = web.client("ada").get(f"/audit/specimen/{behind}").text
    assert page.count("clock was 1 h behind the ledger: its newest time counts") == 1
    assert "clock_behind" not in page
    with web.app.app_context():
        told = report.preview(web.cast.ada, ReportScope("specimen", behind))
        assert [each.clock_behind_ms for each in told.events if each.clock_behind_ms] == [3_600_000]
        made = report.make(web.cast.ada, ReportScope("specimen", behind), "pdf")
    found = offline.check(*offline.attachments(made.data))
    assert found.problems == []
    assert found.told["clock_behind"] == [2, 3_600_000]  # the quarantine, and the report itself
    said = "\n".join(offline._words(found, trusted=True))
    assert "clock     behind the ledger by up to 3600 s when 2 of these were written" in said

"""Signing on the pages: what was typed stays, what was signed shows, a session alone signs nothing."""

import re

import pytest
from flask import Flask

from specimens.domain.terms import Kind
from specimens.services import disposal, report, signature
from specimens.services.report_scope import ReportScope
from tests.cast import PASSWORD
from tests.history import received
from tests.screening import consented
from tests.web.conftest import Web


def given(app: Flask, kind: Kind, code: str) -> list[str]:
    """Return the names of those who signed a record."""
    with app.app_context():
        return [str(each.signature.full_name) for each in signature.of(kind, code)]


@pytest.fixture
def tube(web: Web, clock) -> str:  # type: ignore[no-untyped-def]
    """A received tube that waits for the investigator."""
    with web.app.app_context():
        code = received(web.cast, clock).tubes[0]
        disposal.quarantine(web.cast.mei, code, reason="condition_doubtful")
    return code


def test_a_wrong_password_keeps_everything_that_was_typed_and_says_so(web: Web, tube: str) -> None:
    ivo, address = web.client("ivo"), f"/decisions/{tube}"
    typed = {"why": "release:condition_acceptable", "reason_note": "cold on arrival"}
    assert ivo.post(address, data=typed).status_code == 422  # a session alone
    answer = ivo.post(address, data={**typed, "password": "no"})
    assert answer.status_code == 422
    assert "not your present password" in answer.text and 'id="password-error"' in answer.text
    assert "cold on arrival" in answer.text
    assert re.search(r'value="release:condition_acceptable" checked', answer.text)
    assert given(web.app, Kind.SPECIMEN, tube) == []
    assert ivo.post(address, data={**typed, "password": PASSWORD}).status_code == 303
    page = ivo.get(f"/specimens/{tube}").text
    assert "Ivo Smit</strong>, investigator" in page
    assert "I have looked into the quarantine" in page
    assert re.search(r"2 Mar 2026 \d\d:\d\d CET \(UTC\+01:00\)", page)
    for address in (f"/audit/specimen/{tube}", f"/reports/custody?code={tube}"):
        assert "I have looked into the quarantine" in ivo.get(address).text, address


def test_a_report_is_signed_on_its_own_page(web: Web, tube: str) -> None:
    with web.app.app_context():
        code = report.make(web.cast.ada, ReportScope("specimen", tube), "csv").code
    mona, address = web.client("mona"), f"/reports/{code}"
    assert "What you state" in mona.get(address).text
    assert mona.post(address, data={"password": PASSWORD}).status_code == 422
    sent = {"password": PASSWORD, "meaning": "report_reviewed", "nonce": "1"}
    for _twice in range(2):
        assert mona.post(address, data=sent).status_code == 303
    page = mona.get(address).text
    assert page.count("Mona Vos</strong>, monitor") == 1
    again = mona.post(address, data={**sent, "nonce": "2"})
    assert again.status_code == 422 and "signed this already" in again.text


def test_a_report_of_changed_data_says_that_it_changed_since_it_was_signed(web: Web, tube: str) -> None:
    with web.app.app_context():
        code = report.make(web.cast.ada, ReportScope("specimen", tube), "csv").code
    ada, ivo = web.client("ada"), web.client("ivo")
    ada.post(f"/reports/{code}", data={"password": PASSWORD, "meaning": "report_reviewed"})
    assert "changed since it was signed" not in ada.get(f"/reports/{code}").text
    ivo.post(f"/decisions/{tube}", data={"why": "release:condition_acceptable", "password": PASSWORD})
    assert "The custody data changed since it was signed" in ada.get(f"/reports/{code}").text


def test_a_second_person_signs_a_consent_beside_the_paper(web: Web) -> None:
    with web.app.app_context():
        code = consented(web.cast)
    nora, nils = web.client("nora"), web.client("nils")
    page = nora.get(f"/participants/{code}").text
    assert "No second person has compared it" in page
    address = re.search(rf"/participants/{code}/consent/\d+/check", page)
    assert address
    assert "Ask a colleague" in nora.get(address[0]).text
    sent = {"same": "yes", "password": PASSWORD}
    assert "entered this consent yourself" in nora.post(address[0], data=sent).text
    assert nils.post(address[0], data={"password": PASSWORD}).status_code == 422
    assert nils.post(address[0], data=sent).status_code == 303
    assert "Compared with the paper by Nils Bakker" in nora.get(f"/participants/{code}").text
    assert nils.get(f"/participants/{code}/consent/99/check").status_code == 404

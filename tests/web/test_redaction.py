"""Redacting a text from its place in the audit trail."""

from sqlalchemy import select

from specimens.domain.errors import BadInput
from specimens.domain.terms import Mode
from specimens.models.base import db
from specimens.models.transfer import NearMissRow
from specimens.models.user import LoginRow
from specimens.services import find
from tests.web.conftest import Web

RAW = "Jansen, the patient in bed four"


def _miss(web: Web) -> str:
    with web.app.app_context():
        find.refused(web.cast.nora, RAW, BadInput("scan_unreadable"), key="k", mode=Mode.SCAN)
        code = db.session.execute(select(NearMissRow.code)).scalar_one()
        db.session.remove()
    return code


def test_an_investigator_takes_a_name_out_of_the_trail(web: Web) -> None:
    code = _miss(web)
    ivo = web.client("ivo")
    trail = ivo.get(f"/audit/near-miss/{code}").text
    assert RAW in trail
    path = f"/audit/near-miss/{code}/redact/1/raw"
    assert path in trail
    assert RAW in ivo.get(path).text
    answer = ivo.post(path, data={"reason": ""})
    assert answer.status_code == 422 and 'id="reason-error"' in answer.text
    assert ivo.post(path, data={"reason": "names somebody", "nonce": "n"}).status_code == 303
    assert ivo.post(path, data={"reason": "names somebody", "nonce": "n"}).status_code == 404
    trail = ivo.get(f"/audit/near-miss/{code}").text
    assert RAW not in trail and "redacted" in trail and "names somebody" in trail
    assert path not in trail
    assert RAW not in web.client("ada").get(f"/audit/near-miss/{code}").text


def test_nobody_else_is_offered_it_and_nobody_else_can(web: Web) -> None:
    code = _miss(web)
    path = f"/audit/near-miss/{code}/redact/1/raw"
    for login in ("ada", "mona"):
        assert path not in web.client(login).get(f"/audit/near-miss/{code}").text
        assert web.client(login).post(path, data={"reason": "x"}).status_code == 403
    assert web.client("adam").post(path, data={"reason": "x"}).status_code == 404


def test_what_is_not_there_is_not_found(web: Web) -> None:
    code = _miss(web)
    ivo = web.client("ivo")
    for tail in ("redact/2/raw", "redact/1/other", "redact/2147483647/raw", "redact/1/%00"):
        assert ivo.get(f"/audit/near-miss/{code}/{tail}").status_code in (404, 422), tail
    assert ivo.get(f"/audit/nothing/{code}/redact/1/raw").status_code == 404


def test_a_log_in_name_is_redacted_by_the_administrator_who_cannot_read_it(web: Web) -> None:
    web.stranger().post("/login", data={"login": "  Nora  ", "password": "wrong"})
    with web.app.app_context():
        row = db.session.execute(select(LoginRow.code, LoginRow.name)).one()
        db.session.remove()
    adam = web.client("adam")
    trail = adam.get(f"/audit/login/{row.code}").text
    path = f"/audit/login/{row.code}/redact/1/name"
    assert path in trail
    page = adam.get(path)
    assert page.status_code == 200 and row.name and f"<q>{row.name}" not in page.text
    assert adam.post(path, data={"reason": "a password"}).status_code == 303
    with web.app.app_context():
        assert db.session.execute(select(LoginRow.name)).scalar() is None
        db.session.remove()

"""What a page says when it cannot be shown, and how the program says that it is well."""

import logging

import pytest
from flask import Flask
from sqlalchemy import text

from specimens.domain.errors import Tampered
from specimens.migrations.run import newest
from specimens.models.base import db
from specimens.services import people
from specimens.web.guard import public
from tests.web.conftest import Web


def _broken(app: Flask, error: Exception) -> None:
    @public
    def door() -> str:
        raise error

    app.add_url_rule("/broken", "broken", door)
    app.testing = False
    app.config["PROPAGATE_EXCEPTIONS"] = False


@pytest.mark.parametrize(
    "error", [RuntimeError("the password is hunter2"), Tampered("row_moved", code="hunter2")]
)
def test_a_fault_shows_a_number_and_nothing_of_the_inside(
    web: Web, error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    _broken(web.app, error)
    with caplog.at_level(logging.ERROR):
        answer = web.client("nora").get("/broken")
    assert answer.status_code == 500
    assert "hunter2" not in answer.text and "Traceback" not in answer.text
    (reference,) = [record.args[0] for record in caplog.records if record.msg.startswith("fault")]
    assert reference in answer.text


def test_a_fault_of_the_database_is_shown_without_asking_the_database(web: Web) -> None:
    client = web.client("nora")
    web.app.testing = False
    web.app.config["PROPAGATE_EXCEPTIONS"] = False
    with web.app.app_context():
        db.session.execute(text("ALTER TABLE login_session RENAME TO gone"))
        db.session.commit()
    answer = client.get("/me")
    assert answer.status_code == 500
    assert "login_session" not in answer.text


def test_the_program_says_that_it_is_well(web: Web) -> None:
    answer = web.stranger().get("/health")
    assert answer.status_code == 200
    said = answer.get_json()
    assert said["status"] == "ok" and said["engine"] == "sqlite" and said["schema"] == newest()
    assert said["ledger_entries"] == web.entries() and said["time"].endswith("Z") and said["version"]


def test_it_says_so_when_the_database_cannot_be_read_even_to_somebody_who_is_logged_in(web: Web) -> None:
    client = web.client("nora")
    with web.app.app_context():
        db.session.execute(text("ALTER TABLE ledger_entry RENAME TO gone"))
        db.session.execute(text("ALTER TABLE login_session RENAME TO gone_too"))
        db.session.commit()
    answer = client.get("/health")
    assert answer.status_code == 503
    assert answer.get_json()["status"] == "unavailable"


def test_pages_that_are_not_there_or_not_for_this_role_keep_the_frame(web: Web) -> None:
    client = web.client("nora")
    missing, closed = client.get("/nothing/here"), client.get("/admin/people")
    assert (missing.status_code, closed.status_code) == (404, 403)
    for page in (missing, closed):
        assert "Nora de Wit" in page.text and "said" in page.text
    assert client.get("/logout").status_code == 405
    assert "POST" in client.get("/logout").headers["Allow"]


def test_what_is_too_large_is_told_calmly(web: Web) -> None:
    body = (
        b'--edge\r\nContent-Disposition: form-data; name="text"\r\n\r\n'
        + b"x" * 2_000_000
        + b"\r\n--edge--\r\n"
    )
    answer = web.client("adam").post(
        "/admin/studies/publish", data=body, content_type="multipart/form-data; boundary=edge"
    )
    assert answer.status_code == 413
    assert "too large" in answer.text


@pytest.mark.parametrize("where", ["/admin/people/%00", "/admin/people?q=%00", "/me?x=a%00b"])
def test_a_zero_character_is_turned_away(web: Web, where: str) -> None:
    assert web.client("adam").get(where).status_code == 422


def test_a_form_from_another_window_is_told_to_be_sent_again(web: Web) -> None:
    web.protect()
    answer = web.stranger().post("/login", data={"csrf_token": "forged"})
    assert answer.status_code == 400
    assert "Send it again" in answer.text


def test_every_answer_is_kept_out_of_caches_and_frames(web: Web) -> None:
    for answer in (
        web.stranger().get("/login"),
        web.client("nora").get("/me"),
        web.client("nora").get("/nothing"),
    ):
        assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert web.client("nora").get("/me").headers["Cache-Control"] == "no-store"


def test_the_list_of_people_is_found_by_parts_of_names_and_never_by_wildcards(web: Web) -> None:
    with web.app.app_context():
        adam = web.cast.adam
        assert [line.user.login for line in people.listed(adam, "wit NOR")] == ["nora"]
        assert people.listed(adam, "%") == [] and people.listed(adam, "_____") == []
        assert "ola" not in [line.user.login for line in people.listed(adam)]

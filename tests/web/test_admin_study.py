"""Publishing a protocol, through the administrator's pages."""

import io
import re

import pytest
from sqlalchemy import update

from specimens.domain.protocol import shipped
from specimens.models.base import db
from specimens.models.user import GrantRow
from specimens.services import study
from tests.cast import PASSWORD, STUDY
from tests.web.conftest import Web

TEXT = shipped()["belimumab_sle.toml"]
NEXT = TEXT.replace('version = "1.0"', 'version = "1.1"', 1).replace("late_days = 28", "late_days = 21", 1)
DOOR = "/admin/studies/publish"


def _post(web: Web, text: str = "", **more: str):
    return web.client("adam").post(DOOR, data={"text": text, **more})


def _confirm(web: Web, text: str = NEXT, **more: str):
    return _post(
        web,
        text,
        **{
            "confirmed": "1",
            "replaces": "1.0",
            "reason": "amendment 2",
            "name": "a.toml",
            "password": PASSWORD,
            **more,
        },
    )


def test_the_difference_stands_beside_the_version_in_force_before_anything_is_published(web: Web) -> None:
    web.client("adam")
    before = web.entries()
    page = _post(web, NEXT)
    assert page.status_code == 200
    assert "version 1.1 in place of 1.0" in page.text
    assert re.search(r"schedule\.late_days.*<del>28</del>.*<ins>21</ins>", page.text)
    assert web.entries() == before
    with web.app.app_context():
        assert study.study(STUDY).version == "1.0"


def test_a_version_is_published_once_with_a_reason(web: Web) -> None:
    assert _confirm(web, reason="").status_code == 422
    first = _confirm(web, nonce="n")
    assert (first.status_code, first.location) == (303, f"/admin/studies/{STUDY}")
    assert _confirm(web, nonce="n").status_code in (303, 422)
    with web.app.app_context():
        assert study.study(STUDY).version == "1.1"
        assert [each.version for each in study.versions(STUDY)] == ["1.1", "1.0"]
        assert study.protocol_of(STUDY, "1.0").schedule.late_days == 28
        assert study.protocol_of(STUDY).schedule.late_days == 21
    page = web.client("adam").get(f"/admin/studies/{STUDY}").text
    assert "Adam Kok" in page and "in force" in page


def test_the_text_is_kept_byte_for_byte_although_a_form_sends_other_line_ends(web: Web) -> None:
    _confirm(web, NEXT.replace("\n", "\r\n"))
    answer = web.client("adam").get(f"/admin/studies/{STUDY}/versions/1.1.toml")
    assert answer.data.decode() == NEXT
    assert "attachment" in answer.headers["Content-Disposition"]


def test_a_protocol_is_taken_as_a_file(web: Web) -> None:
    data = {"file": (io.BytesIO(b"\xef\xbb\xbf" + NEXT.encode()), "next.toml"), "text": ""}
    page = web.client("adam").post(DOOR, data=data, content_type="multipart/form-data")
    assert "version 1.1 in place of 1.0" in page.text and "next.toml" in page.text


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"\xff\xfe\x00x", "not plain text"),
        (b"", "Choose a protocol file"),
        (b"x" * 500_001, "at most 500,000"),
    ],
)
def test_a_file_that_is_no_protocol_is_told_so(web: Web, raw: bytes, said: str) -> None:
    data = {"file": (io.BytesIO(raw), "next.toml"), "text": ""}
    answer = web.client("adam").post(DOOR, data=data, content_type="multipart/form-data")
    assert answer.status_code == 422
    assert said in answer.text


@pytest.mark.parametrize("text", ["", " \n ", "x" * 500_001])
def test_a_text_that_is_no_protocol_is_told_so(web: Web, text: str) -> None:
    assert _post(web, text).status_code == 422


@pytest.mark.parametrize(
    ("broken", "line", "key"),
    [
        (NEXT.replace("late_days = 21", 'late_days = "many"'), "36", "schedule.late_days"),
        (NEXT.replace("weeks = 52", "weeks = -1"), "22", "study.weeks"),
        (NEXT.replace("[schedule]", "[schedule"), "35", "–"),
        ("<script>alert(1)</script>", "1", "–"),
    ],
)
def test_problems_are_listed_with_line_key_and_what_is_allowed(
    web: Web, broken: str, line: str, key: str
) -> None:
    answer = _post(web, broken)
    assert answer.status_code == 422
    assert re.search(
        rf'<td class="number">{line}</td><th scope="row"><code>{re.escape(key)}</code>', answer.text
    )
    assert "<script>alert" not in answer.text
    assert "Publish version" not in answer.text
    assert _post(web, broken, confirmed="1", reason="x", replaces="1.0").status_code == 422
    with web.app.app_context():
        assert len(study.versions(STUDY)) == 1


def test_what_is_in_force_is_not_published_again_and_no_version_twice(web: Web) -> None:
    assert "nothing to publish" in _post(web, TEXT).text
    other = TEXT.replace("late_days = 28", "late_days = 21", 1)
    answer = _confirm(web, other)
    assert answer.status_code == 422 and "was published before" in answer.text


def test_a_difference_that_is_out_of_date_is_not_published(web: Web) -> None:
    _confirm(web)
    third = NEXT.replace('version = "1.1"', 'version = "1.2"')
    answer = _confirm(web, third, replaces="1.0")
    assert answer.status_code == 422 and "since you looked" in answer.text
    assert _confirm(web, third, replaces="1.1").status_code == 303


def test_an_administrator_of_one_study_publishes_no_other(web: Web) -> None:
    example = shipped()["example_vaccine.toml"]
    assert _post(web, example).status_code == 404
    assert _confirm(web, example, replaces="").status_code == 404
    with web.app.app_context():
        assert [each.code for each in study.studies()] == [STUDY]


def test_an_administrator_of_every_study_publishes_a_new_one_and_opens_it_at_a_site(web: Web) -> None:
    with web.app.app_context():
        db.session.execute(
            update(GrantRow).where(GrantRow.role == "administrator").values(site=None, study=None)
        )
        db.session.commit()
    example = shipped()["example_vaccine.toml"]
    assert "the first version" in _post(web, example).text
    answer = _confirm(web, example, replaces="", reason="")
    assert answer.status_code == 303
    there = answer.location
    assert "Nowhere yet" in web.client("adam").get(there).text
    assert web.client("adam").post(f"{there}/sites", data={"site": "OSL"}).status_code == 303
    assert "Oslo" in web.client("adam").get(there).text
    assert web.client("adam").post(f"{there}/sites", data={"site": "OSL"}).status_code == 422
    assert web.client("adam").post(f"{there}/sites", data={"site": "NONE"}).status_code == 422


def test_assumed_values_are_listed_with_their_key(web: Web) -> None:
    page = web.client("adam").get(f"/admin/studies/{STUDY}").text
    assert "schedule.late_days" in page and "ASSUMED" in page


def test_only_an_administrator_publishes(web: Web) -> None:
    for login in ("nora", "mei", "ivo", "mona", "ada", "luis", "ola"):
        assert web.client(login).post(DOOR, data={"text": NEXT, "confirmed": "1"}).status_code == 403, login

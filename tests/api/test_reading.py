"""Reading through the JSON doors: who sees what, and how it is told that something is not there."""

import pytest
import time_machine

from specimens.services import token
from tests.api.conftest import Api
from tests.history import History

ADDRESSES = ("/participants/{participant}", "/visits/{visit}", "/specimens/{tube}", "/specimens/{tube}/custody",
             "/reports/custody?specimen={tube}")  # fmt: skip


@pytest.fixture
def history(blood_received: History) -> History:
    """Blood received."""
    return blood_received


def _addresses(made: History) -> list[str]:
    return [
        each.format(participant=made.participant, visit=made.visit, tube=made.tubes[0]) for each in ADDRESSES
    ]


def test_everything_can_be_read(api: Api, history: History) -> None:
    participant, visit, specimen, custody, report = (
        api.get("nora", each).json for each in _addresses(history)
    )
    assert participant["subject_number"] == "BEL-001"
    assert participant["group"] == "A"
    assert participant["visits"] == [history.visit]
    assert len(visit["specimens"]) == 20
    assert {kit["procedure"] for kit in visit["kits"]} == {"blood", "lymph_node", "synovium"}
    assert specimen["specimen"]["status"] == "received"
    assert specimen["custodian_name"] == "AMS laboratory"
    assert [step["act"] for step in custody["steps"]] == [
        "planned",
        "collected",
        "packed",
        "released",
        "accepted",
    ]
    assert custody["steps"][1]["happened_at"].endswith("Z")
    assert len(report["digest"]) == 64


def test_a_report_that_is_read_is_the_report_that_is_printed(api: Api, history: History) -> None:
    address = f"/reports/custody?specimen={history.tubes[0]}"
    first, second = api.get("ada", address).json, api.get("ada", address).json
    assert first["digest"] == second["digest"]
    custody = api.get("ada", f"/specimens/{history.tubes[0]}/custody").json["steps"]
    assert {step["hash"] for step in custody} == {
        event["entry_hash"] for event in first["report"]["events"] if event["subject"] == history.tubes[0]
    }


def test_blinded_roles_do_not_get_the_group(api: Api, history: History) -> None:
    said = api.get("mei", f"/participants/{history.participant}").json
    assert "group" not in said
    assert "answers" not in said


@pytest.mark.parametrize("address", ADDRESSES)
def test_another_site_is_told_that_there_is_nothing(address: str, api: Api, history: History) -> None:
    asked = address.format(participant=history.participant, visit=history.visit, tube=history.tubes[0])
    absent = address.format(participant="C4K7N2XD", visit="C4K7N2XD", tube="C4K7N2XD")
    there, nowhere = api.get("ola", asked), api.get("ola", absent)
    assert (there.status_code, there.mimetype) == (404, "application/problem+json")
    assert there.json == nowhere.json


#: Login → the status of each address, in their order.
MATRIX = {
    "nora": [200] * 5, "mei": [200] * 5, "ivo": [200] * 5, "mona": [200] * 5, "ada": [200] * 5,
    "luis": [403] * 5, "adam": [403] * 5, "ola": [404] * 5, None: [401] * 5,
}  # fmt: skip


@pytest.mark.parametrize("login", list(MATRIX), ids=str)
def test_each_role_gets_what_its_pages_show(login: str | None, api: Api, history: History) -> None:
    assert [api.get(login, each).status_code for each in _addresses(history)] == MATRIX[login]


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer ", "Bearer nothing", "Basic bm9yYTp4", "bearer\tx", "Bearer é"]
)
def test_without_a_valid_token_nobody_is_known(header: str, api: Api, history: History) -> None:
    answer = api.send("GET", None, f"/specimens/{history.tubes[0]}", headers={"Authorization": header})
    assert (answer.status_code, answer.json["code"]) == (401, "token_unknown")
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert "Set-Cookie" not in answer.headers


def test_a_cookie_is_no_token(api: Api, history: History) -> None:
    answer = api.web.client("nora").get(f"/api/v1/specimens/{history.tubes[0]}")
    assert answer.status_code == 401


def test_a_revoked_token_and_an_expired_one_are_worth_nothing(
    api: Api, history: History, clock: time_machine.Traveller
) -> None:
    address = f"/specimens/{history.tubes[0]}"
    assert api.get("nora", address).status_code == 200
    assert api.get("mei", address).status_code == 200
    with api.web.app.app_context():
        token.revoke(api.web.cast.nora, token.mine(api.web.cast.nora)[0].number)
    assert api.get("nora", address).status_code == 401
    clock.shift(91 * 24 * 3600)
    assert api.get("mei", address).status_code == 401


@pytest.mark.parametrize(
    "address", ["/", "/nothing", "/specimens", "/specimens/a/b/c", "/scans/x", "/%00", "/openapi"]
)
def test_an_address_that_is_none_is_a_problem(address: str, api: Api) -> None:
    answer = api.get("nora", address)
    assert (answer.status_code, answer.mimetype) == (404, "application/problem+json")


@pytest.mark.parametrize(("method", "address", "allowed"), [
    ("GET", "/scans", "POST"), ("DELETE", "/specimens/C4K7N2XD", "GET"), ("PUT", "/scans", "POST"),
    ("POST", "/openapi.json", "GET"), ("PATCH", "/reports/custody", "GET"),
])  # fmt: skip
def test_a_method_that_an_address_does_not_have_is_a_problem(
    method: str, address: str, allowed: str, api: Api
) -> None:
    answer = api.send(method, "nora", address)
    assert (answer.status_code, answer.mimetype) == (405, "application/problem+json")
    assert answer.headers["Allow"] == allowed


@pytest.mark.parametrize("query", ["", "?specimen=", "?specimen=x", "?visit=C4K7N2XD", "?specimen=C4K7N2XF"])
def test_a_report_without_a_specimen_is_a_problem(query: str, api: Api) -> None:
    assert api.get("ada", f"/reports/custody{query}").status_code == 422

"""The description of the JSON doors, and a machine that tries to break what it describes."""

import pytest
import schemathesis
import time_machine
from hypothesis import HealthCheck, given, settings
from hypothesis.strategies import booleans
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from specimens.api.openapi import document
from tests.api.conftest import Api
from tests.history import History, received

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]


@pytest.fixture
def history(api: Api, clock: time_machine.Traveller) -> History:
    """Blood received."""
    with api.web.app.app_context():
        return received(api.web.cast, clock)


def test_the_description_needs_no_token_and_is_what_the_program_says(api: Api) -> None:
    answer = api.get(None, "/openapi.json")
    assert answer.status_code == 200
    assert answer.json == document()
    assert answer.json["openapi"] == "3.1.0"


def test_every_door_is_described(api: Api) -> None:
    doors = {
        (rule.rule.removeprefix("/api/v1").replace("<", "{").replace(">", "}"), method.lower())
        for rule in api.web.app.url_map.iter_rules()
        if rule.endpoint.startswith("api.") and rule.endpoint not in ("api.nowhere", "api.openapi")
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    described = {(path, method) for path, methods in document()["paths"].items() for method in methods}
    assert doors == described


@pytest.mark.parametrize("login", ["nora", "mei"])
def test_nothing_that_is_sent_breaks_a_door(login: str, api: Api, history: History) -> None:
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", api.web.app)
    known = {"Authorization": f"Bearer {api.token(login)}"}
    for operation in (each.ok() for each in schema.get_all_operations()):

        @settings(
            max_examples=30,
            deadline=None,
            database=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy(), is_there=booleans())
        def send(case: schemathesis.Case, is_there: bool) -> None:
            if is_there and "code" in case.path_parameters:
                case.path_parameters["code"] = history.tubes[0]
            case.call_and_validate(headers=known, checks=CHECKS)

        send()

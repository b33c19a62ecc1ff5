"""What the tests of the scanning page have in common: everything goes by forms, as without JavaScript."""

import re
from secrets import token_hex

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from specimens.domain.choice_codes import CHOICES
from specimens.domain.identifiers import COMMAND_CODES
from specimens.services import kit
from tests.history import History
from tests.web.conftest import Web


def scan(client: FlaskClient, kit_code: str, raw: str, **fields: str) -> TestResponse:
    return client.post(
        f"/kits/{kit_code}/scan", data={"scan": raw, "nonce": token_hex(8), "typed": "", **fields}
    )


def command(client: FlaskClient, kit_code: str, word: str, **fields: str) -> TestResponse:
    return scan(client, kit_code, COMMAND_CODES[word], **fields)


def verdict(answer: TestResponse) -> str:
    found = re.search(r'data-verdict="(\w*)"', answer.text)
    assert found, answer.text[:500]
    return found.group(1)


def hidden(answer: TestResponse, name: str) -> str | None:
    found = re.search(rf'name="{name}" value="([^"]*)"', answer.text)
    return found.group(1) if found else None


def statuses(web: Web, kit_code: str) -> list[str]:
    with web.app.app_context():
        return [each.status for each in kit.specimens_of(kit_code)]


def begun(web: Web, made: History, procedure: str = "blood") -> tuple[FlaskClient, str]:
    nora, code = web.client("nora"), made.kits[procedure]
    command(nora, code, "IDENTITY")
    return nora, code


def choice(number: int) -> str:
    return next(code for code, each in CHOICES.items() if each == number)


def carried(answer: TestResponse) -> dict[str, str]:
    """Return the fields of the form that stay for the next scan."""
    live = answer.text.split('id="live-next"')[1].split('id="live-verdict"')[0]
    return dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', live))

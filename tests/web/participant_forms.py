"""What the tests of the participants' pages share: forms as a browser sends them, pages as a person reads them."""

import re
from collections.abc import Mapping
from html import unescape

from werkzeug.test import TestResponse

from specimens.services import participant
from tests.screening import stands
from tests.web.conftest import Web


def typed_at(day: str, month: str, hour: str, minute: str) -> dict[str, str]:
    """Return a date and time of 2026 as a form sends it."""
    parts = {"day": day, "month": month, "year": "2026", "hour": hour, "minute": minute}
    return {f"happened_{name}": value for name, value in parts.items()}


SIGNED = typed_at("2", "3", "8", "30")
PAPER = {
    "version": "1.0",
    "scopes": ["participation"],
    "obtained_by": "Ivo Smit",
    "original": "binder 3",
    **SIGNED,
}
DAY0 = {"day0_day": "9", "day0_month": "3", "day0_year": "2026"}

#: What people, scanners and attackers put into a field.
ATTACKS = (
    "<script>alert(1)</script>", "'; DROP TABLE participant; --", "=HYPERLINK(\"http://x\")", "\x07\x1b[2J",
    "x" * 10_000, "{{ 7*7 }}", "%s%n", "\u202egnirts", "𝕊", "\r\nSet-Cookie: a=b",
)  # fmt: skip


def text_of(answer: TestResponse) -> str:
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", answer.get_data(as_text=True))))


def made(web: Web, make: object, *rest: object, **changed: object) -> str:
    with web.app.app_context():
        return make(web.cast, *rest, **changed)  # type: ignore[operator,no-any-return]


def state_of(web: Web, code: str) -> participant.Participant:
    with web.app.app_context():
        return stands(code)


def sent_of(answers: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    return {f"{code}.{name}": value for code, fields in answers.items() for name, value in fields.items()}

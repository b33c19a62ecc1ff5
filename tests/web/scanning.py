"""What the tests of scanning pages share: services called in a context of their own, and the verdict on a page."""

import re
from collections.abc import Callable
from typing import Any

from werkzeug.test import TestResponse

from specimens.models.base import db
from tests.web.conftest import Web

Do = Callable[..., Any]


def doing(web: Web) -> Do:
    """Return a function that calls another in a context of its own, as a request would."""

    def do(work: Callable[..., Any], *given: Any, **named: Any) -> Any:
        with web.app.app_context():
            try:
                return work(*given, **named)
            finally:
                db.session.remove()

    return do


def verdict(answer: TestResponse) -> str:
    """Return the verdict on a scanning page."""
    found = re.search(r'data-verdict="(\w*)"', answer.text)
    assert found, answer.text[:2000]
    return found.group(1)

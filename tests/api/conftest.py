"""The JSON doors as a program uses them: each person of the cast with a token of their own."""

from dataclasses import dataclass, field
from typing import Any

import pytest
from werkzeug.test import TestResponse

from specimens.services import token
from tests.web.conftest import Web, engine_name, web  # noqa: F401 - fixtures


@dataclass(slots=True)
class Api:
    """Requests with the token of somebody; `keys` counts so that each act has a key of its own."""

    web: Web
    tokens: dict[str, str] = field(default_factory=dict)
    keys: int = 0

    def token(self, login: str) -> str:
        """Return the person's token, bound to the station at which they work."""
        if login not in self.tokens:
            actor = self.web.cast.actors[login]
            with self.web.app.app_context():
                self.tokens[login] = token.make(actor, "test", station=actor.station)
        return self.tokens[login]

    def get(self, login: str | None, address: str, **more: Any) -> TestResponse:
        """Read something."""
        return self.send("GET", login, address, **more)

    def scan(self, login: str | None, body: Any, key: str | None = None) -> TestResponse:
        """Post a scan under a key."""
        self.keys += 1
        headers = {"Idempotency-Key": key or f"key-{self.keys}"}
        return self.send("POST", login, "/scans", json=body, headers=headers)

    def send(self, method: str, login: str | None, address: str, **more: Any) -> TestResponse:
        """Send a request."""
        headers = dict(more.pop("headers", {}))
        if login:
            headers["Authorization"] = f"Bearer {self.token(login)}"
        return self.web.app.test_client(use_cookies=False).open(
            f"/api/v1{address}", method=method, headers=headers, **more
        )


@pytest.fixture
def api(web: Web) -> Api:  # noqa: F811 - the fixture
    """The JSON doors."""
    return Api(web)

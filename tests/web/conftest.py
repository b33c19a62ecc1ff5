"""What every test of pages may ask for: the cast, and a browser of each of its people.

    def test_a_nurse_sees_today(web: Web) -> None:
        answer = web.client("nora").get("/today")
        assert answer.status_code == 200

The tokens against forged forms are off here; the tests of that protection turn them on with `web.protect()`.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from specimens.models.base import db
from specimens.models.ledger import LedgerEntry
from tests.cast import PASSWORD, Cast, log_in


@dataclass(slots=True)
class Web:
    """The application with its cast. A client keeps its cookies: one per person, made when first asked for."""

    app: Flask
    cast: Cast
    _clients: dict[str, FlaskClient] = field(default_factory=dict)

    def client(self, login: str, station: str | None = None) -> FlaskClient:
        """Return the browser of somebody who is logged in; *station*: the name of another than their own."""
        key = f"{login} {station or ''}"
        if key not in self._clients:
            code = self.cast.stations[station] if station else None
            self._clients[key] = log_in(self.app.test_client(), self.cast.actors[login], code)
        return self._clients[key]

    def stranger(self) -> FlaskClient:
        """Return a browser in which nobody is logged in."""
        return self.app.test_client()

    def by_form(self, login: str, password: str = PASSWORD) -> FlaskClient:
        """Return a browser in which somebody went through the log-in form."""
        client = self.app.test_client()
        client.post("/login", data={"login": login, "password": password})
        return client

    def protect(self) -> None:
        """Turn the tokens against forged forms on."""
        self.app.config["WTF_CSRF_ENABLED"] = True

    def acts(self, kind: str | None = None) -> list[str]:
        """Return the acts in the ledger, oldest first, of one kind of subject or of all."""
        with self.app.app_context():
            rows = select(LedgerEntry.act).order_by(LedgerEntry.id)
            if kind:
                rows = rows.where(LedgerEntry.subject_kind == kind)
            return list(db.session.execute(rows).scalars())

    def entries(self) -> int:
        """Return how many entries the ledger has."""
        with self.app.app_context():
            return db.session.execute(select(func.count(LedgerEntry.id))).scalar_one()


@pytest.fixture(params=["sqlite"])
def engine_name(request: pytest.FixtureRequest) -> str:
    """Take SQLite: what a page shows does not depend on the engine; the services are tested on both."""
    return str(request.param)


@pytest.fixture
def web(app: Flask, everybody: Cast) -> Web:
    """The application with its cast."""
    app.config["WTF_CSRF_ENABLED"] = False
    return Web(app, everybody)


@pytest.fixture
def client_of(web: Web) -> Callable[..., FlaskClient]:
    """Hand out browsers: `client_of("nora")`."""
    return web.client

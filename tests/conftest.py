"""What every test may ask for: both engines for real, an application, no network."""

import socket
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import time_machine
from flask import Flask

import config
from specimens.app import create_app
from specimens.models.base import db
from specimens.services.install import install
from tests.engines import ENGINES, Database, fresh_postgresql, fresh_sqlite, settings_for

#: The instant at which the frozen clock of the tests stands: a Monday morning in Amsterdam.
MORNING = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


def _only_this_machine(connect: Callable[..., Any]) -> Callable[..., Any]:
    def checked(self: socket.socket, address: Any) -> Any:
        if self.family != socket.AF_UNIX and address[0] not in ("127.0.0.1", "::1", "localhost"):
            raise RuntimeError(f"a test reached for the network: {address}")
        return connect(self, address)

    return checked


@pytest.fixture(scope="session", autouse=True)
def no_network() -> Iterator[None]:
    """Refuse every connection that leaves this machine."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("connect", "connect_ex"):
            patch.setattr(socket.socket, name, _only_this_machine(getattr(socket.socket, name)))
        yield


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    """Stop the clock on `MORNING`; `clock.shift(seconds)` and `clock.move_to(instant)` set it."""
    with time_machine.travel(MORNING, tick=False) as stopped:
        yield stopped


@pytest.fixture(params=ENGINES)
def engine_name(request: pytest.FixtureRequest) -> str:
    """Walk through both engines."""
    return str(request.param)


@pytest.fixture
def database(engine_name: str, tmp_path: Path) -> Iterator[Database]:
    """A fresh, migrated, empty database of either engine."""
    if engine_name == "sqlite":
        yield fresh_sqlite(tmp_path)
    else:
        yield from fresh_postgresql()


@pytest.fixture
def database_url(database: Database) -> str:
    """The application's address of that database."""
    return database.url


@pytest.fixture
def settings(database: Database, tmp_path: Path) -> config.Settings:
    """Settings that run on that database."""
    return settings_for(database, tmp_path)


@pytest.fixture
def app(settings: config.Settings) -> Iterator[Flask]:
    """The application, installed, on that database."""
    made = create_app(settings)
    with made.app_context():
        install(settings.origin)
        db.session.remove()
    yield made
    with made.app_context():
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def context(app: Flask) -> Iterator[Flask]:
    """The application with its context pushed, for tests that call services."""
    with app.app_context():
        yield app
        db.session.remove()

"""What every test may ask for: both engines for real, an application, no network."""

import gc
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import time_machine
from flask import Flask
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

import config
from specimens.app import create_app, stored
from specimens.models.base import db
from specimens.services.access import HASHER
from specimens.services.install import install
from tests.cast import QUICKLY, Cast, build
from tests.engines import ENGINES, Database, fresh_postgresql, fresh_sqlite, settings_for
from tests.history import History, opened, received
from tests.order import longest_first
from tests.routes import KeptRule
from tests.stages import MORNING, Maker, Stage, copied, stage
from tests.templates import TEMPLATES

hypothesis_settings.register_profile(  # the same examples every time, however slow the machine is
    "specimens", derandomize=True, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow]
)
hypothesis_settings.load_profile("specimens")
HASHER.__init__(**QUICKLY)  # type: ignore[misc]  # in this process; programs that tests start hash as installed
Flask.url_rule_class = KeptRule  # Flask's own way to say what a route is made of


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Where several processes share the files, begin with the longest."""
    if hasattr(config, "workerinput"):
        longest_first(items)


def pytest_collection_finish() -> None:
    """Let the collector of garbage pass over the program and the tests that were collected, and come less often.

    It took a third of the time of a test of pages: each leaves an application behind, and each time all was looked at.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 10, 10)


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


def _cast(clock: time_machine.Traveller) -> Cast:
    return build()


def _opened(clock: time_machine.Traveller) -> tuple[Cast, History]:
    cast = build()
    return cast, opened(cast, clock)


def _received(clock: time_machine.Traveller) -> tuple[Cast, History]:
    cast = build()
    return cast, received(cast, clock)


#: What a test may ask for → what makes it; the first that is asked for holds the others.
_BEGINNINGS: dict[str, Maker] = {"blood_received": _received, "visit_open": _opened, "everybody": _cast}


@pytest.fixture
def setting(engine_name: str, request: pytest.FixtureRequest) -> Stage | None:
    """What the database begins with: what the test asks for, else nothing."""
    make = next((make for name, make in _BEGINNINGS.items() if name in request.fixturenames), None)
    return stage(make, engine_name) if make else None


@pytest.fixture
def database(engine_name: str, setting: Stage | None, tmp_path: Path) -> Iterator[Database]:
    """A fresh, migrated database of either engine, with what `setting` says."""
    if setting is not None:
        yield from copied(setting, tmp_path)
    elif engine_name == "sqlite":
        yield fresh_sqlite(tmp_path)
    else:
        yield from fresh_postgresql()


@pytest.fixture
def everybody(setting: Stage, clock: time_machine.Traveller) -> Cast:
    """The cast, in the database of this test, on the morning on which they begin."""
    made: Cast = setting.made if isinstance(setting.made, Cast) else setting.made[0]
    return Cast(made.study, dict(made.stations), dict(made.actors))  # a test may send somebody elsewhere


@pytest.fixture
def cast(context: Flask, everybody: Cast) -> Cast:
    """The cast, in the database of this test, for tests that call services."""
    return everybody


@pytest.fixture
def visit_open(setting: Stage, clock: time_machine.Traveller) -> History:
    """An enrolled participant with the baseline visit open and nothing collected, when it was just opened."""
    clock.move_to(setting.until)
    return setting.made[1]  # type: ignore[no-any-return]


@pytest.fixture
def blood_received(setting: Stage, clock: time_machine.Traveller) -> History:
    """That history with the blood collected, released and received, when the receipt was just closed."""
    clock.move_to(setting.until)
    return setting.made[1]  # type: ignore[no-any-return]


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
    made.jinja_env.bytecode_cache = TEMPLATES
    with made.app_context():
        install(settings.origin)
        db.session.remove()
    yield made
    with made.app_context():
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def context(settings: config.Settings, request: pytest.FixtureRequest) -> Iterator[Flask]:
    """The application with its context pushed, for tests that call services; without doors if none is asked for."""
    asked = "app" in request.fixturenames
    made = request.getfixturevalue("app") if asked else stored(settings)
    with made.app_context():
        if not asked:
            install(settings.origin)
            db.session.remove()
        yield made
        db.session.remove()
        if not asked:
            db.engine.dispose()

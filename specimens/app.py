"""Where things are wired together, and nowhere else."""

from flask import Flask

from config import Settings
from specimens.models.base import POSTGRESQL_OPTIONS, configure, db
from specimens.services import notary, outside, stock


def create_app(settings: Settings) -> Flask:
    """Make the application for *settings*: database, doors, language, protection."""
    from specimens import api, web  # a command has no doors, and need not carry them

    app = stored(settings)
    web.register(app)
    api.register(app)
    return app


def stored(settings: Settings) -> Flask:
    """Make the application for *settings* without doors: what the services need, nothing that a browser asks for."""
    app = Flask("specimens", template_folder="../templates", static_folder="static")
    app.config.update(
        SECRET_KEY=settings.secret_key,
        SQLALCHEMY_DATABASE_URI=settings.database_url,
        SQLALCHEMY_ENGINE_OPTIONS=_engine_options(settings),
        SETTINGS=settings,
        TESTING=settings.env == "test",
        MAX_CONTENT_LENGTH=16 * 1024 * 1024,
        MAX_FORM_MEMORY_SIZE=1024 * 1024,
    )
    db.init_app(app)
    with app.app_context():
        configure(db.engine)
        outside.keep(db.engine, settings.secret_key, settings.home)
        stock.keep(db.engine, settings.layouts)
        notary.appoint(db.engine, settings.home / "ledger", settings.signing_command)
    return app


def _engine_options(settings: Settings) -> dict[str, object]:
    if settings.sqlite:
        return {"pool_size": 16, "max_overflow": 16}
    return {
        "pool_size": 16,
        "max_overflow": 16,
        "connect_args": {"options": POSTGRESQL_OPTIONS},
    }

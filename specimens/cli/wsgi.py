"""What the server's worker loads."""

import atexit

from flask import Flask

import config
from specimens.app import create_app
from specimens.cli import layouts
from specimens.services.keeper import Keeper, Rhythm
from specimens.services.printer_target import targets_of
from specimens.services.printer_worker import Worker


def application() -> Flask:
    """Make the application from the environment; its keeper looks after the ledger, its worker prints the queue."""
    settings = config.read()
    layouts.must_be_right(
        settings
    )  # what it read stays: a file that is changed later counts from the next start
    app = create_app(settings)
    rhythm = Rhythm(settings.checkpoint_minutes, settings.checkpoint_entries, settings.verify_hours)
    Keeper(app.app_context, rhythm).start()
    worker = Worker(app.app_context, targets_of(settings.printing))
    worker.begin()
    atexit.register(worker.end)
    return app

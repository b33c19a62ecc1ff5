"""Floor 3: JSON doors under `/api/v1`, over the same services as the pages."""

from flask import Flask

from specimens.api import openapi, reading, scans
from specimens.api.door import bp

__all__ = ["openapi", "reading", "register", "scans"]


def register(app: Flask) -> None:
    """Hang the JSON doors. They know a person by a token and take no cookie, so there is no form to forge."""
    app.register_blueprint(bp)
    app.extensions["csrf"].exempt(bp)

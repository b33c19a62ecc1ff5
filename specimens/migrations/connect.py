"""How migrations reach a database."""

from sqlalchemy import Engine, create_engine

#: As for every connection of the program (`models.base`; migrations know no models): the tables are those in `public`,
#: whatever path the role has.
PINNED = "-c search_path=public,pg_temp"


def engine(url: str) -> Engine:
    """Return an engine for the database at *url*; whoever asks disposes of it."""
    return create_engine(url, **({} if url.startswith("sqlite") else {"connect_args": {"options": PINNED}}))

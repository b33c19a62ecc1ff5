"""What labels come on at this installation: the library's stocks, and those in a folder of the site's own."""

from collections.abc import Mapping
from pathlib import Path
from weakref import WeakKeyDictionary

from sqlalchemy import Engine

from labels import stock as library
from labels.stock import Stock
from specimens.models.base import db

_FOLDERS: "WeakKeyDictionary[Engine, Path | None]" = WeakKeyDictionary()


def keep(engine: Engine, folder: Path | None) -> None:
    """Say where a site's own layouts and stocks are; done once, where the application is wired together."""
    _FOLDERS[engine] = folder


def stocks() -> Mapping[str, Stock]:
    """Return every stock that can be printed on here, by its code; the site's own are the last."""
    return library.stocks(_FOLDERS.get(db.engine))


def stock(code: str) -> Stock:
    """Return a stock that can be printed on here; raises LabelError `label_unknown_stock`."""
    return library.stock(code, _FOLDERS.get(db.engine))


def names(language: str) -> dict[str, str]:
    """Return code → what each stock is called."""
    return {each.code: each.text[language] for each in stocks().values()}

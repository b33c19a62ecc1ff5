"""The word for each code of the house: statuses, acts, roles, kinds. English; the key of the Dutch catalogue.

One module per room, each with its `WORDS`; a code has one word everywhere.
"""

from importlib import import_module
from pkgutil import iter_modules

WORDS: dict[str, str] = {}
for _module in iter_modules(__path__):
    WORDS.update(import_module(f"{__name__}.{_module.name}").WORDS)

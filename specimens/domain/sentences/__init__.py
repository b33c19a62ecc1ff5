"""What people are told: code → sentence with cause, place and next act.

English stands here and is the key of the Dutch catalogue; a floor above translates and fills in the facts. One module
per room, each with its `SENTENCES`, so that a sentence is found beside its like.
"""

from importlib import import_module
from pkgutil import iter_modules

SENTENCES: dict[str, str] = {}
for _module in iter_modules(__path__):
    SENTENCES.update(getattr(import_module(f"{__name__}.{_module.name}"), "SENTENCES", {}))

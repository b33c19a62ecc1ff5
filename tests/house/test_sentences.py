"""A code has one sentence and one word, whichever room wrote it."""

from importlib import import_module
from pkgutil import iter_modules

import pytest

from specimens.domain import sentences, words

ROOMS = [
    (sentences, "SENTENCES"),
    (words, "WORDS"),
]


@pytest.mark.parametrize(("package", "name"), ROOMS, ids=["sentences", "words"])
def test_no_code_is_told_in_two_ways(package: object, name: str) -> None:
    told: dict[str, dict[str, str]] = {}
    for module in iter_modules(package.__path__):  # type: ignore[attr-defined]
        found = getattr(import_module(f"{package.__name__}.{module.name}"), name, {})  # type: ignore[attr-defined]
        for code, text in found.items():
            told.setdefault(code, {})[text] = module.name
    assert {code: texts for code, texts in told.items() if len(texts) > 1} == {}

"""Everything the pages say exists in English and Dutch."""

import io
import re
from pathlib import Path
from typing import Any

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

ROOT = Path(__file__).parents[2]
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|\{\w*\}")


def _said() -> set[Any]:
    """Return every message that the program and its pages can say, as the collector finds it."""
    methods = [("specimens/**.py", "python"), ("labels/**.py", "python"), ("templates/**.html", "jinja2")]
    keywords: Any = {"_": None, "gettext": None, "ngettext": (1, 2), "N_": None, "lazy_gettext": None}
    found = extract_from_dir(ROOT, method_map=methods, keywords=keywords)
    return {message for _, _, message, _, _ in found if message}


@pytest.fixture(scope="module")
def dutch() -> Catalog:
    path = ROOT / "specimens/translations/nl/LC_MESSAGES/messages.po"
    return read_po(io.BytesIO(path.read_bytes()), locale="nl")


def _texts(message: Message) -> tuple[str, ...]:
    return tuple(message.string) if isinstance(message.string, list | tuple) else (message.string,)


def test_every_message_has_its_dutch_words(dutch: Catalog) -> None:
    missing = []
    for message in _said():
        key = message[0] if isinstance(message, tuple) else message
        entry = dutch.get(key)
        if entry is None or not all(_texts(entry)) or entry.fuzzy:
            missing.append(key)
    assert sorted(missing) == [], "run `make words`, then translate what is empty in messages.po"


def test_the_catalogue_holds_nothing_that_nobody_says(dutch: Catalog) -> None:
    said = {message[0] if isinstance(message, tuple) else message for message in _said()}
    kept = {entry.id[0] if isinstance(entry.id, tuple) else entry.id for entry in dutch if entry.id}
    assert sorted(kept - said) == []


def test_a_translation_names_the_same_facts(dutch: Catalog) -> None:
    wrong = []
    for entry in dutch:
        if not entry.id:
            continue
        english = entry.id[-1] if isinstance(entry.id, tuple) else entry.id
        for told in _texts(entry):
            if set(PLACEHOLDER.findall(told)) - {"%(num)s"} != set(PLACEHOLDER.findall(english)) - {
                "%(num)s"
            }:
                wrong.append((english, told))
    assert wrong == []

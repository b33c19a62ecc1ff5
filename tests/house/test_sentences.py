"""A code has one sentence and one word, whichever room wrote it; a refusal says more than that it is one."""

import re
from importlib import import_module
from pkgutil import iter_modules

import pytest
from babel.messages.pofile import read_po

from specimens.domain import near_miss, sentences, words
from tests.house.tree import ROOT

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


def test_what_a_near_miss_is_counted_as_is_said_of_refusals_that_the_program_still_makes() -> None:
    rooms = [path for path in (ROOT / "specimens").rglob("*.py") if "words" not in path.parts]
    made = "".join(
        path.read_text(encoding="utf-8")
        for path in rooms
        if "sentences" not in path.parts and path.name != "near_miss.py"
    )
    #: Put together from the kind of what was scanned: `unknown_{kind}`.
    pieced = {each for each in near_miss.KIND_OF if each.startswith("unknown_")}
    assert [each for each in near_miss.KIND_OF if each not in pieced and f'"{each}"' not in made] == []


def test_a_refused_scan_is_told_with_its_cause_and_with_what_to_do_next_in_both_languages() -> None:
    with (ROOT / "specimens/translations/nl/LC_MESSAGES/messages.po").open("rb") as file:
        dutch = read_po(file, locale="nl")
    short = []
    refusals = (
        near_miss.KIND_OF.keys() & sentences.SENTENCES.keys()
    )  # an older record may hold one that is gone
    for refusal in sorted(refusals):
        english = str(sentences.SENTENCES[refusal])
        translated = dutch.get(english)
        for told in (english, str(translated.string) if translated else ""):
            parts = re.split(r"[.:;,](?=\s)", told)
            if len(parts) < 2 or not told.endswith((".", "?")):
                short.append(f"{refusal}: {told}")
    assert len(refusals) > 50
    assert short == []

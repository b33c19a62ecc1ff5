"""The field's words, once each: code never says sample, patient, item, arm or holder for ours."""

import ast
import re
from collections.abc import Iterator

import pytest

from tests.house.tree import code, text

#: Word that is not ours → the word that is (`docs/glossary.md`).
INSTEAD = {
    "sample": "specimen",
    "patient": "participant",
    "item": "specimen, or what the thing is",
    "arm": "group",
    "holder": "custodian",
}


def _words(name: str) -> set[str]:
    words = re.findall(r"[A-Z]?[a-z]+|[A-Z]+", name)
    return {word.lower() for word in words} | {word.lower().removesuffix("s") for word in words}


def _names(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Yield what a module itself names; attributes that are read belong to whoever made them."""
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                yield node.lineno, name
            case ast.arg(arg=name) | ast.Name(id=name, ctx=ast.Store()):
                yield node.lineno, name
            case ast.Attribute(attr=name, ctx=ast.Store()):
                yield node.lineno, name
            case ast.keyword(arg=str(name)):
                yield node.lineno, name
            case ast.Dict(keys=keys):
                yield from (
                    (key.lineno, key.value)
                    for key in keys
                    if isinstance(key, ast.Constant)
                    and isinstance(key.value, str)
                    and key.value.isidentifier()
                )


def wrong_names(source: str, path: str) -> list[str]:
    """Return each name that uses a word which is not ours, as `file:line: sentence`."""
    return [
        f"{path}:{line}: {name}: say {INSTEAD[word]}, not {word}"
        for line, name in _names(ast.parse(source, path))
        for word in sorted(_words(name) & set(INSTEAD))
    ]


def test_code_speaks_the_words_of_the_field() -> None:
    assert [line for path in code() for line in wrong_names(text(path), path)] == []


def test_files_are_named_in_the_words_of_the_field() -> None:
    assert [path for path in code() if _words(path) & set(INSTEAD)] == []


@pytest.mark.parametrize(
    ("source", "word"),
    [
        ("def receive_sample(): pass", "sample"),
        ("class PatientRow: pass", "patient"),
        ("for item in tubes: pass", "item"),
        ("def f(arms): pass", "arm"),
        ("self.holder = nurse", "holder"),
        ("f(sample_id=1)", "sample"),
        ("facts = {'holder': nurse}", "holder"),
    ],
)
def test_a_word_that_is_not_ours_is_found(source: str, word: str) -> None:
    (told,) = wrong_names(source, "specimens/domain/a.py")
    assert told.startswith("specimens/domain/a.py:1: ")
    assert told.endswith(f"not {word}")


@pytest.mark.parametrize(
    "source", ["for a, b in facts.items(): pass", "draw.sample(tubes, 2)", "alarm = placeholder = 1"]
)
def test_words_of_others_and_words_that_only_contain_one_pass(source: str) -> None:
    assert wrong_names(source, "specimens/domain/a.py") == []

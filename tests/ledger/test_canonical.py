"""Canonical JSON: one value, one sequence of bytes, and nothing that two programs print differently."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from specimens.ledger.canonical import LARGEST_INTEGER, canonical

VECTORS = [
    ({}, b"{}"),
    ([], b"[]"),
    (None, b"null"),
    ({"b": True, "a": [1, -1, 0, None, False]}, b'{"a":[1,-1,0,null,false],"b":true}'),
    ({"a": ("x",)}, b'{"a":["x"]}'),
    # The sorting example of RFC 8785, 3.2.3: by UTF-16 code units, so an astral character comes before U+FB33.
    (
        {"\u20ac": 1, "\r": 2, "\ufb33": 3, "1": 4, "\U0001f600": 5, "\u0080": 6, "\u00f6": 7},
        '{"\\r":2,"1":4,"\u0080":6,"ö":7,"€":1,"😀":5,"\ufb33":3}'.encode(),
    ),
    # Its string escapes, 3.2.2.2.
    ('€$\x0f\nA\'B"\\\\"/', '"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"'.encode()),
    ("\x08\x0c\t\x1f\x7f", b'"\\b\\f\\t\\u001f\x7f"'),
    (LARGEST_INTEGER, b"9007199254740991"),
    (-LARGEST_INTEGER, b"-9007199254740991"),
]


@pytest.mark.parametrize(("value", "expected"), VECTORS)
def test_a_value_has_one_form(value: object, expected: bytes) -> None:
    assert canonical(value) == expected


@pytest.mark.parametrize(
    "value",
    [1.0, 0.5, float("nan"), float("inf"), LARGEST_INTEGER + 1, -LARGEST_INTEGER - 1, {1: 2}, {None: 1}, b"bytes",
     {1, 2}, "\ud800", {"\udc00": 1}, object(), [1, [2, 3.0]]],
)  # fmt: skip
def test_what_two_programs_would_print_differently_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match=r"."):
        canonical(value)


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-LARGEST_INTEGER, LARGEST_INTEGER)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=4)
    | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner, max_size=4),
    max_leaves=12,
)  # fmt: skip


@given(_VALUES)
def test_it_reads_back_as_it_was_and_has_the_same_form_again(value: object) -> None:
    form = canonical(value)
    assert json.loads(form) == value
    assert canonical(json.loads(form)) == form


@given(st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), st.integers(0, 9), min_size=2))
def test_the_order_in_which_keys_were_put_in_does_not_matter(value: dict[str, int]) -> None:
    assert canonical(value) == canonical(dict(reversed(list(value.items()))))


def test_an_enumeration_of_texts_is_a_text() -> None:
    from specimens.domain.terms import Kind

    assert canonical({"kind": Kind.SPECIMEN}) == b'{"kind":"specimen"}'


def test_every_character_is_written_as_json_has_it_and_beside_a_key_of_another_alphabet_too() -> None:
    for number in (*range(0xD800), *range(0xE000, 0x10000), 0x10000, 0x1F600, 0x10FFFF):
        character = chr(number)
        expected = json.dumps(character, ensure_ascii=False)
        assert canonical(character) == expected.encode()
        assert canonical({"ö": character}) == f'{{"ö":{expected}}}'.encode()


def test_what_only_some_programs_can_write_is_refused() -> None:
    for value in (datetime(2026, 1, 1, tzinfo=UTC), Decimal(1), uuid4(), frozenset({"a"}), ["a", Path("b")]):
        with pytest.raises(ValueError, match="not part of canonical JSON"):
            canonical({"value": value})

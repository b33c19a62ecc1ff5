"""The identifier: what its check character catches, and what a keyboard does to it."""

import contextlib
import itertools
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labels.identifier import is_identifier as alone
from specimens.domain.errors import BadInput
from specimens.domain.identifiers import (
    ALPHABET,
    COMMANDS,
    LENGTH,
    LONGEST_SCAN,
    RESERVED,
    check_character,
    is_identifier,
    new_identifier,
    printed,
    read_scan,
)

FIRST = "CDFHJKNPRTVX"
bodies = st.tuples(st.sampled_from(FIRST), st.text(ALPHABET, min_size=6, max_size=6)).map("".join)
codes = bodies.map(lambda body: body + check_character(body))

#: What the keys of the digits 0 to 9 type: alone, and with Shift, as Windows and Linux have them.
ROWS = {
    "US": ("0123456789", ")!@#$%^&*("),
    "US-International": ("0123456789", ")!@#$%^&*("),
    "NL": ("0123456789", "'!\"#$%&_()"),
    "FR": ("à&é\"'(-è_ç", "0123456789"),
    "DE": ("0123456789", '=!"§$%&/()'),
}
#: Caps Lock turns letters over everywhere; what it does to the digits depends on the system.
CAPS = ("off", "letters", "accents", "shift lock")


def typed(code: str, layout: str, caps: str) -> str:
    """Return what a scanner that types as on a US keyboard gives under another layout: letters come with Shift."""
    plain, shifted = ROWS[layout]
    out = []
    for symbol in code:
        if symbol.isdigit():
            sign = (shifted if caps == "shift lock" else plain)[int(symbol)]
            out.append(sign.upper() if caps == "accents" else sign)
        else:
            out.append(symbol if caps == "off" else symbol.lower())
    return "".join(out)


def _read(text: str) -> str | None:
    try:
        return read_scan(text).code
    except BadInput:
        return None


@settings(max_examples=60, deadline=None)
@given(codes)
def test_every_single_substitution_is_caught(code: str) -> None:
    for place, symbol in itertools.product(range(LENGTH), ALPHABET):
        changed = code[:place] + symbol + code[place + 1 :]
        assert is_identifier(changed) == (changed == code)


@settings(max_examples=200, deadline=None)
@given(codes)
def test_every_swap_of_two_characters_is_caught(code: str) -> None:
    for one, two in itertools.combinations(range(LENGTH), 2):
        signs = list(code)
        signs[one], signs[two] = signs[two], signs[one]
        changed = "".join(signs)
        assert is_identifier(changed) == (changed == code)


@settings(max_examples=200, deadline=None)
@given(codes)
def test_a_new_body_has_one_check_character_and_no_other(code: str) -> None:
    assert [symbol for symbol in ALPHABET if is_identifier(code[:-1] + symbol)] == [code[-1]]


@settings(max_examples=300, deadline=None)
@given(st.one_of(codes, st.text(ALPHABET, max_size=10), st.text(max_size=10)))
def test_the_library_alone_has_the_same_rule(text: str) -> None:
    assert alone(text) == is_identifier(text)


@pytest.mark.parametrize("caps", CAPS)
@pytest.mark.parametrize("layout", ROWS)
@settings(max_examples=200, deadline=None)
@given(code=codes)
def test_a_keyboard_layout_is_put_right_or_refused_and_never_wrong(layout: str, caps: str, code: str) -> None:
    assert _read(typed(code, layout, caps)) in (code, None)


@pytest.mark.parametrize("caps", CAPS)
@pytest.mark.parametrize("layout", ROWS)
def test_a_scan_under_another_layout_is_nearly_always_put_right(layout: str, caps: str) -> None:
    source = random.Random(f"{layout} {caps}")
    asked = [new_identifier(source.randrange) for _ in range(300)]
    read = [_read(typed(code, layout, caps)) for code in asked]
    # Where two tables give two identifiers, nobody can say which one it was: refused, some one in twenty.
    assert sum(one == other for one, other in zip(read, asked, strict=True)) >= 250
    assert all(one in (other, None) for one, other in zip(read, asked, strict=True))


def test_a_layout_that_was_put_right_is_told() -> None:
    assert read_scan(typed("C4K7N2XD", "FR", "off")).layout_corrected
    assert not read_scan("c4k7 n2xd").layout_corrected


@pytest.mark.parametrize("before", ["", "]d1", "]C1", " ", "\x1d"])
@pytest.mark.parametrize("after", ["", " ", "\r\n", "\t", "\x1d"])
@pytest.mark.parametrize("code", ["C4K7N2XD", "c4k7n2xd", "C4K7 N2XD", " C4K7  N2XD "])
def test_what_a_scanner_puts_around_an_identifier_is_stripped(before: str, code: str, after: str) -> None:
    assert read_scan(before + code + after).code == "C4K7N2XD"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "scan_empty"), ("  \t", "scan_empty"), ("\x1d", "scan_empty"), ("x" * (LONGEST_SCAN + 1), "scan_too_long"),
        ("C4K7\x00N2XD", "scan_control_characters"), ("C4K7N2XF", "scan_unreadable"), ("C4K7N2X", "scan_unreadable"),
        ("C4K7N2XDD", "scan_unreadable"), ("E4K7N2XD", "scan_unreadable"), ("٣4K7N2XD", "scan_unreadable"),
        ("C4K7N2XD C4K7N2XD", "scan_unreadable"),
    ],
)  # fmt: skip
def test_what_is_no_identifier_is_refused_with_a_reason(text: str, code: str) -> None:
    with pytest.raises(BadInput) as refused:
        read_scan(text)
    assert refused.value.code == code


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=150))
def test_whatever_is_typed_is_read_or_refused(text: str) -> None:
    with contextlib.suppress(BadInput):
        assert is_identifier(read_scan(text).code)


def test_a_new_identifier_is_never_a_command_and_never_looks_like_a_number() -> None:
    source = random.Random(9)
    made = [new_identifier(source.randrange) for _ in range(5_000)]
    assert len(set(made)) == len(made)
    assert all(is_identifier(code) and not code.startswith(RESERVED) and code[0] in FIRST for code in made)


def test_the_commands_are_identifiers_that_are_never_issued() -> None:
    assert len(COMMANDS) == 5
    assert all(is_identifier(code) and code.startswith(RESERVED) for code in COMMANDS)
    assert printed("C4K7N2XD") == "C4K7 N2XD"

"""A chain, checked entry by entry, without a database."""

import json
from typing import Any

import pytest

from specimens.ledger import layout
from specimens.ledger.chain import COLUMNS, Chain, Difference, glance
from specimens.ledger.entry import Entry, commitment, entry_hash, write
from tests.ledger.test_entry import SALT, _draft

ORIGIN = "example.org/specimens"


def _columns(seq: int, **changes: Any) -> dict[str, Any]:
    draft = _draft()
    return {
        "id": draft.id, "operation": draft.operation, "kind": draft.kind, "code": draft.code, "seq": seq,
        "act": draft.act, "study": draft.study, "site": draft.site, "station": draft.station, "user": "U",
        "role": "technician", "mode": draft.mode, "happened_at": draft.happened_at, "recorded_at": draft.recorded_at,
        **changes,
    }  # fmt: skip


def _history(count: int) -> list[Entry]:
    made: list[Entry] = []
    for seq in range(1, count + 1):
        made.append(write(_draft(), seq=seq, prev=made[-1].hash if made else None))
    return made


def _checked(rows: list[tuple[dict[str, Any], Any, Any]], seals: Any = None) -> list[Difference]:
    """Check the chain both ways: at a glance and thoroughly must come to the same."""
    chain = Chain("specimen C4K7N2XD", ORIGIN)
    read, found = [], list[Difference]()
    for columns, body, stored in rows:
        said, wrong = chain.add(columns, body, stored, seals or {})
        read.append(said)
        found += wrong
    plain = [(*(columns[name] for name in COLUMNS), body, stored) for columns, body, stored in rows]
    told = glance(plain, {columns["id"]: seals or {} for columns, _, _ in rows}, ORIGIN)
    if told is None:
        assert found or not all(map(_at_a_glance, rows)), "honest, and yet not seen at a glance"
    else:
        assert found == []
        assert told.bodies == read
        assert (len(told.bodies), told.hashes[-1]) == (chain.seq, chain.head)
        assert [dict(zip(COLUMNS, each, strict=True)) for each in told.columns] == [row[0] for row in rows]
        assert told.redacted == [("specimen", "C4K7N2XD")] * chain.redacted
    return found


def _at_a_glance(row: tuple[dict[str, Any], Any, Any]) -> bool:
    return layout.read([row[1]]) is not None


def _rows(entries: list[Entry]) -> list[tuple[dict[str, Any], Any, Any]]:
    return [(_columns(each.seq), each.body, each.hash) for each in entries]


def test_an_honest_chain_has_no_differences() -> None:
    assert _checked(_rows(_history(5))) == []


def test_every_byte_of_every_body_is_covered() -> None:
    (first,) = _history(1)
    for place in range(len(first.body)):
        changed = bytearray(first.body)
        changed[place] ^= 1
        assert _checked([(_columns(1), bytes(changed), first.hash)]), place


@pytest.mark.parametrize(
    ("honest", "other"),
    [(b'"volume_ul":500', b'"volume_ul":500.0'), (b'"volume_ul":500', b'"volume_ul":5e2'),
     (b'"volume_ul":500', b'"volume_ul":9007199254740992'), (b'"volume_ul":500', b'"volume_ul":NaN'),
     (b'"volume_ul":500', b'"volume_ul":-0'), (b'"volume_ul":500', b'"volume_ul":500,"volume_ul":500'),
     (b'"act"', b'"\\u0061ct"'), (b'"AMS"', b'"\\u0041MS"'), (b'{"act"', b'\xef\xbb\xbf{"act"'), (b'"v":1', b'"v":1 '),
     (b'"v":1', b'"v":true'), (b'{"volume_ul":500}', b'{"b":1,"a":1}'),
     (b'{"volume_ul":500}', b'{"\xc3\xa9":1,"e":1}')],
)  # fmt: skip
def test_what_is_not_canonical_is_named_even_under_a_hash_that_fits(honest: bytes, other: bytes) -> None:
    body = _history(1)[0].body
    changed = body.replace(honest, other, 1)
    assert changed != body
    found = {each.field for each in _checked([(_columns(1), changed, entry_hash(changed))])}
    assert found & {"body", "v"}


def test_letters_of_other_alphabets_are_canonical() -> None:
    draft = _draft(facts={"é": 1, "z": "Łucja", "\ufb33": 2, "😀": 3})
    made = write(draft, seq=1, prev=None)
    assert _checked([(_columns(1), made.body, made.hash)]) == []


@pytest.mark.parametrize("character", ["\x7f", "\x80", "é", "\u2028", "\ud7ff"])
def test_letters_of_other_alphabets_are_seen_at_a_glance(character: str) -> None:
    """Keys too: up to U+D7FF the order of UTF-16 is that of UTF-8."""
    facts = {f"a{character}": character, "az": 1, f"{character}a": 2, "z": [{character: character}]}
    entry = write(_draft(facts=facts), seq=1, prev=None)
    assert layout.read([entry.body]) == [layout.body_of(json.loads(entry.body))]
    assert _checked(_rows([entry])) == []


def test_keys_that_utf_8_has_in_another_order_are_left_to_the_thorough_way() -> None:
    entry = write(_draft(facts={"\uffff": 1, "\U00010000": 2}), seq=1, prev=None)
    assert entry.body.index("\U00010000".encode()) < entry.body.index("\uffff".encode())
    assert layout.read([entry.body]) is None
    assert _checked(_rows([entry])) == []


@pytest.mark.parametrize(
    ("honest", "other"),
    [(b'"happened_at":"2', b'"happened_at":"x'), (b'"role":"technician",', b""),
     (b'"reason":null', b'"reason":["code","sealed"]'), (b'"reason":null', b'"reason":"x"'),
     (b'"subject":{"code":"C4K7N2XD","kind":"specimen"}', b'"subject":{"code":"C4K7N2XD"}'),
     (b'"seq":1', b'"seq":"1"')],
)  # fmt: skip
def test_a_body_that_is_no_entry_is_named_even_under_a_hash_that_fits(honest: bytes, other: bytes) -> None:
    (entry,) = _history(1)
    assert honest in entry.body
    forged = entry.body.replace(honest, other, 1)
    (wrong,) = _checked([(_columns(1), forged, entry_hash(forged))])
    assert (wrong.seq, wrong.field, wrong.expected) == (1, "body", "an entry")


def test_chains_one_behind_the_other_are_seen_at_a_glance_and_what_is_wrong_in_one_is_not() -> None:
    rows: list[tuple[Any, ...]] = []
    for code in ("C4K7N2XD", "D4K7N2XD"):
        before = None
        for seq in (1, 2, 3):
            made = write(_draft(code=code), seq=seq, prev=before)
            before = made.hash
            told = _columns(seq, code=code)
            rows.append((*(told[name] for name in COLUMNS), made.body, made.hash))
    read = glance(rows, {}, ORIGIN)
    assert read is not None and [each.seq for each in read.bodies] == [1, 2, 3, 1, 2, 3]
    assert glance(rows[3:] + rows[:3], {}, ORIGIN) is not None
    swapped, other = [*rows[:4], rows[5], rows[4]], [*rows[:5], (*rows[5][:-1], bytes(32))]
    for wrong in (
        rows[1:],
        rows[:2] + rows[3:] + rows[2:3],
        rows[:4] + rows[5:],
        rows + rows[5:],
        swapped,
        other,
    ):
        assert glance(wrong, {}, ORIGIN) is None
    assert glance(rows, {}, "another origin") is None
    assert glance(rows, {rows[0][0]: {"note": (SALT, "words")}}, ORIGIN) is None


def test_a_chain_that_begins_twice_is_not_accepted_at_a_glance() -> None:
    rows = [
        (*(columns[name] for name in COLUMNS), body, stored) for columns, body, stored in _rows(_history(2))
    ]
    assert glance(rows, {}, ORIGIN) is not None
    assert glance(rows + rows, {}, ORIGIN) is None
    (other,) = [write(_draft(code="D4K7N2XD"), seq=1, prev=None)]
    between = (*(_columns(1, code="D4K7N2XD")[name] for name in COLUMNS), other.body, other.hash)
    assert glance([*rows, between], {}, ORIGIN) is not None
    assert glance([*rows, between, *rows], {}, ORIGIN) is None


def test_bodies_that_fit_only_when_they_are_put_together_otherwise_are_none() -> None:
    """They are read line by line: two in one body must not make up for one that is empty or cut in two."""
    first, second = (each.body for each in _history(2))
    assert layout.read([first, second]) is not None
    half = len(second) // 2
    for bodies in (
        [first + b"\n" + second],
        [first + b"\n" + second, b""],
        [first, second, b""],
        [b"", first, second],
        [first + b"\n", second],
        [first + b"\n" + second[:half], second[half:]],
        [first, second[:half], second[half:]],
        [first, second + b"\n"],
        [b"\n"],
        [b""],
    ):
        assert layout.read(bodies) is None, bodies


def test_every_column_is_covered() -> None:
    (first,) = _history(1)
    for name, value in _columns(1).items():
        other = value + 1 if isinstance(value, int) else f"{value}x"
        (found,) = _checked([(_columns(1) | {name: other}, first.body, first.hash)])
        assert (found.field, found.found) == (name, str(other))


def test_another_version_and_another_origin_are_named() -> None:
    made = write(_draft(origin="somewhere.else/log"), seq=1, prev=None)
    (found,) = _checked([(_columns(1), made.body, made.hash)])
    assert (found.field, found.expected, found.found) == ("origin", ORIGIN, "somewhere.else/log")


def test_a_gap_is_named_once() -> None:
    entries = _history(6)
    found = _checked(_rows([*entries[:2], *entries[3:]]))
    assert [(each.seq, each.field) for each in found] == [(3, "seq"), (3, "prev")]


def test_an_entry_twice_is_named() -> None:
    entries = _history(2)
    assert {"seq", "prev"} <= {each.field for each in _checked(_rows([*entries, entries[-1]]))}


@pytest.mark.parametrize(
    ("salt", "text", "field"),
    [
        (SALT, "other", "sealed.note"),
        (None, "words", "sealed.note"),
        (SALT, None, "sealed.note"),
        (b"", "words", "sealed.note"),
    ],
)
def test_a_seal_that_does_not_fit_is_named(salt: Any, text: Any, field: str) -> None:
    made = write(_draft(sealed={"note": (SALT, "words")}), seq=1, prev=None)
    rows = [(_columns(1), made.body, made.hash)]
    assert _checked(rows, {"note": (SALT, "words")}) == []
    assert _checked(rows, {"note": (None, None)}) == []  # redacted
    assert [each.field for each in _checked(rows, {"note": (salt, text)})] == [field]
    assert [each.found for each in _checked(rows)] == ["no text"]
    more = {"note": (SALT, "words"), "more": (SALT, "words")}
    assert [each.field for each in _checked(rows, more)] == ["sealed.more"]


def test_a_redacted_text_is_counted() -> None:
    made = write(_draft(sealed={"note": (SALT, "words")}), seq=1, prev=None)
    chain = Chain("specimen C4K7N2XD", ORIGIN)
    chain.add(_columns(1), made.body, made.hash, {"note": (None, None)})
    assert chain.redacted == 1
    assert commitment(SALT, "words").encode() in made.body


def test_a_canonical_body_of_plain_letters_is_read_at_a_glance_and_any_other_is_left_to_the_thorough_way() -> (
    None
):
    (entry,) = _history(1)
    read = layout.read([entry.body])
    assert read == [layout.body_of(json.loads(entry.body))]
    assert dict(zip(COLUMNS, layout.columns(read[0]), strict=True)) == _columns(1)
    for honest, other in (
        (b'"AMS"', b'"\xee\x80\x80"'), (b'"AMS"', b'"\xff"'), (b'"AMS"', b'"\xc3"'), (b'"AMS"', b"7"),
        (b'"v":1', b'"v":2'),
        (b'"seq":1', b'"seq":01'), (b'"seq":1', b'"seq":true'), (b'"seq":1', b'"seq":1.0'), (b'"zone"', b'"zones"'),
        (b'"facts":{', b'"facts":{ '),
        (b'"facts":{', b'"facts":{"a":[[[[1]]]],'), (b'"facts":{', b'"facts":{"a":9007199254740992,'),
        (b'"facts":{', b'"facts":{"a":1.5,'), (b'"facts":{', b'"facts":{"z":1,'),
        (b'{"act"', b' {"act"'), (b'"act":', b'"act":"x","act":'),
        (b'"prev":null,', b''),
    ):  # fmt: skip
        assert honest in entry.body
        assert layout.read([entry.body, entry.body.replace(honest, other, 1)]) is None, other


@pytest.mark.parametrize("number", range(128))
def test_of_each_character_one_spelling_alone_is_canonical(number: int) -> None:
    """RFC 8785, 3.2.2.2: five controls have a letter, others \\u00xx in small letters."""
    character = chr(number)
    written = write(_draft(site=f"a{character}b"), seq=1, prev=None)
    short = {8: "\\b", 9: "\\t", 10: "\\n", 12: "\\f", 13: "\\r", 34: '\\"', 92: "\\\\"}
    spelled = short.get(number, f"\\u{number:04x}" if number < 32 else character)
    assert f'"site":"a{spelled}b"'.encode() in written.body
    read = layout.read([written.body])
    assert read is not None and read[0].site == f"a{character}b"
    others = {f"\\u{number:04x}", f"\\u{number:04X}", f"\\{character}", character} - {
        spelled,
        *short.values(),
    }
    if number == 92:
        others.discard(character)  # with the letter behind it, it would be another character
    for other in others:
        changed = written.body.replace(spelled.encode() + b'b"', other.encode() + b'b"', 1)
        assert layout.read([changed]) is None, other
        assert "body" in {
            each.field
            for each in _checked([(_columns(1, site=f"a{character}b"), changed, entry_hash(changed))])
        }

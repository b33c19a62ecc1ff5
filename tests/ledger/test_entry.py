"""One entry: its body byte for byte, its hash, its seals, its times."""

import hashlib
import hmac
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from specimens.ledger.entry import (
    KEYS,
    SALT_BYTES,
    Draft,
    commitment,
    entry_hash,
    instant,
    instant_text,
    new_salt,
    offset_text,
    write,
)

SALT = bytes(range(32))


def _draft(**changes: object) -> Draft:
    said: dict[str, object] = {
        "id": "019ab000-0000-7000-8000-000000000001", "operation": "019ab000-0000-7000-8000-000000000002",
        "origin": "example.org/specimens", "study": "s", "protocol": "1", "kind": "specimen", "code": "C4K7N2XD",
        "act": "accepted", "happened_at": 1795352591123, "happened_by": "server", "offset_minutes": 60,
        "zone": "Europe/Amsterdam", "recorded_at": 1795352591124,
        "actor": {"user": "U", "name": "Mei Tan", "role": "technician"}, "performed_by": None, "site": "AMS",
        "station": "S", "mode": "scan", "facts": {"volume_ul": 500}, "reason_code": None, "replaces": None,
        "sealed": {},
    }  # fmt: skip
    return Draft(**{**said, **changes})  # type: ignore[arg-type]


#: The first entry of a subject, byte for byte: another program that writes this writes our ledger.
FIRST = (
    b'{"act":"accepted","actor":{"name":"Mei Tan","role":"technician","user":"U"},"facts":{"volume_ul":500},'
    b'"happened_at":"2026-11-22T13:03:11.123Z","happened_by":"server","id":"019ab000-0000-7000-8000-000000000001",'
    b'"mode":"scan","offset":"+01:00","operation":"019ab000-0000-7000-8000-000000000002",'
    b'"origin":"example.org/specimens","performed_by":null,"prev":null,"protocol":"1","reason":null,'
    b'"recorded_at":"2026-11-22T13:03:11.124Z","replaces":null,"sealed":{},"seq":1,"site":"AMS","station":"S",'
    b'"study":"s","subject":{"code":"C4K7N2XD","kind":"specimen"},"v":1,"zone":"Europe/Amsterdam"}'
)


def test_the_body_is_this_byte_for_byte() -> None:
    made = write(_draft(), seq=1, prev=None)
    assert made.body == FIRST
    assert made.hash == hashlib.sha256(b"\x00" + FIRST).digest() == entry_hash(FIRST)


def test_every_key_is_always_there() -> None:
    assert set(json.loads(FIRST)) == KEYS


def test_the_next_entry_names_the_hash_of_the_one_before() -> None:
    first = write(_draft(), seq=1, prev=None)
    second = json.loads(write(_draft(), seq=2, prev=first.hash).body)
    assert (second["seq"], second["prev"]) == (2, first.hash.hex())


@pytest.mark.parametrize(("seq", "prev"), [(1, b"h" * 32), (2, None)])
def test_only_the_first_entry_has_no_predecessor(seq: int, prev: bytes | None) -> None:
    with pytest.raises(ValueError, match="predecessor"):
        write(_draft(), seq=seq, prev=prev)


def test_a_sealed_text_is_a_commitment_and_nothing_of_it_is_in_the_body() -> None:
    sealed = {"reason": (SALT, "Jansen, 1970"), "note": (SALT, "room 4")}
    body = write(_draft(sealed=sealed, reason_code="other"), seq=1, prev=None).body
    said = json.loads(body)
    assert b"Jansen" not in body
    assert b"room" not in body
    assert said["reason"] == {"code": "other", "sealed": commitment(SALT, "Jansen, 1970")}
    assert said["sealed"] == {"note": commitment(SALT, "room 4")}


def test_a_reason_in_words_alone_has_no_code() -> None:
    said = json.loads(write(_draft(sealed={"reason": (SALT, "x")}), seq=1, prev=None).body)
    assert said["reason"] == {"code": None, "sealed": commitment(SALT, "x")}


def test_a_commitment_is_an_hmac_under_its_salt() -> None:
    expected = hmac.new(SALT, "Łucja".encode(), hashlib.sha256).hexdigest()
    assert commitment(SALT, "Łucja") == expected
    assert commitment(new_salt(), "Łucja") != expected
    assert len(new_salt()) == SALT_BYTES == 32


def test_a_fact_that_is_no_code_and_no_whole_number_is_refused() -> None:
    with pytest.raises(ValueError, match="float"):
        write(_draft(facts={"volume_ul": 0.5}), seq=1, prev=None)


@given(st.integers(0, 253402300799999))
def test_an_instant_reads_back_as_it_was_written(milliseconds: int) -> None:
    assert instant(instant_text(milliseconds)) == milliseconds


@pytest.mark.parametrize(
    "text",
    ["2026-11-22T13:03:11Z", "2026-11-22T13:03:11.1234Z", "2026-11-22 13:03:11.123Z", "2026-11-22T13:03:11.123+00:00",
     "2026-11-22T13:03:11.123", "20261122T130311.123Z", "2026-11-22T24:00:00.000Z", "2026-02-30T00:00:00.000Z", "", "x",
     "2026-11-22T13:03:11.123z", "2026-11-22T13:03:11,123Z"],
)  # fmt: skip
def test_another_form_of_an_instant_is_none(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        instant(text)


@pytest.mark.parametrize(
    ("minutes", "text"), [(60, "+01:00"), (0, "+00:00"), (-210, "-03:30"), (345, "+05:45"), (-1, "-00:01")]
)
def test_an_offset_is_written_with_its_sign(minutes: int, text: str) -> None:
    assert offset_text(minutes) == text
